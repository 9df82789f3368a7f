"""What goes wrong between a question to an HTTP server and a usable answer."""

import json
import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as ReadTimeout
from urllib3.util.retry import Retry

from loaders.errors import SourceError

CONNECT_SECONDS = 10
LONGEST_WAIT = 24 * 3600
PASSING_STATUSES = (429, 500, 502, 503)
TOO_MUCH_STATUSES = (413, 504)
REMEDIES = {404: "check the address"} | dict.fromkeys(
    PASSING_STATUSES, "pull again later"
)
LONGEST_QUOTE = 200


class HttpError(SourceError):
    """A question without a usable answer; `status` is None when there was none.

    `is_too_much` says that the answer was too slow or too large, so that a smaller
    question may do; `may_pass` that the same one may do later, after `retry_after`
    seconds if the server said so.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        is_too_much: bool = False,
        may_pass: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_too_much = is_too_much
        self.may_pass = may_pass
        self.retry_after = retry_after


def quoted(text: str) -> str:
    """A server's words on one short line of printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def unanswered(place: str, error: Exception, seconds: float) -> HttpError:
    """What kept `place` from answering in `seconds`; `error` is requests' or below."""
    root = _root(error)
    if isinstance(error, requests.ConnectTimeout):
        waited = f"no connection in {CONNECT_SECONDS} s: check the address"
        return HttpError(f"{place}: {waited}", may_pass=True)
    if isinstance(root, TimeoutError | ReadTimeout | requests.Timeout):
        waited = f"no answer in {seconds:.3g} s"
        remedy = "check the server, or raise timeout_seconds"
        return HttpError(
            f"{place}: {waited}: {remedy}", is_too_much=True, may_pass=True
        )
    if isinstance(root, ssl.SSLError):
        reason = getattr(root, "verify_message", "") or root.reason or "TLS error"
        remedy = "check the address, or name the CA's file (ca_bundle)"
        return HttpError(f"{place}: TLS failed: {reason}: {remedy}")
    is_of_requests = isinstance(error, requests.RequestException)
    if isinstance(error, ValueError) and not is_of_requests:
        # its text may quote what was to be sent
        problem = f"cannot be asked ({type(error).__name__}): check address and login"
        return HttpError(f"{place}: {problem}")
    if isinstance(error, HTTPError) or isinstance(root, ConnectionResetError):
        problem = "the answer broke off; pull again"
        return HttpError(f"{place}: {problem}", may_pass=True)
    reason = (isinstance(root, OSError) and root.strerror) or quoted(str(root))
    problem = f"no connection: {reason}: check the address and the server"
    may_pass = isinstance(error, requests.ConnectionError)
    return HttpError(f"{place}: {problem}", may_pass=may_pass)


def refused(place: str, response: requests.Response, text: str) -> HttpError:
    """What an answer with a status of 300 or more says.

    A refusal may pass when it is of the server's or a proxy's state, not of the
    question: Prometheus gives 503 with an error type for a query that took too long.
    """
    status = response.status_code
    is_too_much = status in TOO_MUCH_STATUSES
    is_of_question = '"errorType"' in text
    return HttpError(
        f"{place}: {_refusal(response, text)}",
        status=status,
        is_too_much=is_too_much or (status == 503 and is_of_question),
        may_pass=status in PASSING_STATUSES and not is_of_question,
        retry_after=_retry_after(response),
    )


def unreadable(
    place: str, response: requests.Response, text: str, error: Exception
) -> HttpError:
    """Why an answer of status 200 is no JSON."""
    if _is_html(response, text):
        problem = "answered an HTML page, not JSON: check the address"
    elif isinstance(error, json.JSONDecodeError):
        where = f"{error.msg} at character {error.pos}"
        problem = f"answered broken JSON ({where}); pull again"
    elif isinstance(error, RecursionError):
        problem = "answered JSON that is nested too deep: check the address"
    else:
        problem = "answered broken JSON (not UTF-8, or a number too long); pull again"
    return HttpError(f"{place}: {problem}", status=response.status_code)


def _retry_after(response: requests.Response) -> float | None:
    """What `Retry-After` says, in seconds, a day at most; None when it says nothing."""
    said = response.headers.get("Retry-After")
    if said is None:
        return None
    try:
        return Retry(retry_after_max=LONGEST_WAIT).parse_retry_after(said)
    except (HTTPError, ValueError, OverflowError):
        return None


def _refusal(response: requests.Response, text: str) -> str:
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
    words = _words(response, text)
    remedy = REMEDIES.get(status, "")
    return ": ".join(part for part in (said, words, remedy) if part)


def _words(response: requests.Response, text: str) -> str:
    """The error text of a JSON answer, or of a plain one; none of an HTML page."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return "" if _is_html(response, text) else quoted(text)
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        error = error.get("message")
    return quoted(error) if isinstance(error, str) else ""


def _is_html(response: requests.Response, text: str) -> bool:
    declared = response.headers.get("Content-Type", "")
    return "html" in declared or text.lstrip()[:1] == "<"


def _root(error: BaseException) -> BaseException:
    """The innermost cause of what requests and urllib3 wrap."""
    inner = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        wrapped = (one for one in error.args if isinstance(one, BaseException))
        inner = next(wrapped, error.__cause__)
    return error if inner is None else _root(inner)
