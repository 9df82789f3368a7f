"""Time that a source never gives must not keep it from giving what is new."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loaders.holes import holes
from loaders.landing import open_database
from loaders.ledger import finish_run, record_window, start_run
from loaders.rows import HALF_HOUR, Source, Window, minute
from loaders.runs import FAILURES_IN_VAIN
from tests.loaders.answering import Question, Reply, all_regular, answering
from tests.servers.carbon import slot

LOADERS = Path(sys.executable).with_name("loaders")
DAY = 24 * 3600

Loaders = Callable[..., "subprocess.CompletedProcess[str]"]


class Prometheus:
    """One series; what touches `corrupt` instants fails, what touches `hangs` hangs."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.corrupt: set[int] = set()
        self.hangs: set[int] = set()

    def reply(self, question: Question) -> Reply:
        begin, end = int(question.form["start"]), int(question.form["end"])
        self.asked.append((begin, end))
        times = range(begin, end + 1, HALF_HOUR)
        if self.corrupt.intersection(times):
            told = {
                "status": "error",
                "errorType": "internal",
                "error": "corrupt block",
            }
            return Reply(500, json.dumps(told))
        if self.hangs.intersection(times):
            time.sleep(1)
        metric = {"instance": "a", "mode": "idle"}
        series = [{"metric": metric, "values": [[at, "1"] for at in times]}]
        return Reply(body=json.dumps({"status": "success", "data": {"result": series}}))


class Api:
    """Has intensities from `begin` on, and refuses earlier time."""

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.refused = 0

    def reply(self, question: Question) -> Reply:
        _, _, since, until = question.path.split("/")
        first, last = _epoch(since), _epoch(until)
        if until == "fw48h":
            return Reply(body='{"data": []}')
        if first < self.begin:
            self.refused += 1
            return Reply(400, '{"error": {"code": "400", "message": "too early"}}')
        slots = [slot(at, actual=1) for at in range(first, last, HALF_HOUR)]
        return Reply(body=json.dumps({"data": slots}))


def _epoch(text: str) -> int:
    if text == "fw48h":
        return 0
    at = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    return int(at.timestamp())


@pytest.fixture
def now() -> int:
    """The last half-hour's end; waits when the next is about to come."""
    if time.time() % HALF_HOUR > HALF_HOUR - 60:
        time.sleep(61)
    return int(time.time()) // HALF_HOUR * HALF_HOUR


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "data" / "usage.db")) as connection:
        yield connection


@pytest.fixture
def prometheus() -> Prometheus:
    return Prometheus()


@pytest.fixture
def loaders(prometheus: Prometheus, tmp_path: Path) -> Iterator[Loaders]:
    """`loaders("pull")` with the server's address."""
    with answering(all_regular(prometheus.reply)) as url:

        def run(
            *arguments: str, **variables: str
        ) -> "subprocess.CompletedProcess[str]":
            kept = {k: v for k, v in os.environ.items() if k != "USAGE_DB"}
            return subprocess.run(
                [LOADERS, *arguments],
                cwd=tmp_path,
                env={**kept, "LOADERS_PROMETHEUS__URL": url, **variables},
                capture_output=True,
                text=True,
            )

        yield run


def lacking(database: sqlite3.Connection, source: Source) -> list[tuple[int, int]]:
    return [(hole.since, hole.until) for hole in holes(database, source)]


def a_day_later(database: sqlite3.Connection) -> None:
    """The pauses of what was asked in vain are over."""
    database.execute(
        "update raw_pull_windows set recorded_at = recorded_at - ?", (DAY,)
    )


def instants(database: sqlite3.Connection) -> set[int]:
    found = database.execute("select distinct ts from raw_prometheus_samples")
    return {ts for (ts,) in found}


