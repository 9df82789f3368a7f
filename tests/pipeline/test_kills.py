"""Pulls and builds that are killed at random points, again and again, and resumed.

LONG=1 kills 200 times and more, from nothing and on built marts, else 6 times.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

import pytest

from loaders.holes import holes
from loaders.landing import open_database
from tests.pipeline import small_fleet as fleet
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.forking import Forking, forking
from tests.pipeline.marts import (
    assert_adds_up,
    assert_ahead_only_where_due,
    mart_differences,
)
from tests.pipeline.project import WITHOUT_TESTS, Project
from tests.pipeline.soundness import assert_sound, raw_differences
from tests.servers.carbon import carbon_server, slot

LONG = bool(os.environ.get("LONG"))
KILLS = 200 if LONG else 6
IN_SUCCESSION = 3
HALFWAY = fleet.at("11 12:00")
PULL = ("pull", "--until", iso(fleet.UNTIL))
BUILD = ("build", *WITHOUT_TESTS)


class Undisturbed(NamedTuple):
    """A run that nothing befell, and the seconds that its commands took."""

    project: Project
    pull_seconds: float
    build_seconds: float


@pytest.fixture(scope="module")
def forks(parsed: Project) -> Iterator[Forking]:
    with forking(parsed) as process:
        yield process


@pytest.fixture(scope="module")
def begun(
    small: Project, new_project: MakeProject, forks: Forking
) -> Iterator[Project]:
    """The first day of the small fleet, landed in small windows, without documents."""
    project = new_project()
    with carbon_server() as carbon:
        for at in range(HALFWAY - 48 * 3600, fleet.UNTIL + 48 * 3600, 1800):
            forecast, actual = fleet.grid(at)
            carbon.slots.append(slot(at, forecast=forecast or 1, actual=actual))
        project.variables |= small.variables
        project.variables |= {
            "LOADERS_CARBON_INTENSITY__URL": carbon.url,
            "LOADERS_PROMETHEUS__MAX_STEPS": "8",
        }
        window = ("--since", iso(fleet.SINCE), "--until", iso(HALFWAY))
        sources = ("prometheus", "carbon-intensity")
        forks.succeed(project, "loaders", ("pull", *sources, *window))
        yield project


@pytest.fixture(scope="module")
def copy(begun: Project, new_project: MakeProject) -> Callable[[Project], Project]:
    def make(of: Project) -> Project:
        project = new_project(of)
        project.variables |= begun.variables
        return project

    return make


@pytest.fixture(scope="module")
def undisturbed(
    begun: Project, copy: Callable[[Project], Project], forks: Forking
) -> Undisturbed:
    project = copy(begun)
    pulled = forks.succeed(project, "loaders", PULL)
    built = forks.succeed(project, "dbt", BUILD)
    return Undisturbed(project, pulled.seconds, built.seconds)


def test_what_was_killed_and_resumed_is_as_if_it_never_was(
    begun: Project,
    copy: Callable[[Project], Project],
    forks: Forking,
    undisturbed: Undisturbed,
    record_property: Callable[[str, object], None],
) -> None:
    dice = random.Random(20250911)
    bases = [begun]
    if LONG:
        bases.append(copy(begun))
        forks.succeed(bases[-1], "dbt", BUILD)
    pulls = builds = runs = 0
    while pulls + builds < KILLS:
        base = bases[runs % len(bases)]
        project = copy(base)
        pulls += _killed(
            forks, project, "loaders", PULL, undisturbed.pull_seconds, dice
        )
        builds += _killed(forks, project, "dbt", BUILD, undisturbed.build_seconds, dice)
        runs += 1
        where = f"run {runs}"
        assert not raw_differences(project, undisturbed.project), where
        lines = mart_differences(
            project, undisturbed.project, built_between=base is not begun
        )
        assert not lines, f"{where}: {lines[:10]}"
        assert_adds_up(project)
        _assert_without_holes(project)
    counts = f"kills: {pulls} of pulls, {builds} of builds; {runs} runs compared"
    record_property("counts", counts)


def _killed(
    forks: Forking,
    project: Project,
    program: str,
    arguments: Sequence[str],
    seconds: float,
    dice: random.Random,
) -> int:
    """Run a command, killed a few times, until it ends; returns how often it was."""
    kills = 0
    while kills < IN_SUCCESSION:
        relations = _relations(project)
        ended = forks.run(
            project, program, arguments, kill_after=dice.uniform(0, seconds)
        )
        assert ended.is_killed or ended.status == 0, ended.said[-4000:]
        assert "Traceback" not in ended.said
        assert_sound(project.database)
        assert relations <= _relations(project), "a relation is gone"
        assert_ahead_only_where_due(project)
        if not ended.is_killed:
            return kills
        kills += 1
    forks.succeed(project, program, arguments)
    return kills


def _relations(project: Project) -> set[str]:
    """The tables and views that can be read."""
    found = project.query("select name from sqlite_schema where type <> 'index'")
    names = {str(row["name"]) for row in found}
    for name in names:
        project.query(f"select 1 from {name} limit 1")  # noqa: S608
    return names


def _assert_without_holes(project: Project) -> None:
    with closing(open_database(project.database)) as database:
        for source in ("prometheus", "carbon-intensity"):
            assert holes(database, source) == []
