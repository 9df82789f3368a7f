"""A disk that is full at any point: one line, nothing lost, and it goes on with space.

The disk is a small tmpfs where one may be mounted, else a bound on a file's size.
"""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.pipeline import small_fleet as fleet
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.marts import mart_differences
from tests.pipeline.project import WITHOUT_TESTS, Project
from tests.pipeline.soundness import assert_sound, raw_differences

HALFWAY = fleet.at("11 12:00")
WINDOW = ("--since", iso(fleet.SINCE), "--until", iso(fleet.UNTIL))
KIB = 2**10


@contextmanager
def small_disk(
    project: Project, spare: int, largest: int | None = None
) -> Iterator[dict[str, object]]:
    """Give a project's data `spare` bytes to grow by; options for its commands.

    Without a mount no file may grow beyond `largest`, else the database's and `spare`.
    """
    data = project.folder / "data"
    aside = project.folder / "aside"
    size = sum(one.stat().st_size for one in data.rglob("*") if one.is_file()) + spare
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", data],
        capture_output=True,
    )
    if mounted.returncode:
        bound = largest or project.database.stat().st_size + spare
        yield {"preexec_fn": lambda: _bound(bound)}
        return
    subprocess.run(["umount", data], check=True)
    data.rename(aside)
    data.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", data], check=True
    )
    try:
        shutil.copytree(aside, data, dirs_exist_ok=True)
        yield {}
    finally:
        shutil.rmtree(aside)
        shutil.copytree(data, aside)
        subprocess.run(["umount", "--lazy", data], check=True)
        data.rmdir()
        aside.rename(data)


