"""What each fault of each source does to a pull, as a user runs it, and to the next.

LONG=1 takes every fault, from the first question on and later, else a few of them.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from loaders.holes import holes
from loaders.rows import HALF_HOUR, Source, minute
from tests.loaders.answering import Question, Reply, all_regular, answering
from tests.pipeline.soundness import RAW, SEEN, assert_sound
from tests.servers import faulty as wrong
from tests.servers.carbon import CarbonServer, slot
from tests.servers.faulty import Talk, answer, certified, faulty, json_of, passing_on
from tests.servers.mongo import MongoServer
from tests.servers.processes import free_port

LONG = bool(os.environ.get("LONG"))
AT_ONCE = 4
LOADERS = Path(sys.executable).with_name("loaders")
DAY = 24 * 3600
NOW = int(time.time()) // HALF_HOUR * HALF_HOUR
BEGUN = NOW - 13 * DAY
PROMETHEUS, CARBON, MONGO = (
    "LOADERS_PROMETHEUS__URL",
    "LOADERS_CARBON_INTENSITY__URL",
    "LOADERS_MONGO__URI",
)
# providers of AI are pulled only where one is configured
PULLED = [source for source in get_args(Source) if source != "ai-usage"]
# questions that a pull has answered before it goes wrong within its second window
WELL = {"prometheus": 10, "carbon-intensity": 1}
WHOLE_WINDOW = 8
HASTE = {
    "LOADERS_PROMETHEUS__TIMEOUT_SECONDS": "1",
    "LOADERS_CARBON_INTENSITY__TIMEOUT_SECONDS": "1",
    "LOADERS_MONGO__TIMEOUT_SECONDS": "1",
    "LOADERS_PULL__MAX_SECONDS": "90",
}
MOST_SECONDS = 75

Variables = dict[str, str]
Wrong = Callable[[Variables, Path], AbstractContextManager[Variables]]


class Fault(NamedTuple):
    """What goes wrong with a source: other settings, and what is then said of it."""

    name: str
    source: Source
    begin: Wrong
    said: str

    def __str__(self) -> str:
        return f"{self.source} {self.name}"


TLS = r"check the address, or name the CA's file \(ca_bundle\)"
PASSES = r"pull again later$"
HTTP_FAULTS: dict[str, tuple[Talk, str]] = {
    "hang": (wrong.hang, r"no answer in 1 s: check the server, or raise timeout_sec"),
    "drip": (wrong.drip, r"no answer in 1 s: check the server, or raise timeout_sec"),
    "reset": (wrong.reset, r"the answer broke off; pull again"),
    "truncated": (wrong.truncated, r"the answer broke off; pull again"),
    "cut": (wrong.cut, r"answered broken JSON \(.* at character \d+\); pull again"),
    "empty": (answer("200 OK"), r"answered broken JSON .*; pull again"),
    "401": (answer("401 Unauthorized"), r"401 Unauthorized: check username and passw"),
    "403": (answer("403 Forbidden"), r"403 Forbidden: check username and password"),
    "404": (answer("404 Not Found"), r"404 Not Found: check the address"),
    "429": (
        answer("429 Too Many Requests", "", "Retry-After: 1"),
        rf"429 Too Many Requests: {PASSES}",
    ),
    "429 for long": (
        answer("429 Too Many Requests", "", "Retry-After: 3600"),
        r"429 Too Many Requests: pull again later: it wants no question before 2\d+-",
    ),
    "500": (answer("500 Oh", "<h1>no"), rf"500 Internal Server Error: {PASSES}"),
    "503": (answer("503 Oh", "busy"), r"503 Service Unavailable: busy: pull again"),
    "html": (
        wrong.html,
        "answered an HTML page, not JSON: check the address",
    ),
    "list": (json_of([1]), "answered a JSON list, not an object: check the address"),
    # on a slow machine the time is up before
    "huge": (wrong.huge, "larger than 256 MiB: check the address|no answer in 1 s: c"),
}
ELSEWHERE = r"302 Found to http://127.0.0.1:\d+/x, not followed: set url to its place"


def http_faults(source: Source, variable: str) -> Iterator[Fault]:
    """What may happen to any HTTP source, from the first question on and later."""

    def away(good: Variables, folder: Path) -> Any:
        return _with(good, {variable: f"http://127.0.0.1:{free_port()}"})

    @contextmanager
    def redirected(good: Variables, folder: Path) -> Iterator[Variables]:
        followed: list[Question] = []

        def reply(question: Question) -> Reply:
            followed.append(question)
            return Reply()

        with answering(reply) as elsewhere:
            talk = answer("302 Found", "", f"Location: {elsewhere}/x")
            with faulty(good[variable], talk) as url:
                yield {**good, variable: url}
        assert followed == []

    def under_tls(days: int, trusts_own: bool) -> Wrong:
        @contextmanager
        def begin(good: Variables, folder: Path) -> Iterator[Variables]:
            own, other = folder / "own", folder / "other"
            own.mkdir()
            other.mkdir()
            pem = certified(own, days)
            bundle = pem if trusts_own else certified(other, 2)
            trusted = {variable.replace("URL", "CA_BUNDLE"): str(bundle)}
            with faulty(good[variable], wrong.hang, certificate=pem) as url:
                yield {**good, **trusted, variable: url}

        return begin

    yield Fault("refused", source, away, "Connection refused: check the address and")
    yield Fault("redirect", source, redirected, ELSEWHERE)
    yield Fault("wrong CA", source, under_tls(2, False), f"self-signed .*: {TLS}")
    yield Fault("expired", source, under_tls(-1, True), f"has expired: {TLS}")
    for name, (talk, said) in HTTP_FAULTS.items():
        for after in (0, WELL[source]):
            label = f"{name} later" if after else name
            yield Fault(label, source, _behind(variable, talk, after), said)


def _behind(variable: str, talk: Talk, after: int) -> Wrong:
    @contextmanager
    def begin(good: Variables, folder: Path) -> Iterator[Variables]:
        with faulty(good[variable], talk, after=after) as url:
            yield {**good, variable: url}

    return begin


@contextmanager
def _with(good: Variables, other: Variables) -> Iterator[Variables]:
    yield {**good, **other}


def _prometheus_says(value: object) -> Wrong:
    return _behind(PROMETHEUS, json_of(value), WHOLE_WINDOW)


NOT_ITS = "the answer is JSON but not Prometheus's: check prometheus.url"
OF_ITS_OWN = [
    Fault("wrong types", "prometheus", _prometheus_says(value), said)
    for value, said in (
        ({"status": "success", "data": {"result": "x"}}, NOT_ITS),
        ({"status": "success", "data": {"result": [{"metric": 1}]}}, NOT_ITS),
        ({"status": "success", "data": None}, NOT_ITS),
        ({"status": ["success"]}, NOT_ITS),
        ({"status": "error", "error": "no such thing"}, "no such thing"),
        (
            {"status": "success", "data": {"result": []}},
            "no samples, .*; check prometheus.selector",
        ),
    )
] + [
    Fault("wrong types", "carbon-intensity", _behind(CARBON, json_of(value), 1), said)
    for value, said in (
        ({}, "the answer has no list `data`; pull again"),
        ({"data": {"from": 1}}, "the answer has no list `data`; pull again"),
        ({"data": []}, "no rows for .*; pull again"),
        ({"data": [None, 1, "x", {"from": 7}, []]}, "no rows for .*; pull again"),
    )
]


def mongo_faults() -> Iterator[Fault]:
    """What may happen to Mongo, to the first command or within a read."""
    down = r"no connection: .*: check mongo.uri and the server"

    def at(command: bytes, talk: Talk, **options: Any) -> Wrong:
        @contextmanager
        def begin(good: Variables, folder: Path) -> Iterator[Variables]:
            with passing_on(
                _port(good),
                is_wrong=lambda question: command in question,
                talk=talk,
                **options,
            ) as port:
                yield {**good, MONGO: _uri(port)}

        return begin

    def under_tls(days: int, trusts_own: bool) -> Wrong:
        @contextmanager
        def begin(good: Variables, folder: Path) -> Iterator[Variables]:
            own, other = folder / "own", folder / "other"
            own.mkdir()
            other.mkdir()
            pem = certified(own, days)
            bundle = pem if trusts_own else certified(other, 2)
            with passing_on(_port(good), certificate=pem) as port:
                uri = f"{_uri(port)}&tls=true&tlsCAFile={bundle}"
                yield {**good, MONGO: uri}

        return begin

    def elsewhere(uri: Callable[[int], str]) -> Wrong:
        return lambda good, folder: _with(good, {MONGO: uri(_port(good))})

    @contextmanager
    def no_mongo(good: Variables, folder: Path) -> Iterator[Variables]:
        with answering(lambda question: Reply()) as url:
            yield {**good, MONGO: _uri(int(url.rpartition(":")[2]))}

    def renamed(good: Variables, folder: Path) -> AbstractContextManager[Variables]:
        return _with(good, {"LOADERS_MONGO__DATABASE": "other"})

    refused = elsewhere(lambda port: _uri(free_port()))
    stranger = elsewhere(lambda port: _uri(port, "ada:hunter2@"))
    yield Fault("refused", "mongo", refused, down)
    yield Fault("auth failure", "mongo", stranger, "check user and password in mongo.u")
    yield Fault("no mongo", "mongo", no_mongo, down)
    yield Fault("empty", "mongo", renamed, "has none of the collections .*: check mon")
    yield Fault("wrong CA", "mongo", under_tls(2, False), r"self-signed .*: check mong")
    yield Fault("expired", "mongo", under_tls(-1, True), r"has expired .*: check mongo")
    for command in ("hello", "listCollections", "find", "getMore"):
        for name, talk, said in (
            ("hang", wrong.hang, down),
            ("reset", wrong.hang_up, down),
            ("drip", wrong.drip_reply, down),
            ("truncated", wrong.half_a_reply, down),
            ("html", wrong.html, "the answer is not MongoDB's: check mongo.uri"),
            ("nonsense", wrong.nonsense, "the answer is not MongoDB's: check mongo.u"),
        ):
            fault = at(command.encode(), talk)
            # the driver takes whatever answers its greeting wrongly for no server
            expected = down if command == "hello" else said
            yield Fault(f"{name} at {command}", "mongo", fault, expected)
    killed = at(b"getMore", wrong.hang_up, for_good=True)
    yield Fault("killed in mid-cursor", "mongo", killed, down)


def _uri(port: int, login: str = "") -> str:
    return f"mongodb://{login}127.0.0.1:{port}/?directConnection=true"


def _port(good: Variables) -> int:
    found = re.search(r":(\d+)/", good[MONGO])
    assert found
    return int(found[1])


ALL = [
    *http_faults("prometheus", PROMETHEUS),
    *http_faults("carbon-intensity", CARBON),
    *OF_ITS_OWN,
    *mongo_faults(),
]
FEW = {
    *("prometheus hang later", "prometheus wrong CA", "prometheus reset later"),
    *("prometheus 401", "prometheus redirect", "prometheus cut later"),
    *("carbon-intensity 429 for long", "carbon-intensity truncated later"),
    *("carbon-intensity html later", "carbon-intensity refused"),
    *("mongo killed in mid-cursor", "mongo auth failure", "mongo expired"),
}


def prometheus_reply(question: Question) -> Reply:
    """Some series of one host, the same each time that they are asked for."""
    begin, end, step = (int(question.form[key]) for key in ("start", "end", "step"))
    values = ",".join(f'[{at},"{at % 7919}"]' for at in range(begin, end + 1, step))
    metric = '{"instance": "a", "mode": "idle"}'
    series = f'{{"metric": {metric}, "values": [{values}]}}'
    return Reply(body=f'{{"status": "success", "data": {{"result": [{series}]}}}}')


@pytest.fixture
def good(carbon: CarbonServer, mongo: MongoServer) -> Iterator[Variables]:
    """The variables of the command with all sources as they should be."""
    for at in range(NOW - 20 * DAY, NOW + 3 * DAY, HALF_HOUR):
        carbon.slots.append(slot(at, forecast=at // HALF_HOUR % 300, actual=1))
    mongo.write(
        "ada",
        workspaces=[
            {"_id": at, "hostname": f"h{at}", "state": "READY"} for at in range(1500)
        ],
        users=[{"_id": 1, "platform_name": "ada", "name": "Ada"}],
        groups=[{"_id": 1, "name": "g", "gid": 1, "members": ["ada"]}],
        hosts=[{"_id": 1, "hostname": "a", "machine_name": "m"}],
    )
    with answering(all_regular(prometheus_reply)) as url:
        yield {
            **{
                name: text
                for name, text in os.environ.items()
                if not name.startswith("LOADERS_") and name != "USAGE_DB"
            },
            "LOADERS_PROMETHEUS__MAX_STEPS": "200",
            "LOADERS_MONGO__DATABASE": "ada",
            PROMETHEUS: url,
            CARBON: carbon.url,
            MONGO: mongo.uri,
        }


def pull(
    folder: Path, variables: Variables, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Pull up to now."""
    return subprocess.run(
        [LOADERS, "pull", "--until", minute(NOW), *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=2 * MOST_SECONDS,
    )


def landed(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    """All that was landed, without when."""
    rows = {}
    with closing(sqlite3.connect(folder / "data" / "usage.db")) as database:
        for statement in RAW:
            found = database.execute(statement)
            kept = [
                index
                for index, column in enumerate(found.description)
                if column[0] not in SEEN
            ]
            rows[statement] = {tuple(row[index] for index in kept) for row in found}
    return rows


def assert_faulty(fault: Fault, begun: Path, folder: Path, good: Variables) -> None:
    """Pull with the fault on what had begun well, then without, and look."""
    (folder / "data").mkdir(parents=True)
    shutil.copy(begun / "data" / "usage.db", folder / "data")
    before = landed(folder)
    with fault.begin(good, folder) as variables:
        began = time.monotonic()
        done = pull(folder, {**variables, **HASTE})
        assert time.monotonic() - began < MOST_SECONDS
    path = folder / "data" / "usage.db"
    assert done.returncode == 1, done.stderr
    assert not re.search("Traceback|unexpected", done.stdout + done.stderr)
    assert "hunter2" not in done.stdout + done.stderr
    others = [source for source in PULLED if source != fault.source]
    assert [line.partition(",")[0] for line in done.stdout.splitlines()] == [
        f"{source}: done" for source in others
    ]
    last = done.stderr.splitlines()[-1]
    assert re.match(rf"{fault.source}: (failed|partial), \d+ rows landed", last), last
    assert re.search(fault.said, last.partition(" (and ")[0]), last
    assert_sound(path)
    after = landed(folder)
    assert all(rows <= after[statement] for statement, rows in before.items())
    with closing(sqlite3.connect(path)) as database:
        [(state,)] = database.execute(
            "select state from raw_pull_runs where source = ? order by run_id desc"
            " limit 1",
            (fault.source,),
        )
        assert state == last.split()[1].rstrip(",")
        entered = database.execute(
            "select count(*) from raw_pull_windows where source = ? and state in"
            " ('failed', 'partial')",
            (fault.source,),
        ).fetchone()
        assert entered[0] > 0
        # a partial answer is asked again after half an hour
        with database:
            database.execute(
                "update raw_pull_windows set recorded_at = recorded_at - 1800"
                " where state = 'partial'"
            )
            # and one that wants to wait for an hour, after it
            database.execute("update raw_pull_runs set not_before = not_before - 3660")
    again = pull(folder, good)
    assert again.returncode == 0, again.stderr
    with closing(sqlite3.connect(path)) as database:
        for source in [*others, fault.source]:
            assert source == "mongo" or holes(database, source) == []


def test_each_fault_is_one_line_and_is_made_up_for(
    tmp_path: Path,
    good: Variables,
    record_property: Callable[[str, object], None],
) -> None:
    undisturbed, begun = tmp_path / "undisturbed", tmp_path / "begun"
    begun.mkdir()
    window = ("--since", minute(BEGUN - DAY), "--until", minute(BEGUN))
    done = pull(begun, good, *window)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(begun / "data" / "usage.db")) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    shutil.copytree(begun, undisturbed)
    assert pull(undisturbed, good).returncode == 0
    wanted = landed(undisturbed)
    faults = [fault for fault in ALL if LONG or str(fault) in FEW]
    assert LONG or len(faults) == len(FEW)

    def verdict(numbered: tuple[int, Fault]) -> str | None:
        number, fault = numbered
        folder = tmp_path / str(number)
        try:
            assert_faulty(fault, begun, folder, good)
            assert landed(folder) == wanted, "other rows than an undisturbed run"
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return f"{fault}: {error}"
        finally:
            shutil.rmtree(folder)
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(pool.map(verdict, enumerate(faults)))
    failed = [one for one in verdicts if one]
    assert not failed, "\n\n".join(failed)
    record_property("counts", f"faults: {len(faults)}, each repaired by the next pull")


NOT_PRIMARY: Mapping[str, int] = {
    "NotWritablePrimary": 10107,
    "NotPrimaryNoSecondaryOk": 13435,
    "NotPrimaryOrSecondary": 13436,
    "InterruptedDueToReplStateChange": 11602,
}


def workspaces(folder: Path) -> int:
    """How many have landed."""
    with closing(sqlite3.connect(folder / "data" / "usage.db")) as database:
        found = database.execute("select count(*) from raw_mongo_workspaces")
        return int(found.fetchone()[0])


if LONG:

    def test_a_server_that_is_not_primary(
        tmp_path: Path, good: Variables, mongo: MongoServer
    ) -> None:
        for name, code in NOT_PRIMARY.items():
            folder = tmp_path / name
            folder.mkdir()
            mongo.fail(["find"], times=999, errorCode=code)
            # SecantusDB's answers to hello hold the driver up for 10 s
            polled = {MONGO: f"{good[MONGO]}&serverMonitoringMode=poll"}
            done = pull(folder, {**good, **HASTE, **polled}, "mongo")
            assert done.returncode == 1 and "Traceback" not in done.stderr
            last = done.stderr.splitlines()[-1]
            assert re.match(r"mongo: (failed|partial), 0 rows landed: ", last), last
            mongo.fail([], times=1)
            assert pull(folder, good, "mongo").returncode == 0
            assert workspaces(folder) == 1500
