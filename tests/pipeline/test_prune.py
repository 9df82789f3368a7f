"""The command `prune`, on what real servers said: proof, copy, freezing, kills."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from tests.pipeline.comparison import differences
from tests.pipeline.conftest import MakeProject, Servers, pull
from tests.pipeline.expected import iso
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import KEY, assert_adds_up, mart_differences, usage
from tests.pipeline.project import ROOT, Project, Row
from tests.pipeline.small_fleet import at
from tests.servers.carbon import slot
from tests.servers.prometheus import openmetrics, prometheus_from

SINCE, UNTIL, LATER = at("10 18:00"), at("11 04:00"), at("11 06:00")
FRONTIER, LATE = at("11 00:00"), at("10 21:00")
HOUR = 3600
BEFORE = "2025-09-11"
BOOTED, ENDED = at("01 05:13"), at("20 00:00")
LOAD = Load(0.5, 0.3, 9_000)
KILLED = (sys.executable, "-m", "tests.pipeline.killed_prune")
KILLS = 40 if os.environ.get("LONG") else 6


def _machine(
    number: int, *lives: Life, gaps: tuple[tuple[float, float], ...] = ()
) -> Machine:
    labels = {"cloud_project_name": "PQ"[number % 2], "machine_name": "A"}
    return Machine(f"10.0.0.{number}:9100", lives, [(0, labels)], gaps=gaps)


STEADY = _machine(1, Life(BOOTED, ENDED, 4, LOAD))
SILENT = _machine(
    2, Life(BOOTED, ENDED, 2, LOAD), gaps=((at("10 23:10"), at("11 01:20")),)
)
SILENT_BEFORE = _machine(
    3, Life(BOOTED, ENDED, 2, LOAD), gaps=((at("10 20:10"), at("10 22:20")),)
)
REBOOTED = _machine(
    4, Life(BOOTED, at("10 23:58"), 2, LOAD), Life(at("11 00:01"), ENDED, 2, LOAD)
)
MACHINES = [STEADY, SILENT, SILENT_BEFORE, REBOOTED]


@pytest.fixture(scope="module")
def urls(servers: Servers) -> Iterator[tuple[str, str]]:
    """Prometheus as it is at first, and as it is once late samples are there."""
    known = list(servers.carbon.slots)
    servers.carbon.slots[:] = [
        slot(one, forecast=200.0, actual=180.0 + one // 1800 % 7)
        for one in slots(at("10 00:00"), at("12 00:00"))
    ]
    mended = [STEADY, SILENT, replace(SILENT_BEFORE, gaps=()), REBOOTED]
    with ExitStack() as stack:
        first, late = (
            stack.enter_context(
                prometheus_from(
                    openmetrics(
                        one
                        for machine in fleet
                        for one in machine.scraped(SINCE, LATER)
                    )
                )
            )
            for fleet in (MACHINES, mended)
        )
        yield first, late
    servers.carbon.slots[:] = known


@pytest.fixture(scope="module")
def whole(new_project: MakeProject, servers: Servers, urls: tuple[str, str]) -> Project:
    """Pulled and built, nothing pruned."""
    project = new_project()
    project.variables |= {
        "LOADERS_PROMETHEUS__URL": urls[0],
        "LOADERS_CARBON_INTENSITY__URL": servers.carbon.url,
    }
    pull(project, SINCE, UNTIL)
    project.run_models()
    return project


@pytest.fixture(scope="module")
def pruned(whole: Project, new_project: MakeProject) -> Project:
    """The same, pruned before midnight by the command."""
    project = _copy(whole, new_project)
    done = _prune(project, "--yes")
    assert done.returncode == 0, done.stderr
    return project


def _copy(project: Project, new_project: MakeProject) -> Project:
    other = new_project(project)
    other.variables |= project.variables
    return other


def _prune(project: Project, *options: str) -> "subprocess.CompletedProcess[str]":
    return project.loaders("prune", "--before", BEFORE, *options)


def _raw(project: Project) -> dict[str, list[Row]]:
    names = ("samples", "scrapes", "series")
    return {name: project.rows(f"raw_prometheus_{name}") for name in names}


def _measured(project: Project) -> list[Row]:
    return project.query(
        "select host, slot_at, busy_cpu_seconds, idle_cpu_seconds"
        " from int_host_slots_measured order by host, slot_at"
    )


def test_without_yes_it_says_what_it_would_do(whole: Project, pruned: Project) -> None:
    before = _raw(whole)
    said = _prune(whole)
    gone = len(before["samples"]) - len(_raw(pruned)["samples"])
    scrapes = len(before["scrapes"]) - len(_raw(pruned)["scrapes"])
    assert said.returncode == 2
    assert said.stderr == (
        f"loaders: would delete {gone} samples and {scrapes} scrapes before"
        " 2025-09-11T00:00Z for good; to do it, add --yes\n"
    )
    assert gone > len(before["samples"]) / 2
    assert _raw(whole) == before and not whole.rows("raw_prunings")
    assert not list(whole.database.parent.glob("*before-prune*"))


def test_the_copy_holds_what_was_deleted(whole: Project, pruned: Project) -> None:
    [row] = pruned.query("select * from raw_prunings")
    copy = pruned.database.with_name("usage.db.before-prune-2025-09-11.db")
    assert row["backup_path"] == str(copy.resolve())
    assert row["pruned_before"] == FRONTIER
    with closing(sqlite3.connect(copy)) as database:
        for name, rows in _raw(whole).items():
            found = database.execute(
                f"select * from raw_prometheus_{name} order by 1, 2"  # noqa: S608
            ).fetchall()
            assert found == [tuple(one.values()) for one in rows]
    gone = len(_raw(whole)["samples"]) - len(_raw(pruned)["samples"])
    assert row["sample_count"] == gone
    assert _raw(pruned)["series"] == _raw(whole)["series"]
    assert pruned.query("pragma integrity_check") == [{"integrity_check": "ok"}]
    assert pruned.query("pragma foreign_key_check") == []


def test_pruning_again_deletes_nothing_and_copies_nothing(
    pruned: Project, new_project: MakeProject
) -> None:
    project = _copy(pruned, new_project)
    again = _prune(project, "--yes")
    assert again.returncode == 0 and "deleted 0 samples" in again.stdout
    assert _raw(project) == _raw(pruned)
    assert not list(project.database.parent.glob("*before-prune*"))


def test_frozen_hours_keep_their_cpu_seconds(
    whole: Project, pruned: Project, new_project: MakeProject, urls: tuple[str, str]
) -> None:
    unpruned, project = (_copy(one, new_project) for one in (whole, pruned))
    for one in (unpruned, project):
        with (one.own("seeds") / "machine_power.csv").open("a") as seed:
            seed.write("A,2025-09-10,24,12,40,2,1,6,measured\n")
    project.variables["LOADERS_PROMETHEUS__URL"] = urls[1]
    pull(project, LATE, LATE + 3600)
    late = project.query(
        "select 1 from raw_prometheus_samples where ts between ? and ?", LATE, FRONTIER
    )
    assert late
    project.run_models()
    assert _measured(project) == _measured(whole)
    for one in (unpruned, project):
        one.run_models("--full-refresh")
    assert _measured(project) == _measured(unpruned) == _measured(whole)
    assert not mart_differences(project, unpruned)
    assert len(usage(project)) == len(usage(whole))
    assert_adds_up(project)


def test_after_the_frontier_all_goes_on_as_if_nothing_had_been_pruned(
    whole: Project, pruned: Project, new_project: MakeProject
) -> None:
    unpruned, project = (_copy(one, new_project) for one in (whole, pruned))
    for one in (unpruned, project):
        pull(one, UNTIL, LATER)
        one.run_models()
    assert not differences(usage(project), usage(unpruned), KEY)
    assert iso(LATER - 3600) in {row["ts"] for row in usage(project)}
    project.run_models("--full-refresh")
    assert not differences(usage(project), usage(unpruned), KEY)
    assert not project.query("select * from fact_usage_revision")


def test_a_hole_that_nothing_can_fill_any_more_keeps_nobody_waiting(
    whole: Project, new_project: MakeProject
) -> None:
    project = _copy(whole, new_project)
    _hole(project)
    project.execute("delete from raw_retentions")
    assert _prune(project, "--yes").returncode == 1
    project.execute("insert into raw_retentions values ('prometheus', 86400)")
    done = _prune(project, "--yes")
    assert done.returncode == 0, done.stderr


def test_what_landed_for_frozen_hours_is_never_deleted(
    whole: Project, pruned: Project, new_project: MakeProject, urls: tuple[str, str]
) -> None:
    project = _copy(pruned, new_project)
    project.variables["LOADERS_PROMETHEUS__URL"] = urls[1]
    late = project.loaders("pull", "--since", iso(LATE), "--until", iso(LATE + HOUR))
    assert late.returncode == 0
    assert "hours before 2025-09-11T00:00Z are frozen by loaders prune" in late.stderr
    landed = _raw(project)
    assert len(landed["samples"]) > len(_raw(pruned)["samples"])
    refused = _prune(project, "--yes")
    assert refused.returncode == 1 and "not all that has landed" in refused.stderr
    project.run_models()
    for before in (BEFORE, "2025-09-11T02:00Z"):
        done = project.loaders("prune", "--before", before, "--yes")
        assert done.returncode == 0, done.stderr
        kept = {(row["series_id"], row["ts"]) for row in _raw(project)["samples"]}
        frozen = [row for row in landed["samples"] if row["ts"] <= FRONTIER]
        assert before != BEFORE or "deleted 0 samples" in done.stdout
        assert {(row["series_id"], row["ts"]) for row in frozen} - kept == (
            set() if before == BEFORE else _openings(pruned)
        )


def _openings(project: Project) -> set[tuple[int, int]]:
    """What was kept for half-hours after midnight, for those after two not needed."""
    rows = [row for row in _raw(project)["samples"] if row["ts"] <= FRONTIER]
    return {(row["series_id"], row["ts"]) for row in rows}


@pytest.mark.parametrize("relation", ["fact_usage", "int_host_slots_measured"])
def test_without_marts_a_second_pruning_deletes_nothing(
    pruned: Project, new_project: MakeProject, relation: str
) -> None:
    project = _copy(pruned, new_project)
    project.execute(
        "insert into raw_prometheus_samples"
        " select min(series_id), ?, 1 from raw_prometheus_series",
        LATE - 600,
    )
    raw = _raw(project)
    project.execute(f"drop table {relation}")
    refused = _prune(project, "--yes")
    assert refused.returncode == 1 and "nothing is built yet" in refused.stderr
    assert _raw(project) == raw


@pytest.mark.parametrize("when", ["begun", "done"])
def test_a_killed_pruning_is_repeated(
    whole: Project, pruned: Project, new_project: MakeProject, when: str
) -> None:
    dice = random.Random(when)
    points = [0, 1, 2, *dice.sample(range(3, 80), KILLS)]
    for number in points:
        project = _copy(whole, new_project)
        killed = subprocess.run(
            [*KILLED, str(number), when, "prune", "--before", BEFORE, "--yes"],
            cwd=project.folder,
            env={**project.variables, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
        assert project.query("pragma integrity_check") == [{"integrity_check": "ok"}]
        again = _prune(project, "--yes")
        assert again.returncode == 0, again.stderr
        assert _raw(project) == _raw(pruned)
        copy = project.database.with_name("usage.db.before-prune-2025-09-11.db")
        with closing(sqlite3.connect(copy)) as database:
            found = database.execute("select count(*) from raw_prometheus_samples")
            assert found.fetchone() == (len(_raw(whole)["samples"]),)
        [row] = project.query("select * from raw_prunings")
        [wanted] = pruned.query("select * from raw_prunings")
        for column in ("pruned_before", "sample_count", "scrape_count"):
            assert row[column] == wanted[column], number


def _late_change(project: Project) -> None:
    project.execute(
        "insert into raw_changes (source, changed_from, changed_until, noted_at)"
        " values ('prometheus', ?, ?, 0)",
        *(LATE, LATE),
    )


def _lost_fact(project: Project) -> None:
    project.execute("delete from fact_usage where ts = ?", iso(LATE))


def _failed_window(project: Project) -> None:
    """The window of an hour is not done, and its facts are not there."""
    project.execute("delete from fact_usage where ts >= ?", iso(at("10 22:00")))
    project.execute("update raw_pull_windows set window_until = ?", at("10 22:00"))
    project.execute(
        "delete from int_host_slots_measured where slot_at >= ?", at("10 22:00")
    )


def _hole(project: Project) -> None:
    """All is built, then the ledger lacks an hour: a pull asks for it again."""
    project.execute(
        "update raw_pull_windows set window_until = ? where source = 'prometheus'",
        at("10 20:00"),
    )
    project.execute(
        "insert into raw_pull_windows (run_id, source, window_from, window_until,"
        " state, row_count, recorded_at)"
        " select run_id, source, ?, ?, 'done', 1, started_at from raw_pull_runs"
        " where source = 'prometheus'",
        *(LATE, UNTIL),
    )


REFUSALS = [
    (_hole, BEFORE, "a hole from 2025-09-10T20:00Z to 2025-09-10T21:00Z is asked for"),
    (_late_change, BEFORE, "not all that has landed is built: dbt build"),
    (_lost_fact, BEFORE, "the hour of 2025-09-10T21:00Z has samples and is not in"),
    (_failed_window, BEFORE, "the hour of 2025-09-10T22:00Z has samples and is not"),
    (None, "2025-09-12", "built until 2025-09-11T04:00Z only"),
]


@pytest.mark.parametrize(("spoil", "before", "words"), REFUSALS)
def test_what_is_not_built_is_not_pruned(
    whole: Project, new_project: MakeProject, spoil: object, before: str, words: str
) -> None:
    project = _copy(whole, new_project)
    if callable(spoil):
        spoil(project)
    raw = _raw(project)
    for options in ((), ("--yes",)):
        refused = project.loaders("prune", "--before", before, *options)
        assert refused.returncode == 1 and words in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert _raw(project) == raw and not project.rows("raw_prunings")
    assert not list(project.database.parent.glob("*before-prune*"))


def test_without_a_build_nothing_is_pruned(
    whole: Project, new_project: MakeProject
) -> None:
    project = new_project()
    project.variables |= whole.variables
    pull(project, SINCE, UNTIL)
    refused = _prune(project, "--yes")
    assert refused.returncode == 1 and "nothing is built yet" in refused.stderr


def test_an_older_copy_stays(whole: Project, new_project: MakeProject) -> None:
    project = _copy(whole, new_project)
    older = project.database.with_name("usage.db.before-prune-2025-09-11.db")
    older.write_text("all that has the samples of an older pruning")
    done = _prune(project, "--yes")
    assert done.returncode == 0, done.stderr
    assert older.read_text() == "all that has the samples of an older pruning"
    copy = older.with_name(f"{older.name}.2")
    assert f"copied to {copy.relative_to(project.folder)}\n" in done.stdout
    [row] = project.rows("raw_prunings")
    assert row["backup_path"] == str(copy.resolve())
    with closing(sqlite3.connect(copy)) as database:
        found = database.execute("select count(*) from raw_prometheus_samples")
        assert found.fetchone() == (len(_raw(whole)["samples"]),)


def test_without_a_copy_nothing_is_pruned(
    whole: Project, new_project: MakeProject
) -> None:
    project = _copy(whole, new_project)
    raw = _raw(project)
    taken = project.folder / "taken.db"
    taken.write_text("of somebody else")
    refused = _prune(project, "--yes", "--backup", str(taken))
    assert refused.returncode == 1 and "is there: name another; no" in refused.stderr
    assert _raw(project) == raw and not project.rows("raw_prunings")
    assert taken.read_text() == "of somebody else"
