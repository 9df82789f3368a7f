"""Readers, a loader and builds at once on one file, undisturbed by each other.

LONG=1 goes on for two minutes, else for a quarter of one.
"""

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from math import isclose

import pytest

from tests.pipeline import small_fleet as fleet
from tests.pipeline.conftest import MakeProject, pull
from tests.pipeline.marts import assert_adds_up
from tests.pipeline.project import WITHOUT_TESTS, Project
from tests.pipeline.soundness import assert_sound
from tests.servers.carbon import CarbonServer, carbon_server, slot

SECONDS = 120 if os.environ.get("LONG") else 15
READERS = 3
# users lack what fact_unattributed has, which a build commits before fact_usage
CUTS = (
    "select scope, ts, sum(busy_kwh + idle_kwh), sum(busy_gCo2eq + idle_gCo2eq)"
    " from fact_usage where scope <> 'user' group by scope, ts"
)


class Soak:
    """What readers, loader and builder share: when it is over, and what they did."""

    def __init__(self, project: Project, carbon: CarbonServer) -> None:
        self.project = project
        self.carbon = carbon
        self.until = 0.0
        self.rows: dict[str, int] = {}
        self.done: Counter[str] = Counter()
        self.failed = threading.Event()

    def repeat(self, name: str, act: Callable[[], None]) -> None:
        """Do it until the time is up or somebody failed; at least once."""
        try:
            while True:
                act()
                self.done[name] += 1
                if time.monotonic() > self.until or self.failed.is_set():
                    return
        except BaseException:
            self.failed.set()
            raise

    def load(self) -> None:
        """Pull all sources, of which the grid says other things each time."""
        for one in self.carbon.slots:
            if one["intensity"]["actual"] is not None:
                one["intensity"]["actual"] += 1
        pull(self.project, fleet.SINCE, fleet.UNTIL)

    def build(self) -> None:
        """Build every model, the views too."""
        assert self.project.standing is not None
        self.project.standing.succeed(self.project.folder, ("build", *WITHOUT_TESTS))

    def read(self) -> None:
        """See every relation whole, as of one instant."""
        with closing(sqlite3.connect(self.project.database, timeout=60)) as database:
            database.execute("begin")
            assert rows(database) == self.rows, "a reader sees half a table"
            sums = {
                (scope, ts): figures for scope, ts, *figures in database.execute(CUTS)
            }
            for (scope, ts), figures in sums.items():
                for found, whole in zip(figures, sums["ada", ts], strict=True):
                    assert isclose(found, whole, rel_tol=1e-9, abs_tol=1e-9), (
                        f"{scope} {ts}: {found}, not {whole}"
                    )

    def begin(self) -> None:
        """Note what readers must go on to see: new intensities change no number."""
        with closing(sqlite3.connect(self.project.database)) as database:
            self.rows = rows(database)
        self.until = time.monotonic() + SECONDS


def rows(database: sqlite3.Connection) -> dict[str, int]:
    """Rows of the facts, dimensions, maps and views but the log of revisions."""
    names = [
        name
        for (name,) in database.execute(
            "select name from sqlite_schema where type in ('table', 'view')"
            " and (name glob 'fact_*' or name glob 'dim_*' or name glob 'map_*'"
            " or name glob 'v_*') and name not glob '*revision*'"
        )
    ]
    return {
        name: database.execute(f"select count(*) from {name}").fetchone()[0]  # noqa: S608
        for name in names
    }


@pytest.fixture(scope="module")
def project(small: Project, new_project: MakeProject) -> Project:
    copied = new_project(small)
    copied.variables |= small.variables
    return copied


def test_readers_a_loader_and_builds_do_not_disturb_each_other(
    project: Project, record_property: Callable[[str, object], None]
) -> None:
    with carbon_server() as carbon:
        for at in range(fleet.EARLIER, fleet.LATER, 1800):
            carbon.slots.append(slot(at, forecast=200, actual=100 + at // 1800 % 50))
        project.variables["LOADERS_CARBON_INTENSITY__URL"] = carbon.url
        soak = Soak(project, carbon)
        soak.load()
        soak.build()
        soak.begin()
        tasks = [("pulls", soak.load), ("builds", soak.build)]
        tasks += [("reads", soak.read)] * READERS
        with ThreadPoolExecutor(len(tasks)) as pool:
            running = [pool.submit(soak.repeat, *task) for task in tasks]
        for one in running:
            one.result()
        soak.build()
    assert_sound(project.database)
    assert_adds_up(project)
    assert soak.done.keys() == {"pulls", "builds", "reads"}
    said = ", ".join(f"{count} {name}" for name, count in sorted(soak.done.items()))
    record_property("counts", f"soak of {SECONDS} s: {said}")
