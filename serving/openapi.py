"""`/openapi.json`: what there is to ask, read from the file that is served."""

import sqlite3
from collections.abc import Collection, Container, Iterable
from typing import Any

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from loaders.reports import (
    EVERYTHING,
    PARAMETER,
    Report,
    UnfitReport,
    columns_of,
    sql_of,
    time_of,
)
from serving.answers import CONTENT_TYPES
from serving.editions import NAME
from serving.metadata import served_reports
from serving.routes import (
    HISTORY,
    HISTORY_NAMES,
    LATEST,
    NAMES,
    RAW,
    RAW_NAMES,
    may_view,
    refuse_parameters,
)

VERSION = "3.1.0"
TYPES = {"INT": "integer", "INTEGER": "integer", "REAL": "number", "TEXT": "string"}
PARAMETERS = {
    "from_ts": ("string", "Its first hour: 2025-09-01T00:00Z."),
    "to_ts": ("string", "The hour it ends before: 2025-10-01T00:00Z."),
    "top": ("integer", "How many rows; all if it is not given."),
    "provider": ("string", "The AI provider; all if it is not given."),
}


async def openapi(datasette: Datasette, request: Request) -> Response:
    """The description of the API, in OpenAPI 3.1."""
    await may_view(datasette, request)
    refuse_parameters(request)
    description = await datasette.get_database(NAME).execute_fn(description_of)
    return Response.json(description)


def description_of(database: sqlite3.Connection) -> dict[str, Any]:
    """All routes of the API over a published file. Raises sqlite3.Error."""
    paths: dict[str, Any] = {}
    for report in served_reports().values():
        columns = _columns(database, report)
        if columns is None:
            continue
        taken = set(PARAMETER.findall(sql_of(database, report)))
        found = [_named(*one) for one in NAMES.items() if one[1] in taken]
        if report.query is None:
            found = [*_window(columns), *_filters(columns)]
        rows = _rows(columns)
        for format in CONTENT_TYPES:
            paths[f"/api/{report.name}.{format}"] = _route(
                report.description, found, rows, format
            )
        for path, parameters in _routes_of(report.name, columns).items():
            paths[path] = _route(f"As {report.name}.", parameters, rows, "json")
    paths["/healthz"] = {"get": {"summary": "How late the figures are.", **_HEALTH}}
    return {
        "openapi": VERSION,
        "info": {"title": "Ada Carbon", "version": "1", "description": _ABOUT},
        "paths": paths,
    }


def _columns(database: sqlite3.Connection, report: Report) -> dict[str, str] | None:
    """Columns and their types; None of a report that the file does not hold."""
    try:
        if report.query is None:
            return columns_of(database, report.name) or None
        statement = sql_of(database, report)
        asked = database.execute(
            f"select * from ({statement}) limit 0",  # noqa: S608 (a file of ours)
            EVERYTHING,
        )
    except (sqlite3.OperationalError, UnfitReport):
        return None
    return {column: "" for column, *_ in asked.description}


def _routes_of(
    report: str, columns: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """The parameters of the further routes that a report has."""
    if report == LATEST:
        return {"/api/usage": [*_window(columns), *_filters(columns)]}
    if report == HISTORY:
        return {"/api/history": [_named(*one) for one in HISTORY_NAMES.items()]}
    if report == RAW:
        provider = _parameter("provider", "string", "The AI provider's id.", "path")
        limits = [_named(*one) for one in RAW_NAMES.items()]
        return {"/api/raw/{provider}": [provider, *limits]}
    return {}


def _window(columns: Container[str]) -> list[dict[str, Any]]:
    """From and to of a view, by the column that says when a row begins."""
    time = time_of(columns)
    if time is None:
        return []
    return [
        _parameter("from", "string", f"Rows whose {time} begins then or later."),
        _parameter("to", "string", f"Rows whose {time} begins before."),
    ]


def _filters(columns: Iterable[str]) -> list[dict[str, Any]]:
    return [
        _parameter(column, "string", "Rows that have this value alone.")
        for column in columns
        if column != "ts"
    ]


def _named(name: str, parameter: str) -> dict[str, Any]:
    return _parameter(name, *PARAMETERS[parameter])


def _parameter(
    name: str, type: str, description: str, place: str = "query"
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": type}
    if type == "integer":
        schema["minimum"] = 1
    is_required = {"required": True} if place == "path" else {}
    described = {"name": name, "in": place, "description": description}
    return {**described, **is_required, "schema": schema}


def _rows(columns: dict[str, str]) -> dict[str, Any]:
    """An array of objects, any value of which may be null."""
    properties = {
        column: {"type": [TYPES[type], "null"]} if type in TYPES else {}
        for column, type in columns.items()
    }
    return {"type": "array", "items": {"type": "object", "properties": properties}}


def _route(
    summary: str, parameters: list[dict[str, Any]], rows: dict[str, Any], format: str
) -> dict[str, Any]:
    schema = rows if format == "json" else {"type": "string"}
    content = {CONTENT_TYPES[format].partition(";")[0]: {"schema": schema}}
    return {
        "get": {
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": "All rows.", "content": content},
                **_REFUSALS,
            },
        }
    }


_ABOUT = (
    "Every report as JSON and CSV, all its rows: hours are UTC and bear the name of"
    " their start. Energy is a model of the CPU only; null is unknown, never 0."
)
_ERROR = {
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {
                "ok": {"const": False},
                "error": {"type": "string"},
                "status": {"type": "integer"},
            },
        }
    }
}
_REFUSALS = {
    "400": {"description": "A parameter that it does not take.", "content": _ERROR},
    "403": {"description": "A login or token is asked for.", "content": _ERROR},
    "404": {"description": "No such report, or not in this file.", "content": _ERROR},
    "503": {"description": "It takes too long, or too many ask.", "content": _ERROR},
}
_HEALTH = {
    "responses": {
        "200": {"description": "The newest hour is within bounds."},
        "503": {"description": "It is not."},
    }
}
