"""What the pages show: the window they are asked for and the rows of their charts.

A page is a dashboard of datasette-dashboards. Rows are read here, so that no browser
sends SQL and the template escapes every name. A chart's query may name a report of
`analyses` in braces: `select … from {usage_compared} where …`.
"""

import asyncio
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from datasette.app import Datasette
from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Request

DATABASE = "ada"
STEPS = ("hour", "day", "month")
MOST_ROWS = 1000
LONGEST_DAYS = 36525
REPORT = re.compile(r"{(\w+)}")
WITHOUT_PEOPLE = "It is not in this copy, which was published without people."
OF_BEFORE = "This copy was published before an upgrade: publish again."
OPEN = {"provider": "", "top": -1}

Row = dict[str, Any]


@dataclass(frozen=True)
class Window:
    """Whole days in UTC, both included, and the step of charts over time."""

    from_day: str
    to_day: str
    step: str

    @property
    def days(self) -> int:
        """How many they are."""
        return (
            date.fromisoformat(self.to_day) - date.fromisoformat(self.from_day)
        ).days + 1

    @property
    def parameters(self) -> dict[str, str]:
        """As queries take it; `to_ts` is the midnight after."""
        after = date.fromisoformat(self.to_day) + timedelta(1)
        return {
            "from_day": self.from_day,
            "to_day": self.to_day,
            "from_ts": f"{self.from_day}T00:00:00Z",
            "to_ts": f"{after}T00:00:00Z",
            "step": self.step,
        }


@dataclass(frozen=True)
class Chart:
    """A chart and its rows; `problem` says in words why they are not drawn."""

    slug: str
    options: Mapping[str, Any]
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problem: str = ""

    def largest(self, column: str) -> float:
        """The largest figure of a column, 0 where none is known."""
        return max((row[column] or 0 for row in self.rows), default=0)


@dataclass(frozen=True)
class Page:
    """What one page shows; `window` is None where there is no usage yet."""

    ranges: list[Row]
    window: Window | None
    problems: list[str]
    name: str
    names: list[str]
    charts: list[Chart]


def titles(datasette: Datasette) -> dict[str, str]:
    """Titles of the pages by slug, as their place in the head is."""
    dashboards = datasette.plugin_config("datasette-dashboards") or {}
    places = sorted(dashboards, key=lambda slug: dashboards[slug].get("place", 99))
    return {slug: dashboards[slug]["title"] for slug in places}


def first_page(datasette: Datasette) -> str:
    """Where the first of the pages is."""
    path: str = datasette.urls.path(f"/-/dashboards/{next(iter(titles(datasette)))}")
    return path


async def publication_of(datasette: Datasette) -> Row | None:
    """When and of what the file was made; None where there is none.

    `age_hours` is how long ago its newest hour ended.
    """
    if DATABASE not in datasette.databases:
        return None
    try:
        found = await datasette.get_database(DATABASE).execute(
            "select * from publication"
        )
    except sqlite3.OperationalError:
        return None
    row = dict(found.first())
    if row["newest_ts"] is not None:
        ended = datetime.fromisoformat(row["newest_ts"]) + timedelta(hours=1)
        row["age_hours"] = (datetime.now(UTC) - ended) / timedelta(hours=1)
    return row


async def page_of(
    datasette: Datasette,
    request: Request,
    dashboard: Mapping[str, Any],
    only: str | None = None,
) -> Page:
    """The page of a dashboard as a request asks for it, or `only` one chart of it."""
    await datasette.ensure_permissions(
        request.actor, [("view-database", DATABASE), "view-instance"]
    )
    problems: list[str] = []
    ranges = (await _ask(datasette, request, "select * from v_time_ranges", {}))[1]
    window = window_of(request.args, ranges, problems)
    fixed = dashboard.get("parameters", {})
    name = fixed.get("name", "")
    if "names" in dashboard:
        name = request.args.get("name") or name
    names: list[str] = []
    if "names" in dashboard:
        try:
            found = await _ask(
                datasette, request, dashboard["names"], {}, most_rows=None
            )
        except sqlite3.OperationalError as error:
            problems.append(_problem(error))
            found = [], []
        names = [next(iter(row.values())) for row in found[1]]
        if name and name not in names:
            problems.append(f"There is no {dashboard['one']} called “{name}”.")
            name = ""
    parameters = {
        **OPEN,
        **fixed,
        "name": name,
        **(window.parameters if window else {}),
    }
    wanted = [
        (slug, options)
        for slug, options in dashboard["charts"].items()
        if only in (None, slug) and is_shown(options, name, window)
    ]
    published = await publication_of(datasette)
    if published is not None and published["users"] == "none":
        parameters["hides_people"] = True
    charts = await asyncio.gather(
        *(_chart(datasette, request, *one, parameters) for one in wanted)
    )
    return Page(ranges, window, problems, name, names, charts)


