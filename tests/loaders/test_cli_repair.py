"""A pull that comes after something went wrong, as a user runs it."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from loaders.holes import holes
from loaders.landing import open_database
from loaders.lock import writing
from loaders.rows import HALF_HOUR, minute
from tests.loaders.answering import Question, Reply, all_regular, answering

ROOT = Path(__file__).parents[2]
LOADERS = Path(sys.executable).with_name("loaders")
DAY = 24 * 3600


class Server:
    """Plays Prometheus with one series; `broken` begins of questions get a 400."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.broken: set[int] = set()
        self.is_empty = False
        self.warning = ""
        self.pause = 0.0
        self.retry_after = ""

    def reply(self, question: Question) -> Reply:
        """What the server says."""
        time.sleep(self.pause)
        begin, end = int(question.form["start"]), int(question.form["end"])
        self.asked.append((begin, end))
        if self.retry_after:
            return Reply(429, headers={"Retry-After": self.retry_after})
        if begin in self.broken:
            return Reply(400, '{"status": "error", "error": "no"}')
        series = {
            "metric": {"instance": "a", "mode": "idle"},
            "values": [[at, "1"] for at in range(begin, end + 1, HALF_HOUR)],
        }
        result = [] if self.is_empty else [series]
        warnings = [self.warning] if self.warning else None
        answer = {"status": "success", "data": {"result": result}, "warnings": warnings}
        return Reply(body=json.dumps(answer))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def environment(server: Server) -> Iterator[dict[str, str]]:
    """The variables of the command, with the server's address."""
    with answering(all_regular(server.reply)) as url:
        yield {
            **{name: text for name, text in os.environ.items() if name != "USAGE_DB"},
            "LOADERS_PROMETHEUS__URL": url,
            "LOADERS_PULL__LOCK_WAIT_SECONDS": "0.3",
        }


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "data" / "usage.db")) as connection:
        yield connection


@pytest.fixture
def now() -> int:
    """The last half-hour's end; waits when the next is about to come."""
    if time.time() % HALF_HOUR > HALF_HOUR - 20:
        time.sleep(21)
    return int(time.time()) // HALF_HOUR * HALF_HOUR


