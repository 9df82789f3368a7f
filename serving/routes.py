"""The API's routes: every report as JSON and CSV, and those of the AI usage tracker."""

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial

from datasette.app import Datasette
from datasette.utils import tilde_decode
from datasette.utils.asgi import BadRequest, NotFound, Request, Response
from datasette.views.base import DatasetteError

from loaders.hours import NoHour, hour_of
from loaders.reports import (
    PARAMETER,
    Parameters,
    Report,
    UnfitReport,
    ask,
    columns_of,
    sql_of,
)
from serving.answers import Answer, answer
from serving.editions import NAME, published_path
from serving.metadata import served_reports
from serving.refusals import told

NAMES = {"from": "from_ts", "to": "to_ts", "top": "top", "provider": "provider"}
# what the routes of AI usage take, by the names of their document
HISTORY_NAMES = {"limit": "top", **{n: NAMES[n] for n in ("provider", "from", "to")}}
RAW_NAMES = {"limit": "top"}
NOTHING: Parameters = {}
LONGEST_COUNT = 18
READING = ("GET", "HEAD")
LATEST, HISTORY, RAW = "v_provider_latest", "ai_history", "ai_raw"


async def api_report(datasette: Datasette, request: Request) -> Answer:
    """`/api/REPORT.json` and `.csv`: all rows of a report."""
    await may_view(datasette, request)
    name = request.url_vars["report"]
    report = served_reports().get(name)
    if report is None:
        raise NotFound(f"no report {name}: /openapi.json has all")
    return await _answer(request, report, _given(request), request.url_vars["format"])


async def api_usage(datasette: Datasette, request: Request) -> Answer:
    """`/api/usage`: the newest poll of each AI provider."""
    await may_view(datasette, request)
    return await _answer(request, served_reports()[LATEST], _given(request), "json")


async def api_history(datasette: Datasette, request: Request) -> Answer:
    """`/api/history?limit=`: polls of AI providers, newest first."""
    await may_view(datasette, request)
    asked = partial(_asked, names=HISTORY_NAMES)
    return await _answer(
        request, served_reports()[HISTORY], _given(request), "json", asked
    )


async def api_raw(datasette: Datasette, request: Request) -> Answer:
    """`/api/raw/PROVIDER?limit=`: answers of an AI provider, newest first."""
    await may_view(datasette, request)
    provider = tilde_decode(request.url_vars["provider"])
    known = await datasette.get_database(NAME).execute(
        "select 1 from providers where provider_id = ?", [provider]
    )
    if not known.rows:
        raise NotFound(f"no AI provider {provider}: /api/usage has all that were asked")
    asked = partial(_asked, names=RAW_NAMES, fixed={"provider": provider})
    return await _answer(request, served_reports()[RAW], _given(request), "json", asked)


async def api_unknown(request: Request) -> Response:
    """Whatever else is asked of `/api`."""
    raise NotFound(f"no {request.path}: /openapi.json says what there is")


async def may_view(datasette: Datasette, request: Request) -> None:
    """Raises Forbidden for whom the settings keep out, DatasetteError for a write."""
    if request.method not in READING:
        raise DatasetteError(f"{request.method} is not taken: GET", status=405)
    await datasette.ensure_permissions(
        request.actor, [("view-database", NAME), "view-instance"]
    )


def refuse_parameters(request: Request) -> None:
    """Raises BadRequest where a route that takes none is given any."""
    for name in request.args:
        raise BadRequest(f"{request.path.partition('?')[0]} takes no {name}")


def _asked(
    report: Report,
    given: Mapping[str, str],
    database: sqlite3.Connection,
    *,
    names: Mapping[str, str] = NAMES,
    fixed: Parameters = NOTHING,
) -> sqlite3.Cursor:
    """The rows of a report for what a client gave. Raises NoHour, UnfitReport."""
    if report.query is None and not columns_of(database, report.name):
        raise NotFound(f"{report.name} is not in this file")
    taken = set(PARAMETER.findall(sql_of(database, report)))
    parameters = dict(fixed)
    filters = {}
    for name, text in given.items():
        if names.get(name) in taken:
            parameters[names[name]] = _value(name, names[name], text)
        elif report.query is None and name in columns_of(database, report.name):
            filters[name] = text
        else:
            known = [one for one, parameter in names.items() if parameter in taken]
            raise UnfitReport(_takes_no(report, name, known))
    first, end = parameters.get("from_ts"), parameters.get("to_ts")
    if isinstance(first, str) and isinstance(end, str) and first >= end:
        raise UnfitReport(f"from {first} is not before to {end}")
    return ask(database, report, parameters, filters)


async def _answer(
    request: Request,
    report: Report,
    given: Mapping[str, str],
    format: str,
    asked: Callable[..., sqlite3.Cursor] = _asked,
) -> Answer:
    rows = partial(asked, report, given)
    try:
        return await answer(published_path(), rows, format, request.receive)
    except (UnfitReport, NoHour) as error:
        raise BadRequest(str(error)) from None
    except sqlite3.OperationalError as error:
        raise told(error) from None


def _takes_no(report: Report, name: str, known: list[str]) -> str:
    if report.query is None:
        known = [*known, "its columns"]
    return f"{report.name} takes no {name}: it takes {', '.join(known) or 'nothing'}"


def _value(name: str, parameter: str, text: str) -> str | int:
    if parameter in ("from_ts", "to_ts"):
        # of an unescaped +00:00 the plus has become a blank
        return hour_of(name, text.replace(" ", "+"))
    if parameter != "top":
        return text
    is_count = text.isascii() and text.isdecimal() and len(text) < LONGEST_COUNT
    if not is_count or int(text) < 1:
        raise UnfitReport(f"{name} {text}: no number from 1 on")
    return int(text)


def _given(request: Request) -> dict[str, str]:
    """The parameters of a request, each given once."""
    given: dict[str, str] = {}
    for name in request.args:
        values = request.args.getlist(name)
        if len(values) > 1:
            raise BadRequest(f"{name} is given {len(values)} times")
        given[name] = values[0]
    return given
