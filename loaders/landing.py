"""Writes the raw tables. Landing the same rows again changes no row.

Each call commits its rows, its entry in the ledger and its notes in `raw_changes`
together. A large window is committed in parts, of which the last carries the entry.
"""

import sqlite3
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from loaders.changes import CHANGED_INSTANTS, note, note_islands
from loaders.database import open_database
from loaders.documents import Span, changes, host_spans, hosts_told, span
from loaders.ledger import (
    finish_run,
    has_landed_before,
    holds_real,
    holds_simulated,
    last_landed,
    record_window,
    start_run,
)
from loaders.rows import (
    Collection,
    Document,
    Group,
    Host,
    IntensitySlot,
    Sample,
    Series,
    Source,
    State,
    User,
    Window,
    Workspace,
)
from loaders.samples import land_samples, land_scrapes
from loaders.transaction import transaction

if TYPE_CHECKING:
    from sqlite_utils.db import Table

__all__ = [
    "Collection",
    "Document",
    "Group",
    "Host",
    "IntensitySlot",
    "Sample",
    "Series",
    "User",
    "Window",
    "Workspace",
    "finish_run",
    "has_landed_before",
    "holds_real",
    "holds_simulated",
    "land_documents",
    "land_intensity",
    "land_label_names",
    "land_retention",
    "land_samples",
    "land_scrapes",
    "last_landed",
    "open_database",
    "record_window",
    "start_run",
]

STAGED_SLOTS = """
create temp table if not exists staged_slots (
    slot_at integer primary key, forecast real, actual real
);
delete from staged_slots;
"""

CHANGED_SLOTS = """
insert into changed_instants
select new.slot_at
from staged_slots as new
left join raw_carbon_intensity as old using (slot_at)
where coalesce(new.forecast, old.forecast) is not old.forecast
    or coalesce(new.actual, old.actual) is not old.actual
"""

UPSERT_SLOTS = """
insert into raw_carbon_intensity as old (slot_at, forecast, actual, landed_at)
select slot_at, forecast, actual, :now from staged_slots where true
on conflict (slot_at) do update set
    forecast = coalesce(excluded.forecast, old.forecast),
    actual = coalesce(excluded.actual, old.actual),
    landed_at = excluded.landed_at
where coalesce(excluded.forecast, old.forecast) is not old.forecast
    or coalesce(excluded.actual, old.actual) is not old.actual
"""


def land_intensity(
    database: sqlite3.Connection,
    run_id: int,
    window: Window,
    slots: Iterable[IntensitySlot],
    *,
    state: State = "done",
    message: str | None = None,
    findings: Sequence[str] = (),
) -> int:
    """Land half-hours of grid intensity; returns how many were given.

    A null takes nothing away that is known. `findings` as for samples; of two rows
    of one slot the last given counts. Raises sqlite3.Error.
    """
    rows = list(slots)
    database.executescript(CHANGED_INSTANTS + STAGED_SLOTS)
    with transaction(database):
        database.executemany(
            "insert into staged_slots values (:slot_at, :forecast, :actual)"
            " on conflict do update"
            " set forecast = excluded.forecast, actual = excluded.actual",
            rows,
        )
        database.execute(CHANGED_SLOTS)
        database.execute(UPSERT_SLOTS, {"now": int(time.time())})
        note_islands(database, "carbon-intensity")
        record_window(database, run_id, window, state, message, findings, len(rows))
    return len(rows)


def land_documents(
    database: sqlite3.Connection,
    run_id: int,
    collection: Collection,
    documents: Iterable[Document],
    *,
    complete: bool,
    left_out: Container[str] = (),
    state: State = "done",
    message: str | None = None,
    findings: Sequence[str] = (),
) -> int:
    """Land the documents of one collection; returns how many were given.

    A document that a complete read does not hold is kept, marked gone, unless it was
    `left_out`, by its id. A read that holds none at all marks none: an empty
    collection looks like a wrong name. `findings` as for samples. Raises sqlite3.Error.
    """
    rows = list(documents)
    now = int(time.time())
    table = _table(database, f"raw_mongo_{collection}")
    with transaction(database):
        known = {row["document_id"]: row for row in table.rows}
        changed = list(
            changes(
                collection, known, rows, complete=complete, left_out=left_out, now=now
            )
        )
        table.upsert_all([dict(change.new) for change in changed], pk="document_id")
        if collection == "workspaces":
            note(database, "mongo", [span(change) for change in changed], now)
        elif collection == "hosts":
            told_at = hosts_told(known.values())
            spans = (one for change in changed for one in host_spans(change, told_at))
            note(database, "mongo", dict.fromkeys(spans), now)
        moment = Window(now, now)
        record_window(database, run_id, moment, state, message, findings, len(rows))
    return len(rows)


def rename_documents(
    database: sqlite3.Connection, collection: Collection, renamed: Mapping[str, str]
) -> None:
    """Give documents that landed under their own ids the ids under which they land now.

    Raises sqlite3.Error.
    """
    with transaction(database):
        database.executemany(
            f"update or ignore raw_mongo_{collection} set document_id = ?"  # noqa: S608
            " where document_id = ?",
            [(new, old) for old, new in renamed.items()],
        )


def land_label_names(database: sqlite3.Connection, names: Mapping[str, str]) -> None:
    """Land which label plays which role; a role without a label has no row.

    `names` maps project, machine, host and user to label names. Raises sqlite3.Error.
    """
    table = _table(database, "raw_prometheus_label_names")
    wanted = {role: label for role, label in names.items() if label}
    with transaction(database):
        if wanted != {row["role"]: row["label_name"] for row in table.rows}:
            table.delete_where()
            table.insert_all(
                {"role": role, "label_name": label} for role, label in wanted.items()
            )
            note(database, "prometheus", [Span(None, None)], int(time.time()))


def land_retention(database: sqlite3.Connection, source: Source, seconds: int) -> None:
    """Land how long a source says that it keeps its data. Raises sqlite3.Error."""
    with transaction(database):
        database.execute(
            "insert into raw_retentions (source, retention_seconds) values (?, ?)"
            " on conflict (source) do update"
            " set retention_seconds = excluded.retention_seconds"
            " where retention_seconds is not excluded.retention_seconds",
            (source, seconds),
        )


def _table(database: sqlite3.Connection, name: str) -> "Table":
    # imports pandas, half a second, where there is one: only when it is needed
    from sqlite_utils import Database

    return Database(database, execute_plugins=False).table(name)
