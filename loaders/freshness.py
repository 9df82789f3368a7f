"""How fresh each source's rows are, read from the ledger alone."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, get_args

from loaders.clocks import SLACK
from loaders.holes import MOST_ATTEMPTS, Hole, holes
from loaders.ledger import Entry, read_ledger
from loaders.plans import Plan, plan_of
from loaders.rows import HALF_HOUR, READ_WHOLE, Source, minute

USUAL_RETENTION = 15 * 24 * 3600
OLD_HOLE = 24 * 3600
OFTEN = MOST_ATTEMPTS // 2


class LastRun(NamedTuple):
    """How the newest run of a source went; `state` is also `running`."""

    run_id: int
    state: str
    started_at: int
    ended_at: int | None
    message: str | None


@dataclass
class Freshness:
    """One source. `newest_at` is up to where it is done, for Mongo when it was read.

    `problems` put it out of bounds, `notes` do not; both are lines with a remedy.
    `retention_seconds` is Prometheus's own, the usual one where it never said.
    """

    source: Source
    last_success_at: int | None
    newest_at: int | None
    lag_seconds: int | None
    holes: list[Hole]
    rows_landed: int
    plan: Plan
    last_run: LastRun | None
    unended_runs: list[int]
    retention_seconds: int | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class ProjectHours(NamedTuple):
    """How many hours of a project have a status."""

    project: str
    status: str
    hours: int


def sources_known(
    database: sqlite3.Connection, configured: Sequence[Source]
) -> list[Source]:
    """What is configured, else, if nothing is, what was ever pulled."""
    if configured:
        return list(configured)
    pulled = {name for (name,) in database.execute("select source from raw_pull_runs")}
    return [source for source in get_args(Source) if source in pulled]


def freshness(
    database: sqlite3.Connection, source: Source, max_lag: float, now: int
) -> Freshness:
    """How fresh a source is at `now`, with at most `max_lag` seconds allowed.

    Raises sqlite3.Error.
    """
    last_run = _last_run(database, source)
    success = _one(
        database,
        "select ended_at from raw_pull_runs where source = ? and state = 'done'"
        " order by run_id desc limit 1",
        source,
    )
    entries = read_ledger(database, source, now).entries
    done = [one.until for one in entries if one.has_landed and one.state == "done"]
    newest = success if source in READ_WHOLE else max(done, default=None)
    found = Freshness(
        source=source,
        last_success_at=success,
        newest_at=newest,
        lag_seconds=None if newest is None else max(0, now - newest),
        holes=[] if source in READ_WHOLE else holes(database, source, now),
        rows_landed=_rows_landed(database, source),
        plan=_plan(database, source, now),
        last_run=last_run,
        unended_runs=_unended(database, source),
    )
    _judge_lag(found, max_lag)
    entered_at = success if source in READ_WHOLE else _last_entered(entries)
    if entered_at is not None and entered_at > now + SLACK:
        found.problems.append(
            f"{minute(entered_at)} was entered as over by a clock that is or was ahead:"
            " synchronise it by NTP, then loaders pull asks for that time again"
        )
    if source == "carbon-intensity":
        first = min((one.since for one in entries if one.has_landed), default=now)
        _judge_holes(found, first, now)
    if source == "prometheus":
        _judge_retention(found, retention(database), now)
    if found.unended_runs:
        runs = ", ".join(map(str, found.unended_runs))
        found.notes.append(
            f"runs that have not ended: {runs}: under way, or killed; the next pull"
            " takes up what they left"
        )
    return found


def project_hours(database: sqlite3.Connection) -> list[ProjectHours] | None:
    """Hours by project and status; None before the first build."""
    built = _one(
        database,
        "select count(*) from sqlite_schema where name = ?",
        "v_status_timeseries",
    )
    if not built:
        return None
    found = database.execute(
        "select cloud_project_name, status, count(*) from v_status_timeseries"
        " group by cloud_project_name, status order by cloud_project_name, status"
    )
    return [ProjectHours(*row) for row in found]


def duration(seconds: float) -> str:
    """A length of time as `2 d 3 h`, `1 h 10 min` or `5 min`."""
    minutes = int(seconds) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def _judge_lag(found: Freshness, max_lag: float) -> None:
    if found.lag_seconds is None:
        found.problems.append("nothing of it has landed yet: loaders pull")
    elif found.lag_seconds > max_lag:
        message = found.last_run.message if found.last_run else None
        why = f" (the last run: {message})" if message else ""
        found.problems.append(
            f"{duration(found.lag_seconds)} behind, {duration(max_lag)} are allowed:"
            f" loaders pull{why}"
        )


def _judge_holes(found: Freshness, first: int, now: int) -> None:
    """Tell of old holes; those before the `first` row ever may be of time without any.

    So they are when the source answered without a row, or failed ten times.
    """
    old = [hole for hole in found.holes if hole.until <= now - OLD_HOLE]
    vain = [
        hole
        for hole in old
        if hole.is_given_up
        or (hole.until <= first and (hole.is_empty or hole.tries >= MOST_ATTEMPTS))
    ]
    _note_vain(found, vain)
    if left := [hole for hole in old if hole not in vain]:
        found.problems.append(
            f"a hole from {minute(left[0].since)}, asked for in vain {left[0].tries}"
            f" times: loaders pull {found.source} --since {minute(left[0].since)}"
            f" --until {minute(left[0].until)}"
        )


def _note_vain(found: Freshness, vain: Sequence[Hole]) -> None:
    if vain:
        found.notes.append(
            f"holes that it seems to have nothing for: {len(vain)} (the first from"
            f" {minute(vain[0].since)})"
        )


def _judge_retention(found: Freshness, retention: int | None, now: int) -> None:
    """Compare what is not there yet with how long Prometheus will still have it."""
    found.retention_seconds = retention or USUAL_RETENTION
    kept, half = duration(found.retention_seconds), found.retention_seconds / 2
    if found.lag_seconds is not None and found.lag_seconds > half:
        found.problems.append(
            f"what has not landed is lost when Prometheus drops it: it keeps {kept}"
        )
    since = now - found.retention_seconds
    lost = [hole for hole in found.holes if hole.until <= since]
    if lost:
        found.notes.append(
            f"holes that Prometheus cannot fill any more, it keeps {kept}: {len(lost)}"
            f" (the first from {minute(lost[0].since)})"
        )
    old = [
        hole for hole in found.holes if hole.until > since and hole.since < now - half
    ]
    # as when Prometheus itself was away: nobody can do anything about it
    vain = [
        hole
        for hole in old
        if hole.is_given_up or (hole.is_empty and hole.attempts >= OFTEN)
    ]
    _note_vain(found, vain)
    if old := [hole for hole in old if hole not in vain]:
        found.problems.append(
            f"a hole from {minute(old[0].since)} is lost when Prometheus drops it, it"
            f" keeps {kept}: loaders pull prometheus --since {minute(old[0].since)}"
            f" --until {minute(old[0].until)}"
        )


def _plan(database: sqlite3.Connection, source: Source, now: int) -> Plan:
    if source in READ_WHOLE:
        return Plan(None)
    until = now // HALF_HOUR * HALF_HOUR
    return plan_of(database, source, None, until, now)


def _last_entered(entries: list[Entry]) -> int | None:
    """The end of what the last run entered."""
    last = entries[-1].run_id if entries else None
    return max((one.until for one in entries if one.run_id == last), default=None)


def _rows_landed(database: sqlite3.Connection, source: Source) -> int:
    statement = "select sum(row_count) from raw_pull_windows where source = ?"
    return _one(database, statement, source) or 0


def _last_run(database: sqlite3.Connection, source: Source) -> LastRun | None:
    found = database.execute(
        "select run_id, state, started_at, ended_at, message from raw_pull_runs"
        " where source = ? order by run_id desc limit 1",
        (source,),
    ).fetchone()
    return None if found is None else LastRun(*found)


def _unended(database: sqlite3.Connection, source: Source) -> list[int]:
    found = database.execute(
        "select run_id from raw_pull_runs where source = ? and state = 'running'"
        " order by run_id",
        (source,),
    )
    return [run_id for (run_id,) in found]


def retention(database: sqlite3.Connection) -> int | None:
    """How long Prometheus said it keeps; None too in a file with no place for it."""
    there = _one(
        database, "select count(*) from sqlite_schema where name = ?", "raw_retentions"
    )
    if not there:
        return None
    return _one(
        database,
        "select retention_seconds from raw_retentions where source = ?",
        "prometheus",
    )


def _one(database: sqlite3.Connection, statement: str, value: str) -> int | None:
    """The number that a statement gives, None for none."""
    found = database.execute(statement, (value,)).fetchone()
    return None if found is None or found[0] is None else int(found[0])
