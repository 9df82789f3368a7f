"""`loaders pull` as a user runs it: options, windows, exit status, last lines."""

import os
import pty
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loaders.landing import open_database, start_run
from loaders.rows import HALF_HOUR, minute
from tests.loaders.answering import Question, Reply, all_regular, answering
from tests.servers.carbon import CarbonServer, slot
from tests.servers.mongo import MongoServer

LOADERS = Path(sys.executable).with_name("loaders")
DAY = 24 * 3600

Loaders = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment() -> dict[str, str]:
    """The variables of the command; a test adds its sources."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LOADERS_") and name != "USAGE_DB"
    }


@pytest.fixture
def loaders(tmp_path: Path, environment: dict[str, str]) -> Loaders:
    """Run the command in an empty folder."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [LOADERS, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def query(tmp_path: Path) -> Callable[[str], list[Any]]:
    """Rows of a statement on the database that the command wrote."""

    def ask(statement: str) -> list[Any]:
        with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database:
            return database.execute(statement).fetchall()

    return ask


@pytest.fixture
def now() -> int:
    """The last half-hour's end; waits when the next is about to come."""
    if time.time() % HALF_HOUR > HALF_HOUR - 10:
        time.sleep(11)
    return int(time.time()) // HALF_HOUR * HALF_HOUR


@pytest.fixture
def questions(environment: dict[str, str]) -> Iterator[list[Question]]:
    """The questions to a server that plays Prometheus with one series."""
    asked: list[Question] = []

    def reply(question: Question) -> Reply:
        asked.append(question)
        series = '{"metric": {"instance": "a", "mode": "idle"}, "values": [[%s, "1"]]}'
        result = series % question.form["end"]
        return Reply(
            body='{"status": "success", "data": {"result": [%s]}}' % result  # noqa: UP031
        )

    with answering(all_regular(reply)) as url:
        environment["LOADERS_PROMETHEUS__URL"] = url
        yield asked


def asked_windows(questions: list[Question], until: int) -> set[tuple[int, int]]:
    """Begin and end of the range queries, in half-hours before `until`."""
    ranges = {
        (
            (until - int(question.form["start"])) // HALF_HOUR,
            (until - int(question.form["end"])) // HALF_HOUR,
        )
        for question in questions
    }
    questions.clear()
    return ranges


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("pull", "loaders: nothing is configured: copy loaders.example.toml to loade"),
        (
            "pull mongo",
            "loaders: mongo is not configured: set mongo.uri or LOADERS_MON",
        ),
        (
            "pull mango",
            "loaders: unknown source mango; known are prometheus, carbon-in",
        ),
        ("pull --config x.toml", "loaders: x.toml: No such file or directory"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    loaders: Loaders, arguments: str, said: str
) -> None:
    done = loaders(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--since 2025-09-11T10:00", "--since 2025-09-11T10:00: has no time zone; for"),
        ("--since 2025-09-11", "--since 2025-09-11: has no time zone; for UTC end it"),
        (
            "--since 0001-01-01T00:00+23:00",
            "--since 0001-01-01T00:00+23:00: is no time from 1970 to 9999",
        ),
        (
            "--until 9999-12-31T23:59-23:00",
            "--until 9999-12-31T23:59-23:00: is no time from 1970 to 9999",
        ),
        ("--until soon", "--until soon: no ISO time; write it as 2025-09-11T10:00Z"),
        (
            "--since 2025-09-11T10:00Z --until 2025-09-11T10:29Z",
            "--since 2025-09-11T10:00Z is not before the end, 2025-09-11T10:00Z",
        ),
        (
            "--since 2025-09-11T12:00+01:00 --until 2025-09-11T10:00Z",
            "--since 2025-09-11T11:00Z is not before the end, 2025-09-11T10:00Z",
        ),
        ("--since 2100-01-01T00:00Z", "--since 2100-01-01T00:00Z is not before the"),
    ],
)
def test_times_that_cannot_be_pulled(
    loaders: Loaders, questions: list[Question], arguments: str, said: str
) -> None:
    done = loaders("pull", *arguments.split())
    assert (done.returncode, done.stdout, questions) == (2, "", [])
    assert done.stderr.startswith(f"loaders: {said}")
    assert done.stderr.count("\n") == 1


