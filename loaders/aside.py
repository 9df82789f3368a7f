"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UMASK = os.umask(0o022)
os.umask(UMASK)


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to, renamed to it at the end.

    After an error nothing is left of it, and what was at `target` is as it was. Raises
    OSError.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        os.close(descriptor)
        yield part
        part.chmod(0o666 & ~UMASK)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
