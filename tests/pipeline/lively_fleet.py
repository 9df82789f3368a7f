"""A fleet to which everything happens that a counter can suffer, and its truth.

Phases of scrapes, loads and steps of counters are thrown by seeded dice; what happens
when is written down, so that each rule meets its case in every run.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.pipeline.machines import FOREVER, Life, Load, Machine, slots
from tests.servers.prometheus import Scraped

MINUTE, HOUR = 60, 3600
EARLIER = 2_000_000
PROJECTS = ("IDAaaS", "CDAaaS", "DDAaaS")
KINDS = ("Artemis", "Laser", "Muons", "SANS")
OWNERS = ("alice", "bob", "carol", "dave", None)


@dataclass(frozen=True)
class Host:
    """A machine, whose it is, and the hours in which its figures can't be exact."""

    machine: Machine
    owner: str | None
    spared: tuple[float, float] = (0, 0)

    def is_spared(self, hour: int) -> bool:
        """Whether scrapes were lost in an hour."""
        return self.spared[0] < hour + HOUR and self.spared[1] > hour


class Fleet:
    """Hosts from `since` on for `hours`; the story of each is told below."""

    def __init__(self, since: int, hours: int, seed: int) -> None:
        self.since, self.until = since, since + hours * HOUR
        self._dice = random.Random(seed)
        self.hosts: list[Host] = []
        for cores in (4, 4, 4, 8, 4, 8):
            self._add([self._old(cores)])
        self._add_reboots()
        self._add_short_lives(hours)
        self._add_lost_scrapes()
        self._add_odd_ones()

    def scraped(self) -> Iterator[Scraped]:
        """All series, from an hour before the time that is pulled."""
        for host in self.hosts:
            yield from host.machine.scraped(self.since - HOUR, self.until)

    def truth(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Busy and idle CPU seconds by scope and name, over all the time.

        Usage goes to the labels at the end of its half-hour.
        """
        busy: defaultdict[tuple[str, str], float] = defaultdict(float)
        idle: defaultdict[tuple[str, str], float] = defaultdict(float)
        for host in self.hosts:
            machine = host.machine
            for slot_at in slots(self.since, self.until):
                end = slot_at + 1800
                labels = machine.labels_at(end)
                for key in (
                    ("ada", ""),
                    ("project", labels["cloud_project_name"]),
                    ("machine", labels["machine_name"]),
                    ("user", host.owner or "nobody"),
                ):
                    busy[key] += machine.busy(slot_at, end)
                    idle[key] += machine.idle(slot_at, end)
        return {key: (busy[key], idle[key]) for key in busy}

    def _at(self, clock: str) -> float:
        """`9:03:10` after the begin."""
        hours, minutes, seconds = (int(part) for part in clock.split(":"))
        return self.since + hours * HOUR + minutes * MINUTE + seconds

    def _life(self, booted: float, ended: float, cores: int) -> Life:
        base = self._dice.uniform(0.1, 0.8)
        swing = self._dice.uniform(0, min(base, 1 - base))
        return Life(
            booted, ended, cores, Load(base, swing, self._dice.uniform(900, 90_000))
        )

    def _old(self, cores: int, ended: float = FOREVER) -> Life:
        booted = self.since - EARLIER - self._dice.randrange(EARLIER)
        return self._life(booted, ended, cores)

    def _labels(self) -> Mapping[str, str]:
        number = len(self.hosts)
        return {
            "cloud_project_name": PROJECTS[number % 3],
            "machine_name": KINDS[number % 4],
        }

    def _add(
        self,
        lives: Sequence[Life],
        interval: int = 60,
        spared: tuple[float, float] = (0, 0),
        relabelled_at: float | None = None,
        boot_jitter: int = 0,
        steps_back: float = 0.0,
        second_job: bool = False,
    ) -> None:
        number = len(self.hosts)
        labels = [(0.0, self._labels())]
        if relabelled_at is not None:
            moved = {"cloud_project_name": PROJECTS[(number + 1) % 3]}
            labels.append((relabelled_at, {**self._labels(), **moved}))
        machine = Machine(
            f"172.16.101.{number}:9100",
            lives,
            labels,
            interval,
            self._dice.randrange(interval * 1000) / 1000,
            [spared] if spared[1] else [],
            self._dice.randrange(interval * 1000) / 1000 if second_job else None,
            boot_jitter,
            steps_back,
            random.Random(self._dice.random()),
        )
        self.hosts.append(Host(machine, OWNERS[number % len(OWNERS)], spared))

    def _add_reboots(self) -> None:
        at = self._at
        self._add([self._old(4, at("5:17:20")), self._new("5:18:30", 4)])
        # two reboots within a half-hour
        self._add(
            [
                self._old(4, at("9:03:10")),
                self._life(at("9:04:05"), at("9:14:40"), 4),
                self._new("9:16:00", 4),
            ],
        )
        # a reboot on the edge of a half-hour, to the second and just after it
        self._add([self._old(2, at("12:00:00")), self._new("12:00:00", 2)])
        self._add([self._old(4, at("7:30:00")), self._new("7:30:40", 4)], 15)

    def _add_short_lives(self, hours: int) -> None:
        """Addresses that machines of 15 minutes use one after the other."""
        for number in range(4):
            begins = [
                self.since + hour * HOUR + 600 * number + self._dice.randrange(1200)
                for hour in range(1, hours - 1, 5)
            ]
            self._add(
                [
                    self._life(begin, begin + 900, cores)
                    for begin, cores in zip(begins, [2, 1, 4] * hours, strict=False)
                ],
                60 if number else 15,
            )

    def _add_lost_scrapes(self) -> None:
        at = self._at
        self._add([self._old(4)], spared=(at("3:11:00"), at("5:22:30")))
        # a reboot within the gap, soon after the last scrape
        self._add(
            [self._old(2, at("14:11:10")), self._new("14:12:00", 2)],
            spared=(at("14:10:00"), at("16:24:00")),
        )
        # within one half-hour, and over one edge
        self._add([self._old(4)], spared=(at("6:05:00"), at("6:21:00")))
        self._add([self._old(4)], spared=(at("8:52:00"), at("9:09:00")))

    def _add_odd_ones(self) -> None:
        at = self._at
        self._add([self._old(8)], 30, boot_jitter=1, steps_back=0.3)
        self._add([self._old(4)], relabelled_at=at("10:11:30"))
        self._add([self._old(4)], second_job=True, boot_jitter=1)
        self._add(
            [self._old(2, at("13:19:00")), self._new("13:20:25", 2)], second_job=True
        )
        # an address that goes on with fewer cores, at once and much later
        self._add([self._old(8, at("7:41:10")), self._new("7:52:00", 2)])
        self._add([self._old(4, at("4:00:40")), self._new("19:10:10", 2)])
        # first seen, and last seen, on the way
        self._add([self._new("8:03:13", 4)])
        self._add([self._old(4, at("15:47:12"))])

    def _new(self, booted: str, cores: int) -> Life:
        return self._life(self._at(booted), FOREVER, cores)
