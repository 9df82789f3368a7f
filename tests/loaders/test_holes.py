"""What of the asked time has not landed, and when it is asked again."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.database import open_database
from loaders.holes import FIRST_PAUSE, MOST_ATTEMPTS, Hole, holes
from loaders.ledger import read_ledger, record_window, start_run
from loaders.plans import REPAIRED_AT_ONCE, plan_of
from loaders.rows import HALF_HOUR, State, Window

DAY = 24 * 3600

Entered = list[tuple[int, int, State]]


def opened(folder: Path) -> "closing[sqlite3.Connection]":
    return closing(open_database(folder / "usage.db"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path) as connection:
        yield connection


def enter(database: sqlite3.Connection, asked: Window, entered: Entered) -> None:
    """A run that asked for `asked`, with windows; all count half-hours."""
    run_id = start_run(database, "prometheus", _seconds(*asked))
    for since, until, state in entered:
        record_window(database, run_id, _seconds(since, until), state)


def found(database: sqlite3.Connection) -> list[tuple[int, int, str, int]]:
    return [
        (hole.since // HALF_HOUR, hole.until // HALF_HOUR, hole.state, hole.attempts)
        for hole in holes(database, "prometheus")
    ]


def _seconds(since: int, until: int) -> Window:
    return Window(since * HALF_HOUR, until * HALF_HOUR)


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ([(0, 10, "done")], []),
        ([], [(0, 10, "missing", 0)]),
        ([(0, 4, "done")], [(4, 10, "missing", 0)]),
        ([(0, 4, "done"), (4, 10, "failed")], [(4, 10, "failed", 0)]),
        ([(0, 10, "partial")], [(0, 10, "partial", 1)]),
        ([(0, 10, "partial"), (0, 10, "failed")], [(0, 10, "failed", 1)]),
        ([(0, 10, "failed"), (0, 10, "done")], []),
        ([(0, 10, "done"), (0, 10, "failed")], []),
        (
            [(0, 10, "partial"), (2, 6, "done"), (8, 10, "partial")],
            [(0, 2, "partial", 1), (6, 8, "partial", 1), (8, 10, "partial", 2)],
        ),
        (
            [(0, 3, "done"), (3, 5, "failed"), (5, 7, "done"), (7, 10, "failed")],
            [(3, 5, "failed", 0), (7, 10, "failed", 0)],
        ),
        # a moment, as the entry of a forecast is, covers no time
        ([(0, 10, "done"), (10, 10, "failed")], []),
    ],
)
def test_holes_are_what_was_asked_and_is_not_done(
    database: sqlite3.Connection,
    entered: Entered,
    expected: list[tuple[int, int, str, int]],
) -> None:
    enter(database, Window(0, 10), entered)
    assert found(database) == expected


def test_time_between_asked_stretches_is_missing(
    database: sqlite3.Connection,
) -> None:
    enter(database, Window(0, 10), [(0, 10, "done")])
    enter(database, Window(20, 30), [(20, 30, "done")])
    assert found(database) == [(10, 20, "missing", 0)]
    now = int(time.time())
    plan = plan_of(database, "prometheus", None, 400 * HALF_HOUR, now)
    assert plan.repairs == [_seconds(10, 20)]
    enter(database, Window(28, 30), [(10, 20, "done"), (28, 30, "done")])
    assert found(database) == []


def test_asking_for_older_time_leaves_nothing_missing(
    database: sqlite3.Connection,
) -> None:
    enter(database, Window(20, 30), [(20, 30, "done")])
    enter(database, Window(0, 5), [(0, 5, "done")])
    enter(database, Window(8, 10), [(8, 10, "done")])
    assert found(database) == []
    assert holes(database, "carbon-intensity") == []


def begun(database: sqlite3.Connection, *beginnings: int) -> None:
    """Runs that began so many days after the epoch and landed the day before."""
    for day in beginnings:
        window = Window((day - 1) * DAY, day * DAY)
        run_id = start_run(database, "prometheus", window)
        record_window(database, run_id, window, "done", row_count=1)
        database.execute(
            "update raw_pull_runs set started_at = ?, row_count = 1 where run_id = ?",
            (day * DAY, run_id),
        )


@pytest.mark.parametrize(
    ("beginnings", "believed"),
    [
        ((10, 11, 12), [True, True, True]),
        # ahead by three days, found when it was set right
        ((10, 14, 11), [True, False, True]),
        ((10, 14, 15, 11, 12), [True, False, False, True, True]),
        # behind, found by the next run that was not
        ((1000, 1001, 999, 1002), [True, True, True, True]),
        # behind by years, found at once; ahead by years, too
        ((1000, 1001, 100), [True, True, True]),
        ((1000, 1001, 100, 101, 1002), [True, True, True, True, True]),
        ((1000, 5000, 1001), [True, False, True]),
    ],
)
def test_a_clock_that_was_behind_takes_back_nothing_that_is_done(
    database: sqlite3.Connection, beginnings: tuple[int, ...], believed: list[bool]
) -> None:
    begun(database, *beginnings)
    entries = read_ledger(database, "prometheus", 2000 * DAY).entries
    assert [not one.is_to_come for one in entries] == believed


windows = st.tuples(
    st.integers(0, 20),
    st.integers(1, 8),
    st.sampled_from(["done", "partial", "failed"]),
)


@settings(max_examples=60, deadline=None)
@given(drawn=st.lists(windows, max_size=12))
def test_holes_are_the_half_hours_asked_and_not_done(
    drawn: list[tuple[int, int, State]],
) -> None:
    entered = [(since, since + length, state) for since, length, state in drawn]
    with TemporaryDirectory() as folder, opened(Path(folder)) as database:
        enter(database, Window(5, 12), entered)
        lacking = [hole[:3] for hole in found(database)]
    asked = set(range(5, 12)) | _half_hours(entered)
    done = _half_hours([one for one in entered if one[2] == "done"])
    assert _half_hours(lacking) == asked - done
    assert sum(until - since for since, until, _ in lacking) == len(asked - done)


def _half_hours(entered: Sequence[tuple[int, int, str]]) -> set[int]:
    return {at for since, until, _ in entered for at in range(since, until)}


def test_failures_count_in_runs_in_which_the_source_gave_other_time(
    database: sqlite3.Connection,
) -> None:
    enter(database, Window(0, 4), [(0, 4, "failed")])
    [hole] = holes(database, "prometheus")
    assert (hole.failures, hole.last_asked_at) == (0, None)
    for entered in (1, 2):
        enter(database, Window(0, 9), [(0, 4, "failed"), (8, 9, "done")])
        [first, second] = holes(database, "prometheus")
        assert (first.failures, first.tries, first.attempts) == (entered, entered, 0)
        assert (second.state, second.tries) == ("missing", 0)
        assert first.last_asked_at is not None


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(1, 0), (2, 1800), (3, 3600), (7, 57600), (8, 86400), (99, 86400)],
)
def test_pauses_after_failures_grow_to_a_day_for_ever(
    failures: int, pause: int
) -> None:
    hole = Hole(0, 1, "failed", last_asked_at=1000, failures=failures)
    assert hole.is_due(1000 + pause) and not hole.is_given_up
    assert pause == 0 or not hole.is_due(1000 + pause - 1)
    # asked by a clock that was ahead
    assert hole.is_due(999)


def test_what_was_asked_for_least_often_goes_first(
    database: sqlite3.Connection,
) -> None:
    days = REPAIRED_AT_ONCE // (2 * HALF_HOUR)
    enter(
        database, Window(0, 2 * days), [(0, days, "failed"), (days, days + 1, "done")]
    )
    plan = plan_of(database, "prometheus", None, 9 * days * HALF_HOUR, int(time.time()))
    tried, missing = Window(0, days), Window(days + 1, 2 * days)
    assert plan.repairs == [_seconds(*missing), _seconds(*tried)]


def test_a_failure_is_asked_again_at_once_and_a_partial_answer_after_pauses() -> None:
    assert Hole(0, 1, "failed").is_due(0)
    assert Hole(0, 1, "missing").is_due(0)
    once = Hole(0, 1, "partial", attempts=1, last_asked_at=1000)
    assert not once.is_due(1000 + FIRST_PAUSE - 1)
    assert once.is_due(1000 + FIRST_PAUSE)
    thrice = once._replace(attempts=3)
    assert not thrice.is_due(1000 + 4 * FIRST_PAUSE - 1)
    assert thrice.is_due(1000 + 4 * FIRST_PAUSE)


def test_what_was_partial_ten_times_is_given_up() -> None:
    last = Hole(0, 1, "partial", attempts=MOST_ATTEMPTS - 1, last_asked_at=0)
    assert last.is_due(2**40) and not last.is_given_up
    vain = last._replace(attempts=MOST_ATTEMPTS)
    assert not vain.is_due(2**40) and vain.is_given_up
