"""One run of the bench, on one machine, so that only its ratios say something."""

from pathlib import Path

from loaders.rows import Window
from loaders.sources.simulated_fleet import DAY
from tests.bench.building import Build, build
from tests.bench.landed import Landed, land_history
from tests.bench.queries import assert_by_hand_is_right, closing_values, timed
from tests.bench.report import Increments, Report
from tests.pipeline.project import Project

# the first hour of 1 September 2025
UNTIL = 1_756_684_800


def land_project(
    folder: Path, hosts: int, days: int, hours: int, parsed: Path | None = None
) -> tuple[Project, Landed]:
    """A project whose history has landed, and so many hours that wait."""
    project = Project(folder, parsed)
    project.keep_records()
    history = Window(UNTIL - days * DAY, UNTIL)
    return project, land_history(project.database, hosts, history, hours)


def measure(folder: Path, hosts: int, days: int, short_days: int, hours: int) -> Report:
    """Build a long history from nothing, ask the same by hand, then hour after hour.

    Raises RuntimeError when a build fails, AssertionError when the query by hand gives
    other figures than the models.
    """
    long, long_landed = land_project(folder / "long", hosts, days, hours)
    from_nothing = build(long)
    by_hand = timed(long.database, "by_hand")
    fact_rows = assert_by_hand_is_right(long.database)
    bare_lag = timed(long.database, "bare_lag")
    parsed = long.folder / "target"
    short, short_landed = land_project(
        folder / "short", hosts, short_days, hours, parsed
    )
    build(short)
    values = closing_values(long.database)
    # in turn, so that what else the machine does falls on both
    hours_built = [
        (_one_more_hour(long, long_landed), _one_more_hour(short, short_landed))
        for _ in range(hours)
    ]
    on_long, on_short = map(list, zip(*hours_built, strict=True))
    return Report(
        values,
        fact_rows,
        from_nothing,
        by_hand,
        bare_lag,
        Increments(f"{days} days", on_long, build(long)),
        Increments(f"{short_days} days", on_short, build(short)),
    )


def _one_more_hour(project: Project, landed: Landed) -> Build:
    landed.land_hour()
    return build(project)
