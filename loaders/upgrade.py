"""The steps that rewrite a database, taken when asked for, after a backup."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from loaders.backup import backup, note_backup, problems, unused
from loaders.database import BUSY_SECONDS
from loaders.transaction import transaction
from loaders.versions import (
    STEPS,
    Step,
    pending,
    refuse_newer,
    take_over,
    take_steps,
    version_of,
)


class Upgrade(NamedTuple):
    """From which version to which; `saved` is the backup, None where none was due."""

    before: int
    after: int
    saved: Path | None


class UpgradeFailed(Exception):
    """The file is as it was; says why in a line."""


def upgrade(path: Path, steps: Sequence[Step] = STEPS) -> Upgrade:
    """Bring the file at `path` to the newest version, the caller holding its lock.

    What rewrites it runs in one transaction, after a verified backup beside it, and
    counts only when SQLite's checks then find nothing. Raises UpgradeFailed,
    BackupFailed, sqlite3.Error, OSError.
    """
    with closing(_connected(path)) as database:
        refuse_newer(database, steps)
        before = version_of(database)
        if all(step.is_additive for step in pending(database, steps)):
            take_over(database, steps)
            return Upgrade(before, version_of(database), None)
        saved = unused(path.with_name(f"{path.name}.version-{before}"))
        backup(path, saved)
        with transaction(database):
            take_steps(database, steps)
            note_backup(database, saved)
            found = problems(database)
            if found:
                raise UpgradeFailed(
                    f"{path}: would not be whole, so it stays as it was: {found[0]}"
                )
        return Upgrade(before, version_of(database), saved)


def _connected(path: Path) -> sqlite3.Connection:
    """Without foreign keys: a step may replace a table that others refer to."""
    uri = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
