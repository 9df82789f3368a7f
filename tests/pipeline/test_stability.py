"""Nothing new changes nothing; what the database holds to; what dbt says."""

import sqlite3
from collections.abc import Mapping

import pytest

from tests.pipeline import small_fleet as fleet
from tests.pipeline.conftest import MakeProject, assert_unwarned, pull
from tests.pipeline.marts import assert_adds_up
from tests.pipeline.project import WITHOUT_UNIT_TESTS, Project

# each pull has its entries
LEDGER = ("raw_pull_runs", "raw_pull_windows", "raw_snapshots")


def _dump(project: Project) -> Mapping[str, list[dict[str, object]]]:
    """All rows of all tables whose rows last."""
    tables = project.durable_tables()
    return {table: project.rows(table) for table in tables if table not in LEDGER}


@pytest.fixture(scope="module")
def again(small: Project, new_project: MakeProject) -> Project:
    """The same window pulled again, and built."""
    project = new_project(small)
    project.variables |= small.variables
    pull(project, fleet.SINCE, fleet.UNTIL)
    project.run_models()
    return project


def test_the_same_pull_and_build_change_no_row(small: Project, again: Project) -> None:
    before, after = _dump(small), _dump(again)
    assert before.keys() == after.keys()
    assert {
        *("raw_changes", "raw_builds", "raw_carbon_intensity", "raw_mongo_users"),
        *("raw_prometheus_samples", "raw_prometheus_series", "int_usage_versions"),
        *("int_host_slots_measured", "int_workspaces_numbered", "fact_usage"),
        *("dim_user", "map_user_project", "map_project_machine", "active_workspace"),
    } <= after.keys()
    for table, rows in before.items():
        assert after[table] == rows, table


def test_a_full_refresh_keeps_rows_and_ids(
    small: Project, again: Project, new_project: MakeProject
) -> None:
    refreshed = new_project(again)
    refreshed.run_models("--full-refresh")
    before, after = _dump(small), _dump(refreshed)
    for table, rows in before.items():
        # the refresh itself is noted, begun and built
        is_noted = table in ("raw_changes", "raw_builds")
        assert after[table][: -1 if is_noted else None] == rows, table


def test_a_build_holds_to_every_test(small: Project) -> None:
    assert_unwarned(small.succeed("build", *WITHOUT_UNIT_TESTS))


def test_the_scopes_add_up(small: Project) -> None:
    assert_adds_up(small)


def test_freshness_and_docs_say_no_warning(again: Project) -> None:
    again.keep_records()
    for command in (("source", "freshness"), ("docs", "generate")):
        said = again.succeed("--warn-error", *command)
        assert "WARN" not in said.replace("WARN=0", ""), said


def test_the_database_is_sound(small: Project, again: Project) -> None:
    for project in (small, again):
        assert project.query("pragma integrity_check") == [{"integrity_check": "ok"}]
        assert project.query("pragma foreign_key_check") == []


def test_the_schema_says_what_a_row_must_be(small: Project) -> None:
    def ddl(table: str) -> str:
        rows = small.query("select sql from sqlite_schema where name = ?", table)
        return " ".join(str(rows[0]["sql"]).lower().replace('"', "").split())

    assert "group_id integer primary key" in ddl("dim_group")
    assert "group_name text not null unique" in ddl("dim_group")
    assert "user_id text primary key" in ddl("dim_user")
    assert "references dim_group (group_id)" in ddl("dim_user")
    assert "cloud_project_name text not null unique" in ddl("dim_project")
    assert "machine_name text not null unique" in ddl("dim_machine")
    assert "instance_id integer primary key" in ddl("dim_instance")
    assert "primary key (user_id, project_id)" in ddl("map_user_project")
    assert "primary key (project_id, machine_id)" in ddl("map_project_machine")
    assert "usage_id integer primary key" in ddl("fact_usage")
    assert "workspace_id integer primary key" in ddl("active_workspace")
    for table in ("dim_user", "fact_usage", "active_workspace", "map_user_project"):
        assert "references" in ddl(table) and ddl(table).endswith("strict")


BAD_ROWS = {
    "a project's row with a machine": "insert into fact_usage"
    " (ts, scope, project_id, machine_id)"
    " values ('2025-09-11T10:00:00Z', 'project', 1, 1)",
    "a project's row without one": "insert into fact_usage (ts, scope)"
    " values ('2025-09-11T10:00:00Z', 'project')",
    "ada's row with a user": "insert into fact_usage (ts, scope, user_id)"
    " values ('2025-09-11T10:00:00Z', 'ada', 'alice')",
    "an unknown scope": "insert into fact_usage (ts, scope)"
    " values ('2025-09-11T10:00:00Z', 'group')",
    "ada's hour twice": "insert into fact_usage (ts, scope)"
    " values ('2025-09-11T10:00:00Z', 'ada')",
    "a machine's hour twice": "insert into fact_usage (ts, scope, machine_id)"
    " select ts, scope, machine_id from fact_usage where scope = 'machine'",
    "an unknown project": "insert into fact_usage (ts, scope, project_id)"
    " values ('2030-01-01T00:00:00Z', 'project', 999)",
    "an unknown user": "insert into fact_usage (ts, scope, user_id)"
    " values ('2030-01-01T00:00:00Z', 'user', 'nobody')",
    "text for a number": "update fact_usage set busy_kwh = 'much'",
    "no figure": "update fact_usage set busy_kwh = null",
    "a group's name twice": "insert into dim_group (group_name) values ('isis')",
    "a project without name": "insert into dim_project (cloud_project_name)"
    " values (null)",
    "a user of no group": "insert into dim_user (user_id, group_id) values ('x', 99)",
    "a user without id": "insert into dim_user (user_id) values (null)",
    "an instance twice": "insert into dim_instance (host, port)"
    " values ('172.16.100.50', 9100)",
    "an instance without port twice": "insert into dim_instance (host)"
    " values ('vm-seven')",
    "a membership twice": "insert into map_user_project select * from map_user_project",
    "a machine of no project": "insert into map_project_machine values (99, 1)",
    "a workspace nowhere": "insert into active_workspace"
    " (instance_id, machine_id, started_at) values (999, 1, 'now')",
}


@pytest.mark.parametrize("statement", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_is_refused(small: Project, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        small.execute(statement)


def test_users_of_a_deleted_group_are_ungrouped(
    small: Project, new_project: MakeProject
) -> None:
    project = new_project(small)
    project.execute("delete from dim_group where group_name = 'isis'")
    rows = project.query("select group_id from dim_user where user_id = 'alice'")
    assert rows == [{"group_id": None}]
