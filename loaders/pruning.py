"""Deletes samples of hours that are built, and freezes those hours first.

What half-hours after the frontier count from is kept: of each target all that was read
when its CPU was last read. Every transaction is short, and whatever is left when one is
killed, the next pruning deletes. What landed for frozen hours after that is kept too.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from loaders.freshness import retention
from loaders.holes import holes
from loaders.rows import Window, minute
from loaders.transaction import transaction

log = logging.getLogger(__name__)

HOUR = 3600
# how far the first half-hour after the frontier may look back for its scrapes
SCRAPES_BEFORE = 300
LONGEST_TRANSACTION_SECONDS = 0.25
MOST_ROWS = 20_000

BUILT = ("fact_usage", "int_host_slots_measured", "int_slots_pulled")

# the instants before the frontier at which a CPU was read, of hours that the facts lack
# though they were measured, or whose half-hour no window covers: unless it opens one
UNBUILT = """
with idle as (
    select series_id from raw_prometheus_series
    where metric = 'cpu_seconds' and mode = 'idle'
),
readings as (
    select distinct ts as read_at from raw_prometheus_samples
    where series_id in idle and ts <= :before and not exists (
        select 1 from late where ts between late.since and late.until
    )
),
lacking as (
    select read_at, (read_at - 1) / 3600 * 3600 as hour_at from readings
    where not exists (
        select 1 from fact_usage
        where scope = 'ada' and fact_usage.ts = strftime(
            '%Y-%m-%dT%H:00:00Z', (read_at - 1) / 3600 * 3600, 'unixepoch'
        )
    )
)
select min(hour_at) from lacking
where not exists (
    select 1 from int_slots_pulled where slot_at in (read_at - 1800, read_at)
) or exists (
    select 1 from int_host_slots_measured as measured
    where measured.slot_at = read_at - 1800 and busy_cpu_seconds is not null
)
"""

# what landed for frozen hours after they were frozen: no fact has it, nor a copy
LATE = """
create temp table if not exists late (since integer not null, until integer not null);
delete from late;
insert into late
select
    coalesce(changed_from, 0),
    min(coalesce(changed_until, pruned_before), pruned_before)
from raw_changes
join raw_prunings
    on noted_at >= pruned_at and coalesce(changed_from, 0) <= pruned_before
