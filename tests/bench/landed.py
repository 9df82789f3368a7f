"""Lands a bench's fleet as pulls would: its history at once, then hour after hour."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from loaders.changes import note
from loaders.documents import Span
from loaders.landing import (
    IntensitySlot,
    Sample,
    Series,
    Window,
    Workspace,
    finish_run,
    land_documents,
    land_intensity,
    land_label_names,
    land_samples,
    open_database,
    record_window,
    start_run,
)
from loaders.rows import HALF_HOUR, Host
from loaders.sources.simulated import LABEL_NAMES, fetch_groups, fetch_users
from loaders.sources.simulated_fleet import DAY, HOUR, people
from loaders.transaction import transaction
from tests.bench.fleet import (
    CHANGING_OWNER,
    MODES,
    UNLABELLED,
    UNOWNED,
    Address,
    Life,
    Reading,
)

INSERT_SERIES = (
    "insert into raw_prometheus_series (metric, mode, labels, landed_at)"
    " values (?, ?, ?, 0) returning series_id"
)
INSERT_SAMPLE = "insert into raw_prometheus_samples values (?, ?, ?)"
INSERT_SCRAPE = "insert into raw_prometheus_scrapes values (?, ?, ?)"
METRICS: Mapping[str, Callable[[Reading], float]] = {
    "boot_time_seconds": lambda reading: float(reading.life.booted_at),
    "scrapes": lambda reading: float(reading.scrapes),
    "last_scrape_at": lambda reading: float(reading.last_scrape_at),
    "cores": lambda reading: float(reading.life.machine.cores),
}


@dataclass
class Landed:
    """A database with a history that ends at `until`, and the hours after it."""

    path: Path
    until: int
    later: list[Sample]

    def land_hour(self) -> None:
        """Land one more hour of the fleet and of the grid, as an hourly pull does."""
        window = Window(self.until - HOUR, self.until + HOUR)
        self.until = window.until
        samples = [one for one in self.later if window.since <= one.ts <= window.until]
        with closing(open_database(self.path)) as database:
            run_id = start_run(database, "prometheus", window)
            land_samples(database, run_id, window, samples)
            finish_run(database, run_id, "done")
            _land_grid(database, window)


def land_history(path: Path, hosts: int, history: Window, hours: int) -> Landed:
    """Land `hosts` addresses over a history; keep the `hours` that come after it."""
    drawn = Window(history.since, history.until + hours * HOUR)
    fleet = [Address(number, drawn) for number in range(hosts)]
    later: list[Sample] = []
    now = int(time.time())
    with closing(open_database(path)) as database:
        land_label_names(database, LABEL_NAMES)
        run_id = start_run(database, "prometheus", history)
        for address in fleet:
            with transaction(database):
                later += _land_readings(database, address, history.until)
                _land_scrapes(database, address, history.until)
        with transaction(database):
            record_window(database, run_id, history, "done", row_count=1)
            note(database, "prometheus", [Span(*history)], now)
        finish_run(database, run_id, "done")
        _land_grid(database, history)
        _land_documents(database, fleet)
    return Landed(path, history.until, later)


def _land_readings(
    database: sqlite3.Connection, address: Address, until: int
) -> Iterator[Sample]:
    """Insert what half-hours' ends show; yields what those from an hour before do."""
    targets: dict[Life, dict[int, Reading]] = {}
    for reading in address.readings():
        # of two lives of one target in a half-hour the later one is seen at its end
        target = address.first_of_target(reading.life)
        targets.setdefault(target, {})[reading.read_at] = reading
    for life, readings in targets.items():
        labels = address.labels(life)
        shown = {
            Series("cpu_seconds", mode, labels): _counter(mode) for mode in MODES
        } | {Series(metric, "", labels): value for metric, value in METRICS.items()}
        for series, value in shown.items():
            landed = {ts: value(one) for ts, one in readings.items() if ts <= until}
            _insert(database, INSERT_SAMPLE, series, landed)
            for ts, one in readings.items():
                if ts >= until - HOUR:
                    yield Sample(series, ts, value(one))


