"""What a later input changes: exactly its hours, in every scope, and the log of it."""

import os
import random
import time
from collections.abc import Iterable

import pytest

from loaders.landing import Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import Landing, grid, landing
from tests.pipeline.landed_fleet import workspace as workspace_of
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import (
    Key,
    assert_adds_up,
    assert_ahead_only_where_due,
    by_key,
    changed,
    mart_differences,
    revised,
    revisions,
    usage,
)
from tests.pipeline.project import ROOT, Project
from tests.pipeline.scraped_fleet import SLOT, samples_at
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("10 18:00"), at("11 04:00")
WHOLE = Window(SINCE, UNTIL)
HOUR = 3600
TAIL = "has_unknown_tail"
STARTED = int(time.time())
NO_VIEWS = ("--exclude", "config.materialized:view")
# one row more of each
REFRESH_NOTED = {"raw_changes", "raw_builds"}
FACTS = ("fact_unattributed", "fact_usage", "fact_usage_by_host", "dim_hour")
BUILT = sorted(
    [
        *(
            path.stem
            for path in ROOT.glob("models/marts/*.sql")
            if "materialized='view'" not in path.read_text()
        ),
        *(
            path.stem
            for path in ROOT.glob("models/intermediate/**/*.sql")
            if "materialized=" in path.read_text()
        ),
    ]
)
# LONG=1 kills after every model
KILLED_AFTER = (
    BUILT
    if os.environ.get("LONG")
    else sorted(
        {
            *("int_usage_versions", "fact_usage_by_host"),
            *random.Random(20250911).sample(BUILT, 2),
        }
    )
)


def _machine(number: int, project: str, kind: str, cores: int) -> Machine:
    life = Life(at("01 05:13"), at("20 00:00"), cores, Load(0.5, 0.3, 9_000 * number))
    labels = {"cloud_project_name": project, "machine_name": kind}
    return Machine(f"10.0.0.{number}:9100", [life], [(0, labels)])


ANNS, BENS, NOBODYS = MACHINES = [
    _machine(1, "P", "A", 4),
    _machine(2, "Q", "B", 2),
    _machine(3, "P", "B", 2),
]
DOCUMENTS = [
    workspace_of(1, "10.0.0.1", "ann", at("02 00:00")),
    workspace_of(2, "10.0.0.2", "ben", at("10 20:00"), at("11 01:10")),
]
MISSING, UNMEASURED = at("11 00:00"), at("10 22:00")


def _land_first(land: Landing) -> None:
    land.samples(
        WHOLE,
        (
            sample
            for end in range(SINCE, UNTIL + SLOT, SLOT)
            for machine in MACHINES
            if (machine, end) != (NOBODYS, MISSING)
            for sample in samples_at(machine, end)
        ),
    )
    land.intensity([grid(one, actual=one != UNMEASURED) for one in slots(SINCE, UNTIL)])
    land.workspaces(DOCUMENTS)


def _land_late(land: Landing) -> None:
    """An actual, a sample and a document that come after the first build."""
    land.intensity([grid(UNMEASURED)])
    land.samples(Window(MISSING, MISSING), samples_at(NOBODYS, MISSING))
    late = workspace_of(3, "10.0.0.3", "cat", at("10 18:10"), at("10 20:20"))
    land.workspaces([*DOCUMENTS, late])


def _keys(hours: Iterable[int], *names: tuple[str, str]) -> set[Key]:
    return {(scope, iso(hour), name) for hour in hours for scope, name in names}


# what the late inputs change: each half-hour's intensity counts for all; the sample
# comes at the end of the hour of 23:00 on a host without owner, the document names one
ALL = [
    *(("ada", ""), ("project", "P"), ("project", "Q"), ("machine", "A")),
    *(("machine", "B"), ("user", "ann"), ("user", "ben"), ("unattributed", "")),
]
BY_ACTUAL = _keys([at("10 22:00")], *ALL)
BY_SAMPLE = _keys(
    [at("10 23:00"), at("11 00:00")],
    *(("ada", ""), ("project", "P"), ("machine", "B"), ("unattributed", "")),
)
BY_DOCUMENT = _keys(
    slots(at("10 18:00"), at("10 21:00"), HOUR), ("user", "cat"), ("unattributed", "")
)


@pytest.fixture(scope="module")
def first(new_project: MakeProject) -> Project:
    """Landed and built once; tests go on from copies."""
    project = new_project()
    with landing(project.database) as land:
        _land_first(land)
    project.run_models()
    return project