where source = 'prometheus';
"""

KEPT = """
create temp table if not exists kept (series_id integer primary key, ts integer);
delete from kept;
"""
FILL_KEPT = """
insert into kept
select series.series_id, last_read.ts
from (
    select labels, max((
        select max(samples.ts) from raw_prometheus_samples as samples
        where samples.series_id = idle.series_id and samples.ts <= :before
            and not exists (
                select 1 from late where samples.ts between late.since and late.until
            )
    )) as ts
    from raw_prometheus_series as idle
    where metric = 'cpu_seconds' and mode = 'idle'
    group by labels
) as last_read
join raw_prometheus_series as series using (labels)
where last_read.ts is not null
"""
SAMPLES = """
from raw_prometheus_samples as samples
where series_id = :series_id and ts < :before and not exists (
    select 1 from kept
    where kept.series_id = samples.series_id and kept.ts = samples.ts
) and not exists (
    select 1 from late where samples.ts between late.since and late.until
)
"""
SCRAPES = """
from raw_prometheus_scrapes
where series_id = :series_id and ts <= :before - :scrapes_before and not exists (
    select 1 from late where ts between late.since - 1800 and late.until
)
"""


class NotBuilt(Exception):
    """What is to be pruned is not all in the facts; one line with a remedy."""


class Pruned(NamedTuple):
    """How many samples and scrapes."""

    samples: int = 0
    scrapes: int = 0


def frozen_before(database: sqlite3.Connection) -> int:
    """The instant before which hours are frozen; 0 if none are."""
    found = database.execute("select coalesce(max(pruned_before), 0) from raw_prunings")
    return int(found.fetchone()[0])


def warn_of_frozen(database: sqlite3.Connection, windows: Sequence[Window]) -> None:
    """Log where windows of Prometheus reach into frozen hours."""
    frozen = frozen_before(database)
    if any(window.since < frozen for window in windows):
        log.warning(
            "prometheus: hours before %s are frozen by loaders prune: what lands of"
            " them changes no figure",
            minute(frozen),
        )


def prove_taken_in(database: sqlite3.Connection, relations: Sequence[str]) -> int:
    """Raise NotBuilt unless `relations` are there and all that has landed is built.

    Returns until when Prometheus was pulled, as an epoch.
    """
    for relation in relations:
        found = database.execute(
            "select count(*) from sqlite_schema where name = ?", (relation,)
        ).fetchone()
        if not found[0]:
            raise NotBuilt("nothing is built yet: dbt build")
    change_id, pulled_until = database.execute(
        "select coalesce(max(change_id), 0), coalesce(max(pulled_until), 0)"
        " from raw_builds"
    ).fetchone()
    [landed] = database.execute("select coalesce(max(change_id), 0) from raw_changes")
    if landed[0] > change_id:
        raise NotBuilt("not all that has landed is built: dbt build, then again")
    return int(pulled_until)


def prove_built(database: sqlite3.Connection, before: int) -> None:
    """Raise NotBuilt unless every hour is in the facts as it landed.

    What landed for frozen hours is not asked about: it is never deleted.
    """
    pulled_until = prove_taken_in(database, BUILT)
    if before > pulled_until:
        raise NotBuilt(
            f"built until {minute(pulled_until)} only: give a --before no later"
        )
    database.executescript(LATE)
    [hour_at] = database.execute(UNBUILT, {"before": before}).fetchone()
    if hour_at is not None:
        raise NotBuilt(
            f"the hour of {minute(hour_at)} has samples and is not in fact_usage: pull"
            " it again, dbt build, then again"
        )


def prove_whole(database: sqlite3.Connection, before: int, now: int) -> None:
    """Raise NotBuilt while a pull may still bring what hours to be frozen lack.

    It may not where Prometheus has said that it keeps nothing so old.
    """
    kept = retention(database)
    for hole in holes(database, "prometheus", now):
        is_out_of_reach = kept is not None and hole.until <= now - kept
        if hole.since < before and not (hole.is_given_up or is_out_of_reach):
            raise NotBuilt(
                f"a hole from {minute(hole.since)} to {minute(hole.until)} is asked for"
                " again: loaders pull, dbt build, then again; or give a --before no"
                " later"
            )


def count_prunable(database: sqlite3.Connection, before: int) -> Pruned:
    """What pruning would delete."""
    _note_kept(database, before)
    counted = Pruned()
    for series_id in _series(database):
        bounds = _bounds(series_id, before)
        [samples] = database.execute("select count(*)" + SAMPLES, bounds).fetchone()
        [scrapes] = database.execute("select count(*)" + SCRAPES, bounds).fetchone()
        counted = Pruned(counted.samples + samples, counted.scrapes + scrapes)
    return counted


def freeze(database: sqlite3.Connection, before: int, backup_path: str) -> None:
    """Freeze the hours before `before`, for good."""
    with transaction(database):
        database.execute(
            "insert into raw_prunings (pruned_before, pruned_at, sample_count,"
            " scrape_count, backup_path) values (?, ?, 0, 0, ?)",
            (before, int(time.time()), backup_path),
        )


def prune_frozen(database: sqlite3.Connection, before: int) -> Pruned:
    """Delete what hours frozen before `before` need no more, in short transactions."""
    _note_kept(database, before)
    series = _series(database)
    pruned = Pruned()
    series_id = next(series, None)
    while series_id is not None:
        deleted = Pruned()
        began = time.monotonic()
        with transaction(database):
            while series_id is not None:
                one = _prune_series(database, series_id, before)
                deleted = Pruned(deleted[0] + one[0], deleted[1] + one[1])
                if max(one) < MOST_ROWS:
                    series_id = next(series, None)
                if time.monotonic() - began > LONGEST_TRANSACTION_SECONDS:
                    break
            database.execute(
                "update raw_prunings set sample_count = sample_count + ?,"
                " scrape_count = scrape_count + ?"
                " where pruning_id = (select max(pruning_id) from raw_prunings)",
                deleted,
            )
        pruned = Pruned(pruned[0] + deleted[0], pruned[1] + deleted[1])
    return pruned


def _prune_series(database: sqlite3.Connection, series_id: int, before: int) -> Pruned:
    """Delete at most MOST_ROWS of samples and of scrapes of one series."""
    bounds = {**_bounds(series_id, before), "most": MOST_ROWS}
    return Pruned(
        *(
            database.execute(
                f"delete from {table} where series_id = :series_id and ts in"  # noqa: S608
                f" (select ts {which} order by ts limit :most)",
                bounds,
            ).rowcount
            for table, which in (
                ("raw_prometheus_samples", SAMPLES),
                ("raw_prometheus_scrapes", SCRAPES),
            )
        )
    )


def _note_kept(database: sqlite3.Connection, before: int) -> None:
    database.executescript(LATE)
    database.executescript(KEPT)
    database.execute(FILL_KEPT, {"before": before})


def _series(database: sqlite3.Connection) -> Iterator[int]:
    found = database.execute("select series_id from raw_prometheus_series").fetchall()
    return (series_id for (series_id,) in found)


def _bounds(series_id: int, before: int) -> dict[str, int]:
    return {
        "series_id": series_id,
        "before": before,
        "scrapes_before": SCRAPES_BEFORE,
    }
