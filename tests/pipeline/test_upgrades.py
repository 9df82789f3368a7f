"""Databases of earlier commits, taken over: no row and no id of theirs is lost."""

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loaders.database import open_database
from loaders.landing import (
    Sample,
    Series,
    User,
    Window,
    finish_run,
    land_documents,
    land_samples,
    start_run,
)
from loaders.rows import HALF_HOUR
from loaders.versions import STEPS, missing, version_of
from tests.pipeline.conftest import MakeProject, assert_unwarned
from tests.pipeline.marts import assert_adds_up
from tests.pipeline.project import (
    WITHOUT_COLUMN_TESTS,
    WITHOUT_UNIT_TESTS,
    Project,
)

STORED = Path(__file__).parents[1] / "upgrades"
FIRST = "084130a"
FIRST_BUILT = "0bba140"
PRUNED = "fffb084"
UNTIL = 1789516800  # 2026-09-16T00:00:00Z, where the stored files end
LATER = Window(UNTIL, UNTIL + 6 * HALF_HOUR)

Tables = dict[str, tuple[list[str], set[tuple[Any, ...]]]]


@pytest.mark.parametrize("name", [FIRST, FIRST_BUILT, PRUNED])
def test_a_stored_file_goes_on(new_project: MakeProject, name: str) -> None:
    project = new_project()
    stored = lzma.decompress((STORED / f"{name}.db.xz").read_bytes())
    project.database.write_bytes(stored)
    before = durable_rows(project)
    assert len(before["raw_prometheus_samples"][1]) > 2000

    land_more(project.database)
    tests = WITHOUT_COLUMN_TESTS if name == FIRST_BUILT else WITHOUT_UNIT_TESTS
    said = project.succeed("build", *tests)

    assert lost(before, project) == {}
    if name == FIRST_BUILT:
        assert "WARN=1" in said and "Warning in test assert_hosts_reach_back" in said
        said = project.succeed("build", "--full-refresh", *WITHOUT_UNIT_TESTS)
    assert_unwarned(said)
    assert_adds_up(project)
    [newest] = project.query("select max(ts) as ts from fact_usage")
    assert newest["ts"] == "2026-09-16T02:00:00Z"
    with closing(open_database(project.database)) as database:
        assert version_of(database) == STEPS[-1].version
        assert list(missing(database)) == []
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []


def durable_rows(project: Project) -> Tables:
    """Columns and rows of every table whose rows last."""
    found: Tables = {}
    with closing(sqlite3.connect(project.database)) as database:
        for table in project.durable_tables():
            rows = database.execute(f"select * from {table}")  # noqa: S608
            columns = [name for name, *_ in rows.description]
            found[table] = (columns, set(rows))
    return found


def lost(before: Tables, project: Project) -> dict[str, set[tuple[Any, ...]]]:
    """Rows by table, as they were, that the database does not hold any more."""
    missing_rows = {}
    with closing(sqlite3.connect(project.database)) as database:
        for table, (columns, rows) in before.items():
            listed = ", ".join(f'"{name}"' for name in columns)
            now = set(database.execute(f"select {listed} from {table}"))  # noqa: S608
            missing_rows[table] = rows - now
    return {table: rows for table, rows in missing_rows.items() if rows}


def land_more(path: Path) -> None:
    """Three hours in which what ran last goes on, and a user. Forecasts are there."""
    with closing(open_database(path)) as database:
        run_id = start_run(database, "prometheus", LATER, is_simulated=True)
        land_samples(database, run_id, LATER, going_on(database))
        finish_run(database, run_id, "done")
        run_id = start_run(database, "mongo", None, is_simulated=True)
        user = User(document_id="new", platform_name="new", name="N", uid="1", gid=None)
        land_documents(database, run_id, "users", [user], complete=False)
        finish_run(database, run_id, "done")


def going_on(database: sqlite3.Connection) -> list[Sample]:
    """The samples of hosts whose last scrape was within the last half-hour."""
    ends = range(LATER.since + HALF_HOUR, LATER.until + 1, HALF_HOUR)
    newest = database.execute(
        "select metric, mode, labels, value from raw_prometheus_samples"
        " join raw_prometheus_series using (series_id) where ts = ?",
        (UNTIL,),
    ).fetchall()
    scraped = {
        labels
        for metric, _, labels, value in newest
        if metric == "last_scrape_at" and value > UNTIL - 120
    }
    cores = {labels: value for metric, _, labels, value in newest if metric == "cores"}
    samples = []
    for metric, mode, labels, value in newest:
        if labels not in scraped:
            continue
        step = 0.0
        if metric == "last_scrape_at":
            step = HALF_HOUR
        elif mode in ("idle", "user"):
            step = cores[labels] * HALF_HOUR * (0.9 if mode == "idle" else 0.1)
        samples += [
            Sample(
                Series(metric, mode, labels),
                end,
                30.0 if metric == "scrapes" else value + step * count,
            )
            for count, end in enumerate(ends, start=1)
        ]
    return samples


def test_a_newer_file_is_not_built(new_project: MakeProject) -> None:
    project = new_project()
    open_database(project.database).close()
    newer = STEPS[-1].version + 1
    project.execute(f"pragma user_version = {newer}")
    done = project.dbt("build", *WITHOUT_UNIT_TESTS)
    assert done.returncode != 0
    assert f"made by a newer version ({newer}); this one knows" in done.stdout
    assert not project.query("select 1 from sqlite_schema where name like 'dim%'")
