"""The commands `demo` and `summary`, run as on a terminal."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from sqlite_utils import Database
from typer.testing import CliRunner, Result

from loaders import landing
from loaders.demo import demo
from loaders.summary import summary

END = "2025-09-19T09:00Z"
RAW = (
    "raw_prometheus_label_names",
    "raw_prometheus_series",
    "raw_prometheus_samples",
    "raw_carbon_intensity",
    "raw_mongo_workspaces",
    "raw_mongo_users",
    "raw_mongo_groups",
    "raw_mongo_hosts",
    "raw_changes",
)
REPORTS = """
create view v_project_totals as
select
    column1 as cloud_project_name,
    column2 as busy_kwh,
    column3 as idle_kwh,
    column4 as busy_gCo2eq,
    column5 as idle_gCo2eq,
    column6 as kwh_low,
    column7 as kwh_high,
    column8 as hours_processed,
    column9 as hours_expected
from (
    values
    ('DDAaaS', 1234.567, 2, 3, 4, 600.5, 2000, 166, 168),
    ('[bold]', 0, 0, 0, 0, 0, 0, 0, 1)
);
create view v_ada_timeseries as
select '2025-09-18T09:00:00Z' as ts union all select '2025-09-19T08:00:00Z';
"""


def loaders(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(demo)
    app.command()(summary)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        return {
            table: [tuple(row.values()) for row in Database(database).table(table).rows]
            for table in RAW
        }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "demo.db"


def test_demo_lands_simulated_rows(path: Path) -> None:
    result = loaders("demo", "--db", path, "--end", END, "--days", 1)

    assert result.exit_code == 0
    assert re.search(r"^prometheus: \d{5} simulated rows landed", result.output)
    assert f"USAGE_DB={path} dbt build" in result.output
    with closing(landing.open_database(path)) as database:
        assert landing.holds_simulated(database)
        assert not landing.holds_real(database)
        runs = database.execute(
            "select source, state, row_count > 0, is_simulated from raw_pull_runs"
        ).fetchall()
    assert runs == [
        (source, "done", 1, 1) for source in ("prometheus", "carbon-intensity", "mongo")
    ]
    assert all(rows(path).values())


def test_demo_again_changes_no_row(path: Path) -> None:
    loaders("demo", "--db", path, "--end", END, "--days", 1)
    before = rows(path)

    assert loaders("demo", "--db", path, "--end", END, "--days", 1).exit_code == 0

    assert rows(path) == before


def test_demo_an_hour_later_only_adds(path: Path) -> None:
    loaders("demo", "--db", path, "--end", "2025-09-19T08:00Z", "--days", 1)
    before = set(rows(path)["raw_prometheus_samples"])

    loaders("demo", "--db", path, "--end", END, "--days", 1)

    assert before < set(rows(path)["raw_prometheus_samples"])


def test_demo_ends_with_the_last_hour(path: Path) -> None:
    loaders("demo", "--db", path, "--days", 1)

    with closing(sqlite3.connect(path)) as database:
        newest, is_past = database.execute(
            "select max(ts), max(ts) > unixepoch() - 7200 from raw_prometheus_samples"
        ).fetchone()
    assert newest % 3600 == 0
    assert is_past


def test_demo_refuses_real_rows(path: Path) -> None:
    with closing(landing.open_database(path)) as database:
        landing.start_run(database, "mongo", None)

    result = loaders("demo", "--db", path)

    assert result.exit_code == 2
    assert result.output == (
        f"loaders: {path} holds real rows: choose another file with --db\n"
    )


def test_demo_refuses_another_seed(path: Path) -> None:
    loaders("demo", "--db", path, "--end", END, "--days", 1, "--seed", 1)

    result = loaders("demo", "--db", path, "--end", END, "--days", 1, "--seed", 11)

    assert result.exit_code == 2
    assert "holds rows of another seed" in result.output


def test_demo_refuses_what_another_seed_began(path: Path) -> None:
    with closing(landing.open_database(path)) as database:
        run_id = landing.start_run(database, "prometheus", None, is_simulated=True)
        landing.finish_run(database, run_id, "failed", "seed 11: interrupted")

    assert loaders("demo", "--db", path, "--end", END, "--days", 1).exit_code == 2


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("yesterday", "no ISO time"),
        ("2025-09-19T09:00", "has no time zone"),
        ("2999-01-01T00:00Z", "is in the future"),
    ],
)
def test_demo_refuses_an_end(path: Path, end: str, problem: str) -> None:
    result = loaders("demo", "--db", path, "--end", end)

    assert result.exit_code == 2
    assert result.output.startswith(f"loaders: --end {end}: {problem}")
    assert not path.exists()


def test_demo_says_what_is_no_database(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database, " * 100)

    result = loaders("demo", "--db", other)

    assert result.exit_code == 1
    assert result.output == f"loaders: {other}: file is not a database\n"


def test_summary_shows_the_report_as_it_is(path: Path) -> None:
    with closing(landing.open_database(path)) as database:
        landing.start_run(database, "mongo", None, is_simulated=True)
        database.executescript(REPORTS)

    result = loaders("summary", "--db", path)

    assert result.exit_code == 0
    text = result.output.replace("│", " ").splitlines()
    lines = [" ".join(line.split()) for line in text]
    assert "DDAaaS 1,234.6 2.0 600 to 2,000 3 4 166 of 168" in lines
    assert "[bold] 0.0 0.0 0 to 0 0 0 0 of 1" in lines
    assert (
        f"{path}: simulated data, hours that begin from 2025-09-18T09:00:00Z"
        " to 2025-09-19T08:00:00Z (UTC)"
    ) in result.output
    assert "CPU only" in result.output
    assert "12 W a busy core is a guess" in result.output
    assert "loaders.example.toml" in result.output


def test_summary_of_real_rows_does_not_say_simulated(
    database_path: Path,
) -> None:
    with closing(landing.open_database(database_path)) as database:
        landing.start_run(database, "mongo", None)
        database.executescript(REPORTS)

    result = loaders("summary")

    assert result.exit_code == 0
    assert "simulated" not in result.output
    assert "loaders pull" in result.output


def test_summary_before_anything_was_landed(path: Path) -> None:
    result = loaders("summary", "--db", path)

    assert result.exit_code == 1
    assert result.output.startswith(f"loaders: no database {path}: ")
    assert not path.exists()


def test_summary_before_anything_was_built(path: Path) -> None:
    landing.open_database(path).close()

    result = loaders("summary", "--db", path)

    assert result.exit_code == 1
    assert "nothing was built yet" in result.output


def test_summary_without_usage(path: Path) -> None:
    with closing(landing.open_database(path)) as database:
        database.executescript(REPORTS.replace("1)\n);", "1)\n) where false;"))

    result = loaders("summary", "--db", path)

    assert result.exit_code == 1
    assert "no ended hour has usage yet" in result.output
