"""What every answer tells the browser, and what SQL of a client may take."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from click import ClickException
from datasette.app import Datasette

App = Callable[..., Awaitable[None]]

# pages draw with Vega's own interpreter, so that no text is ever run as code
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# of a value, in bytes; of a statement; of the depth of an expression
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}


def with_headers(app: App) -> App:
    """`app`, whose every answer has the headers; one that has its own keeps it."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                there = {name.lower() for name, _ in headers}
                headers += [
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in there
                ]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, sending)

    return answering


def check_settings(datasette: Datasette) -> None:
    """Refuse a path before all paths: the API is at `/api`. Raises ClickException."""
    before = datasette.setting("base_url")
    if before != "/":
        raise ClickException(
            f"base_url {before} is not taken: give it a host name of its own"
        )


def bound(connection: sqlite3.Connection) -> None:
    """Keep what a statement may take within bounds; time and rows have settings."""
    for category, limit in LIMITS.items():
        connection.setlimit(category, limit)
