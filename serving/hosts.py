"""Under which names it answers: of this machine, or any once it asks for a login.

A page of another site could have its own name point to this machine, and read through
the browser of whoever is on it what is served to nobody but this machine.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from datasette.app import Datasette

from serving.refusals import refusal

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SETTINGS = "ada-carbon"
WRONG_HOST = 421

App = Callable[..., Awaitable[None]]


def under_known_names(datasette: Datasette, app: App) -> App:
    """`app`, which without a login answers as this machine, and as `hosts` of the
    settings `ada-carbon`, alone."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        host = dict(scope.get("headers") or []).get(b"host", b"localhost")
        if scope["type"] != "http" or _may_answer(datasette, host.decode("latin-1")):
            await app(scope, receive, send)
            return
        told = f"not served as {host.decode('latin-1')} without a login: see README"
        await refusal(told, WRONG_HOST).asgi_send(send)

    return answering


def _may_answer(datasette: Datasette, host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if name in LOOPBACK or datasette.metadata("allow") is not None:
        return True
    settings = datasette.plugin_config(SETTINGS) or {}
    return name in (settings.get("hosts") or [])
