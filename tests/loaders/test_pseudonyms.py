"""How people's names land: the rule, and what binds a database to it."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loaders.landing import land_documents, open_database, start_run
from loaders.naming import OtherNames, landed_names, note_forgotten, settled_names
from loaders.pseudonyms import Names
from loaders.rows import Group, Host, User, Workspace
from loaders.settings import Labels, Settings

KEY = b"sixteen bytes or more"
SALT = b"salt of one file"
LABELS = Labels(user="owner")
# HMAC-SHA256 of "ann" with KEY, by another program: openssl dgst -sha256 -hmac
ANN = "user-a73f7456b484757d"

PLAIN, KEYED = Names(), Names(KEY)


def forgetting(name: str, key: bytes | None = None) -> Names:
    names = Names(key, SALT)
    return Names(key, SALT, [names.salted(names.keyed(name))])


def workspace(**fields: Any) -> Workspace:
    empty = dict.fromkeys(Workspace.__annotations__)
    return {**empty, "document_id": "w", "users": "[]", **fields}  # type: ignore[typeddict-item]


def user(**fields: Any) -> User:
    empty = dict.fromkeys(User.__annotations__)
    return {**empty, "document_id": "u1", "gid": "7", **fields}  # type: ignore[typeddict-item]


def group(members: list[str], **fields: Any) -> Group:
    empty = dict.fromkeys(Group.__annotations__)
    row = {**empty, "document_id": "g", "name": "physics", **fields}
    return {**row, "members": json.dumps(members)}  # type: ignore[typeddict-item]


def test_a_pseudonym_is_a_keyed_hash() -> None:
    assert KEYED.of("ann") == ANN
    assert Names(b"another key, as long").of("ann") != ANN
    assert KEYED.of("ann ") != ANN
    assert PLAIN.of("ann") == "ann"


def test_a_person_has_one_pseudonym_in_labels_and_documents() -> None:
    labels = KEYED.labels({"instance": "ann", "owner": "ann", "job": "ann"}, LABELS)
    assert labels == {"instance": "ann", "owner": ANN, "job": "ann"}
    owned = KEYED.document("workspaces", workspace(owner="ann", users='["bob", "ann"]'))
    assert owned == workspace(owner=ANN, users=json.dumps([KEYED.of("bob"), ANN]))
    person = user(document_id="ann", platform_name="ann", name="Ann Lee", uid="1001")
    gid = KEYED.of("7")
    hidden = user(document_id=ANN, platform_name=ANN, gid=gid)
    assert KEYED.document("users", person) == hidden
    assert KEYED.document("groups", group(["ann"], gid="7")) == group([ANN], gid=gid)


def test_who_has_no_platform_name_has_no_other_name_either() -> None:
    person = user(document_id="x", name="Ann Lee", uid="1001")
    hidden = user(document_id=KEYED.of("x"), gid=KEYED.of("7"))
    assert KEYED.document("users", person) == hidden


def test_a_group_of_ones_own_does_not_name_one() -> None:
    own = KEYED.document("groups", group(["ann"], document_id="ann", name="ann"))
    assert own == group([ANN], document_id=ANN, name=ANN)


def test_what_names_nobody_stays() -> None:
    host = Host(
        document_id="h", hostname="ann", cloud_project_name="ann", machine_name=None
    )
    for names in (KEYED, forgetting("ann")):
        assert names.document("hosts", host) == host
    assert KEYED.document("workspaces", workspace()) == workspace()


@pytest.mark.parametrize("key", [None, KEY])
def test_who_is_forgotten_is_hidden_everywhere(key: bytes | None) -> None:
    names = forgetting("ann", key)
    gone, bob = names.of("ann"), names.of("bob")
    assert gone not in ("ann", ANN) and gone.startswith("user-") and len(gone) == 21
    assert bob == Names(key).of("bob")
    assert names.of(gone) == gone or key
    assert names.labels({"instance": "ann", "owner": "ann"}, LABELS) == {
        "instance": "ann",
        "owner": gone,
    }
    owned = names.document("workspaces", workspace(owner="ann", users='["bob", "ann"]'))
    assert owned == workspace(owner=gone, users=json.dumps([bob, gone]))
    person = user(document_id="5f", platform_name="ann", name="Ann Lee", uid="1001")
    hidden = names.document("users", person)
    assert hidden["document_id"] not in ("5f", gone, names.keyed("5f"))
    assert hidden == {
        **user(platform_name=gone, gid=names.keyed("7")),
        "document_id": hidden["document_id"],
    }
    own = names.document("groups", group(["ann"], name="ann", document_id="ann"))
    assert own == group([gone], name=gone, document_id=gone)


def test_whom_no_label_should_name_is_hidden_in_any() -> None:
    names = forgetting("ann")
    assert names.labels({"contact": "ann"}, LABELS) == {"contact": names.of("ann")}
    assert names.document("groups", group([], name="ann"))["name"] == names.of("ann")  # type: ignore[typeddict-item]


def test_others_stay_when_one_is_forgotten() -> None:
    names = forgetting("ann")
    person = user(platform_name="bob", name="Bob Ray", uid="1002")
    assert names.document("users", person) == person


def test_only_a_rule_that_changes_names_is_one_to_redact_by() -> None:
    assert PLAIN.replace is None
    assert KEYED.replace and KEYED.replace("ann") == ANN
    assert forgetting("ann").replace


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


def plain() -> Settings:
    return Settings()


def keyed(key: bytes = KEY) -> Settings:
    return Settings.model_validate(
        {"pseudonymise_users": True, "pseudonym_key": key.decode()}
    )


Given = Callable[[], Settings]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (plain, keyed, "plain names: unset pseudonymise_users"),
        (keyed, plain, "pseudonyms: set pseudonymise_users and its pseudonym_key"),
        (keyed, lambda: keyed(b"another key, as long"), "another pseudonym_key"),
    ],
)
def test_a_database_that_names_people_keeps_to_its_way(
    database: sqlite3.Connection, before: Given, after: Given, words: str
) -> None:
    settled_names(database, before())
    # nobody is named yet
    settled_names(database, after())
    settled_names(database, before())
    database.execute(
        "insert into raw_mongo_users (document_id, first_seen_at, landed_at)"
        " values ('u', 1, 1)"
    )
    assert settled_names(database, before()).of("ann") in ("ann", ANN)
    with pytest.raises(OtherNames, match=words) as refusal:
        settled_names(database, after())
    assert "\n" not in str(refusal.value)
    assert settled_names(database, before())


def test_a_database_of_an_earlier_version_holds_plain_names(
    database: sqlite3.Connection,
) -> None:
    database.execute(
        "insert into raw_prometheus_series (metric, labels, landed_at)"
        " values ('cores', '{}', 1)"
    )
    with pytest.raises(OtherNames, match="plain"):
        settled_names(database, keyed())
    assert settled_names(database, plain()).replace is None


def test_a_key_that_is_not_used_is_not_needed(database: sqlite3.Connection) -> None:
    unused = Settings.model_validate({"pseudonym_key": KEY.decode()})
    assert settled_names(database, unused).of("ann") == "ann"


def test_neither_key_nor_mapping_is_in_the_file(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    names = settled_names(database, keyed())
    note_forgotten(database, names.salted(names.keyed("annabel.lee")), 1)
    database.execute("pragma wal_checkpoint(truncate)")
    held = (tmp_path / "usage.db").read_bytes()
    assert KEY not in held and b"annabel" not in held


def test_who_was_forgotten_is_known_again(database: sqlite3.Connection) -> None:
    before = landed_names(database)
    note_forgotten(database, before.salted("ann"), 1)
    for names in (landed_names(database), settled_names(database, plain())):
        assert names.of("ann") == before.salted("ann") and names.of("bob") == "bob"


def test_two_files_have_two_salts(database: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "other.db")) as other:
        assert landed_names(database).salted("a") != landed_names(other).salted("a")


@pytest.mark.parametrize(
    "names", [PLAIN, KEYED, forgetting("ann"), forgetting("ann", KEY)]
)
def test_a_document_that_does_not_fit_for_once_is_not_gone(
    database: sqlite3.Connection, names: Names
) -> None:
    rows = [user(platform_name="ann"), user(document_id="u2", platform_name="bob")]
    landed = [names.document("users", row) for row in rows]
    for read, left_out in ((landed, []), (landed[1:], ["u1"]), (landed[:1], ["u2"])):
        run_id = start_run(database, "mongo", None)
        ids = names.document_ids(left_out)
        land_documents(database, run_id, "users", read, complete=True, left_out=ids)
    found = database.execute("select gone_at from raw_mongo_users").fetchall()
    assert found == [(None,), (None,)]
