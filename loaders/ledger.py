"""The ledger: what was asked of whom, when, how it ended."""

import sqlite3
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from loaders import texts
from loaders.clocks import SLACK
from loaders.rows import HALF_HOUR, Source, State, Window
from loaders.transaction import transaction

LONGEST_PAUSE = 24 * 3600 + SLACK

# no clock is ahead by so much: one that goes back further was behind
LARGEST_STEP_BACK = 30 * 24 * 3600

RUNS = """
select run_id, since, until, started_at, row_count > 0
from raw_pull_runs
where source = ?
order by run_id
"""


class AskedRun(NamedTuple):
    """A run as entered; `has_landed` is whether any row of it did."""

    run_id: int
    since: int | None
    until: int | None
    started_at: int
    has_landed: bool


class Entry(NamedTuple):
    """A window as entered; `is_to_come` is whether it had not ended then.

    So a clock that was ahead enters it: nobody can say up to where it was answered.
    """

    since: int
    until: int
    state: State
    row_count: int
    recorded_at: int
    run_id: int
    is_to_come: bool

    @property
    def has_landed(self) -> bool:
        """Whether it ended, and rows of it landed."""
        return self.state != "failed" and self.row_count > 0 and not self.is_to_come


class Ledger(NamedTuple):
    """What was asked of a source and how it went, in the order of entering."""

    asked: list[Window]
    entries: list[Entry]


def start_run(
    database: sqlite3.Connection,
    source: Source,
    window: Window | None,
    *,
    is_simulated: bool = False,
) -> int:
    """Enter a run of one source as running; returns its run_id.

    `window` is None for a source that is read whole.
    """
    since, until = window or (None, None)
    entry = database.execute(
        "insert into raw_pull_runs"
        " (source, since, until, started_at, state, is_simulated)"
        " values (?, ?, ?, ?, 'running', ?) returning run_id",
        (source, since, until, int(time.time()), is_simulated),
    )
    return int(entry.fetchone()[0])


def finish_run(
    database: sqlite3.Connection,
    run_id: int,
    state: State,
    message: str | None = None,
    not_before: int | None = None,
) -> None:
    """Enter how a run ended; its row count is that of its windows.

    Its source wants no question before `not_before`.
    """
    database.execute(
        "update raw_pull_runs"
        " set state = :state, message = :message, ended_at = :ended_at,"
        " not_before = :not_before, row_count = ("
        " select coalesce(sum(row_count), 0) from raw_pull_windows"
        " where run_id = :run_id)"
        " where run_id = :run_id",
        {
            "run_id": run_id,
            "state": state,
            "message": texts.message([message or ""]),
            "ended_at": int(time.time()),
            "not_before": not_before,
        },
    )


def record_window(
    database: sqlite3.Connection,
    run_id: int,
    window: Window,
    state: State,
    message: str | None = None,
    findings: Sequence[str] = (),
    row_count: int = 0,
) -> None:
    """Enter how one window of a run ended; with findings it is not done but partial."""
    lines = [*([message] if message else []), *findings]
    if findings and state == "done":
        state = "partial"
    database.execute(
        "insert into raw_pull_windows (run_id, source, window_from, window_until,"
        " state, row_count, message, recorded_at)"
        " select run_id, source, ?, ?, ?, ?, ?, ? from raw_pull_runs where run_id = ?",
        (*window, state, row_count, texts.message(lines), int(time.time()), run_id),
    )


def read_ledger(database: sqlite3.Connection, source: Source, now: int) -> Ledger:
    """The windows of `source`, without moments; `asked` ends at `now` at the latest.

    What a pull passed over to ask for later time counts as asked.

    Raises sqlite3.Error.
    """
    runs = [AskedRun(*row) for row in database.execute(RUNS, (source,))]
    bounds = _bounds(runs, now)
    windows: list[tuple[int, int, State, int, int, int]] = database.execute(
        "select window_from, window_until, state, row_count, recorded_at, run_id"
        " from raw_pull_windows where source = ? and window_from < window_until"
        " order by window_id",
        (source,),
    ).fetchall()
    entries = [
        Entry(*row, is_to_come=row[1] > bounds[row[5]] + SLACK) for row in windows
    ]
    named = [
        _until(bounds[one.run_id], one.since, one.until)
        for one in runs
        if one.since is not None and one.until is not None
    ]
    entered = [_until(bounds[one.run_id], one.since, one.until) for one in entries]
    asked = [*named, *_passed_over(named), *entered]
    return Ledger([one for one in asked if one.since < one.until], entries)


