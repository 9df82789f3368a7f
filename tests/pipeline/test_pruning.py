"""Pruned samples freeze the hours before them; missing ones stop `--full-refresh`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from loaders.landing import Sample, Window
from tests.pipeline.comparison import differences
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import Landing, grid, landing
from tests.pipeline.landed_fleet import workspace as workspace_of
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import (
    KEY,
    assert_adds_up,
    mart_differences,
    revisions,
    usage,
)
from tests.pipeline.project import Project, Row
from tests.pipeline.scraped_fleet import samples_at
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("10 18:00"), at("11 04:00")
FRONTIER = at("11 00:00")
HOUR = 3600
LOAD = Load(0.5, 0.3, 9_000)
BOOTED, ENDED = at("01 05:13"), at("20 00:00")


def _machine(
    number: int, *lives: Life, gaps: Sequence[tuple[float, float]] = ()
) -> Machine:
    labels = {"cloud_project_name": "PQ"[number % 2], "machine_name": "A"}
    return Machine(f"10.0.0.{number}:9100", lives, [(0, labels)], gaps=gaps)


STEADY = _machine(1, Life(BOOTED, ENDED, 4, LOAD))
# scrapes are lost across the frontier, and in frozen time alone
SILENT = _machine(
    *(2, Life(BOOTED, ENDED, 2, LOAD)), gaps=[(at("10 23:10"), at("11 01:20"))]
)
SILENT_BEFORE = _machine(
    *(3, Life(BOOTED, ENDED, 2, LOAD)), gaps=[(at("10 20:10"), at("10 22:20"))]
)
REBOOTED_SILENTLY = _machine(
    *(4, Life(BOOTED, at("10 23:20"), 4, LOAD)),
    Life(at("10 23:40"), ENDED, 4, LOAD),
    gaps=[(at("10 23:05"), at("11 00:50"))],
)
# boots a minute after the frontier: scrapes before it belong to that half-hour
IRREGULAR = _machine(
    *(5, Life(BOOTED, at("10 23:58"), 2, LOAD), Life(at("11 00:01"), ENDED, 2, LOAD))
)
STARTED = _machine(6, Life(at("10 22:20"), ENDED, 1, LOAD))
REUSED = _machine(
    *(7, Life(BOOTED, at("10 21:15"), 8, LOAD)),
    Life(at("11 02:10"), ENDED, 2, LOAD),
)
RELABELLED = replace(
    _machine(8, Life(BOOTED, ENDED, 2, LOAD)),
    labels=[
        (0, {"cloud_project_name": "P", "machine_name": "A"}),
        (at("10 23:10"), {"cloud_project_name": "Q", "machine_name": "B"}),
    ],
)
MACHINES = [STEADY, SILENT, SILENT_BEFORE, REBOOTED_SILENTLY]
MACHINES += [IRREGULAR, STARTED, REUSED, RELABELLED]

# what half-hours after the frontier count from: of each target, all that was read when
# its CPU was last read
PRUNE = """
    delete from raw_prometheus_samples
    where ts < ?1 and (series_id, ts) not in (
        select series.series_id, kept.ts
        from (
            select labels, max(samples.ts) as ts
            from raw_prometheus_series
            join raw_prometheus_samples as samples using (series_id)
            where metric = 'cpu_seconds' and mode = 'idle' and samples.ts <= ?1
            group by labels
        ) as kept
        join raw_prometheus_series as series using (labels)
    )
"""
# and the scrapes that the first half-hour after it may look back at
PRUNE_SCRAPES = "delete from raw_prometheus_scrapes where ts <= ?1 - 300"
DELETE_READING = """
    delete from raw_prometheus_samples
    where ts = ? and series_id = (
        select max(idle_series_id) from int_targets where host = ?
    )
"""
DELETE_BOOT = DELETE_READING.replace("idle_series_id", "boot_series_id")
DELETE_BUSY = """
    delete from raw_prometheus_samples
    where ts = ? and series_id in (
        select series_id from int_series_hosted
        where host = ? and metric = 'cpu_seconds' and mode <> 'idle'
    )
