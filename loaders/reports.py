"""Reports: the relations and queries of the dbt project that answer questions.

A report is a model in `models/reports` or a query in `analyses`. A query is plain SQL
but for `ref()`, and takes `:from_ts` and `:to_ts`, the hours of a window, `:top` and
`:provider`.
"""

import re
import sqlite3
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

MODELS = Path("models/reports")
QUERIES = Path("analyses")
PARAMETER = re.compile(r":(from_ts|to_ts|top|provider)\b")

# by which of its columns a model takes a window: the first that it has
TIMES = (
    *("ts", "day", "starts_at", "fetched_at", "started_at"),
    *("closed_month", "period_name"),
)
TIMELESS = "all"
START_OF_TIME = "0000-01-01T00:00:00Z"

BUILT = "select first_ts, until_ts from v_built_hours"

Parameters = Mapping[str, str | int]
NO_FILTERS: Mapping[str, str] = {}
# what parameters that are not given stand for
EVERYTHING: Parameters = {"from_ts": "", "to_ts": "~", "top": -1, "provider": ""}


class UnknownReport(Exception):
    """No such report; the message is one line that says what there is."""


class UnfitReport(Exception):
    """A report that cannot be asked so; the message is one line."""


class Report(NamedTuple):
    """A report; `query` is the file of a query, None for a model.

    `description` is its first sentence in the YAML beside it.
    """

    name: str
    description: str
    query: Path | None


def reports_of(project: Path) -> list[Report]:
    """The reports of the dbt project in a folder, by name.

    Raises UnfitReport when one of its YAML files cannot be read.
    """
    described = {
        name: text
        for folder in (MODELS, QUERIES)
        for file in sorted((project / folder).rglob("*.yml"))
        for name, text in _descriptions(file).items()
    }
    return [
        report._replace(description=described.get(name, ""))
        for name, report in sorted(_undescribed(project).items())
    ]


def report_of(project: Path, name: str) -> Report:
    """The report of that name, not described. Raises UnknownReport."""
    reports = _undescribed(project)
    if not reports:
        raise UnknownReport(f"no {MODELS} in {project.resolve()}: go to the project")
    if name not in reports:
        raise UnknownReport(f"unknown report {name}: loaders report --list")
    return reports[name]


def _undescribed(project: Path) -> dict[str, Report]:
    """The reports by name, not described: the YAML beside them takes long to read."""
    models = {
        file.stem: Report(file.stem, "", None)
        for file in (project / MODELS).rglob("*.sql")
    }
    return models | {
        file.stem: Report(file.stem, "", file)
        for file in (project / QUERIES).rglob("*.sql")
    }


def ask(
    database: sqlite3.Connection,
    report: Report,
    parameters: Parameters,
    filters: Mapping[str, str] = NO_FILTERS,
) -> sqlite3.Cursor:
    """The rows of a report, their columns in the cursor's description.

    A model takes `from_ts` and `to_ts` where it has one of TIMES: rows that begin in
    the window; and `filters`, texts that columns are to equal. Raises UnfitReport,
    sqlite3.Error.
    """
    sql = sql_of(database, report, filters)
    taken = set(PARAMETER.findall(sql))
    for name in parameters.keys() - taken:
        option = f"--{name.removesuffix('_ts')}"
        raise UnfitReport(f"{report.name} takes no {option}")
    texts = {f"filter_{at}": text for at, text in enumerate(filters.values())}
    return database.execute(sql, {**EVERYTHING, **parameters, **texts})


def types_of(database: sqlite3.Connection, report: Report) -> list[str]:
    """The types that SQL gives a report's columns: REAL, INT, TEXT, or none, empty.

    A table or a cast gives one, other expressions do not. Raises UnfitReport,
    sqlite3.Error.
    """
    sql = sql_of(database, report)
    database.execute(
        f"create temp table typed as select * from ({sql}) limit 0",  # noqa: S608
        EVERYTHING,
    )
    types = database.execute("select type from pragma_table_info('typed') order by cid")
    return [name for (name,) in types]


