"""The simulated fleet: always the same, and with all that a real one has."""

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest

from loaders.rows import HALF_HOUR, Sample, Window
from loaders.sources import simulated
from loaders.sources.simulated_fleet import (
    DAY,
    HOUR,
    VirtualMachine,
    people,
    rhythm,
    virtual_machines,
)

END = 1758272400  # Friday 2025-09-19T09:00:00Z
WEEK = Window(END - 7 * DAY, END)
FORTNIGHT = Window(END - 14 * DAY, END)
MODES = {"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"}


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return list(simulated.fetch_samples(1, FORTNIGHT))


@pytest.fixture(scope="module")
def fleet() -> list[VirtualMachine]:
    return list(virtual_machines(1, FORTNIGHT))


def everything(seed: int, window: Window) -> list[object]:
    return [
        *simulated.fetch_samples(seed, window),
        *simulated.fetch_intensity(seed, window),
        *simulated.fetch_workspaces(seed, window),
        *simulated.fetch_users(),
        *simulated.fetch_groups(),
        *simulated.fetch_hosts(seed, window),
    ]


def digest(seed: int, window: Window) -> str:
    return hashlib.sha256(repr(everything(seed, window)).encode()).hexdigest()


def test_the_same_seed_and_end_give_the_same_rows_in_any_process() -> None:
    day = Window(END - DAY, END)
    code = "from tests.loaders import test_simulated as t; print(t.digest(3, t.Window"
    elsewhere = subprocess.run(
        [sys.executable, "-c", f"{code}({day.since}, {day.until})))"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert elsewhere.stdout.strip() == digest(3, day)
    assert digest(4, day) != digest(3, day)


def test_overlapping_windows_agree(samples: list[Sample]) -> None:
    later = Window(WEEK.since, WEEK.until + 3 * HALF_HOUR)
    again = simulated.fetch_samples(1, later)

    assert {one for one in again if one.ts <= END} == {
        one for one in samples if one.ts >= WEEK.since
    }
    slots = {one["slot_at"]: one for one in simulated.fetch_intensity(1, WEEK)}
    for slot in simulated.fetch_intensity(1, later):
        known = slots.get(slot["slot_at"])
        assert known is None or known["forecast"] == slot["forecast"]
        assert known is None or known["actual"] in (None, slot["actual"])


def test_a_host_that_died_before_the_window_shows_at_its_first_instant(
    fleet: list[VirtualMachine],
) -> None:
    dead = next(one for one in fleet if FORTNIGHT.since < one.deleted_at < END)
    since = dead.deleted_at - dead.deleted_at % HALF_HOUR + HALF_HOUR
    window = Window(since, since + HALF_HOUR)

    shown = {
        one.ts
        for one in simulated.fetch_samples(1, window)
        if one.series.labels == simulated.labels_of(dead)
    }

    assert since in shown


def test_each_instant_has_each_series_of_a_host_once(samples: list[Sample]) -> None:
    shown = defaultdict(list)
    for one in samples:
        name = one.series.mode or one.series.metric
        shown[one.series.labels, one.ts].append(name)

    whole = {*MODES, "boot_time_seconds", "scrapes", "last_scrape_at", "cores"}
    assert all(sorted(names) == sorted(whole) for names in shown.values())
    assert {one.ts % HALF_HOUR for one in samples} == {0}
    assert min(one.ts for one in samples) == FORTNIGHT.since
    assert max(one.ts for one in samples) == FORTNIGHT.until


def test_counters_add_up_to_cores_times_seconds_since_boot(
    samples: list[Sample],
) -> None:
    values: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for one in samples:
        name = one.series.mode or one.series.metric
        values[one.series.labels, one.ts][name] = one.value

    for (_, ts), shown in values.items():
        since_boot = shown["last_scrape_at"] - shown["boot_time_seconds"]
        assert since_boot >= 0
        assert ts - HALF_HOUR <= shown["last_scrape_at"] <= ts
        assert 1 <= shown["scrapes"] <= 30
        total = sum(shown[mode] for mode in MODES)
        assert total == pytest.approx(shown["cores"] * since_boot, abs=0.1)


def test_counters_of_one_life_never_fall(fleet: list[VirtualMachine]) -> None:
    for machine in fleet:
        read = simulated.readings(1, machine, FORTNIGHT)
        for earlier, later in pairwise(read.values()):
            if earlier.boot_at == later.boot_at:
                for mode, value in later.counters.items():
                    assert value >= earlier.counters[mode]


def test_about_sixty_hosts_live_at_a_time(fleet: list[VirtualMachine]) -> None:
    for at in range(FORTNIGHT.since, FORTNIGHT.until, 6 * HOUR):
        alive = sum(one.created_at <= at < one.deleted_at for one in fleet)
        assert 45 <= alive <= 70


def test_no_address_is_two_machines_in_one_half_hour(
    fleet: list[VirtualMachine],
) -> None:
    by_address = defaultdict(list)
    for one in fleet:
        by_address[one.address].append((one.created_at, one.deleted_at))

    assert any(len(lives) > 1 for lives in by_address.values())
    for lives in by_address.values():
        for (_, deleted), (created, _) in pairwise(sorted(lives)):
            assert created - deleted >= HALF_HOUR


def test_the_fleet_has_what_makes_a_real_one_hard(
    fleet: list[VirtualMachine], samples: list[Sample]
) -> None:
    lives = [one.deleted_at - one.created_at for one in fleet]
    assert sum(15 * 60 <= life <= 90 * 60 for life in lives) > 100
    assert sum(len(one.boots) > 1 for one in fleet) > 20
    assert any(one.acquired_at is None for one in fleet)
    machines = {one.seat.machine for one in fleet}
    assert len(machines) == 10
    assert {one.project for one in machines} == {"IDAaaS", "CDAaaS", "DDAaaS"}
    labels = {one.series.labels for one in samples}
    assert any("machine_name" not in one for one in labels)
    scrapes = [one for one in samples if one.series.metric == "scrapes"]
    assert any(one.value < 20 for one in scrapes)
    seen_at = {one.ts for one in scrapes}
    instants = range(FORTNIGHT.since, FORTNIGHT.until + 1, HALF_HOUR)
    assert any(ts not in seen_at for ts in instants)


def test_work_follows_the_day_and_the_week() -> None:
    friday_noon = END - END % DAY + 12 * HOUR

    assert rhythm(friday_noon) > 2 * rhythm(friday_noon + DAY)
    assert rhythm(friday_noon) > 4 * rhythm(friday_noon - 10 * HOUR)
    assert rhythm(friday_noon + 2 * DAY) < 0.4 < rhythm(friday_noon + 3 * DAY)


def test_intensity_is_the_grids() -> None:
    slots = list(simulated.fetch_intensity(1, FORTNIGHT))

    actual = {one["slot_at"]: one["actual"] for one in slots}
    assert max(actual) == END + 48 * HOUR - HALF_HOUR
    known = {at: value for at, value in actual.items() if value is not None}
    assert max(known) == END - 3 * HALF_HOUR
    assert all(40 <= value <= 300 for value in known.values())
    assert all(40 <= (one["forecast"] or 0) <= 325 for one in slots)
    past = range(FORTNIGHT.since, END, HALF_HOUR)
    assert 2 <= sum(at not in actual for at in past) <= 6

    def usual(hour: int) -> float:
        return mean(v for at, v in known.items() if at % DAY == hour * HOUR)

    assert usual(18) > usual(12)
    assert usual(18) > usual(3)


def test_workspaces_are_as_known_at_the_end() -> None:
    rows = list(simulated.fetch_workspaces(1, FORTNIGHT))
    accounts = {one.platform_name for one in people()}

    assert {row["state"] for row in rows} == {"READY", "CLAIMED", "DELETED"}
    for row in rows:
        assert row["created_time"] is not None and row["created_time"] < END
        assert (row["deleted_time"] is not None) == (row["state"] == "DELETED")
        assert (row["owner"] is None) == (row["acquired_time"] is None)
        assert row["state"] != "READY" or row["owner"] is None
        assert row["owner"] is None or row["owner"] in accounts


def test_groups_and_users_fit() -> None:
    gids = {row["gid"] for row in simulated.fetch_groups()}
    users = list(simulated.fetch_users())

    assert {row["gid"] for row in users} == {*gids, None}
    assert len({row["platform_name"] for row in users}) == len(users)
    assert "@" not in repr(everything(1, Window(END - DAY, END)))
