"""What to do about an error of SQLite."""

import sqlite3

RESTORE = "restore a backup: see README"
UNWRITABLE = (
    "its folder must be writable, for a reader too, as SQLite keeps files beside it:"
    " run this as the user who writes the database"
)
REMEDIES = {
    sqlite3.SQLITE_CORRUPT: RESTORE,
    sqlite3.SQLITE_NOTADB: RESTORE,
    sqlite3.SQLITE_READONLY: UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: UNWRITABLE,
    sqlite3.SQLITE_PERM: UNWRITABLE,
    sqlite3.SQLITE_BUSY: "another program holds it: try again later",
    sqlite3.SQLITE_LOCKED: "another program holds it: try again later",
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_IOERR: "make room on its disk, or mend that",
}
MAY_PASS = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
)


def remedy_of(error: sqlite3.Error) -> str | None:
    """What to do; None where the error says so itself, or nobody knows."""
    return REMEDIES.get(_code(error))


def may_pass(error: sqlite3.Error) -> bool:
    """Whether the same may go well later."""
    return _code(error) in MAY_PASS


def explained(error: sqlite3.Error) -> str:
    """The error and its remedy."""
    remedy = remedy_of(error)
    return f"{error}: {remedy}" if remedy else str(error)


def _code(error: sqlite3.Error) -> int:
    """The primary code, 0 of an error that is not SQLite's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
