"""`loaders export`: files for other programs, from the reports as last built."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer

from loaders.aside import aside
from loaders.file_names import file_names
from loaders.hours import NoHour, hour_of
from loaders.remedies import remedy_of
from loaders.settings import database_path
from loaders.versions import UnfitVersion, refuse_newer

FOLDER = Path("exports")
ROWS_A_GROUP = 31 * 24
HOUR = "%Y-%m-%dT%H:%M:%SZ"
VERSION = b"ada_carbon.version"
METRICS = (
    "busy_usage_cpu_seconds_total",
    "idle_usage_cpu_seconds_total",
    "busy_usage_kwh",
    "idle_usage_kwh",
    "busy_usage_gCO2eq",
    "idle_usage_gCO2eq",
)
SCHEMA = pa.schema(
    [
        pa.field("timestamp", pa.timestamp("ms", tz="UTC"), nullable=False),
        *(pa.field(metric, pa.float64()) for metric in METRICS),
        pa.field("status", pa.string(), nullable=False),
    ]
)
PROJECTS = "select cloud_project_name from dim_project order by project_id"
NEWEST = """
select version_id, versioned_at
from int_usage_versions
order by version_id desc
limit 1
"""
VERSIONED = "select versioned_at from int_usage_versions where version_id = ?"
RESTATED = """
select coalesce(min(ts), '~')
from int_usage_versions
where scope = 'project' and cloud_project_name = ? and version_id > ?
"""
STATUSES = """
select ts, status, busy_usage_kwh is null
from v_project_export
where cloud_project_name = ? and ts < ?
order by ts
"""
HOURS = f"""
select ts, {", ".join(METRICS)}, status
from v_project_export
where cloud_project_name = ? and ts >= ?
order by ts
"""  # noqa: S608 (names of columns)
MACHINES = """
select
    machine_name,
    energy_data_points,
    avg_busy_energy_kwh,
    avg_idle_energy_kwh,
    carbon_data_points,
    avg_busy_carbon_gCo2eq,
    avg_idle_carbon_gCo2eq
