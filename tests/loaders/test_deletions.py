"""What `loaders pull` really deletes, as SQLite is asked to allow it."""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loaders.cli import app
from loaders.rows import HALF_HOUR
from tests.loaders.answering import Question, Reply, all_regular, answering
from tests.servers.carbon import CarbonServer, slot
from tests.servers.mongo import MongoServer

DAY = 24 * 3600
WATCHED = {sqlite3.SQLITE_DELETE: "delete"} | {
    getattr(sqlite3, f"SQLITE_DROP_{what}"): "drop"
    for what in ("TABLE", "VIEW", "INDEX", "TRIGGER", "VTABLE")
}
TRIAL = re.compile("t[0-9a-f]{32}")


@pytest.fixture
def deletions(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What any connection deletes or drops from now on, but for temporary tables.

    sqlite-utils makes and drops a table of a random name to learn what SQLite can do.
    """
    seen: set[tuple[str, str]] = set()
    connect = sqlite3.connect

    def noted(
        action: int, name: str | None, _: str | None, of: str | None, *__: Any
    ) -> int:
        is_trial = name == "sqlite_master" or TRIAL.fullmatch(str(name))
        if action in WATCHED and of != "temp" and not is_trial:
            seen.add((WATCHED[action], str(name)))
        return sqlite3.SQLITE_OK

    def watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_authorizer(noted)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    return seen


@pytest.fixture
def values() -> Iterator[dict[str, str]]:
    """The value of each host of a Prometheus that is configured."""
    said = {"a:9100": "1", "b:9100": "1"}

    def reply(question: Question) -> Reply:
        result = [
            {
                "metric": {"instance": host, "mode": "idle", "machine_name": "m"},
                "values": [[int(question.form["end"]), value]],
            }
            for host, value in said.items()
        ]
        return Reply(body=json.dumps({"status": "success", "data": {"result": result}}))

    with pytest.MonkeyPatch.context() as patch, answering(all_regular(reply)) as url:
        patch.setenv("LOADERS_PROMETHEUS__URL", url)
        yield said


def test_a_pull_deletes_nothing_but_old_answers(
    database_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, str],
    carbon: CarbonServer,
    mongo: MongoServer,
    deletions: set[tuple[str, str]],
) -> None:
    """Also when values changed, series and documents vanished, labels were renamed."""
    ended = int(time.time()) // HALF_HOUR * HALF_HOUR
    times = range(ended - 8 * DAY, ended + 3 * DAY, HALF_HOUR)
    carbon.slots.extend(slot(at, forecast=100, actual=110) for at in times)
    mongo.write(
        "ada",
        groups=[{"_id": 1, "name": "g", "gid": 1, "members": ["ada"]}],
        hosts=[{"_id": 1, "hostname": "a", "machine_name": "m"}],
        users=[{"_id": 1, "platform_name": "ada", "name": "Ada"}],
        workspaces=[{"_id": at, "hostname": "a", "owner": "ada"} for at in range(3)],
    )
    monkeypatch.setenv("LOADERS_CARBON_INTENSITY__URL", carbon.url)
    monkeypatch.setenv("LOADERS_MONGO__URI", mongo.uri)
    monkeypatch.setenv("LOADERS_MONGO__DATABASE", "ada")
    monkeypatch.chdir(database_path.parents[1])
    count = rows_of(database_path)
    assert pulled() == 0
    before = count()
    values.pop("b:9100")
    values["a:9100"] = "2"
    carbon.slots[:] = [slot(at, forecast=100, actual=120) for at in times]
    mongo.client["ada"]["workspaces"].delete_many({"_id": {"$gt": 0}})
    assert pulled() == 0
    after = count()
    assert before and all(after[table] >= rows for table, rows in before.items())
    monkeypatch.setenv("LOADERS_PROMETHEUS__LABELS__MACHINE", "kind")
    assert pulled() == 0
    assert deletions == {
        ("delete", "raw_snapshots"),
        ("delete", "raw_prometheus_label_names"),
    }


def pulled() -> int:
    """The exit status of a pull of all that is configured."""
    return CliRunner().invoke(app, ["pull"]).exit_code


def rows_of(path: Path) -> Callable[[], dict[str, int]]:
    """Counts the rows of each table."""

    def count() -> dict[str, int]:
        with closing(sqlite3.connect(path)) as database:
            tables = database.execute(
                "select name from sqlite_schema where name like 'raw_%' and type = ?",
                ("table",),
            ).fetchall()
            return {
                table: database.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608
                for (table,) in tables
            }

    return count
