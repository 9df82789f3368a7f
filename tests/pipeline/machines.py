"""Simulated machines whose CPU seconds are known in closed form, and their scrapes."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, pi

from tests.servers.prometheus import Scraped

FOREVER = 10**11
BUSY_MODES = {"user": 0.85, "iowait": 0.15}


@dataclass(frozen=True)
class Load:
    """How busy a core is: `base`, give or take `swing` in waves of `period` seconds."""

    base: float
    swing: float = 0.0
    period: float = 86_400.0

    def seconds(self, since: float, until: float) -> float:
        """Busy seconds of one core between two instants."""
        return self._until(until) - self._until(since)

    def _until(self, at: float) -> float:
        angle = 2 * pi / self.period
        return self.base * at - self.swing / angle * cos(angle * at)


@dataclass(frozen=True)
class Life:
    """A machine from boot to end, in epoch seconds."""

    booted: float
    ended: float
    cores: int
    load: Load

    def clipped(self, since: float, until: float) -> tuple[float, float]:
        """The part of a stretch of time in which it was up, perhaps empty."""
        begin = max(since, self.booted)
        return begin, max(begin, min(until, self.ended))

    def busy(self, since: float, until: float) -> float:
        """Busy CPU seconds of all cores between two instants."""
        return self.cores * self.load.seconds(*self.clipped(since, until))

    def idle(self, since: float, until: float) -> float:
        """Idle CPU seconds of all cores between two instants."""
        begin, end = self.clipped(since, until)
        return self.cores * (end - begin) - self.busy(since, until)

    def counter(self, mode: str, at: float) -> float:
        """What one core's counter of a mode shows."""
        if mode == "idle":
            return self.idle(self.booted, at) / self.cores
        return BUSY_MODES[mode] * self.busy(self.booted, at) / self.cores


@dataclass(frozen=True)
class Machine:
    """One address in Prometheus: its lives one after the other, and how it is scraped.

    `labels` are (from when, target labels), ascending. `gaps` are stretches without
    scrapes. `second_phase` adds a second scrape job. `boot_jitter` moves the boot time
    by up to so many seconds, `steps_back` some idle counters by so many seconds;
    `clock_set` is when the clock was set, and by how many seconds the boot time moved.
    """

    instance: str
    lives: Sequence[Life]
    labels: Sequence[tuple[float, Mapping[str, str]]] = ((0, {}),)
    interval: int = 60
    phase: float = 0.0
    gaps: Sequence[tuple[float, float]] = ()
    second_phase: float | None = None
    boot_jitter: int = 0
    steps_back: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    clock_set: tuple[float, int] = (FOREVER, 0)

    def busy(self, since: float, until: float) -> float:
        """Busy CPU seconds between two instants."""
        return sum(life.busy(since, until) for life in self.lives)

    def idle(self, since: float, until: float) -> float:
        """Idle CPU seconds between two instants."""
        return sum(life.idle(since, until) for life in self.lives)

    def is_up(self, at: float) -> bool:
        """Whether it ran through the second that begins at an instant."""
        return any(life.booted <= at < life.ended for life in self.lives)

    def boot_moved(self, at: float) -> int:
        """By how many seconds the boot time of a scrape is moved."""
        set_at, seconds = self.clock_set
        return seconds if at > set_at else 0

    def labels_at(self, at: float) -> Mapping[str, str]:
        """The target labels of a scrape."""
        return [labels for since, labels in self.labels if since <= at][-1]

    def scraped(self, since: float, until: float) -> Iterator[Scraped]:
        """Its series, one a core and mode, from `since` to `until`, both included."""
        yield from self._scraped_by("node", self.phase, since, until)
        if self.second_phase is not None:
            yield from self._scraped_by("node2", self.second_phase, since, until)

    def _scraped_by(
        self, job: str, phase: float, since: float, until: float
    ) -> Iterator[Scraped]:
        times = list(self._times(phase, since, until))
        for begin, target in self.labels:
            later = [since for since, _ in self.labels if since > begin]
            end = min(later, default=FOREVER)
            lives = [(at, life) for at, life in times if begin <= at < end]
            if not lives:
                continue
            labels = {"instance": self.instance, "job": job, **target}
            yield Scraped("node_boot_time_seconds", labels, self._boots(lives))
            for cpu in range(max(life.cores for _, life in lives)):
                for mode in ("idle", *BUSY_MODES):
                    yield Scraped(
                        "node_cpu_seconds_total",
                        {**labels, "cpu": str(cpu), "mode": mode},
                        self._counter(lives, cpu, mode),
                    )

    def _times(
        self, phase: float, since: float, until: float
    ) -> Iterator[tuple[float, Life]]:
        at = since - since % self.interval + phase
        while at <= until:
            in_gap = any(begin < at < end for begin, end in self.gaps)
            for life in self.lives:
                if at >= since and life.booted <= at <= life.ended and not in_gap:
                    yield at, life
            at += self.interval

    def _boots(
        self, lives: Sequence[tuple[float, Life]]
    ) -> Iterator[tuple[float, float]]:
        for at, life in lives:
            jitter = self.dice.randint(-self.boot_jitter, self.boot_jitter)
            yield at, float(round(life.booted) + self.boot_moved(at) + jitter)

    def _counter(
        self, lives: Sequence[tuple[float, Life]], cpu: int, mode: str
    ) -> Iterator[tuple[float, float]]:
        for at, life in lives:
            if cpu >= life.cores:
                continue
            value = life.counter(mode, at)
            if mode == "idle" and self.steps_back and self.dice.random() < 0.05:
                value = max(0.0, value - self.steps_back)
            yield at, value


def slots(since: int, until: int, step: int = 1800) -> range:
    """The starts of the half-hours (or other steps) of a stretch of time."""
    return range(since, until, step)