from v_machine_data_points
order by machine_name
"""
WORKSPACES = """
select instance, machine_name, busy_kwh, idle_kwh, busy_gCo2eq, idle_gCo2eq, started_at
from v_active_workspaces
order by instance, started_at, user_id
"""


class Version(NamedTuple):
    """The last version of the facts that a file has seen; its time tells the database.

    Ids begin anew in another database.
    """

    version_id: int
    versioned_at: int


def export(
    to: Annotated[Path, typer.Option(help="The folder to write to.")] = FOLDER,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="ISO",
            help="Read hours before it only where they changed: 2025-09-01T00:00Z.",
        ),
    ] = None,
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
) -> None:
    """Write each project's Parquet file, machines' averages and workspaces as JSON."""
    path = db or database_path()
    if not path.is_file():
        _fail(f"no database {path}: land rows with loaders pull or loaders demo")
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        first = hour_of("--since", since) if since else ""
        to.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(uri, uri=True, timeout=60)) as database:
            refuse_newer(database)
            # all files are of one instant, whatever a build does meanwhile
            database.execute("begin")
            for file, row_count in _write_all(database, to, first):
                typer.echo(f"{file}: {row_count} rows")
    except NoHour as error:
        typer.echo(f"loaders: {error}", err=True)
        raise typer.Exit(2) from None
    except UnfitVersion as error:
        _fail(f"{path}: {error}")
    except sqlite3.Error as error:
        _fail(f"{path}: {error}: {remedy_of(error) or f'USAGE_DB={path} dbt build'}")
    except (OSError, pa.ArrowException) as error:
        _fail(f"{to}: {error}")


def project_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows of `ts`, the six metrics and the status, in the schema of the files."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    timestamps = _instants(columns[0])
    others = [
        pa.array(column, field.type)
        for column, field in zip(columns[1:], list(SCHEMA)[1:], strict=True)
    ]
    return pa.Table.from_arrays([timestamps, *others], schema=SCHEMA)


def _instants(hours: Sequence[str]) -> pa.Array:
    texts = pa.array(hours, pa.string())
    return pc.assume_timezone(pc.strptime(texts, format=HOUR, unit="ms"), "UTC")


def _write_all(
    database: sqlite3.Connection, folder: Path, first: str
) -> list[tuple[Path, int]]:
    written = []
    projects = [project for (project,) in database.execute(PROJECTS)]
    version = Version(*(database.execute(NEWEST).fetchone() or (0, 0)))
    for project, name in sorted(file_names(projects).items()):
        file = folder / f"{name}.parquet"
        old, begin = _kept(database, project, file, first)
        rows = database.execute(HOURS, (project, begin)).fetchall()
        table = pa.concat_tables([old, project_table(rows)])
        _write(table, file, version)
        written.append((file, table.num_rows))
    machines = database.execute(MACHINES).fetchall()
    written.append((_write_machines(machines, folder), len(machines)))
    workspaces = database.execute(WORKSPACES)
    names = [column for column, *_ in workspaces.description]
    entries = [dict(zip(names, row, strict=True)) for row in workspaces]
    written.append((_write_json(entries, folder, "active_workspaces"), len(entries)))
    return written


def _kept(
    database: sqlite3.Connection, project: str, file: Path, first: str
) -> tuple[pa.Table, str]:
    """The rows of a file that are still right, and the hour from which it lacks.

    None are of a file that cannot be read, is of another database, or older than its
    versions.
    """
    none = SCHEMA.empty_table(), ""
    if not first or not file.is_file():
        return none
    try:
        version = _version_of(file)
        if version is None or _versioned_at(database, version) != version.versioned_at:
            return none
        table = pq.read_table(file).select(SCHEMA.names).cast(SCHEMA)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return none
    hours = [f"{at:{HOUR}}" for at in table["timestamp"].to_pylist()]
    lacks = pc.is_null(table["busy_usage_kwh"]).to_pylist()
    held = zip(hours, table["status"].to_pylist(), lacks, strict=True)
    shown = database.execute(STATUSES, (project, first))
    changed = (
        min(hour for hour in pair if hour)[0]
        for pair in zip_longest(held, shown)
        if pair[0] != pair[1]
    )
    [restated] = database.execute(RESTATED, (project, version.version_id)).fetchone()
    begin = min(first, restated, next(changed, first))
    is_kept = pc.less(table["timestamp"], _instants([begin])[0])
    return table.filter(is_kept), begin


def _version_of(file: Path) -> Version | None:
    """The version of the facts that a file was written of, None of other files."""
    found = (pq.read_metadata(file).metadata or {}).get(VERSION)
    return Version(*map(int, found.split())) if found else None


def _versioned_at(database: sqlite3.Connection, version: Version) -> int | None:
    found = database.execute(VERSIONED, (version.version_id,)).fetchone()
    return found[0] if found else None


def _write(table: pa.Table, file: Path, version: Version) -> None:
    """A group a month of hours: what asks for a stretch of time skips the others."""
    with (
        aside(file) as path,
        pq.ParquetWriter(
            path,
            SCHEMA,
            compression="zstd",
            sorting_columns=[pq.SortingColumn(0)],
            write_page_index=True,
            store_schema=False,
        ) as writer,
    ):
        writer.write_table(table, ROWS_A_GROUP)
        writer.add_key_value_metadata({VERSION: f"{version[0]} {version[1]}"})


def _write_machines(machines: list[tuple[Any, ...]], folder: Path) -> Path:
    entries = [
        {
            "machine_name": name,
            "metrics": {
                "energy_kwh": {
                    "busy": {"number_data_points": count, "running_average": busy_kwh},
                    "idle": {"number_data_points": count, "running_average": idle_kwh},
                },
                "carbon_gCo2eq": {
                    "number_data_points": carbon_count,
                    "busy": {"running_average": busy_grams},
                    "idle": {"running_average": idle_grams},
                },
            },
        }
        for (
            name,
            count,
            busy_kwh,
            idle_kwh,
            carbon_count,
            busy_grams,
            idle_grams,
        ) in machines
    ]
    return _write_json(entries, folder, "machine_averages")


def _write_json(entries: list[dict[str, Any]], folder: Path, name: str) -> Path:
    file = folder / f"{name}.json"
    with aside(file) as path:
        path.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
    return file


def _fail(message: str) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(1)
