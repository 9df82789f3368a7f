"""`loaders publish`: whole, of one instant, without raw rows and, if asked, names."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.disguise import Disguise
from loaders.forgetting import BEARING, TEXT
from loaders.pseudonyms import Names
from loaders.publishable import layout_of
from loaders.publishing import publish
from tests.web.conftest import ROOT

KEY = "0123456789abcdef-a-key"
KILLED = """
import os, signal
from pathlib import Path
from loaders import publishing
from loaders.disguise import Disguise
from loaders.publishable import layout_of
publishing.problems = lambda copy: os.kill(os.getpid(), signal.SIGKILL)
publishing.publish(Path({database!r}), Path({target!r}), layout_of(Path()),
                   Disguise("names"))
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "published" / "ada.db"


@pytest.fixture
def database(simulated: Path, tmp_path: Path) -> Path:
    """A copy of the built database, to be written to."""
    copy = tmp_path / "usage.db"
    with (
        closing(sqlite3.connect(simulated)) as source,
        closing(sqlite3.connect(copy)) as other,
    ):
        source.backup(other)
        other.execute("pragma journal_mode = wal")
    return copy


def command(database: Path, *arguments: object) -> Result:
    options = ("--db", str(database), "--project", str(ROOT))
    return CliRunner().invoke(app, ["publish", *map(str, arguments), *options])


def one(path: Path, query: str) -> Any:
    return column(path, query)[0]


def column(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(query)]


def columns_of(path: Path, relation: str) -> list[str]:
    return column(path, f"select name from pragma_table_info('{relation}')")  # noqa: S608


def rows(path: Path, relation: str, columns: list[str], where: str = "") -> list[str]:
    listed = ", ".join(f'"{name}"' for name in columns)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(f"select {listed} from {relation} {where}")  # noqa: S608
        return sorted(map(repr, found))


def relations(path: Path) -> list[str]:
    return column(
        path,
        "select name from sqlite_schema where type in ('table', 'view')"
        " and name not like 'sqlite_%' order by name",
    )


def holds(path: Path, texts: list[str]) -> list[str]:
    """Which of the texts are anywhere in the bytes of a file."""
    content = path.read_bytes()
    return [text for text in texts if text.encode() in content]


def test_it_has_marts_and_reports_and_nothing_raw(
    published: Path, simulated: Path
) -> None:
    names = set(relations(published))
    assert names == layout_of(ROOT).relations | {"publication"}
    assert not [name for name in names if name.startswith(("raw_", "stg_", "int_"))]
    for name in names - {"publication"}:
        columns = columns_of(published, name)
        assert columns == columns_of(simulated, name)
    # what views say is compared through the API, in test_api
    for name in column(
        published, "select name from sqlite_schema where type = 'table'"
    ):
        if name in names - {"publication"}:
            columns = columns_of(published, name)
            assert rows(published, name, columns) == rows(simulated, name, columns)
    labels = column(simulated, "select labels from raw_prometheus_series")
    assert labels and not holds(published, labels)
    assert one(published, "select is_simulated from publication") == 1
    assert one(published, "select users from publication") == "names"
    assert one(published, "pragma integrity_check") == "ok"


def test_tables_keep_their_keys_and_get_indexes(published: Path) -> None:
    assert columns_of(published, "fact_usage")
    sql = one(published, "select sql from sqlite_schema where name = 'fact_usage'")
    assert "references dim_project (project_id)" in sql and "strict" in sql
    indexes = column(published, "select name from sqlite_schema where type = 'index'")
    assert {"idx_fact_usage_grain", "idx_published_v_usage_history_0"} <= set(indexes)
    kinds = "select type from sqlite_schema where name = '{}'"
    assert one(published, kinds.format("v_usage_history")) == "table"
    assert one(published, kinds.format("v_project_timeseries")) == "view"


