"""`loaders export`: files for other programs, from the reports as last built."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer

from loaders.aside import aside
from loaders.hours import NoHour, hour_of
from loaders.remedies import remedy_of
from loaders.settings import database_path

FOLDER = Path("exports")
ROWS_A_GROUP = 31 * 24
LONGEST_NAME = 150
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
PROJECTS = "select cloud_project_name from dim_project order by cloud_project_name"
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


def export(
    to: Annotated[Path, typer.Option(help="The folder to write to.")] = FOLDER,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="ISO",
            help="Keep hours before it as the files have them: 2025-09-01T00:00Z.",
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
            # all files are of one instant, whatever a build does meanwhile
            database.execute("begin")
            for file, row_count in _write_all(database, to, first):
                typer.echo(f"{file}: {row_count} rows")
    except NoHour as error:
        typer.echo(f"loaders: {error}", err=True)
        raise typer.Exit(2) from None
    except sqlite3.Error as error:
        _fail(f"{path}: {error}: {remedy_of(error) or f'USAGE_DB={path} dbt build'}")
    except (OSError, pa.ArrowException) as error:
        _fail(f"{to}: {error}")


def file_name(project: str) -> str:
    """The name of a project's file, which no other project has.

    Characters that a file system may refuse are percent-encoded; a long name is cut and
    ends in a digest of the whole.
    """
    name = quote(project, safe=" ()+,=@", errors="surrogatepass")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > LONGEST_NAME:
        digest = hashlib.sha256(project.encode(errors="surrogatepass")).hexdigest()
        name = f"{name[:LONGEST_NAME]}~{digest[:16]}"
    return f"{name}.parquet"


def project_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows of `ts`, the six metrics and the status, in the schema of the files."""
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    instants = pc.strptime(
        pa.array(columns[0], pa.string()), format="%Y-%m-%dT%H:%M:%SZ", unit="ms"
    )
    timestamps = pc.assume_timezone(instants, "UTC")
    others = [
        pa.array(column, field.type)
        for column, field in zip(columns[1:], list(SCHEMA)[1:], strict=True)
    ]
    return pa.Table.from_arrays([timestamps, *others], schema=SCHEMA)


def _write_all(
    database: sqlite3.Connection, folder: Path, first: str
) -> list[tuple[Path, int]]:
    written = []
    for (project,) in database.execute(PROJECTS).fetchall():
        file = folder / file_name(project)
        old = _before(file, first)
        begin = first if old is not None else ""
        table = project_table(database.execute(HOURS, (project, begin)).fetchall())
        if old is not None:
            table = pa.concat_tables([old, table])
        _write(table, file)
        written.append((file, table.num_rows))
    machines = database.execute(MACHINES).fetchall()
    written.append((_write_machines(machines, folder), len(machines)))
    workspaces = database.execute(WORKSPACES)
    names = [column for column, *_ in workspaces.description]
    entries = [dict(zip(names, row, strict=True)) for row in workspaces]
    written.append((_write_json(entries, folder, "active_workspaces"), len(entries)))
    return written


def _before(file: Path, first: str) -> pa.Table | None:
    """The rows of a file before an hour; None when it is to be written anew."""
    if not first or not file.is_file():
        return None
    table = pq.read_table(file)
    if not table.schema.equals(SCHEMA):
        return None
    hour = pc.assume_timezone(
        pc.strptime(pa.scalar(first), format="%Y-%m-%dT%H:%M:%SZ", unit="ms"), "UTC"
    )
    return table.filter(pc.less(table["timestamp"], hour))


def _write(table: pa.Table, file: Path) -> None:
    """A group a month of hours: what asks for a stretch of time skips the others."""
    with aside(file) as path:
        pq.write_table(
            table,
            path,
            row_group_size=ROWS_A_GROUP,
            compression="zstd",
            sorting_columns=[pq.SortingColumn(0)],
            write_page_index=True,
            store_schema=False,
        )


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