def unbuilt(database: sqlite3.Connection, parameters: Parameters) -> list[str]:
    """Lines on parts of a window of which no hour is built. Raises sqlite3.Error."""
    since, until = database.execute(BUILT).fetchone()
    lines = []
    if since and str(parameters.get("from_ts", since)) < since:
        lines.append(f"--from {parameters['from_ts']}: hours are built from {since} on")
    if until and str(parameters.get("to_ts", until)) > until:
        lines.append(f"--to {parameters['to_ts']}: hours are built until {until}")
    return lines


def sql_of(
    database: sqlite3.Connection, report: Report, filters: Iterable[str] = ()
) -> str:
    """A report as a statement with `:from_ts` and the other parameters that it takes.

    Of a model, `filters` are columns that `:filter_0`, `:filter_1` … are to equal.
    Raises UnfitReport, sqlite3.Error.
    """
    if report.query is not None:
        return query_sql(report.query)
    columns = columns_of(database, report.name)
    if not columns:
        raise UnfitReport(f"{report.name} is not built yet: dbt build")
    has_hours = "ts" in columns
    conditions = _within(time_of(columns))
    for at, column in enumerate(filters):
        if column not in columns:
            raise UnfitReport(f"{report.name} has no column {column}")
        # a text compared as it is may be looked up in an index
        one = _quoted(column)
        text = one if columns[column] == "TEXT" else f"cast({one} as text)"
        conditions.append(f"{text} = :filter_{at}")
    sql = f"select * from {_quoted(report.name)}"  # noqa: S608 (a file's name)
    if conditions:
        sql += f" where {' and '.join(conditions)}"
    if has_hours:
        names = [one for one in columns if one.endswith(("_name", "user_id"))]
        sql += f" order by {', '.join(map(_quoted, [*names, 'ts']))}"
    return sql


def time_of(columns: Container[str]) -> str | None:
    """The column by which a model with these columns takes a window, if any."""
    return next((column for column in TIMES if column in columns), None)


def _within(column: str | None) -> list[str]:
    """The conditions that keep the rows of a window, by when a row begins.

    A day or month begins with its first second; what is of all time is in no window.
    """
    if column is None:
        return []
    if column == "ts":
        # as it is an index has it
        return ["ts >= :from_ts", "ts < :to_ts"]
    begin = (
        f"nullif({column}, '{TIMELESS}')"
        f" || substr('{START_OF_TIME}', length({column}) + 1)"
    )
    return [
        f"(:from_ts = '' or {begin} >= :from_ts)",
        f"(:to_ts = '~' or {begin} < :to_ts)",
    ]


def columns_of(database: sqlite3.Connection, relation: str) -> dict[str, str]:
    """The columns of a table or view, with their types as far as they have one.

    Raises sqlite3.Error.
    """
    found = database.execute(
        "select name, type from pragma_table_info(?) order by cid", (relation,)
    )
    return dict(found.fetchall())


def query_sql(file: Path) -> str:
    """A query with its `ref()` replaced by the names of relations.

    Raises UnfitReport.
    """
    environment = SandboxedEnvironment(autoescape=False)
    try:
        template = environment.from_string(file.read_text(encoding="utf-8"))
        return template.render(ref=_quoted)
    except TemplateError as error:
        raise UnfitReport(
            f"{file}: {error}: a query of analyses is plain SQL but for ref()"
        ) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _descriptions(file: Path) -> dict[str, str]:
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise UnfitReport(f"{file}: is not YAML: {line}") from None
    return {
        entry["name"]: _first_sentence(entry.get("description") or "")
        for kind in ("models", "analyses")
        for entry in content.get(kind) or []
    }


def _first_sentence(text: str) -> str:
    line = " ".join(text.split())
    return re.split(r"(?<=\.) (?=[A-Z])", line, maxsplit=1)[0]
