"""Labels that must not land as they are, and series that then are equal."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loaders.landing import land_samples, open_database, start_run
from loaders.pseudonyms import Names
from loaders.rows import HALF_HOUR, Window
from loaders.settings import Labels, PrometheusSettings
from loaders.sources.prometheus import (
    RangeSeries,
    Reading,
    fetch_samples,
    open_prometheus,
    sample_rows,
)
from loaders.sources.prometheus_labels import landed_labels
from tests.servers.prometheus import Scraped, openmetrics

START = 1_700_000_000 // HALF_HOUR * HALF_HOUR
HOST = {"instance": "10.0.0.1:9100", "job": "node"}
ROLES = Labels(user="owner")
ADDRESS = "ann.lee@example.org"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


@pytest.mark.parametrize(
    "value", [ADDRESS, f"Ann <{ADDRESS}>", "ann%40example.org", "ann\uff20example.org"]
)
def test_a_label_that_holds_an_address_is_left_out(value: str) -> None:
    labels, problems = landed_labels({**HOST, "owner": value}, ROLES, Names())
    assert labels == HOST
    assert problems == ["label owner looks like an e-mail address, not landed"]


def test_a_label_whose_name_is_an_address_is_left_out() -> None:
    labels, problems = landed_labels({**HOST, ADDRESS: "1"}, ROLES, Names())
    assert labels == HOST
    assert problems == ["label … looks like an e-mail address, not landed"]


def test_a_long_or_broken_label_lands_changed() -> None:
    odd = {**HOST, "a": "x" * 10**6, "b": "\0", "c": "\ud800", "d": "\u202e'; --<b>"}
    labels, problems = landed_labels(odd, ROLES, Names())
    assert labels | {"a": ""} == {
        **HOST,
        "a": "",
        "b": "\ufffd",
        "c": "\ufffd",
        "d": odd["d"],
    }
    assert labels["a"].startswith("x" * 400) and len(labels["a"]) < 500
    assert problems == [
        f"label {label} has NUL or over 500 characters, landed changed"
        for label in "abc"
    ]


def test_what_no_label_may_hold_is_in_no_line_either() -> None:
    reading = Reading(names=Names(b"k" * 16))
    labels = {"owner": "ann", "mail": ADDRESS, "job": "node"}
    assert not list(sample_rows("cores", [series(labels, 1)], ROLES, reading))
    said = " ".join([*reading.findings, *reading.remarks])
    assert "without the label instance" in said
    assert ADDRESS not in said and "ann" not in said.replace("looks like an e-mail", "")


def series(labels: dict[str, str], *values: float) -> RangeSeries:
    return RangeSeries(
        metric=dict(labels),
        values=[(START + at * HALF_HOUR, value) for at, value in enumerate(values)],
    )


def values_of(
    metric: str, items: list[RangeSeries], reading: Reading
) -> dict[int, float]:
    rows = list(sample_rows(metric, items, ROLES, reading))
    assert {json.dumps(json.loads(row.series.labels)) for row in rows} <= {
        json.dumps(HOST)
    }
    found = {(row.ts - START) // HALF_HOUR: row.value for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("is_turned", [False, True])
def test_of_series_that_land_as_one_the_target_scraped_last_counts(
    is_turned: bool,
) -> None:
    reading = Reading()
    one, other = ({**HOST, "owner": f"{who}@example.org"} for who in ("ann", "bob"))

    def both(*items: RangeSeries) -> list[RangeSeries]:
        return list(reversed(items)) if is_turned else list(items)

    nan = float("nan")
    scraped = both(series(one, 60, 120, nan), series(other, 59, 121, 130))
    assert values_of("last_scrape_at", scraped, reading) == {0: 60, 1: 121, 2: 130}
    # the machine of before has the greater counter
    counters = both(series(one, 900, 901, 902), series(other, 5, 6, 7))
    for item in counters:
        item.metric["mode"] = "idle"
    assert values_of("cpu_seconds", counters, reading) == {0: 900, 1: 6, 2: 7}
    # what the target scraped last does not have, the other does not stand for
    lacking = both(series(one, 4, 4), series(other, 2))
    assert values_of("cores", lacking, reading) == {0: 4}


def test_of_targets_of_which_no_scrape_is_known_the_largest_value_counts() -> None:
    one, other = ({**HOST, "owner": f"{who}@example.org"} for who in ("ann", "bob"))
    items = [series(one, 3, 4), series(other, 5, 2), series(HOST, 1, 1, 6)]
    assert values_of("cores", items, Reading()) == {0: 5, 1: 4, 2: 6}


def test_series_of_other_hosts_are_not_touched_by_that() -> None:
    reading = Reading()
    away = {**HOST, "instance": "10.0.0.2:9100"}
    items = [series({**HOST, "owner": ADDRESS}, 1), series(away, 7)]
    rows = list(sample_rows("cores", items, ROLES, reading))
    assert sorted(row.value for row in rows) == [1, 7]
    assert reading.scraped_last == {}


def node(owner: str, begin: int, end: int) -> list[Scraped]:
    """Two busy cores, scraped each minute from `begin` to `end`, in seconds."""
    labels = {**HOST, "owner": owner}
    times = range(START + begin, START + end + 1, 60)
    clocks = [
        Scraped(
            "node_cpu_seconds_total",
            {**labels, "cpu": cpu, "mode": "user"},
            [(at, at - START + 7200) for at in times],
        )
        for cpu in ("0", "1")
    ]
    boots = [(at, START - 7200) for at in times]
    return [*clocks, Scraped("node_boot_time_seconds", labels, boots)]


def test_a_host_relabelled_from_one_address_to_another_goes_on(
    prometheus: Callable[..., str], database: sqlite3.Connection
) -> None:
    turn = HALF_HOUR + 900
    scraped = [*node(ADDRESS, 0, turn - 60), *node("bob@example.org", turn, 7200)]
    settings = PrometheusSettings(url=prometheus(openmetrics(scraped)), labels=ROLES)
    window, reading = Window(START, START + 4 * HALF_HOUR), Reading()
    samples = fetch_samples(open_prometheus(settings), settings, window, reading)
    run_id = start_run(database, "prometheus", window)
    land_samples(database, run_id, window, samples, findings=reading.findings)
    line = "label owner looks like an e-mail address, not landed: 2 series"
    assert f"prometheus: cpu_seconds: {line}" in reading.remarks
    assert not reading.findings
    found = database.execute(
        "select labels, ts - ?, value from raw_prometheus_samples"
        " join raw_prometheus_series using (series_id) where metric = 'cpu_seconds'",
        (START,),
    )
    assert found.fetchall() == [
        (json.dumps(HOST), slot * HALF_HOUR, 2.0 * (7200 + slot * HALF_HOUR))
        for slot in range(5)
    ]
    held = "\n".join(database.iterdump())
    assert "@" not in held
