"""The database file: made for its owner alone, opened at the version that is known."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from loaders.versions import refuse_newer, take_over

BUSY_SECONDS = 60
OWNER_ONLY = 0o600
LEDGER = "raw_pull_runs"
NOTHING_LANDED = "holds nothing of the loaders: check USAGE_DB or --db"


class NothingLanded(sqlite3.DatabaseError):
    """The file is none of the loaders'; one line with a remedy."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database at `path`, with its folder and raw tables made if missing.

    Raises OSError or sqlite3.Error, an UnfitVersion among them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _make(path)
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        refuse_newer(database)
        if not is_landed_in(database):
            # dbt makes the file when it is run first, open to others
            with suppress(PermissionError):
                path.chmod(OWNER_ONLY)
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        database.execute("pragma temp_store = memory")
        database.execute("pragma foreign_keys = on")
        take_over(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


def open_landed(path: Path) -> sqlite3.Connection:
    """As `open_database`, but of a file in which the loaders landed before.

    Any other is only read. Raises NothingLanded, OSError or sqlite3.Error.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as database:
        if not is_landed_in(database):
            raise NothingLanded(NOTHING_LANDED)
    return open_database(path)


def is_landed_in(database: sqlite3.Connection) -> bool:
    """Whether loaders ever opened it for landing. Raises sqlite3.Error."""
    found = database.execute(
        "select 1 from sqlite_schema where type = 'table' and name = ?", (LEDGER,)
    )
    return found.fetchone() is not None


def _make(path: Path) -> None:
    """Make an empty file; SQLite gives its -wal and -shm the same mode.

    One that is there is not even opened: closing it would drop the locks that this
    process has on it.
    """
    with suppress(FileExistsError):
        mode = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        os.close(os.open(path.resolve(), mode, OWNER_ONLY))
