"""What documents say of hosts, users and groups, whenever they arrive."""

from collections.abc import Callable

import pytest

from loaders.landing import Window, Workspace
from tests.pipeline.conftest import MakeProject
from tests.pipeline.landed_fleet import Landing, grid, host, landing, workspace
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.project import Project
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("10 18:00"), at("10 22:00")
LIFE = Life(at("01 05:13"), at("20 00:00"), 2, Load(0.5, 0.3, 9_000))
LABELLED = Machine(
    "10.0.0.1:9100",
    [LIFE],
    [(0, {"cloud_project_name": "P", "machine_name": "A"})],
)
DOCUMENTED, TAGGED = Machine("10.0.0.2:9100", [LIFE]), Machine("10.0.0.3:9100", [LIFE])
MAPS = (
    "select user_id, cloud_project_name from map_user_project"
    " join dim_project using (project_id) order by 1, 2",
    "select cloud_project_name, machine_name from map_project_machine"
    " join dim_project using (project_id) join dim_machine using (machine_id)"
    " order by 1, 2",
)


def _workspaces(tag: str | None) -> list[Workspace]:
    ben = workspace(1, "10.0.0.2", "ben", at("02 00:00"))
    cat = workspace(2, "10.0.0.3", "cat", at("02 00:00"))
    return [ben, {**cat, "tag": tag}]


def _measurements(land: Landing) -> None:
    land.machines(Window(SINCE, UNTIL), [LABELLED, DOCUMENTED, TAGGED])
    land.intensity([grid(one) for one in slots(SINCE, UNTIL)])


def _untold(land: Landing) -> None:
    land.workspaces(_workspaces(tag=None))


def _told(land: Landing) -> None:
    land.workspaces(_workspaces(tag="IDAaaS"))
    land.documents("hosts", [host("h1", "10.0.0.2", "Q", "B")])


def _maps(project: Project) -> list[list[tuple[object, ...]]]:
    return [
        [tuple(row.values()) for row in project.query(statement)] for statement in MAPS
    ]


@pytest.mark.parametrize(
    "steps",
    [[_measurements, _untold, _told], [_untold, _told, _measurements]],
    ids=["documents last", "documents first"],
)
def test_maps_hold_what_the_documents_say_whenever_they_arrive(
    new_project: MakeProject, steps: list[Callable[[Landing], None]]
) -> None:
    project = new_project()
    for step in steps:
        with landing(project.database) as land:
            step(land)
        if project.query("select 1 from raw_prometheus_samples limit 1"):
            project.run_models()
    users, machines = _maps(project)
    assert users == [("ben", "Q"), ("cat", "IDAaaS")]
    assert machines == [("IDAaaS", "(unlabelled)"), ("P", "A"), ("Q", "B")]
    assert project.query("pragma foreign_key_check") == []


@pytest.mark.parametrize("is_built_before", [True, False])
def test_a_host_given_to_another_project_keeps_its_past(
    new_project: MakeProject, monkeypatch: pytest.MonkeyPatch, is_built_before: bool
) -> None:
    project = new_project()
    with landing(project.database) as land:
        _measurements(land)
    if is_built_before:
        project.run_models()
    documents = [host("h2", "10.0.0.2", "Q", "B"), host("h1", "10.0.0.2", "R", "C")]
    for moment, document in zip(["10 19:10", "10 20:40"], documents, strict=True):
        monkeypatch.setattr("time.time", lambda moment=moment: at(moment))
        with landing(project.database) as land:
            land.documents("hosts", [document])
        monkeypatch.undo()
        if is_built_before:
            project.run_models()
    project.run_models()
    rows = project.query(
        "select cloud_project_name, substr(ts, 12, 2) as hour,"
        " cast(round(busy_cpu_seconds_total + idle_cpu_seconds_total) as integer)"
        " as cpu_seconds from v_project_timeseries"
        " where cloud_project_name in ('Q', 'R') order by 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Q", "18", 7200),
        ("Q", "19", 7200),
        ("Q", "20", 3600),
        ("R", "20", 3600),
        ("R", "21", 7200),
    ]
    revised = project.query(
        "select distinct substr(ts, 12, 2) as hour from"
        " fact_usage_revision where reason = 'mongo' and cloud_project_name = 'Q'"
    )
    assert [row["hour"] for row in revised] == (["20", "21"] if is_built_before else [])
