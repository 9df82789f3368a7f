"""`loaders backup`: a copy of the database as it is at one instant, proven whole.

The copy is made beside running pulls and builds, under another name, and gets its own
once it was compared and checked.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from loaders.database import BUSY_SECONDS, NOTHING_LANDED, is_landed_in
from loaders.remedies import explained
from loaders.settings import database_path
from loaders.versions import refuse_newer

PAGES_A_STEP = 4096
SQLITE = b"SQLite format 3\0"
LEFTOVERS = ("-wal", "-journal")
BESIDE = (*LEFTOVERS, "-shm", ".lock")


class Backup(NamedTuple):
    """A copy that was made: rows by table, and its size in bytes."""

    path: Path
    rows: dict[str, int]
    size: int


class BackupFailed(Exception):
    """No copy was made, and what was at its place is as it was; says why in a line."""


class Refused(BackupFailed):
    """What was asked for cannot be, whatever the disk gives."""


class Taken(Refused):
    """Something is at the copy's place."""


def unused(path: Path) -> Path:
    """`path`, else the first of `path.2`, `path.3` … that is not there."""
    return next(
        one
        for one in chain(
            [path], (path.with_name(f"{path.name}.{number}") for number in count(2))
        )
        if not os.path.lexists(one)
    )


def backup(database: Path, target: Path, *, overwrite: bool = False) -> Backup:
    """Copy the database at `database` to `target`, a file of its owner alone.

    The copy is of one instant: it is read in one transaction, which holds up no
    writer. It counts only when its tables have as many rows and SQLite's checks of
    integrity and foreign keys find nothing. Raises BackupFailed.
    """
    _refuse_unfit(database, target, overwrite=overwrite)
    try:
        with _aside(target) as part:
            rows = _copied(database, part)
            _refuse_unfit(database, target, overwrite=overwrite)
            part.replace(target)
        settle(target.parent)
        return Backup(target, rows, target.stat().st_size)
    except OSError as error:
        raise BackupFailed(f"{target}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise BackupFailed(f"{database} to {target}: {explained(error)}") from None


def note_backup(database: sqlite3.Connection, copy: Path) -> None:
    """Note where a copy of the database is. Raises sqlite3.Error."""
    database.execute(
        "insert into raw_backups (backup_path, made_at) values (?, ?)"
        " on conflict (backup_path) do update set made_at = excluded.made_at",
        (str(copy.resolve()), int(time.time())),
    )


def note(path: Path, copy: Path) -> None:
    """Note in the database at `path` where a copy is, or say that this failed."""
    try:
        # as it is: an older file gains no table here, where no lock is held
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
            refuse_newer(database)
            with database:
                note_backup(database, copy)
    except (OSError, sqlite3.Error) as error:
        typer.echo(
            f"loaders: {path} could not note it ({error}): loaders forget will not"
            f" name {copy}",
            err=True,
        )


def problems(database: sqlite3.Connection) -> list[str]:
    """What SQLite's checks of integrity and foreign keys find, a line each.

    Raises sqlite3.Error.
    """
    found = [str(line) for (line,) in database.execute("pragma integrity_check")]
    lines = [] if found == ["ok"] else [f"integrity: {line}" for line in found]
    orphans: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in database.execute("pragma foreign_key_check"):
        orphans[table, parent] = orphans.get((table, parent), 0) + 1
    return lines + [
        f"foreign keys: rows of {table} without their row of {parent}: {count}"
        for (table, parent), count in orphans.items()
    ]


def row_counts(database: sqlite3.Connection) -> dict[str, int]:
    """Rows by table. Raises sqlite3.Error."""
    tables = database.execute(
        "select name from sqlite_schema where type = 'table'"
        " and name not like 'sqlite_%' order by name"
    ).fetchall()
    return {
        table: database.execute(f'select count(*) from "{table}"').fetchone()[0]  # noqa: S608
        for (table,) in tables
    }


def back_up(
    target: Annotated[
        Path, typer.Argument(metavar="PATH", help="The file that the copy becomes.")
    ],
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file that is at PATH.")
    ] = False,
) -> None:
    """Copy the database while it is in use, and prove the copy whole."""
    path = db or database_path()
    try:
        made = backup(path, target, overwrite=overwrite)
    except BackupFailed as error:
        other = ", or replace it by --overwrite" if isinstance(error, Taken) else ""
        typer.echo(f"loaders: {error}{other}", err=True)
        raise typer.Exit(2 if isinstance(error, Refused) else 1) from None
    typer.echo(
        f"{made.path}: {sum(made.rows.values())} rows in {len(made.rows)} tables,"
        f" {made.size / 1e6:.1f} MB, verified"
    )
    note(path, target)


def _refuse_unfit(database: Path, target: Path, *, overwrite: bool) -> None:
    if not database.is_file():
        raise Refused(f"no database {database}")
    file = database.resolve()
    own = [file.with_name(file.name + ending) for ending in ("", *BESIDE)]
    if target.resolve() in own:
        raise Refused(f"{target}: belongs to the database itself: name another")
    if not target.parent.is_dir():
        raise Refused(f"{target}: no folder {target.parent}")
    if target.is_dir():
        raise Refused(f"{target}: is a folder: name a file in it")
    if target.exists():
        if not overwrite:
            raise Taken(f"{target}: is there: name another")
        if target.samefile(database):
            raise Refused(f"{target}: is the database itself: name another")
        if not _may_be_replaced(target):
            raise Refused(f"{target}: is no copy of a database: name another")
    for ending in LEFTOVERS:
        leftover = target.with_name(target.name + ending)
        if leftover.exists():
            raise Refused(f"{leftover}: is there, and would spoil the copy")


def _may_be_replaced(target: Path) -> bool:
    """Whether it is a file of SQLite, or an empty one, and nothing like a device."""
    if not target.is_file():
        return False
    with target.open("rb") as file:
        return file.read(len(SQLITE)) in (b"", SQLITE)


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A new file beside `target`, which its owner alone may read; gone afterwards."""
    handle, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        for ending in ("", *BESIDE):
            with suppress(FileNotFoundError):
                part.with_name(part.name + ending).unlink()


def _copied(database: Path, part: Path) -> dict[str, int]:
    """Fill `part`, which is then one file without a log; rows by table."""
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as source,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        source.execute("begin")
        rows = row_counts(source)
        if not is_landed_in(source):
            raise Refused(f"{database}: {NOTHING_LANDED}")
        _refuse_full(source, part)
        copy.execute("pragma journal_mode = off")
        source.backup(copy, pages=PAGES_A_STEP, progress=lambda *_: None)
        copy.execute("pragma journal_mode = delete")
        found = problems(copy)
        if row_counts(copy) != rows:
            found.insert(0, "has other numbers of rows")
        if found:
            raise BackupFailed(f"{database}: its copy is not whole: {found[0]}")
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    return rows


def _refuse_full(source: sqlite3.Connection, part: Path) -> None:
    pages, page_size = (
        int(source.execute(f"pragma {name}").fetchone()[0])
        for name in ("page_count", "page_size")
    )
    free = shutil.disk_usage(part.parent).free
    if pages * page_size > free:
        raise BackupFailed(
            f"{part.parent}: has {free / 1e6:.0f} MB free,"
            f" the copy takes {pages * page_size / 1e6:.0f} MB"
        )


def settle(folder: Path) -> None:
    """Have the new name on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