@pytest.fixture(scope="module")
def late(first: Project, new_project: MakeProject) -> Project:
    """The late inputs landed and built, undisturbed."""
    project = new_project(first)
    with landing(project.database) as land:
        _land_late(land)
    project.run_models()
    return project


def test_late_inputs_change_exactly_their_hours(first: Project, late: Project) -> None:
    before, after = usage(first), usage(late)
    assert changed(before, after) == BY_ACTUAL | BY_SAMPLE | BY_DOCUMENT
    assert_adds_up(late)


def test_late_inputs_leave_what_an_early_arrival_would_have_built(
    late: Project, new_project: MakeProject
) -> None:
    at_once = new_project()
    with landing(at_once.database) as land:
        _land_late(land)
        _land_first(land)
        _land_late(land)
    at_once.run_models()
    assert not mart_differences(late, at_once)
    assert not revised(at_once)


def test_revisions_hold_old_and_new(first: Project, late: Project) -> None:
    old, new = by_key(usage(first)), by_key(usage(late))
    assert not revised(first)
    # an hour that had not been there is new, not revised
    assert revised(late) == (BY_ACTUAL | BY_SAMPLE | BY_DOCUMENT) & old.keys()
    rows = revisions(late)
    for row in rows:
        assert iso(STARTED) <= row["revised_at"] <= iso(int(time.time()))
        key = row["scope"], row["ts"], row["name"]
        for figure in ("busy_cpu_seconds_total", "idle_kwh", "busy_gCo2eq"):
            assert row[f"old_{figure}"] == pytest.approx(old[key][figure], rel=1e-9)
            if key in new:
                assert row[figure] == pytest.approx(new[key][figure], rel=1e-9)
            else:
                assert row[figure] is None
    reasons = {(row["ts"], row["reason"]) for row in rows}
    assert reasons == {
        *((key[1], "carbon-intensity") for key in BY_ACTUAL),
        *((key[1], "prometheus") for key in BY_SAMPLE),
        *((key[1], "mongo") for key in BY_DOCUMENT if key in old),
    }


def test_a_life_that_ended_is_flagged_in_its_hour(
    first: Project, new_project: MakeProject
) -> None:
    project = new_project(first)
    labels = {"cloud_project_name": "R", "machine_name": "C"}
    life = Life(at("01 05:13"), at("11 01:20"), 2, Load(0.5))
    with landing(project.database) as land:
        land.machines(WHOLE, [Machine("10.0.0.4:9100", [life], [(0, labels)])])
    project.run_models()
    flagged = {key for key, row in by_key(usage(project)).items() if row[TAIL] == 1}
    names = ("ada", ""), ("project", "R"), ("machine", "C"), ("unattributed", "")
    assert flagged == _keys([at("11 01:00")], *names)


def test_a_column_that_is_new_is_added_in_place(
    late: Project, new_project: MakeProject
) -> None:
    project = new_project(late)
    for view in project.query("select name from sqlite_schema where type = 'view'"):
        project.execute(f"drop view {view['name']}")
    for table in ("int_usage_versions", "fact_usage", "fact_unattributed"):
        project.execute(f"alter table {table} drop column {TAIL}")
    project.run_models()
    for table in late.durable_tables():
        assert project.rows(table) == late.rows(table), table


def test_an_hour_without_inputs_leaves_the_facts(
    first: Project, new_project: MakeProject
) -> None:
    project = new_project(first)
    last = UNTIL - HOUR
    project.execute("delete from raw_prometheus_samples where ts > ?", last)
    project.execute(
        "insert into raw_changes (source, changed_from, changed_until, noted_at)"
        " values ('prometheus', ?, ?, ?)",
        *(last + SLOT, UNTIL, int(time.time())),
    )
    project.run_models()
    gone = {key for key in by_key(usage(first)) if key[1] == iso(last)}
    assert gone
    assert changed(usage(first), usage(project)) == gone
    assert revised(project) == gone
    removed = project.query("select distinct revision from fact_usage_revision")
    assert removed == [{"revision": "removed"}]


