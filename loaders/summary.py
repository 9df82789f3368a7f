"""`loaders summary`: what the reports say of each project, on the terminal."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loaders.landing import holds_simulated
from loaders.remedies import explained
from loaders.settings import database_path
from loaders.texts import printable
from loaders.versions import refuse_newer

REPORT = "v_project_totals"
TOTALS = """
select
    cloud_project_name,
    busy_kwh,
    idle_kwh,
    busy_gCo2eq,
    idle_gCo2eq,
    kwh_low,
    kwh_high,
    hours_processed,
    hours_expected
from v_project_totals
order by cloud_project_name
"""
EXAMPLE = "select * from v_user_totals"
PERIOD = "select min(ts), max(ts) from v_ada_timeseries"
HEADINGS = (
    "busy\nkWh",
    "idle\nkWh",
    "low to high\nkWh",
    "busy\ngCO2eq",
    "idle\ngCO2eq",
    "complete\nhours",
)
MODEL = (
    "An hour is complete when it was downloaded whole, no host lost scrapes and the"
    " grid's intensity is known; v_status_timeseries says what the others lack. Energy"
    " is a model of the CPU only: no memory, GPU, network or embodied carbon. Its"
    " default of 12 W a busy core is a guess, low to high is what it may be instead:"
    " see seeds/machine_power.csv."
)


def summary(
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
) -> None:
    """Show energy, carbon and coverage of each project as last built."""
    path = db or database_path()
    if not path.is_file():
        _fail(f"no database {path}: land rows with loaders pull or loaders demo")
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=60)) as database:
            refuse_newer(database)
            if not _is_built(database):
                _fail(f"{path}: nothing was built yet: USAGE_DB={path} dbt build")
            rows = database.execute(TOTALS).fetchall()
            first, last = database.execute(PERIOD).fetchone()
            is_simulated = holds_simulated(database)
    except sqlite3.Error as error:
        _fail(f"{path}: {explained(error)}")
    if not rows:
        _fail(f"{path}: no ended hour has usage yet: land more, then dbt build")
    kind = "simulated data" if is_simulated else "usage"
    console = Console(highlight=False)
    period = f"hours that begin from {first} to {last} (UTC)"
    console.print(Text(f"{path}: {kind}, {period}"), soft_wrap=True)
    console.print(_table(rows))
    console.print(Text(MODEL))
    for line in _next(path, is_simulated=is_simulated):
        console.print(Text(line), soft_wrap=True)


def _is_built(database: sqlite3.Connection) -> bool:
    found = database.execute(
        "select count(*) from sqlite_master where type = 'view' and name in (?, ?)",
        (REPORT, "v_ada_timeseries"),
    ).fetchone()
    return bool(found[0] == 2)


def _table(rows: list[tuple[Any, ...]]) -> Table:
    table = Table("project\n", pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for project, busy_kwh, idle_kwh, busy_grams, idle_grams, low, high, *hours in rows:
        table.add_row(
            Text(printable(project)),
            f"{busy_kwh:,.1f}",
            f"{idle_kwh:,.1f}",
            f"{low:,.0f} to {high:,.0f}",
            f"{busy_grams:,.0f}",
            f"{idle_grams:,.0f}",
            f"{hours[0]} of {hours[1]}",
        )
    return table


def _next(path: Path, *, is_simulated: bool) -> list[str]:
    if is_simulated:
        own = (
            "your own cloud: copy loaders.example.toml to loaders.toml, then"
            " loaders pull, dbt build, loaders summary"
        )
    else:
        own = "to be up to date: loaders pull, then dbt build"
    return [f"Next: sqlite3 -box {path} '{EXAMPLE}'", f"      {own}"]


def _fail(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)
