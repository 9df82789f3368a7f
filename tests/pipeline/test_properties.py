"""However a fleet lands, in whatever order, parts and builds: the same marts and views.

Most fleets are built in memory, by the SQL that dbt compiled; a few by dbt itself.
What a model works for that grows with the fleet, not with its square.
LONG=1 tries many fleets, with new dice each time; else fewer, always the same.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from loaders.landing import IntensitySlot, Window
from loaders.sources.simulated_fleet import DAY
from tests.bench.landed import land_history
from tests.bench.measuring import UNTIL as END
from tests.pipeline.compiled import Compiled, InMemory, compiled
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.fleets import (
    BEFORE,
    SINCE,
    UNTIL,
    Fleet,
    Step,
    at_once,
    fleets,
    in_parts,
)
from tests.pipeline.landed_fleet import Landing, host, landing
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import assert_adds_up, mart_differences, revised
from tests.pipeline.project import Project, Row
from tests.pipeline.reports import assert_views_hold, view_differences
from tests.pipeline.scraped_fleet import MINUTE, told_seconds

LONG = bool(os.environ.get("LONG"))
BUILDS = 2 if LONG else 1
# each pull and build has its entries
LEDGER = ("raw_pull_runs", "raw_pull_windows", "raw_changes", "raw_builds")


def _examples(short: int, many: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=many if LONG else short,
        derandomize=not LONG,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def nothing(new_project: MakeProject) -> Project:
    """A database in which nothing was landed, built nevertheless."""
    project = new_project()
    with landing(project.database) as land:
        land.labels()
    project.run_models()
    return project


@pytest.fixture(scope="module")
def models(nothing: Project) -> Compiled:
    return compiled(nothing)


@_examples(short=12, many=1500)
@given(data=st.data())
def test_fleets_are_measured_alike_and_true_however_they_land(
    models: Compiled, data: st.DataObject
) -> None:
    fleet = data.draw(fleets())
    one, other = InMemory(models), InMemory(models)
    _land_in_memory(one, fleet, at_once(fleet))
    _land_in_memory(other, fleet, data.draw(in_parts(fleet, 3)))
    lines = mart_differences(other, one, built_between=True)
    assert not lines, "\n".join(lines[:20])
    assert_adds_up(one)
    lines = _untrue(one, fleet)
    assert not lines, "\n".join(lines[:20])


@pytest.mark.parametrize(("hosts", "days"), [(8, 12), (32, 3)])
def test_a_fleet_four_times_as_large_is_about_four_times_the_work(
    models: Compiled, nothing: Project, new_project: MakeProject, hosts: int, days: int
) -> None:
    def work(hosts: int, days: int) -> Counter[str]:
        project = new_project(nothing)
        land_history(project.database, hosts, Window(END - days * DAY, END), 0)
        database = InMemory(models._replace(database=project.database))
        database.build()
        database.show()
        return database.work

    small, large = work(8, 3), work(hosts, days)
    assert large.total() > 10_000
    grown = {
        name: round(count / (small[name] + 30), 1) for name, count in large.items()
    }
    assert {name: times for name, times in grown.items() if times > 6} == {}


def test_a_document_of_a_host_makes_due_only_hours_of_that_host(
    models: Compiled,
) -> None:
    life = Life(SINCE + 3600 + 600, SINCE + 2 * 3600 + 60, 2, Load(0.5))
    brief = Machine("10.0.0.1:9100", [life])
    lasting = Machine("10.0.0.2:9100", [Life(BEFORE, UNTIL, 2, Load(0.5))])
    database = InMemory(models)
    land = Landing(database.database)
    land.machines(Window(SINCE, UNTIL), [brief, lasting])
    database.build()
    for document in (host("h1", "10.0.0.1", "P", "A"), host("h2", "unread", "P", "A")):
        land.documents("hosts", [document], complete=False)
    database.build()
    due = {row["ts"] for row in database.rows("int_hours_due")}
    assert due == {iso(SINCE + 3600), iso(SINCE + 2 * 3600)}
    restated = database.query(
        "select distinct ts from fact_usage_revision where reason = 'mongo'"
    )
    assert {row["ts"] for row in restated} == due
    assert_adds_up(database)
    # the same again, and what it says of nobody, is due nowhere
    land.documents("hosts", [document], complete=False)
    database.build()
    assert not database.rows("int_hours_due")


def _land_in_memory(database: InMemory, fleet: Fleet, steps: Sequence[Step]) -> None:
    land = Landing(database.database)
    for step in steps:
        step.land(fleet, land)
        if step.then_builds:
            database.build()
    database.build()


def _untrue(database: InMemory, fleet: Fleet) -> list[str]:
    """Hours of hosts that lack nothing and are not what their machines told."""
    found: Counter[tuple[str, int]] = Counter()
    lost = set()
    for row in database.rows("int_host_slots_measured"):
        key = row["host"], row["hour_at"]
        found[key] += (row["busy_cpu_seconds"] or 0) + (row["idle_cpu_seconds"] or 0)
        if row["has_lost_scrapes"]:
            lost.add(key)
    hours = database.query("select ts from dim_hour where download = 'complete'")
    whole = {row["ts"] for row in hours}
    lines = []
    for number, machine in enumerate(fleet.machines):
        most = 2 * MINUTE * max(life.cores for life in machine.lives)
        for hour_at in slots(SINCE, UNTIL, 3600):
            key = f"10.0.0.{number}", hour_at
            told = told_seconds(machine, fleet.stretches, hour_at, hour_at + 3600)
            if iso(hour_at) not in whole or key in lost:
                continue
            if abs(found[key] - told) > most + 1:
                lines.append(f"{key[0]} {iso(hour_at)}: {found[key]}, not {told}")
    return lines


@_examples(short=1, many=40)
@given(data=st.data())
def test_order_parts_and_builds_do_not_matter(
    nothing: Project, new_project: MakeProject, data: st.DataObject
) -> None:
    fleet = data.draw(fleets())
    one, other = new_project(nothing), new_project(nothing)
    _land(one, fleet, at_once(fleet))
    steps = data.draw(in_parts(fleet, BUILDS))
    _land(other, fleet, steps)
    note(f"built one after the other in {other.folder}, at once in {one.folder}")
    for project in (one, other):
        assert_adds_up(project)
        assert_views_hold(project, fleet.cores)
    lines = mart_differences(other, one, built_between=True)
    lines += view_differences(other, one)
    assert not lines, "\n".join(lines[:20])
    for project in (one, other):
        shutil.rmtree(project.folder)


@_examples(short=1, many=25)
@given(data=st.data())
def test_a_later_actual_changes_exactly_its_hour(
    nothing: Project, new_project: MakeProject, data: st.DataObject
) -> None:
    fleet = data.draw(fleets())
    slot_at = data.draw(st.sampled_from(slots(SINCE, UNTIL)))
    project = new_project(nothing)
    _land(project, fleet, at_once(fleet))
    before = _durable(project)
    project.run_models()
    assert _durable(project) == before, "a build of nothing new touched a row"
    figure = data.draw(st.integers(401, 500).map(float))
    later = IntensitySlot(slot_at=slot_at, forecast=None, actual=figure)
    _land(project, fleet, [], [later])
    hour = iso(slot_at - slot_at % 3600)
    touched = {iso(slot_at), hour}
    after = _durable(project)
    for table in before.keys() - set(LEDGER) - {"raw_carbon_intensity"}:
        olds, news = (
            [row for row in rows[table] if row.get("ts") not in touched]
            for rows in (before, after)
        )
        assert news == olds, table
    with_energy = {
        (row["scope"], row["ts"]) for row in before["fact_usage"] if row["ts"] == hour
    }
    restated = {(scope, ts) for scope, ts, _ in revised(project)}
    assert restated <= with_energy | {("unattributed", hour)}
    shutil.rmtree(project.folder)


def _durable(project: Project) -> Mapping[str, list[Row]]:
    """All rows of all tables whose rows last."""
    return {table: project.rows(table) for table in project.durable_tables()}


def _land(
    project: Project,
    fleet: Fleet,
    steps: Sequence[Step],
    later: Sequence[IntensitySlot] = (),
) -> None:
    for step in steps:
        with landing(project.database) as land:
            step.land(fleet, land)
        if step.then_builds:
            project.run_models()
    if later:
        with landing(project.database) as land:
            land.intensity(later)
    project.run_models()