def test_without_users_nobody_is_in_it(database: Path, target: Path) -> None:
    own = "isis-muon"
    people = column(database, "select user_id from dim_user")
    with closing(sqlite3.connect(database)) as connection, connection:
        # a Unix group of one's own bears one's name
        connection.execute(
            "update dim_group set group_name = ? where group_name = ?", (people[0], own)
        )
        connection.execute(
            "update dim_group set group_name = ? where group_id ="
            " (select max(group_id) from dim_group where group_name <> ?)",
            (people[0].upper(), people[0]),
        )
        # a provider may say whose the key is
        connection.execute(
            "update raw_snapshots set raw_json = json_object('login', ?)", (people[0],)
        )
    done = command(database, target, "--without-users")
    assert done.exit_code == 0, done.output
    shown = column(database, "select display_name from dim_user")
    told = [name for name in (*people, *shown) if name]
    assert len(people) > 10 and not holds(target, told)
    assert one(target, "select users from publication") == "none"
    names = relations(target)
    assert "v_user_totals" not in names and "active_workspace" not in names
    assert "v_workspace_timeseries" not in names
    assert column(target, "select raw_json from fact_provider_answer")
    assert {"v_group_totals", "v_group_timeseries", "v_usage_history"} <= set(names)
    for name in set(names) - {"publication", "dim_user"}:
        columns = columns_of(target, name)
        where = "where scope <> 'user'" if "scope" in columns else ""
        kept = [
            one
            for one in columns
            if not BEARING.fullmatch(one)
            and not TEXT.fullmatch(one)
            and one not in ("scope_name", "raw_label")
        ]
        assert rows(target, name, kept) == rows(database, name, kept, where), name
    assert rows(target, "dim_user", ["user_id"]) == []


