"""`loaders report` and `loaders export` on a fleet, against its facts."""

import contextlib
import csv
import io
import json
import math
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.export import SCHEMA
from loaders.file_names import file_name, file_names
from loaders.formats import write_parquet
from loaders.reports import report_of, types_of
from tests.pipeline.project import ROOT
from tests.simulated import END

FROM, TO = "2025-09-13T06:00:00Z", "2025-09-14T18:00:00Z"
SEED_SCHEMA = """required group field_id=-1 schema {
  required int64 field_id=-1 timestamp (Timestamp(isAdjustedToUTC=true, timeUnit=milliseconds, is_from_converted_type=false, force_set_converted_type=false));
  optional double field_id=-1 busy_usage_cpu_seconds_total;
  optional double field_id=-1 idle_usage_cpu_seconds_total;
  optional double field_id=-1 busy_usage_kwh;
  optional double field_id=-1 idle_usage_kwh;
  optional double field_id=-1 busy_usage_gCO2eq;
  optional double field_id=-1 idle_usage_gCO2eq;
  required binary field_id=-1 status (String);
}
"""  # noqa: E501

Rows = list[dict[str, Any]]


@pytest.fixture
def built(simulated: Path) -> Path:
    return simulated


def run(*arguments: str, cwd: Path = ROOT) -> Result:
    """The command in this process, which saves seconds each time."""
    with contextlib.chdir(cwd):
        return CliRunner().invoke(app, arguments)


def report(built: Path, *arguments: str) -> Rows:
    done = run("report", *arguments, "--format", "json", "--db", str(built))
    assert done.exit_code == 0, done.stderr
    rows: Rows = json.loads(done.stdout)
    return rows


def facts(built: Path, query: str, *parameters: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(built)) as database:
        return database.execute(query, parameters).fetchall()


def test_time_shift_potential_adds_up_whole_days(built: Path) -> None:
    for since, days in (("2025-09-13T00:00:00Z", ["13", "14"]), (FROM, ["14"])):
        rows = report(built, "time_shift_potential", "--from", since, "--to", END)
        wanted = facts(
            built,
            "select scope, scope_name, window_hours, count(*), sum(is_known),"
            " sum(is_known * total_gCo2eq), sum(is_known * shifted_gCo2eq)"
            " from (select *, shifted_gCo2eq is not null as is_known"
            "  from v_time_shift_potential where scope in ('ada', 'project')"
            " and substr(day, 9) in (select value from json_each(?)))"
            " group by scope, scope_name, window_hours"
            " order by scope, scope_name, window_hours",
            json.dumps(days),
        )
        assert len(wanted) > 4
        for row, (scope, name, hours, count, known, grams, shifted) in zip(
            rows, wanted, strict=True
        ):
            assert (row["scope"], row["scope_name"]) == (scope, name)
            assert (row["window_hours"], row["days"]) == (hours, count)
            assert row["days_known"] == known
            if known:
                assert math.isclose(row["total_gCo2eq"], grams)
                assert math.isclose(row["shifted_gCo2eq"], shifted)
                assert math.isclose(row["saving_share"], 1 - shifted / grams)
            else:
                assert row["shifted_gCo2eq"] is row["saving_share"] is None
        # the simulated grid has a hole in one of the two days
        assert max(row["days_known"] for row in rows) == 1
    assert not report(built, "time_shift_potential", "--from", FROM, "--to", TO)


def test_usage_of_a_window_beside_the_one_before(built: Path) -> None:
    """The second of two days; the hour that ends a window is none of its days."""
    since = "2025-09-13T01:00:00Z"
    rows = report(built, "usage_compared", "--from", since, "--to", END)
    sums: defaultdict[tuple[str, str, str], list[float]] = defaultdict(
        lambda: [0.0, 0.0, 0.0, 0.0]
    )
    for scope, name, day, *figures in facts(
        built,
        "select scope, scope_name, substr(ts, 9, 2), busy_kwh, idle_kwh,"
        " busy_gCo2eq + idle_gCo2eq, covered_kwh from v_scope_timeseries",
    ):
        sums[scope, name, day] = [
            have + more
            for have, more in zip(sums[scope, name, day], figures, strict=True)
        ]
    used = {(scope, name) for scope, name, day in sums if day == "14"}
    found = {(row["scope"], row["scope_name"]) for row in rows}
    # of ada and projects hours are expected also where nothing ran
    assert {name for name in found - used if name[0] != "project"} == set()
    assert used <= found
    assert {row["scope"] for row in rows} == {
        *("ada", "project", "machine", "user", "group")
    }
    told = Counter[str]()
    for row in rows:
        name = (row["scope"], row["scope_name"])
        busy, idle, grams, covered = sums[*name, "14"]
        assert math.isclose(row["kwh"], busy + idle)
        assert math.isclose(row["gCo2eq"], grams)
        if not busy + idle:
            assert row["idle_kwh_share"] is None
            continue
        assert math.isclose(row["idle_kwh_share"], idle / (busy + idle))
        assert row["coverage"] == row["hours_processed"] / row["hours_expected"]
        if (*name, "13") not in sums:
            assert row["kwh_before"] is row["kwh_change"] is None
            continue
        busy_before, idle_before, grams_before, covered_before = sums[*name, "13"]
        before = busy_before + idle_before
        assert math.isclose(row["kwh_before"], before)
        assert math.isclose(row["kwh_change"], (busy + idle) / before - 1)
        assert math.isclose(
            row["idle_kwh_share_change"],
            idle / (busy + idle) - idle_before / before,
            abs_tol=1e-12,
        )
        is_known = covered >= 0.95 * (busy + idle) and covered_before >= 0.95 * before
        told[str(is_known)] += 1
        if is_known:
            assert math.isclose(row["gCo2eq_change"], grams / grams_before - 1)
        else:
            assert row["gCo2eq_change"] is row["weighted_gCo2eq_kwh_change"] is None
    assert told["True"] and told["False"], told


