"""`loaders report`: a report of the dbt project, for a window, in several formats."""

import os
import sqlite3
import sys
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loaders.formats import FORMATS, write_parquet, write_rows
from loaders.hours import NoHour, hour_of
from loaders.remedies import remedy_of
from loaders.reports import (
    Parameters,
    UnfitReport,
    UnknownReport,
    ask,
    report_of,
    types_of,
    unbuilt,
)
from loaders.reports import reports_of as all_reports
from loaders.settings import database_path
from loaders.versions import UnfitVersion, refuse_newer

HERE = Path()
BUILT = "is_window_built"


def report(
    name: Annotated[str | None, typer.Argument(help="Which; see --list.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="ISO", help="Its first hour, as 2025-09-01T00Z."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="ISO", help="The hour it ends before.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many rows, of those that are ranked.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="The AI provider, where rows are of one.")
    ] = None,
    format: Annotated[
        str, typer.Option(help=f"One of {', '.join(FORMATS)}.")
    ] = "table",
    output: Annotated[
        Path | None, typer.Option(help="The file to write; else the terminal.")
    ] = None,
    list_reports: Annotated[
        bool, typer.Option("--list", help="Say which reports there are.")
    ] = False,
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    project: Annotated[
        Path, typer.Option(help="The folder of the dbt project.")
    ] = HERE,
) -> None:
    """Show a report of the dbt project, or write it as CSV, JSON or Parquet."""
    try:
        if list_reports or name is None:
            _list(project)
            return
        chosen = report_of(project, name)
        parameters = _parameters(since, until, top, provider)
        if format not in FORMATS:
            _refuse(f"--format {format}: known are {', '.join(FORMATS)}")
        if format == "parquet" and output is None:
            _refuse("--format parquet needs --output FILE")
        path = db or database_path()
        if not path.is_file():
            _fail(f"no database {path}: land rows with loaders pull or loaders demo")
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=60)) as database:
            refuse_newer(database)
            types = types_of(database, chosen) if format == "parquet" else []
            answer = ask(database, chosen, parameters)
            columns = [column[0] for column in answer.description]
            first = answer.fetchone()
            rows = chain([first], answer) if first else answer
            if types and output:
                write_parquet(columns, types, rows, output)
            else:
                write_rows(columns, rows, format, output or sys.stdout)
            if not first and parameters.keys() & {"from_ts", "to_ts"}:
                typer.echo(f"loaders: {name} has no rows of this window", err=True)
            for line in unbuilt(database, parameters) if BUILT in columns else ():
                typer.echo(f"loaders: {line}; the figures are of those", err=True)
    except (NoHour, UnknownReport, UnfitReport) as error:
        _refuse(str(error))
    except UnfitVersion as error:
        _fail(f"{path}: {error}")
    except sqlite3.Error as error:
        remedy = remedy_of(error) or "is it built, and its SQL right?"
        _fail(f"{name}: {error}: {remedy}")
    except BrokenPipeError:
        # who reads has seen enough; nothing is left to be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except OSError as error:
        _fail(f"{error.filename or output}: {error.strerror}")


def _list(project: Path) -> None:
    reports = all_reports(project)
    if not reports:
        raise UnknownReport(f"no reports in {project.resolve()}: go to the project")
    table = Table("report", "what a row is", pad_edge=False, box=None)
    for one in reports:
        table.add_row(Text(one.name, no_wrap=True), Text(one.description))
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table)
    else:
        for one in reports:
            typer.echo(f"{one.name}\t{one.description}")


def _parameters(
    since: str | None, until: str | None, top: int | None, provider: str | None
) -> Parameters:
    given = {
        "from_ts": hour_of("--from", since) if since else None,
        "to_ts": hour_of("--to", until) if until else None,
        "top": top,
        "provider": provider,
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    first, end = given["from_ts"], given["to_ts"]
    if isinstance(first, str) and isinstance(end, str) and first >= end:
        _refuse(f"--from {first} is not before --to {end}")
    return parameters


def _fail(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(2)