def test_a_factor_restates_from_its_date(
    first: Project, new_project: MakeProject
) -> None:
    project = new_project(first)
    with (project.own("seeds") / "machine_power.csv").open("a") as seed:
        seed.write("B,2025-09-11,24,12,40,2,1,6,measured\n")
    project.run_models()
    touched = (
        _keys(
            slots(at("11 00:00"), UNTIL, HOUR),
            *(("ada", ""), ("project", "P"), ("project", "Q"), ("machine", "B")),
            *(("user", "ben"), ("unattributed", "")),
        )
        & by_key(usage(first)).keys()
    )
    assert changed(usage(first), usage(project)) == touched
    assert revised(project) == touched
    reasons = project.query("select distinct reason from fact_usage_revision")
    assert reasons == [{"reason": "factors"}]
    old, new = by_key(usage(first)), by_key(usage(project))
    for key in touched & _keys(slots(SINCE, UNTIL, HOUR), ("machine", "B")):
        assert new[key]["busy_kwh"] == pytest.approx(2 * old[key]["busy_kwh"])


@pytest.mark.parametrize("model", KILLED_AFTER)
def test_a_killed_build_loses_and_doubles_nothing(
    first: Project, late: Project, new_project: MakeProject, model: str
) -> None:
    project = new_project(first)
    with landing(project.database) as land:
        _land_late(land)
    project.kill_after(model, "run", *NO_VIEWS)
    assert_ahead_only_where_due(project)
    if model not in FACTS:
        assert not changed(usage(first), usage(project))
    project.run_models()
    assert not mart_differences(project, late)
    assert revised(project) == revised(late)
    versions = "select count(*) as versions from int_usage_versions"
    assert project.query(versions) == late.query(versions)


@pytest.fixture(scope="module")
def restored(first: Project, new_project: MakeProject) -> Project:
    """Samples that changed without a note, as by a backup of raw tables; not built."""
    project = new_project(first)
    project.execute(
        "update raw_prometheus_samples set value = value + 50 where ts >= ? and"
        " series_id in (select series_id from raw_prometheus_series"
        " where metric = 'cpu_seconds' and mode = 'user')",
        at("10 22:30"),
    )
    return project


@pytest.fixture(scope="module")
def refreshed(restored: Project, new_project: MakeProject) -> Project:
    """The changed samples taken in by an undisturbed refresh."""
    project = new_project(restored)
    project.run_models("--full-refresh")
    return project


def test_a_full_refresh_takes_in_what_no_note_tells_of(
    first: Project, refreshed: Project
) -> None:
    hour = {key for key in by_key(usage(first)) if key[1] == iso(at("10 22:00"))}
    differing = changed(usage(first), usage(refreshed))
    assert differing and differing <= hour
    assert revised(refreshed) == differing
    assert_adds_up(refreshed)


@pytest.mark.parametrize("model", KILLED_AFTER)
def test_a_killed_full_refresh_is_resumed_by_the_next_build(
    restored: Project, refreshed: Project, new_project: MakeProject, model: str
) -> None:
    project = new_project(restored)
    project.kill_after(model, "run", "--full-refresh", *NO_VIEWS)
    assert_ahead_only_where_due(project)
    project.run_models()
    assert not mart_differences(project, refreshed)
    assert revised(project) == revised(refreshed)
    figures = "select version_id, reason from int_usage_versions"
    assert project.query(figures) == refreshed.query(figures)
    measured = "int_host_slots_measured"
    assert project.rows(measured) == refreshed.rows(measured)
    project.run_models()
    assert project.rows("int_slots_due") == []


def test_a_full_refresh_gives_the_same_rows_and_ids(
    late: Project, new_project: MakeProject
) -> None:
    project = new_project(late)
    project.run_models("--full-refresh")
    for table in set(late.durable_tables()) - REFRESH_NOTED:
        assert project.rows(table) == late.rows(table), table
    for table in REFRESH_NOTED:
        *others, _ = project.rows(table)
        assert others == late.rows(table), table
    project.run_models()
    assert project.rows("int_slots_due") == []


def test_a_full_refresh_of_other_models_leaves_nothing_due(
    late: Project, new_project: MakeProject
) -> None:
    project = new_project(late)
    project.run_models("--full-refresh", "--select", "dim_machine")
    assert project.rows("raw_changes") == late.rows("raw_changes")


def test_a_full_refresh_without_the_raw_data_is_refused(
    late: Project, new_project: MakeProject
) -> None:
    project = new_project(late)
    project.execute("delete from raw_prometheus_samples where ts < ?", SINCE + 4 * HOUR)
    refused = project.dbt("run", "--full-refresh", *NO_VIEWS)
    assert refused.returncode != 0
    assert not changed(usage(late), usage(project))
    assert project.rows("raw_changes") == late.rows("raw_changes")


def views(project: Project) -> list[str]:
    """Names of the views that users read."""
    found = project.query("select name from sqlite_schema where type = 'view'")
    return [row["name"] for row in found if row["name"].startswith("v_")]
