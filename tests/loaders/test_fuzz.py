"""Answers that are wrong in any way: a pull says so, and loses nothing.

LONG=1 draws 2 600 of them, else 110.
"""

import json
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from bson import (
    Binary,
    Code,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from pymongo.errors import OperationFailure

from loaders import http
from loaders.holes import holes
from loaders.landing import open_database
from loaders.plans import Plan
from loaders.pulls import pull
from loaders.redaction import Redaction
from loaders.rows import HALF_HOUR, Source, Window
from loaders.runs import Run
from loaders.settings import (
    CarbonIntensitySettings,
    MongoSettings,
    PrometheusSettings,
    Settings,
)
from loaders.sources import mongo as mongo_source
from tests.loaders.answering import Question, Reply, answering
from tests.loaders.spoiling import spoilt, spoilt_bytes
from tests.pipeline.soundness import RAW, SEEN, assert_sound
from tests.servers.carbon import slot
from tests.servers.faulty import passing_on
from tests.servers.mongo import MongoServer, mongo_server

LONG = bool(os.environ.get("LONG"))
SINCE = 1_757_930_400
BEFORE = Window(SINCE - 12 * HALF_HOUR, SINCE)
WINDOW = Window(SINCE, SINCE + 4 * HALF_HOUR)
HOSTS = ("a:9100", "b:9100")
REDACTION = Redaction(["hush"], "user", None)

# by a seed, as how often they are thrown depends on threads
DICE = st.integers(0, 2**63).map(Random)

Rows = dict[str, set[tuple[object, ...]]]


def examples(long: int, short: int) -> settings:
    """So many examples, the same each time."""
    return settings(
        max_examples=long if LONG else short,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def range_answer(question: Question) -> Any:
    """What a good Prometheus says to any of the questions of a pull."""
    form = question.form
    if question.path.endswith("/runtimeinfo"):
        return {"status": "success", "data": {"storageRetention": "15d"}}
    query = form["query"]
    if question.path.endswith("/query"):
        end = int(form["time"])
        times = [end - 90.5, end - 30.5]
    else:
        begin, end, step = (int(form[key]) for key in ("start", "end", "step"))
        times = [float(at) for at in range(begin, end + 1, step)]
    hosts: tuple[str, ...] = HOSTS
    if "resets(" in query:
        times, hosts = times[1:2], HOSTS[:1]
    result = [
        {
            "metric": {"instance": host, "machine_name": "m", "user": "ada"}
            | ({"mode": "idle"} if "cpu_seconds" in query else {})
            | ({"cpu": "0"} if question.path.endswith("/query") else {}),
            "values": [[at, str(len(hosts))] for at in times]
            if query.startswith("count(")
            else [[at, f"{at - SINCE + 10**6}"] for at in times],
        }
        for host in hosts
    ]
    data = {"resultType": "matrix", "result": result}
    return {"status": "success", "data": data, "warnings": None}


def carbon_answer(question: Question) -> Any:
    """What a good API says of all the time."""
    at = range(BEFORE.since - HALF_HOUR, WINDOW.until + HALF_HOUR, HALF_HOUR)
    return {"data": [slot(one, forecast=1.5, actual=200) for one in at]}


class Spoiling:
    """A loopback server; the answer of one question of many is spoilt by `dice`."""

    def __init__(self, answer: Callable[[Question], Any]) -> None:
        self.answer = answer
        self.dice: Random | None = None
        self.left = 0

    def reply(self, question: Question) -> Reply:
        """Good answers until the one that is due, and after it."""
        good = self.answer(question)
        self.left -= 1
        if self.dice is None or self.left != 0:
            return Reply(body=json.dumps(good))
        status = self.dice.choice((200, 200, 200, 200, 400, 422, 500))
        return Reply(status, spoilt(good, self.dice))


class Bench(NamedTuple):
    """A database in which `source` has landed well, and what it asks."""

    database: sqlite3.Connection
    path: Path
    source: Source
    settings: Settings

    def pull(self, window: Window | None) -> Run:
        """Pull a window; whatever is not the source's failure is raised."""
        return pull(
            self.database,
            self.source,
            self.settings,
            Plan(window),
            forecast=False,
            advance=lambda steps: None,
            redact=REDACTION.of,
        )

    def landed(self) -> Rows:
        """All that was landed, without when."""
        rows: Rows = {}
        for statement in RAW:
            found = self.database.execute(statement)
            kept = [
                index
                for index, column in enumerate(found.description)
                if column[0] not in SEEN
            ]
            rows[statement] = {tuple(row[at] for at in kept) for row in found}
        return rows

    def assert_entered(self, run: Run) -> None:
        """The ledger says how a run ended, with a message if it was not well."""
        assert not self.database.in_transaction
        [(state, message, ended)] = self.database.execute(
            "select state, message, ended_at is not null from raw_pull_runs"
            " where run_id = ?",
            (run.run_id,),
        )
        assert (state, ended) == (run.state, 1)
        assert state == "done" or message
        assert "unexpected" not in (message or "")
        assert run.message is None or "\n" not in run.message
        windows = self.database.execute(
            "select state from raw_pull_windows where run_id = ?", (run.run_id,)
        ).fetchall()
        assert state == "done" or any(one != ("done",) for one in windows)


@pytest.fixture(scope="module")
def in_haste() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "BACKOFF", lambda state: 0)
        patch.setattr(mongo_source, "BACKOFF", lambda state: 0)
        yield


def bench(folder: Path, source: Source, **sources: Any) -> Bench:
    path = folder / "usage.db"
    chosen = Settings(**sources)
    return Bench(open_database(path), path, source, chosen)


@pytest.fixture(scope="module")
def prometheus_bench(
    tmp_path_factory: pytest.TempPathFactory, in_haste: None
) -> Iterator[tuple[Bench, Spoiling]]:
    server = Spoiling(range_answer)
    with answering(server.reply) as url:
        one = bench(
            tmp_path_factory.mktemp("prometheus"),
            "prometheus",
            prometheus=PrometheusSettings(url=url, timeout_seconds=20),
        )
        assert one.pull(BEFORE).state == one.pull(WINDOW).state == "done"
        with closing(one.database):
            yield one, server


@pytest.fixture(scope="module")
def carbon_bench(
    tmp_path_factory: pytest.TempPathFactory, in_haste: None
) -> Iterator[tuple[Bench, Spoiling]]:
    server = Spoiling(carbon_answer)
    with answering(server.reply) as url:
        one = bench(
            tmp_path_factory.mktemp("carbon"),
            "carbon-intensity",
            carbon_intensity=CarbonIntensitySettings(url=url),
        )
        assert one.pull(BEFORE).state == one.pull(WINDOW).state == "done"
        with closing(one.database):
            yield one, server


def assert_harmless(one: Bench, server: Spoiling, dice: Random, at: int) -> None:
    """A pull with one spoilt answer ends well or says so, and harms no other row."""
    good = one.landed()
    server.dice, server.left = dice, at
    run = one.pull(WINDOW)
    server.dice = None
    one.assert_entered(run)
    after = one.landed()
    if run.state == "failed" and run.row_count == 0:
        series = {name for name in good if name.startswith("select metric, mode, la")}
        for statement, rows in good.items():
            exact = statement not in series
            assert (after[statement] == rows) if exact else rows <= after[statement]
    for statement, rows in good.items():
        old = {row for row in rows if _is_before(row)}
        assert old == {row for row in after[statement] if _is_before(row)}


def _is_before(row: tuple[object, ...]) -> bool:
    """Whether a row is of time before the window."""
    return any(isinstance(one, int) and one < WINDOW.since for one in row)


@examples(1300, 45)
@given(dice=DICE, at=st.integers(1, 10))
def test_bad_answers_of_prometheus(
    prometheus_bench: tuple[Bench, Spoiling], dice: Random, at: int
) -> None:
    assert_harmless(*prometheus_bench, dice, at)


@examples(600, 25)
@given(dice=DICE)
def test_bad_answers_of_the_carbon_api(
    carbon_bench: tuple[Bench, Spoiling], dice: Random
) -> None:
    assert_harmless(*carbon_bench, dice, 1)


BSON: list[Any] = [
    *(None, True, 0, 7, 1.5, float("nan"), float("inf"), Int64(2**62), Int64(-1)),
    *("", "ada", "a\0b", "ann@example.org", "x" * 10_000, "\u202e", "9999-12-31"),
    *("2025-09-11T10:00:00Z", "0001-01-01", "2025-09-11T10:00:00+23:59", "DELETED"),
    *(Decimal128("NaN"), Decimal128("1E+6144"), ObjectId(b"x" * 12), Binary(b"\xff")),
    *(Binary(b"y" * 16, 4), Regex("a(", "i"), Code("x"), Code("x", {"a": 1})),
    *(Timestamp(1, 2), MinKey(), MaxKey(), DBRef("users", 1), {}, {"name": "ada"}),
    *([], [None], ["ada", 7, {"username": "bob"}], {"users": ["ada"]}, {"users": 7}),
    *(datetime(2025, 9, 11, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)),
]
FIELDS = [
    *("hostname", "owner", "state", "tag", "created_time", "acquired_time"),
    *("deleted_time", "parameters", "platform_name", "name", "uid", "gid", "type"),
    *("members", "cloud_project_name", "machine_name"),
]
COLLECTIONS = ("workspaces", "users", "groups", "hosts")


def odd_document(dice: Random) -> dict[str, Any]:
    """A document with any BSON in any field, its id among them."""
    document = {name: dice.choice(BSON) for name in FIELDS if dice.random() < 0.6}
    identifier = dice.choice(BSON)
    if not isinstance(identifier, list | Regex):
        document["_id"] = identifier
    return document


@pytest.fixture(scope="module")
def mongo_bench(
    tmp_path_factory: pytest.TempPathFactory,
    in_haste: None,
    mongo_process: MongoServer,
) -> Iterator[tuple[Bench, MongoServer]]:
    mongo_process.write("fuzz", **{name: [{"_id": "kept"}] for name in COLLECTIONS})
    mongo = MongoSettings(uri=SecretStr(mongo_process.uri), database="fuzz")
    one = bench(tmp_path_factory.mktemp("mongo"), "mongo", mongo=mongo)
    with closing(one.database):
        yield one, mongo_process
    mongo_process.client.drop_database("fuzz")


def ids(one: Bench) -> set[tuple[str, str]]:
    """Every document that ever landed, by collection."""
    return {
        (name, row[0])
        for name in COLLECTIONS
        for row in one.database.execute(f"select document_id from raw_mongo_{name}")  # noqa: S608
    }


@examples(400, 20)
@given(dice=DICE)
def test_odd_documents(mongo_bench: tuple[Bench, MongoServer], dice: Random) -> None:
    one, server = mongo_bench
    for name in COLLECTIONS:
        written = server.client["fuzz"][name]
        written.delete_many({"_id": {"$ne": "kept"}})
        for _ in range(dice.randrange(4)):
            with suppress(OperationFailure):
                written.insert_one(odd_document(dice))
    before = ids(one)
    run = one.pull(None)
    one.assert_entered(run)
    assert run.state in ("done", "partial")
    assert before | {(name, "kept") for name in COLLECTIONS} <= ids(one)


@pytest.fixture(scope="module")
def spoilt_mongo(
    tmp_path_factory: pytest.TempPathFactory, in_haste: None
) -> Iterator[tuple[Bench, "SpoiltReplies"]]:
    """A server of its own: clients that break off in any state may bring it down."""
    replies = SpoiltReplies()
    with mongo_server() as server:
        server.write(
            "fuzz",
            workspaces=[
                {"_id": at, "hostname": f"h{at}", "owner": "ada", "state": "READY"}
                for at in range(3)
            ],
            users=[{"_id": 1, "platform_name": "ada", "name": "Ada", "uid": 1}],
            groups=[{"_id": 1, "name": "g", "gid": 1, "members": ["ada"]}],
            hosts=[{"_id": 1, "hostname": "a", "machine_name": "m"}],
        )
        match = re.search(r":(\d+)/", server.uri)
        assert match
        with passing_on(int(match[1]), replies.of) as port:
            uri = SecretStr(server.uri.replace(match[1], str(port)))
            mongo = MongoSettings(uri=uri, database="fuzz", timeout_seconds=1)
            one = bench(tmp_path_factory.mktemp("spoilt"), "mongo", mongo=mongo)
            with closing(one.database):
                assert one.pull(None).state == "done"
                yield one, replies
                assert one.pull(None).state == "done", "the server itself is gone"


class SpoiltReplies:
    """Spoils the body of one reply of a read, keeping its length, by `dice`."""

    def __init__(self) -> None:
        self.dice: Random | None = None
        self.left = 0

    def of(self, reply: bytes) -> bytes:
        """A reply as it goes on."""
        if self.dice is None or b"cursor" not in reply:
            return reply
        self.left -= 1
        if self.left != 0:
            return reply
        body = spoilt_bytes(reply[16:], self.dice)
        return reply[:16] + body[: len(reply) - 16].ljust(len(reply) - 16, b"\0")


@examples(300, 20)
@given(dice=DICE, at=st.integers(1, 5))
def test_replies_of_mongo_that_are_no_bson(
    spoilt_mongo: tuple[Bench, SpoiltReplies], dice: Random, at: int
) -> None:
    one, replies = spoilt_mongo
    before = ids(one)
    replies.dice, replies.left = dice, at
    run = one.pull(None)
    replies.dice = None
    one.assert_entered(run)
    assert before <= ids(one)


def test_what_was_fuzzed_is_sound_and_goes_on(
    prometheus_bench: tuple[Bench, Spoiling],
    carbon_bench: tuple[Bench, Spoiling],
    mongo_bench: tuple[Bench, MongoServer],
    spoilt_mongo: tuple[Bench, SpoiltReplies],
    record_property: Callable[[str, object], None],
) -> None:
    """The last of this file: good answers repair what bad ones left undone."""
    _, server = mongo_bench
    server.client.drop_database("fuzz")
    server.write("fuzz", **{name: [{"_id": "kept"}] for name in COLLECTIONS})
    benches = [one for one, _ in (prometheus_bench, carbon_bench)]
    benches += [mongo_bench[0], spoilt_mongo[0]]
    for one in benches:
        assert one.pull(None if one.source == "mongo" else WINDOW).state == "done"
        assert one.source == "mongo" or holes(one.database, one.source) == []
        assert_sound(one.path)
    ends = Counter(
        state
        for one in benches
        for (state,) in one.database.execute("select state from raw_pull_runs")
    )
    said = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
    record_property("counts", f"pulls with a bad answer: {ends.total()}, {said}")