def pull(
    folder: Path, environment: dict[str, str], *arguments: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [LOADERS, "pull", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_holes_are_repaired_before_the_pull_goes_on(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
    now: int,
) -> None:
    environment["LOADERS_PROMETHEUS__MAX_STEPS"] = "48"
    begin = now - 5 * DAY
    server.broken = {begin + 48 * HALF_HOUR, begin + 143 * HALF_HOUR}
    first = pull(tmp_path, environment, "--since", minute(begin))
    assert first.returncode == 1
    assert "400 Bad Request: no" in first.stderr.splitlines()[-1]
    lacking = [(hole.since, hole.until) for hole in holes(database, "prometheus")]
    assert len(lacking) == 2
    server.broken = set()
    server.asked.clear()
    assert pull(tmp_path, environment).returncode == 0
    # each window is first asked for how many series it has, as a whole
    wholes = [*lacking, (now - 2 * 3600, now)]
    assert [window for window in dict.fromkeys(server.asked) if window in wholes] == (
        wholes
    )
    assert holes(database, "prometheus") == []
    stored = database.execute("select count(distinct ts) from raw_prometheus_samples")
    assert stored.fetchone() == (5 * 48 + 1,)


def test_days_of_downtime_are_caught_up_in_one_run(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
    now: int,
) -> None:
    window = ("--since", minute(now - 9 * DAY), "--until", minute(now - 8 * DAY))
    assert pull(tmp_path, environment, *window).returncode == 0
    assert pull(tmp_path, environment).returncode == 0
    stored = database.execute("select count(distinct ts) from raw_prometheus_samples")
    assert stored.fetchone() == (9 * 48 + 1,)
    assert holes(database, "prometheus") == []


def test_a_partial_answer_is_asked_again_after_a_pause(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
    now: int,
) -> None:
    server.warning = "a store did not answer"
    begin, end = now - 3 * DAY, now - 2 * DAY
    window = ("--since", minute(begin), "--until", minute(end))
    partial = pull(tmp_path, environment, *window)
    assert partial.returncode == 1
    assert "partial" in partial.stderr and server.warning in partial.stderr
    server.warning = ""
    pull(tmp_path, environment)
    assert [hole.state for hole in holes(database, "prometheus")] == ["partial"]
    database.execute(
        "update raw_pull_windows set recorded_at = recorded_at - 1800"
        " where state = 'partial'"
    )
    server.asked.clear()
    assert pull(tmp_path, environment).returncode == 0
    assert server.asked[0] == (begin, end - 2 * 3600)
    assert holes(database, "prometheus") == []


def test_a_run_that_was_killed_is_closed_and_made_up_for(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
    now: int,
) -> None:
    environment["LOADERS_PROMETHEUS__MAX_STEPS"] = "48"
    server.pause = 0.05
    window = ("--since", minute(now - 6 * DAY), "--until", minute(now - DAY))
    process = subprocess.Popen(
        [LOADERS, "pull", *window],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    while len(server.asked) < 12:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.pause = 0
    assert pull(tmp_path, environment).returncode == 0
    states = database.execute("select state, message from raw_pull_runs").fetchall()
    assert states == [("failed", "killed"), ("done", None)]
    assert holes(database, "prometheus") == []
    stored = database.execute("select count(distinct ts) from raw_prometheus_samples")
    assert stored.fetchone() == (6 * 48 + 1,)


def test_the_second_of_two_pulls_says_so_and_exits_75(
    tmp_path: Path, environment: dict[str, str], server: Server
) -> None:
    (tmp_path / "data").mkdir()
    with FileLock(tmp_path / "data" / "usage.db.lock"):
        done = pull(tmp_path, environment)
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr == (
        "loaders: data/usage.db is being written by another run (waited 0.3 s):"
        " try again later\n"
    )
    assert server.asked == []
    assert pull(tmp_path, environment).returncode == 0


def test_a_pull_waits_for_one_that_ends_soon(
    tmp_path: Path, environment: dict[str, str], now: int
) -> None:
    environment["LOADERS_PULL__LOCK_WAIT_SECONDS"] = "20"
    pulls = [
        subprocess.Popen([LOADERS, "pull"], cwd=tmp_path, env=environment)
        for _ in range(3)
    ]
    assert [process.wait(60) for process in pulls] == [0, 0, 0]
    with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database:
        [(integrity,)] = database.execute("pragma integrity_check")
    assert integrity == "ok"


def test_a_pull_ends_in_its_time_and_the_next_goes_on(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
    now: int,
) -> None:
    environment["LOADERS_PROMETHEUS__MAX_STEPS"] = "24"
    environment["LOADERS_PULL__MAX_SECONDS"] = "1.5"
    # all of it would take 45 s
    server.pause = 0.5
    began = time.monotonic()
    done = pull(tmp_path, environment)
    assert done.returncode == 1 and time.monotonic() - began < 30
    assert "the time for this source is up" in done.stderr.splitlines()[-1]
    del environment["LOADERS_PULL__MAX_SECONDS"]
    server.pause = 0
    assert pull(tmp_path, environment).returncode == 0
    assert holes(database, "prometheus") == []


def test_a_source_that_wants_to_wait_is_not_asked_before(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
    now: int,
) -> None:
    environment["LOADERS_PROMETHEUS__MAX_STEPS"] = "48"
    server.retry_after = "3600"
    told = pull(tmp_path, environment)
    assert told.returncode == 1 and len(server.asked) == 1
    wanted = r"429 .*: it wants no question before 20\d\d-.*Z$"
    assert re.search(wanted, told.stderr.splitlines()[-1])
    server.retry_after = ""
    early = pull(tmp_path, environment, "--since", minute(now - DAY))
    assert early.returncode == 1 and len(server.asked) == 1
    last = early.stderr.splitlines()[-1]
    assert "wants no question before 20" in last and last.endswith("pull again then")
    database.execute("update raw_pull_runs set not_before = not_before - 3660")
    assert pull(tmp_path, environment).returncode == 0
    assert holes(database, "prometheus") == []


def test_log_lines_can_be_json(tmp_path: Path, environment: dict[str, str]) -> None:
    done = pull(tmp_path, environment, "--log-json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.stdout == ""
    assert {line["level"] for line in lines} == {"INFO"}
    assert all(set(line) == {"at", "level", "logger", "message"} for line in lines)
    assert lines[0]["at"].endswith("Z")
    assert lines[-1]["message"].startswith("prometheus: done, ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 1, "prometheus: failed, "),
        (("mongo",), 2, "loaders: mongo is not configured"),
        (("--since", "yesterday"), 2, "loaders: --since yesterday"),
        (("--config", "none.toml"), 2, "loaders: none.toml"),
    ],
)
def test_what_goes_wrong_is_json_too(
    tmp_path: Path,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    environment["LOADERS_PROMETHEUS__URL"] = "http://127.0.0.1:9"
    done = pull(tmp_path, environment, "--log-json", *arguments)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert (done.returncode, done.stdout) == (code, "")
    assert lines[-1]["level"] == "ERROR"
    assert lines[-1]["message"].startswith(said)


def test_one_that_waits_in_vain_says_so_in_json(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with writing(tmp_path / "data" / "usage.db", 0):
        done = pull(tmp_path, environment, "--log-json")
    [line] = [json.loads(line) for line in done.stderr.splitlines()]
    assert (done.returncode, line["level"]) == (75, "ERROR")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("check",),
        ("summary",),
        ("pull", "prometheus"),
        ("report", "v_coverage", "--project", str(ROOT)),
        ("export", "--to", "out"),
        ("backup", "copy.db"),
        ("prune", "--before", "2025-09-11T10:00Z", "--yes"),
        ("forget", "ann", "--yes"),
        ("close", "2025-09"),
    ],
)
def test_a_name_that_no_file_can_have_is_an_error_of_one_line(
    tmp_path: Path, environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    environment["USAGE_DB"] = f"{'n' * 300}.db"
    done = subprocess.run(
        [LOADERS, *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    *_, line = (done.stdout + done.stderr).splitlines()
    assert "File name too long" in line and "Traceback" not in done.stderr


def test_answers_are_kept_without_secrets(
    tmp_path: Path,
    environment: dict[str, str],
    server: Server,
    database: sqlite3.Connection,
) -> None:
    server.warning = "hush is the password of ada@example.org"
    environment["LOADERS_PROMETHEUS__BEARER_TOKEN"] = "hush"
    pull(tmp_path, environment)
    answers: list[Any] = database.execute(
        "select provider_id, raw_json, http_status from raw_snapshots"
    ).fetchall()
    assert {(source, status) for source, _, status in answers} == {("prometheus", 200)}
    texts = "".join(text for _, text, _ in answers)
    assert "(secret) is the password of (e-mail)" in texts
    assert "hush" not in "".join(database.iterdump())
