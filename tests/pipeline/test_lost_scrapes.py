"""Which hours say that scrapes were lost: where something is unknown, and no others."""

from typing import Any

import pytest

from loaders.landing import Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import grid, landing
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.project import Project
from tests.pipeline.small_fleet import at

HOUR = 3600
SINCE, UNTIL = at("10 18:00"), at("11 04:00")
BEGIN, FOREVER = at("01 00:00"), at("20 00:00")
# Prometheus itself was away
AWAY = at("11 01:10"), at("11 03:05")
AWAY_HOURS = {"11 01:00", "11 02:00", "11 03:00"}
BUSY, CORES = 0.5, 4


def old(ended: int = FOREVER) -> Life:
    return Life(BEGIN, ended, CORES, Load(BUSY))


def booted(begin: str) -> Life:
    return Life(at(begin), FOREVER, CORES, Load(BUSY))


# by the project of each machine: its lives, and all else that is odd about it
FLEET: dict[str, dict[str, Any]] = {
    "steady": {"lives": [old()]},
    # the boot time moves while the counter goes on
    "clock set unseen": {
        "lives": [old()],
        "gaps": [(at("10 20:10"), at("10 22:40"))],
        "clock_set": (at("10 22:30"), 90),
    },
    "clock set": {"lives": [old()], "clock_set": (at("10 19:10"), 90)},
    "booted before an edge": {
        "lives": [booted("10 20:29:20")],
        "gaps": [(at("10 20:29"), at("10 20:31"))],
    },
    "relabelled": {"lives": [old()]},
    # silent, then with another boot: whether it was off nobody can tell
    "off and on": {"lives": [old(at("10 19:20")), booted("10 22:00:20")]},
    "ended": {"lives": [old(at("10 20:00"))]},
    "rebooted meanwhile": {"lives": [old(at("11 02:40")), booted("11 02:41")]},
}
LOST = {
    "clock set unseen": {"10 20:00", "10 21:00", "10 22:00"},
}


def machine(number: int, project: str) -> Machine:
    odd = FLEET[project]
    labels = [(0.0, {"cloud_project_name": project, "machine_name": "m"})]
    if project == "relabelled":
        labels.append((at("10 19:40"), {**labels[0][1], "machine_name": "n"}))
    gaps = [AWAY, *odd.get("gaps", [])]
    return Machine(f"10.0.0.{number}:9100", labels=labels, **{**odd, "gaps": gaps})


@pytest.fixture(scope="module")
def built(new_project: MakeProject) -> Project:
    """The fleet landed in one pull, with intensities for all its hours, and built."""
    project = new_project()
    machines = [machine(number, name) for number, name in enumerate(FLEET, start=1)]
    with landing(project.database) as land:
        land.machines(Window(SINCE, UNTIL), machines)
        land.intensity([grid(slot_at) for slot_at in slots(SINCE, UNTIL)])
    project.run_models()
    return project


@pytest.mark.parametrize("project", FLEET)
def test_hours_with_lost_scrapes_are_incomplete_and_no_others(
    built: Project, project: str
) -> None:
    rows = built.query(
        "select ts, status from v_status_timeseries where cloud_project_name = ?",
        project,
    )
    lost = {iso(at(hour)) for hour in AWAY_HOURS | LOST.get(project, set())}
    if project == "ended":
        # the last half-hour of these has scrapes again, but none of this machine
        lost -= {iso(at("11 03:00"))}
    assert {row["ts"] for row in rows if row["status"] == "download incomplete"} == lost
    assert {row["status"] for row in rows} == {"processed", "download incomplete"}


def test_what_is_lost_is_not_made_up(built: Project) -> None:
    found = {
        (row["cloud_project_name"], row["ts"]): row["busy_cpu_seconds_total"]
        for row in built.query("select * from v_project_timeseries")
    }
    full = CORES * BUSY * HOUR
    unseen = [found["clock set unseen", iso(at(f"10 {hour}:00"))] for hour in (20, 21)]
    assert unseen == [pytest.approx(full / 6), 0.0]
    assert found["clock set unseen", iso(at("10 22:00"))] == 0.0
    assert found["clock set", iso(at("10 19:00"))] == pytest.approx(full)
    assert found["clock set", iso(at("10 20:00"))] == pytest.approx(full)
    assert ("off and on", iso(at("10 20:00"))) not in found
    assert ("rebooted meanwhile", iso(at("11 01:00"))) in found
    tails = built.query(
        "select ts from v_project_timeseries where has_unknown_tail = 1"
        " and cloud_project_name = 'off and on'"
    )
    # where it was last seen, and where another life takes its place
    assert [row["ts"] for row in tails] == [iso(at("10 19:00")), iso(at("10 22:00"))]