def test_a_wrong_setting_is_status_2(
    loaders: Loaders, environment: dict[str, str]
) -> None:
    environment["LOADERS_PROMETHEUS__URLL"] = "http://host"
    done = loaders("pull")
    assert done.returncode == 2
    assert done.stderr.startswith("loaders: LOADERS_PROMETHEUS__URLL: unknown key")


def test_version(loaders: Loaders) -> None:
    assert loaders("--version").stdout == "loaders 0.1.0\n"


def test_the_first_pull_takes_7_days_and_the_next_goes_on(
    loaders: Loaders, questions: list[Question], query: Any, now: int
) -> None:
    assert loaders("pull").returncode == 0
    assert asked_windows(questions, now) == {(7 * 48, 0)}
    assert loaders("pull").returncode == 0
    assert asked_windows(questions, now) == {(4, 0)}
    assert query("select since, until, state, row_count from raw_pull_runs") == [
        (now - 7 * DAY, now, "done", 5),
        (now - 4 * HALF_HOUR, now, "done", 5),
    ]


def test_a_failed_window_is_asked_again(
    loaders: Loaders, environment: dict[str, str], carbon: CarbonServer, now: int
) -> None:
    since = now - 30 * DAY
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    for at in range(since, since + 14 * DAY, HALF_HOUR):
        carbon.slots.append(slot(at, forecast=1, actual=1))
    assert loaders("pull", "--since", minute(since)).returncode == 1
    carbon.requests.clear()
    loaders("pull")
    goes_on = minute(since + 14 * DAY - 2 * DAY)
    assert carbon.requests[0].startswith(f"/intensity/{goes_on}/")


def test_given_times_are_floored_and_never_beyond_now(
    loaders: Loaders, questions: list[Question], now: int
) -> None:
    begin = minute(now - 10 * HALF_HOUR).replace(":00Z", ":07Z").replace(":30Z", ":59Z")
    assert (
        loaders("pull", "--since", begin, "--until", "2100-01-01T00:00Z").returncode
        == 0
    )
    assert asked_windows(questions, now) == {(10, 0)}
    end = minute(now - 6 * HALF_HOUR)
    assert loaders("pull", "--since", begin, "--until", end).returncode == 0
    assert asked_windows(questions, now) == {(10, 6)}


def test_carbon_takes_48_hours_again_and_the_forecast(
    loaders: Loaders, environment: dict[str, str], carbon: CarbonServer, now: int
) -> None:
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    for at in range(now - 8 * DAY, now + 3 * DAY, HALF_HOUR):
        carbon.slots.append(slot(at, forecast=1, actual=1))
    forecast = f"/intensity/{minute(now)}/fw48h"
    assert loaders("pull").returncode == 0
    assert carbon.requests[0].startswith(f"/intensity/{minute(now - 7 * DAY)}/")
    assert carbon.requests[-1] == forecast
    carbon.requests.clear()
    assert loaders("pull").returncode == 0
    assert carbon.requests[0].startswith(f"/intensity/{minute(now - 2 * DAY)}/")
    assert carbon.requests[-1] == forecast
    carbon.requests.clear()
    past = ("--since", minute(now - 3 * DAY), "--until", minute(now - DAY))
    assert loaders("pull", *past).returncode == 0
    assert forecast not in carbon.requests


