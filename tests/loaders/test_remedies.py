"""What commands say of a database that they cannot use, and what to do about it."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loaders.cli import app
from loaders.database import open_database
from loaders.remedies import explained, may_pass, remedy_of

NOBODY = 65534
READERS = ("status", "summary", "check", "backup copy.db")


@contextmanager
def powerless() -> Iterator[None]:
    """As a user whom permissions hold back."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(mine)


@pytest.fixture
def landed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database that all may read, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "usage.db")
        monkeypatch.chdir(folder)
        monkeypatch.setenv("USAGE_DB", str(path))
        open_database(path).close()
        path.chmod(0o644)
        path.parent.chmod(0o755)
        yield path
        path.parent.chmod(0o755)


def said(command: str) -> str:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code in (1, 2), done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize("command", READERS)
def test_a_folder_that_cannot_be_written_is_no_broken_file(
    landed: Path, command: str
) -> None:
    CliRunner().invoke(app, command.split())  # imports what it needs
    for left in ("copy.db", "usage.db-wal", "usage.db-shm"):
        Path(left).unlink(missing_ok=True)
    landed.parent.chmod(0o555)
    with powerless():
        told = said(command)
    assert "restore a backup" not in told
    if command.startswith("backup"):
        assert "Permission denied" in told
    else:
        assert "its folder must be writable, for a reader too" in told


@pytest.mark.parametrize(
    "command", [*READERS, "forget ann", "prune --before 2025-09-01"]
)
def test_what_is_no_database_is_to_be_restored(landed: Path, command: str) -> None:
    landed.write_text("no database at all, but a text")
    told = said(command)
    assert "file is not a database: restore a backup: see README" in told
    assert "run it again" not in told


@pytest.mark.parametrize("command", ["prune --before 2025-09-01", "forget ann"])
def test_a_file_of_newer_loaders_says_so_and_no_more(
    landed: Path, command: str
) -> None:
    with closing(sqlite3.connect(landed)) as database:
        database.execute("pragma user_version = 99")
    told = said(command)
    assert told.removesuffix("; nothing was changed").endswith("upgrade the loaders")
    assert "run it again" not in told


@pytest.mark.parametrize("command", ["status", "summary"])
def test_what_nothing_landed_in_is_to_be_pulled(landed: Path, command: str) -> None:
    landed.unlink()
    landed.touch()
    told = said(command)
    assert "loaders pull" in told or "dbt build" in told
    assert "no such table" not in told


def error(code: int) -> sqlite3.Error:
    found = sqlite3.OperationalError("said")
    found.sqlite_errorcode = code
    return found


@pytest.mark.parametrize(
    ("code", "remedy", "passes"),
    [
        (sqlite3.SQLITE_CORRUPT_INDEX, "restore a backup", False),
        (sqlite3.SQLITE_NOTADB, "restore a backup", False),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "must be writable", False),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, "must be writable", False),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "try again later", True),
        (sqlite3.SQLITE_FULL, "make room", True),
        (sqlite3.SQLITE_IOERR_WRITE, "make room on its disk, or mend that", True),
    ],
)
def test_remedies_go_by_the_kind_of_error(code: int, remedy: str, passes: bool) -> None:
    assert remedy in explained(error(code)) and explained(error(code))[:6] == "said: "
    assert may_pass(error(code)) == passes


def test_what_is_not_known_has_no_remedy() -> None:
    for unknown in (sqlite3.DatabaseError("said"), error(sqlite3.SQLITE_ERROR)):
        assert remedy_of(unknown) is None and not may_pass(unknown)
        assert explained(unknown) == "said"
