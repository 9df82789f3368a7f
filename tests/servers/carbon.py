"""The carbon intensity API's protocol on the loopback interface, quirks kept."""

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

SLOT = timedelta(minutes=30)
LONGEST = timedelta(days=14)
FORECAST = timedelta(hours=48)
RANGE = re.compile(r"^/intensity/([^/]+)/([^/]+)$")


def minute(at: datetime) -> str:
    """An instant as the API spells it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def slot(at: int, **intensity: float | None) -> dict[str, Any]:
    """A half-hour that starts at epoch `at`, as the API gives it.

    Only the keys given are there: `slot(0, actual=None)` has no `forecast`.
    """
    start = datetime.fromtimestamp(at, UTC)
    return {
        "from": minute(start),
        "to": minute(start + SLOT),
        "intensity": {**intensity, "index": "moderate"},
    }


@dataclass
class Answer:
    """What the server says instead of its data; `status` None hangs up unanswered."""

    status: int | None = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0


@dataclass
class CarbonServer:
    """`slots` is served as it is: absent, repeated and half-empty rows included."""

    url: str = ""
    slots: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def answer_next(
        self,
        status: int | None = 200,
        body: bytes | str = b"",
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        delay_seconds: float = 0,
    ) -> None:
        """Answer the next requests so. A `Content-Length` beyond `body` truncates."""
        content = body.encode() if isinstance(body, str) else body
        answer = Answer(status, content, headers or {}, delay_seconds)
        self.answers.extend([answer] * times)

    def clear(self) -> None:
        """Forget the data, the log and the answers that were lined up."""
        self.slots.clear()
        self.requests.clear()
        self.answers.clear()

    def answer_to(self, path: str) -> Answer:
        """The API's answer to a path."""
        match = RANGE.match(unquote(path))
        if match is None:
            return _refusal(404, "Not Found", "Requested resource not found.")
        first, last = match.groups()
        try:
            start = _instant(first)
            end = start + FORECAST if last == "fw48h" else _instant(last)
        except ValueError:
            form = "/intensity/2017-08-25T15:30Z/2017-08-25T17:00Z"
            message = f"Please enter valid datetimes in ISO8601 format i.e. {form}"
            return _refusal(400, "Bad Request", message)
        if not timedelta() <= end - start <= LONGEST:
            message = "The date range must be greater than 0 and up to 14 days."
            return _refusal(400, "Bad Request", message)
        return Answer(body=json.dumps({"data": list(self._ended(start, end))}).encode())

    def _ended(self, start: datetime, end: datetime) -> Iterable[dict[str, Any]]:
        for one in sorted(self.slots, key=lambda one: str(one["from"])):
            ended = _instant(one["to"])
            # the real one stops at the end of the year it was asked from
            if start <= ended <= end and ended.year == start.year:
                yield one


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def _refusal(status: int, reason: str, message: str) -> Answer:
    error = {"code": f"{status} {reason}", "message": message}
    return Answer(status, json.dumps({"error": error}).encode())


@contextmanager
def carbon_server(slots: Iterable[dict[str, Any]] = ()) -> Iterator[CarbonServer]:
    """Serve half-hours from a thread."""
    carbon = CarbonServer(slots=list(slots))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            carbon.requests.append(self.path)
            answer = carbon.answers.pop(0) if carbon.answers else None
            answer = answer or carbon.answer_to(self.path)
            time.sleep(answer.delay_seconds)
            if answer.status is None:
                self.close_connection = True
                return
            headers = {
                "Content-Type": "application/json",
                "Content-Length": str(len(answer.body)),
                **answer.headers,
            }
            self.send_response(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        carbon.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield carbon
        finally:
            server.shutdown()
            thread.join()