def _bounds(runs: Sequence[AskedRun], now: int) -> dict[int, int]:
    """Up to when each run can have asked: no later than `now`, nor a later run began.

    A later run that began before it was begun tells that its clock was ahead, unless a
    still later one that began after it, or a step back by more than any clock is ahead,
    shows that the later one's was behind.
    """
    bounds: dict[int, int] = {}
    # of the later runs that landed rows, from the last one on: the latest beginning so
    # far, and the earliest
    latest: list[int] = []
    earliest: list[int] = []
    for run in reversed(runs):
        began, bound = run.started_at, now
        # those after all that began no earlier than this one
        if not_overtaken := bisect_left(latest, began):
            later = earliest[not_overtaken - 1]
            is_behind = later < began - LARGEST_STEP_BACK and began <= now
            bound = now if is_behind else min(now, later)
        bounds[run.run_id] = bound
        if run.has_landed:
            latest.append(max([began, *latest[-1:]]))
            earliest.append(min([began, *earliest[-1:]]))
    return bounds


def _until(bound: int, since: int, until: int) -> Window:
    return Window(since, min(until, bound // HALF_HOUR * HALF_HOUR))


def _passed_over(windows: Iterable[Window]) -> Iterator[Window]:
    """The time between the end of what was asked before and each later beginning.

    Asking for older time passes nothing over.
    """
    reached: int | None = None
    for window in windows:
        if window.since >= window.until:
            continue
        if reached is not None and window.since > reached:
            yield Window(reached, window.since)
        reached = window.until if reached is None else max(reached, window.until)


def last_landed(database: sqlite3.Connection, source: Source, now: int) -> int | None:
    """The latest end of a window of `source` that landed rows; None before the first.

    A partial window counts: what it lacked, such as a value that is not a number,
    asking again would not bring. An empty one does not: a wrong selector looks so.
    Nor does one that had not ended.
    """
    entries = read_ledger(database, source, now).entries
    return max((one.until for one in entries if one.has_landed), default=None)


def pause_until(database: sqlite3.Connection, source: Source, now: int) -> int | None:
    """Before when `source` wants no question; None when that is over.

    What is more than a day ahead was entered by another clock. Raises sqlite3.Error.
    """
    [until] = database.execute(
        "select max(not_before) from raw_pull_runs"
        " where source = ? and not_before > ? and not_before <= ?",
        (source, now, now + LONGEST_PAUSE),
    ).fetchone()
    return None if until is None else int(until)


def has_landed_before(database: sqlite3.Connection, source: Source, at: int) -> bool:
    """Whether rows of `source` have landed of time before `at`."""
    found = database.execute(
        "select exists (select 1 from raw_pull_windows"
        " where source = ? and row_count > 0 and window_from < ?)",
        (source, at),
    ).fetchone()
    return bool(found[0])


def close_killed(database: sqlite3.Connection) -> int:
    """Enter runs that never ended as failed; returns how many.

    Only for who holds the lock: whatever still runs then was killed.
    """
    with transaction(database):
        killed = database.execute(
            "update raw_pull_runs set state = 'failed', message = 'killed',"
            " ended_at = ?, row_count = (select coalesce(sum(row_count), 0)"
            " from raw_pull_windows as windows"
            " where windows.run_id = raw_pull_runs.run_id)"
            " where state = 'running'",
            (int(time.time()),),
        )
    return killed.rowcount


def holds_simulated(database: sqlite3.Connection) -> bool:
    """Whether simulated rows were ever landed, or begun to be."""
    return _has_run(database, is_simulated=True)


def holds_real(database: sqlite3.Connection) -> bool:
    """Whether a real source was ever pulled, or begun to be."""
    return _has_run(database, is_simulated=False)


def _has_run(database: sqlite3.Connection, *, is_simulated: bool) -> bool:
    found = database.execute(
        "select exists (select 1 from raw_pull_runs where is_simulated = ?)",
        (is_simulated,),
    ).fetchone()
    return bool(found[0])
