"""Reboots beside lost scrapes: built hour by hour as at once, and as true."""

from typing import Any

import pytest

from loaders.landing import Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import landing
from tests.pipeline.machines import FOREVER, Life, Load, Machine, slots
from tests.pipeline.project import Project
from tests.pipeline.small_fleet import at

HOUR = 3600
SINCE, UNTIL = at("11 09:00"), at("11 15:00")
BEGIN = at("01 00:00")
BUSY, CORES = 0.5, 4


def life(begin: int, end: int = FOREVER) -> Life:
    return Life(begin, end, CORES, Load(BUSY))


def rebooted(end: str, begin: str) -> list[Life]:
    return [life(BEGIN, at(end)), life(at(begin))]


# by the project of each machine: its lives, and the scrapes that were lost
FLEET: dict[str, dict[str, Any]] = {
    "rebooted just after a long gap": {
        "lives": rebooted("11 13:50", "11 13:51"),
        "gaps": [(at("11 09:50"), at("11 13:35"))],
    },
    "rebooted just after a short gap": {
        "lives": rebooted("11 10:20", "11 10:21"),
        "gaps": [(at("11 09:50"), at("11 10:05"))],
    },
    "lost over the edge": {
        "lives": rebooted("11 10:28", "11 10:28:30"),
        "gaps": [(at("11 09:56"), at("11 10:01"))],
    },
    "booted unseen, and again": {
        "lives": [
            life(BEGIN, at("11 09:10")),
            life(at("11 10:40"), at("11 13:10")),
            life(at("11 13:11")),
        ],
        "gaps": [(at("11 10:30"), at("11 13:02"))],
    },
    "booted on the edge": {
        "lives": [life(BEGIN, at("11 09:25")), life(at("11 12:30"))],
    },
}
LOST = {
    "rebooted just after a long gap": (9, 10, 11, 12, 13),
    "rebooted just after a short gap": (9, 10),
    "lost over the edge": (9, 10),
    "booted unseen, and again": (10, 11, 12, 13),
    "booted on the edge": (),
}
MACHINES = [
    Machine(
        f"10.0.0.{number}:9100",
        labels=[(0, {"cloud_project_name": project, "machine_name": "m"})],
        **odd,
    )
    for number, (project, odd) in enumerate(FLEET.items(), start=1)
]


def built(project: Project, *steps: list[Window]) -> Project:
    """A project that lands the windows of each step, and then builds."""
    for windows in steps:
        with landing(project.database) as land:
            for window in windows:
                land.machines(window, MACHINES)
        project.run_models()
    return project


@pytest.fixture(scope="module")
def hourly(new_project: MakeProject) -> Project:
    """The fleet pulled and built as each hour ends."""
    ends = range(SINCE + HOUR, UNTIL + 1, HOUR)
    return built(new_project(), *([Window(end - HOUR, end)] for end in ends))


def measured(project: Project) -> list[dict[str, Any]]:
    return project.query(
        "select cloud_project_name, slot_at, busy_cpu_seconds, idle_cpu_seconds,"
        " up_seconds, cores, has_lost_scrapes, has_unknown_tail"
        " from int_host_slots_measured order by cloud_project_name, slot_at"
    )


def test_builds_of_each_hour_measure_what_one_of_all_hours_does(
    hourly: Project, new_project: MakeProject
) -> None:
    found = measured(hourly)
    assert found == measured(built(new_project(), [Window(SINCE, UNTIL)]))
    middle = at("11 13:00")
    backwards = [[Window(middle, UNTIL)], [Window(SINCE, middle)]]
    assert found == measured(built(new_project(), *backwards))


@pytest.mark.parametrize("machine", MACHINES, ids=list(FLEET))
def test_each_half_hour_is_the_truth(hourly: Project, machine: Machine) -> None:
    project = machine.labels[0][1]["cloud_project_name"]
    found = {
        row["slot_at"]: (row["busy_cpu_seconds"], row["idle_cpu_seconds"])
        for row in measured(hourly)
        if row["cloud_project_name"] == project
    }
    true = {
        slot_at: (machine.busy(slot_at, end), machine.idle(slot_at, end))
        for slot_at in slots(SINCE, UNTIL)
        for end in [slot_at + 1800]
    }
    # the first half-hour's row is there from the reading that opens it
    for slot_at, figures in true.items():
        assert found.get(slot_at, (0.0, 0.0)) == pytest.approx(figures), iso(slot_at)


@pytest.mark.parametrize("project", FLEET)
def test_hours_that_lost_scrapes_are_incomplete_and_no_others(
    hourly: Project, project: str
) -> None:
    rows = hourly.query(
        "select slot_at from int_host_slots_measured"
        " where cloud_project_name = ? and has_lost_scrapes = 1",
        project,
    )
    lost = {row["slot_at"] // HOUR * HOUR for row in rows}
    assert lost == {at(f"11 {hour:02}:00") for hour in LOST[project]}
