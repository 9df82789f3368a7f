"""Logins by password that failed of late: a few, then they are refused for a while.

They are counted for the whole process, as a proxy may hide who tries. Logins that were
made before and tokens, which nobody guesses, are not kept out.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from datasette.views.base import DatasetteError
from datasette_auth_passwords import password_login
from datasette_auth_passwords.utils import scope_has_valid_authorization

from serving.refusals import refusal

MOST_FAILURES = 10
WITHIN_SECONDS = 60.0
ACTOR = "ada_actor"
TOLD = "too many logins have failed: try again in a minute"

App = Callable[..., Awaitable[None]]


class Failures:
    """When logins failed, the last of them."""

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=MOST_FAILURES)

    def add(self) -> None:
        self._at.append(time.monotonic())

    def are_too_many(self) -> bool:
        return (
            len(self._at) == MOST_FAILURES
            and time.monotonic() - self._at[0] < WITHIN_SECONDS
        )


FAILURES = Failures()


async def login(datasette: Datasette, request: Request) -> Response:
    """The plugin's page to log in; it answers a login that failed with the page."""
    is_try = request.method == "POST"
    if is_try and FAILURES.are_too_many():
        raise DatasetteError(TOLD, title="Not now", status=429)
    answer = await password_login(request, datasette)
    if is_try and answer.status == 200:
        FAILURES.add()
    return answer


def limiting_basic_logins(datasette: Datasette, app: App) -> App:
    """`app`, to which a login by HTTP Basic comes when it has proven right.

    To prove one takes a good part of a second of a processor, in a thread of its own.
    """

    async def logging_in(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers") or [])
        if not headers.get(b"authorization", b"").startswith(b"Basic "):
            await app(scope, receive, send)
            return
        if FAILURES.are_too_many():
            await refusal(TOLD, 429, int(WITHIN_SECONDS)).asgi_send(send)
            return
        actor = await asyncio.to_thread(scope_has_valid_authorization, scope, datasette)
        if actor is None:
            FAILURES.add()
            await refusal("no such user with this password", 403).asgi_send(send)
            return
        without = [one for one in scope["headers"] if one[0] != b"authorization"]
        await app({**scope, "headers": without, ACTOR: actor}, receive, send)

    return logging_in


def actor_of(request: Request) -> dict[str, Any] | None:
    """Who logged in by HTTP Basic."""
    actor: dict[str, Any] | None = request.scope.get(ACTOR)
    return actor
