"""`loaders report` and `loaders export` on a fleet, against its facts."""

import contextlib
import csv
import io
import json
import math
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.export import SCHEMA, file_name
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
    assert {row["cloud_project_name"] for row in rows} == sums.keys()
    for row in rows:
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
        assert pq.read_table(file).num_rows == len(rows), name


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
        "analyses: [{name: kwh, description: 'One row: energy. More.'}]"
    )
    listed = run("report", "--list", cwd=tmp_path).stdout
    assert listed == "kwh\tOne row: energy.\nv_project_totals\t\n"
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
    assert parquet == {file_name(project) for project in projects}
    for project in projects:
        file = tmp_path / file_name(project)
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


def test_hours_before_since_stay_as_the_file_has_them(
    built: Path, tmp_path: Path
) -> None:
    run("export", "--to", str(tmp_path), "--db", str(built))
    file = tmp_path / "IDAaaS.parquet"
    whole = pq.read_table(file)
    marked = whole.set_column(
        1, SCHEMA.field(1), [[float(at) for at in range(whole.num_rows)]]
    )
    pq.write_table(marked, file, store_schema=False)
    options = ("--since", FROM, "--to", str(tmp_path), "--db", str(built))
    assert run("export", *options).exit_code == 0
    after = pq.read_table(file)
    kept = sum(f"{at.as_py():%Y-%m-%dT%H:%M:%SZ}" < FROM for at in whole["timestamp"])
    assert kept == 6 and after.num_rows == whole.num_rows
    assert after.slice(0, kept).equals(marked.slice(0, kept))
    assert after.slice(kept).equals(whole.slice(kept))


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
    file = file_name(name)
    assert "/" not in file and "\0" not in file and not file.startswith(".")
    assert len(file.encode()) < 255
    others = [file_name(one) for one in ("a/b", "IDAaaS", "é" * 202, "a%2fb")]
    assert file not in others
