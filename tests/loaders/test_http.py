"""What a server may do to a question, and what becomes of it."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from loaders import http
from loaders.errors import AskedToWait, OutOfTime
from loaders.http import ATTEMPTS, Server
from loaders.http_failures import HttpError
from loaders.http_sessions import open_session
from loaders.retries import BACKOFF
from loaders.rows import minute
from tests.loaders.answering import Question, Reply, answering

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"

Kept = list[tuple[int, str, bool]]


def server(url: str, seconds: float = 5, **options: Any) -> Server:
    return Server("prometheus", url, seconds, open_session(), **options)


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what `talk` sends, byte for byte, to each that connects."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with closing(connection):
                    try:
                        connection.recv(65536)
                        talk(connection)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def drip(connection: socket.socket, begin: bytes, drop: bytes) -> None:
    connection.sendall(begin)
    for _ in range(200):
        time.sleep(0.05)
        connection.sendall(drop)


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD, b"X-A: b\r\n"),
        (b"", b"H"),
    ],
)
def test_an_answer_that_drips_ends_after_its_time(begin: bytes, drop: bytes) -> None:
    with speaking(lambda connection: drip(connection, begin, drop)) as url:
        began = time.monotonic()
        with pytest.raises(HttpError, match=r"no answer in 0.5 s") as caught:
            server(url, 0.5, retries_timeouts=False).get("/")
        assert time.monotonic() - began < 2
    assert caught.value.is_too_much


@pytest.mark.parametrize(
    "talk",
    [
        lambda connection: connection.sendall(HEAD + b'Content-Length: 99\r\n\r\n{"a'),
        lambda connection: connection.sendall(
            HEAD + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n'
        ),
        lambda connection: connection.sendall(
            HEAD + b"Content-Encoding: gzip\r\n\r\nnot what gzip writes"
        ),
        lambda connection: None,
        lambda connection: connection.sendall(b"no HTTP at all\r\n\r\n"),
    ],
)
def test_what_breaks_off_is_asked_again_then_one_line(
    talk: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BACKOFF", lambda state: 0)
    kept: Kept = []
    with speaking(talk) as url, pytest.raises(HttpError) as caught:
        server(url, keep=lambda *answer: kept.append(answer)).get("/")
    assert str(caught.value).startswith(f"prometheus: {url}: ")
    assert "\n" not in str(caught.value)
    assert kept == [(0, str(caught.value), True)] * ATTEMPTS


def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 2**20)
    reply = Reply(body=json.dumps({"a": "x" * 2**21}))
    with (
        answering(lambda question: reply) as url,
        pytest.raises(HttpError, match="larger than 1 MiB") as caught,
    ):
        server(url).get("/")
    assert caught.value.is_too_much and not caught.value.may_pass


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_may_pass_is_asked_again(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BACKOFF", lambda state: 0)
    replies = [Reply(status)] * (ATTEMPTS - 1) + [Reply(body='{"a": 1}')]
    with answering(lambda question: replies.pop(0)) as url:
        assert server(url).get("/") == {"a": 1}
    replies = [Reply(status)] * ATTEMPTS
    with (
        answering(lambda question: replies.pop(0)) as url,
        pytest.raises(HttpError, match=str(status)),
    ):
        server(url).get("/")
    assert not replies


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_what_will_not_pass_is_asked_once(status: int) -> None:
    asked: list[Question] = []

    def reply(question: Question) -> Reply:
        asked.append(question)
        return Reply(status)

    with answering(reply) as url, pytest.raises(HttpError, match=str(status)):
        server(url).get("/")
    assert len(asked) == 1


def test_pauses_grow_and_jitter() -> None:
    state: Any = type("State", (), {"attempt_number": 1})()
    pauses = []
    for attempt in (1, 2, 3):
        state.attempt_number = attempt
        pauses.append([BACKOFF(state) for _ in range(50)])
    for least, drawn in zip((0.5, 1, 2), pauses, strict=True):
        assert all(least <= pause <= least + 0.5 for pause in drawn)
        assert len(set(drawn)) > 1


def test_the_pause_is_what_the_server_says() -> None:
    replies = [Reply(429, headers={"Retry-After": "1"}), Reply(body="{}")]
    with answering(lambda question: replies.pop(0)) as url:
        began = time.monotonic()
        assert server(url).get("/") == {}
    assert 1 <= time.monotonic() - began < 1.4


@pytest.mark.parametrize("said", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_pause_that_is_too_long_is_left_to_the_next_pull(said: str) -> None:
    asked: list[Question] = []

    def reply(question: Question) -> Reply:
        asked.append(question)
        return Reply(429, headers={"Retry-After": said})

    with answering(reply) as url, pytest.raises(AskedToWait, match="429") as caught:
        server(url).get("/")
    assert len(asked) == 1
    pause = 3600 if said == "3600" else 24 * 3600
    assert abs(caught.value.until - time.time() - pause) < 20
    said_until = minute(caught.value.until + 59)
    assert str(caught.value).endswith(f": it wants no question before {said_until}")


def test_a_pause_longer_than_the_time_left_is_left_to_the_next_pull() -> None:
    reply = Reply(503, headers={"Retry-After": "30"})
    with answering(lambda question: reply) as url, pytest.raises(AskedToWait):
        server(url, deadline=time.monotonic() + 10).get("/")


def test_nonsense_for_a_pause_is_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF", lambda state: 0)
    replies = [Reply(503, headers={"Retry-After": "soon"}), Reply(body="{}")]
    with answering(lambda question: replies.pop(0)) as url:
        assert server(url).get("/") == {}


def test_no_question_is_begun_after_the_deadline() -> None:
    with answering(lambda question: Reply(body="{}")) as url:
        late = server(url, deadline=time.monotonic())
        with pytest.raises(OutOfTime, match="the time for this source is up"):
            late.get("/")
        soon = server(url, deadline=time.monotonic() + 5)
        assert soon.get("/") == {}


def test_the_deadline_bounds_an_answer() -> None:
    def sleep(connection: socket.socket) -> None:
        time.sleep(2)

    with speaking(sleep) as url:
        began = time.monotonic()
        soon = server(url, 60, deadline=began + 0.5)
        with pytest.raises((HttpError, OutOfTime)):
            soon.get("/")
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (Reply(body='{"a": 1}'), (200, '{"a": 1}', False)),
        (Reply(body="{}"), (200, "{}", True)),
        (Reply(body="[1]"), (200, "[1]", True)),
        (Reply(body="<html>"), (200, "<html>", True)),
        (Reply(401, "no"), (401, "no", True)),
    ],
)
def test_answers_are_kept_with_whether_they_are_odd(
    reply: Reply, kept: tuple[int, str, bool]
) -> None:
    answers: Kept = []
    with answering(lambda question: reply) as url:
        try:
            server(url, keep=lambda *answer: answers.append(answer)).get("/")
        except HttpError:
            assert kept[2]
    assert answers == [kept]


def test_json_that_is_nested_too_deep_is_one_line() -> None:
    body = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
    with (
        answering(lambda question: Reply(body=body)) as url,
        pytest.raises(HttpError, match="nested too deep"),
    ):
        server(url).get("/")
