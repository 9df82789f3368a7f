"""A fleet that never was: its machines, people and virtual machines over time.

Everything follows from the seed and absolute time, so two windows of one seed agree
wherever they overlap. Instants are epoch seconds, UTC.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from loaders.rows import Window

HOUR = 3600
DAY = 24 * HOUR

Life = Literal["desktop", "short", "server"]


class Machine(NamedTuple):
    """A kind of virtual machine; `load` is its usual share of busy time at noon."""

    project: str
    name: str
    cores: int
    load: float


class Group(NamedTuple):
    """People who work together in a project."""

    name: str
    gid: int
    project: str


class Person(NamedTuple):
    """Someone with an account; `gid` is None for one who is only listed by a group."""

    platform_name: str
    name: str
    uid: int
    gid: int | None
    group: Group


class Seat(NamedTuple):
    """A place in the fleet where one virtual machine follows another."""

    number: int
    machine: Machine
    life: Life


@dataclass(frozen=True)
class VirtualMachine:
    """One virtual machine; a boot lasts until its end, then the next begins."""

    identifier: str
    seat: Seat
    address: str
    created_at: int
    acquired_at: int | None
    deleted_at: int
    owner: Person | None
    guests: tuple[Person, ...]
    boots: tuple[Window, ...]


MACHINES = (
    Machine("IDAaaS", "Artemis (Matlab)", 8, 0.45),
    Machine("IDAaaS", "Muon", 4, 0.25),
    Machine("IDAaaS", "Excitations", 16, 0.5),
    Machine("IDAaaS", "SANS", 8, 0.35),
    Machine("IDAaaS", "Reflectometry", 4, 0.3),
    Machine("CDAaaS", "Gemini (Python)", 8, 0.4),
    Machine("CDAaaS", "Octopus Imaging", 16, 0.55),
    Machine("CDAaaS", "EPAC Simulation", 32, 0.7),
    Machine("DDAaaS", "Crystallography", 8, 0.4),
    Machine("DDAaaS", "Tomography", 16, 0.6),
)
GROUPS = (
    Group("isis-excitations", 5101, "IDAaaS"),
    Group("isis-muon", 5102, "IDAaaS"),
    Group("isis-sans", 5103, "IDAaaS"),
    Group("isis-reflectometry", 5104, "IDAaaS"),
    Group("clf-gemini", 5201, "CDAaaS"),
    Group("clf-octopus", 5202, "CDAaaS"),
    Group("dls-crystallography", 5301, "DDAaaS"),
    Group("dls-tomography", 5302, "DDAaaS"),
)
GIVEN_NAMES = (
    *("Amira", "Bryn", "Chidi", "Dina", "Ewan", "Farah"),
    *("Gwen", "Hugo", "Isla", "Jin", "Kofi", "Lena"),
)
FAMILY_NAMES = (
    *("Abbott", "Byrne", "Castell", "Dunmore"),
    *("Eades", "Fenwick", "Garside", "Hale"),
)
PEOPLE = 48
SEATS = 64
SERVERS = 8
SHORT_LIVED = 8
ADDRESSES_A_SEAT = 6
UNOWNED_SERVERS = frozenset({0, 1})


def people() -> list[Person]:
    """Everyone with an account, the same for each seed."""
    found = []
    for number in range(PEOPLE):
        given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
        family = FAMILY_NAMES[number // 2 % len(FAMILY_NAMES)]
        group = GROUPS[number % len(GROUPS)]
        found.append(
            Person(
                platform_name=f"{given[:1]}{family[:2]}{70000 + 37 * number}".lower(),
                name=f"{given} {family}",
                uid=40000 + number,
                gid=None if number % 9 == 8 else group.gid,
                group=group,
            )
        )
    return found


def seats() -> list[Seat]:
    """The places of the fleet, the same for each seed."""
    found = []
    for number in range(SEATS):
        life: Life = "desktop"
        if number < SERVERS:
            life = "server"
        elif number < SERVERS + SHORT_LIVED:
            life = "short"
        found.append(Seat(number, MACHINES[number % len(MACHINES)], life))
    return found


def virtual_machines(seed: int, window: Window) -> Iterator[VirtualMachine]:
    """Every virtual machine that lived within the window, seat by seat."""
    accounts = people()
    for seat in seats():
        for one in _of_seat(seed, seat, window, accounts):
            if one.created_at < window.until and one.deleted_at > window.since:
                yield one


def rhythm(at: int) -> float:
    """How much of its usual work the platform does at `at`, 0 to 1."""
    hour = at % DAY / HOUR
    weekday = (at // DAY + 3) % 7
    daily = 0.15 + 0.85 * math.exp(-(((hour - 13.5) / 4.0) ** 2))
    return daily * (0.3 if weekday >= 5 else 1.0)


def _of_seat(
    seed: int, seat: Seat, window: Window, accounts: list[Person]
) -> Iterator[VirtualMachine]:
    """Time at a seat is cut into terms; what lives in a term ends with it."""
    place = Random(f"{seed}/seat/{seat.number}")
    days = {"server": (50, 90), "desktop": (7, 13), "short": (1, 2)}[seat.life]
    length = place.randint(days[0] * DAY, days[1] * DAY)
    phase = place.randrange(length)
    colleagues = [one for one in accounts if one.group.project == seat.machine.project]
    for term in range(
        (window.since - phase) // length, (window.until - phase) // length + 1
    ):
        draw = Random(f"{seed}/seat/{seat.number}/{term}")
        start = phase + term * length
        for number, (created, deleted) in enumerate(
            _lives(draw, seat.life, Window(start, start + length))
        ):
            shelf = seat.number * ADDRESSES_A_SEAT + term % 2 * 3 + number % 3
            acquired = _acquired(draw, seat, created, deleted)
            owner = draw.choice(colleagues)
            has_guests = draw.random() < 0.15
            guests = tuple(draw.sample(colleagues, 2)) if has_guests else ()
            yield VirtualMachine(
                identifier=f"{draw.getrandbits(96):024x}",
                seat=seat,
                address=f"172.16.{100 + shelf // 200}.{10 + shelf % 200}",
                created_at=created,
                acquired_at=acquired,
                deleted_at=deleted,
                owner=None if acquired is None else owner,
                guests=() if acquired is None else guests,
                boots=tuple(_boots(draw, created, deleted)),
            )


def _lives(draw: Random, life: Life, term: Window) -> Iterator[tuple[int, int]]:
    """Creation and deletion of one virtual machine after the other."""
    at = term.since
    while True:
        if life == "server":
            created, lasts = at + 10 * 60, float(term.until)
        elif life == "desktop":
            created = at + draw.randint(10 * 60, HOUR)
            lasts = draw.lognormvariate(math.log(30 * HOUR), 1.0)
        else:
            created = at + int(5 * 60 + draw.expovariate(rhythm(at) / (25 * 60)))
            lasts = draw.uniform(15 * 60, 90 * 60)
        deleted = min(created + int(lasts), term.until)
        if deleted - created < 15 * 60:
            return
        yield created, deleted
        at = deleted


def _acquired(draw: Random, seat: Seat, created: int, deleted: int) -> int | None:
    """When someone took it; None if nobody ever did."""
    if seat.life != "desktop":
        is_unowned = seat.number in UNOWNED_SERVERS
        return None if is_unowned else created + draw.randint(20, 120)
    at = created + 60 + int(draw.expovariate(1 / (3 * HOUR)))
    while draw.random() > rhythm(at) + 0.2:
        at += draw.randint(HOUR, 3 * HOUR)
    return at if at < deleted else None


def _boots(draw: Random, created: int, deleted: int) -> Iterator[Window]:
    began = created + draw.randint(25, 90)
    while True:
        ended = began + int(draw.expovariate(1 / (6 * DAY)))
        if ended >= deleted - HOUR:
            yield Window(began, deleted)
            return
        yield Window(began, ended)
        began = ended + draw.randint(30, 150)
