"""A copy of marts and reports for readers: no raw rows, one file, of one instant.

Tables keep their definitions. A view stays a view where all that it names is published,
else it becomes a table of its rows. So it does where `web/published.yml` says so, of
the rows that it has in the copy: what it stands upon is not calculated again.
"""

import os
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from loaders.backup import BESIDE, problems, settle
from loaders.database import BUSY_SECONDS, is_landed_in
from loaders.disguise import Disguise
from loaders.ledger import holds_simulated
from loaders.publishable import Layout
from loaders.versions import refuse_newer

NAMED = re.compile(r'\bmain\."((?:[^"]|"")+)"')
OWNER_ONLY, GROUP_TOO = 0o600, 0o640
ENTERED_BY_GROUP = 0o750
PUBLICATION = """
create table publication (
    published_at text not null,
    built_at text,
    newest_ts text,
    is_simulated integer not null check (is_simulated in (0, 1)),
    users text not null check (users in ('names', 'pseudonyms', 'none'))
) strict
"""


class NotPublished(Exception):
    """No copy was made, and what was at its place is as it was; says why in a line."""


class Published(NamedTuple):
    """A copy that was made: how many tables and views, and its size in bytes."""

    path: Path
    tables: int
    views: int
    size: int


class Relation(NamedTuple):
    """A table or view of the database; `names` are the relations that a view reads."""

    name: str
    type: str
    sql: str
    columns: tuple[str, ...]
    names: frozenset[str]


class Plan(NamedTuple):
    """Relations whose rows are copied, tables that only keys name, views in order."""

    copied: list[Relation]
    emptied: list[Relation]
    views: list[Relation]


def publish(
    database: Path,
    target: Path,
    layout: Layout,
    disguise: Disguise,
    *,
    is_for_group: bool = False,
) -> Published:
    """Copy what `layout` names to `target`, which is replaced once the copy is proven.

    It is read in one transaction, which holds up no writer; people appear as
    `disguise` has them. The folder must be there. Raises NotPublished, OSError,
    sqlite3.Error.
    """
    with _part(target) as part:
        counts = _fill(database, part, layout, disguise)
        part.chmod(GROUP_TOO if is_for_group else OWNER_ONLY)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    settle(target.parent)
    return Published(target, *counts, target.stat().st_size)


