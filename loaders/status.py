"""`loaders status`: how fresh the database is, for people and for monitors."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loaders.builds import Building, building
from loaders.configured import configured_sources
from loaders.database import is_landed_in
from loaders.freshness import (
    Freshness,
    ProjectHours,
    duration,
    freshness,
    project_hours,
    sources_known,
)
from loaders.ledger import holds_simulated
from loaders.remedies import explained
from loaders.rows import minute
from loaders.settings import (
    InvalidSettings,
    database_path,
    read_settings,
)
from loaders.texts import printable
from loaders.versions import refuse_newer

STATUSES = (
    "processed",
    "unprocessed",
    "download incomplete",
    "not downloaded",
    "fake",
)
NOT_BUILT = "no figures yet: dbt build"


def status(
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead.")
    ] = False,
) -> None:
    """Show how far each source got and what is amiss; asks no server."""
    try:
        settings = read_settings(config)
    except InvalidSettings as error:
        _end(str(error), 2)
    path = db or database_path()
    if not path.is_file():
        _end(f"no database {path}: land rows with loaders pull or loaders demo", 1)
    now = int(time.time())
    max_lag = settings.status.max_lag_hours * 3600
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=60)) as database:
            refuse_newer(database)
            if not is_landed_in(database):
                _end(f"nothing has landed in {path} yet: loaders pull", 1)
            is_simulated = holds_simulated(database)
            sources = [
                freshness(database, source, max_lag, now)
                for source in sources_known(database, configured_sources(settings))
            ]
            build = building(database, max_lag, now)
            hours = project_hours(database)
    except sqlite3.Error as error:
        _end(f"{path}: {explained(error)}", 1)
    is_fresh = bool(sources) and not any(one.problems for one in sources)
    is_fresh = is_fresh and build.problem is None
    if as_json:
        described = {
            "database": str(path),
            "checked_at": _iso(now),
            "is_simulated": is_simulated,
            "is_fresh": is_fresh,
            "max_lag_seconds": int(max_lag),
            "sources": [_described(one) for one in sources],
            "build": {
                "built_at": _iso(build.built_at),
                "waiting_since": _iso(build.waiting_since),
                "problem": build.problem,
            },
            "projects": _by_project(hours),
        }
        typer.echo(json.dumps(described, indent=2))
    else:
        _show(path, sources, build, hours, is_simulated=is_simulated)
    if not is_fresh:
        raise typer.Exit(1)


def _show(
    path: Path,
    sources: list[Freshness],
    build: Building,
    hours: list[ProjectHours] | None,
    *,
    is_simulated: bool,
) -> None:
    """Tables on a terminal, else a line for each source, problem, note and project."""
    console = Console(highlight=False)
    kind = "simulated data" if is_simulated else "real data"
    console.print(Text(f"{path}: {kind}"), soft_wrap=True)
    if not sources:
        console.print("nothing was pulled yet: loaders pull")
    rows = [_row(one) for one in sources]
    if console.is_terminal and rows:
        table = Table("", *(one.source for one in sources))
        for name in list(rows[0])[1:]:
            table.add_row(name, *(Text(row[name]) for row in rows))
        console.print(table)
    for one, row in zip(sources, rows, strict=True):
        if not console.is_terminal:
            told = ", ".join(f"{name} {value}" for name, value in row.items())
            typer.echo(told.removeprefix("source ").replace(",", ":", 1))
        for kind, lines in (("problem", one.problems), ("note", one.notes)):
            for line in lines:
                console.print(Text(f"{one.source}: {kind}: {line}"), soft_wrap=True)
    if build.problem:
        console.print(Text(f"dbt: problem: {build.problem}"), soft_wrap=True)
    by_project = _by_project(hours)
    if by_project is None:
        console.print(NOT_BUILT)
    elif console.is_terminal:
        table = Table("project (hours)", *STATUSES)
        for name, counts in by_project.items():
            table.add_row(Text(printable(name)), *map(str, counts.values()))
        console.print(table)
    else:
        for name, counts in by_project.items():
            told = ", ".join(f"{status} {count}" for status, count in counts.items())
            typer.echo(f"project {printable(name)}: {told}")


def _row(one: Freshness) -> dict[str, str]:
    window = one.plan.window
    return {
        "source": one.source,
        "lag": "unknown" if one.lag_seconds is None else duration(one.lag_seconds),
        "last success": _moment(one.last_success_at),
        "holes": str(len(one.holes)),
        "rows landed": str(one.rows_landed),
        "next": str(window) if window else "all of it",
    }


def _described(one: Freshness) -> dict[str, Any]:
    """A source as the README documents it."""
    window = one.plan.window
    return {
        "source": one.source,
        "is_fresh": not one.problems,
        "last_success_at": _iso(one.last_success_at),
        "newest_at": _iso(one.newest_at),
        "lag_seconds": one.lag_seconds,
        "retention_seconds": one.retention_seconds,
        "rows_landed": one.rows_landed,
        "holes": [
            {
                "since": _iso(hole.since),
                "until": _iso(hole.until),
                "state": hole.state,
                "attempts": hole.attempts,
                "failures": hole.failures,
                "last_asked_at": _iso(hole.last_asked_at),
            }
            for hole in one.holes
        ],
        "next_window": window
        and {"since": _iso(window.since), "until": _iso(window.until)},
        "last_run": one.last_run
        and {
            "run_id": one.last_run.run_id,
            "state": one.last_run.state,
            "started_at": _iso(one.last_run.started_at),
            "ended_at": _iso(one.last_run.ended_at),
            "message": one.last_run.message,
        },
        "unended_runs": one.unended_runs,
        "problems": one.problems,
        "notes": one.notes,
    }


def _by_project(hours: list[ProjectHours] | None) -> dict[str, dict[str, int]] | None:
    """Hours by status, all five of them, by project."""
    if hours is None:
        return None
    found: dict[str, dict[str, int]] = {}
    for project, name, count in hours:
        found.setdefault(project, dict.fromkeys(STATUSES, 0))[name] = count
    return found


def _iso(at: int | None) -> str | None:
    if at is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _moment(at: int | None) -> str:
    return "never" if at is None else minute(at)


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(code)
