"""Half-hours of which an answer of Prometheus has no sample at all."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loaders.freshness import Freshness, freshness
from loaders.holes import MOST_ATTEMPTS, holes
from loaders.landing import open_database
from loaders.plans import Plan, plan_of
from loaders.pulls import pull
from loaders.rows import HALF_HOUR, Window
from loaders.runs import Run
from loaders.settings import PrometheusSettings, Settings
from tests.loaders.answering import Question, Reply, all_regular, answering

HOUR = 3600
DAY = 24 * HOUR
START = 1_700_000_000 // HOUR * HOUR

Pull = Callable[..., Run]


class Server:
    """Plays Prometheus with one host, of which `silent` half-hours' ends lack."""

    def __init__(self) -> None:
        self.silent: list[range] = []

    def silence(self, since: float, until: float) -> None:
        """Lack what ends after `since` and up to `until`, in hours since START."""
        first = START + int(since * HOUR) + HALF_HOUR
        self.silent.append(range(first, START + int(until * HOUR) + 1))

    def reply(self, question: Question) -> Reply:
        """What the server says."""
        begin, end = int(question.form["start"]), int(question.form["end"])
        values = [
            [at, "1"]
            for at in range(begin, end + 1, int(question.form["step"]))
            if not any(at in stretch for stretch in self.silent)
        ]
        series = {"metric": {"instance": "a", "mode": "idle"}, "values": values}
        result = [series] if values else []
        return Reply(body=json.dumps({"status": "success", "data": {"result": result}}))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


@pytest.fixture
def pulled(
    server: Server, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pull]:
    """`pulled(at, since)` pulls as at `at`, in hours since START."""
    clock = START
    monkeypatch.setattr("time.time", lambda: clock)

    with answering(all_regular(server.reply)) as url:
        settings = Settings(prometheus=PrometheusSettings(url=url, max_steps=48))

        def pull_at(at: float, since: float | None = None) -> Run:
            nonlocal clock
            clock = START + int(at * HOUR)
            until = clock // HALF_HOUR * HALF_HOUR
            begin = None if since is None else START + int(since * HOUR)
            plan = plan_of(database, "prometheus", begin, until, clock)
            return pull(
                database,
                "prometheus",
                settings,
                plan,
                forecast=False,
                advance=lambda steps: None,
            )

        yield pull_at


def lacking(database: sqlite3.Connection, at: float) -> list[tuple[float, float, str]]:
    """The holes in hours since START, with their states."""
    found = holes(database, "prometheus", START + int(at * HOUR))
    return [(_hours(one.since), _hours(one.until), one.state) for one in found]


def entered(database: sqlite3.Connection) -> list[tuple[float, float, str, int]]:
    """The windows of the ledger in hours since START, with states and rows."""
    found = database.execute(
        "select window_from, window_until, state, row_count from raw_pull_windows"
    )
    return [(_hours(since), _hours(until), *rest) for since, until, *rest in found]


def _hours(at: int) -> float:
    return (at - START) / HOUR


def _fresh(database: sqlite3.Connection, at: float) -> Freshness:
    return freshness(database, "prometheus", 3 * HOUR, START + int(at * HOUR))


