"""The measured CPU seconds of a lively fleet, against the truth of its machines.

`increase()` on the same server is measured beside it. LONG=1 takes two days, else one.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.pipeline.conftest import MakeProject, Servers, pull
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import grid, landing
from tests.pipeline.lively_fleet import HOUR, PROJECTS, Fleet
from tests.pipeline.machines import slots
from tests.pipeline.project import Project
from tests.pipeline.small_fleet import at
from tests.servers.prometheus import openmetrics, prometheus_from

HOURS = 48 if os.environ.get("LONG") else 24
OF_TRUTH = 0.001


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet(at("10 12:00"), HOURS, seed=20250911)


@pytest.fixture(scope="module")
def server(fleet: Fleet) -> Iterator[str]:
    with prometheus_from(openmetrics(fleet.scraped())) as url:
        yield url


@pytest.fixture(scope="module")
def measured(
    fleet: Fleet, server: str, new_project: MakeProject, servers: Servers
) -> Project:
    """The fleet pulled and built; its workspaces are owned throughout."""
    servers.mongo.write(
        "lively",
        workspaces=[
            {
                "hostname": host.machine.instance,
                "owner": host.owner,
                "state": "CLAIMED",
                "acquired_time": "2025-01-01T00:00:00Z",
            }
            for host in fleet.hosts
            if host.owner is not None
        ],
        users=[{"platform_name": "alice"}],
        groups=[{"name": "isis", "gid": 100}],
        hosts=[{"hostname": "elsewhere"}],
    )
    project = new_project()
    project.variables |= {
        "LOADERS_PROMETHEUS__URL": server,
        "LOADERS_MONGO__URI": servers.mongo.uri,
        "LOADERS_MONGO__DATABASE": "lively",
    }
    pull(project, fleet.since, fleet.until)
    with landing(project.database) as land:
        land.intensity([grid(one) for one in slots(fleet.since, fleet.until)])
    project.run_models()
    return project


def test_each_scope_is_within_a_thousandth_of_the_truth(
    fleet: Fleet, measured: Project
) -> None:
    found = {
        (row["scope"], row["name"]): (row["busy"], row["idle"])
        for row in measured.query(
            "select scope, coalesce(cloud_project_name, machine_name, user_id, '')"
            " as name, sum(busy_cpu_seconds_total) as busy,"
            " sum(idle_cpu_seconds_total) as idle from fact_usage"
            " left join dim_project using (project_id)"
            " left join dim_machine using (machine_id) group by 1, 2"
            " union all select 'user', 'nobody', sum(busy_cpu_seconds_total),"
            " sum(idle_cpu_seconds_total) from fact_unattributed"
        )
    }
    truth = fleet.truth()
    assert found.keys() == truth.keys()
    wrong = [
        f"{scope} {name}: busy {_off(found_busy, busy)}, idle {_off(found_idle, idle)}"
        for (scope, name), (busy, idle) in truth.items()
        for found_busy, found_idle in [found[scope, name]]
        if abs(found_busy - busy) > OF_TRUTH * busy
        or abs(found_idle - idle) > OF_TRUTH * idle
    ]
    assert not wrong, "\n".join(wrong)


def _off(found: float, true: float) -> str:
    return f"{100 * (found / true - 1):+.4f} %"


def test_each_host_hour_is_within_two_scrapes(fleet: Fleet, measured: Project) -> None:
    busy: defaultdict[tuple[str, int], float] = defaultdict(float)
    idle: defaultdict[tuple[str, int], float] = defaultdict(float)
    for row in measured.query("select * from int_host_slots_measured"):
        key = row["host"], row["slot_at"] // HOUR * HOUR
        busy[key] += row["busy_cpu_seconds"] or 0.0
        idle[key] += row["idle_cpu_seconds"] or 0.0
    wrong = []
    for host in fleet.hosts:
        machine = host.machine
        name = machine.instance.removesuffix(":9100")
        for hour in range(fleet.since, fleet.until, HOUR):
            if host.is_spared(hour):
                continue
            lives = [one for one in machine.lives if one.ended > hour - HOUR]
            begun = [one.cores for one in lives if one.booted < hour + HOUR]
            cores = max(begun, default=0)
            true_busy = machine.busy(hour, hour + HOUR)
            true_idle = machine.idle(hour, hour + HOUR)
            found_busy, found_idle = busy[name, hour], idle[name, hour]
            error = found_busy + found_idle - true_busy - true_idle
            most = 2 * machine.interval * cores
            if max(
                abs(error), abs(found_busy - true_busy), abs(found_idle - true_idle)
            ) > max(most, 1e-6):
                wrong.append(
                    f"{name} {iso(hour)}: {found_busy:.1f} + {found_idle:.1f}"
                    f" where {true_busy:.1f} + {true_idle:.1f} is true"
                )
    assert not wrong, "\n".join(wrong)


def test_hours_in_gaps_are_incomplete_and_all_others_processed(
    fleet: Fleet, measured: Project
) -> None:
    expected = {
        (project, iso(hour)): "processed"
        for project in PROJECTS
        for hour in range(fleet.since, fleet.until, HOUR)
    }
    for host in fleet.hosts:
        for hour in range(fleet.since, fleet.until, HOUR):
            if host.is_spared(hour):
                labels = host.machine.labels_at(hour + HOUR)
                lost = labels["cloud_project_name"], iso(hour)
                expected[lost] = "download incomplete"
    found = {
        (row["cloud_project_name"], row["ts"]): row["status"]
        for row in measured.query("select * from v_status_timeseries")
    }
    wrong = [
        f"{name} {ts}: {found.get((name, ts))}, not {status}"
        for (name, ts), status in expected.items()
        if found.get((name, ts)) != status
    ]
    assert not wrong and found.keys() == expected.keys(), "\n".join(wrong)


def test_report_beside_increase(
    fleet: Fleet,
    measured: Project,
    server: str,
    record_property: Callable[[str, object], None],
) -> None:
    """`increase()` by the hour loses what the models find, on the same counters."""
    shown = _shown(server, fleet.until)
    assert shown == pytest.approx(_landed(measured, fleet.until))
    ours = measured.query(
        "select sum(busy_cpu_seconds_total) as busy, sum(idle_cpu_seconds_total)"
        " as idle from fact_usage where scope = 'ada'"
    )[0]
    busy, idle = fleet.truth()["ada", ""]
    found = {
        "models": (ours["busy"], ours["idle"]),
        "increase()[1h]": (
            _increase(server, fleet, "!="),
            _increase(server, fleet, "="),
        ),
    }
    slots = measured.query("select count(*) as slots from int_host_slots_measured")
    lines = [
        f"{len(fleet.hosts)} hosts, {HOURS} h, {slots[0]['slots']} host-slots",
        _line("CPU seconds", "busy", "idle", "both"),
        _line("truth", f"{busy:.0f}", f"{idle:.0f}", f"{busy + idle:.0f}"),
    ]
    for name, (some_busy, some_idle) in found.items():
        both = _off(some_busy + some_idle, busy + idle)
        lines.append(_line(name, _off(some_busy, busy), _off(some_idle, idle), both))
    record_property("truth", "\n".join(lines))
    models, increase = (sum(figures) / (busy + idle) - 1 for figures in found.values())
    assert abs(models) < OF_TRUTH
    assert -20 * OF_TRUTH < increase < -5 * OF_TRUTH


def _landed(project: Project, read_at: int) -> float:
    """The sum of all counters at a half-hour's end, as they were pulled."""
    (row,) = project.query(
        "select sum(value) as seconds from raw_prometheus_samples"
        " join raw_prometheus_series using (series_id)"
        " where metric = 'cpu_seconds' and ts = ?",
        read_at,
    )
    return float(row["seconds"])


def _shown(server: str, read_at: int) -> float:
    """The sum of all counters at a half-hour's end, as the server shows them."""
    query = "sum(last_over_time(node_cpu_seconds_total[30m]))"
    answer = requests.post(
        f"{server}/api/v1/query", data={"query": query, "time": read_at}, timeout=60
    )
    (series,) = answer.json()["data"]["result"]
    return float(series["value"][1])


def _line(name: str, *figures: str) -> str:
    return f"{name:<16}" + "".join(f"{figure:>14}" for figure in figures)


def _increase(server: str, fleet: Fleet, operator: str) -> float:
    """What the server itself says: hours added up, one job, idle or the rest."""
    selector = f'job="node",mode{operator}"idle"'
    answer = requests.post(
        f"{server}/api/v1/query_range",
        data={
            "query": f"sum(increase(node_cpu_seconds_total{{{selector}}}[1h]))",
            "start": fleet.since + HOUR,
            "end": fleet.until,
            "step": HOUR,
        },
        timeout=60,
    )
    (series,) = answer.json()["data"]["result"]
    return sum(float(value) for _, value in series["values"])