def make_folder(folder: Path, *, is_for_group: bool = False) -> None:
    """Make a folder to publish to; one that is there keeps its mode. Raises OSError."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    if is_for_group:
        folder.chmod(ENTERED_BY_GROUP)


def are_pseudonyms(database: Path) -> bool:
    """Whether people landed in it as pseudonyms.

    Raises NotPublished where nothing landed; sqlite3.Error, an UnfitVersion among them.
    """
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as source:
        refuse_newer(source)
        if not is_landed_in(source):
            raise NotPublished("nothing has landed in it yet: loaders pull")
        # a file of before there were pseudonyms has no place for them
        if not source.execute("pragma table_info(raw_naming)").fetchall():
            return False
        found = source.execute("select key_check from raw_naming").fetchone()
    return bool(found and found[0])


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """An empty file beside `target`; what a run that was killed left of one goes."""
    part = target.with_name(f".{target.name}.part")
    leftovers = [part.with_name(part.name + ending) for ending in ("", *BESIDE)]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    try:
        yield part
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def _fill(
    database: Path, part: Path, layout: Layout, disguise: Disguise
) -> tuple[int, int]:
    """Fill the copy and prove it; how many tables and views it has."""
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with (
        closing(
            sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        ) as source,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        copy.execute("pragma journal_mode = off")
        source.execute(
            "attach database ? as published", (f"{part.resolve().as_uri()}?mode=rw",)
        )
        source.execute("pragma published.journal_mode = off")
        source.execute("pragma published.synchronous = off")
        source.execute("begin")
        plan = _plan(source, layout, disguise)
        indexes = _indexes(source, [one.name for one in plan.copied + plan.emptied])
        for one in plan.copied + plan.emptied:
            if one.type == "table":
                copy.execute(one.sql)
        disguise.prepare(source)
        for one in plan.copied:
            source.execute(_copying(one, disguise))
        _describe(source, disguise)
        source.execute("commit")
        source.execute("detach database published")
        for statement in indexes:
            copy.execute(statement)
        for one in plan.views:
            kind = "table" if one.name in layout.written_out else "view"
            copy.execute(one.sql.replace("CREATE VIEW", f"create {kind}", 1))
        shown = [one.name for one in plan.copied + plan.views]
        for statement in layout.indexes(shown):
            copy.execute(statement)
        copy.execute("analyze")
        copy.execute("pragma journal_mode = delete")
        _prove(copy, shown)
        written = [one for one in plan.views if one.name in layout.written_out]
        tables = len(plan.copied) + len(written)
        return tables, len(shown) - tables


def _plan(source: sqlite3.Connection, layout: Layout, disguise: Disguise) -> Plan:
    """What becomes of each relation that is to be published."""
    relations = _relations(source, layout)
    shown = {
        name: one for name, one in relations.items() if disguise.shows(one.columns)
    }
    views = [
        one
        for one in _in_order(shown)
        if one.type == "view" and one.names <= shown.keys()
    ]
    copied = [one for one in shown.values() if one not in views]
    referred = _referred(source, [one.name for one in copied])
    emptied = [relations[name] for name in sorted(referred - shown.keys())]
    return Plan(copied, emptied, views)


def _in_order(relations: Mapping[str, Relation]) -> list[Relation]:
    """Relations, each after all that it names."""
    names = {one.name: one.names & relations.keys() for one in relations.values()}
    return [relations[name] for name in TopologicalSorter(names).static_order()]


def _relations(source: sqlite3.Connection, layout: Layout) -> dict[str, Relation]:
    """What is to be published, as it is in the database."""
    found = {}
    for name, type, sql in source.execute(
        "select name, type, sql from main.sqlite_schema"
        " where type in ('table', 'view') order by name"
    ).fetchall():
        if name in layout.relations:
            columns = tuple(
                row[0]
                for row in source.execute(
                    "select name from pragma_table_info(?, 'main') order by cid",
                    (name,),
                )
            )
            names = frozenset(NAMED.findall(sql)) if type == "view" else frozenset()
            found[name] = Relation(name, type, sql, columns, names)
    for name in sorted(layout.relations - found.keys()):
        raise NotPublished(f"{name} is not built yet: dbt build")
    return found


def _referred(source: sqlite3.Connection, tables: list[str]) -> set[str]:
    """The tables that foreign keys of these tables name."""
    return {
        row[2]
        for table in tables
        for row in source.execute(f"pragma main.foreign_key_list({_quoted(table)})")
    }


def _indexes(source: sqlite3.Connection, tables: list[str]) -> list[str]:
    return [
        sql
        for name, sql in source.execute(
            "select tbl_name, sql from main.sqlite_schema"
            " where type = 'index' and sql is not null order by name"
        ).fetchall()
        if name in tables
    ]


def _copying(relation: Relation, disguise: Disguise) -> str:
    """The statement that copies the rows of a relation."""
    name = _quoted(relation.name)
    columns = ", ".join(map(_quoted, relation.columns))
    selected = ", ".join(
        f"{disguise.expression(column, relation.columns)} as {_quoted(column)}"
        for column in relation.columns
    )
    rows = f"select {selected} from main.{name} {disguise.condition(relation.columns)}"  # noqa: S608
    if relation.type == "view":
        return f"create table published.{name} as {rows}"
    return f"insert into published.{name} ({columns}) {rows}"


def _describe(source: sqlite3.Connection, disguise: Disguise) -> None:
    """Say in the copy what it is."""
    source.execute(PUBLICATION.replace("table ", "table published.", 1))
    source.execute(
        "insert into published.publication"
        " select strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch'),"
        " strftime('%Y-%m-%dT%H:%M:%SZ', max(built_at), 'unixepoch'),"
        " (select max(ts) from main.v_ada_timeseries), ?, ? from main.raw_builds",
        (int(time.time()), holds_simulated(source), disguise.users),
    )


def _prove(copy: sqlite3.Connection, relations: Iterable[str]) -> None:
    """Refuse a copy that is not whole, or of which a relation does not answer."""
    for line in problems(copy):
        raise NotPublished(f"the copy is not whole: {line}")
    for relation in relations:
        copy.execute(f"select * from {_quoted(relation)} limit 0")  # noqa: S608


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
