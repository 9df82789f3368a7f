"""An answer of rows is whole, or is told to have failed."""

import asyncio
import gc
import json
import sqlite3
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving import answers
from serving.answers import answer
from serving.refusals import refusal_of

COUNT = """
with recursive counted (number) as (
    select 1 union all select number + 1 from counted where number < {}
)
select {} as number from counted
"""
FAILING = "case when number = 90000 then abs(-9223372036854775807 - 1) else number end"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "ada.db"
    sqlite3.connect(path).close()
    path.touch()
    return path


def sent(
    database: Path,
    statement: str,
    format: str = "json",
    pause: float = 0,
    leaves_after: float = 1e9,
) -> list[dict[str, Any]]:
    """What is sent to a client that takes parts with a pause before each."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(leaves_after)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(pause)
        messages.append(message)

    async def ask() -> None:
        told = await answer(
            database, lambda one: one.execute(statement), format, receive
        )
        await told.asgi_send(send)

    asyncio.run(ask())
    return messages


def body(messages: list[dict[str, Any]]) -> str:
    return b"".join(one.get("body", b"") for one in messages).decode()


def is_complete(messages: list[dict[str, Any]]) -> bool:
    return not messages[-1].get("more_body", False) and len(messages) > 1


@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_rows_come_in_parts_and_whole(database: Path, count: int) -> None:
    statement = COUNT.format(100_000, "number") + f" limit {count}"
    messages = sent(database, statement)
    assert is_complete(messages) and messages[0]["status"] == 200
    assert [row["number"] for row in json.loads(body(messages))] == [
        *range(1, count + 1)
    ]
    lines = body(sent(database, statement, "csv")).splitlines()
    assert lines == ["number", *map(str, range(1, count + 1))]
    assert max(len(one.get("body", b"")) for one in messages) < 2 * answers.CHUNK


def test_what_fails_on_its_way_breaks_off(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    messages = sent(database, COUNT.format(100_000, FAILING))
    assert messages[0]["status"] == 200
    assert messages[-1]["more_body"] is True and not is_complete(messages)
    assert "an answer broke off: integer overflow" in caplog.text


def test_what_fails_at_once_is_no_answer(database: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        sent(database, "select * from nowhere")
    with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
        sent(database, "select abs(-9223372036854775807 - 1) as number")


def test_what_takes_too_long_is_stopped(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_SECONDS", 0.2)
    begin = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        sent(database, COUNT.format(10**9, "max(number)"))
    assert time.monotonic() - begin < 5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(answers, "MOST_SECONDS", 1.0)
    monkeypatch.setattr(answers, "CHUNK", 1000)
    yield


def test_a_slow_client_gets_it_whole(database: Path, impatient: None) -> None:
    begin = time.monotonic()
    messages = sent(database, COUNT.format(10_000, "number"), "csv", pause=0.03)
    assert time.monotonic() - begin > answers.MOST_SECONDS
    assert is_complete(messages)
    assert body(messages).splitlines()[-1] == "10000"


def test_a_client_that_takes_nothing_is_left(
    database: Path,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(answers, "MOST_IDLE_SECONDS", 0.05)
    messages = sent(database, COUNT.format(10_000, "number"), "csv", pause=0.5)
    assert not is_complete(messages)
    assert "a client took nothing for 0.05 s" in caplog.text


def test_a_client_that_leaves_frees_its_thread(database: Path) -> None:
    begin = time.monotonic()
    statement = COUNT.format(10**9, "number")
    with warnings.catch_warnings(record=True) as told:
        messages = sent(database, statement, pause=0.01, leaves_after=0.2)
        # the end of the event loop does not wait for threads
        for _ in range(answers.MOST_AT_ONCE):
            assert answers.free.acquire(timeout=10)
        answers.free.release(answers.MOST_AT_ONCE)
        gc.collect()
    assert not is_complete(messages)
    assert time.monotonic() - begin < 10
    assert not told, told[0].message


def test_a_client_for_whom_there_is_no_thread_is_told_at_once(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "free", threading.Semaphore(1))
    monkeypatch.setattr(answers, "MOST_WAITING_SECONDS", 0.1)
    statement = COUNT.format(10**9, "number")

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.5)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0.01)

    async def ask(statement: str) -> answers.Answer:
        return await answer(
            database, lambda one: one.execute(statement), "json", receive
        )

    async def crowd() -> None:
        first = await ask(statement)
        begin = time.monotonic()
        with pytest.raises(answers.Busy):
            await ask("select 1 as number")
        assert time.monotonic() - begin < 2
        await first.asgi_send(send)
        # its client left: the next one finds the thread free
        monkeypatch.setattr(answers, "MOST_WAITING_SECONDS", 20.0)
        await (await ask("select 1 as number")).asgi_send(send)

    asyncio.run(crowd())
    refused = refusal_of(answers.Busy(answers.BUSY))
    assert refused.status == 503 and refused.headers["retry-after"] == "5"
    assert json.loads(refused.body)["ok"] is False