def is_shown(options: Mapping[str, Any], name: str, window: Window | None) -> bool:
    """Whether a chart belongs on a page with or without a name, or without usage."""
    if window is None and options.get("shown") != "always":
        return False
    return bool(
        options.get("shown") in (None, "always", "named" if name else "unnamed")
    )


def window_of(arguments: Any, ranges: list[Row], problems: list[str]) -> Window | None:
    """The window that is asked for, or the default one; mistakes go to `problems`."""
    default = next((one for one in ranges if one["is_default"]), None)
    if default is None:
        return None
    days = []
    for key, fallback in (("from", default["from_day"]), ("to", default["to_day"])):
        asked = (arguments.get(key) or "").strip()
        try:
            days.append(date.fromisoformat(asked or fallback))
        except ValueError:
            problems.append(f"“{asked}” is no day; write one as {fallback}.")
            days.append(date.fromisoformat(fallback))
    first, last = days
    if first > last or (last - first).days > LONGEST_DAYS or last == date.max:
        problems.append(f"{first} to {last} is no range of days.")
        first, last = (
            date.fromisoformat(default[key]) for key in ("from_day", "to_day")
        )
    fitting = [
        one
        for one in ranges
        if (one["from_day"], one["to_day"]) == (str(first), str(last))
    ]
    step = arguments.get("step") or ""
    if step not in STEPS:
        step = (
            fitting[0]["step"]
            if fitting
            else "day"
            if (last - first).days > 2
            else "hour"
        )
    return Window(str(first), str(last), step)


async def _chart(
    datasette: Datasette,
    request: Request,
    slug: str,
    options: Mapping[str, Any],
    parameters: Mapping[str, Any],
) -> Chart:
    is_of_people = parameters.get("scope") == "user" or "dim_user" in options["query"]
    if is_of_people and parameters.get("hides_people"):
        return Chart(slug, options, problem=WITHOUT_PEOPLE)
    try:
        columns, rows = await _ask(datasette, request, options["query"], parameters)
    except sqlite3.OperationalError as error:
        return Chart(slug, options, problem=_problem(error))
    if len(rows) > MOST_ROWS:
        return Chart(
            slug,
            options,
            problem=f"More than {MOST_ROWS:,} rows: choose longer steps or fewer days.",
        )
    return Chart(slug, options, columns, rows)


def _problem(error: sqlite3.OperationalError) -> str:
    """What went wrong with a query, in words. Raises what is a mistake of ours."""
    text = str(error)
    if text == "interrupted":
        return "It took too long: choose fewer days."
    if text.startswith("no such table: "):
        return WITHOUT_PEOPLE
    if text.startswith("no such column: "):
        return OF_BEFORE
    raise error


async def _ask(
    datasette: Datasette,
    request: Request,
    query: str,
    parameters: Mapping[str, Any],
    most_rows: int | None = MOST_ROWS,
) -> tuple[list[str], list[Row]]:
    """Columns and rows of a query, at most one row more than `most_rows`."""
    reports = {}
    for name in set(REPORT.findall(query)):
        found = await datasette.get_canned_query(DATABASE, name, request.actor)
        reports[name] = f"({found['sql']})"
    sql = REPORT.sub(lambda one: reports[one[1]], query)
    milliseconds = datasette.setting("sql_time_limit_ms")

    def read(connection: sqlite3.Connection) -> tuple[list[str], list[Row]]:
        with sqlite_timelimit(connection, milliseconds):
            cursor = connection.execute(sql, parameters)
            found = (
                cursor.fetchall()
                if most_rows is None
                else cursor.fetchmany(most_rows + 1)
            )
        return [one[0] for one in cursor.description], [dict(row) for row in found]

    columns_and_rows: tuple[list[str], list[Row]] = await datasette.get_database(
        DATABASE
    ).execute_fn(read)
    return columns_and_rows
