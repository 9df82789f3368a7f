"""The lock that keeps writers of one database apart: a file beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

BUSY = 75


LOCK_REMEDY = "give it to the user who pulls, or delete it while nothing runs"


class Busy(Exception):
    """Another run writes the database; the message is one line."""


def lock_path(database: Path) -> Path:
    """The file to lock, one for all links to a database.

    `flock`, of util-linux, takes the same lock on it.
    """
    file = database.resolve()
    return file.with_name(f"{file.name}.lock")


def unopened(lock: Path, error: OSError) -> str:
    """What is wrong with a lock; the error may name none."""
    return f"the lock {lock} cannot be opened ({error.strerror})"


@contextmanager
def writing(database: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of a database, waiting for it at most `wait_seconds`.

    The system takes it back when the process ends, however it ends. Raises Busy,
    OSError.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_path(database), timeout=wait_seconds, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(
            f"{database} is being written by another run (waited {wait_seconds:g} s):"
            " try again later"
        ) from None
    except OSError as error:
        said = unopened(lock_path(database), error)
        raise OSError(error.errno, f"{said}: {LOCK_REMEDY}") from None
    try:
        yield
    finally:
        lock.release()
