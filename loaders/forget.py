"""`loaders forget`: a person's name replaced everywhere, and kept from coming back."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from loaders.database import open_landed
from loaders.forgetting import AlreadyForgotten, forget_person
from loaders.lock import BUSY, Busy, writing
from loaders.naming import names_by_key
from loaders.remedies import explained
from loaders.settings import InvalidSettings, Settings, database_path, read_settings
from loaders.texts import message
from loaders.transaction import transaction

COPIES = """
select backup_path from raw_prunings
union
select backup_path from raw_backups
order by backup_path
"""


class _Undone(Exception):
    """What was only to be counted is taken back."""


def forget(
    user: Annotated[str, typer.Argument(help="The user_id, as dim_user has it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
) -> None:
    """Replace a person's id and name by a pseudonym everywhere; totals stay.

    Without --yes it says what it would change. Let no dbt build run meanwhile.
    """
    path = db or database_path()
    try:
        settings = read_settings(config)
    except InvalidSettings as error:
        _refuse(str(error))
    if not path.is_file():
        _fail(f"no database {path}")
    shown = message([user]) or ""
    try:
        with (
            writing(path, settings.pull.lock_wait_seconds),
            closing(open_landed(path)) as database,
        ):
            copies = list(_copies(database, path, shown))
            changed = _forgotten(database, settings, user, is_meant=yes)
            if yes:
                # also when an earlier one ended before it
                _wipe(database, path, settings.pull.lock_wait_seconds)
    except Busy as error:
        typer.echo(f"loaders: {error}", err=True)
        raise typer.Exit(BUSY) from None
    except AlreadyForgotten as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    except sqlite3.Error as error:
        _fail(f"{path}: {explained(error)}; nothing was changed")
    if not changed:
        _fail(f"{path} names nobody {shown}")
    places = ", ".join(f"{table} ({count})" for table, count in sorted(changed.items()))
    if not yes:
        _refuse(f"would replace {shown} in {places}; to do it, add --yes")
    typer.echo(f"forgotten in {places}")
    for line in copies:
        typer.echo(f"loaders: {line}", err=True)


def _forgotten(
    database: sqlite3.Connection, settings: Settings, user: str, *, is_meant: bool
) -> Counter[str]:
    """Names replaced by table; none of a person that is unknown."""
    names = names_by_key(database, settings)
    # what was there stays in no page that is free
    database.execute("pragma secure_delete = on")
    changed = Counter[str]()
    try:
        with transaction(database):
            # a label that is not the user's may hold the name itself
            for name in dict.fromkeys((user, names.keyed(user))):
                changed += forget_person(database, names, name, int(time.time()))
            if not is_meant:
                raise _Undone
    except _Undone:
        pass
    return changed


def _wipe(database: sqlite3.Connection, path: Path, wait_seconds: float) -> None:
    """Take what was there out of pages that were free before, and of the journal."""
    database.execute(f"pragma busy_timeout = {int(wait_seconds * 1000)}")
    remedy = f"sqlite3 {path} 'vacuum; pragma wal_checkpoint(truncate)'"
    try:
        database.execute("vacuum")
        [is_busy, *_] = database.execute("pragma wal_checkpoint(truncate)").fetchone()
    except sqlite3.Error as error:
        typer.echo(f"loaders: old pages are still there ({error}): {remedy}", err=True)
        return
    if is_busy:
        typer.echo(
            f"loaders: old pages are still there, as others read the file: {remedy}",
            err=True,
        )


def _copies(database: sqlite3.Connection, path: Path, shown: str) -> Iterator[str]:
    """Lines on copies of it: beside `path`, and where it was backed up or pruned to."""
    made = [Path(one) for (one,) in database.execute(COPIES)]
    beside = path.resolve().parent.glob(f"{path.name}.*")
    gone = []
    for place in sorted({*beside, *made}):
        try:
            if _is_copy(place):
                yield f"{place} may still name {shown}: delete it"
        except FileNotFoundError:
            gone.append(place)
        except OSError as error:
            yield f"{place} may still name {shown}: cannot be read ({error.strerror})"
    if gone:
        yield (
            f"copies that are not where they were put: {len(gone)}, such as"
            f" {gone[-1]}: if they are elsewhere, they may still name {shown}"
        )


def _is_copy(path: Path) -> bool:
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def _fail(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(2)
