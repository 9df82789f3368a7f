"""The SQL that dbt runs for each unit test, and whether a change of it is noticed."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.marks import mark_macros
from tests.pipeline.landed_fleet import landing
from tests.pipeline.project import Project

BEGIN, END = "from (", ") _dbt_internal_unit_test_actual"
# SQLite asks after so many of its steps whether to go on
STEPS, PATIENCE = 10_000, 200


@dataclass(frozen=True)
class UnitTest:
    """A unit test of a model: dbt's SQL in three, in the midst the model's SELECT."""

    name: str
    model: str
    before: str
    select: str
    after: str


def unit_tests(folder: Path) -> tuple[Path, list[UnitTest]]:
    """Let dbt run all unit tests in a copy of the project, its macros marked.

    Returns the database in which they ran, and the tests.
    """
    project = Project(folder)
    project.keep_records()
    mark_macros(project.own("macros"))
    with landing(project.database) as land:
        land.labels()
    project.succeed("build", "--exclude-resource-type", "test")
    target = folder / "target"
    manifest = json.loads((target / "manifest.json").read_text())
    ran = {path.stem: path for path in target.glob("run/**/*.yml/**/*.sql")}
    return project.database, [
        _unit_test(one["name"], one["model"], ran[one["name"]].read_text())
        for one in manifest["unit_tests"].values()
    ]


def _unit_test(name: str, model: str, sql: str) -> UnitTest:
    begin, end = sql.index(BEGIN) + len(BEGIN), sql.rindex(END)
    return UnitTest(name, model, sql[:begin], sql[begin:end], sql[end:])


class Judge:
    """Runs unit tests in a database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        database.set_progress_handler(self._tire, STEPS)
        self._asked = 0

    def notices(self, test: UnitTest, select: str) -> bool | None:
        """Whether the test fails on a SELECT; None when that is no valid SQL.

        One that does not come to an end fails.
        """
        self._asked = 0
        try:
            rows = self.database.execute(test.before + select + test.after).fetchall()
        except sqlite3.OperationalError as error:
            return True if str(error) == "interrupted" else None
        actual = Counter(row[:-1] for row in rows if row[-1] == "actual")
        expected = Counter(row[:-1] for row in rows if row[-1] == "expected")
        return actual != expected

    def _tire(self) -> bool:
        self._asked += 1
        return self._asked > PATIENCE


@contextmanager
def judge(database: Path) -> Iterator[Judge]:
    """A judge that only reads a database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        yield Judge(connection)
