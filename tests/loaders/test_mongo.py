"""What is read of the platform's Mongo, from a real server."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import SON, Binary, ObjectId
from sqlite_utils import Database

from loaders import landing
from loaders.errors import SourceError
from loaders.rows import Collection
from loaders.sources.mongo import (
    CLOSING_SECONDS,
    Reading,
    fetch_documents,
    open_mongo,
    read_collections,
)
from tests.servers.faulty import Talk, drip_reply, hang, passing_on
from tests.servers.mongo import MongoServer

TEN = 1757930400  # 2025-09-15T10:00:00Z
ID = ObjectId("64f1c2a7b5e3d9f0a1b2c3d4")


def read(server: MongoServer, database: str = "ada") -> dict[Collection, Reading]:
    with open_mongo(server.uri, database, 5) as mongo:
        return dict(read_collections(mongo))


def workspace(**fields: Any) -> dict[str, Any]:
    return {"_id": ID, "hostname": "172.16.0.1", "state": "CLAIMED", **fields}


def test_the_four_collections_become_rows(mongo: MongoServer) -> None:
    mongo.write(
        "ada",
        workspaces=[
            workspace(
                owner="ada",
                tag="artemis",
                created_time=datetime(2025, 9, 15, 10, tzinfo=UTC),
                acquired_time="2025-09-15T12:00:00.900+01:00",
                deleted_time=None,
                parameters={"users": ["ada", {"username": "bob", "role": "x"}]},
            )
        ],
        users=[{"_id": 7, "platform_name": "ada", "name": "Ada L", "uid": 5, "gid": 6}],
        groups=[
            {"_id": "g", "name": "isis", "gid": "6", "type": "x", "members": ["ada"]}
        ],
        hosts=[{"_id": 1, "hostname": "h", "cloud_project_name": "IDAaaS"}],
    )

    readings = read(mongo)

    assert all(reading.complete for reading in readings.values())
    assert [reading.rows for reading in readings.values()] == [
        [
            {
                "document_id": str(ID),
                "hostname": "172.16.0.1",
                "owner": "ada",
                "state": "CLAIMED",
                "tag": "artemis",
                "created_time": TEN,
                "acquired_time": TEN + 3600,
                "deleted_time": None,
                "users": '["ada", "bob"]',
            }
        ],
        [
            {
                "document_id": "7",
                "platform_name": "ada",
                "name": "Ada L",
                "uid": "5",
                "gid": "6",
            }
        ],
        [
            {
                "document_id": "g",
                "name": "isis",
                "gid": "6",
                "type": "x",
                "members": '["ada"]',
            }
        ],
        [
            {
                "document_id": "1",
                "hostname": "h",
                "cloud_project_name": "IDAaaS",
                "machine_name": None,
            }
        ],
    ]


def test_only_the_used_fields_are_asked_for(mongo: MongoServer) -> None:
    used = {"_id": 7, "name": "Ada", "gid": 1}
    mongo.write("ada", users=[{**used, "email": "ada@stfc.ac.uk", "password": "x"}])

    with open_mongo(mongo.uri, "ada", 5) as database:
        assert list(fetch_documents(database, "users")) == [used]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"deleted_time": "next Tuesday"}, "deleted_time is no date"),
        ({"deleted_time": "0001-01-01T00:00:00Z"}, "deleted_time is before 1970"),
        ({"created_time": 1757930400}, "created_time is no date"),
        ({"hostname": 12}, "hostname is no text"),
        ({"owner": {"platform_name": "ada"}}, "owner is no text"),
        ({"parameters": ["ada"]}, "parameters is no object"),
        ({"parameters": {"users": "ada"}}, "users is no list"),
    ],
)
def test_a_document_that_does_not_fit_is_left_out_and_the_rest_lands(
    mongo: MongoServer, fields: dict[str, Any], problem: str
) -> None:
    other = {"_id": 2, "hostname": "h", "state": "READY"}
    mongo.write("ada", workspaces=[workspace(owner="ada") | fields, other])

    reading = read(mongo)["workspaces"]

    assert [row["document_id"] for row in reading.rows] == ["2"]
    assert reading.remarks == [
        f"mongo: workspaces: {problem}, left out: 1 (document {ID})"
    ]
    assert reading.findings == []
    # it was read, so it has not vanished, and others that have can be told
    assert reading.complete and reading.left_out == {str(ID)}


def test_where_no_document_fits_it_is_a_finding(mongo: MongoServer) -> None:
    unfit = {"hostname": 1}
    mongo.write("ada", hosts=[unfit, unfit])
    [finding] = read(mongo)["hosts"].findings
    assert finding.startswith("mongo: hosts: hostname is no text, left out: 2 (")


def test_findings_show_no_id_that_may_be_a_persons(mongo: MongoServer) -> None:
    hosts = [{"_id": "h1", "hostname": 1}]
    mongo.write("ada", users=[{"_id": "ann", "gid": []}], hosts=hosts)
    found = read(mongo)
    assert found["users"].findings == ["mongo: users: gid is no text, left out: 1"]
    assert found["hosts"].findings == [
        "mongo: hosts: hostname is no text, left out: 1 (document h1)"
    ]


def test_findings_are_counted(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": at, "gid": []} for at in range(5000)])

    assert read(mongo)["users"].findings == [
        "mongo: users: gid is no text, left out: 5000"
    ]


def test_claimed_without_owner_lands_with_a_remark(mongo: MongoServer) -> None:
    documents = [{"_id": at, "state": "CLAIMED", "owner": None} for at in (1, 2)]
    mongo.write("ada", workspaces=[*documents, {"_id": 3, "state": "READY"}])

    reading = read(mongo)["workspaces"]

    assert len(reading.rows) == 3
    assert reading.complete
    assert reading.remarks == [
        "mongo: workspaces: CLAIMED without owner, landed unowned: 2 (first document 1)"
    ]


def test_no_address_reaches_the_database(
    mongo: MongoServer, database_path: Path
) -> None:
    address = "ada.lovelace@stfc.ac.uk"
    mongo.write(
        "ada",
        workspaces=[
            workspace(
                owner=address,
                tag=address,
                email=address,
                parameters={
                    "users": [
                        address,
                        {"platform_name": address, "name": "Ada"},
                        {"email": address},
                        None,
                        "bob",
                    ]
                },
            )
        ],
        users=[
            {
                "_id": address,
                "platform_name": address,
                "name": f"Ada <{address}>",
                "uid": address,
                "email": address,
            }
        ],
        groups=[{"_id": SON(a=address), "name": "g", "members": [address, "bob"]}],
        hosts=[{"_id": Binary(b"\1"), "hostname": address, "machine_name": address}],
    )

    readings = read(mongo)
    database = landing.open_database(database_path)
    run_id = landing.start_run(database, "mongo", None)
    for collection, reading in readings.items():
        landing.land_documents(
            database,
            run_id,
            collection,
            reading.rows,
            complete=reading.complete,
            message="; ".join(reading.remarks),
        )
    landed = [
        list(Database(database).table(f"raw_mongo_{collection}").rows)
        for collection in readings
    ]
    database.execute("pragma wal_checkpoint(truncate)")
    database.close()

    assert [len(rows) for rows in landed] == [1, 1, 1, 1]
    content = b"".join(path.read_bytes() for path in database_path.parent.iterdir())
    assert b"lovelace" not in content
    [row] = readings["workspaces"].rows
    no_name = "mongo: workspaces: an entry of users holds no name, not landed: 2"
    assert json.loads(row["users"]) == ["Ada", "bob"]  # type: ignore[typeddict-item]
    assert readings["workspaces"].remarks == [
        f"mongo: workspaces: {remark} (document {ID})"
        for remark in (
            "owner looks like an e-mail address, not landed: 1",
            "tag looks like an e-mail address, not landed: 1",
            "an entry of users looks like an e-mail address, not landed: 1",
        )
    ] + [f"{no_name} (first document {ID})"]


def test_a_read_that_breaks_in_the_middle_is_not_complete(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": at} for at in range(2500)], hosts=[{"_id": 1}])
    mongo.fail(["getMore"], errorCode=43)

    readings = read(mongo)

    assert len(readings["users"].rows) == 1000
    assert not readings["users"].complete
    assert readings["users"].findings == [
        "mongo: users: the server broke the read off: CursorNotFound; pull again"
    ]
    assert readings["hosts"].complete


def test_a_lost_connection_is_begun_again(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": at} for at in range(2500)])
    mongo.fail(["getMore"], closeConnection=True)

    reading = read(mongo)["users"]
    assert (len(reading.rows), reading.complete, reading.findings) == (2500, True, [])


def test_a_connection_that_is_always_lost_is_a_finding(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": at} for at in range(2500)])
    mongo.fail(["getMore"], times=99, closeConnection=True)

    reading = read(mongo)["users"]
    assert (len(reading.rows), reading.complete) == (1000, False)
    [finding] = reading.findings
    assert finding.startswith("mongo: users: no connection: 127.0.0.1:")


def test_a_read_ends_when_its_time_is_up(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": 1}], workspaces=[{"_id": 1}])
    deadline = time.monotonic() + 2
    with open_mongo(mongo.uri, "ada", 5) as database:
        reading = read_collections(database, deadline)
        readings = dict([next(reading)])
        assert readings["workspaces"].complete
        time.sleep(max(0, deadline - time.monotonic()))
        readings |= dict(reading)
    assert readings["users"].findings == [
        "mongo: users: the time for this source is up"
    ]
    assert not readings["users"].complete


@pytest.mark.parametrize(
    ("command", "talk"),
    [
        (b"hello", hang),
        (b"listCollections", hang),
        (b"find", hang),
        (b"getMore", hang),
        (b"find", drip_reply),
    ],
)
def test_a_server_that_hangs_keeps_nobody_longer_than_there_is_time(
    mongo: MongoServer, command: bytes, talk: Talk
) -> None:
    for collection in ("users", "groups", "hosts"):
        mongo.client["ada"][collection].insert_one({"_id": 1})
    mongo.write("ada", workspaces=[{"_id": at} for at in range(1100)])
    with passing_on(
        mongo.client.address[1],  # type: ignore[index]
        is_wrong=lambda question: command in question,
        talk=talk,
    ) as port:
        uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        began = time.monotonic()
        with suppress(SourceError), open_mongo(uri, "ada", 1) as database:
            readings = dict(read_collections(database, began + 3))
            assert not readings["workspaces"].complete
        assert time.monotonic() - began < 3 + CLOSING_SECONDS + 1


def test_a_missing_collection_is_a_finding_unless_it_is_that_of_hosts(
    mongo: MongoServer,
) -> None:
    mongo.write("ada", users=[{"_id": 1}])

    readings = read(mongo)

    assert readings["users"].complete
    assert readings["groups"].findings == ["mongo: groups: no such collection in ada"]
    assert readings["hosts"].remarks == ["mongo: hosts: no such collection in ada"]
    assert not readings["hosts"].findings and not readings["hosts"].complete
