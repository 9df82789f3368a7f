"""A request reads the file that was there when it began."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from datasette.app import Datasette

from serving.editions import ASKED, Edition, PublishedDatabase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ada.db"
    publish(path, 1)
    return path


@pytest.fixture
def database(path: Path) -> PublishedDatabase:
    datasette = Datasette(settings={"num_sql_threads": 2})
    made = PublishedDatabase(datasette, str(path))
    datasette.add_database(made, name="ada")
    return made


def publish(path: Path, number: int) -> None:
    part = path.with_name("part")
    with closing(sqlite3.connect(part)) as connection, connection:
        connection.execute("create table publication as select 1 as one")
        connection.execute("create table told (number integer)")
        connection.execute("insert into told values (?)", (number,))
    part.replace(path)


async def told(database: PublishedDatabase) -> int:
    answer = await database.execute("select number from told")
    number: int = answer.rows[0][0]
    return number


def is_closed(edition: Edition) -> bool:
    return edition.free.empty()


def test_a_request_reads_one_file_to_its_end(
    path: Path, database: PublishedDatabase
) -> None:
    async def ask() -> None:
        first = database.edition()
        first.readers += 1
        token = ASKED.set(first)
        publish(path, 2)
        database.edition()
        assert [await told(database) for _ in range(4)] == [1] * 4
        assert not is_closed(first)
        ASKED.reset(token)
        assert [await told(database) for _ in range(4)] == [2] * 4
        database.leave(first)
        assert is_closed(first)

    asyncio.run(ask())


def test_a_file_that_nobody_reads_is_closed_at_once(
    path: Path, database: PublishedDatabase
) -> None:
    first = database.edition()
    publish(path, 2)
    assert asyncio.run(told(database)) == 2
    assert is_closed(first) and not is_closed(database.edition())


def test_the_last_one_is_read_while_there_is_none(
    path: Path, database: PublishedDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    assert asyncio.run(told(database)) == 1
    path.unlink()
    assert asyncio.run(told(database)) == 1
    path.write_text("no database, though as long as the head of one would be" * 9)
    with caplog.at_level(logging.ERROR):
        assert [asyncio.run(told(database)) for _ in range(3)] == [1] * 3
    assert caplog.text.count("cannot be read, the last one is: file is not") == 1
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table told as select 4 as number")
    assert asyncio.run(told(database)) == 1
    publish(path, 3)
    assert asyncio.run(told(database)) == 3
