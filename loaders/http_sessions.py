"""Sessions with HTTP servers: login, trust, and an end to answers that drip."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

USER_AGENT = f"ada-carbon/{version('ada-carbon')}"


class BearerToken(AuthBase):
    """Sends a token; as `auth` it also keeps requests from looking into .netrc."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class NoLogin(AuthBase):
    """Sends nothing: without any `auth` requests would send what .netrc has."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _BoundedConnection(HTTPConnection):
    """The whole head of an answer has as long as one read: it may come by drips."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        with _cut_off(self.sock, self.timeout):
            return super().getresponse()


class _BoundedTlsConnection(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        with _cut_off(self.sock, self.timeout):
            return super().getresponse()


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _BoundedPool,
            "https": _BoundedTlsPool,
        }


def open_session(
    *, auth: AuthBase | None = None, ca_bundle: Path | None = None
) -> requests.Session:
    """A session that logs in as `auth` and trusts `ca_bundle` instead of the usual.

    Proxies are those of the environment; a login is none of its.
    """
    session = requests.Session()
    session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
    session.auth = auth or NoLogin()
    if ca_bundle is not None:
        session.verify = str(ca_bundle)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _BoundedAdapter())
    return session


@contextmanager
def _cut_off(connection: socket.socket | None, seconds: float | None) -> Iterator[None]:
    """Hang up `connection` after `seconds`. Raises TimeoutError when it came so far."""
    is_late = threading.Event()

    def hang_up() -> None:
        is_late.set()
        with suppress(OSError):
            if connection is not None:
                connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds or 0, hang_up)
    timer.daemon = True
    if connection is not None and seconds:
        timer.start()
    try:
        yield
    except Exception:
        if is_late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if is_late.is_set():
        raise TimeoutError
