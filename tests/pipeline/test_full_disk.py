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
