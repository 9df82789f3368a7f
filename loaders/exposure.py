"""Files that others than their owner may read or write."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loaders.logins import secrets_in_uri

OTHERS = 0o077
ADDRESS_KEY = re.compile(r"(\w+_)?ur[il]")
SECRET_KEY = re.compile(r"password|(\w+_)?(token|key|secret)")


def exposed_database(path: Path) -> str | None:
    """A line on a database that is open to others. Raises OSError."""
    mode = _open_mode(path)
    return mode and f"{path} has mode {mode}: others may read or write it"


def exposed_secrets(path: Path, values: Mapping[str, Any]) -> str | None:
    """A line, with a remedy, on a settings file of these values that is open to others.

    One without secrets may be. Raises OSError.
    """
    mode = _open_mode(path) if any(_secrets_in(values)) else None
    return mode and (
        f"{path}: has mode {mode}, so others may read the secrets in it:"
        f" chmod 600 {path}, or give them by the environment"
    )


def _open_mode(path: Path) -> str | None:
    """The mode of a file, None of one that is its owner's alone."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return f"{mode:04o}" if mode & OTHERS else None


def _secrets_in(values: Mapping[str, Any]) -> Iterator[str]:
    """Keys of a file that hold a secret, or an address with one."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _secrets_in(value)
        elif value and SECRET_KEY.fullmatch(key):
            yield key
        if ADDRESS_KEY.fullmatch(key) and (
            "@" in str(value) or secrets_in_uri(str(value))
        ):
            yield key
