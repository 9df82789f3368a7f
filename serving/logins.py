"""Logins by token and password: that they are set, and that one can be read."""

from collections.abc import Awaitable, Callable
from typing import Any

from click import ClickException
from datasette.app import Datasette

from serving.refusals import PASSWORDS, refusal

TOKENS = "datasette-auth-tokens"
HASH = "_password_hash"
MARKS_OF_A_HASH = 3
BASIC = "http_basic_auth"

App = Callable[..., Awaitable[None]]


def check_logins(datasette: Datasette) -> None:
    """Refuse to begin where nobody could log in, as by a variable that is not set.

    Raises ClickException.
    """
    tokens = (datasette.plugin_config(TOKENS) or {}).get("tokens") or []
    passwords = datasette.plugin_config(PASSWORDS) or {}
    for number, token in enumerate(tokens, start=1):
        text = str(token.get("token") or "")
        if not text.isascii() or [text] != text.split():
            raise ClickException(
                f"{TOKENS}: token {number} is empty or not in one word of ASCII"
            )
    for key, value in passwords.items():
        if key.endswith(HASH) and not value:
            raise ClickException(f"{PASSWORDS}: {key} is empty")
        if key.endswith(HASH) and value.count("$") != MARKS_OF_A_HASH:
            raise ClickException(
                f"{PASSWORDS}: {key} is no hash: datasette hash-password makes one"
            )
    if passwords.get(BASIC):
        raise ClickException(
            f"{PASSWORDS}: {BASIC} is not taken, it shuts out tokens: give allow"
        )
    for name, rules in _databases(datasette).items():
        if any("allow" in one for one in (rules.get("tables") or {}).values()):
            raise ClickException(
                f"databases.{name}.tables: the API and the pages know no rules of"
                " tables: allow or keep out by databases, or publish without users"
            )


def _databases(datasette: Datasette) -> dict[str, Any]:
    metadata: dict[str, Any] = datasette.metadata() or {}
    return metadata.get("databases") or {}


def refusing_unreadable_logins(app: App) -> App:
    """`app`; a login that its plugins cannot take apart is the client's mistake."""

    async def logging_in(scope: Any, receive: Any, send: Any) -> None:
        names = {name for name, _ in scope.get("headers") or []}
        is_answered = False

        async def sending(message: Any) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await app(scope, receive, sending)
        except (TypeError, ValueError):
            if is_answered or b"authorization" not in names:
                raise
            await refusal("no login: Authorization cannot be read", 400).asgi_send(send)

    return logging_in
