"""The `loaders` command."""

import logging
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn, get_args

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from loaders.demo import demo
from loaders.ledger import holds_simulated, open_database
from loaders.rows import HALF_HOUR, Source, Window, minute
from loaders.runs import Run, default_window, pull, size
from loaders.settings import (
    CONFIG_FILE,
    DATABASE_VARIABLE,
    InvalidSettings,
    Settings,
    database_path,
    read_settings,
)
from loaders.summary import summary

INTERRUPTED = 130

app = typer.Typer(
    help="Land what Prometheus, the carbon intensity API and MongoDB say.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def run() -> None:
    """Entry point of the console script."""
    app()


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"loaders {version('ada-carbon')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Land what Prometheus, the carbon intensity API and MongoDB say."""


@app.command("pull")
def pull_sources(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="prometheus, carbon-intensity, mongo; all that are configured if none."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="ISO",
            help="Begin of the time to ask for, as 2025-09-11T10:00Z; else where the"
            " source stopped, or 7 days ago.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="ISO", help="Its end; else the last half-hour that has ended."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
) -> None:
    """Fetch what is new from the sources and land it in the database of USAGE_DB."""
    try:
        settings = read_settings(config)
    except InvalidSettings as error:
        _refuse(str(error))
    chosen = _chosen(sources or [], settings)
    now = int(time.time()) // HALF_HOUR * HALF_HOUR
    begin, given_end = _half_hour("--since", since), _half_hour("--until", until)
    end = now if given_end is None else min(given_end, now)
    if begin is not None and begin >= end:
        _refuse(
            f"--since {minute(begin)} is not before the end, {minute(end)}"
            " (no later than the last half-hour that has ended)"
        )
    path = database_path()
    try:
        with closing(open_database(path)) as database:
            if holds_simulated(database):
                _refuse(
                    f"{path} holds simulated rows: set {DATABASE_VARIABLE}"
                    " to another file"
                )
            windows = {
                source: _window(database, source, begin, end) for source in chosen
            }
            runs = _pull_all(database, settings, windows, forecast=given_end is None)
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    except sqlite3.Error as error:
        _fail(f"{path}: {error}")
    except KeyboardInterrupt:
        typer.echo("loaders: interrupted; what was landed stays", err=True)
        raise typer.Exit(INTERRUPTED) from None
    for one in runs:
        typer.echo(_summary(one), err=one.state != "done")
    if any(one.state != "done" for one in runs):
        raise typer.Exit(1)


app.command()(demo)
app.command()(summary)


def _pull_all(
    database: sqlite3.Connection,
    settings: Settings,
    windows: dict[Source, Window | None],
    *,
    forecast: bool,
) -> list[Run]:
    console = Console(stderr=True)
    _log_to(console)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        tasks = {
            source: progress.add_task(source, total=size(source, window))
            for source, window in windows.items()
        }
        return [
            pull(
                database,
                source,
                settings,
                window,
                forecast=forecast,
                advance=partial(progress.advance, tasks[source]),
            )
            for source, window in windows.items()
        ]


def _log_to(console: Console) -> None:
    """Log warnings above the bars of a terminal, else every line, plainly."""
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, markup=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(console.file)
        formatter = logging.Formatter(
            "%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ"
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    logger = logging.getLogger("loaders")
    logger.handlers = [handler]
    logger.setLevel(logging.WARNING if console.is_terminal else logging.INFO)
    logger.propagate = False


def _summary(run: Run) -> str:
    what = f", {run.window}" if run.window else ""
    message = f": {run.message}" if run.message else ""
    return f"{run.source}: {run.state}, {run.row_count} rows landed{what}{message}"


def _chosen(names: list[str], settings: Settings) -> list[Source]:
    """The named sources, each once, else all that are configured."""
    addresses: dict[Source, object] = {
        "prometheus": settings.prometheus.url,
        "carbon-intensity": settings.carbon_intensity.url,
        "mongo": settings.mongo.uri,
    }
    keys: dict[Source, tuple[str, str]] = {
        "prometheus": ("prometheus.url", "LOADERS_PROMETHEUS__URL"),
        "carbon-intensity": ("carbon_intensity.url", "LOADERS_CARBON_INTENSITY__URL"),
        "mongo": ("mongo.uri", "LOADERS_MONGO__URI"),
    }
    known = get_args(Source)
    for name in names:
        if name not in known:
            _refuse(f"unknown source {name}; known are {', '.join(known)}")
    chosen = [source for source in known if source in names or not names]
    for source in chosen:
        if names and not addresses[source]:
            key, variable = keys[source]
            _refuse(f"{source} is not configured: set {key} or {variable}")
    configured = [source for source in chosen if addresses[source]]
    if not configured:
        variables = ", ".join(variable for _, variable in keys.values())
        _refuse(
            f"nothing is configured: copy loaders.example.toml to {CONFIG_FILE},"
            f" or set {variables}"
        )
    return configured


def _half_hour(option: str, text: str | None) -> int | None:
    """The half-hour that a time lies in, as the epoch of its start."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        _refuse(f"{option} {text}: no ISO time; write it as 2025-09-11T10:00Z")
    if at.tzinfo is None:
        _refuse(f"{option} {text}: has no time zone; for UTC end it in Z")
    return int(at.timestamp()) // HALF_HOUR * HALF_HOUR


def _window(
    database: sqlite3.Connection, source: Source, since: int | None, until: int
) -> Window | None:
    if source == "mongo":
        return None
    window = default_window(database, source, since, until)
    if window.since >= window.until:
        _refuse(
            f"--until {minute(until)} is not after {minute(window.since)}, from where"
            f" {source} would go on: give --since too"
        )
    return window


def _fail(message: str) -> NoReturn:
    """End with status 1."""
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    """End with status 2: wrong use or settings."""
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(2)
