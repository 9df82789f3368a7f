"""Each gate, broken on purpose: facts and views stay as they were."""

from dataclasses import dataclass

import pytest

from loaders.landing import Group, User, Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.landed_fleet import (
    Landing,
    ends,
    grid,
    host,
    landing,
    workspace,
)
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.project import ROOT, WITHOUT_COLUMN_TESTS, Project, Row
from tests.pipeline.scraped_fleet import samples_at
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("10 18:00"), at("10 22:00")
HOUR = 3600
WHOLE, LATER = Window(SINCE, UNTIL), Window(UNTIL, UNTIL + HOUR)
LIFE = Life(at("01 05:13"), at("20 00:00"), 2, Load(0.5, 0.3, 9_000))
PLACE = {"cloud_project_name": "P", "machine_name": "A"}
LABELLED = Machine("10.0.0.1:9100", [LIFE], [(0, PLACE)])
UNLABELLED = Machine("10.0.0.2:9100", [LIFE])
MACHINES = [LABELLED, UNLABELLED]
# what a build writes and users read, but for the names that dimensions only add
SHOWN = [
    *("dim_hour", "dim_user", "map_user_project", "map_project_machine"),
    *("fact_usage", "fact_usage_by_host", "fact_unattributed", "fact_intensity"),
    "active_workspace",
]
# the grid's own forecast, as it landed: no gate is of it
AS_LANDED = {"fact_intensity_forecast", "v_carbon_intensity_forecast", "v_best_window"}
NOT_GATES = {
    *("assert_cores_are_known", "assert_hosts_reach_back"),
    *("assert_ai_answers_have_their_figures", "assert_ai_answers_are_of_the_seed"),
}


@dataclass(frozen=True)
class Break:
    """A fault in a file of the project: `old` is read as `new`."""

    file: str
    old: str
    new: str


BREAKS = {
    "assert_attribution_loses_nothing": Break(
        "models/intermediate/usage/int_usage_charged.sql",
        "where busy_cpu_seconds is not null",
        "where busy_cpu_seconds is not null and host <> '10.0.0.2'",
    ),
    "assert_cpu_seconds_are_plausible": Break(
        "models/intermediate/counters/int_host_slots_measured.sql",
        "as_real('summed.idle_cpu_seconds')",
        "as_real('summed.idle_cpu_seconds + 3600')",
    ),
    "assert_groups_add_up": Break(
        "models/intermediate/ownership/int_users_grouped.sql",
        "where position = 1",
        "where position <= 2",
    ),
    "assert_hosts_add_up": Break(
        "models/intermediate/usage/int_usage_by_host.sql",
        "from {{ ref('int_usage_charged') }}",
        "from {{ ref('int_usage_charged') }} where user_id is not null",
    ),
    "assert_scopes_add_up": Break(
        "models/intermediate/usage/int_usage_scoped.sql",
        "    'project' as scope",
        "    'none' as scope",
    ),
    "assert_shares_are_whole": Break(
        "models/intermediate/ownership/int_host_slot_shares.sql",
        "owners.owned_seconds / nullif",
        "1.01 * owners.owned_seconds / nullif",
    ),
}


def _people(land: Landing, *groups: str) -> None:
    """Ann is listed in groups, Ben in none."""
    land.documents(
        "users",
        [
            User(document_id=one, platform_name=one, name=one, uid=None, gid=None)
            for one in ("ann", "ben")
        ],
    )
    land.documents(
        "groups",
        [
            Group(document_id=one, name=one, gid=None, type=None, members='["ann"]')
            for one in groups
        ],
    )


def _land_first(land: Landing) -> None:
    land.machines(WHOLE, MACHINES)
    land.intensity([grid(one, actual=False) for one in slots(SINCE, UNTIL)])
    land.workspaces([workspace(1, "10.0.0.1", "ann", at("10 19:10"))])
    _people(land, "muons")


def _land_late(land: Landing) -> None:
    """What changes every relation that is shown."""
    land.machines(LATER, MACHINES)
    land.intensity([grid(one) for one in slots(SINCE, UNTIL + HOUR)])
    land.workspaces(
        [
            workspace(1, "10.0.0.1", "ann", at("10 19:20")),
            workspace(2, "10.0.0.2", "ben", at("10 20:10")),
        ]
    )
    land.documents("hosts", [host("h1", "10.0.0.2", "Q", "B")])
    _people(land, "lasers", "muons")


