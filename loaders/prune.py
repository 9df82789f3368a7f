"""`loaders prune`: samples of built hours deleted, after a backup; figures stay."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from loaders.backup import BackupFailed, backup, unused
from loaders.database import open_landed
from loaders.hours import NoHour, instant_of
from loaders.lock import BUSY, Busy, writing
from loaders.pruning import (
    HOUR,
    NotBuilt,
    count_prunable,
    freeze,
    frozen_before,
    prove_built,
    prove_whole,
    prune_frozen,
)
from loaders.remedies import explained, may_pass
from loaders.rows import minute
from loaders.settings import InvalidSettings, database_path, read_settings


def prune(
    before: Annotated[
        str,
        typer.Option(
            metavar="DATE",
            help="Delete what is older than this day or hour in UTC, as 2025-09-01 or"
            " 2025-09-01T06:00Z.",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    backup_path: Annotated[
        Path | None,
        typer.Option("--backup", help="Where the copy goes; else beside the database."),
    ] = None,
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
) -> None:
    """Delete samples and scrapes of Prometheus that are older; every figure stays.

    It proves that the hours are built, copies the database and freezes the hours: no
    later sample changes them. Let no dbt build run meanwhile.
    """
    path = db or database_path()
    at = _hour(before)
    try:
        settings = read_settings(config)
    except InvalidSettings as error:
        _refuse(str(error))
    if not path.is_file():
        _fail(f"no database {path}")
    beside = path.with_name(f"{path.name}.before-prune-{_day(at)}.db")
    try:
        with (
            writing(path, settings.pull.lock_wait_seconds),
            closing(open_landed(path)) as database,
        ):
            is_frozen = at <= frozen_before(database)
            prove_built(database, at)
            if not is_frozen:
                prove_whole(database, at, int(time.time()))
            if yes and not is_frozen:
                # an older copy may be all that has the samples of an older pruning
                made = backup(path, backup_path or unused(beside))
                typer.echo(f"copied to {made.path}")
                freeze(database, at, str(made.path.resolve()))
            pruned = prune_frozen(database, at) if yes else count_prunable(database, at)
    except Busy as error:
        typer.echo(f"loaders: {error}", err=True)
        raise typer.Exit(BUSY) from None
    except NotBuilt as error:
        _fail(f"{path}: {error}")
    except BackupFailed as error:
        _fail(f"{error}; nothing was deleted")
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    except sqlite3.Error as error:
        then = "; run it again to go on" if may_pass(error) else ""
        _fail(f"{path}: {explained(error)}{then}")
    what = f"{pruned.samples} samples and {pruned.scrapes} scrapes before {minute(at)}"
    if not yes:
        _refuse(f"would delete {what} for good; to do it, add --yes")
    typer.echo(f"deleted {what}")


def _hour(text: str) -> int:
    """The hour that a text names, as an epoch."""
    is_day = len(text) <= len("2025-09-01")
    try:
        at = instant_of("--before", f"{text}T00Z" if is_day else text, "2025-09-01")
    except NoHour as error:
        _refuse(str(error).replace(f"{text}T00Z", text))
    epoch = at.timestamp()
    if epoch % HOUR:
        _refuse(f"--before {text}: is no whole hour")
    return int(epoch)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(
        "%Y-%m-%dT%H" if at % 86400 else "%F"
    )


def _fail(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(2)
