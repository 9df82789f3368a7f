"""The database file: who may read it, its version, what an older one is given."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loaders.cli import app
from loaders.database import open_database
from loaders.reports import reports_of
from loaders.versions import (
    SCHEMA,
    STEPS,
    Step,
    UnfitVersion,
    missing,
    take_over,
    version_of,
)

LOADERS = Path(sys.executable).with_name("loaders")
NEWEST = STEPS[-1].version
ROOT = Path(__file__).parents[2]
REPORTS = reports_of(ROOT)
REWRITING = (*STEPS, Step(NEWEST + 1, "halves", ("select 1",), is_additive=False))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "usage.db"


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        yield database


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def definitions(database: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Columns of each table, in order."""
    tables = database.execute(
        "select name from sqlite_schema where type = 'table'"
        " and name not like 'sqlite_%'"
    ).fetchall()
    return {
        table: database.execute(f"pragma table_xinfo({table})").fetchall()
        for (table,) in tables
    }


def test_only_the_owner_reads_a_new_file_and_what_sqlite_puts_beside_it(
    path: Path,
) -> None:
    with closing(open_database(path)) as database:
        database.execute("create table one (id integer)")
        beside = {one.name: mode(one) for one in path.parent.iterdir()}
    assert beside == dict.fromkeys(["usage.db", "usage.db-wal", "usage.db-shm"], 0o600)


def test_a_file_that_is_there_and_its_folder_keep_their_modes(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    path.touch(mode=0o644)
    open_database(path).close()
    # nothing had landed in it
    assert (mode(path), mode(path.parent)) == (0o600, 0o755)
    path.chmod(0o644)
    open_database(path).close()
    assert (mode(path), mode(path.parent)) == (0o644, 0o755)


def test_a_new_file_has_the_newest_version(path: Path) -> None:
    with closing(open_database(path)) as database:
        assert version_of(database) == NEWEST
        assert list(missing(database)) == []


@pytest.mark.parametrize("command", ["pull", "demo --db {}", "summary --db {}"])
def test_a_newer_file_is_refused_in_a_line_and_left_alone(
    path: Path, command: str
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"pragma user_version = {NEWEST + 1}")
    before = path.read_bytes()
    done = subprocess.run(
        [LOADERS, *command.format(path).split()],
        env={"USAGE_DB": str(path), "LOADERS_PROMETHEUS__URL": "http://127.0.0.1:9"},
        cwd=path.parent,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"loaders: {path}: made by a newer version ({NEWEST + 1}); this one knows up"
        f" to {NEWEST}: upgrade the loaders\n"
    )
    assert path.read_bytes() == before


def test_each_column_can_be_added_as_it_stands(empty: sqlite3.Connection) -> None:
    empty.executescript(SCHEMA)
    added = 0
    for table, columns in definitions(empty).items():
        for _, column, _, is_needed, default, key, _ in columns:
            if key or (is_needed and default is None):
                continue
            try:
                empty.execute(f"alter table {table} drop column {column}")
            except sqlite3.OperationalError:  # a key or index holds it
                continue
            [addition] = missing(empty)
            empty.execute(addition)
            assert by_name(definitions(empty)[table]) == by_name(columns), addition
            added += 1
    assert added > 20


def test_what_cannot_be_added_leaves_the_file_as_it_was(
    empty: sqlite3.Connection,
) -> None:
    empty.execute("create table raw_pull_runs (run_id integer primary key) strict")
    empty.execute("insert into raw_pull_runs values (7)")
    with pytest.raises(sqlite3.OperationalError, match="NOT NULL column with default"):
        take_over(empty)
    assert version_of(empty) == 0 and list(definitions(empty)) == ["raw_pull_runs"]


def by_name(columns: list[tuple[object, ...]]) -> dict[object, tuple[object, ...]]:
    return {name: rest for _, name, *rest in columns}  # type: ignore[misc]


def test_rows_get_the_defaults_of_new_columns(empty: sqlite3.Connection) -> None:
    empty.executescript(SCHEMA)
    empty.execute(
        "insert into raw_pull_runs (run_id, source, started_at, state)"
        " values (7, 'mongo', 0, 'done')"
    )
    empty.execute("alter table raw_pull_runs drop column message")
    empty.execute("alter table raw_pull_runs drop column is_simulated")
    empty.execute("drop table raw_carbon_intensity")
    take_over(empty)
    assert list(missing(empty)) == []
    [kept] = empty.execute("select run_id, message, is_simulated from raw_pull_runs")
    assert kept == (7, None, 0)


def test_a_file_that_must_be_rewritten_is_not_opened(empty: sqlite3.Connection) -> None:
    empty.executescript(SCHEMA)
    empty.execute("drop table raw_carbon_intensity")
    with pytest.raises(UnfitVersion, match=r"older version \(0\): run loaders check"):
        take_over(empty, REWRITING)
    assert version_of(empty) == 0
    assert "raw_carbon_intensity" not in definitions(empty)


def test_an_empty_file_takes_no_steps(empty: sqlite3.Connection) -> None:
    take_over(empty, REWRITING)
    assert version_of(empty) == NEWEST + 1


def test_versions_go_up_by_one() -> None:
    assert [step.version for step in STEPS] == list(range(1, NEWEST + 1))


@pytest.mark.parametrize(
    "command",
    [("report", REPORTS[0].name, "--project", str(ROOT)), ("export",)],
    ids=["report", "export"],
)
def test_what_newer_loaders_made_is_not_read_as_figures(
    path: Path, command: tuple[str, ...]
) -> None:
    with closing(open_database(path)) as database:
        database.execute("pragma user_version = 99")
    to = ["--to", str(path.parent / "to")] if command == ("export",) else []
    done = CliRunner().invoke(app, [*command, *to, "--db", str(path)])
    assert done.exit_code == 1, done.output
    assert done.stderr == (
        f"loaders: {path}: made by a newer version (99); this one knows up to"
        f" {NEWEST}: upgrade the loaders\n"
    )
