"""What the sources would say of a simulated fleet, as the rows they are read into.

`simulated_fleet` says who lived when; here each virtual machine works, is scraped once
a minute, now and then not, and leaves the values Prometheus would give. The same seed
gives the same rows wherever two windows overlap.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from loaders.rows import (
    HALF_HOUR,
    Group,
    Host,
    IntensitySlot,
    Sample,
    Series,
    User,
    Window,
    Workspace,
)
from loaders.sources.simulated_fleet import (
    DAY,
    GROUPS,
    HOUR,
    UNOWNED_SERVERS,
    Seat,
    VirtualMachine,
    people,
    rhythm,
    virtual_machines,
)

SCRAPE_SECONDS = 60
FORECAST_SECONDS = 48 * HOUR
WITHOUT_ACTUAL_SECONDS = 2 * HALF_HOUR
LABEL_NAMES = {
    "project": "cloud_project_name",
    "machine": "machine_name",
    "host": "instance",
}
UNLABELLED_SEATS = frozenset({17, 29, 41})
DOCUMENTED_SEATS = frozenset({17, 29})
# shares of busy time
BUSY_MODES = {
    "iowait": 0.03,
    "irq": 0.003,
    "nice": 0.01,
    "softirq": 0.012,
    "steal": 0.005,
    "system": 0.12,
    "user": 0.82,
}


@dataclass
class Reading:
    """What one half-hour's end shows of a host; `counters` in seconds by mode."""

    boot_at: int
    scrapes: int
    last_scrape_at: int
    counters: dict[str, float]


def fetch_samples(seed: int, window: Window) -> Iterator[Sample]:
    """The values at each half-hour's end, host by host."""
    half_hour_before = Window(window.since - HALF_HOUR, window.until)
    for one in virtual_machines(seed, half_hour_before):
        labels = labels_of(one)
        metrics = {
            name: Series(name, "", labels)
            for name in ("boot_time_seconds", "scrapes", "last_scrape_at", "cores")
        }
        counters = {
            mode: Series("cpu_seconds", mode, labels) for mode in ("idle", *BUSY_MODES)
        }
        for ts, reading in readings(seed, one, window).items():
            for mode, value in reading.counters.items():
                yield Sample(counters[mode], ts, round(value, 2))
            yield Sample(metrics["boot_time_seconds"], ts, float(reading.boot_at))
            yield Sample(metrics["scrapes"], ts, float(reading.scrapes))
            yield Sample(metrics["last_scrape_at"], ts, float(reading.last_scrape_at))
            yield Sample(metrics["cores"], ts, float(one.seat.machine.cores))


def labels_of(one: VirtualMachine) -> str:
    """The labels of a virtual machine's series, as JSON with sorted keys."""
    host = one.address if one.seat.number % 2 == 0 else host_name(one.address)
    labels = {"instance": f"{host}:9100", "job": "node"}
    if one.seat.number not in UNLABELLED_SEATS:
        labels["cloud_project_name"] = one.seat.machine.project
        labels["machine_name"] = one.seat.machine.name
    return json.dumps(labels, sort_keys=True)


def host_name(address: str) -> str:
    """The name under which the platform knows an address."""
    return f"host-{address.replace('.', '-')}.nubes.stfc.ac.uk"


def readings(seed: int, one: VirtualMachine, window: Window) -> dict[int, Reading]:
    """What each half-hour's end within the window shows of a host that was scraped."""
    draw = Random(f"{seed}/owners/{one.identifier}")
    offset = draw.randrange(1, SCRAPE_SECONDS)
    peak = min(0.95, one.seat.machine.load * draw.uniform(0.4, 1.5))
    lost = [*_lost_by_all(seed, one), *_lost_by(draw, one)]
    found: dict[int, Reading] = {}
    job_until = 0
    for boot_at, ended_at in one.boots:
        counters = dict.fromkeys(("idle", *BUSY_MODES), 0.0)
        first_slot = boot_at - boot_at % HALF_HOUR
        for slot_at in range(first_slot, min(ended_at, window.until), HALF_HOUR):
            ts = slot_at + HALF_HOUR
            up = Window(max(slot_at, boot_at), min(ts, ended_at))
            if draw.random() < 0.01:
                job_until = slot_at + draw.randint(4, 24) * HALF_HOUR
            noise = draw.uniform(0.6, 1.4)
            busy = 0.01 * noise
            if one.acquired_at is not None and slot_at >= one.acquired_at:
                share = 0.92 if slot_at < job_until else peak * rhythm(slot_at)
                busy = min(0.98, 0.01 + share * noise)
            scrapes = _scrapes(up, offset, lost)
            if scrapes and window.since <= ts <= window.until:
                until_scrape = _worked(counters, one, busy, scrapes[-1] - up.since)
                before = found[ts].scrapes if ts in found else 0
                found[ts] = Reading(
                    boot_at, before + len(scrapes), scrapes[-1], until_scrape
                )
            counters = _worked(counters, one, busy, up.until - up.since)
    return found


