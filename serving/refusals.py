"""What is refused, as JSON for programs: an error, its status, in one line."""

import logging
import re
import sqlite3
import sys
from typing import Any

from datasette import handle_exception
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Base400, Forbidden, NotFound, Request, Response
from datasette.views.base import DatasetteError

from serving.answers import Busy

# Datasette would log each error with all local variables, and so with tokens
handle_exception.rich = None
sys.excepthook = sys.__excepthook__

log = logging.getLogger(__name__)

TAG = re.compile(r"<[^>]*>")
AGAIN_SECONDS = 5
TOO_LONG = "takes too long: ask for less, by from and to or by a name"
LOGIN = "/-/login"
PASSWORDS = "datasette-auth-passwords"


def refused(
    datasette: Datasette, request: Request, error: Exception
) -> Response | None:
    """The answer to what cannot be answered; None leaves it to Datasette's own pages.

    Whom a page keeps out is led to the login, if there are passwords.
    """
    if is_of_program(request):
        return refusal_of(error)
    has_passwords = bool(datasette.plugin_config(PASSWORDS))
    if isinstance(error, Forbidden) and has_passwords and request.actor is None:
        return Response.redirect(datasette.urls.path(LOGIN))
    return None


def is_of_program(request: Request) -> bool:
    """Whether JSON is expected."""
    path: str = request.path.partition("?")[0]
    return path.startswith(("/api", "/healthz")) or path.endswith((".json", ".csv"))


def refusal(message: str, status: int, again_seconds: int | None = None) -> Response:
    """An error as the API says it, and when to ask again."""
    body = {"ok": False, "error": message, "status": status}
    headers = {} if again_seconds is None else {"retry-after": str(again_seconds)}
    return Response.json(body, status=status, headers=headers)


def told(error: sqlite3.OperationalError) -> Any:
    """What an error of a statement is to a client, where it is no mistake of ours.

    Datasette writes a traceback to its log for whatever it does not know.
    """
    if str(error) == "interrupted":
        return DatasetteError(TOO_LONG, status=503)
    if str(error).startswith("no such table"):
        return NotFound("reads what this file does not hold: see README")
    return error


def refusal_of(error: Exception) -> Response:
    """What an exception is to a client; of our own mistakes only that it is one."""
    if isinstance(error, Forbidden):
        return refusal("log in, or send a token: Authorization: Bearer …", 403)
    if isinstance(error, Busy):
        return refusal(str(error), error.status, AGAIN_SECONDS)
    if isinstance(error, Base400):
        return refusal(str(error) or "not found", error.status)
    if isinstance(error, QueryInterrupted):
        return refusal(TOO_LONG, 503)
    if isinstance(error, DatasetteError):
        line = " ".join(TAG.sub(" ", str(error.message)).split())
        return refusal(line, error.status)
    if isinstance(error, sqlite3.OperationalError) and told(error) is not error:
        return refusal_of(told(error))
    log.error("%s: %s", type(error).__name__, error)
    return refusal("an error of the server: see its log", 500)
