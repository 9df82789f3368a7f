"""A clock that is ahead: refused where a server tells, made up for where one got by."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import pytest

from loaders.errors import SourceError
from loaders.holes import holes
from loaders.http import Server
from loaders.http_sessions import open_session
from loaders.rows import HALF_HOUR
from tests.loaders.answering import Question, Reply, all_regular, answering
from tests.servers.mongo import MongoServer

DAY = 24 * 3600
# what `loaders` does, by a clock that is so many seconds ahead
LOADERS = """
import sys, time
ahead, real = float(sys.argv.pop(1)), time.time
time.time = lambda: real() + ahead
from loaders.cli import run
run()
"""

Loaders = Callable[..., "subprocess.CompletedProcess[str]"]


class Prometheus:
    """One series up to `until`; `clock` seconds ahead, it says."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.until = int(time.time())
        self.clock = 0

    def reply(self, question: Question) -> Reply:
        begin, end = int(question.form["start"]), int(question.form["end"])
        self.asked.append((begin, end))
        times = range(begin, min(end, self.until) + 1, HALF_HOUR)
        metric = {"instance": "a", "mode": "idle"}
        series = [{"metric": metric, "values": [[at, "1"] for at in times]}]
        answer = {"status": "success", "data": {"result": series if times else []}}
        return Reply(body=json.dumps(answer))

    def dated(self, question: Question) -> Reply:
        """What the server says, with its time."""
        date = formatdate(time.time() + self.clock, usegmt=True)
        return all_regular(self.reply)(question)._replace(headers={"Date": date})


@pytest.fixture
def prometheus() -> Prometheus:
    return Prometheus()


@pytest.fixture
def loaders(prometheus: Prometheus, tmp_path: Path) -> Iterator[Loaders]:
    """`loaders("pull", ahead=DAY)` runs the command by a clock that is ahead."""
    with answering(prometheus.dated) as url:

        def run(
            *arguments: str, ahead: int = 0, **variables: str
        ) -> "subprocess.CompletedProcess[str]":
            kept = {k: v for k, v in os.environ.items() if k != "USAGE_DB"}
            return subprocess.run(
                [sys.executable, "-c", LOADERS, str(ahead), *arguments],
                cwd=tmp_path,
                env={"LOADERS_PROMETHEUS__URL": url, **kept, **variables},
                capture_output=True,
                text=True,
            )

        yield run


def half_hour(at: float) -> int:
    return int(at) // HALF_HOUR * HALF_HOUR


@pytest.mark.parametrize(
    ("told", "age", "refused"),
    [
        *((-290, "0", None), (-310, "0", "ahead of"), (-310, "60", None)),
        *((290, "0", None), (310, "0", "behind"), (-DAY, "soon", None)),
    ],
)
def test_a_server_and_this_machine_must_agree_on_the_time(
    told: int, age: str, refused: str | None
) -> None:
    headers = {"Date": formatdate(time.time() + told, usegmt=True), "Age": age}
    kept: list[tuple[int, str, bool]] = []
    with answering(lambda question: Reply(body='{"a": 1}', headers=headers)) as url:
        server = Server(
            *("prometheus", url, 5, open_session()),
            keep=lambda *answer: kept.append(answer),
        )
        if refused is None:
            assert server.get("/") == {"a": 1}
            return
        with pytest.raises(SourceError) as caught:
            server.get("/")
    assert str(caught.value) == (
        f"prometheus: {url}: this machine's clock is 5 min {refused} the server's:"
        " synchronise both by NTP, then pull again"
    )
    assert kept == [(0, str(caught.value), True)]


@pytest.mark.parametrize(("ahead", "where"), [(3 * DAY, "ahead of"), (-DAY, "behind")])
def test_a_pull_by_a_wrong_clock_enters_nothing_as_done(
    loaders: Loaders,
    prometheus: Prometheus,
    tmp_path: Path,
    mongo: MongoServer,
    ahead: int,
    where: str,
) -> None:
    mongo.write("ada", users=[{"platform_name": "x"}])
    login = {"LOADERS_MONGO__URI": mongo.uri, "LOADERS_MONGO__DATABASE": "ada"}
    failed = loaders("pull", ahead=ahead, **login)
    assert failed.returncode == 1
    for line in failed.stderr.splitlines()[-2:]:
        told = f"clock is {abs(ahead) // 60} min {where} the server's"
        assert told in line
    with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database:
        entered = database.execute("select distinct state from raw_pull_windows")
        assert entered.fetchall() == [("failed",)]
    assert loaders("pull").returncode == 0


def test_what_a_clock_that_was_ahead_entered_is_asked_again(
    loaders: Loaders, prometheus: Prometheus, tmp_path: Path
) -> None:
    """Two days ago all was well, then the clock was three days ahead, now it is not."""
    now = time.time()
    prometheus.clock, prometheus.until = -2 * DAY, int(now) - 2 * DAY
    assert loaders("pull", ahead=-2 * DAY).returncode == 0
    prometheus.clock = DAY
    assert loaders("pull", ahead=DAY).returncode == 1
    with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database, database:
        # as versions did that took an answer for whole
        database.execute(
            "update raw_pull_windows set state = 'done', row_count = 1 where run_id = 2"
        )
    prometheus.clock, prometheus.until = 0, int(now) + DAY
    stale = loaders("status", "--json")
    assert stale.returncode == 1
    [source] = json.loads(stale.stdout)["sources"]
    assert source["lag_seconds"] >= 2 * DAY
    assert (
        "by a clock that is or was ahead: synchronise it by NTP"
        in (source["problems"][-1])
    )
    prometheus.asked.clear()
    assert loaders("pull").returncode == 0
    begin, end = prometheus.asked[-1]
    assert begin <= half_hour(now - 2 * DAY) and end >= half_hour(now)
    fresh = loaders("status", "--json")
    assert json.loads(fresh.stdout)["sources"][0]["problems"] == []
    with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database:
        assert holes(database, "prometheus") == []
        stored = database.execute(
            "select count(distinct ts) from raw_prometheus_samples"
        ).fetchone()
    assert stored[0] >= 9 * 48
    # once it is over, nothing of it is taken for asked or lost
    later = loaders("status", "--json", ahead=DAY + HALF_HOUR)
    [source] = json.loads(later.stdout)["sources"]
    assert source["lag_seconds"] >= DAY and source["holes"] == []


def test_mongo_that_was_read_by_a_clock_ahead_is_told(
    loaders: Loaders, mongo: MongoServer, tmp_path: Path
) -> None:
    mongo.write("ada", users=[{"platform_name": "x"}])
    login = {"LOADERS_MONGO__URI": mongo.uri, "LOADERS_MONGO__DATABASE": "ada"}
    loaders("pull", "mongo", **login)
    with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database, database:
        database.execute(
            "update raw_pull_runs set state = 'done', ended_at = ended_at + ?", (DAY,)
        )
    told = loaders("status", "--json", **login)
    [problem] = json.loads(told.stdout)["sources"][-1]["problems"]
    assert "by a clock that is or was ahead" in problem
