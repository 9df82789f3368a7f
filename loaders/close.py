"""`loaders close`: a month's totals recorded as published."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from loaders.closing import (
    ClosedBefore,
    Gap,
    Incomplete,
    NothingKnown,
    close_month,
)
from loaders.database import open_landed
from loaders.lock import BUSY, Busy, writing
from loaders.pruning import NotBuilt
from loaders.settings import InvalidSettings, database_path, read_settings
from loaders.texts import message

MOST_GAPS = 5


def close(
    month: Annotated[str, typer.Argument(help="The month in UTC, as 2025-09.")],
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Though hours are not processed.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Though it is closed: as a further edition."),
    ] = False,
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
) -> None:
    """Record every total of a month as published; v_closed_periods has it ever after.

    What is restated later changes none of it. Let no dbt build run meanwhile.
    """
    path = db or database_path()
    now = datetime.now(UTC)
    _check(month, now)
    try:
        settings = read_settings(config)
    except InvalidSettings as error:
        _refuse(str(error))
    if not path.is_file():
        _fail(f"no database {path}")
    try:
        with (
            writing(path, settings.pull.lock_wait_seconds),
            closing(open_landed(path)) as database,
        ):
            closed = close_month(
                database,
                month,
                int(now.timestamp()),
                is_incomplete=incomplete,
                is_again=again,
            )
    except Busy as error:
        typer.echo(f"loaders: {error}", err=True)
        raise typer.Exit(BUSY) from None
    except (NotBuilt, NothingKnown) as error:
        _fail(f"{path}: {error}")
    except ClosedBefore as error:
        _refuse(str(error))
    except Incomplete as error:
        _refuse(
            f"{month} lacks {_listed(error.gaps)}; to close it so, add --incomplete"
        )
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    except sqlite3.Error as error:
        _fail(f"{path}: {error}; nothing was recorded")
    edition = f", edition {closed.edition}" if closed.edition > 1 else ""
    typer.echo(f"closed {month}{edition}: {closed.row_count} totals recorded")


def _check(month: str, now: datetime) -> None:
    """Refuse what is no month, or one that has not ended."""
    try:
        begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        _refuse(f"{month}: no month; write it as 2025-09")
    if begin.strftime("%Y-%m") != month:
        _refuse(f"{month}: no month; write it as {begin:%Y-%m}")
    if (begin.year, begin.month) >= (now.year, now.month):
        _refuse(f"{month} has not ended; it is {now:%Y-%m-%dT%H:%MZ}")


def _listed(gaps: list[Gap]) -> str:
    """What lacks in one line; names as they can be shown."""
    shown = [
        f"{message([one.scope_name])}: {one.hours} h {one.lacks}"
        for one in gaps[:MOST_GAPS]
    ]
    if len(gaps) > MOST_GAPS:
        shown.append(f"{len(gaps) - MOST_GAPS} more in v_month_gaps")
    return ", ".join(shown)


def _fail(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(2)
