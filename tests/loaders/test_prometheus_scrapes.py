"""Scrapes of irregular half-hours: of which hosts they are asked, and what lands."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loaders.landing import open_database
from loaders.plans import Plan
from loaders.pulls import pull
from loaders.rows import HALF_HOUR, Window
from loaders.runs import Run
from loaders.settings import PrometheusSettings, Settings
from tests.servers.prometheus import Scraped, openmetrics

START = 1_700_000_000 // HALF_HOUR * HALF_HOUR
BEGIN, END = START - 3600, START + 6 * HALF_HOUR
SLOT_0, SLOT_1 = START + HALF_HOUR, START + 2 * HALF_HOUR

Life = tuple[float, float, float]
Serve = Callable[..., str]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


def host(name: str, *lives: Life, cores: int = 2, **labels: str) -> list[Scraped]:
    """A host scraped each minute, 20.25 s past it; lives are (boot, first, last)."""
    instance = {"instance": f'{name}"\\.*:9100', "job": "node", **labels}
    times = [
        (boot, at + 20.25)
        for boot, first, last in lives
        for at in range(BEGIN, END, 60)
        if first <= at <= last
    ]
    boots = [(at, boot) for boot, at in times]
    clocks = [
        Scraped(
            "node_cpu_seconds_total",
            {**instance, "cpu": str(cpu), "mode": mode},
            [(at, (at - boot) / 2) for boot, at in times],
        )
        for cpu in range(cores)
        for mode in ("idle", "iowait")
    ]
    return [*clocks, Scraped("node_boot_time_seconds", instance, boots)]


def pulled(database: sqlite3.Connection, url: str) -> Run:
    settings = Settings(prometheus=PrometheusSettings(url=url, selector='job="node"'))
    window = Window(START, START + 5 * HALF_HOUR)
    return pull(
        database,
        "prometheus",
        settings,
        Plan(window),
        forecast=False,
        advance=lambda steps: None,
    )


def scraped(database: sqlite3.Connection) -> dict[tuple[str, str], list[int]]:
    """Times of landed scrapes in seconds since START, by host and metric."""
    found = database.execute(
        "select json_extract(labels, '$.instance'), metric, ts - ?"
        " from raw_prometheus_scrapes join raw_prometheus_series using (series_id)"
        " group by 1, 2, 3 order by 1, 2, 3",
        (START,),
    )
    times: dict[tuple[str, str], list[int]] = {}
    for instance, metric, at in found:
        times.setdefault((instance.split('"')[0], metric), []).append(at)
    return times


def test_only_irregular_half_hours_land_their_scrapes(
    prometheus: Serve, database: sqlite3.Connection
) -> None:
    fleet = [
        *host("regular", (BEGIN - 9000, BEGIN, END)),
        *host("jitters", (BEGIN - 9000, BEGIN, SLOT_0), (BEGIN - 8998, SLOT_0, END)),
        *host(
            "reboots",
            (BEGIN, BEGIN, SLOT_0 + 600),
            (SLOT_0 + 700, SLOT_0 + 720, END),
        ),
    ]
    assert pulled(database, prometheus(openmetrics(fleet))).state == "done"
    times = scraped(database)
    assert {name for name, _ in times} == {"reboots"}
    cpu_times = times["reboots", "scraped_cpu_seconds"]
    irregular = database.execute(
        "select (ts - ?) / 1800, value, json_extract(labels, '$.instance')"
        " from raw_prometheus_samples join raw_prometheus_series using (series_id)"
        " where metric = 'irregular' order by ts",
        (START,),
    )
    name = 'reboots"\\.*:9100'
    assert irregular.fetchall() == [(2, 1.0, name), (3, 1.0, name)]
    assert times["reboots", "scraped_boot_time_seconds"] == cpu_times
    slot = [at for at in cpu_times if HALF_HOUR < at <= 2 * HALF_HOUR]
    # rounded up, in (start, end]; the reboot left one minute without a scrape
    assert slot == [
        HALF_HOUR + 21 + 60 * n for n in range(30) if HALF_HOUR + 60 * n != 2460
    ]
    series = database.execute(
        "select distinct mode, json_extract(labels, '$.cpu')"
        " from raw_prometheus_series where metric = 'scraped_cpu_seconds' order by 1, 2"
    )
    assert series.fetchall() == [
        ("idle", "0"),
        ("idle", "1"),
        ("iowait", "0"),
        ("iowait", "1"),
    ]


def test_a_reboot_on_the_edge_is_irregular(
    prometheus: Serve, database: sqlite3.Connection
) -> None:
    fleet = host("edge", (BEGIN, BEGIN, SLOT_0 - 60), (SLOT_0, SLOT_0, END))
    pulled(database, prometheus(openmetrics(fleet)))
    times = scraped(database)["edge", "scraped_cpu_seconds"]
    assert HALF_HOUR + 21 in times and HALF_HOUR - 39 in times


def test_a_relabelled_host_is_irregular_and_a_second_job_is_not(
    prometheus: Serve, database: sqlite3.Connection
) -> None:
    boot = BEGIN - 100
    fleet = [
        *host("relabelled", (boot, BEGIN, SLOT_0 + 600), machine_name="Muon"),
        *host("relabelled", (boot, SLOT_0 + 660, END), machine_name="Laser"),
        *host("twice", (boot, BEGIN, END), rack="1"),
        *host("twice", (boot, BEGIN, END), rack="2"),
    ]
    pulled(database, prometheus(openmetrics(fleet)))
    times = scraped(database)
    assert {name for name, _ in times} == {"relabelled"}


def test_what_is_too_much_for_the_server_is_asked_host_by_host(
    prometheus: Serve, database: sqlite3.Connection
) -> None:
    fleet = [
        *host("small", (BEGIN, BEGIN, SLOT_0 + 600), (SLOT_0 + 700, SLOT_0 + 720, END)),
        *host(
            "large",
            (BEGIN, BEGIN, SLOT_0 + 600),
            (SLOT_0 + 700, SLOT_0 + 720, END),
            cores=60,
        ),
    ]
    url = prometheus(openmetrics(fleet), "--query.max-samples=4100")
    run = pulled(database, url)
    assert run.state == "partial"
    assert any("scrapes of large" in line for line in run.findings)
    times = scraped(database)["small", "scraped_cpu_seconds"]
    assert len([at for at in times if HALF_HOUR < at <= 2 * HALF_HOUR]) == 29
