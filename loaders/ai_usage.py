"""`loaders ai-usage`: what a person knows of AI providers."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from loaders.database import open_landed
from loaders.hours import NoHour, instant_of
from loaders.lock import BUSY, Busy, writing
from loaders.providers import known_providers, land_reset
from loaders.rows import minute
from loaders.settings import (
    InvalidSettings,
    database_path,
    read_settings,
)

ai_usage = typer.Typer(
    help="Say what is known of AI providers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@ai_usage.callback()
def main() -> None:
    """Say what is known of AI providers."""


@ai_usage.command()
def reset(
    provider: Annotated[str, typer.Argument(help="The provider's id, as openrouter.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="ISO", help="When, as 2025-09-11T10:00Z; else now."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
) -> None:
    """Note that a provider's quota was reset, which its API does not tell."""
    reset_at = _instant(at)
    path = database_path()
    if not path.is_file():
        _end(f"no database {path}: loaders pull ai-usage", 1)
    try:
        wait_seconds = read_settings(config).pull.lock_wait_seconds
        with writing(path, wait_seconds), closing(open_landed(path)) as database:
            known = known_providers(database)
            if provider not in known:
                names = ", ".join(known) or "none: loaders pull ai-usage"
                _end(f"unknown provider {provider}; known are {names}", 2)
            land_reset(database, provider, reset_at)
    except InvalidSettings as error:
        _end(str(error), 2)
    except Busy as error:
        _end(str(error), BUSY)
    except sqlite3.Error as error:
        _end(f"{path}: {error}", 1)
    except OSError as error:
        _end(f"{path}: {error.strerror}", 1)
    typer.echo(
        f"{provider}: reset at {minute(reset_at)}; in reset_events after dbt build"
    )


def _instant(text: str | None) -> int:
    """The epoch of a time that has been, of the present without a text."""
    now = int(time.time())
    if text is None:
        return now
    try:
        at = int(instant_of("--at", text, "2025-09-11T10:00Z").timestamp())
    except NoHour as error:
        _end(str(error), 2)
    if at > now:
        _end(f"--at {text}: has not been yet", 2)
    return at


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(code)