def test_no_change_is_told_where_the_time_before_was_not_recorded(built: Path) -> None:
    since = "2025-09-13T00:00:00Z"
    rows = report(built, "usage_compared", "--from", since, "--to", END)
    assert len(rows) > 10
    for row in rows:
        assert row["is_comparable"] == 0
        assert row["kwh"] is not None
        assert (
            row["kwh_change"] is row["gCo2eq_change"] is row["coverage_change"] is None
        )


def test_no_change_is_told_beside_a_day_of_which_little_was_downloaded(
    unknown: Path,
) -> None:
    rows = report(unknown, "usage_compared", "--from", "2025-09-14T00:00Z", "--to", END)
    assert any(row["coverage_before"] is not None for row in rows)
    for row in rows:
        assert row["is_comparable"] == 0 and row["coverage_change"] is None
        if row["kwh_before"]:
            assert row["gCo2eq_before"] is row["weighted_gCo2eq_kwh_before"] is None


def test_a_comparison_names_its_days_and_a_window_without_one_is_told(
    built: Path,
) -> None:
    rows = report(
        built, "usage_compared", "--from", "2025-09-13T01:00Z", "--to", "2025-09-15T02Z"
    )
    days = {(row["from_day"], row["to_day"]) for row in rows}
    assert days == {("2025-09-14", "2025-09-15")}
    window = ("--from", "2025-09-13T01:00Z", "--to", "2025-09-14T05:00Z")
    done = run("report", "usage_compared", *window, "--db", str(built))
    assert (done.exit_code, done.stderr) == (
        0,
        "loaders: usage_compared has no rows of this window\n",
    )


def test_project_energy_and_carbon_of_a_window(built: Path) -> None:
    rows = report(built, "project_energy_carbon", "--from", FROM, "--to", TO)
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for project, busy, idle, grams in facts(
        built,
        "select cloud_project_name, busy_kwh, idle_kwh, busy_gCo2eq + idle_gCo2eq"
        " from fact_usage join dim_project using (project_id)"
        " where scope = 'project' and ts >= ? and ts < ?",
        FROM,
        TO,
    ):
        for at, value in enumerate((busy, idle, grams)):
            sums[project][at] += value
    statuses = {
        project: (expected, processed)
        for project, expected, processed in facts(
            built,
            "select cloud_project_name, count(*), sum(is_processed)"
            " from v_status_timeseries where ts >= ? and ts < ? group by 1",
            FROM,
            TO,
        )
    }
    assert {row["cloud_project_name"] for row in rows} == statuses.keys()
    assert statuses.keys() > sums.keys()
    for row in rows:
        hours = (row["hours_expected"], row["hours_processed"])
        assert hours == statuses[row["cloud_project_name"]]
        assert math.isclose(row["coverage"], hours[1] / hours[0])
        busy, idle, grams = sums[row["cloud_project_name"]]
        assert math.isclose(row["busy_kwh"], busy, rel_tol=1e-9)
        assert math.isclose(row["total_kwh"], busy + idle, rel_tol=1e-9)
        assert math.isclose(row["total_gCo2eq"], grams, rel_tol=1e-9)
        assert 0 < row["hours_expected"] <= 36
    assert rows == sorted(rows, key=lambda row: -row["total_kwh"])


def test_the_top_groups_are_the_largest(built: Path) -> None:
    every = report(built, "top_groups_by_energy")
    assert report(built, "top_groups_by_energy", "--top", "3") == every[:3]
    users = facts(
        built,
        "select group_name, sum(busy_kwh + idle_kwh) from fact_usage"
        " join dim_user using (user_id) join dim_group using (group_id)"
        " where scope = 'user' group by group_name order by 2 desc",
    )
    assert [row["group_name"] for row in every] == [name for name, _ in users]
    for row, (_, kwh) in zip(every, users, strict=True):
        assert math.isclose(row["total_kwh"], kwh, rel_tol=1e-9)


