"""Questions to HTTP servers that answer in JSON, and what their failures mean."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from loaders.errors import SourceError
from loaders.rows import Source

USER_AGENT = f"ada-carbon/{version('ada-carbon')}"
RETRIES = 2
RETRIED_STATUSES = (429, 502, 504)
BACKOFF_SECONDS = 0.5
CONNECT_SECONDS = 10
LONGEST_RETRY_AFTER_SECONDS = 60
LONGEST_QUOTE = 200


class HttpError(SourceError):
    """A question without a usable answer; `status` is None when there was none."""

    def __init__(
        self, message: str, *, status: int | None = None, timed_out: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.timed_out = timed_out


class BearerToken(AuthBase):
    """Sends a token; as `auth` it also keeps requests from looking into .netrc."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass(frozen=True)
class Server:
    """A source's server: `url` holds no login."""

    source: Source
    url: str
    timeout_seconds: float
    session: requests.Session

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`. Raises HttpError."""
        return self._ask("GET", path, None)

    def post(self, path: str, form: Mapping[str, str | int]) -> dict[str, Any]:
        """The JSON object that answers a form. Raises HttpError."""
        return self._ask("POST", path, form)

    def _ask(
        self, method: str, path: str, form: Mapping[str, str | int] | None
    ) -> dict[str, Any]:
        try:
            # `verify` is said again: REQUESTS_CA_BUNDLE goes before the session's.
            response = self.session.request(
                method,
                self.url + path,
                data=form,
                timeout=(CONNECT_SECONDS, self.timeout_seconds),
                allow_redirects=False,
                verify=self.session.verify,
            )
        except requests.RequestException as error:
            raise self._unanswered(error) from None
        except OSError as error:
            raise HttpError(f"{self._place}: {error}") from None
        return self._read(response)

    @property
    def _place(self) -> str:
        return f"{self.source}: {self.url}"

    def _unanswered(self, error: requests.RequestException) -> HttpError:
        root = _root(error)
        if isinstance(error, requests.ConnectTimeout):
            waited = f"no connection in {CONNECT_SECONDS} s: check the address"
            return HttpError(f"{self._place}: {waited}")
        if isinstance(root, TimeoutError) or isinstance(error, requests.Timeout):
            waited = f"no answer in {self.timeout_seconds:g} s"
            return HttpError(f"{self._place}: {waited}", timed_out=True)
        if isinstance(root, ssl.SSLError):
            reason = getattr(root, "verify_message", "") or root.reason or "TLS error"
            remedy = "check the address, or name the CA's file (ca_bundle)"
            return HttpError(f"{self._place}: TLS failed: {reason}: {remedy}")
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return HttpError(f"{self._place}: the answer broke off; pull again")
        reason = (isinstance(root, OSError) and root.strerror) or quoted(str(root))
        remedy = "check the address and the server"
        return HttpError(f"{self._place}: no connection: {reason}: {remedy}")

    def _read(self, response: requests.Response) -> dict[str, Any]:
        status = response.status_code
        if status >= 300:
            raise HttpError(f"{self._place}: {_refusal(response)}", status=status)
        try:
            answer = json.loads(response.content)
        except ValueError as error:
            problem = _not_json(response, error)
            raise HttpError(f"{self._place}: {problem}", status=status) from None
        if not isinstance(answer, dict):
            kind = type(answer).__name__
            problem = f"answered a JSON {kind}, not an object: check the address"
            raise HttpError(f"{self._place}: {problem}", status=status)
        return answer


def open_session(
    *,
    auth: AuthBase | tuple[str, str] | None = None,
    ca_bundle: Path | None = None,
    retries_reads: bool = True,
) -> requests.Session:
    """A session that tries again, a few times, what may pass by itself.

    That is: no connection, 429, 502, 504, and with `retries_reads` a time-out.
    """
    retry = Retry(
        total=None,
        connect=RETRIES,
        read=RETRIES if retries_reads else False,
        status=RETRIES,
        other=0,
        allowed_methods=None,
        status_forcelist=RETRIED_STATUSES,
        backoff_factor=BACKOFF_SECONDS,
        raise_on_status=False,
        retry_after_max=LONGEST_RETRY_AFTER_SECONDS,
    )
    session = requests.Session()
    session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
    session.auth = auth
    if ca_bundle is not None:
        session.verify = str(ca_bundle)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def quoted(text: str) -> str:
    """A server's words on one short line of printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def _refusal(response: requests.Response) -> str:
    """What an answer other than 200 says, and what to do about it."""
    status = response.status_code
    try:
        said = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        said = str(status)
    if status in (401, 403):
        return f"{said}: check username and password, or bearer_token"
    if "Location" in response.headers:
        parts = urlsplit(response.headers["Location"])
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="")
        return f"{said} to {quoted(place.geturl())}, not followed: set url to its place"
    words = _words(response)
    return f"{said}: {words}" if words else said


def _words(response: requests.Response) -> str:
    """The error text of a JSON answer, or of a plain one; none of an HTML page."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        return "" if _is_html(response) else quoted(response.text)
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        error = error.get("message")
    return quoted(error) if isinstance(error, str) else ""


def _not_json(response: requests.Response, error: ValueError) -> str:
    if _is_html(response):
        return "answered an HTML page, not JSON: check the address"
    if isinstance(error, json.JSONDecodeError):
        return f"answered broken JSON ({error.msg} at character {error.pos})"
    return "answered broken JSON (not UTF-8)"


def _is_html(response: requests.Response) -> bool:
    declared = response.headers.get("Content-Type", "")
    return "html" in declared or response.content.lstrip()[:1] == b"<"


def _root(error: BaseException) -> BaseException:
    """The innermost cause of what requests and urllib3 wrap."""
    inner = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        wrapped = (one for one in error.args if isinstance(one, BaseException))
        inner = next(wrapped, error.__cause__)
    return error if inner is None else _root(inner)
