"""How far dbt has taken in what landed, read from its own notes."""

import sqlite3
from typing import NamedTuple

from loaders.freshness import duration


class Building(NamedTuple):
    """When dbt last took something in, and since when something waits to be.

    Both are epoch seconds, None for never and for nothing. `problem` is a line with a
    remedy where the waiting is out of bounds.
    """

    built_at: int | None
    waiting_since: int | None
    problem: str | None


def building(database: sqlite3.Connection, max_lag: float, now: int) -> Building:
    """What is in the figures at `now`; what landed may wait `max_lag` seconds.

    Raises sqlite3.Error.
    """
    if not _is_noted(database):
        return Building(None, None, None)
    [(built_at, change_id)] = database.execute(
        "select max(built_at), coalesce(max(change_id), 0) from raw_builds"
    )
    [(waiting_since,)] = database.execute(
        "select min(noted_at) from raw_changes where change_id > ?", (change_id,)
    )
    problem = None
    if waiting_since is not None and now - waiting_since > max_lag:
        problem = (
            f"what landed {duration(now - waiting_since)} ago is in no figure,"
            f" {duration(max_lag)} are allowed: dbt build says what stops it"
        )
    return Building(built_at, waiting_since, problem)


def _is_noted(database: sqlite3.Connection) -> bool:
    """Whether the file has a place for changes and builds yet."""
    found = database.execute(
        "select count(*) from sqlite_schema where name in ('raw_builds', 'raw_changes')"
    )
    return bool(found.fetchone()[0] == 2)