def _counter(mode: str) -> Callable[[Reading], float]:
    return lambda reading: reading.counter(mode)


def _land_scrapes(database: sqlite3.Connection, address: Address, until: int) -> None:
    """Insert the scrapes of irregular half-hours, by core, and which those are."""
    irregular: dict[int, float] = {}
    scraped: dict[Series, dict[int, float]] = {}
    for end, scrapes in address.irregular():
        if end > until:
            break
        irregular[end] = 1.0
        for scrape in scrapes:
            life, at = scrape.life, scrape.read_at
            labels = address.labels(life)
            boot = Series("scraped_boot_time_seconds", "", labels)
            scraped.setdefault(boot, {})[at] = float(life.booted_at)
            for cpu in range(life.machine.cores):
                of_core = address.labels(life, cpu=cpu)
                for mode in MODES:
                    series = Series("scraped_cpu_seconds", mode, of_core)
                    value = scrape.counter(mode) / life.machine.cores
                    scraped.setdefault(series, {})[at] = value
    if irregular:
        labels = json.dumps({"instance": address.instance})
        ends = Series("irregular", "", labels)
        _insert(database, INSERT_SAMPLE, ends, irregular)
    for series, values in scraped.items():
        _insert(database, INSERT_SCRAPE, series, values)


def _insert(
    database: sqlite3.Connection,
    statement: str,
    series: Series,
    values: Mapping[int, float],
) -> None:
    [series_id] = database.execute(INSERT_SERIES, series).fetchone()
    database.executemany(statement, ((series_id, *one) for one in values.items()))


def _land_grid(database: sqlite3.Connection, window: Window) -> None:
    """Land the grid's intensity: now and then no actual, seldom none at all."""
    slots = []
    for slot_at in range(window.since, window.until, HALF_HOUR):
        draw = Random(f"grid {slot_at}")
        actual = float(draw.randint(40, 300))
        kind = draw.random()
        if kind > 0.002:
            slots.append(
                IntensitySlot(
                    slot_at=slot_at,
                    forecast=round(actual * draw.uniform(0.9, 1.1)) * 1.0,
                    actual=None if kind < 0.01 else actual,
                )
            )
    run_id = start_run(database, "carbon-intensity", window)
    land_intensity(database, run_id, window, slots)
    finish_run(database, run_id, "done")


def _land_documents(database: sqlite3.Connection, fleet: list[Address]) -> None:
    run_id = start_run(database, "mongo", None)
    claims = [claim for address in fleet for claim in _claims(address)]
    hosts = [
        Host(
            document_id=address.instance,
            hostname=address.instance.removesuffix(":9100"),
            cloud_project_name=address.lives[0].machine.project,
            machine_name=address.lives[0].machine.name,
        )
        for address in fleet
        if address.number % 20 == UNLABELLED
    ]
    land_documents(database, run_id, "workspaces", claims, complete=True)
    land_documents(database, run_id, "users", fetch_users(), complete=True)
    land_documents(database, run_id, "groups", fetch_groups(), complete=True)
    land_documents(database, run_id, "hosts", hosts, complete=True)
    finish_run(database, run_id, "done")


def _claims(address: Address) -> Iterator[Workspace]:
    """One owner after another, hours apart or overlapping; the last one stays."""
    if address.number % 10 == UNOWNED:
        return
    draw = Random(f"claims of {address.number}")
    days = 1 if address.number == CHANGING_OWNER else 12
    since = address.time.since - DAY
    number = 0
    while since < address.time.until:
        until = since + int(days * DAY * draw.uniform(0.5, 1.5))
        is_last = until > address.time.until
        yield Workspace(
            document_id=f"{address.instance} {number}",
            hostname=address.instance.removesuffix(":9100"),
            owner=draw.choice(people()).platform_name,
            state="CLAIMED" if is_last else "DELETED",
            tag=address.lives[0].machine.project,
            created_time=since,
            acquired_time=since,
            deleted_time=None if is_last else until,
            users="[]",
        )
        since = until + draw.randint(-3 * HOUR, 3 * HOUR)
        number += 1
