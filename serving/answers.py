"""Rows as an answer that is written while they are read, so that none is left out.

A thread reads and writes, with one connection of its own from begin to end; what it
writes waits until the client has taken what came before.
"""

import asyncio
import io
import logging
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TextIO, cast

from datasette.utils.asgi import Base400

from loaders.formats import write_rows
from serving.safety import bound

MOST_AT_ONCE = 16
# what reading may take, and a client to take a part
MOST_SECONDS = 120.0
MOST_IDLE_SECONDS = 60.0
CHUNK = 65_536
WAITING = 4
# how long a client waits for a thread before it is told to come again
MOST_WAITING_SECONDS = 2.0
A_LOOK_SECONDS = 0.02
BUSY = "as many answers are being sent as can be: ask again later"
STEPS_A_LOOK = 10_000
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
}

Ask = Callable[[sqlite3.Connection], sqlite3.Cursor]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
# a part of the text, the error that ended it, or None at its end
Part = str | Exception | None

log = logging.getLogger(__name__)
threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="answer")
free = threading.Semaphore(MOST_AT_ONCE)


class Busy(Base400):  # type: ignore[misc]
    """All threads have an answer to write."""

    status = 503


class Answer:
    """An answer of rows, which Datasette sends as one of its responses.

    What goes wrong after its first part can have no status any more: the answer then
    breaks off, which an HTTP client notices.
    """

    def __init__(
        self,
        parts: "asyncio.Queue[Part]",
        first: Part,
        format: str,
        left: "asyncio.Task[None]",
        clock: "Clock",
    ) -> None:
        self._parts = parts
        self._first = first
        self._format = format
        self._left = left
        self._clock = clock

    async def asgi_send(self, send: Send) -> None:
        content_type = CONTENT_TYPES[self._format].encode()
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [[b"content-type", content_type]],
                }
            )
            await self._send_parts(send)
        finally:
            self._left.cancel()

    async def _send_parts(self, send: Send) -> None:
        part = self._first
        while isinstance(part, str):
            if self._left.done():
                self._break_off()
                return
            body = part.encode("utf-8", "replace")
            await send({"type": "http.response.body", "body": body, "more_body": True})
            part = await self._next()
        if part is None:
            await send({"type": "http.response.body", "body": b""})
        else:
            log.error("an answer broke off: %s", part)

    def _break_off(self) -> None:
        """Free the thread of a client that is gone."""
        self._clock.stop()
        while not self._parts.empty():
            self._parts.get_nowait()

    async def _next(self) -> Part:
        """The next part; an error where the thread has given up on the client."""
        try:
            return await asyncio.wait_for(self._parts.get(), MOST_SECONDS)
        except TimeoutError as error:
            return error


async def answer(
    database: Path,
    ask: Ask,
    format: str,
    receive: Receive,
    most_seconds: float | None = None,
) -> Answer:
    """The rows that `ask` gives, as CSV or JSON, for the client of `receive`.

    Raises Busy, and what `ask` or its first rows raise.
    """
    taken = await _free_thread()
    loop = asyncio.get_running_loop()
    parts: asyncio.Queue[Part] = asyncio.Queue(WAITING)
    clock = Clock(MOST_SECONDS if most_seconds is None else most_seconds)

    def put(part: Part) -> None:
        with clock.standing():
            putting = parts.put(part)
            try:
                waiting = asyncio.run_coroutine_threadsafe(putting, loop)
            except RuntimeError:
                # the server has ended, and nobody waits any more
                putting.close()
                raise
            try:
                waiting.result(MOST_IDLE_SECONDS)
            except TimeoutError:
                waiting.cancel()
                raise

    def write() -> None:
        try:
            with reading(database, clock) as connection:
                cursor = ask(connection)
                columns = [column[0] for column in cursor.description]
                first = list(cursor.fetchmany(1))
                stream = _Parts(put)
                rows = chain(first, cursor)
                write_rows(columns, rows, format, cast(TextIO, stream))
                stream.flush()
            put(None)
        except TimeoutError:
            log.error("a client took nothing for %g s", MOST_IDLE_SECONDS)
        except Exception as error:
            put(error)
        finally:
            taken.release()

    loop.run_in_executor(threads, write)
    part = await parts.get()
    if isinstance(part, Exception):
        raise part
    left = asyncio.create_task(_left(receive))
    return Answer(parts, part, format, left, clock)


async def _free_thread() -> threading.Semaphore:
    """Waits a little for a thread, then taken until a release. Raises Busy."""
    end = time.monotonic() + MOST_WAITING_SECONDS
    while not free.acquire(blocking=False):
        if time.monotonic() > end:
            raise Busy(BUSY)
        await asyncio.sleep(A_LOOK_SECONDS)
    return free


async def _left(receive: Receive) -> None:
    """Returns when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Clock:
    """How long reading may go on; it stands while a client is waited for."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def stop(self) -> None:
        """It is over."""
        self._end = float("-inf")

    def is_over(self) -> bool:
        return time.monotonic() > self._end

    @contextmanager
    def standing(self) -> Iterator[None]:
        begin = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - begin


@contextmanager
def reading(database: Path, clock: Clock) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, and is interrupted once its time is over.

    Raises sqlite3.Error.
    """
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        bound(connection)
        connection.set_progress_handler(clock.is_over, STEPS_A_LOOK)
        yield connection


class _Parts(io.TextIOBase):
    """A stream that gives what is written to it on in larger parts."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self._put = put
        self._held: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        self._held.append(text)
        self._size += len(text)
        if self._size >= CHUNK:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._held:
            self._put("".join(self._held))
        self._held, self._size = [], 0

    def close(self) -> None:
        """Close it without what is held: after an error that is no part of it."""
        self._held = []
        super().close()
