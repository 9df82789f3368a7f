"""The `loaders` command."""

import logging
import sqlite3
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from loaders.ai_usage import ai_usage
from loaders.backup import back_up
from loaders.check import check
from loaders.close import close
from loaders.configured import ADDRESSES, configured_sources
from loaders.database import open_database
from loaders.demo import demo
from loaders.export import export
from loaders.exposure import exposed_database
from loaders.forget import forget
from loaders.hours import NoHour, instant_of
from loaders.ledger import close_killed, holds_simulated
from loaders.lock import BUSY, Busy, writing
from loaders.logs import log_to, say
from loaders.naming import OtherNames, settled_names
from loaders.plans import Plan, plan_of
from loaders.prune import prune
from loaders.pseudonyms import Names
from loaders.publish import publish
from loaders.pulls import pull, size
from loaders.redaction import Redaction, secrets_of
from loaders.remedies import explained
from loaders.report import report
from loaders.rows import HALF_HOUR, READ_WHOLE, Source, minute
from loaders.runs import Run
from loaders.settings import (
    CONFIG_FILE,
    DATABASE_VARIABLE,
    InvalidSettings,
    Settings,
    database_path,
    read_settings,
)
from loaders.snapshots import prune_snapshots
from loaders.status import status
from loaders.summary import summary

INTERRUPTED = 130
CONSOLE = Console(stderr=True)
log = logging.getLogger(__name__)

app = typer.Typer(
    help="Land what Prometheus, the carbon intensity API and MongoDB say.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def run() -> None:
    """Entry point of the console script; what a file refuses is said in a line."""
    try:
        app()
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        sys.exit(f"loaders: {name}{error.strerror}")


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
            help="prometheus, carbon-intensity, mongo, ai-usage; all that are"
            " configured if none."
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
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log a JSON object a line.")
    ] = False,
) -> None:
    """Fetch what is new from the sources and land it in the database of USAGE_DB."""
    log_to(CONSOLE, as_json=log_json)
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
        with (
            writing(path, settings.pull.lock_wait_seconds),
            closing(open_database(path)) as database,
        ):
            if (exposed := exposed_database(path)) is not None:
                log.warning("%s: chmod 600 %s*", exposed, path)
            if holds_simulated(database):
                _refuse(
                    f"{path} holds simulated rows: set {DATABASE_VARIABLE}"
                    " to another file"
                )
            names = settled_names(database, settings)
            close_killed(database)
            prune_snapshots(database, datetime.now(UTC))
            plans = {source: _plan(database, source, begin, end) for source in chosen}
            runs = _pull_all(
                database, settings, names, plans, forecast=given_end is None
            )
    except OtherNames as error:
        _refuse(f"{path}: {error}")
    except Busy as error:
        say(f"loaders: {error}", is_error=True)
        raise typer.Exit(BUSY) from None
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    except sqlite3.Error as error:
        _fail(f"{path}: {explained(error)}")
    except KeyboardInterrupt:
        say("loaders: interrupted; what was landed stays", is_error=True)
        raise typer.Exit(INTERRUPTED) from None
    for one in runs:
        say(_summary(one), is_error=one.state != "done")
    if any(one.state != "done" for one in runs):
        raise typer.Exit(1)


for one in (demo, summary, status, check, report, export, publish, close):
    app.command()(one)
app.command("backup")(back_up)
app.command()(forget)
app.command()(prune)
app.add_typer(ai_usage, name="ai-usage")


def _pull_all(
    database: sqlite3.Connection,
    settings: Settings,
    names: Names,
    plans: dict[Source, Plan],
    *,
    forecast: bool,
) -> list[Run]:
    """Pull one source after the other; what one leaves of its time the others have."""
    end = time.monotonic() + settings.pull.max_seconds
    user_label = settings.prometheus.labels.user
    redaction = Redaction(secrets_of(settings), user_label, names.replace)
    runs = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=CONSOLE,
        disable=not CONSOLE.is_terminal,
    ) as progress:
        tasks = {
            source: progress.add_task(source, total=size(source, plan.windows))
            for source, plan in plans.items()
        }
        for index, (source, plan) in enumerate(plans.items()):
            share = (end - time.monotonic()) / (len(plans) - index)
            runs.append(
                pull(
                    database,
                    source,
                    settings,
                    plan,
                    forecast=forecast,
                    advance=partial(progress.advance, tasks[source]),
                    seconds=share,
                    redact=redaction.of,
                    names=names,
                )
            )
    return runs


def _summary(run: Run) -> str:
    what = f", {run.plan.window}" if run.plan.window else ""
    message = f": {run.message}" if run.message else ""
    return f"{run.source}: {run.state}, {run.row_count} rows landed{what}{message}"


def _chosen(names: list[str], settings: Settings) -> list[Source]:
    """The named sources, each once, else all that are configured."""
    for name in names:
        if name not in ADDRESSES:
            _refuse(f"unknown source {name}; known are {', '.join(ADDRESSES)}")
    configured = configured_sources(settings)
    for source, (key, variable) in ADDRESSES.items():
        if source in names and source not in configured:
            _refuse(f"{source} is not configured: set {key} or {variable}")
    if not configured:
        variables = ", ".join(variable for _, variable in ADDRESSES.values())
        _refuse(
            f"nothing is configured: copy loaders.example.toml to {CONFIG_FILE},"
            f" or set {variables}"
        )
    return [source for source in configured if source in names or not names]


def _half_hour(option: str, text: str | None) -> int | None:
    """The half-hour that a time lies in, as the epoch of its start."""
    if text is None:
        return None
    try:
        at = instant_of(option, text, "2025-09-11T10:00Z")
    except NoHour as error:
        _refuse(str(error))
    return int(at.timestamp()) // HALF_HOUR * HALF_HOUR


def _plan(
    database: sqlite3.Connection,
    source: Source,
    since: int | None,
    until: int,
) -> Plan:
    if source in READ_WHOLE:
        return Plan(None)
    plan = plan_of(database, source, since, until, int(time.time()))
    window = plan.window
    if window is not None and window.since >= window.until:
        _refuse(
            f"--until {minute(until)} is not after {minute(window.since)}, from where"
            f" {source} would go on: give --since too"
        )
    return plan


def _fail(message: str) -> NoReturn:
    """End with status 1."""
    say(f"loaders: {message}", is_error=True)
    raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    """End with status 2: wrong use or settings."""
    say(f"loaders: {message}", is_error=True)
    raise typer.Exit(2)