def test_an_answer_of_the_first_half_only_is_asked_for_the_rest(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    assert pulled(10, since=0).state == "done"
    server.silence(20, 34)
    run = pulled(34.2)
    assert run.state == "partial"
    assert "no samples" in (run.message or "")
    assert lacking(database, 34.2) == [(20, 34, "partial")]
    found = _fresh(database, 34.2)
    assert found.newest_at == START + 20 * HOUR
    assert [line for line in found.problems if "behind" in line]
    server.silent = []
    # asked again from where samples ended
    assert pulled(35).state == "done"
    assert lacking(database, 35) == []
    assert not _fresh(database, 35).problems


def test_an_answer_without_the_last_hours_is_behind(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    pulled(20, since=0)
    server.silence(20, 23)
    pulled(23.2)
    found = _fresh(database, 23.2)
    assert found.newest_at == START + 20 * HOUR
    assert found.lag_seconds == int(3.2 * HOUR)
    assert found.plan.window == Window(START + 18 * HOUR, START + 23 * HOUR)


def test_an_answer_without_its_beginning_is_asked_for_it(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    pulled(10, since=0)
    server.silence(6, 15)
    assert pulled(20).state == "partial"
    # the done hours before the hole stay done
    assert lacking(database, 20) == [(10, 15, "partial")]
    assert _fresh(database, 20).newest_at == START + 20 * HOUR
    server.silent = []
    assert pulled(20.6).state == "done"
    assert lacking(database, 20.6) == []


def test_a_hole_in_the_middle_of_an_answer_is_an_entry_of_its_own(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    server.silence(3, 5)
    assert pulled(8, since=0).state == "partial"
    metrics, at_both_ends = 5, 1
    assert entered(database) == [
        (0, 3, "done", metrics * (6 + at_both_ends)),
        (3, 5, "partial", 0),
        (5, 8, "done", metrics * 6),
    ]
    rows = database.execute("select row_count from raw_pull_runs").fetchone()
    assert rows == (metrics * 13,)
    [message] = database.execute(
        "select message from raw_pull_windows where state = 'partial'"
    ).fetchone()
    assert message.startswith("prometheus: 2023-11-15T01:00Z to 2023-11-15T03:00Z: no")


def test_before_the_first_sample_nothing_lacks(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    server.silence(-10 * 24, 30)
    run = pulled(60, since=0)
    assert run.state == "done", run.message
    assert lacking(database, 60) == []
    assert pulled(60, since=-48).state == "done"
    assert lacking(database, 60) == []


def test_hours_without_any_scrape_settle(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    """Prometheus was away from the tenth to the fourteenth hour."""
    pulled(9, since=0)
    server.silence(10, 14)
    times = [15.1 + 12 * number for number in range(56)]
    states = [pulled(at).state for at in times]
    assert states[0] == "partial" and states[-1] == "done"
    assert states.count("partial") == MOST_ATTEMPTS
    [hole] = holes(database, "prometheus", START + int(times[-1] * HOUR))
    assert (_hours(hole.since), _hours(hole.until)) == (10, 14)
    assert hole.is_given_up
    found = _fresh(database, times[-1])
    assert found.lag_seconds == 6 * 60 and found.problems == []


def test_hours_without_any_scrape_are_told_and_sound_no_alarm(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    """Half of what Prometheus keeps by default is seven and a half days."""
    pulled(9, since=0)
    server.silence(10, 14)
    for number in range(16):
        pulled(15.1 + 12 * number)
    found = _fresh(database, 15.1 + 12 * 15)
    assert found.problems == []
    assert found.notes == [
        "holes that it seems to have nothing for: 1 (the first from 2023-11-15T08:00Z)"
    ]
    [hole] = found.holes
    assert not hole.is_given_up


def test_a_fleet_that_stays_away_is_behind_and_keeps_nothing_waiting(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    pulled(10, since=0)
    server.silence(10, 10 + 3 * 24)
    for at in range(11, 11 + 3 * 24, 4):
        assert pulled(at).state == "partial"
        assert _fresh(database, at).newest_at == START + 10 * HOUR
    pieces = lacking(database, 79)
    assert (pieces[0][0], pieces[-1][1]) == (10, 79)
    assert {state for _, _, state in pieces} == {"partial"}
    # back again
    assert pulled(90).row_count > 0
    found = _fresh(database, 90)
    assert found.newest_at == START + 90 * HOUR
    assert found.holes[0].is_given_up and found.holes[-1].until == START + 82 * HOUR


def test_the_opening_alone_does_not_say_that_the_rest_has_landed(
    server: Server, pulled: Pull, database: sqlite3.Connection
) -> None:
    pulled(10, since=0)
    server.silence(10, 20)
    run = pulled(20, since=10)
    assert run.row_count == 5
    assert entered(database)[-2:] == [(10, 10, "done", 5), (10, 20, "partial", 0)]
    assert _fresh(database, 20).newest_at == START + 10 * HOUR
    plan = plan_of(database, "prometheus", None, START + 20 * HOUR, START + 20 * HOUR)
    assert plan == Plan(Window(START + 8 * HOUR, START + 20 * HOUR), [])
