"""Machines landed without servers: what a pull would have landed of them."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

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
    start_run,
)
from tests.pipeline.machines import BUSY_MODES, Machine

SLOT = 1800
LABEL_NAMES = {
    "project": "cloud_project_name",
    "machine": "machine_name",
    "host": "instance",
    "user": "",
}


def samples_at(machine: Machine, end: int) -> Iterator[Sample]:
    """What a half-hour's end shows of a machine that is scraped on full minutes."""
    begin = end - SLOT
    seen = [life for life in machine.lives if life.booted <= end >= 0]
    seen = [life for life in seen if life.ended >= begin]
    lost = any(since < end and until > begin for since, until in machine.gaps)
    if not seen or lost:
        return
    life = seen[-1]
    last = int(min(end, life.ended - life.ended % 60))
    first = int(max(begin, -(-life.booted // 60) * 60))
    if last < first:
        return
    labels = {"instance": machine.instance, "job": "node", **machine.labels_at(last)}
    text = json.dumps(labels, sort_keys=True)
    for mode in ("idle", *BUSY_MODES):
        value = life.counter(mode, last) * life.cores
        yield Sample(Series("cpu_seconds", mode, text), end, value)
    for metric, number in (
        ("boot_time_seconds", life.booted),
        ("scrapes", (last - first) / 60 + 1),
        ("last_scrape_at", last),
        ("cores", life.cores),
    ):
        yield Sample(Series(metric, "", text), end, float(number))


def ends(since: int, until: int) -> range:
    """The instants that a pull of a stretch of time asks for."""
    return range(since, until + SLOT, SLOT)


class Landing:
    """Lands in an open database; each call is a pull of its own."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def labels(self) -> None:
        """Land which labels play which role."""
        land_label_names(self.database, LABEL_NAMES)

    def samples(self, window: Window, samples: Iterable[Sample]) -> None:
        """Land samples as the pull of a window."""
        self.labels()
        run_id = start_run(self.database, "prometheus", window)
        land_samples(self.database, run_id, window, samples)
        finish_run(self.database, run_id, "done")

    def machines(self, window: Window, machines: Sequence[Machine]) -> None:
        """Land all that machines show in a window."""
        self.samples(
            window,
            (
                sample
                for end in ends(window.since, window.until)
                for machine in machines
                for sample in samples_at(machine, end)
            ),
        )

    def intensity(self, slots: Sequence[IntensitySlot]) -> None:
        """Land half-hours of the grid."""
        at = [one["slot_at"] for one in slots]
        window = Window(min(at), max(at) + SLOT)
        run_id = start_run(self.database, "carbon-intensity", window)
        land_intensity(self.database, run_id, window, slots)
        finish_run(self.database, run_id, "done")

    def workspaces(
        self, workspaces: Sequence[Workspace], *, complete: bool = True
    ) -> None:
        """Land workspaces."""
        run_id = start_run(self.database, "mongo", None)
        land_documents(
            self.database, run_id, "workspaces", workspaces, complete=complete
        )
        finish_run(self.database, run_id, "done")


@contextmanager
def landing(path: Path) -> Iterator[Landing]:
    """Open a database to land in."""
    with closing(open_database(path)) as database:
        yield Landing(database)


def workspace(
    number: int, hostname: str, owner: str, since: int, until: int | None = None
) -> Workspace:
    """A workspace's document: who has a host from when to when."""
    return Workspace(
        document_id=f"w{number}",
        hostname=hostname,
        owner=owner,
        state="CLAIMED" if until is None else "DELETED",
        tag=None,
        created_time=since,
        acquired_time=since,
        deleted_time=until,
        users="[]",
    )


def grid(slot_at: int, *, actual: bool = True) -> IntensitySlot:
    """Figures of a half-hour; without `actual` only the forecast."""
    forecast = 120.0 + slot_at // SLOT * 31 % 97
    return IntensitySlot(
        slot_at=slot_at, forecast=forecast, actual=forecast - 7 if actual else None
    )
