"""People in texts of MongoDB's documents: groups of their own, tags, ids."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.people import NOBODY, people_of, replaced
from loaders.rows import User
from tests.servers.mongo import MongoServer

KEY = "sixteen bytes or more"
OWN = {"_id": "alice", "name": "alice", "gid": 1001, "members": []}
SHARED = {"_id": "g1", "name": "beamline-alice", "gid": 7, "members": ["bob"]}
ALICE = {
    "_id": "a-lice",
    "platform_name": "alice",
    "name": "Alice Liddell",
    "uid": 1001,
    "gid": 1001,
}
BOB = {"_id": "b", "platform_name": "bob", "name": "Bob Ray", "uid": 1002, "gid": 7}
WORKSPACES: list[dict[str, Any]] = [
    {"_id": "ws-alice-1", "hostname": "10.0.0.1", "owner": "alice", "tag": "IDAaaS"},
    {"_id": "ws_ALICE_2", "hostname": "10.0.0.2", "owner": "bob", "tag": "alice.lab"},
    {"_id": "malice-3", "hostname": "10.0.0.3", "owner": "bob", "parameters": []},
]
TEXTS = (
    "select document_id, name from raw_mongo_groups"
    " union all select document_id, tag from raw_mongo_workspaces order by 1, 2"
)


@pytest.fixture
def pull(
    mongo: MongoServer, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Result]:
    monkeypatch.chdir(database_path.parent.parent)
    monkeypatch.setenv("LOADERS_MONGO__URI", mongo.uri)
    monkeypatch.setenv("LOADERS_MONGO__DATABASE", "ada")
    mongo.write(
        "ada",
        users=[ALICE, BOB],
        groups=[OWN, SHARED],
        workspaces=WORKSPACES,
        hosts=[{"_id": 1, "hostname": "10.0.0.9"}],
    )
    return lambda: CliRunner().invoke(app, ["pull", "mongo"])


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADERS_PSEUDONYMISE_USERS", "true")
    monkeypatch.setenv("LOADERS_PSEUDONYM_KEY", KEY)


def query(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def held(path: Path) -> bytes:
    files = path.parent.glob(f"{path.name}*")
    return b"".join(one.read_bytes() for one in files).lower()


def forget(user: str) -> Result:
    return CliRunner().invoke(app, ["forget", user, "--yes"])


def make_plain(path: Path, pseudonym: str) -> None:
    """Make of the file one of an earlier version, in which ids stayed plain."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for table, old, new in (
            ("groups", pseudonym, "alice"),
            ("workspaces", f"ws-{pseudonym}-1", "ws-alice-1"),
            ("workspaces", f"ws_{pseudonym}_2", "ws_ALICE_2"),
        ):
            database.execute(
                f"update raw_mongo_{table} set document_id = ?"  # noqa: S608
                " where document_id = ?",
                (new, old),
            )


@pytest.mark.usefixtures("hidden")
def test_pseudonyms_hide_names_of_groups_tags_and_ids(
    pull: Callable[[], Result], database_path: Path
) -> None:
    said = pull()
    assert b"alice" not in held(database_path).replace(b"malice-3", b"")
    assert b"liddell" not in held(database_path)
    assert "alice" not in said.output.replace("malice-3", "")
    [alice] = query(database_path, "select owner from raw_mongo_workspaces limit 1")[0]
    assert alice.startswith("user-")
    assert query(database_path, TEXTS) == sorted(
        [
            (alice, alice),
            ("g1", f"beamline-{alice}"),
            (f"ws-{alice}-1", "IDAaaS"),
            (f"ws_{alice}_2", f"{alice}.lab"),
        ]
    )


@pytest.mark.usefixtures("hidden")
def test_ids_that_landed_plain_are_renamed_and_no_document_is_two(
    pull: Callable[[], Result], database_path: Path
) -> None:
    pull()
    texts, changes = (
        query(database_path, one) for one in (TEXTS, "select * from raw_changes")
    )
    [alice] = query(database_path, "select owner from raw_mongo_workspaces limit 1")[0]
    make_plain(database_path, alice)
    pull()
    assert query(database_path, TEXTS) == texts
    assert query(database_path, "select * from raw_changes") == changes
    assert (
        query(database_path, "select 1 from raw_mongo_workspaces where gone_at") == []
    )


