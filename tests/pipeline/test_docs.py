"""What the docs say is so in a database that was built."""

import json
import re

from tests.pipeline.conftest import MakeProject, assert_unwarned
from tests.pipeline.project import ROOT, Project

ERD = ROOT / "docs" / "erd.mmd"
GUIDE = ROOT / "models" / "README.md"
FILE = re.compile(r"`(models/reports/mine/\S+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
TABLE = re.compile(r"^    (\w+) {\n(.*?)^    }$", re.DOTALL | re.MULTILINE)
REFERENCE = re.compile(r'^    (\w+) (\|[|o])--o{ (\w+) : "(\w+)"$', re.MULTILINE)


def test_the_erd_is_that_of_the_models(small: Project) -> None:
    printed = small.succeed("--quiet", "run-operation", "erd")
    assert ERD.read_text() == printed, "docs/erd.mmd is behind the models: make docs"


def test_the_erd_has_the_tables_of_the_database(small: Project) -> None:
    drawn = {
        table: [line.split(maxsplit=2) for line in body.splitlines()]
        for table, body in TABLE.findall(ERD.read_text())
    }
    for table, lines in drawn.items():
        built = small.query("select * from pragma_table_info(?) order by cid", table)
        assert [line[:2] for line in lines] == [
            [column["type"], column["name"]] for column in built
        ]
        assert {line[1] for line in lines if "PK" in line[-1]} == {
            column["name"] for column in built if column["pk"]
        }
        assert {line[1] for line in lines if "UK" in line[-1]} == {
            row["name"]
            for row in small.query(
                "select i.name from pragma_index_list(?) as l"
                " join pragma_index_info(l.name) as i where l.origin = 'u'",
                table,
            )
        }


def test_the_erd_has_the_foreign_keys_of_the_database(small: Project) -> None:
    text = ERD.read_text()
    tables = [table for table, _ in TABLE.findall(text)]
    built = set()
    for table in tables:
        required = {
            column["name"]
            for column in small.query(
                'select name from pragma_table_info(?) where "notnull" = 1', table
            )
        }
        for key in small.query("select * from pragma_foreign_key_list(?)", table):
            one = "||" if key["from"] in required else "|o"
            built.add((key["table"], one, table, key["from"]))
    assert set(REFERENCE.findall(text)) == built


def test_a_report_is_added_as_the_guide_says(
    new_project: MakeProject, small: Project
) -> None:
    project = new_project(small)
    project.keep_records()
    project.own("models")
    files = FILE.findall(GUIDE.read_text())
    assert len(files) == 2
    for path, content in files:
        (project.folder / path).parent.mkdir(exist_ok=True)
        (project.folder / path).write_text(content)
    said = project.succeed("build", "--select", "v_busy_days")
    assert_unwarned(said)
    assert "busy_energy_of_a_day_is_the_sum_of_its_hours" in said
    listed = project.loaders("report", "--list").stdout
    assert "v_busy_days\tOne row per project and day in UTC with usage." in listed
    shown = project.loaders("report", "v_busy_days", "--format", "json")
    days = {(row["cloud_project_name"], row["day"]) for row in json.loads(shown.stdout)}
    facts = project.query("select cloud_project_name, ts from v_project_timeseries")
    assert days == {(row["cloud_project_name"], row["ts"][:10]) for row in facts}
    project.succeed("docs", "generate", "--static")
    page = (project.folder / "target" / "static_index.html").read_text()
    assert "Energy of the busy CPU seconds." in page
