"""Answers kept for debugging: always JSON, bounded, redacted, for 14 days."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loaders.database import open_database
from loaders.snapshots import (
    MOST_OF_A_GOOD_ANSWER,
    MOST_OF_AN_ODD_ANSWER,
    keep_answer,
    prune_snapshots,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


def kept(database: sqlite3.Connection, body: str, *, is_odd: bool = False) -> Any:
    """`body` as it is kept, parsed as SQLite and Python both do."""
    keep_answer(database, "mongo", 200, body, is_odd=is_odd, redact=_without_hush)
    text, is_json = database.execute(
        "select raw_json, json_valid(raw_json) from raw_snapshots order by id desc"
    ).fetchone()
    assert is_json == 1
    return json.loads(text)


def _without_hush(text: str) -> str:
    return text.replace("hush", "(secret)")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": [1, "é"]}', {"a": [1, "é"]}),
        ("<html>", {"text": "<html>"}),
        ("", {"text": ""}),
        ('{"a": NaN}', {"text": '{"a": NaN}'}),
        ('{"a": "hush"}', {"a": "(secret)"}),
        ("a\0b\ud800", {"text": "a\ufffdb?"}),
        ("[" * 5000, {"text": "[" * 5000}),
    ],
)
def test_what_is_kept_is_json(
    database: sqlite3.Connection, body: str, expected: object
) -> None:
    assert kept(database, body) == expected


@pytest.mark.parametrize("is_odd", [False, True])
def test_what_is_long_is_cut(database: sqlite3.Connection, is_odd: bool) -> None:
    most = MOST_OF_AN_ODD_ANSWER if is_odd else MOST_OF_A_GOOD_ANSWER
    whole = json.dumps("x" * (most - 2))
    assert kept(database, whole, is_odd=is_odd) == "x" * (most - 2)
    cut = kept(database, f"{whole}hush", is_odd=is_odd)
    assert cut == {"text": whole, "length": most + 4}


def test_a_secret_across_the_cut_is_redacted(database: sqlite3.Connection) -> None:
    body = "x" * (MOST_OF_A_GOOD_ANSWER - 2) + "hush" + "y" * 99
    assert "hu" not in kept(database, body)["text"]


def test_answers_are_pruned_after_14_days(database: sqlite3.Connection) -> None:
    now = datetime(2025, 9, 15, 10, tzinfo=UTC)
    for age in (timedelta(14, -1), timedelta(14), timedelta(14, 1), timedelta(400)):
        keep_answer(database, "mongo", 0, "{}", is_odd=True, redact=str)
        database.execute(
            "update raw_snapshots set fetched_at = ?"
            " where id = (select max(id) from raw_snapshots)",
            ((now - age).strftime("%Y-%m-%dT%H:%M:%SZ"),),
        )
    assert prune_snapshots(database, now) == 2
    left = database.execute(
        "select fetched_at from raw_snapshots order by 1"
    ).fetchall()
    assert left == [("2025-09-01T10:00:00Z",), ("2025-09-01T10:00:01Z",)]


def test_answers_of_ai_providers_wait_for_the_history(
    database: sqlite3.Connection,
) -> None:
    """Instants are compared, not texts: an hour before Greenwich is another time."""
    now = datetime(2025, 9, 15, 10, tzinfo=UTC)
    old, by_text_only = "2025-09-01T09:59:59Z", "2025-09-01T09:59:59-01:00"
    answers = [("acme", old), ("acme", old), ("mongo", old), ("acme", by_text_only)]
    database.execute("insert into raw_ai_providers values ('acme', null, '{}', 0)")
    database.executemany(
        "insert into raw_snapshots (provider_id, raw_json, http_status, fetched_at)"
        " values (?, '{}', 200, ?)",
        answers,
    )

    def left() -> list[int]:
        return [
            id for (id,) in database.execute("select id from raw_snapshots order by id")
        ]

    assert prune_snapshots(database, now) == 1
    assert left() == [1, 2, 4]
    database.execute("create table provider_history as select 1 as id union select 4")
    assert prune_snapshots(database, now) == 1
    assert left() == [2, 4]
    assert prune_snapshots(database, now + timedelta(hours=1)) == 1
    assert left() == [2]
