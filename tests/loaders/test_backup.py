"""`loaders backup`: the copy is of one instant and whole, or there is none."""

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from loaders.backup import Backup, BackupFailed, Refused, backup, row_counts
from loaders.database import open_database
from loaders.transaction import transaction

FULL = "make room on its disk, or mend that"
LOADERS = Path(sys.executable).with_name("loaders")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of 2 MB that is open elsewhere, its log not yet taken in."""
    path = tmp_path / "data" / "usage.db"
    with closing(open_database(path)) as connection:
        connection.execute("create table twin (id integer primary key, text text)")
        connection.execute("create table other_twin (id integer primary key)")
        grow(connection, 2000)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder / "copy.db"


def grow(connection: sqlite3.Connection, count: int) -> None:
    """Add rows to both twins in one transaction."""
    with transaction(connection):
        for _ in range(count):
            connection.execute("insert into twin (text) values (hex(zeroblob(500)))")
            connection.execute("insert into other_twin default values")


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        lines = list(connection.iterdump())
    # where copies are is noted once they are made
    return [line for line in lines if 'INTO "raw_backups"' not in line]


def precious(path: Path) -> None:
    """A copy that is there."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table precious (id integer)")


def command(database: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [LOADERS, "backup", *map(str, arguments), "--db", str(database)],
        capture_output=True,
        text=True,
    )


def test_an_older_file_gains_nothing_by_a_backup(database: Path, target: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("drop table raw_backups")
    before = content(database)
    made = command(database, target)
    assert made.returncode == 0 and "verified" in made.stdout
    assert "could not note it (no such table: raw_backups)" in made.stderr
    assert content(database) == content(target) == before


def test_the_copy_holds_everything_in_one_file_of_its_owner(
    database: Path, target: Path
) -> None:
    with closing(open_database(database)) as connection:
        grow(connection, 10)
        made = backup(database, target)
        assert made.rows == row_counts(connection)
    assert made.rows["twin"] == 2010
    assert content(target) == content(database)
    assert made == Backup(target, made.rows, target.stat().st_size)
    assert [one.name for one in target.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
    with closing(open_database(target)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_writer_is_not_held_up_and_the_copy_is_of_one_instant(
    database: Path, target: Path
) -> None:
    is_over = threading.Event()
    waits = []

    def write() -> None:
        with closing(open_database(database)) as connection:
            while not is_over.is_set():
                begun = time.monotonic()
                grow(connection, 5)
                waits.append(time.monotonic() - begun)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup(database, target, overwrite=True) for _ in range(10)]
    finally:
        is_over.set()
        writer.join()
    assert len(waits) > 20 and max(waits) < 2
    twins = [one.rows["twin"] for one in made]
    assert twins == [one.rows["other_twin"] for one in made]
    assert twins == sorted(twins) and twins[-1] > twins[0]


def test_a_file_that_is_there_is_replaced_only_when_told(
    database: Path, target: Path
) -> None:
    precious(target)
    before = target.read_bytes()
    done = command(database, target)
    assert (done.returncode, done.stdout) == (2, "")
    said = f"loaders: {target}: is there: name another, or replace it by"
    assert done.stderr.removeprefix(said) == " --overwrite\n"
    assert target.read_bytes() == before

    done = command(database, target, "--overwrite")
    assert (done.returncode, done.stderr) == (0, "")
    size = target.stat().st_size / 1e6
    tables = len(row_counts(sqlite3.connect(target)))
    assert done.stdout.startswith(f"{target}: 4000 rows in {tables} tables, {size:.1f}")
    assert content(target) == content(database)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (lambda path: path, "belongs to the database itself"),
        (lambda path: path.with_name("usage.db-wal"), "belongs to the database itself"),
        (lambda path: path.with_name("usage.db.lock"), "belongs to the database itsel"),
        (lambda path: path.parent, "is a folder: name a file in it"),
        (lambda path: path.parent / "no" / "copy.db", "no folder"),
    ],
)
def test_places_that_are_no_place_for_a_copy(
    database: Path, place: Callable[[Path], Path], said: str
) -> None:
    before = content(database)
    with pytest.raises(Refused, match=said):
        backup(database, place(database), overwrite=True)
    assert content(database) == before


