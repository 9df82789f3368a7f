"""Ada Carbon within Datasette: the file that is served, the API, docs, safety."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Forbidden, Request
from datasette.views.special import JsonDataView

from serving.attempts import actor_of, limiting_basic_logins, login
from serving.docs_site import docs, docs_root
from serving.editions import NAME, in_one_edition, serve_published
from serving.exports import csv_export
from serving.filters import refuse_unknown_columns
from serving.health import healthz
from serving.hosts import under_known_names
from serving.logins import check_logins, refusing_unreadable_logins
from serving.metadata import further_metadata, window_queries
from serving.openapi import openapi
from serving.refusals import refused
from serving.routes import api_history, api_raw, api_report, api_unknown, api_usage
from serving.safety import bound, check_settings, with_headers
from serving.secrets import check_secrets, shown

App = Callable[..., Awaitable[None]]
Route = tuple[str, Callable[..., Awaitable[Any]]]


@hookimpl
def startup(datasette: Datasette) -> None:
    check_settings(datasette)
    serve_published(datasette)
    check_secrets(datasette)
    check_logins(datasette)


@hookimpl(trylast=True)
def asgi_wrapper(datasette: Datasette) -> Callable[[App], App]:
    return lambda app: with_headers(
        under_known_names(
            datasette,
            refusing_unreadable_logins(
                limiting_basic_logins(datasette, in_one_edition(datasette, app))
            ),
        )
    )


@hookimpl
def actor_from_request(request: Request) -> dict[str, Any] | None:
    return actor_of(request)


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    bound(conn)


@hookimpl
def get_metadata() -> dict[str, Any]:
    return {key: dict(value) for key, value in further_metadata().items()}


@hookimpl
def canned_queries(database: str) -> dict[str, Any]:
    return dict(window_queries()) if database == NAME else {}


@hookimpl
def filters_from_request(
    datasette: Datasette, request: Request, database: str, table: str
) -> Awaitable[None]:
    return refuse_unknown_columns(datasette, request, database, table)


@hookimpl
def register_routes(datasette: Datasette) -> list[Route]:
    metadata = JsonDataView.as_view(
        datasette, "metadata.json", lambda: shown(datasette.metadata())
    )
    return [
        (r"^/api/usage$", api_usage),
        (r"^/api/history$", api_history),
        (r"^/api/raw/(?P<provider>[^/]+)$", api_raw),
        (r"^/api/(?P<report>\w+)\.(?P<format>csv|json)$", api_report),
        (r"^/api(/.*)?$", api_unknown),
        (r"^/ada(/[^/.]+)?\.csv$", csv_export),
        (r"^/healthz$", healthz),
        (r"^/openapi\.json$", openapi),
        (r"^/-/metadata(\.(?P<format>json))?$", metadata),
        (r"^/-/login$", login),
        (r"^/docs$", docs_root),
        (r"^/docs/(?P<file>|erd\.svg)$", docs),
    ]


@hookimpl
def forbidden(datasette: Datasette, request: Request, message: str) -> Any:
    return refused(datasette, request, Forbidden(message))


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Any:
    return refused(datasette, request, exception)
