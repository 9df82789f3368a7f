"""Machines that follow each other at an address, and set clocks: each life once.

What each used is known in closed form, and the gate lets all of it pass.
"""

from typing import Any

import pytest

from loaders.landing import Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import grid, landing
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.project import Project
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("10 18:00"), at("10 22:00")
BEGIN, FOREVER = at("01 00:00"), at("20 00:00")
HALF_BUSY = Load(0.5)


def life(cores: int, booted: int, ended: int = FOREVER) -> Life:
    return Life(booted, ended, cores, HALF_BUSY)


# by the name of each machine: its lives, when its labels or the spelling of its address
# change, its clock and the scrapes that were lost
FLEET: dict[str, dict[str, Any]] = {
    "8 cores then 2": {
        "lives": [
            life(8, at("10 19:01"), at("10 19:24")),
            life(2, at("10 19:26")),
        ],
        "relabelled_at": at("10 19:25"),
    },
    "1 core then 32 before an edge": {
        "lives": [life(1, BEGIN, at("10 18:57")), life(32, at("10 18:58:30"))],
        "relabelled_at": at("10 18:58"),
        "gaps": [(at("10 18:57:30"), at("10 19:00:30"))],
    },
    "set forward after its boot": {
        "lives": [life(4, at("10 19:02"))],
        "clock_set": (at("10 19:05"), 90),
    },
    "set back after its boot": {
        "lives": [life(4, at("10 19:02"))],
        "clock_set": (at("10 19:20"), -90),
    },
    "set ahead of its time": {
        "lives": [life(4, at("10 18:32"))],
        "clock_set": (at("10 19:20"), 7200),
    },
    "spelled anew at its reboot": {
        "lives": [life(4, BEGIN, at("10 19:19")), life(4, at("10 19:22"))],
        "respelled_at": at("10 19:20"),
    },
    "spelled anew between two reboots": {
        "lives": [
            life(4, BEGIN, at("10 19:04")),
            life(2, at("10 19:06"), at("10 19:18")),
            life(8, at("10 19:20")),
        ],
        "respelled_at": at("10 19:12"),
    },
    "spelled anew at the first of two reboots": {
        "lives": [
            life(4, BEGIN, at("10 19:04")),
            life(2, at("10 19:06"), at("10 19:18")),
            life(2, at("10 19:20")),
        ],
        "respelled_at": at("10 19:05"),
    },
    "booted before an edge and again after it": {
        "lives": [
            life(4, BEGIN, at("10 18:58")),
            life(4, at("10 18:58:30"), at("10 19:11")),
            life(4, at("10 19:12")),
        ],
        "gaps": [(at("10 18:58"), at("10 19:01"))],
    },
}


def machine(number: int, name: str) -> Machine:
    odd = dict(FLEET[name])
    labels = [(0, {"cloud_project_name": name, "machine_name": "before"})]
    if relabelled_at := odd.pop("relabelled_at", None):
        labels.append((relabelled_at, {**labels[0][1], "machine_name": "after"}))
    if respelled_at := odd.pop("respelled_at", None):
        spelled = f"host-10-0-0-{number}.example.org:9100"
        labels.append((respelled_at, {**labels[0][1], "instance": spelled}))
    return Machine(f"10.0.0.{number}:9100", labels=labels, **odd)


MACHINES = [machine(number, name) for number, name in enumerate(FLEET, start=1)]


@pytest.fixture(scope="module")
def built(new_project: MakeProject) -> Project:
    """The machines landed in one pull, built, and let pass by the gate."""
    project = new_project()
    with landing(project.database) as land:
        land.machines(Window(SINCE, UNTIL), MACHINES)
        land.intensity([grid(slot_at) for slot_at in slots(SINCE, UNTIL)])
    project.run_models()
    project.succeed("test", "--select", "assert_cpu_seconds_are_plausible")
    return project


@pytest.mark.parametrize("counted", MACHINES, ids=FLEET)
def test_each_life_counts_once_in_its_hours(built: Project, counted: Machine) -> None:
    found = {
        row["ts"]: (row["busy_cpu_seconds_total"], row["idle_cpu_seconds_total"])
        for row in built.query(
            "select * from v_project_timeseries where cloud_project_name = ?",
            counted.labels_at(0)["cloud_project_name"],
        )
    }
    for hour_at in slots(SINCE, UNTIL, 3600):
        hour = hour_at, hour_at + 3600
        if seconds := counted.busy(*hour):
            truth = seconds, counted.idle(*hour)
            assert found.pop(iso(hour_at)) == pytest.approx(truth, abs=0.01), hour
    assert not found
