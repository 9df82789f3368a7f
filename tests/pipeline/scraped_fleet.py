"""What a Prometheus server would say of machines that are scraped on full minutes.

Samples at the ends of half-hours, and the single scrapes of irregular ones, as a pull
lands them. Counters and boot times jitter, the same each time that they are read.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loaders.landing import Sample, Series, Window
from tests.pipeline.machines import BUSY_MODES, Life, Machine

SLOT, MINUTE = 1800, 60
MARGIN, STALE = 300, 300


@dataclass(frozen=True)
class Scrape:
    """One scrape of one target."""

    machine: Machine
    life: Life
    at: int

    @property
    def labels(self) -> dict[str, str]:
        """The target's labels."""
        here = {"instance": self.machine.instance, "job": "node"}
        return {**here, **self.machine.labels_at(self.at)}

    @property
    def boot_at(self) -> float:
        """The boot time as it is exported, give or take its jitter."""
        most = self.machine.boot_jitter
        jitter = self._dice("boot").randint(-most, most)
        return round(self.life.booted) + self.machine.boot_moved(self.at) + jitter

    def counter(self, mode: str) -> float:
        """One core's counter; `iowait` steps back now and then, which is no reset."""
        value = self.life.counter(mode, self.at)
        if mode == "iowait" and self._dice(mode).random() < 0.2:
            value -= self.machine.steps_back
        return max(value, 0.0)

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self.machine.instance} {self.at} {name}")


def scrapes(machine: Machine, since: int, until: int) -> Iterator[Scrape]:
    """Scrapes from `since` to `until`, both included."""
    for at in range(-(-since // MINUTE) * MINUTE, until + 1, MINUTE):
        if not any(begin < at < end for begin, end in machine.gaps):
            for life in machine.lives:
                if life.booted <= at <= life.ended:
                    yield Scrape(machine, life, at)


def samples_at(machine: Machine, end: int) -> Iterator[Sample]:
    """What the server shows at a half-hour's end, and 1 where it was irregular."""
    by_target: defaultdict[str, list[Scrape]] = defaultdict(list)
    for scrape in scrapes(machine, end - SLOT, end):
        by_target[_text(scrape.labels)].append(scrape)
    for text, seen in by_target.items():
        last = seen[-1]
        # cores that an earlier life had still show what they showed last
        cores = {cpu: one for one in seen for cpu in range(one.life.cores)}
        for mode in ("idle", *BUSY_MODES):
            value = sum(one.counter(mode) for one in cores.values())
            yield Sample(Series("cpu_seconds", mode, text), end, value)
        for metric, number in (
            ("boot_time_seconds", last.boot_at),
            ("scrapes", len(seen)),
            ("last_scrape_at", last.at),
            ("cores", len(cores)),
        ):
            yield Sample(Series(metric, "", text), end, float(number))
    for instance in sorted(_irregular(machine, end)):
        labels = _text({"instance": instance})
        yield Sample(Series("irregular", "", labels), end, 1.0)


def scrapes_at(machine: Machine, end: int) -> Iterator[Sample]:
    """The scrapes of an irregular half-hour and a margin before it, by core."""
    irregular = _irregular(machine, end)
    if not irregular:
        return
    for scrape in scrapes(machine, end - SLOT - MARGIN + 1, end):
        labels, at = scrape.labels, scrape.at
        if labels["instance"] not in irregular:
            continue
        boot = Series("scraped_boot_time_seconds", "", _text(labels))
        yield Sample(boot, at, scrape.boot_at)
        for cpu in range(scrape.life.cores):
            text = _text({**labels, "cpu": str(cpu)})
            for mode in ("idle", *BUSY_MODES):
                series = Series("scraped_cpu_seconds", mode, text)
                yield Sample(series, at, scrape.counter(mode))


def _irregular(machine: Machine, end: int) -> set[str]:
    """The spellings of the address for which the server calls a half-hour irregular."""
    by_instance: defaultdict[str, list[Scrape]] = defaultdict(list)
    for scrape in scrapes(machine, end - 2 * SLOT, end):
        by_instance[scrape.labels["instance"]].append(scrape)
    irregular = set()
    for instance, hour in by_instance.items():
        boots = [one.boot_at for one in hour]
        targets = {_text(one.labels) for one in hour if one.at >= end - SLOT}
        live = {_text(one.labels) for one in hour if one.at > end - STALE}
        if max(boots) - min(boots) > 30 or len(targets) > len(live) > 0:
            irregular.add(instance)
    return irregular


def _text(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True)


def told_seconds(
    machine: Machine, pulled: Sequence[Window], since: int, until: int
) -> float:
    """CPU seconds between two instants of which pulls of some windows can tell.

    Of a life that booted before them those from its first reading on; of each those up
    to its last scrape that was read.
    """
    pulled_from = min(window.since for window in pulled)
    told = 0.0
    for life in machine.lives:
        read = [
            one.at
            for window in pulled
            for one in scrapes(machine, window.since - SLOT, window.until)
            if one.life is life
        ]
        if read:
            first = max(pulled_from, -(-min(read) // SLOT) * SLOT)
            begin = max(since, life.booted if life.booted >= pulled_from else first)
            end = min(until, max(read))
            if begin < end:
                told += life.busy(begin, end) + life.idle(begin, end)
    return told
