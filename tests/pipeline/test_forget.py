"""People forgotten or landed as pseudonyms: from real servers to the views."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.pipeline.comparison import differences
from tests.pipeline.conftest import MakeProject, Servers, pull
from tests.pipeline.expected import iso
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import KEY, assert_adds_up, usage
from tests.pipeline.project import Project, Row
from tests.pipeline.small_fleet import at
from tests.servers.carbon import slot
from tests.servers.prometheus import openmetrics, prometheus_from

SINCE, UNTIL, LATER = at("10 18:00"), at("11 00:00"), at("11 02:00")
DATABASE = "people"
ANN, BEN = "ann.lee", "ben.ray"
WORDS = (ANN, "Annabel Leeds", "64f1c2a7b5e3d9f0a1b2c3d4", "40123")
HIDDEN = (*WORDS, BEN, "Benedict Rayner", "40124")
SECRET = "sixteen bytes or more"
LEDGER = (
    *("raw_pull_runs", "raw_pull_windows", "raw_changes", "raw_builds"),
    "raw_snapshots",
)


def _machine(number: int, **labels: str) -> Machine:
    life = Life(at("01 05:13"), at("20 00:00"), 2, Load(0.5, 0.3, 9_000 * number))
    target = {"cloud_project_name": "P", "machine_name": "A", **labels}
    return Machine(f"10.0.0.{number}:9100", [life], [(0, target)])


# Ann by the label, Ann and Ben as owners, nobody
MACHINES = [_machine(1, user=ANN), _machine(2), _machine(3), _machine(4)]


def _documents() -> dict[str, list[dict[str, Any]]]:
    begin, change = (
        datetime.fromtimestamp(at(t), UTC) for t in ("02 00:00", "10 20:10")
    )
    return {
        "workspaces": [
            {"_id": "w1", "hostname": "10.0.0.1", "owner": BEN, "acquired_time": begin},
            {
                "_id": f"ws-{ANN}-2",
                "hostname": "10.0.0.2",
                "owner": ANN,
                "acquired_time": begin,
                "tag": "IDAaaS",
                "parameters": {"users": [BEN, ANN]},
            },
            {
                "_id": "w3",
                "hostname": "10.0.0.3",
                "owner": BEN,
                "acquired_time": begin,
                "deleted_time": change,
            },
            {
                "_id": "w4",
                "hostname": "10.0.0.3",
                "owner": ANN,
                "acquired_time": change,
            },
        ],
        "users": [
            {
                "_id": "64f1c2a7b5e3d9f0a1b2c3d4",
                "platform_name": ANN,
                "name": "Annabel Leeds",
                "uid": 40123,
                "gid": 700,
                "email": "annabel@example.org",
            },
            {
                "_id": BEN,
                "platform_name": BEN,
                "name": "Benedict Rayner",
                "uid": 40124,
                "gid": 40124,
            },
        ],
        "groups": [
            {"_id": "g1", "name": "physics", "gid": 700, "members": [BEN, ANN]},
            {"_id": BEN, "name": BEN, "gid": 40124, "members": []},
            {"_id": "g2", "name": f"friends of {ANN}", "gid": 9, "members": []},
        ],
        "hosts": [],
    }


@pytest.fixture(scope="module")
def variables(servers: Servers) -> Iterator[dict[str, str]]:
    servers.mongo.write(DATABASE, **{k: v for k, v in _documents().items() if v})
    servers.mongo.client[DATABASE].create_collection("hosts")
    known = list(servers.carbon.slots)
    servers.carbon.slots[:] = [
        slot(one, forecast=200.0, actual=180.0 + one // 1800 % 7)
        for one in slots(at("10 00:00"), at("12 00:00"))
    ]
    scraped = (one for machine in MACHINES for one in machine.scraped(SINCE, LATER))
    with ExitStack() as stack:
        yield {
            "LOADERS_PROMETHEUS__URL": stack.enter_context(
                prometheus_from(openmetrics(scraped))
            ),
            "LOADERS_PROMETHEUS__LABELS__USER": "user",
            "LOADERS_CARBON_INTENSITY__URL": servers.carbon.url,
            "LOADERS_MONGO__URI": servers.mongo.uri,
            "LOADERS_MONGO__DATABASE": DATABASE,
        }
    servers.carbon.slots[:] = known


@pytest.fixture(scope="module")
def plain(new_project: MakeProject, variables: dict[str, str]) -> Project:
    """Pulled and built, with the names of people."""
    project = new_project()
    project.variables |= variables
    pull(project, SINCE, UNTIL)
    project.run_models()
    return project


@pytest.fixture(scope="module")
def forgotten(plain: Project, new_project: MakeProject) -> Project:
    """The same, and Ann forgotten."""
    project = new_project(plain)
    project.variables |= plain.variables
    assert ANN.encode() in _held(project)
    done = project.loaders("forget", ANN, "--yes")
    assert done.returncode == 0, done.stderr
    return project


def _held(project: Project) -> bytes:
    """Whatever is in the files of the database."""
    files = project.database.parent.glob(f"{project.database.name}*")
    return b"".join(one.read_bytes() for one in files)


def _rows(project: Project) -> dict[str, list[Row]]:
    tables = project.query("select name from sqlite_schema where type = 'table'")
    return {
        row["name"]: project.query(f"select * from {row['name']}")  # noqa: S608
        for row in tables
    }


def _durable(project: Project) -> dict[str, list[Row]]:
    tables = {*project.durable_tables()} - {*LEDGER}
    return {table: project.rows(table) for table in tables}


def _renamed(rows: list[Row], names: dict[str, str]) -> list[str]:
    """Rows with other names, in an order that does not depend on names."""
    text = json.dumps(rows, default=str)
    for name, pseudonym in names.items():
        text = text.replace(name, pseudonym)
    return sorted(map(str, json.loads(text)))


def test_only_names_change_and_nothing_holds_them(
    plain: Project, forgotten: Project
) -> None:
    held = _held(forgotten)
    assert [word for word in WORDS if word.encode() in held] == []
    assert BEN.encode() in held
    [one] = forgotten.query("select pseudonym from raw_forgotten")
    before, after = _rows(plain), _rows(forgotten)
    own = {
        "raw_mongo_users",
        "raw_snapshots",
        "raw_forgotten",
        "raw_naming",
        "dim_user",
        "sqlite_sequence",
    }
    for table in before.keys() - own:
        renamed = _renamed(before[table], {ANN: one["pseudonym"]})
        assert renamed == _renamed(after[table], {}), table
    assert {row["user_id"]: row["display_name"] for row in after["dim_user"]} == {
        BEN: "Benedict Rayner",
        one["pseudonym"]: None,
    }
    for project in (plain, forgotten):
        assert_adds_up(project)
    assert forgotten.query("pragma integrity_check") == [{"integrity_check": "ok"}]
    assert forgotten.query("pragma foreign_key_check") == []


def test_the_next_builds_change_no_row(
    forgotten: Project, new_project: MakeProject
) -> None:
    for arguments in ((), ("--full-refresh",)):
        project = new_project(forgotten)
        project.run_models(*arguments)
        before, after = _durable(forgotten), _durable(project)
        for table, rows in before.items():
            # a refresh is noted, begun and built
            is_noted = arguments and table in ("raw_changes", "raw_builds")
            assert after[table][: -1 if is_noted else None] == rows, table


def test_the_next_pulls_do_not_bring_the_person_back(
    forgotten: Project, new_project: MakeProject
) -> None:
    project = new_project(forgotten)
    project.variables |= forgotten.variables
    pull(project, SINCE, UNTIL)
    changes = "select * from raw_changes"
    assert project.query(changes) == forgotten.query(changes)
    project.run_models()
    before, after = _durable(forgotten), _durable(project)
    for table, rows in before.items():
        assert after[table] == rows, table
    pull(project, UNTIL, LATER)
    project.run_models()
    assert project.query("select * from fact_usage_revision") == []
    old = {(row["scope"], row["ts"], row["name"]): row for row in usage(forgotten)}
    new = {(row["scope"], row["ts"], row["name"]): row for row in usage(project)}
    assert {key: new[key] for key in old} == old
    [one] = project.query("select pseudonym from raw_forgotten")
    assert ("user", iso(UNTIL), one["pseudonym"]) in new
    held = _held(project)
    assert [word for word in WORDS if word.encode() in held] == []


@pytest.fixture(scope="module")
def hidden(new_project: MakeProject, variables: dict[str, str]) -> Project:
    """Pulled and built with pseudonyms."""
    project = new_project()
    project.variables |= variables | {
        "LOADERS_PSEUDONYMISE_USERS": "true",
        "LOADERS_PSEUDONYM_KEY": SECRET,
    }
    pull(project, SINCE, UNTIL)
    project.run_models()
    return project


def test_pseudonyms_give_the_same_figures_and_no_name(
    plain: Project, hidden: Project
) -> None:
    held = _held(hidden)
    assert [word for word in (*HIDDEN, SECRET) if word.encode() in held] == []
    names = {
        row["user_id"]: row["kwh_low"]
        for row in hidden.query("select user_id, kwh_low from v_user_totals")
    }
    assert len(names) == 2 and all(name.startswith("user-") for name in names)
    sums = plain.query("select user_id, kwh_low from v_user_totals")
    mapped = {
        row["user_id"]: next(
            name for name, low in names.items() if low == pytest.approx(row["kwh_low"])
        )
        for row in sums
    }
    assert len({*mapped.values()}) == 2
    renamed = [
        {**row, "name": mapped.get(row["name"], row["name"])} for row in usage(plain)
    ]
    assert not differences(renamed, usage(hidden), KEY)
    groups = "select group_name, user_id from dim_user join dim_group using (group_id)"
    assert _renamed(plain.query(groups), mapped) == _renamed(hidden.query(groups), {})
    places = "select * from map_user_project"
    assert _renamed(plain.query(places), mapped) == _renamed(hidden.query(places), {})


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("LOADERS_PSEUDONYMISE_USERS", "false", "holds pseudonyms: set pseudonymise"),
        ("LOADERS_PSEUDONYM_KEY", "another key, as long", "of another pseudonym_key"),
    ],
)
def test_a_database_goes_on_as_it_began(
    hidden: Project, variable: str, value: str, words: str
) -> None:
    known, before = dict(hidden.variables), hidden.query("select * from raw_pull_runs")
    hidden.variables[variable] = value
    refused = hidden.loaders("pull")
    hidden.variables = known
    assert refused.returncode == 2 and words in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert hidden.query("select * from raw_pull_runs") == before


def test_plain_names_are_not_continued_with_pseudonyms(
    plain: Project, hidden: Project
) -> None:
    known = dict(plain.variables)
    plain.variables = dict(hidden.variables)
    refused = plain.loaders("pull")
    plain.variables = known
    assert refused.returncode == 2
    assert refused.stderr == (
        "loaders: data/usage.db: holds people's plain names: unset"
        " pseudonymise_users, or land in a new file (USAGE_DB)\n"
    )
