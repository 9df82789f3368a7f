"""The command `forget` on landed rows; what dbt makes of them is in tests/pipeline."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.forgetting import forget_person
from loaders.landing import (
    Group,
    Sample,
    Series,
    User,
    Window,
    Workspace,
    finish_run,
    land_documents,
    land_label_names,
    land_samples,
    open_database,
    start_run,
)
from loaders.lock import writing
from loaders.naming import landed_names, settled_names
from loaders.people import people_of
from loaders.pseudonyms import Names
from loaders.rows import Collection, Document
from loaders.settings import Labels, Settings

ANN, NAME, ID = "ann.lee", "Annabel Leeds", "64f1c2a7b5e3d9f0a1b2c3d4"
WORDS = (ANN.encode(), b"Annabel", ID.encode(), b"40123")
LABELS = Labels(user="owner")
KEY = "sixteen bytes or more"
COUNTED = (
    "select sum(value), count(*) from raw_prometheus_samples",
    "select count(*), sum(length(hostname)) from raw_mongo_workspaces",
)


def labels(**values: str) -> str:
    return json.dumps({"instance": "10.0.0.1:9100", **values}, sort_keys=True)


def workspace(
    document_id: str, hostname: str, owner: str, users: list[str]
) -> Workspace:
    return Workspace(
        document_id=document_id,
        hostname=hostname,
        owner=owner,
        state=None,
        tag=None,
        created_time=None,
        acquired_time=60,
        deleted_time=None,
        users=json.dumps(users, ensure_ascii=False),
    )


def documents() -> dict[Collection, list[Document]]:
    return {
        "workspaces": [
            workspace("w1", "10.0.0.1", ANN, ["bob", ANN]),
            workspace("w2", "ann.lee-vm", "bob", []),
        ],
        "users": [
            User(document_id=ID, platform_name=ANN, name=NAME, uid="40123", gid="7"),
            User(document_id="2", platform_name="bob", name="Bo", uid="4", gid="7"),
        ],
        "groups": [
            Group(
                document_id="g1",
                name="physics",
                gid="7",
                type=None,
                members=json.dumps([ANN, "ann.lee2", "bob"]),
            ),
            Group(
                document_id=ANN, name=ANN, gid="8", type=None, members=json.dumps([ANN])
            ),
        ],
    }


def pull(database: sqlite3.Connection, names: Names) -> None:
    """Land as a pull does, of sources that go on naming Ann."""
    land_label_names(database, LABELS.model_dump())
    run_id = start_run(database, "prometheus", Window(0, 1800))
    samples = []
    for owner, label in ((ANN, "x"), ("bob", ANN)):
        found = names.labels(json.loads(labels(owner=owner, label=label)), LABELS)
        series = Series("cores", "", json.dumps(found, sort_keys=True))
        samples.append(Sample(series, 1800, 4.0))
    land_samples(database, run_id, Window(0, 1800), samples)
    finish_run(database, run_id, "done")
    run_id = start_run(database, "mongo", None)
    for collection, rows in documents().items():
        landed = [names.document(collection, row) for row in rows]
        land_documents(database, run_id, collection, landed, complete=True)
    finish_run(database, run_id, "done")


def dump(database: sqlite3.Connection) -> dict[str, list[Any]]:
    """Rows of all raw tables but the ledger, without when they were landed."""
    tables = database.execute(
        "select name from sqlite_schema where type = 'table' and name like 'raw_%'"
        " and name not like 'raw_pull%' and name <> 'raw_naming'"
    )
    return {
        table: sorted(
            map(str, database.execute(f"select * from {table}")),  # noqa: S608
        )
        for (table,) in tables.fetchall()
    }


def loaders(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def held(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


@pytest.fixture
def landed(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(database_path.parent.parent)
    with closing(open_database(database_path)) as database:
        database.execute("pragma secure_delete = off")
        pull(database, landed_names(database))
        run_id = start_run(database, "mongo", None)
        finish_run(database, run_id, "failed", f"{ANN} ({NAME}), ann.lee2: see {ID}.")
        # what free pages hold is none of any table's rows
        database.execute("create table old (note text)")
        database.executemany("insert into old values (?)", [(ANN * 400,)] * 50)
        database.execute("drop table old")
    assert all(word in held(database_path) for word in WORDS)
    return database_path


def test_without_yes_it_says_what_it_would_do(landed: Path) -> None:
    with closing(open_database(landed)) as database:
        before = dump(database)
    said = loaders("forget", ANN)
    assert said.exit_code == 2
    assert said.stderr == (
        "loaders: would replace ann.lee in raw_mongo_groups (4), raw_mongo_users (1),"
        " raw_mongo_workspaces (2), raw_prometheus_series (2), raw_pull_runs (1);"
        " to do it, add --yes\n"
    )
    with closing(open_database(landed)) as database:
        assert dump(database) == before


@pytest.mark.parametrize("user", ["nobody", "ann", "10.0.0.1", "mongo", "", "x\ny"])
def test_who_is_not_there_cannot_be_forgotten(landed: Path, user: str) -> None:
    before = _everything(landed)
    said = loaders("forget", user, "--yes")
    assert said.exit_code == 1 and said.stderr.count("\n") == 1
    assert "names nobody" in said.stderr
    assert _everything(landed) == before


def test_pages_that_an_earlier_one_left_are_wiped(landed: Path) -> None:
    with closing(sqlite3.connect(landed)) as database:
        database.execute("create table raw_left (name text) strict")
        database.execute("insert into raw_left values ('name that was left')")
        database.commit()
        database.execute("pragma secure_delete = off")
        database.execute("drop table raw_left")
        database.commit()
    assert b"name that was left" in held(landed)
    loaders("forget", "nobody", "--yes")
    assert b"name that was left" not in held(landed)


def _everything(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def test_without_a_database_nothing_is_made(database_path: Path) -> None:
    said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 1 and "no database" in said.stderr
    assert not database_path.exists()


def test_a_person_is_forgotten_everywhere_and_stays_so(landed: Path) -> None:
    with closing(open_database(landed)) as database:
        sums = [database.execute(statement).fetchall() for statement in COUNTED]
    said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 0, said.output
    rest = held(landed).replace(b"ann.lee-vm", b"").replace(b"ann.lee2", b"")
    for word in WORDS:
        assert word not in rest
    with closing(open_database(landed)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert [database.execute(one).fetchall() for one in COUNTED] == sums
        before = dump(database)
        [pseudonym] = database.execute("select pseudonym from raw_forgotten").fetchone()
        found = "\n".join(map(str, before.values()))
        assert f'"owner": "{pseudonym}"' in found and f'["bob", "{pseudonym}"]' in found
        assert f'"label": "{pseudonym}"' in found and "ann.lee2" in found
        [message] = database.execute(
            "select message from raw_pull_runs where state = 'failed'"
        ).fetchone()
        assert message == f"{pseudonym} ({pseudonym}), ann.lee2: see {pseudonym}."
        for names in (landed_names(database), settled_names(database, Settings())):
            pull(database, names)
            assert dump(database) == before


def test_pseudonyms_are_forgotten_by_either_name(
    landed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADERS_PSEUDONYMISE_USERS", "true")
    monkeypatch.setenv("LOADERS_PSEUDONYM_KEY", KEY)
    keyed = Settings.model_validate({"pseudonymise_users": True, "pseudonym_key": KEY})
    path = landed.with_name("other.db")
    with closing(open_database(path)) as database:
        names = settled_names(database, keyed)
        pull(database, names)
        ann, bob = names.of(ANN), names.of("bob")
    assert ANN.encode() + b'"' not in held(path).replace(b'"label": "ann.lee"', b"")
    for user in (ANN, bob):
        said = loaders("forget", user, "--yes", "--db", str(path))
        assert said.exit_code == 0, said.output
    assert ann.encode() not in held(path) and bob.encode() not in held(path)
    with closing(open_database(path)) as database:
        before = dump(database)
        pull(database, settled_names(database, keyed))
        assert dump(database) == before


def test_who_is_forgotten_is_not_forgotten_again(landed: Path) -> None:
    assert loaders("forget", ANN, "--yes").exit_code == 0
    assert loaders("forget", ANN, "--yes").exit_code == 1
    with closing(open_database(landed)) as database:
        before = dump(database)
        [pseudonym] = database.execute("select pseudonym from raw_forgotten").fetchone()
    said = loaders("forget", pseudonym, "--yes")
    assert said.exit_code == 1
    assert said.stderr == (
        f"loaders: {pseudonym} is the pseudonym of one who is forgotten\n"
    )
    with closing(open_database(landed)) as database:
        assert dump(database) == before


def test_it_waits_for_a_pull_and_leaves_it_alone(
    landed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADERS_PULL__LOCK_WAIT_SECONDS", "0")
    with writing(landed, 0):
        said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 75 and said.stderr.count("\n") == 1
    assert ANN.encode() in held(landed)


def test_copies_beside_it_are_named(landed: Path) -> None:
    copy = landed.with_name("usage.db.before-prune-2025-09-01.db")
    copy.write_bytes(landed.read_bytes())
    said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 0
    assert said.stderr == f"loaders: {copy} may still name ann.lee: delete it\n"


def test_what_was_published_and_what_providers_told_forget_too(landed: Path) -> None:
    told = json.dumps({"data": {"label": f"of {ANN}"}, "limit": 5})
    with closing(open_database(landed)) as database:
        database.executescript(
            "create table provider_history (status_message text, details_json text);"
            "create table providers (account_name text, config_json text);"
            "insert into raw_closings values (1, '2025-09', 1, 1, 0, 1);"
        )
        database.executemany(
            "insert into raw_closed_totals (closing_id, scope, user_id, group_name,"
            " hours_expected, hours_processed, status)"
            " values (1, ?, ?, ?, 1, 1, 'processed')",
            [("user", ANN, None), ("group", None, f"friends of {ANN}")],
        )
        database.execute("insert into providers values (?, '{}')", (ANN,))
        database.execute(
            "insert into provider_history values (?, ?)",
            (f"no credit for {NAME}", told),
        )
    assert loaders("forget", ANN, "--yes").exit_code == 0
    with closing(open_database(landed)) as database:
        [gone] = database.execute("select pseudonym from raw_forgotten").fetchone()
        found = [
            database.execute(f"select {columns}").fetchall()
            for columns in (
                "user_id, group_name from raw_closed_totals order by scope",
                "* from provider_history",
                "* from providers",
            )
        ]
    assert found == [
        [(None, f"friends of {gone}"), (gone, None)],
        [(f"no credit for {gone}", told.replace(ANN, gone))],
        [(gone, "{}")],
    ]


def test_a_copy_that_cannot_be_read_is_named_too(landed: Path, tmp_path: Path) -> None:
    """As one behind a folder that only another user may enter."""
    place = tmp_path / "loop"
    place.symlink_to(place)
    with closing(open_database(landed)) as database:
        database.execute(
            "insert into raw_backups (backup_path, made_at) values (?, ?)",
            (str(place), 1_757_584_800),
        )
        database.commit()
    said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 0
    assert f"{place} may still name ann.lee: cannot be read (Too many" in said.stderr


def test_backups_are_named_wherever_they_are(landed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    copies = [folder / f"usage-2025-09-{day}.db" for day in (10, 11, 12)]
    for copy in copies:
        assert loaders("backup", str(copy)).exit_code == 0
    assert loaders("backup", str(copies[2]), "--overwrite").exit_code == 0
    copies[0].rename(folder / "elsewhere.db")
    copies[1].write_text("no copy any more")
    said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 0
    assert said.stderr == (
        f"loaders: {copies[2]} may still name ann.lee: delete it\n"
        "loaders: copies that are not where they were put: 1, such as"
        f" {copies[0]}: if they are elsewhere, they may still name ann.lee\n"
    )


def test_a_backup_that_cannot_be_noted_is_one(landed: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(landed)) as database:
        database.execute("pragma user_version = 99")
    said = loaders("backup", str(tmp_path / "copy.db"))
    assert said.exit_code == 0 and "verified" in said.stdout
    assert "could not note it" in said.stderr and "loaders forget" in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_reader_who_holds_old_pages_is_told_of(
    landed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADERS_PULL__LOCK_WAIT_SECONDS", "0.2")
    with closing(sqlite3.connect(landed, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from raw_mongo_users").fetchone()
        with closing(sqlite3.connect(landed)) as database:
            assert database.execute("pragma journal_mode").fetchone() == ("wal",)
        said = loaders("forget", ANN, "--yes")
    assert said.exit_code == 0
    assert "old pages are still there, as others read the file: sqlite3" in said.stderr


def test_snapshots_forget_too(landed: Path) -> None:
    rows = [dict(row) for row in documents()["users"]]
    answer = {"data": {"result": [{"metric": {"owner": ANN, "vm": "ann.lee-vm"}}]}}
    cut = json.dumps(rows)[:100]
    bodies = [json.dumps(rows), json.dumps(answer), json.dumps({"text": cut})]
    with closing(open_database(landed)) as database:
        database.execute(
            "create table if not exists raw_snapshots (id integer primary key,"
            " provider_id text, raw_json text, http_status integer, fetched_at text)"
        )
        for body in bodies:
            database.execute(
                "insert into raw_snapshots"
                " (provider_id, raw_json, http_status, fetched_at)"
                " values ('mongo', ?, 200, '2025-09-11T10:00:00Z')",
                (body,),
            )
    assert loaders("forget", ANN, "--yes").exit_code == 0
    with closing(open_database(landed)) as database:
        [pseudonym] = database.execute("select pseudonym from raw_forgotten").fetchone()
        found = [
            json.loads(body)
            for (body,) in database.execute("select raw_json from raw_snapshots")
        ]
    person = {
        "document_id": pseudonym,
        "platform_name": pseudonym,
        "name": pseudonym,
        "uid": None,
        "gid": "7",
    }
    assert found[0] == [person, rows[1]]
    assert found[1]["data"]["result"][0]["metric"] == {
        "owner": pseudonym,
        "vm": "ann.lee-vm",
    }
    assert json.dumps(person)[:60] in found[2]["text"]
    assert all(
        word not in held(landed).replace(b"ann.lee-vm", b"") for word in WORDS[1:]
    )


def keep(database: sqlite3.Connection, *bodies: str) -> None:
    for body in bodies:
        database.execute(
            "insert into raw_snapshots (provider_id, raw_json, http_status, fetched_at)"
            " values ('x', ?, 200, '2025-09-11T10:00:00Z')",
            (body,),
        )


@pytest.mark.parametrize("name", ["20", "status", "null", "true", "e", "1.5"])
def test_in_json_only_texts_forget(
    fresh: Callable[[], sqlite3.Connection], name: str
) -> None:
    """A person may be called as numbers, words and keys of JSON are spelt."""
    credits = f'{{"data": {{"total_credits": 20, "used": "20", "share": 1.50e0, \
"status":true, "free": null, "of": "bob and {name}"}}}}'
    matrix = '{"status": "success", "values": [[1700000000.125, "20"], [20, "1.5"]]}'
    people = json.dumps([{"owner": name, "uid": 40123.5}, {"owner": "b", "uid": 7}])
    with closing(fresh()) as database:
        run_id = start_run(database, "mongo", None)
        rows = [workspace("w", "h", name, [])]
        land_documents(database, run_id, "workspaces", rows, complete=True)
        keep(database, credits, matrix, people, json.dumps({"text": people[:20]}))
        forget_person(database, landed_names(database), name, 1)
        [gone] = database.execute("select pseudonym from raw_forgotten").fetchone()
        found = [
            row for (row,) in database.execute("select raw_json from raw_snapshots")
        ]
    assert found[0] == credits.replace(f"bob and {name}", f"bob and {gone}")
    assert found[1] == matrix
    assert json.loads(found[2]) == [
        {"owner": gone, "uid": None},
        {"owner": "b", "uid": 7},
    ]
    assert f'"{name}"' not in json.loads(found[3])["text"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], sqlite3.Connection]:
    path = tmp_path_factory.mktemp("fresh") / "usage.db"
    open_database(path).close()

    def copied() -> sqlite3.Connection:
        database = sqlite3.connect(":memory:", isolation_level=None)
        with closing(sqlite3.connect(path)) as source:
            source.backup(database)
        return database

    return copied


@settings(deadline=None)
@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    others=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=3),
)
def test_any_name_is_forgotten_as_landing_would(
    fresh: Callable[[], sqlite3.Connection], name: str, others: list[str]
) -> None:
    row = workspace("w", "h", name, [*others, name])
    with closing(fresh()) as database:
        run_id = start_run(database, "mongo", None)
        land_documents(database, run_id, "workspaces", [row], complete=True)
        keep(database, json.dumps([{"owner": name}, {name: [1, name, 2.5, None]}]))
        changed = forget_person(database, landed_names(database), name, 1)
        assert changed.pop("raw_snapshots") == 1
        assert changed == {"raw_mongo_workspaces": 2 + (name.casefold() == "w")}
        [pseudonym, kept] = database.execute(
            "select pseudonym, raw_json from raw_forgotten, raw_snapshots"
        ).fetchone()
        assert json.loads(kept)[0] == {"owner": pseudonym}
        assert list(json.loads(kept)[1]) == [name]
        assert json.loads(kept)[1][name][::2] == [1, 2.5]
        before = dump(database)
        people = people_of([("workspaces", [row])])
        names = landed_names(database).knowing(people, ())
        hidden = names.document("workspaces", row)
        land_documents(database, run_id, "workspaces", [hidden], complete=True)
        assert dump(database) == before