def _shown(project: Project) -> dict[str, list[Row]]:
    views = project.query(
        "select name from sqlite_schema where type = 'view'"
        " and (name like 'v/_%' escape '/' or name like 'fact/_%' escape '/')"
        # quotas of AI providers are of no machine
        " and name not like '%/_provider/_%' escape '/'"
    )
    names = [*SHOWN, *(view["name"] for view in views if view["name"] not in AS_LANDED)]
    return {name: project.rows(name) for name in names}


@pytest.fixture(scope="module")
def first(new_project: MakeProject) -> Project:
    """Landed, built and closed once; tests go on from copies."""
    project = new_project()
    with landing(project.database) as land:
        _land_first(land)
    project.run_models()
    assert project.loaders("close", "2025-09", "--incomplete").returncode == 0
    return project


@pytest.fixture(scope="module")
def late(first: Project, new_project: MakeProject) -> Project:
    """The late inputs landed, not built."""
    project = new_project(first)
    with landing(project.database) as land:
        _land_late(land)
    return project


def test_late_inputs_change_what_is_shown(
    first: Project, late: Project, new_project: MakeProject
) -> None:
    project = new_project(late)
    project.succeed("build", *WITHOUT_COLUMN_TESTS)
    before, after = _shown(first), _shown(project)
    kept = {name for name in before if before[name] == after[name]}
    # no figure is bogus in either, no day is whole, and what was published stays
    assert kept == {
        *("v_bogus_intensities", "v_best_window_of_day", "v_time_shift_potential"),
        *("fact_closed_total", "v_time_ranges"),
    }


@pytest.mark.parametrize("gate", BREAKS)
def test_a_broken_gate_leaves_all_that_is_shown_as_it_was(
    first: Project, late: Project, new_project: MakeProject, gate: str
) -> None:
    project = new_project(late)
    fault = BREAKS[gate]
    folder, _, file = fault.file.partition("/")
    path = project.own(folder) / file
    whole = path.read_text()
    assert whole.count(fault.old) == 1
    path.write_text(whole.replace(fault.old, fault.new))
    # without other tests: the gate alone must hold
    broken = project.dbt("build", *WITHOUT_COLUMN_TESTS)
    assert broken.returncode == 1, broken.stdout[-3000:]
    assert f"Failure in test {gate} " in broken.stdout, broken.stdout[-3000:]
    before, after = _shown(first), _shown(project)
    for name, rows in before.items():
        assert after[name] == rows, name


def test_a_full_refresh_that_a_gate_stops_is_due_until_a_build_ends_well(
    first: Project, new_project: MakeProject
) -> None:
    project = new_project(first)
    gate = "assert_cpu_seconds_are_plausible"
    fault = BREAKS[gate]
    folder, _, file = fault.file.partition("/")
    path = project.own(folder) / file
    whole = path.read_text()
    path.write_text(whole.replace(fault.old, fault.new))
    for arguments in (("--full-refresh",), ()):
        broken = project.dbt("build", *WITHOUT_COLUMN_TESTS, *arguments)
        assert f"Failure in test {gate} " in broken.stdout, broken.stdout[-3000:]
    path.write_text(whole)
    project.succeed("build", *WITHOUT_COLUMN_TESTS)
    for name in ("int_host_slots_measured", *SHOWN):
        assert project.rows(name) == first.rows(name), name
    project.succeed("build", *WITHOUT_COLUMN_TESTS)
    assert project.rows("int_slots_due") == []


def test_a_host_whose_cores_nobody_knows_is_warned_of(new_project: MakeProject) -> None:
    project = new_project()
    with landing(project.database) as land:
        land.samples(
            WHOLE,
            (
                sample
                for end in ends(WHOLE.since, WHOLE.until)
                for sample in samples_at(LABELLED, end)
                if sample.series.metric != "cores"
            ),
        )
    said = project.succeed("build", *WITHOUT_COLUMN_TESTS)
    assert "Warning in test assert_cores_are_known" in said, said[-3000:]


def test_each_gate_is_broken_once() -> None:
    gates = {file.stem for file in (ROOT / "tests" / "dbt").glob("assert_*.sql")}
    assert gates - NOT_GATES == BREAKS.keys()