def _bound(largest: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def run(
    project: Project, program: str, *arguments: str, **options: object
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a project."""
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [Path(sys.executable).with_name(program), *arguments],
        cwd=project.folder,
        env=project.variables,
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )


@pytest.fixture(scope="module")
def begun(small: Project, new_project: MakeProject) -> Project:
    """The first day landed and on the disk whole, as a small database."""
    project = new_project()
    project.variables |= small.variables
    project.variables["LOADERS_PROMETHEUS__MAX_STEPS"] = "8"
    sources = ("pull", "prometheus", "--since", iso(fleet.SINCE))
    done = project.loaders(*sources, "--until", iso(HALFWAY))
    assert done.returncode == 0, done.stderr
    _flush(project)
    return project


def _flush(project: Project) -> None:
    with closing(sqlite3.connect(project.database)) as database:
        database.execute("pragma wal_checkpoint(truncate)")


def assert_clear(done: "subprocess.CompletedProcess[str]") -> None:
    """It failed, and said why in one line."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr[-3000:]
    last = done.stderr.splitlines()[-1]
    assert last.startswith("loaders: "), last
    assert any(word in last for word in ("full", "disk I/O", "too large", "free")), last


SPARES = (16, 64, 140, 200, 320) if os.environ.get("LONG") else (140,)


@pytest.mark.parametrize("spare", SPARES)
def test_a_pull_on_a_full_disk(
    begun: Project, small: Project, new_project: MakeProject, spare: int
) -> None:
    project = new_project(begun)
    project.variables |= begun.variables
    _flush(project)
    before = project.query("select * from raw_prometheus_samples")
    with small_disk(project, spare * KIB) as options:
        done = run(project, "loaders", "pull", *WINDOW, **options)
        assert_clear(done)
    assert_sound(project.database)
    after = project.query("select * from raw_prometheus_samples")
    assert after[: len(before)] and all(row in after for row in before)
    again = run(project, "loaders", "pull", *WINDOW)
    assert again.returncode == 0, again.stderr
    assert_sound(project.database)
    assert not raw_differences(project, small)


def test_a_backup_on_a_full_disk(small: Project, new_project: MakeProject) -> None:
    project = new_project(small)
    _flush(project)
    half = project.database.stat().st_size // 2
    with small_disk(project, 64 * KIB, half) as options:
        copy = ("backup", "data/copy.db")
        assert_clear(run(project, "loaders", *copy, **options))
        left = [one.name for one in (project.folder / "data").glob("*copy*")]
        assert left == []
    assert_sound(project.database)
    assert run(project, "loaders", *copy).returncode == 0


def test_a_build_on_a_full_disk(
    small: Project, begun: Project, new_project: MakeProject
) -> None:
    project = new_project(begun)
    project.variables |= begun.variables
    assert project.loaders("pull", *WINDOW).returncode == 0
    _flush(project)
    # its own files would be too large before the database is
    quietly = ("--quiet", "--no-write-json")
    for spare in SPARES:
        with small_disk(project, 2 * spare * KIB) as options:
            done = run(project, "dbt", *quietly, "build", *WITHOUT_TESTS, **options)
            assert done.returncode != 0
            assert "Traceback" not in done.stdout + done.stderr
            assert "full" in done.stdout or "I/O" in done.stdout, done.stdout[-2000:]
        assert_sound(project.database)
    project.run_models()
    assert_sound(project.database)
    assert not mart_differences(project, small)


PRUNE = ("prune", "--before", iso(fleet.at("11 00:00")), "--yes")


def test_a_pruning_on_a_full_disk(small: Project, new_project: MakeProject) -> None:
    project = new_project(small)
    project.variables |= small.variables
    _flush(project)
    samples = "select * from raw_prometheus_samples"
    facts = "select * from fact_usage"
    before, figures = project.query(samples), project.query(facts)
    half = project.database.stat().st_size // 2
    with small_disk(project, 64 * KIB, half) as options:
        done = run(project, "loaders", *PRUNE, **options)
        assert_clear(done)
        assert done.stderr.endswith("; nothing was deleted\n")
        assert not list((project.folder / "data").glob("*prune*"))
    assert project.query(samples) == before
    elsewhere = ("--backup", str(project.folder / "copy.db"))
    with small_disk(project, 36 * KIB) as options:
        done = run(project, "loaders", *PRUNE, *elsewhere, **options)
        assert_clear(done)
        assert done.stderr.endswith("; run it again to go on\n")
    assert_sound(project.database)
    assert len(project.query(samples)) > len(before) // 2
    again = run(project, "loaders", *PRUNE)
    assert again.returncode == 0, again.stderr
    assert_sound(project.database)
    assert 0 < len(project.query(samples)) < len(before)
    assert project.query(facts) == figures


def test_forgetting_on_a_full_disk(small: Project, new_project: MakeProject) -> None:
    project = new_project(small)
    _flush(project)
    users = "select user_id from dim_user order by user_id"
    before = project.query(users)
    forget = ("forget", "alice", "--yes")
    with small_disk(project, 16 * KIB) as options:
        done = run(project, "loaders", *forget, **options)
        assert_clear(done)
        assert done.stderr.endswith("; nothing was changed\n")
    assert_sound(project.database)
    assert project.query(users) == before
    # room for the names, not for the file anew
    spare = project.database.stat().st_size * 3 // 4
    with small_disk(project, spare, project.database.stat().st_size) as options:
        done = run(project, "loaders", *forget, **options)
        assert done.returncode == 0, done.stderr
        assert "loaders: old pages are still there (" in done.stderr
        assert "Traceback" not in done.stderr
    assert_sound(project.database)
    assert "alice" not in {row["user_id"] for row in project.query(users)}
    with closing(sqlite3.connect(project.database)) as database:
        database.execute("vacuum")
        database.execute("pragma wal_checkpoint(truncate)")
    assert b"alice" not in project.database.read_bytes()


# `loaders check --upgrade` of loaders that have a step which rewrites
UPGRADE = """
import sys
from loaders import upgrade, versions
from loaders.cli import app
step = versions.Step(
    versions.STEPS[-1].version + 1,
    "samples stand eight times",
    ("create table eight as select * from raw_prometheus_samples, (select 1 union"
     " select 2), (select 1 union select 2), (select 1 union select 2)",),
    is_additive=False,
)
upgrade.upgrade.__defaults__ = ((*versions.STEPS, step),)
app(["check", "--upgrade"])
"""


def test_an_upgrade_on_a_full_disk(small: Project, new_project: MakeProject) -> None:
    project = new_project(small)
    _flush(project)
    tables = "select name from sqlite_schema where name not like 'sqlite_%' order by 1"
    before = project.query(tables), project.query("pragma user_version")
    size = project.database.stat().st_size
    for spare, largest in ((64 * KIB, size // 2), (size + 64 * KIB, size)):
        with small_disk(project, spare, largest) as options:
            done = run(project, "python", "-c", UPGRADE, **options)
            assert_clear(done)
        assert_sound(project.database)
        found = project.query(tables), project.query("pragma user_version")
        assert found == before
    copies = list(project.database.parent.glob("usage.db.version-*"))
    done = run(project, "python", "-c", UPGRADE)
    # what it then checks is newer than these loaders are
    assert "version 2, was 1" in done.stderr, done.stderr
    assert project.query("select count(*) as n from eight")[0]["n"] > 0
    # the copy of the attempt before is still there
    assert len(list(project.database.parent.glob("usage.db.version-*"))) > len(copies)