def test_a_half_hour_that_cannot_be_read_fails_alone(
    loaders: Loaders, prometheus: Prometheus, database: sqlite3.Connection, now: int
) -> None:
    bad = now - 3 * DAY
    prometheus.corrupt = {bad}
    assert loaders("pull").returncode == 1
    every = set(range(now - 7 * DAY, now + 1, HALF_HOUR))
    assert instants(database) == every - {bad}
    # it closes a half-hour and opens another
    around = (bad - HALF_HOUR, bad + HALF_HOUR)
    assert lacking(database, "prometheus") == [around]
    # what was halved grows again
    asked = [(end - begin) // HALF_HOUR for begin, end in prometheus.asked]
    assert len(asked) < 200 and max(asked[-30:]) >= 16


def test_old_holes_that_fail_keep_nothing_new_from_landing(
    loaders: Loaders, prometheus: Prometheus, database: sqlite3.Connection, now: int
) -> None:
    """Three days of it land with two days of corrupt blocks among them."""
    begin = now - 5 * DAY
    prometheus.corrupt = set(range(begin + DAY, begin + 3 * DAY, HALF_HOUR))
    loaders("pull", "--since", minute(begin), "--until", minute(now - DAY))
    assert max(instants(database)) == now - DAY
    done = loaders("pull")
    assert done.returncode == 1
    assert {now - DAY, now - HALF_HOUR, now} <= instants(database)
    assert loaders("pull").returncode == 1
    assert max(end for _, end in prometheus.asked[-6:]) == now
    prometheus.corrupt = set(range(begin + DAY, begin + DAY + 4 * HALF_HOUR, HALF_HOUR))
    every = set(range(begin, now + 1, HALF_HOUR))
    for _ in range(8):
        a_day_later(database)
        loaders("pull")
        if every - instants(database) <= prometheus.corrupt:
            break
    assert every - instants(database) <= prometheus.corrupt


def test_time_that_hangs_keeps_nothing_from_landing(
    loaders: Loaders, prometheus: Prometheus, database: sqlite3.Connection, now: int
) -> None:
    hanging = now - 7 * DAY + 3 * HALF_HOUR
    prometheus.hangs = {hanging}
    haste = {
        "LOADERS_PROMETHEUS__TIMEOUT_SECONDS": "0.5",
        "LOADERS_PULL__MAX_SECONDS": "4",
    }
    assert loaders("pull", **haste).returncode == 1
    assert now in instants(database)
    every = set(range(now - 7 * DAY, now + 1, HALF_HOUR))
    for _ in range(8):
        a_day_later(database)
        loaders("pull", **haste)
        if every - instants(database) <= {hanging}:
            break
    assert every - instants(database) <= {hanging}


def test_time_before_a_source_began_is_told_and_left_alone(
    loaders: Loaders, database: sqlite3.Connection, now: int
) -> None:
    api = Api(now - 20 * DAY)
    with answering(api.reply) as url:
        carbon = {"LOADERS_CARBON_INTENSITY__URL": url}
        since = minute(now - 70 * DAY)
        pulled = loaders("pull", "carbon-intensity", "--since", since, **carbon)
        assert pulled.returncode == 1
        for _ in range(7):
            loaders("pull", "carbon-intensity", **carbon)
        told = loaders("status", "--json", **carbon)
    landed = database.execute(
        "select min(slot_at), max(slot_at) from raw_carbon_intensity"
    )
    first, last = landed.fetchone()
    assert first <= now - 14 * DAY and last == now - HALF_HOUR
    sources = {one["source"]: one for one in json.loads(told.stdout)["sources"]}
    [problem] = sources["carbon-intensity"]["problems"]
    assert problem.startswith(f"a hole from {since}, asked for in vain ")


def test_many_holes_that_fail_open_the_circuit(
    loaders: Loaders, prometheus: Prometheus, database: sqlite3.Connection, now: int
) -> None:
    """What the server answers to cheap questions between them is no success."""
    begin = now - 2 * DAY
    run_id = start_run(database, "prometheus", Window(begin, now - DAY))
    for hour in range(0, 24, 2):
        since = begin + hour * 3600
        done = Window(since, since + 3600)
        record_window(database, run_id, done, "done", row_count=1)
    prometheus.corrupt = set(range(begin, begin + 20 * 3600, HALF_HOUR))
    finish_run(database, run_id, "done")
    database.commit()
    assert loaders("pull").returncode == 1
    failed = database.execute(
        "select count(*) from raw_pull_windows where state = 'failed'"
    )
    assert failed.fetchone() == (FAILURES_IN_VAIN,)
    assert len(prometheus.asked) < 40
    assert now in instants(database)
