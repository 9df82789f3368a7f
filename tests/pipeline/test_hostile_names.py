"""Names that are code, markup, broken or huge: from real servers to the views."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from loaders.texts import LONGEST, LONGEST_MESSAGE, landable
from tests.loaders.answering import Question, Reply, answering
from tests.pipeline.conftest import MakeProject, Servers, assert_unwarned, pull
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import assert_adds_up
from tests.pipeline.project import WITHOUT_COLUMN_TESTS, Project
from tests.pipeline.small_fleet import at
from tests.servers.carbon import slot
from tests.servers.prometheus import openmetrics, prometheus_from

SINCE, UNTIL = at("10 18:00"), at("10 21:00")
DATABASE = "hostile"
NAMES = [
    "'; drop table fact_usage; --",
    '"double" \\ back `tick` $x {{ 1 }} {% raw %}',
    "<script>alert('x')</script>&amp;",
    "e\u0301cole \u202eright to left\u202c \u0627\u0644\u0639",
    "線\U0001f600\u200b\ufeff",
    "two\nlines\tand a tab\x1b[2J",
    "%s %d ? :name @param",
    "[bold]rich[/bold]",
    "null",
    "x" * 1_000_000,
    "x" * 1_000_001,
]
# at signs are e-mail addresses to landing
LANDED = {landable(name) for name in NAMES if "@" not in name}


def _id(name: str) -> str:
    """Short enough for an index of Mongo."""
    return f"{len(name)} {name[:99]}"


@pytest.fixture(scope="module")
def hostile(new_project: MakeProject, servers: Servers) -> Iterator[Project]:
    """Projects, machines, users, groups and members with such names, all built."""
    machines = [
        Machine(
            f"10.0.1.{number}:9100",
            [Life(at("01 05:13"), at("20 00:00"), 1, Load(0.5, 0.3, 9_000 + number))],
            [
                (
                    0,
                    {
                        "cloud_project_name": name,
                        "machine_name": name,
                        **({"user": name} if number % 2 else {}),
                    },
                )
            ],
        )
        for number, name in enumerate(NAMES)
    ]
    owned = datetime.fromtimestamp(at("02 00:00"), UTC)
    names = [*NAMES, "nul\0in it"]
    servers.mongo.write(
        DATABASE,
        workspaces=[
            {
                "_id": f"w{number}",
                "hostname": f"10.0.1.{number}",
                "owner": name,
                "tag": name[:99],
                "state": name[:99],
                "acquired_time": owned,
                "parameters": {"users": [name, "ann"]},
            }
            for number, name in enumerate(names)
        ],
        users=[
            {"_id": _id(name), "platform_name": name, "name": name, "gid": _id(name)}
            for name in names
        ],
        groups=[
            {"_id": _id(name), "name": name, "gid": _id(name), "members": [name]}
            for name in names
        ],
        hosts=[
            {
                "_id": _id(name),
                "hostname": name,
                "cloud_project_name": name[:99],
                "machine_name": name[:99],
            }
            for name in names
        ],
    )
    known = list(servers.carbon.slots)
    servers.carbon.slots[:] = [
        slot(one, forecast=200.0, actual=190.0)
        for one in slots(at("10 00:00"), at("12 00:00"))
    ]
    project = new_project()
    lines = openmetrics(
        one for machine in machines for one in machine.scraped(SINCE, UNTIL)
    )
    with prometheus_from(lines) as url:
        project.variables |= {
            "LOADERS_PROMETHEUS__URL": url,
            "LOADERS_PROMETHEUS__LABELS__USER": "user",
            "LOADERS_CARBON_INTENSITY__URL": servers.carbon.url,
            "LOADERS_MONGO__URI": servers.mongo.uri,
            "LOADERS_MONGO__DATABASE": DATABASE,
        }
        pull(project, SINCE, UNTIL)
        assert_unwarned(project.succeed("build", *WITHOUT_COLUMN_TESTS))
        yield project
    servers.carbon.slots[:] = known


def _names(project: Project, column: str, view: str) -> set[object]:
    return {row[column] for row in project.query(f"select {column} from {view}")}  # noqa: S608


def test_the_views_show_every_name_as_it_is(hostile: Project) -> None:
    projects = _names(hostile, "cloud_project_name", "v_project_totals")
    machines = _names(hostile, "machine_name", "v_machine_totals")
    users = _names(hostile, "user_id", "v_user_totals")
    groups = _names(hostile, "group_name", "v_group_totals")
    assert projects - {"(unlabelled)"} == machines - {"(unlabelled)"} == LANDED
    assert users - {"ann"} == LANDED
    assert groups == LANDED
    assert_adds_up(hostile)


# answers as they came, and what the ledger says of them
AS_ANSWERED = ("raw_snapshots", "stg_ai_usage__snapshots", "stg_loaders")


def test_every_view_and_table_can_be_read(hostile: Project) -> None:
    relations = hostile.query(
        "select name from sqlite_schema where type in ('view', 'table')"
    )
    for row in relations:
        for one in hostile.query(f"select * from {row['name']}"):  # noqa: S608
            texts = [value for value in one.values() if isinstance(value, str)]
            if not row["name"].startswith(AS_ANSWERED):
                assert all(len(text) < 12 * LONGEST for text in texts), row["name"]
                assert not any("\0" in text for text in texts), row["name"]
    assert hostile.query("pragma integrity_check") == [{"integrity_check": "ok"}]
    assert hostile.query("pragma foreign_key_check") == []


def test_messages_are_short_and_say_what_was_changed(hostile: Project) -> None:
    messages = [
        row["message"]
        for table in ("raw_pull_runs", "raw_pull_windows")
        for row in hostile.query(f"select message from {table}")  # noqa: S608
        if row["message"]
    ]
    assert all(len(one) < LONGEST_MESSAGE + 100 for one in messages)
    assert all(one.isprintable() and "@" not in one for one in messages)
    said = " ".join(messages)
    assert "owner looks like an e-mail address, not landed" in said
    assert f"owner has NUL or over {LONGEST} characters, landed changed" in said


def test_a_pull_again_says_it_in_short_lines_and_changes_nothing(
    hostile: Project,
) -> None:
    changes = hostile.rows("raw_changes")
    again = hostile.loaders(
        "pull", "--since", "2025-09-10T18:00Z", "--until", "2025-09-10T21:00Z"
    )
    assert again.returncode == 0, again.stderr
    assert all(len(line) < 3 * LONGEST for line in again.stderr.splitlines())
    assert hostile.rows("raw_changes") == changes


def test_the_summary_is_shown(hostile: Project) -> None:
    shown = hostile.loaders("summary")
    assert shown.returncode == 0, shown.stderr
    assert "\x1b" not in shown.stdout and "[bold]rich[/bold]" in shown.stdout
    assert "\x1b" not in hostile.loaders("status").stdout


@pytest.mark.parametrize("name", [NAMES[0], NAMES[3], landable(NAMES[-1])])
def test_a_hostile_name_is_forgotten(
    hostile: Project, new_project: MakeProject, name: str
) -> None:
    project = new_project(hostile)
    done = project.loaders("forget", "--yes", "--", name)
    assert done.returncode == 0, done.stderr
    assert name not in _names(project, "user_id", "v_user_totals")
    assert name in _names(project, "cloud_project_name", "v_project_totals")


BODIES = [
    '{"owner": "\\ud800", "instance": "h"}',
    '{"owner": "\\u0000", "instance": "h"}',
    '{"\\udfff": "x", "instance": "h"}',
    '{"owner": "x", "instance": "\\ud800"}',
]


@pytest.mark.parametrize("labels", BODIES)
def test_what_no_real_server_says_leaves_no_traceback(
    new_project: MakeProject, labels: str
) -> None:
    def reply(question: Question) -> Reply:
        value = json.dumps([[SINCE, "1"], [SINCE + 1800, "2"]])
        body = (
            '{"status": "success", "data": {"resultType": "matrix", "result":'
            f' [{{"metric": {labels}, "values": {value}}}]}}}}'
        )
        return Reply(body=body)

    project = new_project()
    with answering(reply) as url:
        project.variables["LOADERS_PROMETHEUS__URL"] = url
        pulled = project.loaders(
            "pull", "--since", "2025-09-10T18:00Z", "--until", "2025-09-10T19:00Z"
        )
    assert pulled.returncode in (0, 1)
    assert "Traceback" not in pulled.stderr
    assert project.query("pragma integrity_check") == [{"integrity_check": "ok"}]
