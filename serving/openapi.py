"""`/openapi.json`: what there is to ask, read from the file that is served."""

import sqlite3
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
)
from serving.answers import CONTENT_TYPES, Clock, reading
from serving.editions import published_path
from serving.metadata import served_reports
from serving.routes import HISTORY, LATEST, NAMES, RAW, may_view

MOST_SECONDS = 20.0
VERSION = "3.1.0"
TYPES = {"INT": "integer", "INTEGER": "integer", "REAL": "number", "TEXT": "string"}
PARAMETERS = {
    "from_ts": ("from", "string", "Its first hour: 2025-09-01T00:00Z."),
    "to_ts": ("to", "string", "The hour it ends before: 2025-10-01T00:00Z."),
    "top": ("top", "integer", "How many rows; all if it is not given."),
    "provider": ("provider", "string", "The AI provider; all if it is not given."),
}
LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "How many rows, of the newest; all if it is not given.",
    "schema": {"type": "integer", "minimum": 1},
}


async def openapi(datasette: Datasette, request: Request) -> Response:
    """The description of the API, in OpenAPI 3.1."""
    await may_view(datasette, request)
    with reading(published_path(), Clock(MOST_SECONDS)) as database:
        return Response.json(description_of(database))


def description_of(database: sqlite3.Connection) -> dict[str, Any]:
    """All routes of the API over a published file. Raises sqlite3.Error."""
    paths: dict[str, Any] = {}
    described = {}
    for report in served_reports().values():
        columns = _columns(database, report)
        if columns is None:
            continue
        rows = described[report.name] = _rows(columns)
        for format in CONTENT_TYPES:
            paths[f"/api/{report.name}.{format}"] = _route(
                report.description, _taken(database, report, columns), rows, format
            )
    provider = _parameter("provider", "string", "The AI provider's id.", "path")
    fixed: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
        ("/api/usage", LATEST, []),
        ("/api/history", HISTORY, [LIMIT]),
        ("/api/raw/{provider}", RAW, [provider, LIMIT]),
    )
    for path, name, parameters in fixed:
        paths[path] = _route(f"As {name}.", parameters, described[name], "json")
    paths["/healthz"] = {"get": {"summary": "How late the figures are.", **_HEALTH}}
    return {
        "openapi": VERSION,
        "info": {"title": "Ada Carbon", "version": "1", "description": _ABOUT},
        "paths": paths,
    }


def _columns(database: sqlite3.Connection, report: Report) -> dict[str, str] | None:
    """Columns and their types; None of a report that the file does not hold."""
    if report.query is None:
        return columns_of(database, report.name) or None
    try:
        statement = sql_of(database, report)
        asked = database.execute(
            f"select * from ({statement}) limit 0",  # noqa: S608 (a file of ours)
            EVERYTHING,
        )
    except (sqlite3.OperationalError, UnfitReport):
        return None
    return {column: "" for column, *_ in asked.description}


def _taken(
    database: sqlite3.Connection, report: Report, columns: dict[str, str]
) -> list[dict[str, Any]]:
    """The parameters of a report: those of its window, and its columns."""
    found = set(PARAMETER.findall(sql_of(database, report)))
    taken = [_parameter(*PARAMETERS[one]) for one in NAMES.values() if one in found]
    if report.query is None:
        taken += [
            _parameter(column, "string", "Rows that have this value alone.")
            for column in columns
            if column != "ts"
        ]
    return taken


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
    "503": {"description": "It takes too long.", "content": _ERROR},
}
_HEALTH = {
    "responses": {
        "200": {"description": "The newest hour is within bounds."},
        "503": {"description": "It is not."},
    }
}
