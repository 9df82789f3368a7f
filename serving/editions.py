"""Serves the file of PUBLISHED_DB, which `loaders publish` renames a new one over.

Datasette keeps the connections of its threads, which would go on reading the old file.
Here a request reads the file that was there when it began, to its end.
"""

import asyncio
import logging
import os
import queue
import sqlite3
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from click import ClickException
from datasette.app import Datasette
from datasette.database import Database

VARIABLE = "PUBLISHED_DB"
FILE = "data/published/ada.db"
NAME = "ada"
PUBLICATION = "select 1 from publication"
UNPUBLISHED = "no such table: publication"

log = logging.getLogger(__name__)

Ask = Callable[[sqlite3.Connection], Any]
App = Callable[..., Awaitable[None]]


class Edition:
    """One published file: connections to it, and how many requests read it."""

    def __init__(self, identity: tuple[int, ...]) -> None:
        self.identity = identity
        self.readers = 0
        self.free: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    def ask(self, what: Ask) -> Any:
        """Ask by a connection that nobody else uses meanwhile."""
        connection = self.free.get()
        try:
            return what(connection)
        finally:
            self.free.put(connection)

    def close(self) -> None:
        """Close the connections; none may be in use."""
        while not self.free.empty():
            self.free.get().close()


ASKED: ContextVar[Edition | None] = ContextVar("asked", default=None)


class PublishedDatabase(Database):  # type: ignore[misc]
    """A database whose file is replaced: each request asks one edition of it."""

    def __init__(self, datasette: Datasette, path: str) -> None:
        super().__init__(datasette, path=path)
        self._edition: Edition | None = None
        self._unreadable: tuple[int, ...] | None = None

    def edition(self) -> Edition:
        """The file that is there now; the last one where none can be read."""
        last = self._edition
        try:
            identity = _identity(self.path)
            if last is not None and identity in (last.identity, self._unreadable):
                return last
            self._edition = self._open()
        except (OSError, sqlite3.Error) as error:
            if last is None:
                raise
            if not isinstance(error, FileNotFoundError):
                self._unreadable = identity
                log.error("%s cannot be read, the last one is: %s", self.path, error)
            return last
        if last is not None and last.readers == 0:
            last.close()
        return self._edition

    async def execute_fn(self, fn: Ask) -> Any:
        edition = ASKED.get() or self.edition()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.ds.executor, edition.ask, fn)

    def leave(self, edition: Edition) -> None:
        """A request has ended."""
        edition.readers -= 1
        if edition.readers == 0 and edition is not self._edition:
            edition.close()

    def _open(self) -> Edition:
        """Connections to one file, as many as there are threads."""
        while True:
            edition = Edition(_identity(self.path))
            for _ in range(self.ds.setting("num_sql_threads")):
                connection = self.connect()
                self.ds._prepare_connection(connection, self.name)
                if connection.execute(PUBLICATION).fetchone() is None:
                    raise sqlite3.OperationalError(UNPUBLISHED)
                edition.free.put(connection)
            self._all_file_connections.clear()
            if _identity(self.path) == edition.identity:
                return edition
            edition.close()


def published_path() -> Path:
    """The file that is served."""
    return Path(os.environ.get(VARIABLE) or FILE)


def serve_published(datasette: Datasette) -> None:
    """Serve the published file, and nothing else. Raises ClickException."""
    path = published_path()
    if not path.is_file():
        raise ClickException(f"no file {path}: loaders publish {path}")
    if "_memory" in datasette.databases:
        datasette.remove_database("_memory")
    database = PublishedDatabase(datasette, str(path))
    datasette.add_database(database, name=NAME)
    try:
        database.edition()
    except (OSError, sqlite3.Error) as error:
        told = (
            "was not published"
            if str(error) == UNPUBLISHED
            else f"cannot be read: {error}"
        )
        raise ClickException(
            f"{path}: {told}: remove it, loaders publish {path}"
        ) from None


def in_one_edition(datasette: Datasette, app: App) -> App:
    """`app`, of which each request asks one edition from its begin to its end."""

    async def reading(scope: Any, receive: Any, send: Any) -> None:
        database = datasette.databases.get(NAME)
        if scope["type"] != "http" or database is None:
            await app(scope, receive, send)
            return
        edition = database.edition()
        edition.readers += 1
        token = ASKED.set(edition)
        try:
            await app(scope, receive, send)
        finally:
            ASKED.reset(token)
            database.leave(edition)

    return reading


def _identity(path: str) -> tuple[int, ...]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino, found.st_mtime_ns
