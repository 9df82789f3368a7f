"""However a fleet lands, in whatever order, parts and builds: the same marts.

LONG=1 tries many fleets, with new dice each time; else a few, always the same.
"""

import os
import shutil
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.pipeline.conftest import MakeProject
from tests.pipeline.fleets import Fleet, Step, at_once, fleets, in_parts
from tests.pipeline.landed_fleet import landing
from tests.pipeline.marts import assert_adds_up, mart_differences
from tests.pipeline.project import Project

LONG = bool(os.environ.get("LONG"))
BUILDS = 2 if LONG else 1


@pytest.fixture(scope="module")
def nothing(new_project: MakeProject) -> Project:
    """A database in which nothing was landed, built nevertheless."""
    project = new_project()
    with landing(project.database) as land:
        land.labels()
    project.run_models()
    return project


@settings(
    max_examples=60 if LONG else 3,
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_order_parts_and_builds_do_not_matter(
    nothing: Project, new_project: MakeProject, data: st.DataObject
) -> None:
    fleet = data.draw(fleets())
    one, other = new_project(nothing), new_project(nothing)
    _land(one, fleet, at_once(fleet))
    steps = data.draw(in_parts(fleet, BUILDS))
    _land(other, fleet, steps)
    assert_adds_up(one)
    assert_adds_up(other)
    lines = mart_differences(other, one)
    note(f"built one after the other in {other.folder}, at once in {one.folder}")
    assert not lines, "\n".join(lines[:20])
    for project in (one, other):
        shutil.rmtree(project.folder)


def _land(project: Project, fleet: Fleet, steps: Sequence[Step]) -> None:
    for step in steps:
        with landing(project.database) as land:
            step.land(fleet, land)
        if step.then_builds:
            project.run_models()
    project.run_models()