def test_pseudonyms_are_those_of_landing(
    database: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = command(database, target, "--pseudonyms")
    assert refused.exit_code == 2 and "LOADERS_PSEUDONYM_KEY" in refused.output
    assert not target.exists()
    monkeypatch.setenv("LOADERS_PSEUDONYM_KEY", KEY)
    assert command(database, target, "--pseudonyms").exit_code == 0
    people = column(database, "select user_id from dim_user")
    shown = column(database, "select display_name from dim_user")
    assert not holds(target, [name for name in (*people, *shown) if name])
    assert KEY.encode() not in target.read_bytes()
    landed = Names(KEY.encode()).of
    renamed = dict(zip(people, map(landed, people), strict=True))
    assert set(column(target, "select user_id from dim_user")) == set(renamed.values())
    for person in people[:5]:
        query = "select busy_kwh, idle_kwh, covered_kwh from v_user_totals"
        query += " where user_id = '{}'"
        with (
            closing(sqlite3.connect(database)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            wanted = source.execute(query.format(person)).fetchall()
            assert copy.execute(query.format(renamed[person])).fetchall() == wanted
    scoped = "select scope_name from v_usage_history where scope = 'user'"
    assert set(column(target, scoped)) <= set(renamed.values())


def test_what_landed_as_pseudonyms_is_not_renamed(database: Path, target: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "insert into raw_naming (naming_id, key_check, salt) values (1, 'x', x'00')"
            " on conflict do update set key_check = 'x'"
        )
    assert command(database, target, "--pseudonyms").exit_code == 0
    assert one(target, "select users from publication") == "pseudonyms"
    query = "select user_id from dim_user order by user_id"
    assert column(target, query) == column(database, query)


def test_it_is_its_owners_alone_or_the_groups(database: Path, target: Path) -> None:
    old_mask = os.umask(0o077)
    try:
        for options, mode in ((("--group-readable",), 0o640), ((), 0o600)):
            assert command(database, target, *options).exit_code == 0
            assert stat.S_IMODE(target.stat().st_mode) == mode
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o750
    assert {file.name for file in target.parent.iterdir()} == {"ada.db", "ada.db.lock"}


def test_a_copy_that_tells_less_of_people_is_not_replaced_by_one_that_tells_more(
    database: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADERS_PSEUDONYM_KEY", KEY)
    editions = {"names": (), "pseudonyms": ("--pseudonyms",)}
    for users, options in (*editions.items(), ("none", ("--without-users",))):
        for _ in range(2):
            assert command(database, target, *options).exit_code == 0
            assert one(target, "select users from publication") == users
    before = target.read_bytes()
    for options in editions.values():
        refused = command(database, target, *options)
        assert refused.exit_code == 1 and refused.output.count("\n") == 1
        assert (
            f"{target} was published with --without-users: publish so again, or"
            f" remove {target} first" in refused.output
        )
    assert target.read_bytes() == before
    target.unlink()
    assert command(database, target).exit_code == 0


@pytest.mark.parametrize("content", ["", "a file of somebody's"])
def test_what_was_not_published_is_not_replaced(
    database: Path, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(content)
    refused = command(database, file)
    assert refused.exit_code == 1 and refused.output.count("\n") == 1
    assert f"{file} was not published: remove {file} first" in refused.output
    assert file.read_text() == content


def test_who_is_forgotten_is_told_of_it(database: Path, target: Path) -> None:
    assert command(database, target).exit_code == 0
    noted = column(database, "select backup_path from raw_backups")
    assert noted == [str(target)]


def test_a_kill_leaves_what_was_there(database: Path, target: Path) -> None:
    assert command(database, target).exit_code == 0
    before = target.read_bytes()
    code = KILLED.format(database=str(database), target=str(target))
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == before
    assert (target.parent / ".ada.db.part").exists()
    assert command(database, target).exit_code == 0
    assert not (target.parent / ".ada.db.part").exists()


@pytest.fixture
def restless(database: Path) -> Iterator[Path]:
    """The database while one transaction after the other changes two tables alike."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in ("fact_usage", "fact_unattributed"):
            connection.execute(f"update {table} set kwh_low = 0")  # noqa: S608
    is_over = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            while not is_over.is_set():
                with connection:
                    for table in ("fact_usage", "fact_unattributed"):
                        connection.execute(
                            f"update {table} set kwh_low = kwh_low + 1"  # noqa: S608
                        )

    thread = threading.Thread(target=write)
    thread.start()
    yield database
    is_over.set()
    thread.join()


def test_it_is_of_one_instant(restless: Path, target: Path) -> None:
    seen = set()
    target.parent.mkdir()
    for _ in range(5):
        publish(restless, target, layout_of(ROOT), Disguise("names"))
        low = "select min(kwh_low) from {0} union select max(kwh_low) from {0}"
        [both] = column(target, low.format("fact_usage"))
        assert column(target, low.format("fact_unattributed")) == [both]
        seen.add(both)
    assert len(seen) > 1


def test_what_cannot_be_published_is_said_in_a_line(
    database: Path, target: Path, tmp_path: Path
) -> None:
    def said(*arguments: object, db: Path = database) -> tuple[int, str]:
        done = command(db, *arguments)
        assert done.output.count("\n") == 1, done.output
        return done.exit_code, done.output

    assert said(target, "--pseudonyms", "--without-users")[0] == 2
    assert said(database) == (
        2,
        f"loaders: {database}: is a folder or the database itself: name another\n",
    )
    missing = tmp_path / "none.db"
    assert said(target, db=missing)[0] == 1 and not missing.exists()
    missing.touch()
    for options in ((), ("--without-users",)):
        code, line = said(target, *options, db=missing)
        assert code == 1 and "nothing has landed in it yet: loaders pull" in line
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("drop view v_user_averages")
    code, line = said(target)
    assert code == 1 and "v_user_averages is not built yet: dbt build" in line
    with FileLock(f"{database}.lock"):
        os.environ["LOADERS_PULL__LOCK_WAIT_SECONDS"] = "0"
        try:
            assert said(target)[0] == 75
        finally:
            del os.environ["LOADERS_PULL__LOCK_WAIT_SECONDS"]
    assert not target.exists()


def test_settings_that_do_not_fit_are_refused(database: Path, target: Path) -> None:
    project = target.parent.parent / "project"
    shutil.copytree(ROOT / "models", project / "models")
    (project / "web").mkdir()
    settings = project / "web" / "published.yml"
    for text, said in (
        ("written_out: [v_nothing]", "v_nothing is neither a mart nor a report"),
        ("write_out: []", "knows indexes and written_out"),
        ("written_out: [", "is not YAML"),
    ):
        settings.write_text(text)
        arguments = ["publish", str(target), "--db", str(database)]
        done = CliRunner().invoke(app, [*arguments, "--project", str(project)])
        assert done.exit_code == 2 and said in done.output, done.output
    assert json.dumps(str(settings))[1:-1] in done.output