# the first ends in an hour with usage, the second begins after one
WINDOWS = ((FROM, TO), ("2025-09-13T21:00:00Z", "2025-09-14T03:00:00Z"))
SUMS = """
sum(busy_kwh) as busy_kwh, sum(idle_kwh) as idle_kwh,
sum(busy_kwh) + sum(idle_kwh) as total_kwh, sum(covered_kwh) as covered_kwh,
case when sum(covered_kwh) > 0 or sum(busy_kwh + idle_kwh) = 0
    then sum(busy_gCo2eq) + sum(idle_gCo2eq) end as total_gCo2eq
"""
BOUNDS = "sum(kwh_low) as kwh_low, sum(kwh_high) as kwh_high"
WANTED = {
    "project_energy_carbon": f"""
        select cloud_project_name, {SUMS}, {BOUNDS},
            sum(busy_gCo2eq) as busy_gCo2eq, sum(idle_gCo2eq) as idle_gCo2eq,
            sum(gCo2eq_low) as gCo2eq_low, sum(gCo2eq_high) as gCo2eq_high,
            sum(busy_gCo2eq + idle_gCo2eq) / sum(covered_kwh) as weighted_gCo2eq_kwh
        from fact_usage join dim_project using (project_id)
        where scope = 'project' and ts >= ? and ts < ? group by 1
    """,  # noqa: S608
    "top_groups_by_energy": f"""
        select group_name, {SUMS}, {BOUNDS}
        from fact_usage join dim_user using (user_id) join dim_group using (group_id)
        where scope = 'user' and ts >= ? and ts < ? group by 1
    """,  # noqa: S608
    "machine_utilisation_share": """
        select machine_name,
            sum(busy_cpu_seconds_total) as busy_cpu_seconds_total,
            sum(idle_cpu_seconds_total) as idle_cpu_seconds_total,
            sum(idle_kwh) as idle_kwh, sum(busy_kwh) + sum(idle_kwh) as total_kwh,
            sum(busy_cpu_seconds_total)
            / sum(busy_cpu_seconds_total + idle_cpu_seconds_total) as busy_share,
            1 - sum(busy_kwh) / sum(busy_kwh + idle_kwh) as idle_kwh_share,
            sum(busy_kwh + idle_kwh) / sum(sum(busy_kwh + idle_kwh)) over ()
                as share_of_kwh
        from fact_usage join dim_machine using (machine_id)
        where scope = 'machine' and ts >= ? and ts < ? group by 1
    """,
    "user_contribution": f"""
        select cloud_project_name, user_id, group_name, {SUMS},
            sum(busy_kwh + idle_kwh)
            / sum(sum(busy_kwh + idle_kwh)) over (partition by project_id)
                as share_of_kwh,
            sum(busy_gCo2eq + idle_gCo2eq)
            / sum(sum(busy_gCo2eq + idle_gCo2eq)) over (partition by project_id)
                as share_of_gCo2eq
        from fact_usage_by_host join dim_project using (project_id)
        left join dim_user using (user_id) left join dim_group using (group_id)
        where ts >= ? and ts < ? group by project_id, user_id
    """,  # noqa: S608
}
COMPLETENESS = {"hours_expected", "hours_processed", "coverage", "is_window_built"}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", WANTED)
def test_every_figure_is_the_sum_of_the_hours_of_the_window(
    built: Path, name: str, window: tuple[str, str]
) -> None:
    for ts in (window[1], "2025-09-13T05:00:00Z", "2025-09-13T20:00:00Z"):
        [(count,)] = facts(built, "select count(*) from fact_usage where ts = ?", ts)
        assert count > 0
    with closing(sqlite3.connect(built)) as database:
        database.row_factory = sqlite3.Row
        wanted = [dict(row) for row in database.execute(WANTED[name], window)]
    keys = [column for column, value in wanted[0].items() if isinstance(value, str)]
    keys += ["user_id"] * (name == "user_contribution" and "user_id" not in keys)
    held = {tuple(row[key] for key in keys): row for row in wanted}
    rows = report(built, name, "--from", window[0], "--to", window[1])
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows) and found.keys() >= held.keys() != set()
    for key, row in found.items():
        figures = row.keys() - COMPLETENESS - set(keys)
        if key not in held:
            # a project that did not run, or of which nothing is known
            nothing = 0 if row["hours_processed"] else None
            assert {row[one] for one in figures if one[:8] != "weighted"} == {nothing}
            continue
        assert figures == held[key].keys() - set(keys)
        for one in figures:
            if isinstance(row[one], float) and isinstance(held[key][one], float):
                assert math.isclose(row[one], held[key][one], rel_tol=1e-9), one
            else:
                assert row[one] == held[key][one], (one, row)


def test_each_window_says_how_complete_it_is(built: Path) -> None:
    """Of a project all its hours, of machines and users those with usage."""
    coverages = {}
    for name, key, scope in (
        ("project_energy_carbon", "cloud_project_name", "project"),
        ("user_contribution", "cloud_project_name", "project"),
        ("machine_utilisation_share", "machine_name", "machine"),
    ):
        told = report(built, name, "--from", FROM, "--to", TO)
        wanted = dict(
            facts(
                built,
                "select scope_name, count(*) || ' ' || sum(is_processed)"
                " from v_processed_hours where scope = ? and ts >= ? and ts < ?"
                " group by scope_name",
                scope,
                FROM,
                TO,
            )
        )
        assert told
        for row in told:
            hours, processed = map(int, wanted[row[key]].split())
            assert (row["hours_expected"], row["hours_processed"]) == (hours, processed)
            assert row["coverage"] == processed / hours
            coverages[name, row[key]] = row["coverage"]
    assert min(coverages.values()) < 1
    groups = report(built, "top_groups_by_energy", "--from", FROM, "--to", TO)
    for row in groups:
        [(hours, processed)] = facts(
            built,
            "select count(*), sum(is_processed) from v_processed_hours"
            " join dim_user on scope_name = user_id join dim_group using (group_id)"
            " where scope = 'user' and group_name = ? and ts >= ? and ts < ?",
            row["group_name"],
            FROM,
            TO,
        )
        assert (row["hours_expected"], row["hours_processed"]) == (hours, processed)
        assert row["coverage"] == processed / hours


