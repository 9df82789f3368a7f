"""Notes in `raw_changes` which inputs really changed, for dbt to compute anew."""

import sqlite3
import time
from collections.abc import Iterable

from loaders.documents import Span
from loaders.rows import HALF_HOUR, Source

CHANGED_INSTANTS = """
create temp table if not exists changed_instants (at integer primary key);
delete from changed_instants;
"""

NOTE_ISLANDS = """
insert into raw_changes (source, changed_from, changed_until, noted_at)
select :source, min(at), max(at), :now
from (
    select at, at - :step * row_number() over (order by at) as island
    from changed_instants
)
group by island
order by island
"""


def note_islands(database: sqlite3.Connection, source: Source) -> None:
    bounds = {"source": source, "step": HALF_HOUR, "now": int(time.time())}
    database.execute(NOTE_ISLANDS, bounds)


def note(
    database: sqlite3.Connection, source: Source, spans: Iterable[Span], now: int
) -> None:
    database.executemany(
        "insert into raw_changes"
        " (source, changed_from, changed_until, hostname, noted_at)"
        " values (?, ?, ?, ?, ?)",
        ((source, *one, now) for one in spans),
    )
