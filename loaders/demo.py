"""`loaders demo`: a simulated fleet, landed as the real sources are."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from loaders.landing import (
    finish_run,
    holds_real,
    land_documents,
    land_intensity,
    land_label_names,
    land_samples,
    open_database,
    start_run,
)
from loaders.lock import BUSY, Busy, writing
from loaders.naming import landed_names
from loaders.rows import Collection, Document, Source, Window, minute
from loaders.sources import simulated

HOUR = 3600
DAY = 24 * HOUR
LOCK_SECONDS = 60
DEMO_DATABASE = Path("data/demo.db")


def demo(
    db: Annotated[
        Path, typer.Option(help="The database, which must hold no real rows.")
    ] = DEMO_DATABASE,
    end: Annotated[
        str | None,
        typer.Option(
            metavar="ISO", help="End of the simulated time; else the last ended hour."
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=366, help="How many days it lasts.")
    ] = 15,
    seed: Annotated[
        int, typer.Option(help="The same seed and end give the same rows.")
    ] = 1,
) -> None:
    """Land 15 days of a simulated fleet, to try everything without a server."""
    until = _hour(end)
    window = Window(until - days * DAY, until)
    try:
        with writing(db, LOCK_SECONDS), closing(open_database(db)) as database:
            if holds_real(database):
                _refuse(f"{db} holds real rows: choose another file with --db")
            if _holds_other_seed(database, seed):
                _refuse(f"{db} holds rows of another seed: choose another --db")
            for source, row_count in land_demo(database, seed, window):
                typer.echo(f"{source}: {row_count} simulated rows landed, {window}")
    except Busy as error:
        typer.echo(f"loaders: {error}", err=True)
        raise typer.Exit(BUSY) from None
    except (OSError, sqlite3.Error) as error:
        typer.echo(f"loaders: {db}: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Next: USAGE_DB={db} dbt build; then loaders summary --db {db}")


def land_demo(
    database: sqlite3.Connection, seed: int, window: Window
) -> Iterator[tuple[Source, int]]:
    """Land what each source says of the window; yields how many rows it gave.

    Raises sqlite3.Error.
    """
    land_label_names(database, simulated.LABEL_NAMES)
    with _entered(database, seed, "prometheus", window) as run_id:
        samples = simulated.fetch_samples(seed, window)
        row_count = land_samples(database, run_id, window, samples)
    yield "prometheus", row_count
    with _entered(database, seed, "carbon-intensity", window) as run_id:
        slots = simulated.fetch_intensity(seed, window)
        row_count = land_intensity(database, run_id, window, slots)
    yield "carbon-intensity", row_count
    documents: dict[Collection, Iterable[Document]] = {
        "workspaces": simulated.fetch_workspaces(seed, window),
        "users": simulated.fetch_users(),
        "groups": simulated.fetch_groups(),
        "hosts": simulated.fetch_hosts(seed, window),
    }
    names = landed_names(database)
    with _entered(database, seed, "mongo", None) as run_id:
        # another window's documents stay: this read says nothing of them
        row_count = sum(
            land_documents(
                database,
                run_id,
                collection,
                [names.document(collection, row) for row in rows],
                complete=False,
                message=collection,
            )
            for collection, rows in documents.items()
        )
    yield "mongo", row_count


@contextmanager
def _entered(
    database: sqlite3.Connection, seed: int, source: Source, window: Window | None
) -> Iterator[int]:
    run_id = start_run(database, source, window, is_simulated=True)
    try:
        yield run_id
    except BaseException as error:
        reason = str(error) or "interrupted"
        finish_run(database, run_id, "failed", f"{_seed(seed)}: {reason}")
        raise
    finish_run(database, run_id, "done", _seed(seed))


def _holds_other_seed(database: sqlite3.Connection, seed: int) -> bool:
    """Whether simulated rows are of another fleet: two would make no sense together."""
    found = database.execute(
        "select exists (select 1 from raw_pull_runs"
        " where message like 'seed %' and message <> :seed"
        " and message not like :seed || ':%')",
        {"seed": _seed(seed)},
    ).fetchone()
    return bool(found[0])


def _seed(seed: int) -> str:
    return f"seed {seed}"


def _hour(text: str | None) -> int:
    """The hour that a time lies in, else the last that has ended, as an epoch."""
    now = int(time.time())
    if text is None:
        return now // HOUR * HOUR
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        _refuse(f"--end {text}: no ISO time; write it as 2025-09-11T10:00Z")
    if at.tzinfo is None:
        _refuse(f"--end {text}: has no time zone; for UTC end it in Z")
    if at.timestamp() > now:
        _refuse(f"--end {text}: is in the future; it is {minute(now)}")
    return int(at.timestamp()) // HOUR * HOUR


def _refuse(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(2)