WINDOWED = (
    "project_energy_carbon",
    "top_groups_by_energy",
    "machine_utilisation_share",
    "user_contribution",
    "usage_compared",
)
UNKNOWN = """
update fact_usage set busy_gCo2eq = 0, idle_gCo2eq = 0, gCo2eq_low = 0, gCo2eq_high = 0,
    covered_kwh = 0, intensity_gCo2eq_kwh = null, intensity_origin = null;
update fact_usage_by_host set busy_gCo2eq = 0, idle_gCo2eq = 0, covered_kwh = 0;
update dim_hour set download = 'missing' where ts < '2025-09-14T00:00:00Z';
delete from fact_usage where ts < '2025-09-14T00:00:00Z' and scope = 'project'
    and ts > '2025-09-13T00:00:00Z';
"""


@pytest.fixture(scope="module")
def unknown(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No intensity is known, and a day of no project was downloaded but an hour."""
    folder = tmp_path_factory.mktemp("unknown")
    database = Path(shutil.copy(simulated, folder / "usage.db"))
    with closing(sqlite3.connect(database)) as changing:
        changing.executescript(UNKNOWN)
    return database


def test_carbon_that_nobody_knows_is_null(unknown: Path) -> None:
    for name in WINDOWED[:2]:
        rows = report(unknown, name)
        assert rows
        for row in rows:
            assert row["total_kwh"] > 0 and row["total_gCo2eq"] is None, name
    for row in report(unknown, "usage_compared", "--to", END):
        if row["kwh"]:
            assert row["gCo2eq"] is row["gCo2eq_low"] is row["gCo2eq_high"] is None
    for row in report(unknown, "user_contribution"):
        assert row["total_gCo2eq"] is row["share_of_gCo2eq"] is None
    for row in report(unknown, "project_energy_carbon"):
        figures = {name: row[name] for name in row if "gCo2eq" in name}
        assert len(figures) == 6 and set(figures.values()) == {None}


@pytest.mark.parametrize(
    ("view", "kwh", "carbon"),
    [
        ("v_daily_heatmap", "kwh", ["gCo2eq", "weighted_gCo2eq_kwh"]),
        ("v_banded_hours", "kwh", ["gCo2eq"]),
        ("v_carbon_by_intensity_band", "kwh", ["gCo2eq"]),
        ("v_usage_by_step", "busy_kwh + idle_kwh", ["busy_gCo2eq", "idle_gCo2eq"]),
        (
            "(select v_equivalences.*, busy_kwh + idle_kwh as kwh from v_equivalences"
            " join v_usage_history using (scope, scope_name, period, period_name)"
            " where measure = 'gCO2eq')",
            "kwh",
            ["quantity", "quantity_low", "quantity_high"],
        ),
    ],
)
def test_no_view_shows_carbon_that_nobody_knows(
    unknown: Path, view: str, kwh: str, carbon: list[str]
) -> None:
    most = ", ".join(f"max({one})" for one in ["covered_kwh", *carbon])
    query = f"select count(*), {most} from {view} where {kwh} > 0"  # noqa: S608
    [(count, covered, *grams)] = facts(unknown, query)
    assert count > 0 and covered == 0 and set(grams) == {None}


def test_a_project_that_was_not_downloaded_is_there_without_figures(
    unknown: Path,
) -> None:
    window = ("--from", "2025-09-13T01:00Z", "--to", "2025-09-14T00:00Z")
    rows = report(unknown, "project_energy_carbon", *window)
    assert "IDAaaS" in {row["cloud_project_name"] for row in rows}
    for row in rows:
        assert (row["hours_expected"], row["hours_processed"]) == (23, 0)
        assert row["coverage"] == 0 and row["is_window_built"] == 1
        figures = {name for name in row if "kwh" in name or "gCo2eq" in name}
        assert len(figures) == 12 and {row[name] for name in figures} == {None}


@pytest.mark.parametrize("name", [*WINDOWED, "time_shift_potential"])
def test_time_of_which_no_hour_is_built_is_told(built: Path, name: str) -> None:
    """Whatever takes the rows has a column, and who asks a line."""
    whole = ("--from", "2025-09-13T00:00Z", "--to", END)
    for window, is_built, lines in (
        (
            ("--to", "2025-09-15T01:00Z"),
            0,
            ["--to 2025-09-15T01:00:00Z: hours are buil"],
        ),
        (
            ("--from", "2025-09-12T23:00Z"),
            0,
            ["--from 2025-09-12T23:00:00Z: hours are"],
        ),
        (whole, 1, []),
        ((), 1, []),
    ):
        options = (*window, "--format", "json", "--db", str(built))
        done = run("report", name, *options)
        assert done.exit_code == 0
        assert {row["is_window_built"] for row in json.loads(done.stdout)} == {is_built}
        said = done.stderr.splitlines()
        assert [line.startswith(f"loaders: {lines[0]}") for line in said] == (
            [True] * len(lines)
        )


def test_the_share_of_machines(built: Path) -> None:
    rows = report(built, "machine_utilisation_share", "--from", FROM, "--to", TO)
    assert math.isclose(sum(row["share_of_kwh"] for row in rows), 1, rel_tol=1e-9)
    for row in rows:
        busy, idle = row["busy_cpu_seconds_total"], row["idle_cpu_seconds_total"]
        assert math.isclose(row["busy_share"], busy / (busy + idle), rel_tol=1e-9)


def test_the_trend_of_a_machine_is_that_of_its_hours(built: Path) -> None:
    rows = report(built, "machine_intensity_trend", "--to", TO)
    stored = facts(
        built,
        "select machine_name, ts, intensity_gCo2eq_kwh from fact_usage"
        " join dim_machine using (machine_id) where scope = 'machine' and ts < ?"
        " order by 1, 2",
        TO,
    )
    told = [
        (row["machine_name"], row["ts"], row["intensity_gCo2eq_kwh"]) for row in rows
    ]
    assert told == stored
    first = [row for row in rows if row["machine_name"] == rows[0]["machine_name"]]
    known = [
        row["intensity_gCo2eq_kwh"]
        for row in first[:24]
        if row["intensity_gCo2eq_kwh"] is not None
    ]
    mean = sum(known) / len(known)
    assert math.isclose(first[23]["mean_of_24_gCo2eq_kwh"], mean, rel_tol=1e-9)
    [(grams, kwh)] = facts(
        built,
        "select sum(busy_gCo2eq + idle_gCo2eq), sum(covered_kwh)"
        " from v_machine_timeseries where machine_name = ? and ts <= ?",
        first[23]["machine_name"],
        first[23]["ts"],
    )
    weighted = first[23]["weighted_of_24_gCo2eq_kwh"]
    assert math.isclose(weighted, grams / kwh, rel_tol=1e-9)
    assert not math.isclose(weighted, mean, rel_tol=1e-3)
    # an hour's figures are the same wherever the window begins
    later = report(built, "machine_intensity_trend", "--from", FROM, "--to", TO)
    assert later == [row for row in rows if row["ts"] >= FROM]


def test_a_model_takes_a_window_where_it_has_hours(built: Path) -> None:
    rows = report(built, "v_ada_timeseries", "--from", FROM, "--to", TO)
    assert [row["ts"] for row in rows] == sorted({row["ts"] for row in rows})
    assert (rows[0]["ts"], len(rows)) == (FROM, 36)
    done = run("report", "v_ada_timeseries", "--top", "3", "--db", str(built))
    assert (done.exit_code, done.stderr) == (
        2,
        "loaders: v_ada_timeseries takes no --top\n",
    )
    done = run("report", "v_project_totals", "--from", FROM, "--db", str(built))
    assert (done.exit_code, done.stderr) == (
        2,
        "loaders: v_project_totals takes no --from\n",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("v_nothing", "unknown report v_nothing: loaders report --list"),
        ("v_ada_timeseries --from 2025-09-01", "--from 2025-09-01: has no time zone"),
        (
            "v_ada_timeseries --from 2025-09-01T00:30Z",
            "--from 2025-09-01T00:30Z: fac",
        ),
        ("v_ada_timeseries --to soon", "--to soon: no ISO time; write it as 2025-"),
        ("v_ada_timeseries --format xml", "--format xml: known are table, csv, json"),
        ("v_ada_timeseries --format parquet", "--format parquet needs --output FILE"),
        (
            "v_ada_timeseries --from 2025-09-02T00Z --to 2025-09-01T00Z",
            "--from 2025-09-02T00:00:00Z is not before --to 2025-09-01T00:00:00Z",
        ),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    built: Path, arguments: str, said: str
) -> None:
    done = run("report", *arguments.split(), "--db", str(built))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"loaders: {said}")
    assert done.stderr.count("\n") == 1


def test_every_report_can_be_asked_in_every_format(built: Path, tmp_path: Path) -> None:
    listed = run("report", "--list").stdout.splitlines()
    names = [line.split("\t")[0] for line in listed]
    assert "v_project_totals" in names and "top_groups_by_energy" in names
    assert all(line.split("\t")[1].startswith("One row per ") for line in listed)
    for name in names:
        rows = report(built, name)
        text = run("report", name, "--format", "csv", "--db", str(built)).stdout
        assert len(list(csv.DictReader(io.StringIO(text)))) == len(rows), name
        file = tmp_path / f"{name}.parquet"
        options = ("--format", "parquet", "--output", str(file), "--db", str(built))
        assert run("report", name, *options).exit_code == 0, name
        table = pq.read_table(file)
        assert table.num_rows == len(rows), name
        with closing(sqlite3.connect(built)) as database:
            types = types_of(database, report_of(ROOT, name))
        for declared, column in zip(types, table.column_names, strict=True):
            # without values it would be numbers
            is_text = pa.types.is_string(table[column].type)
            assert not is_text or declared == "TEXT", f"{name}.{column} needs a cast"


def test_a_column_without_values_has_a_type_too(unknown: Path, tmp_path: Path) -> None:
    schemas = {}
    for name in ("project_energy_carbon", "v_status_timeseries", "v_closed_periods"):
        file = tmp_path / f"{name}.parquet"
        options = ("--format", "parquet", "--output", str(file), "--db", str(unknown))
        assert run("report", name, *options).exit_code == 0
        schemas[name] = pq.read_schema(file)
    carbon = schemas["project_energy_carbon"]
    assert carbon.field("total_gCo2eq").type == pa.float64()
    assert carbon.field("hours_expected").type == pa.int64()
    assert carbon.field("cloud_project_name").type == pa.string()
    status = schemas["v_status_timeseries"]
    assert status.field("ts").type == pa.timestamp("ms", tz="UTC")
    assert status.field("lacks").type == pa.string()
    closed = schemas["v_closed_periods"]
    assert closed.field("closed_at").type == pa.timestamp("ms", tz="UTC")
    assert (
        closed.field("scope_name").type == closed.field("reasons").type == pa.string()
    )
    assert closed.field("published_kwh").type == pa.float64()


def test_columns_of_parquet_are_as_their_values(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    columns = [
        "read_at",
        "said_at",
        "expected_to",
        "kwh",
        "count",
        "mixed",
        "none",
        "text",
    ]
    types = ["", "", "TEXT", "REAL", "INT", "", "", "TEXT"]
    rows = [
        [
            "2025-09-11T10:00:00.25Z",
            "2025-09-11T10:00:00",
            None,
            1,
            None,
            1.5,
            None,
            None,
        ],
        [None, "soon", None, None, 2.5, "a", None, None],
    ]
    write_parquet(columns, types, rows, file)
    told = pq.read_table(file)
    instant = datetime(2025, 9, 11, 10, 0, 0, 250_000, tzinfo=UTC)
    assert told["read_at"].to_pylist() == [instant, None]
    assert told["said_at"].to_pylist() == ["2025-09-11T10:00:00", "soon"]
    assert told["expected_to"].type == pa.timestamp("ms", tz="UTC")
    assert told["kwh"].to_pylist() == [1.0, None]
    assert told["count"].to_pylist() == [None, 2.5]
    assert told["mixed"].to_pylist() == ["1.5", "a"]
    assert [told[one].type for one in ("none", "text")] == [pa.float64(), pa.string()]


def test_a_report_that_an_analyst_adds_is_there(built: Path, tmp_path: Path) -> None:
    reports = tmp_path / "models" / "reports"
    reports.mkdir(parents=True)
    (reports / "v_project_totals.sql").write_text("select 1")
    queries = tmp_path / "analyses"
    queries.mkdir()
    (queries / "kwh.sql").write_text(
        "select sum(busy_kwh) as kwh from {{ ref('v_ada_timeseries') }}"
        " where ts >= :from_ts"
    )
    (queries / "a.yml").write_text(
        "analyses: [{name: kwh, description: 'One row: Energy. More.'}]"
    )
    listed = run("report", "--list", cwd=tmp_path).stdout
    assert listed == "kwh\tOne row: Energy.\nv_project_totals\t\n"
    options = ("--from", FROM, "--format", "csv", "--db", str(built))
    done = run("report", "kwh", *options, cwd=tmp_path)
    [(kwh,)] = facts(
        built,
        "select sum(busy_kwh) from fact_usage where scope = 'ada' and ts >= ?",
        FROM,
    )
    assert math.isclose(float(done.stdout.split()[1]), kwh)
    (queries / "kwh.sql").write_text("select * from {{ source('a', 'b') }}")
    done = run("report", "kwh", "--db", str(built), cwd=tmp_path)
    assert done.exit_code == 2 and "plain SQL but for ref()" in done.stderr


def test_parquet_files_have_the_schema_that_users_know(
    built: Path, tmp_path: Path
) -> None:
    assert run("export", "--to", str(tmp_path), "--db", str(built)).exit_code == 0
    projects = [
        name for (name,) in facts(built, "select cloud_project_name from dim_project")
    ]
    parquet = {file.name for file in tmp_path.glob("*.parquet")}
    assert parquet == {f"{file_name(project)}.parquet" for project in projects}
    for project in projects:
        file = tmp_path / f"{file_name(project)}.parquet"
        schema = str(pq.ParquetFile(file).schema).split("\n", 1)[1]
        assert schema.strip() == SEED_SCHEMA.strip()
        told = pq.read_table(file).to_pylist()
        stored = facts(
            built,
            "select ts, busy_usage_cpu_seconds_total, idle_usage_cpu_seconds_total,"
            " busy_usage_kwh, idle_usage_kwh, busy_usage_gCO2eq, idle_usage_gCO2eq,"
            " status from v_project_export where cloud_project_name = ? order by ts",
            project,
        )
        instants = [f"{row['timestamp']:%Y-%m-%dT%H:%M:%SZ}" for row in told]
        assert instants == [row[0] for row in stored]
        assert [tuple(row.values())[1:] for row in told] == [row[1:] for row in stored]


def test_an_export_in_order_looks_each_hour_up(built: Path) -> None:
    """A scan of all usage for each hour takes minutes in a year of many projects."""
    plan = facts(
        built,
        "explain query plan select * from v_project_export"
        " order by cloud_project_name, ts",
    )
    joined = [step for *_, step in plan if "LEFT-JOIN" in step]
    assert joined and all(step.startswith("SEARCH ") for step in joined)


def test_other_programs_read_the_files(built: Path, tmp_path: Path) -> None:
    run("export", "--to", str(tmp_path), "--db", str(built))
    file = tmp_path / "IDAaaS.parquet"
    [(kwh,)] = facts(
        built,
        "select sum(busy_kwh) from v_project_timeseries"
        " where cloud_project_name = 'IDAaaS'",
    )
    query = (
        "select sum(busy_usage_kwh), max(timestamp at time zone 'UTC')"
        " from read_parquet(?)"
    )
    [(told, last)] = duckdb.execute(query, [str(file)]).fetchall()
    assert math.isclose(told, kwh, rel_tol=1e-9)
    assert f"{last:%Y-%m-%dT%H:%M}" == "2025-09-14T23:00"
    frame = pandas.read_parquet(file)
    assert str(frame.dtypes["timestamp"]) == "datetime64[ms, UTC]"
    assert frame["timestamp"].is_monotonic_increasing
    assert frame["timestamp"].iloc[-1] == pandas.Timestamp("2025-09-14T23:00Z")
    assert math.isclose(frame["busy_usage_kwh"].sum(), kwh, rel_tol=1e-9)
    [(unknown,)] = facts(
        built,
        "select count(*) from v_project_export where cloud_project_name = 'IDAaaS'"
        " and busy_usage_gCO2eq is null",
    )
    assert frame["busy_usage_gCO2eq"].isna().sum() == unknown
    group = pq.ParquetFile(file).metadata.row_group(0)
    assert group.column(0).statistics.has_min_max
    assert group.sorting_columns[0].column_index == 0


@pytest.mark.parametrize("since", [(), ("--since", FROM)])
def test_averages_are_the_means_of_all_rows(
    built: Path, tmp_path: Path, since: tuple[str, ...]
) -> None:
    run("export", *since, "--to", str(tmp_path), "--db", str(built))
    entries = json.loads((tmp_path / "machine_averages.json").read_text())
    assert entries
    for entry in entries:
        hours = facts(
            built,
            "select busy_kwh, idle_kwh, busy_gCo2eq, idle_gCo2eq, intensity_gCo2eq_kwh"
            " from v_machine_timeseries where machine_name = ?",
            entry["machine_name"],
        )
        known = [hour for hour in hours if hour[4] is not None]
        energy = entry["metrics"]["energy_kwh"]
        carbon = entry["metrics"]["carbon_gCo2eq"]
        for at, kind in enumerate(("busy", "idle")):
            mean = sum(hour[at] for hour in hours) / len(hours)
            assert energy[kind]["number_data_points"] == len(hours)
            assert math.isclose(energy[kind]["running_average"], mean, rel_tol=1e-9)
            mean = sum(hour[2 + at] for hour in known) / len(known)
            assert math.isclose(carbon[kind]["running_average"], mean, rel_tol=1e-9)
        assert carbon["number_data_points"] == len(known)


def _export(folder: Path, database: Path, *options: str) -> pa.Table:
    done = run("export", *options, "--to", str(folder), "--db", str(database))
    assert done.exit_code == 0, done.stderr
    return pq.read_table(folder / "IDAaaS.parquet")


def _rewrite(file: Path, table: pa.Table) -> None:
    """Other rows in a file of the same version."""
    metadata = pq.read_metadata(file).metadata
    with pq.ParquetWriter(file, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata)


def _hour(table: pa.Table, at: int) -> str:
    return f"{table['timestamp'][at].as_py():%Y-%m-%dT%H:%M:%SZ}"


def test_hours_before_since_are_not_read_again(built: Path, tmp_path: Path) -> None:
    whole = _export(tmp_path, built)
    marks = [[float(at) for at in range(whole.num_rows)]]
    marked = whole.set_column(1, SCHEMA.field(1), marks)
    _rewrite(tmp_path / "IDAaaS.parquet", marked)
    after = _export(tmp_path, built, "--since", FROM)
    assert _hour(whole, 6) == FROM
    assert after.slice(0, 6).equals(marked.slice(0, 6))
    assert after.slice(6).equals(whole.slice(6))


@pytest.mark.parametrize("kept", [[0, 1, 2], [1, 2, 3, 4, 5, 6], [0, 1, 4, 5, 30]])
def test_hours_that_a_file_lacks_come_in_whatever_since_says(
    built: Path, tmp_path: Path, kept: list[int]
) -> None:
    whole = _export(tmp_path, built)
    _rewrite(tmp_path / "IDAaaS.parquet", whole.take(kept))
    assert _export(tmp_path, built, "--since", TO).equals(whole)


NEWER = """
insert into int_usage_versions
select {columns}
from int_usage_versions
where scope = 'project' and cloud_project_name = 'IDAaaS' and ts = ?
"""
RESTATED = """
update fact_usage set busy_kwh = 1234
where
    ts = ?
    and project_id = (
        select project_id from dim_project where cloud_project_name = 'IDAaaS'
    )
"""


def test_hours_that_were_restated_come_in_whatever_since_says(
    built: Path, tmp_path: Path
) -> None:
    database = Path(shutil.copy(built, tmp_path / "usage.db"))
    whole = _export(tmp_path, database)
    hour = _hour(whole, 3)
    with closing(sqlite3.connect(database)) as changing:
        names = [row[1] for row in changing.execute("pragma table_info(fact_usage)")]
        assert "busy_kwh" in names
        columns = [
            "(select max(version_id) + 1 from int_usage_versions)"
            if name == "version_id"
            else name
            for _, name, *_ in changing.execute("pragma table_info(int_usage_versions)")
        ]
        changing.execute(NEWER.format(columns=", ".join(columns)), (hour,))
        changing.execute(RESTATED, (hour,))
        changing.commit()
    after = _export(tmp_path, database, "--since", TO)
    assert after["busy_usage_kwh"][3].as_py() == 1234
    assert after.slice(4).equals(whole.slice(4))
    assert after.slice(0, 3).equals(whole.slice(0, 3))


@pytest.mark.parametrize(
    "change",
    [
        # figures of a simulation give way to real ones
        "update dim_hour set is_simulated = 0",
        # ids of versions begin anew in another database
        "update int_usage_versions set versioned_at = versioned_at - 1",
        "delete from int_usage_versions where scope <> 'ada' or version_id > 2",
    ],
)
def test_no_hour_of_another_database_is_kept(
    built: Path, tmp_path: Path, change: str
) -> None:
    database = Path(shutil.copy(built, tmp_path / "usage.db"))
    marked = _export(tmp_path, database)
    marks = pa.array([1234.0] * marked.num_rows)
    _rewrite(tmp_path / "IDAaaS.parquet", marked.set_column(1, SCHEMA.field(1), marks))
    with closing(sqlite3.connect(database)) as changing:
        changing.execute(change)
        changing.commit()
    told = _export(tmp_path, database, "--since", TO)
    assert told.equals(_export(tmp_path / "anew", database))
    assert 1234 not in told["busy_usage_cpu_seconds_total"].to_pylist()


def test_an_hour_of_a_simulation_that_is_known_since_comes_in(
    built: Path, tmp_path: Path
) -> None:
    """Its status is `fake` before and after."""
    database = Path(shutil.copy(built, tmp_path / "usage.db"))
    hour = _hour(_export(tmp_path, database), 3)
    with closing(sqlite3.connect(database)) as changing:
        changing.execute("delete from fact_usage where ts = ?", (hour,))
        figures: list[float | None] = []
        for download in ("missing", "complete"):
            changing.execute(
                "update dim_hour set download = ? where ts = ?", (download, hour)
            )
            changing.commit()
            # the first time whole, as another build would have it
            since = ("--since", TO) if figures else ()
            told = _export(tmp_path, database, *since)
            figures.append(told["busy_usage_kwh"][3].as_py())
    assert figures == [None, 0]


def test_a_file_of_an_earlier_version_is_written_anew(
    built: Path, tmp_path: Path
) -> None:
    whole = _export(tmp_path, built)
    marks = pa.array([1234.0] * whole.num_rows)
    marked = whole.set_column(1, SCHEMA.field(1), marks).replace_schema_metadata()
    pq.write_table(marked, tmp_path / "IDAaaS.parquet")
    assert _export(tmp_path, built, "--since", FROM).equals(whole)


@pytest.mark.parametrize("content", [b"junk", b"", b"PAR1 cut off PAR1"])
def test_a_file_that_cannot_be_read_is_written_anew(
    built: Path, tmp_path: Path, content: bytes
) -> None:
    whole = _export(tmp_path, built)
    (tmp_path / "IDAaaS.parquet").write_bytes(content)
    assert _export(tmp_path, built, "--since", FROM).equals(whole)


def test_a_file_that_lacks_columns_or_rows_is_written_anew(
    built: Path, tmp_path: Path
) -> None:
    whole = _export(tmp_path, built)
    file = tmp_path / "IDAaaS.parquet"
    _rewrite(file, whole.drop_columns(["status"]))
    assert _export(tmp_path, built, "--since", FROM).equals(whole)
    content = file.read_bytes()
    # the footer is whole, rows are not
    file.write_bytes(content[:4] + bytes(200) + content[204:])
    assert _export(tmp_path, built, "--since", FROM).equals(whole)


def test_active_workspaces_are_valid_json_of_what_runs(
    built: Path, tmp_path: Path
) -> None:
    run("export", "--to", str(tmp_path), "--db", str(built))
    entries = json.loads((tmp_path / "active_workspaces.json").read_text())
    [(running,)] = facts(built, "select count(*) from active_workspace")
    assert len(entries) == running > 0
    energy, carbon = ("busy_kwh", "idle_kwh"), ("busy_gCo2eq", "idle_gCo2eq")
    names = ("instance", "machine_name", *energy, *carbon, "started_at")
    assert {tuple(entry) for entry in entries} == {names}
    wanted = facts(
        built,
        "select instance, machine_name, busy_kwh, idle_kwh, busy_gCo2eq, idle_gCo2eq,"
        " started_at from v_active_workspaces",
    )
    assert Counter(tuple(entry.values()) for entry in entries) == Counter(wanted)
    assert any(entry["busy_kwh"] is None for entry in entries)
    assert any(entry["busy_kwh"] for entry in entries)


def test_commands_start_without_pandas() -> None:
    code = "import sys, loaders.cli; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a/b\0c", ".hidden", "é" * 200, "é" * 201, "..", "a%2Fb"],
)
def test_any_project_has_a_safe_name_of_its_own(name: str) -> None:
    file = f"{file_name(name)}.parquet"
    assert "/" not in file and "\0" not in file and not file.startswith(".")
    assert len(file.encode()) < 255
    others = [file_name(one) for one in ("a/b", "IDAaaS", "é" * 202, "a%2fb")]
    assert file_name(name) not in others


def test_names_are_told_apart_by_any_file_system() -> None:
    projects = ["IDAaaS", "idaaas", "IDAAAS", "a%2Fb", "a/b", "con", "Nul.x", "n" * 400]
    names = file_names(projects)
    assert names["IDAaaS"] == "IDAaaS"
    # one that pretends to be what another is called
    names = file_names([*projects, names["idaaas"], names["n" * 400], "N" * 400])
    assert len({name.lower() for name in names.values()}) == len(projects) + 3
    assert names["con"] == "%63on" and names["Nul.x"] == "%4Eul.x"
    assert names["idaaas"].startswith("idaaas~")
    assert max(len(name) for name in names.values()) < 240


def test_projects_that_differ_in_case_have_files_of_their_own(
    built: Path, tmp_path: Path
) -> None:
    database = Path(shutil.copy(built, tmp_path / "usage.db"))
    with closing(sqlite3.connect(database)) as changing:
        changing.execute("insert into dim_project values (99, 'idaaas')")
        changing.commit()
    assert _export(tmp_path, database).num_rows > 0
    parquet = [file.name.lower() for file in tmp_path.glob("*.parquet")]
    assert len(set(parquet)) == len(parquet)
    [(count,)] = facts(database, "select count(*) from dim_project")
    assert len(parquet) == count
