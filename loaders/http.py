"""Questions to HTTP servers that answer in JSON, and what their failures mean."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from tenacity import RetryCallState, Retrying, stop_after_attempt
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as ReadTimeout

from loaders.clocks import problem_of, skew_of_answer
from loaders.errors import AskedToWait, OutOfTime
from loaders.http_failures import (
    CONNECT_SECONDS,
    HttpError,
    refused,
    unanswered,
    unreadable,
)
from loaders.retries import BACKOFF
from loaders.rows import Source, minute

ATTEMPTS = 4
LONGEST_PAUSE_SECONDS = 60
LARGEST_ANSWER = 256 * 2**20
PIECE = 64 * 2**10


Keep = Callable[[int, str, bool], None]


def _pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: as the server said, else ever longer."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, HttpError) and error.retry_after is not None:
        return error.retry_after
    return BACKOFF(state)


def keep_nothing(status: int, body: str, is_odd: bool) -> None:
    """Keep no answer."""


@dataclass(frozen=True)
class Server:
    """A source's server: `url` holds no login.

    What may pass by itself is asked again, ever later, `attempts` times in all: no
    connection, an answer that broke off, 429, 500, 502, 503; a time-out only with
    `retries_timeouts`; not if the server wants a longer pause than a minute or than
    there is time.
    No question is begun after `deadline`, on the monotonic clock. Each answer is given
    to `keep`, as status (0 without any), body or error, and whether it is odd, which
    `is_sound` says of an object; what errors quote has gone through `redact`.
    """

    source: Source
    url: str
    timeout_seconds: float
    session: requests.Session
    attempts: int = ATTEMPTS
    retries_timeouts: bool = True
    deadline: float | None = None
    keep: Keep = keep_nothing
    redact: Callable[[str], str] = str
    is_sound: Callable[[dict[str, Any]], bool] = bool

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`. Raises HttpError, OutOfTime, AskedToWait."""
        return self._ask("GET", path, None)

    def post(self, path: str, form: Mapping[str, str | int]) -> dict[str, Any]:
        """The JSON object that answers a form. Raises as `get` does."""
        return self._ask("POST", path, form)

    def _ask(
        self, method: str, path: str, form: Mapping[str, str | int] | None
    ) -> dict[str, Any]:
        asking = Retrying(
            retry=self._may_ask_again,
            wait=_pause,
            stop=stop_after_attempt(self.attempts),
            reraise=True,
        )
        try:
            return asking(self._ask_once, method, path, form)
        except HttpError as error:
            pause = error.retry_after or 0
            if pause <= self._longest_pause():
                raise
            until = int(time.time() + pause) + 1
            said = f"{error}: it wants no question before {minute(until + 59)}"
            raise AskedToWait(said, until) from None

    def _may_ask_again(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, HttpError) or not error.may_pass:
            return False
        if error.is_too_much and not self.retries_timeouts:
            return False
        return (error.retry_after or 0) <= self._longest_pause()

    def _longest_pause(self) -> float:
        return min(LONGEST_PAUSE_SECONDS, max(0, self._seconds_left()))

    def _seconds_left(self) -> float:
        if self.deadline is None:
            return float("inf")
        return self.deadline - time.monotonic()

    def _ask_once(
        self, method: str, path: str, form: Mapping[str, str | int] | None
    ) -> dict[str, Any]:
        seconds = min(self.timeout_seconds, self._seconds_left())
        if seconds <= 0:
            raise OutOfTime(f"{self._place}: the time for this source is up")
        asked_at = time.time()
        try:
            # `verify` is said again: REQUESTS_CA_BUNDLE goes before the session's.
            with self.session.request(
                method,
                self.url + path,
                data=form,
                timeout=(min(CONNECT_SECONDS, seconds), seconds),
                allow_redirects=False,
                verify=self.session.verify,
                stream=True,
            ) as response:
                skew = skew_of_answer(response.headers, asked_at)
                if skew is not None and skew > 0:
                    # it may have thought for so long before it said the time
                    skew = max(0, skew - (time.time() - asked_at))
                if problem := problem_of(skew):
                    raise self._kept(HttpError(f"{self._place}: {problem}"))
                body = self._body(response, time.monotonic() + seconds)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise self._kept(unanswered(self._place, error, seconds)) from None
        return self._read(response, body)

    def _body(self, response: requests.Response, until: float) -> bytes:
        """The whole body, piece by piece as it comes: a drip must not last for ever."""
        pieces: list[bytes] = []
        size = 0
        while piece := response.raw.read1(PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER:
                most = f"{LARGEST_ANSWER // 2**20} MiB"
                problem = f"the answer is larger than {most}: check the address"
                failure = HttpError(f"{self._place}: {problem}", is_too_much=True)
                raise self._kept(failure)
            if time.monotonic() > until:
                raise ReadTimeout
        return b"".join(pieces)

    def _kept(self, failure: HttpError) -> HttpError:
        self.keep(0, str(failure), True)
        return failure

    @property
    def _place(self) -> str:
        return f"{self.source}: {self.url}"

    def _read(self, response: requests.Response, body: bytes) -> dict[str, Any]:
        status = response.status_code
        text = body.decode(errors="replace")
        if status >= 300:
            self.keep(status, text, True)
            raise refused(self._place, response, self.redact(text))
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            self.keep(status, text, True)
            raise unreadable(self._place, response, text, error) from None
        if not isinstance(answer, dict):
            self.keep(status, text, True)
            kind = type(answer).__name__
            problem = f"answered a JSON {kind}, not an object: check the address"
            raise HttpError(f"{self._place}: {problem}", status=status)
        self.keep(status, text, not self.is_sound(answer))
        return answer
