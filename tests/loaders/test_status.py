"""`loaders status`: what it says of a ledger, and the exit status monitors act on."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loaders.database import open_database
from loaders.freshness import duration
from loaders.ledger import finish_run, record_window, start_run
from loaders.rows import HALF_HOUR, Source, State, Window, minute
from loaders.status import STATUSES

LOADERS = Path(sys.executable).with_name("loaders")
HOUR = 3600
DAY = 24 * HOUR

Enter = Callable[..., int]


@pytest.fixture
def now() -> int:
    return int(time.time()) // HALF_HOUR * HALF_HOUR


@pytest.fixture
def database(database_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(database_path)) as connection:
        yield connection


@pytest.fixture
def enter(database: sqlite3.Connection) -> Enter:
    """`enter(source, since, until, state)` enters a run of one window; its run_id."""

    def enter_run(
        source: Source,
        since: int,
        until: int,
        state: State = "done",
        rows: int = 5,
        ends: bool = True,
    ) -> int:
        window = None if source == "mongo" else Window(since, until)
        run_id = start_run(database, source, window)
        covered = window or Window(until, until)
        record_window(database, run_id, covered, state, row_count=rows)
        if ends:
            finish_run(database, run_id, state, None if state == "done" else "odd")
        return run_id

    return enter_run


def status(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LOADERS_")}
    return subprocess.run(
        [LOADERS, "status", *arguments],
        env={**kept, **variables},
        capture_output=True,
        text=True,
    )


def described(*, code: int, **variables: str) -> dict[str, Any]:
    """Sources of `--json` by name, with the object itself as `""`."""
    done = status("--json", **variables)
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    found = json.loads(done.stdout)
    return {"": found, **{one["source"]: one for one in found["sources"]}}


def test_fresh_sources_are_status_0(enter: Enter, now: int) -> None:
    for source in ("prometheus", "carbon-intensity", "mongo"):
        enter(source, now - 2 * DAY, now - HALF_HOUR)
    done = status()
    assert (done.returncode, done.stderr) == (0, "")
    path, prometheus, intensity, mongo, built = done.stdout.splitlines()
    assert path.endswith("usage.db: real data")
    until = minute(now)
    assert prometheus.startswith("prometheus: lag ")
    assert prometheus.endswith(
        f", holes 0, rows landed 5, next {minute(now - 5 * HALF_HOUR)} to {until}"
    )
    assert intensity.endswith(f" next {minute(now - HALF_HOUR - 2 * DAY)} to {until}")
    assert mongo.startswith("mongo: lag 0 min, last success ")
    assert mongo.endswith(", holes 0, rows landed 5, next all of it")
    assert built == "no figures yet: dbt build"


def test_the_json_has_its_documented_keys(enter: Enter, now: int) -> None:
    enter("prometheus", now - 2 * DAY, now - HALF_HOUR)
    found = described(code=0)
    assert list(found[""]) == [
        *("database", "checked_at", "is_simulated", "is_fresh", "max_lag_seconds"),
        *("sources", "build", "projects"),
    ]
    source = found["prometheus"]
    assert list(source) == [
        *("source", "is_fresh", "last_success_at", "newest_at", "lag_seconds"),
        *("retention_seconds", "rows_landed", "holes", "next_window", "last_run"),
        *("unended_runs", "problems", "notes"),
    ]
    assert source["newest_at"] == minute(now - HALF_HOUR).replace("Z", ":00Z")
    assert 0 <= source["lag_seconds"] - (time.time() - now + HALF_HOUR) + 5 < 10
    assert source["retention_seconds"] == 15 * DAY
    assert source["last_run"]["state"] == "done"
    assert found[""]["projects"] is None
    assert list(found[""]["build"]) == ["built_at", "waiting_since", "problem"]


@pytest.mark.parametrize(
    ("lag_hours", "allowed", "code"), [(2, "", 0), (4, "", 1), (4, "5", 0), (2, "1", 1)]
)
def test_the_lag_is_out_of_bounds_as_set(
    enter: Enter, now: int, lag_hours: int, allowed: str, code: int
) -> None:
    enter("prometheus", now - 2 * DAY, now - lag_hours * HOUR)
    enter("mongo", 0, now)
    found = described(code=code, LOADERS_STATUS__MAX_LAG_HOURS=allowed)
    assert found["prometheus"]["is_fresh"] == found[""]["is_fresh"] == (code == 0)
    problems = found["prometheus"]["problems"]
    assert bool(problems) == (code == 1)
    if problems:
        assert problems[0].endswith(
            f"behind, {duration(HOUR * int(allowed or 3))} are allowed: loaders pull"
        )
    assert found["mongo"]["is_fresh"]


@pytest.mark.parametrize(
    ("noted_hours_ago", "builds", "allowed", "code"),
    [
        ([], [], "3", 0),
        ([2], [], "3", 0),
        ([4], [], "3", 1),
        ([4], [], "5", 0),
        ([9, 4], [1], "3", 1),
        ([9, 4], [1, 2], "3", 0),
        ([9, 2], [1], "3", 0),
    ],
)
def test_what_landed_waits_no_longer_for_a_build_than_it_may(
    enter: Enter,
    database: sqlite3.Connection,
    now: int,
    noted_hours_ago: list[int],
    builds: list[int],
    allowed: str,
    code: int,
) -> None:
    """`builds` are the last changes that each build took in, an hour after the last."""
    enter("prometheus", now - 2 * DAY, now)
    database.executemany(
        "insert into raw_changes (source, noted_at) values ('prometheus', ?)",
        [(now - hours * HOUR,) for hours in noted_hours_ago],
    )
    database.executemany(
        "insert into raw_builds (change_id, factor_change_id, pulled_until, built_at)"
        " values (?, 0, 0, ?)",
        [(change_id, now - (8 - change_id) * HOUR) for change_id in builds],
    )
    found = described(code=code, LOADERS_STATUS__MAX_LAG_HOURS=allowed)
    build = found[""]["build"]
    waiting = noted_hours_ago[len(builds) :]
    assert found[""]["is_fresh"] == (build["problem"] is None) == (code == 0)
    assert (build["waiting_since"] is None) == (not waiting)
    if waiting:
        since = minute(now - waiting[0] * HOUR).replace("Z", ":00Z")
        assert build["waiting_since"] == since
    if builds:
        built = minute(now - (8 - builds[-1]) * HOUR).replace("Z", ":00Z")
        assert build["built_at"] == built
    if code:
        said = status(LOADERS_STATUS__MAX_LAG_HOURS=allowed).stdout
        # a minute may have passed since
        assert "dbt: problem: what landed " in said
        assert build["problem"].partition(" ago ")[2] in said
        assert "ago is in no figure, 3 h are allowed: dbt build" in build["problem"]


def test_mongo_lags_since_it_was_last_read_whole(
    enter: Enter, database: sqlite3.Connection, now: int
) -> None:
    enter("mongo", 0, now)
    database.execute("update raw_pull_runs set ended_at = ended_at - 5 * 3600")
    enter("mongo", 0, now, "failed", rows=0)
    found = described(code=1)["mongo"]
    assert found["problems"] == [
        "5 h behind, 3 h are allowed: loaders pull (the last run: odd)"
    ]
    assert found["last_run"]["state"] == "failed"


@pytest.mark.parametrize(
    ("state", "rows"), [("failed", 0), ("partial", 9), ("done", 0)]
)
def test_what_did_not_land_whole_is_no_success(
    enter: Enter, now: int, state: State, rows: int
) -> None:
    enter("prometheus", now - 2 * DAY, now - DAY)
    enter("prometheus", now - DAY, now, state, rows)
    found = described(code=1)["prometheus"]
    assert found["lag_seconds"] >= DAY


def test_a_source_that_is_configured_and_never_landed_is_out_of_bounds(
    enter: Enter, now: int
) -> None:
    enter("prometheus", now - 2 * DAY, now)
    assert "carbon-intensity" not in described(code=0)
    found = described(
        code=1,
        LOADERS_PROMETHEUS__URL="http://127.0.0.1:9",
        LOADERS_CARBON_INTENSITY__URL="http://127.0.0.1:9",
    )
    assert found["carbon-intensity"]["problems"] == [
        "nothing of it has landed yet: loaders pull"
    ]


def test_a_source_that_is_no_longer_configured_does_not_count(
    enter: Enter, now: int
) -> None:
    enter("prometheus", now - 2 * DAY, now)
    enter("mongo", 0, now - 9 * DAY, "failed")
    assert described(code=1)["mongo"]["problems"]
    found = described(code=0, LOADERS_PROMETHEUS__URL="http://127.0.0.1:9")
    assert "mongo" not in found


@pytest.mark.parametrize(
    ("age_days", "retention", "code", "said"),
    [
        (5, None, 0, None),
        (8, None, 1, "a hole from"),
        (20, None, 0, "cannot fill any more, it keeps 15 d: 1"),
        (8, 30 * DAY, 0, None),
        (2, 3 * DAY, 1, "a hole from"),
    ],
)
def test_holes_are_told_before_prometheus_drops_them(
    enter: Enter,
    database: sqlite3.Connection,
    now: int,
    age_days: int,
    retention: int | None,
    code: int,
    said: str | None,
) -> None:
    hole = now - age_days * DAY
    enter("prometheus", hole - DAY, hole)
    enter("prometheus", hole, hole + HOUR, "failed", rows=0)
    enter("prometheus", hole + HOUR, now)
    if retention is not None:
        database.execute(
            "insert into raw_retentions values ('prometheus', ?)", (retention,)
        )
    found = described(code=code)["prometheus"]
    assert [(one["state"], one["since"]) for one in found["holes"]] == [
        ("failed", minute(hole).replace("Z", ":00Z"))
    ]
    lines = found["problems"] + found["notes"]
    assert len(lines) == (said is not None)
    assert said is None or said in lines[0]
    assert bool(found["problems"]) == (code == 1)


@pytest.mark.parametrize(
    ("days_ago", "state", "rows", "times", "code"),
    [
        # a day is for a pull or two that fail
        (0, "failed", 0, 1, 0),
        (3, "failed", 0, 1, 1),
        (3, "failed", 0, 11, 1),
        (3, "partial", 0, 9, 1),
        (3, "partial", 0, 10, 0),
        # before all that ever came
        (90, "failed", 0, 9, 1),
        (90, "failed", 0, 10, 0),
        (90, "partial", 0, 1, 0),
        (90, "partial", 7, 1, 1),
    ],
)
def test_an_old_hole_is_a_problem_unless_there_seems_to_be_nothing(
    enter: Enter,
    database: sqlite3.Connection,
    now: int,
    days_ago: int,
    state: State,
    rows: int,
    times: int,
    code: int,
) -> None:
    hole = Window(now - days_ago * DAY - 2 * HOUR, now - days_ago * DAY - HOUR)
    begin = now - 9 * DAY if days_ago < 9 else now - 80 * DAY
    enter("carbon-intensity", begin, hole.since if days_ago < 9 else now)
    for _ in range(times):
        run_id = enter("carbon-intensity", max(begin, hole.until), now)
        record_window(database, run_id, hole, state, row_count=rows)
    found = described(code=code)["carbon-intensity"]
    assert len(found["holes"]) == 1
    lines = [*found["problems"], *found["notes"]]
    assert len(lines) == (days_ago > 0)
    if code:
        assert found["problems"] == [
            f"a hole from {minute(hole.since)}, asked for in vain {times} times:"
            f" loaders pull carbon-intensity --since {minute(hole.since)}"
            f" --until {minute(hole.until)}"
        ]


def test_a_long_lag_is_told_with_what_it_will_lose(enter: Enter, now: int) -> None:
    enter("prometheus", now - 20 * DAY, now - 10 * DAY)
    found = described(code=1, LOADERS_STATUS__MAX_LAG_HOURS="999")["prometheus"]
    [problem] = found["problems"]
    assert problem == (
        "what has not landed is lost when Prometheus drops it: it keeps 15 d"
    )


def test_runs_that_were_killed_are_noted(enter: Enter, now: int) -> None:
    killed = enter("prometheus", now - 2 * DAY, now, ends=False)
    enter("prometheus", now - DAY, now)
    found = described(code=0)["prometheus"]
    assert found["unended_runs"] == [killed]
    [note] = found["notes"]
    assert note.startswith(f"runs that have not ended: {killed}: under way, or killed;")


def test_projects_have_all_five_counts_once_built(
    enter: Enter, database: sqlite3.Connection, now: int
) -> None:
    enter("prometheus", now - 2 * DAY, now)
    database.execute(
        "create view v_status_timeseries as"
        " select 'A \"b\", [c]' as cloud_project_name, 'ts' as ts,"
        " 'processed' as status"
        " union all select 'A \"b\", [c]', 'ts2', 'unprocessed'"
        " union all select 'A \"b\", [c]', 'ts3', 'processed'"
    )
    counts = dict.fromkeys(STATUSES, 0) | {"processed": 2, "unprocessed": 1}
    assert described(code=0)[""]["projects"] == {'A "b", [c]': counts}
    assert status().stdout.splitlines()[-1] == (
        'project A "b", [c]: processed 2, unprocessed 1, download incomplete 0,'
        " not downloaded 0, fake 0"
    )


def test_nothing_is_written(enter: Enter, database_path: Path, now: int) -> None:
    enter("prometheus", now - 2 * DAY, now)
    with closing(sqlite3.connect(database_path)) as database:
        before = list(database.iterdump())
        assert status().returncode == 0
        assert list(database.iterdump()) == before


def test_without_a_database_or_with_wrong_settings_it_is_one_line(
    database_path: Path,
) -> None:
    done = status()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"loaders: no database {database_path}: land rows")
    done = status(LOADERS_STATUS__MAX_LAG_HOURS="soon")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("loaders: LOADERS_STATUS__MAX_LAG_HOURS: Input sho")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0 min"), (3599, "59 min"), (3600, "1 h"), (5400, "1 h 30 min")),
        *((DAY, "1 d"), (DAY + HOUR, "1 d 1 h"), (DAY + 60, "1 d")),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    assert duration(seconds) == text
