"""Writes samples and scrapes of Prometheus, part by part, with their series."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from loaders.changes import CHANGED_INSTANTS, note_islands
from loaders.ledger import record_window
from loaders.rows import HALF_HOUR, Sample, Series, State, Window
from loaders.silences import Silence, pieces
from loaders.transaction import transaction

SAMPLES_A_TRANSACTION = 50_000

STAGED_SAMPLES = """
create temp table if not exists staged_samples (
    series_id integer, ts integer, value real, primary key (series_id, ts)
) without rowid;
delete from staged_samples;
"""

CHANGED_SAMPLES = """
insert into changed_instants
select distinct (new.ts + :step - 1) / :step * :step
from staged_samples as new
left join {table} as old using (series_id, ts)
where old.value is not new.value
"""

UPSERT_SAMPLES = """
insert into {table} (series_id, ts, value)
select series_id, ts, value from staged_samples where true
on conflict (series_id, ts) do update set value = excluded.value
where value is not excluded.value
"""


def land_samples(
    database: sqlite3.Connection,
    run_id: int,
    window: Window,
    samples: Iterable[Sample],
    *,
    state: State = "done",
    findings: Sequence[str] = (),
    remarks: Sequence[str] = (),
    silent: Sequence[Silence] = (),
) -> int:
    """Land the samples of one window; returns how many were given.

    `findings`, `remarks` and `silent` may grow while `samples` is read: they are the
    window's message, and findings make it partial; its silences are entered apart. Of
    two values of one series and time the last given counts. Raises sqlite3.Error.
    """
    series_ids: dict[Series, int] = {}
    rows_at: Counter[int] = Counter()
    for part, is_last in _parts(samples, SAMPLES_A_TRANSACTION):
        rows_at.update(sample.ts for sample in part)
        database.executescript(CHANGED_INSTANTS + STAGED_SAMPLES)
        with transaction(database):
            _upsert_samples(database, part, series_ids, "raw_prometheus_samples")
            if is_last:
                message = "; ".join(remarks) or None
                for piece in pieces(window, silent, rows_at):
                    record_window(
                        database,
                        run_id,
                        piece.window,
                        state,
                        message,
                        [*findings, *piece.findings],
                        piece.row_count,
                    )
    return rows_at.total()


def land_scrapes(database: sqlite3.Connection, scrapes: Iterable[Sample]) -> int:
    """Land the single scrapes of irregular half-hours; returns how many were given.

    They belong to a window whose entry `land_samples` makes. Raises sqlite3.Error.
    """
    series_ids: dict[Series, int] = {}
    row_count = 0
    for part, _ in _parts(scrapes, SAMPLES_A_TRANSACTION):
        row_count += len(part)
        database.executescript(CHANGED_INSTANTS + STAGED_SAMPLES)
        with transaction(database):
            _upsert_samples(database, part, series_ids, "raw_prometheus_scrapes")
    return row_count


def _parts(samples: Iterable[Sample], size: int) -> Iterator[tuple[list[Sample], bool]]:
    """Cut `samples` into lists, at least one, each with whether it is the last."""
    rows = iter(samples)
    part = list(islice(rows, size))
    while following := list(islice(rows, size)):
        yield part, False
        part = following
    yield part, True


def _upsert_samples(
    database: sqlite3.Connection,
    samples: Sequence[Sample],
    series_ids: dict[Series, int],
    table: Literal["raw_prometheus_samples", "raw_prometheus_scrapes"],
) -> None:
    """Land samples within a transaction; note the half-hours' ends that changed."""
    _find_series(database, samples, series_ids)
    database.executemany(
        "insert into staged_samples values (?, ?, ?)"
        " on conflict do update set value = excluded.value",
        ((series_ids[series], ts, value) for series, ts, value in samples),
    )
    database.execute(CHANGED_SAMPLES.format(table=table), {"step": HALF_HOUR})
    database.execute(UPSERT_SAMPLES.format(table=table))
    note_islands(database, "prometheus")


def _find_series(
    database: sqlite3.Connection,
    samples: Iterable[Sample],
    series_ids: dict[Series, int],
) -> None:
    """Add the ids of the series of `samples` to `series_ids`, landing new series."""
    unknown = {sample.series for sample in samples} - series_ids.keys()
    now = int(time.time())
    for series in sorted(unknown):
        database.execute(
            "insert into raw_prometheus_series (metric, mode, labels, landed_at)"
            " values (?, ?, ?, ?) on conflict do nothing",
            (*series, now),
        )
        found = database.execute(
            "select series_id from raw_prometheus_series"
            " where metric = ? and mode = ? and labels = ?",
            series,
        ).fetchone()
        series_ids[series] = found[0]