def _worked(
    counters: dict[str, float], one: VirtualMachine, busy: float, seconds: int
) -> dict[str, float]:
    cpu_seconds = one.seat.machine.cores * seconds
    shares = {"idle": 1 - busy} | {m: busy * part for m, part in BUSY_MODES.items()}
    return {mode: counters[mode] + cpu_seconds * shares[mode] for mode in shares}


def _scrapes(up: Window, offset: int, lost: list[Window]) -> list[int]:
    first = up.since + (offset - up.since) % SCRAPE_SECONDS
    times = list(range(first, up.until + 1, SCRAPE_SECONDS))
    for gap in lost:
        if gap.since <= up.until and gap.until >= up.since:
            times = [at for at in times if not gap.since <= at <= gap.until]
    return times


def _lost_by_all(seed: int, one: VirtualMachine) -> Iterator[Window]:
    """Prometheus itself was down: once in ten days, for about an hour."""
    length = 10 * DAY
    for part in range(one.created_at // length, one.deleted_at // length + 1):
        draw = Random(f"{seed}/outage/{part}")
        since = part * length + draw.randrange(length - 2 * HOUR)
        yield Window(since, since + draw.randint(40 * 60, 110 * 60))


def _lost_by(draw: Random, one: VirtualMachine) -> Iterator[Window]:
    """The host alone was out of reach."""
    at = one.created_at
    while (at := at + int(draw.expovariate(1 / (12 * DAY)))) < one.deleted_at:
        yield Window(at, at + draw.randint(20 * 60, 150 * 60))


def fetch_intensity(seed: int, window: Window) -> Iterator[IntensitySlot]:
    """Grid intensity of the window, its newest without actual, and a forecast of 48 h.

    Once a week two half-hours are missing.
    """
    for slot_at in range(window.since, window.until + FORECAST_SECONDS, HALF_HOUR):
        week = slot_at // (7 * DAY)
        missing = week * 7 * DAY + HALF_HOUR * Random(f"{seed}/{week}").randrange(335)
        if slot_at in (missing, missing + HALF_HOUR):
            continue
        draw = Random(f"{seed}/intensity/{slot_at}")
        actual = _intensity(seed, slot_at) + draw.uniform(-4, 4)
        has_actual = slot_at < window.until - WITHOUT_ACTUAL_SECONDS
        yield IntensitySlot(
            slot_at=slot_at,
            forecast=float(round(actual * draw.uniform(0.92, 1.08))),
            actual=float(round(actual)) if has_actual else None,
        )


def _intensity(seed: int, slot_at: int) -> float:
    """gCO2eq/kWh: a daily curve on what the wind of these days leaves over."""
    hour = slot_at % DAY / HOUR
    day, second = divmod(slot_at, DAY)
    today, tomorrow = (
        Random(f"{seed}/wind/{one}").uniform(75, 205) for one in (day, day + 1)
    )
    calm = today + (tomorrow - today) * second / DAY
    morning, evening, sun = (
        math.exp(-(((hour - at) / width) ** 2))
        for at, width in ((8.0, 2.0), (18.0, 2.5), (12.5, 2.5))
    )
    return max(44.0, min(296.0, calm + 25 * morning + 60 * evening - 35 * sun))


def fetch_workspaces(seed: int, window: Window) -> Iterator[Workspace]:
    """The platform's virtual machines as it knows them at the window's end."""
    for one in virtual_machines(seed, window):
        if one.seat.number in UNOWNED_SERVERS:
            continue
        is_deleted = one.deleted_at <= window.until
        is_claimed = one.acquired_at is not None and one.acquired_at <= window.until
        yield Workspace(
            document_id=one.identifier,
            hostname=host_name(one.address),
            owner=one.owner.platform_name if one.owner and is_claimed else None,
            state="DELETED" if is_deleted else "CLAIMED" if is_claimed else "READY",
            tag=one.seat.machine.project,
            created_time=one.created_at,
            acquired_time=one.acquired_at if is_claimed else None,
            deleted_time=one.deleted_at if is_deleted else None,
            users=json.dumps([guest.platform_name for guest in one.guests]),
        )


def fetch_users() -> Iterator[User]:
    """Everyone with an account."""
    for person in people():
        yield User(
            document_id=f"user-{person.uid}",
            platform_name=person.platform_name,
            name=person.name,
            uid=str(person.uid),
            gid=None if person.gid is None else str(person.gid),
        )


def fetch_groups() -> Iterator[Group]:
    """The groups with their members."""
    members: dict[int, list[str]] = {group.gid: [] for group in GROUPS}
    for person in people():
        members[person.group.gid].append(person.platform_name)
    for group in GROUPS:
        yield Group(
            document_id=f"group-{group.gid}",
            name=group.name,
            gid=str(group.gid),
            type="experiment",
            members=json.dumps(members[group.gid]),
        )


def fetch_hosts(seed: int, window: Window) -> Iterator[Host]:
    """Project and machine of some hosts whose series do not say them."""
    addresses: dict[str, Seat] = {
        one.address: one.seat
        for one in virtual_machines(seed, window)
        if one.seat.number in DOCUMENTED_SEATS
    }
    for address, seat in sorted(addresses.items()):
        yield Host(
            document_id=f"host-{address}",
            hostname=host_name(address),
            cloud_project_name=seat.machine.project,
            machine_name=seat.machine.name,
        )
