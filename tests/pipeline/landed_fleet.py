"""Machines landed without servers: what a pull would have landed of them."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from loaders.landing import (
    Collection,
    Document,
    Host,
    IntensitySlot,
    Sample,
    Window,
    Workspace,
    finish_run,
    land_documents,
    land_intensity,
    land_label_names,
    land_samples,
    land_scrapes,
    open_database,
    start_run,
)
from tests.pipeline.machines import Machine
from tests.pipeline.scraped_fleet import SLOT, samples_at, scrapes_at

LABEL_NAMES = {
    "project": "cloud_project_name",
    "machine": "machine_name",
    "host": "instance",
    "user": "",
}


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
        self._samples(window, samples, [])

    def _samples(
        self, window: Window, samples: Iterable[Sample], scrapes: Iterable[Sample]
    ) -> None:
        self.labels()
        run_id = start_run(self.database, "prometheus", window)
        land_scrapes(self.database, scrapes)
        land_samples(self.database, run_id, window, samples)
        finish_run(self.database, run_id, "done")

    def machines(self, window: Window, machines: Sequence[Machine]) -> None:
        """Land all that machines show in a window."""

        def read(
            seen: Callable[[Machine, int], Iterator[Sample]],
        ) -> Iterator[Sample]:
            for end in ends(window.since, window.until):
                for machine in machines:
                    yield from seen(machine, end)

        self._samples(window, read(samples_at), read(scrapes_at))

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
        self.documents("workspaces", workspaces, complete=complete)

    def documents(
        self,
        collection: Collection,
        documents: Sequence[Document],
        *,
        complete: bool = True,
    ) -> None:
        """Land documents of a collection."""
        run_id = start_run(self.database, "mongo", None)
        land_documents(self.database, run_id, collection, documents, complete=complete)
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


def host(
    document_id: str, hostname: str, project: str | None, machine: str | None
) -> Host:
    """A host's document: which project and kind of machine it is of."""
    return Host(
        document_id=document_id,
        hostname=hostname,
        cloud_project_name=project,
        machine_name=machine,
    )


def grid(slot_at: int, *, actual: bool = True) -> IntensitySlot:
    """Figures of a half-hour; without `actual` only the forecast."""
    forecast = 120.0 + slot_at // SLOT * 31 % 97
    return IntensitySlot(
        slot_at=slot_at, forecast=forecast, actual=forecast - 7 if actual else None
    )