@pytest.mark.usefixtures("hidden")
def test_without_users_groups_that_may_be_a_persons_wait(
    pull: Callable[[], Result], database_path: Path, mongo: MongoServer
) -> None:
    mongo.client["ada"].drop_collection("users")
    mongo.client["ada"].drop_collection("workspaces")
    said = pull()
    assert "groups: without members, while not all users could be read" in said.stderr
    assert b"alice" not in held(database_path).replace(b"beamline-alice", b"")
    assert query(database_path, TEXTS) == [("g1", "beamline-alice")]


def test_plain_names_stay_until_one_is_forgotten(
    pull: Callable[[], Result], database_path: Path, mongo: MongoServer
) -> None:
    pull()
    assert ("alice", "alice") in query(database_path, TEXTS)
    assert forget("alice").exit_code == 0
    assert b"alice" not in held(database_path).replace(b"malice-3", b"")
    texts = query(database_path, TEXTS)
    [gone] = query(database_path, "select pseudonym from raw_forgotten")[0]
    assert (gone, gone) in texts and (f"ws-{gone}-1", "IDAaaS") in texts
    pull()
    assert query(database_path, TEXTS) == texts
    # nor does a group that still bears the name of who left bring it back
    for collection, wanted in (
        ("users", {"platform_name": "alice"}),
        ("workspaces", {"owner": "alice"}),
    ):
        mongo.client["ada"][collection].delete_one(wanted)
    mongo.client["ada"]["workspaces"].delete_one({"_id": "ws_ALICE_2"})
    pull()
    assert query(database_path, TEXTS) == texts
    assert b"alice" not in held(database_path).replace(b"malice-3", b"")


def test_who_is_forgotten_is_not_in_another_name(
    pull: Callable[[], Result], database_path: Path
) -> None:
    pull()
    assert forget("lice").exit_code == 1
    assert forget("liddell").exit_code == 1
    assert query(database_path, "select * from raw_forgotten") == []


def user(**fields: Any) -> User:
    empty = dict.fromkeys(User.__annotations__)
    return {**empty, "document_id": "u1", **fields}  # type: ignore[typeddict-item]


def test_a_gid_is_ones_own_that_nobody_shares() -> None:
    ann = user(platform_name="ann", uid="7", gid="7")
    bob = user(platform_name="bob", uid="8", gid="7")
    assert people_of([("users", [ann])]).own_gids == {"7"}
    assert people_of([("users", [ann, bob])]).own_gids == frozenset()
    assert people_of([]) == NOBODY


def test_of_ids_and_display_names_the_ids_count() -> None:
    ann = user(platform_name="ann", name="bob", document_id="12")
    bob = user(platform_name="bob", name="Bob Ray", document_id="b-1")
    for rows in ([ann, bob], [bob, ann]):
        people = people_of([("users", rows)])
        assert people.ids == {
            "ann": "ann",
            "bob": "bob",
            "bob ray": "bob",
            "b-1": "bob",
        }
        assert people.most_words == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ann", "<ann>"),
        ("ann.lee", "<ann.lee>"),
        ("ws-ann.lee-1", "ws-<ann.lee>-1"),
        ("ws_ann_lee", "ws_<ann>_lee"),
        ("Ann ann.LEE", "<Ann> <ann.LEE>"),
        ("joann annex ann2", "joann annex ann2"),
        ("al", "<al>"),
        ("al-1", "al-1"),
        ("", ""),
        ("ж-ann-\u0000", "ж-<ann>-\u0000"),
    ],
)
def test_a_name_is_told_between_other_signs(text: str, shown: str) -> None:
    names = {"ann", "ann.lee", "al"}

    def landed(called: str) -> str | None:
        return f"<{called}>" if called.casefold() in names else None

    assert replaced(text, landed, 2) == shown
