"""`loaders publish`: a copy without raw rows, for the page, the API, other readers."""

import sqlite3
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from loaders.backup import note
from loaders.disguise import Disguise
from loaders.lock import BUSY, Busy, writing
from loaders.publishable import UnfitLayout, layout_of
from loaders.publishing import (
    NotPublished,
    are_pseudonyms,
    make_folder,
)
from loaders.publishing import publish as make
from loaders.remedies import explained
from loaders.replaceable import refuse_wider
from loaders.settings import InvalidSettings, Settings, database_path, read_settings

HERE = Path()


def publish(
    target: Annotated[
        Path, typer.Argument(metavar="PATH", help="The file that the copy becomes.")
    ],
    without_users: Annotated[
        bool, typer.Option("--without-users", help="Leave out what is by user.")
    ] = False,
    pseudonyms: Annotated[
        bool,
        typer.Option("--pseudonyms", help="Name users by LOADERS_PSEUDONYM_KEY."),
    ] = False,
    group_readable: Annotated[
        bool,
        typer.Option("--group-readable", help="Mode 0640; else its owner's alone."),
    ] = False,
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
    project: Annotated[
        Path, typer.Option(help="The folder of the dbt project.")
    ] = HERE,
) -> None:
    """Copy marts and reports, without raw rows, for the page and the API."""
    path = db or database_path()
    if without_users and pseudonyms:
        _end("give --without-users or --pseudonyms, not both", 2)
    if not path.is_file():
        _end(f"no database {path}: land rows with loaders pull or loaders demo", 1)
    if target.is_dir() or target.resolve() == path.resolve():
        _end(f"{target}: is a folder or the database itself: name another", 2)
    try:
        settings = read_settings(config)
        layout = layout_of(project)
        wait = settings.pull.lock_wait_seconds
        make_folder(target.parent, is_for_group=group_readable)
        with writing(path, wait), writing(target, wait):
            disguise = _disguise(
                path, settings, without=without_users, hashed=pseudonyms
            )
            refuse_wider(target, disguise.users)
            made = make(path, target, layout, disguise, is_for_group=group_readable)
    except (InvalidSettings, UnfitLayout) as error:
        _end(str(error), 2)
    except Busy as error:
        _end(str(error), BUSY)
    except NotPublished as error:
        _end(f"{path}: {error}", 1)
    except OSError as error:
        _end(f"{target}: {error.strerror}", 1)
    except sqlite3.Error as error:
        _end(f"{path} to {target}: {explained(error)}", 1)
    typer.echo(
        f"{made.path}: {made.tables} tables and {made.views} views,"
        f" {made.size / 1e6:.1f} MB"
    )
    note(path, target)


def _disguise(
    path: Path, settings: Settings, *, without: bool, hashed: bool
) -> Disguise:
    """How people are to appear. Raises InvalidSettings, NotPublished, sqlite3.Error."""
    is_hidden = are_pseudonyms(path)
    if without:
        return Disguise("none")
    if is_hidden:
        return Disguise("pseudonyms")
    if not hashed:
        return Disguise("names")
    if settings.pseudonym_key is None:
        raise InvalidSettings(
            "--pseudonyms needs a key: LOADERS_PSEUDONYM_KEY, from openssl rand -hex 32"
        )
    return Disguise("pseudonyms", settings.pseudonym_key.get_secret_value().encode())


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(code)
