"""A fleet for the bench: any number of hosts over any time, drawn in a second or two.

Each host is scraped on full minutes. Within a half-hour its load is even, so that a
counter is known at any instant. Of the first hosts one reboots each day, one changes
its owner each day, one loses scrapes every other day and one's address goes to another
machine every other day: a fleet of eight over two days has every irregularity.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from random import Random

from loaders.rows import HALF_HOUR, Window
from loaders.sources.simulated import BUSY_MODES, host_name
from loaders.sources.simulated_fleet import DAY, MACHINES, Machine

MINUTE = 60
DOWN_SECONDS = 90
LOOK_BACK = 35 * MINUTE
REBOOTING, CHANGING_OWNER, LOSING_SCRAPES, REUSED = range(4)
# every tenth host has no labels, every tenth no owner
UNLABELLED, UNOWNED = 4, 5
MODES = ("idle", *BUSY_MODES)


@dataclass(frozen=True)
class Life:
    """A machine at an address from boot to end."""

    machine: Machine
    booted_at: int
    ended_at: int


@dataclass(frozen=True)
class Reading:
    """What a half-hour's end shows of a life; seconds are those of all cores."""

    life: Life
    read_at: int
    scrapes: int
    last_scrape_at: int
    busy_seconds: float

    def counter(self, mode: str) -> float:
        """The counter of a mode, added up over cores."""
        if mode == "idle":
            up_seconds = self.last_scrape_at - self.life.booted_at
            return round(self.life.machine.cores * up_seconds - self.busy_seconds, 2)
        return round(self.busy_seconds * BUSY_MODES[mode], 2)


@dataclass(frozen=True)
class Address:
    """An address of the fleet and all that happens at it within a time."""

    number: int
    time: Window

    @property
    def instance(self) -> str:
        """The address as its series spell it."""
        address = f"172.16.{self.number // 250}.{self.number % 250}"
        return f"{host_name(address) if self.number % 2 else address}:9100"

    def labels(self, life: Life, **core: int) -> str:
        """The labels of a life's series, or of its core `cpu`, as JSON, keys sorted."""
        labels = {"instance": self.instance, "job": "node"}
        labels |= {name: str(number) for name, number in core.items()}
        if self.number % 10 != UNLABELLED:
            labels["cloud_project_name"] = life.machine.project
            labels["machine_name"] = life.machine.name
        return json.dumps(labels, sort_keys=True)

    def first_of_target(self, life: Life) -> Life:
        """The first life with the labels of a life, for all of them to be one."""
        return next(one for one in self.lives if one.machine == life.machine)

    @cached_property
    def lives(self) -> list[Life]:
        """From a boot before the time to the first end after it."""
        draw = Random(f"lives of {self.number}")
        boots = [self.time.since - draw.randrange(DAY // 2, 5 * DAY)]
        while boots[-1] <= self.time.until:
            days = {REBOOTING: 1, REUSED: 2}.get(self.number, draw.uniform(40, 80))
            boots.append(boots[-1] + int(days * DAY) + draw.randrange(7000))
        return [
            Life(self._machine(number), boot, next_boot - DOWN_SECONDS)
            for number, (boot, next_boot) in enumerate(pairwise(boots))
        ]

    def _machine(self, life: int) -> Machine:
        kind = life if self.number == REUSED else 0
        return MACHINES[(self.number + kind) % len(MACHINES)]

    @cached_property
    def lost(self) -> list[Window]:
        """Stretches, ends included, in which no scrape got through."""
        draw = Random(f"lost scrapes of {self.number}")
        days = 2 if self.number == LOSING_SCRAPES else 45
        found, at = [], self.time.since
        while (at := at + int(days * DAY * draw.uniform(0.5, 1))) < self.time.until:
            found.append(Window(at, at + draw.randint(20, 150) * MINUTE))
        return found

    def readings(self) -> Iterator[Reading]:
        """All readings at half-hours' ends, in the order of time."""
        for life in self.lives:
            for slot_at, busy_seconds, busy_rate in self._worked(life):
                begin = max(slot_at, life.booted_at)
                end = min(slot_at + HALF_HOUR, life.ended_at)
                scrapes = self._scrapes(begin, end)
                if scrapes:
                    seconds = busy_seconds + busy_rate * (scrapes[-1] - begin)
                    yield Reading(
                        life, slot_at + HALF_HOUR, len(scrapes), scrapes[-1], seconds
                    )

    def irregular(self) -> Iterator[tuple[int, list[Reading]]]:
        """Each end of an irregular half-hour with its scrapes and those just before.

        Irregular is the half-hour of a boot and the next.
        """
        boots = [life.booted_at for life in self.lives[1:]]
        first = {boot - boot % HALF_HOUR + HALF_HOUR for boot in boots}
        ends = sorted(first | {end + HALF_HOUR for end in first})
        near = {end - back * HALF_HOUR for end in ends for back in (0, 1)}
        scraped = [
            Reading(life, at, 1, at, busy_seconds + busy_rate * (at - begin))
            for life in self.lives
            for slot_at, busy_seconds, busy_rate in self._worked(life)
            if slot_at + HALF_HOUR in near
            for begin in [max(slot_at, life.booted_at)]
            for at in self._scrapes(begin, min(slot_at + HALF_HOUR, life.ended_at))
        ]
        for end in ends:
            if end <= self.time.until:
                margin = end - LOOK_BACK
                yield end, [one for one in scraped if margin < one.read_at <= end]

    def _worked(self, life: Life) -> Iterator[tuple[int, float, float]]:
        """Each half-hour of a life within the time: busy seconds before, and a rate."""
        draw = Random(f"load of {self.number} from {life.booted_at}")
        cores, load = life.machine.cores, life.machine.load
        first_slot = life.booted_at - life.booted_at % HALF_HOUR
        busy_seconds = 0.0
        for slot_at in range(first_slot, life.ended_at, HALF_HOUR):
            busy_rate = cores * load * (0.2 + draw.random())
            if slot_at >= self.time.since - HALF_HOUR:
                if slot_at >= self.time.until:
                    return
                yield slot_at, busy_seconds, busy_rate
            begin = max(slot_at, life.booted_at)
            busy_seconds += busy_rate * (slot_at + HALF_HOUR - begin)

    def _scrapes(self, begin: int, end: int) -> range | list[int]:
        scrapes = range(begin + -begin % MINUTE, end + 1, MINUTE)
        gaps = [gap for gap in self.lost if gap.since <= end and gap.until >= begin]
        if not gaps:
            return scrapes
        return [at for at in scrapes if not any(gap[0] <= at <= gap[1] for gap in gaps)]
