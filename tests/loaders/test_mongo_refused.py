"""A Mongo that cannot be read: one line, without any secret."""

import pytest

from loaders.errors import SourceError
from loaders.sources.mongo import open_mongo, read_collections
from tests.loaders.test_mongo import read
from tests.servers.mongo import MongoServer, mongo_server
from tests.servers.processes import free_port


def test_the_wrong_database_is_an_error(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": 1}])

    with pytest.raises(SourceError, match="database adda has none of the collections"):
        read(mongo, "adda")


def test_no_server() -> None:
    port = free_port()
    uri = f"mongodb://ada:hunter2@127.0.0.1:{port}/"

    with pytest.raises(SourceError) as raised, open_mongo(uri, "ada", 0.5) as mongo:
        list(read_collections(mongo))

    line = str(raised.value)
    assert line.startswith(f"mongo: no connection: 127.0.0.1:{port}: ")
    assert line.endswith("Connection refused: check mongo.uri and the server")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://ada:hunter2@host@127.0.0.1/",
        "mongodb://ada:hunter2/3@127.0.0.1/",
        "http://ada:hunter2@127.0.0.1/",
        "hunter2:hunter2",
        "",
    ],
)
def test_an_unusable_uri_is_not_shown(uri: str) -> None:
    with pytest.raises(SourceError) as raised, open_mongo(uri, "ada", 0.5) as mongo:
        list(read_collections(mongo))

    assert "mongo.uri" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_wrong_password_is_not_shown() -> None:
    with mongo_server("reader", "hunter2") as server:
        server.write("ada", users=[{"_id": 1}])
        assert read(server)["users"].complete
        server.uri = server.uri.replace("hunter2", "hunter3")
        with pytest.raises(SourceError) as raised:
            read(server)

    assert str(raised.value) == (
        "mongo: AuthenticationFailed: check user and password in mongo.uri"
    )
