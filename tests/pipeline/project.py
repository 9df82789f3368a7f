"""The dbt project and the loaders' command in a folder of their own."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from tests.pipeline.standing_dbt import StandingDbt

ROOT = Path(__file__).parents[2]
FOLDERS = ("models", "macros", "seeds", "analyses", "tests")
DATABASE = "data/usage.db"
# a fifth of the time of a build is the log of all it does, and JSON of all it knows
WITHOUT_RECORDS = {"DBT_LOG_LEVEL_FILE": "none", "DBT_WRITE_JSON": "false"}
# a build without these is for a test of its own; unit tests ask no database
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
# the gates and other tests of the whole, not those of each column
WITHOUT_COLUMN_TESTS = ("--exclude", "test_type:generic", *WITHOUT_UNIT_TESTS)
WITHOUT_TESTS = ("--resource-type", "seed", "--resource-type", "model")
Row = dict[str, Any]


class Queried(Protocol):
    """A built database that answers."""

    def query(self, statement: str, *parameters: object) -> list[Row]:
        """Rows of a statement, by column."""

    def rows(self, relation: str) -> list[Row]:
        """All rows of a table or view, in the order of its first columns."""


class Project:
    """A folder in which a user works: `loaders`, `dbt`, one database.

    Every folder has the same relative path of its database, so that dbt reads the
    parsed project of `parsed` (a folder that has `partial_parse.msgpack`) as its own.
    While nothing in it is edited, `standing` builds it.
    """

    def __init__(
        self,
        folder: Path,
        parsed: Path | None = None,
        standing: StandingDbt | None = None,
    ) -> None:
        self.folder = folder
        self.standing = standing
        (folder / "data" / "attached").mkdir(parents=True)
        for name in FOLDERS:
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "dbt_project.yml", folder)
        shutil.copy(ROOT / "profiles.example.yml", folder / "profiles.yml")
        if parsed is not None:
            (folder / "target").mkdir()
            shutil.copy(parsed / "partial_parse.msgpack", folder / "target")
        self.variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LOADERS_", "DBT_"))
        }
        self.variables |= {"USAGE_DB": DATABASE, "DBT_USE_COLORS": "false"}
        self.variables |= WITHOUT_RECORDS

    @property
    def database(self) -> Path:
        """The one file that holds everything."""
        return self.folder / DATABASE

    def copy(self, folder: Path) -> "Project":
        """A project with a database, and a target, that go on from this one's."""
        other = Project(folder, self.folder / "target", self.standing)
        with (
            closing(sqlite3.connect(self.database)) as source,
            closing(sqlite3.connect(other.database)) as target,
        ):
            target.execute("pragma journal_mode = wal")
            source.backup(target)
        return other

    def own(self, name: str) -> Path:
        """Replace the link to a folder of the project by a copy to be edited."""
        path = self.folder / name
        self.standing = None
        path.unlink()
        shutil.copytree(ROOT / name, path)
        return path

    def keep_records(self) -> None:
        """Have dbt write its log, manifest and results, as it does for users."""
        self.standing = None
        for name in WITHOUT_RECORDS:
            del self.variables[name]

    def loaders(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the loaders' command."""
        return self._run("loaders", *arguments)

    def dbt(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run dbt."""
        return self._run("dbt", *arguments)

    def kill_after(self, model: str, *arguments: str) -> None:
        """Run dbt until a model is finished, and kill it then."""
        module = ("-m", "tests.pipeline.killed_dbt", model)
        killed = subprocess.run(
            [sys.executable, *module, *arguments],
            cwd=self.folder,
            env={**self.variables, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=300,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stdout[-3000:]

    def run_models(self, *arguments: str) -> None:
        """Build seeds and models without their tests; once built, the views stay."""
        if self._has_models():
            arguments = ("--exclude", "config.materialized:view", *arguments)
        self.succeed("build", *WITHOUT_TESTS, *arguments)

    def succeed(self, *arguments: str) -> str:
        """Run dbt, which must succeed; returns what it said."""
        if self.standing is not None:
            return self.standing.succeed(self.folder, arguments)
        done = self.dbt(*arguments)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    def query(self, statement: str, *parameters: object) -> list[Row]:
        """Rows of a statement, by column."""
        with closing(sqlite3.connect(self.database, timeout=60)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(statement, parameters)]

    def rows(self, relation: str) -> list[Row]:
        """All rows of a table or view, in the order of its first columns."""
        return self.query(f"select * from {relation} order by 1, 2")  # noqa: S608

    def execute(self, statement: str, *parameters: object) -> None:
        """Change the database by hand, with foreign keys on."""
        with closing(sqlite3.connect(self.database, timeout=60)) as database, database:
            database.execute("pragma foreign_keys = on")
            database.execute(statement, parameters)

    def durable_tables(self) -> list[str]:
        """Tables whose rows last: those with columns that were declared."""
        found = self.query(
            "select name from sqlite_schema where type = 'table'"
            " and sql like '%strict%' order by name"
        )
        return [row["name"] for row in found]

    def _has_models(self) -> bool:
        found = "select 1 from sqlite_schema where name = 'v_group_totals'"
        return bool(self.query(found))

    def _run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=300,
        )
