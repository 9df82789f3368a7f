"""Versions of the database file, and the steps from one to the next.

A file's version is SQLite's `user_version`; files older than that have 0. Tables and
columns that schema.sql has and a file has not are added whenever it is opened, and need
no number. A number is for what earlier loaders would spoil or could not read.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from loaders.transaction import transaction

SCHEMA = Path(__file__).with_name("schema.sql").read_text()


@dataclass(frozen=True)
class Step:
    """What leads a file to `version`.

    An additive one only adds, and runs when the file is opened. Any other rewrites rows
    that are there, and runs only in `loaders check --upgrade`.
    """

    version: int
    purpose: str
    statements: tuple[str, ...] = ()
    is_additive: bool = True


STEPS = (Step(1, "the file gets a number"),)


class UnfitVersion(sqlite3.DatabaseError):
    """The file is of a version that these loaders do not write; says what to do."""


def version_of(database: sqlite3.Connection) -> int:
    """The version of the file."""
    return int(database.execute("pragma user_version").fetchone()[0])


def refuse_newer(database: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Raise UnfitVersion for a file that a later version of the loaders made."""
    found, known = version_of(database), steps[-1].version
    if found > known:
        raise UnfitVersion(
            f"made by a newer version ({found}); this one knows up to {known}:"
            " upgrade the loaders"
        )


def pending(
    database: sqlite3.Connection, steps: Sequence[Step] = STEPS
) -> tuple[Step, ...]:
    """The steps that the file has still to take; none of an empty one."""
    if not _objects(database):
        return ()
    found = version_of(database)
    return tuple(step for step in steps if step.version > found)


def take_over(database: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Bring the file up to date, adding only: nothing that is there is touched.

    Raises UnfitVersion when that is not enough or the file is newer; sqlite3.Error.
    """
    refuse_newer(database, steps)
    if version_of(database) == steps[-1].version and not list(missing(database)):
        return
    with transaction(database):
        rewriting = [step for step in pending(database, steps) if not step.is_additive]
        if rewriting:
            raise UnfitVersion(
                f"made by an older version ({version_of(database)}):"
                " run loaders check --upgrade"
            )
        take_steps(database, steps)


def take_steps(database: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Take all steps that are pending, within the caller's transaction."""
    for step in pending(database, steps):
        for statement in step.statements:
            database.execute(statement)
    for statement in list(missing(database)):
        database.execute(statement)
    database.execute(f"pragma user_version = {steps[-1].version}")


def missing(database: sqlite3.Connection) -> Iterator[str]:
    """Statements that add the tables, columns and indexes of schema.sql not there."""
    there = _objects(database)
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(SCHEMA)
        for name, definition in _objects(model).items():
            if name not in there:
                yield definition
                continue
            known = _columns(database, name)
            for column in _columns(model, name):
                if column not in known:
                    yield f"alter table {name} add column {_line(definition, column)}"


def _objects(database: sqlite3.Connection) -> dict[str, str]:
    """Definitions of tables and indexes by name, tables first."""
    found = database.execute(
        "select name, sql from sqlite_schema where type in ('table', 'index')"
        " and name not like 'sqlite_%' order by type = 'index', rowid"
    )
    return dict(found.fetchall())


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    found = database.execute("select name from pragma_table_xinfo(?)", (table,))
    return [str(name) for (name,) in found]


def _line(definition: str, column: str) -> str:
    """A column's definition: each stands on a line of its own in schema.sql."""
    lines = (line.strip() for line in definition.splitlines())
    return next(line for line in lines if line.split(" ")[0] == column).rstrip(",")
