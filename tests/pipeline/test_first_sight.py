"""What is known of a machine that is seen for the first time, however it was pulled."""

from collections.abc import Sequence
from typing import Any

from loaders.landing import finish_run, land_samples, start_run
from loaders.rows import Sample, Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.landed_fleet import landing
from tests.pipeline.machines import Life, Load, Machine
from tests.pipeline.project import Project
from tests.pipeline.scraped_fleet import samples_at
from tests.pipeline.small_fleet import at

LABELS = [(0, {"cloud_project_name": "p", "machine_name": "m"})]
HALF = Load(0.5)
FOREVER = at("20 00:00")
SINCE, UNTIL = at("10 18:00"), at("11 04:00")


def hours(project: Project) -> list[tuple[Any, ...]]:
    rows = project.query(
        "select ts, busy_cpu_seconds_total from fact_usage where scope = 'ada'"
        " order by ts"
    )
    return [tuple(row.values()) for row in rows]


def pulled(new_project: MakeProject, machine: Machine, steps: Sequence[Any]) -> Project:
    """A project that lands each window of `steps` and builds where it is None."""
    project = new_project()
    for window in steps:
        if window is None:
            project.run_models()
            continue
        with landing(project.database) as land:
            land.machines(window, [machine])
    return project


def test_the_uptime_before_a_machine_is_watched_is_never_charged(
    new_project: MakeProject,
) -> None:
    lives = [
        Life(at("01 00:00"), at("10 23:10"), 4, HALF),
        Life(at("10 23:12"), FOREVER, 4, HALF),
    ]
    # watched from 23:01 on, rebooted at once: half a load of four cores
    unwatched = [(SINCE - 7200, at("10 23:01"))]
    machine = Machine("10.0.0.1:9100", lives, LABELS, gaps=unwatched)
    whole = Window(SINCE, UNTIL)
    early, late = Window(SINCE, at("10 22:00")), Window(at("10 22:00"), UNTIL)
    at_once = pulled(new_project, machine, [whole, None])
    in_parts = pulled(new_project, machine, [early, None, late, None])
    first, *others = hours(at_once)
    assert first[0] == "2025-09-10T23:00:00Z" and first[1] <= 2 * 48 * 60
    assert {seconds for _, seconds in others} == {7200.0}
    assert hours(in_parts) == hours(at_once)
    in_parts.run_models("--full-refresh")
    assert hours(in_parts) == hours(at_once)


def test_a_pull_further_back_that_finds_nothing_dates_what_comes_after(
    new_project: MakeProject,
) -> None:
    lives = [Life(at("10 17:30"), FOREVER, 4, HALF)]
    unwatched = [(at("10 10:00"), at("10 20:40"))]
    machine = Machine("10.0.0.1:9100", lives, LABELS, gaps=unwatched)
    early, late = Window(at("10 16:00"), SINCE), Window(SINCE, UNTIL)
    at_once = pulled(new_project, machine, [late, early, None])
    after = pulled(new_project, machine, [late, None, early, None])
    assert hours(at_once)[0] == ("2025-09-10T17:00:00Z", 3600.0)
    assert hours(after) == hours(at_once)
    built = after.query("select count(*) as builds from raw_builds")
    after.run_models()
    assert after.query("select count(*) as builds from raw_builds") == built


def test_rows_of_a_pull_that_was_killed_count_once_it_is_made_up_for(
    new_project: MakeProject,
) -> None:
    lives = [Life(at("01 00:00"), FOREVER, 4, HALF)]
    machine = Machine("10.0.0.1:9100", lives, LABELS)
    old = Window(at("10 14:00"), SINCE)
    project = pulled(new_project, machine, [Window(SINCE, at("10 20:00")), None])
    with landing(project.database) as land:
        # its last part and its entry in the ledger are what the kill took
        run_id = start_run(land.database, "prometheus", old)
        killed = rows_of(machine, old)[:-1]
        land_samples(land.database, run_id, old, killed, state="failed")
        finish_run(land.database, run_id, "failed")
        land.machines(Window(at("10 20:00"), at("10 21:00")), [machine])
    project.run_models()
    with landing(project.database) as land:
        land.samples(old, rows_of(machine, old))
    project.run_models()
    assert hours(project)[0] == ("2025-09-10T14:00:00Z", 7200.0)
    assert len(hours(project)) == 7


def test_a_pull_that_ends_during_a_build_is_left_to_the_next(
    new_project: MakeProject,
) -> None:
    machine = Machine("10.0.0.1:9100", [Life(at("01 00:00"), FOREVER, 4, HALF)], LABELS)
    begin, middle, end = SINCE, at("10 20:00"), at("10 22:00")
    project = pulled(new_project, machine, [Window(begin, middle), None])
    late = Window(at("10 21:00"), end)
    with landing(project.database) as land:
        land.machines(Window(middle, late.since), [machine])
        # all its rows are there, but it does not count as pulled yet
        run_id = start_run(land.database, "prometheus", late)
        rows = rows_of(machine, late)
        land_samples(land.database, run_id, late, rows, state="failed")
        finish_run(land.database, run_id, "failed")
    project.run_models("--select", "int_slots_touched")
    with landing(project.database) as land:
        land.samples(late, rows_of(machine, late))
    project.run_models("--exclude", "int_slots_touched")
    assert hours(project)[-1][0] == "2025-09-10T20:00:00Z"
    project.run_models()
    assert [seconds for _, seconds in hours(project)] == [7200.0] * 4


def rows_of(machine: Machine, window: Window) -> list[Sample]:
    """What is pulled of a machine, with its last scrapes before all else."""
    rows = [
        sample
        for end in range(window.since, window.until + 1, 1800)
        for sample in samples_at(machine, end)
    ]
    return sorted(rows, key=lambda one: (one.series.metric != "last_scrape_at", one))