def test_what_is_no_copy_is_not_replaced(database: Path, target: Path) -> None:
    kept = target.with_name("notes.txt")
    kept.write_text("precious")
    pipe = target.with_name("pipe")
    os.mkfifo(pipe)
    for place in (kept, pipe):
        with pytest.raises(Refused, match="is no copy of a database: name another"):
            backup(database, place, overwrite=True)
    assert kept.read_text() == "precious"
    assert pipe.is_fifo()
    empty = target.with_name("empty.db")
    empty.touch()
    assert backup(database, empty, overwrite=True).path == empty


@pytest.mark.parametrize("content", ["", "create table foreign_one (id integer);"])
def test_what_the_loaders_did_not_make_replaces_no_backup(
    tmp_path: Path, target: Path, content: str
) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.executescript(content)
    other.touch()
    precious(target)
    before = target.read_bytes()
    done = command(other, target, "--overwrite")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"loaders: {other}: holds nothing of the loaders: check USAGE_DB or --db\n"
    )
    assert target.read_bytes() == before
    assert [one.name for one in target.parent.iterdir()] == ["copy.db"]


def test_another_name_of_the_database_is_the_database(
    database: Path, target: Path
) -> None:
    target.hardlink_to(database)
    with pytest.raises(Refused, match="is the database itself"):
        backup(database, target, overwrite=True)


def test_the_log_of_an_older_copy_is_not_laid_over_the_new_one(
    database: Path, target: Path
) -> None:
    target.with_name("copy.db-wal").touch()
    with pytest.raises(Refused, match=r"copy\.db-wal: is there, and would spoil"):
        backup(database, target)
    assert not target.exists()


def test_no_database_no_copy(tmp_path: Path, target: Path) -> None:
    with pytest.raises(Refused, match=r"no database .*none\.db"):
        backup(tmp_path / "none.db", target)
    assert not target.exists()


@pytest.mark.parametrize("damage", ["orphan", "page", "text"])
def test_a_damaged_database_does_not_replace_a_good_copy(
    database: Path, target: Path, damage: str
) -> None:
    backup(database, target)
    good = target.read_bytes()
    if damage == "orphan":
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "insert into raw_prometheus_samples (series_id, ts, value)"
                " values (7, 0, 1.0)"
            )
    else:
        content_now = bytearray(database.read_bytes())
        middle = len(content_now) // 8192 * 4096
        content_now[middle : middle + 4096] = bytes(4096)
        database.write_bytes(b"no database" if damage == "text" else content_now)
    done = command(database, target, "--overwrite")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert target.read_bytes() == good
    assert [one.name for one in target.parent.iterdir()] == ["copy.db"]
    if damage == "orphan":
        assert done.stderr == (
            f"loaders: {database}: its copy is not whole: foreign keys: rows of"
            " raw_prometheus_samples without their row of raw_prometheus_series: 1\n"
        )


def test_a_disk_that_takes_no_more_leaves_the_old_copy(
    database: Path, target: Path
) -> None:
    precious(target)
    before = target.read_bytes()
    done = subprocess.run(
        [LOADERS, "backup", str(target), "--db", str(database), "--overwrite"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (99_999, 99_999)),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"loaders: {database} to {target}: disk I/O error: {FULL}\n"
    assert target.read_bytes() == before
    assert [one.name for one in target.parent.iterdir()] == ["copy.db"]


def test_too_little_space_is_said_before_anything_is_copied(
    database: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = os.statvfs(target.parent)
    monkeypatch.setattr(
        "loaders.backup.shutil.disk_usage",
        lambda folder: type("Usage", (), {"free": usage.f_bsize}),
    )
    with pytest.raises(BackupFailed, match=r"has 0 MB free, the copy takes \d MB"):
        backup(database, target)
    assert list(target.parent.iterdir()) == []