def test_one_source_that_fails_does_not_stop_the_others(
    loaders: Loaders,
    environment: dict[str, str],
    questions: list[Question],
    carbon: CarbonServer,
    mongo: MongoServer,
    query: Any,
) -> None:
    mongo.write(
        "ada",
        workspaces=[{"hostname": "a", "owner": "ada", "state": "READY"}],
        users=[{"platform_name": "ada", "name": "Ada"}],
        groups=[{"name": "g", "gid": 1, "members": ["ada"]}],
        hosts=[{"hostname": "a", "cloud_project_name": "p", "machine_name": "m"}],
    )
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    environment["LOADERS_MONGO__URI"] = mongo.uri
    environment["LOADERS_MONGO__DATABASE"] = "ada"
    done = loaders("pull")
    assert done.returncode == 1
    assert [line.split(" rows landed")[0] for line in done.stdout.splitlines()] == [
        "prometheus: done, 5",
        "mongo: done, 4",
    ]
    last = done.stderr.splitlines()[-1]
    assert last.startswith("carbon-intensity: partial, 0 rows landed, 20")
    assert ": no rows for 20" in last
    assert "Traceback" not in done.stderr
    states = query("select source, state from raw_pull_runs order by run_id")
    assert states == [
        ("prometheus", "done"),
        ("carbon-intensity", "partial"),
        ("mongo", "done"),
    ]
    assert query("select count(*) from raw_mongo_workspaces") == [(1,)]


def test_only_the_named_source_is_pulled(
    loaders: Loaders,
    environment: dict[str, str],
    questions: list[Question],
    carbon: CarbonServer,
) -> None:
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    assert loaders("pull", "prometheus", "prometheus").returncode == 0
    assert questions and not carbon.requests


def test_rejected_values_are_status_1(
    loaders: Loaders, environment: dict[str, str], carbon: CarbonServer, now: int
) -> None:
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    at = now - HALF_HOUR
    carbon.slots.append(slot(at, forecast=1, actual=-5))
    done = loaders("pull", "--since", minute(at), "--until", minute(now))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("carbon-intensity: partial, 1 rows landed")
    assert last.endswith(
        "values of actual that are no intensity, left out: 1 (and 1 more)"
    )


def test_simulated_rows_are_not_mixed_with_real(
    loaders: Loaders, questions: list[Question], tmp_path: Path
) -> None:
    with closing(open_database(tmp_path / "data" / "usage.db")) as database:
        start_run(database, "mongo", None, is_simulated=True)
    done = loaders("pull")
    assert (done.returncode, done.stdout, questions) == (2, "", [])
    assert done.stderr == (
        "loaders: data/usage.db holds simulated rows: set USAGE_DB to another file\n"
    )


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("made", ["", "create table machine_power (watts real)"])
def test_a_file_that_dbt_made_is_closed_to_others(
    loaders: Loaders,
    environment: dict[str, str],
    carbon: CarbonServer,
    tmp_path: Path,
    made: str,
) -> None:
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    file = tmp_path / "data" / "usage.db"
    file.parent.mkdir()
    file.touch()
    with closing(sqlite3.connect(file)) as database:
        database.execute(made)
    file.chmod(0o644)
    done = loaders("pull")
    assert mode(file) == 0o600 and "mode 0" not in done.stderr
    with closing(sqlite3.connect(file)) as database:
        database.execute("select * from raw_pull_runs").fetchall()
        assert {mode(one) for one in file.parent.glob("usage.db-*")} == {0o600}