"""


ANNS = workspace_of(1, "10.0.0.1", "ann", at("10 20:10"))
# in a half-hour in which the host ended
BENS = workspace_of(2, "10.0.0.7", "ben", at("10 21:05"), at("10 22:00"))


def _land(land: Landing, since: int, until: int) -> None:
    land.machines(Window(since, until), MACHINES)
    land.intensity([grid(one) for one in slots(since, until)])


@pytest.fixture(scope="module")
def whole(new_project: MakeProject) -> Project:
    """Landed and built, nothing pruned."""
    project = new_project()
    with landing(project.database) as land:
        _land(land, SINCE, UNTIL)
        land.workspaces([ANNS])
    project.run_models()
    return project


@pytest.fixture(scope="module")
def pruned(whole: Project, new_project: MakeProject) -> Project:
    """The same with all that the frontier lets go deleted."""
    project = new_project(whole)
    before = _raw_rows(project)
    project.execute(PRUNE, FRONTIER)
    project.execute(PRUNE_SCRAPES, FRONTIER)
    assert _raw_rows(project) < before / 2
    project.execute(
        "insert into raw_prunings (pruned_before, pruned_at, sample_count,"
        " scrape_count, backup_path) values (?, 0, 1, 1, '')",
        FRONTIER,
    )
    return project


def _raw_rows(project: Project) -> int:
    found = project.query("select count(*) as rows from raw_prometheus_samples")
    return int(found[0]["rows"])


def _measured(project: Project) -> list[Row]:
    return project.rows("int_host_slots_measured")


def test_frozen_hours_are_charged_again_but_never_measured(
    whole: Project, pruned: Project, new_project: MakeProject
) -> None:
    unpruned, project = new_project(whole), new_project(pruned)
    for one in (unpruned, project):
        with (one.own("seeds") / "machine_power.csv").open("a") as seed:
            seed.write("A,2025-09-10,24,12,40,2,1,6,measured\n")
    late = Window(at("10 21:00"), at("10 21:00"))
    with landing(project.database) as land:
        mended = replace(SILENT_BEFORE, gaps=())
        land.samples(late, [*samples_at(mended, late.since), *_off(STEADY, late)])
    for one in (unpruned, project):
        with landing(one.database) as land:
            land.workspaces([ANNS, BENS])
        one.run_models("--full-refresh")
    assert _measured(project) == _measured(unpruned) == _measured(whole)
    assert not mart_differences(project, unpruned)
    bens = [row for row in usage(project) if row["name"] == "ben"]
    assert [row["ts"] for row in bens] == [iso(at("10 21:00"))]
    assert {row["revision"] for row in revisions(project)} == {"restated"}
    assert min(row["ts"] for row in revisions(project)) == iso(SINCE)
    assert_adds_up(project)


def _off(machine: Machine, window: Window) -> Iterator[Sample]:
    """Samples of another life than the one that was landed."""
    other = replace(machine, lives=[replace(machine.lives[0], cores=1)])
    return samples_at(other, window.since)


def test_after_the_frontier_all_goes_on_as_if_nothing_had_been_pruned(
    whole: Project, pruned: Project, new_project: MakeProject
) -> None:
    unpruned, project = new_project(whole), new_project(pruned)
    late = Window(at("10 23:30"), at("10 23:30"))
    for one in (unpruned, project):
        with landing(one.database) as land:
            land.samples(late, samples_at(replace(SILENT, gaps=()), late.since))
            _land(land, UNTIL, UNTIL + 2 * HOUR)
        one.run_models()
    for part, of in ((True, whole), (False, unpruned)):
        rows, wanted = (
            [row for row in usage(one) if (row["ts"] < iso(FRONTIER)) == part]
            for one in (project, of)
        )
        assert rows
        assert not differences(rows, wanted, KEY)
    assert_adds_up(project)
    silent = "select busy_cpu_seconds from int_host_slots_measured where is_spread = 1"
    assert project.query(silent) != whole.query(silent)


HOLES: list[tuple[str, tuple[object, ...], int, str]] = [
    (DELETE_READING, (at("11 02:30"), "10.0.0.1"), at("11 02:00"), "samples"),
    (DELETE_BOOT, (at("11 02:30"), "10.0.0.1"), at("11 02:00"), "samples"),
    (DELETE_BUSY, (at("11 02:30"), "10.0.0.1"), at("11 02:00"), "samples"),
    (
        *("delete from raw_prometheus_samples where ts = ?", (SINCE,)),
        *(SINCE, "samples"),
    ),
    (
        *("delete from raw_prometheus_scrapes where ts > ?", (FRONTIER - 300,)),
        *(FRONTIER, "scrapes"),
    ),
    (
        *("delete from raw_carbon_intensity where slot_at = ?", (at("10 21:30"),)),
        *(at("10 21:00"), "intensities"),
    ),
]


@pytest.mark.parametrize(("delete", "which", "hour", "lost"), HOLES)
def test_a_full_refresh_with_a_hole_is_refused(
    whole: Project,
    new_project: MakeProject,
    delete: str,
    which: tuple[object, ...],
    hour: int,
    lost: str,
) -> None:
    project = new_project(whole)
    project.execute(delete, *which)
    _assert_refused(project, hour, lost)


def test_a_full_refresh_without_a_kept_opening_is_refused(
    pruned: Project, new_project: MakeProject
) -> None:
    project = new_project(pruned)
    project.execute(DELETE_READING, at("10 23:30"), "10.0.0.2")
    _assert_refused(project, FRONTIER, "samples")


def _assert_refused(project: Project, hour: int, lost: str) -> None:
    refused = project.dbt("run", "--full-refresh", "--select", "int_factors")
    assert refused.returncode != 0
    assert f"would lose figures from {iso(hour)} on" in refused.stdout
    assert lost in refused.stdout
