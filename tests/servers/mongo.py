"""A server that speaks MongoDB's protocol, with documents a test writes."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.servers.processes import free_port, program, running

REMEDY = "pip install -e '.[dev]'"


class MongoServer:
    """`uri` is what a loader is given; the test writes through `client`."""

    def __init__(self, port: int, credentials: str = "") -> None:
        self.uri = f"mongodb://{credentials}127.0.0.1:{port}/?directConnection=true"
        self.client: MongoClient[dict[str, Any]] = MongoClient(self.uri)

    def write(self, database: str, **collections: Iterable[Mapping[str, Any]]) -> None:
        """Add documents: `write("ada", users=[{…}], groups=[…])`."""
        for name, documents in collections.items():
            self.client[database][name].insert_many([dict(one) for one in documents])

    def clear(self) -> None:
        """Drop all that was written and disarm what was armed."""
        self.client.admin.command("configureFailPoint", "failCommand", mode="off")
        for name in self.client.list_database_names():
            if name not in ("admin", "config", "local"):
                self.client.drop_database(name)

    def fail(
        self, commands: Sequence[str], *, skip: int = 0, times: int = 1, **data: Any
    ) -> None:
        """Answer commands with an error after `skip` of them, `times` times.

        `data` is the fail point's, e.g. `errorCode=43` or `closeConnection=True`.
        """
        self.client.admin.command(
            "configureFailPoint",
            "failCommand",
            mode={"skip": skip, "times": times},
            data={"failCommands": list(commands), **data},
        )


@contextmanager
def mongo_server(user: str | None = None, password: str = "") -> Iterator[MongoServer]:
    """Serve an empty database; with `user`, one that asks for that user's password."""
    with tempfile.TemporaryDirectory(prefix="mongo-") as folder:
        if user is None:
            with _started(folder) as port:
                yield MongoServer(port)
            return
        with _started(folder) as port:
            MongoServer(port).client.admin.command(
                "createUser", user, pwd=password, roles=["root"]
            )
        with _started(folder, "--auth") as port:
            yield MongoServer(port, f"{quote(user)}:{quote(password, safe='')}@")


@contextmanager
def _started(folder: str, *flags: str) -> Iterator[int]:
    port = free_port()
    command = [
        program("secantusd-py", REMEDY),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--storage-path", str(Path(folder, "data"))),
        *("--cache-size", "64M", "--log-level", "WARNING"),
        *("--standalone", "--enable-test-commands", "--sync-on-commit"),
        *flags,
    ]
    with running(command, Path(folder, "log"), lambda: _answers(port)):
        yield port


def _answers(port: int) -> bool:
    uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=500) as client:
        try:
            client.admin.command("hello")
        except PyMongoError:
            return False
        return True