def test_each_pull_warns_of_a_database_that_others_may_read(
    loaders: Loaders,
    environment: dict[str, str],
    carbon: CarbonServer,
    tmp_path: Path,
) -> None:
    environment["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
    loaders("pull")
    file = tmp_path / "data" / "usage.db"
    file.chmod(0o640)
    warning = (
        "data/usage.db has mode 0640: others may read or write it:"
        " chmod 600 data/usage.db*"
    )
    for _ in range(2):
        assert warning in loaders("pull").stderr
    assert mode(file) == 0o640


def test_a_database_that_cannot_be_written(
    loaders: Loaders,
    environment: dict[str, str],
    questions: list[Question],
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("this is no database, whatever it is called\n" * 9)
    for path, said in (("file/usage.db", "File exists"), ("file", "file is not a")):
        environment["USAGE_DB"] = path
        done = loaders("pull")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"loaders: {path}: {said}")
        assert done.stderr.count("\n") == 1


def test_an_interrupted_pull_keeps_its_ledger(
    tmp_path: Path, environment: dict[str, str], query: Any
) -> None:
    def sleep(question: Question) -> Reply:
        is_asked.write_text("")
        time.sleep(3)
        return Reply()

    is_asked = tmp_path / "is_asked"
    with answering(sleep) as url:
        environment["LOADERS_PROMETHEUS__URL"] = url
        process = subprocess.Popen(
            [LOADERS, "pull"],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            # who started the tests may ignore it, and so would all that they start
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        while not is_asked.exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == b"loaders: interrupted; what was landed stays\n"
    runs = query("select state, message, ended_at is null from raw_pull_runs")
    assert runs == [("failed", "interrupted", 0)]


def test_no_secret_is_printed_or_kept(
    loaders: Loaders, environment: dict[str, str], tmp_path: Path
) -> None:
    with answering(lambda question: Reply(401)) as url:
        address = url.replace("//", "//me:hush@")
        environment["LOADERS_PROMETHEUS__URL"] = address
        environment["LOADERS_MONGO__URI"] = "mongodb://me:hush@127.0.0.1:1"
        environment["LOADERS_MONGO__DATABASE"] = "ada"
        environment["LOADERS_MONGO__TIMEOUT_SECONDS"] = "0.2"
        done = loaders("pull")
    assert done.returncode == 1
    assert "401 Unauthorized" in done.stderr
    assert "hush" not in done.stdout + done.stderr
    with closing(sqlite3.connect(tmp_path / "data" / "usage.db")) as database:
        assert "hush" not in "".join(database.iterdump())


def test_a_terminal_gets_bars_and_a_file_gets_lines(
    tmp_path: Path,
    environment: dict[str, str],
    loaders: Loaders,
    questions: list[Question],
) -> None:
    lines = loaders("pull").stderr.splitlines()
    assert lines and all(" INFO prometheus: " in line for line in lines)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [LOADERS, "pull"],
        cwd=tmp_path,
        env={**environment, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    output, _ = process.communicate(timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "━" in shown and "5/5" in shown and "INFO" not in shown
    assert output.decode().startswith("prometheus: done, 5 rows landed, 20")


def test_a_misshapen_document_is_named_and_alarms_nobody(
    loaders: Loaders,
    environment: dict[str, str],
    query: Callable[[str], list[Any]],
    mongo: MongoServer,
) -> None:
    environment["LOADERS_MONGO__URI"] = mongo.uri
    environment["LOADERS_MONGO__DATABASE"] = "ada"
    well = [{"_id": at, "hostname": f"h{at}", "state": "READY"} for at in (1, 2, 3)]
    others: dict[str, Any] = {"users": [{"_id": 1}], "groups": [{"_id": 1}]}
    mongo.write("ada", workspaces=well, **others)
    assert loaders("pull").returncode == 0
    mongo.clear()
    mongo.write(
        "ada", workspaces=[well[0], {**well[1], "created_time": "yesterday"}], **others
    )
    done = loaders("pull")
    assert done.returncode == 0, done.stderr
    left_out = "workspaces: created_time is no date, left out: 1 (document 2)"
    assert f"mongo: {left_out}" in done.stderr and left_out in done.stdout
    assert loaders("status").returncode == 0
    gone = query("select document_id from raw_mongo_workspaces where gone_at not null")
    assert gone == [("3",)]


def test_a_mongo_that_does_not_let_us_in_leaves_its_answer(
    loaders: Loaders,
    environment: dict[str, str],
    query: Callable[[str], list[Any]],
    mongo: MongoServer,
) -> None:
    environment["LOADERS_MONGO__URI"] = mongo.uri.replace("://", "://ada:hunter2@")
    environment["LOADERS_MONGO__DATABASE"] = "ada"
    assert loaders("pull").returncode == 1
    [(source, status, text)] = query(
        "select provider_id, http_status, raw_json from raw_snapshots"
    )
    assert (source, status) == ("mongo", 0)
    assert "check user and password in mongo.uri" in text
