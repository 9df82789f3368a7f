"""Answers of the sources as they came, for debugging: kept for 14 days."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from loaders.transaction import transaction

KEPT = timedelta(days=14)
MOST_OF_A_GOOD_ANSWER = 16 * 2**10
MOST_OF_AN_ODD_ANSWER = 2**20
# what is cut off is redacted too: a secret may stand across the cut
MARGIN = 2**14

PRUNE = """
delete from raw_snapshots where unixepoch(fetched_at) < unixepoch(?)
    and provider_id not in (select provider_id from raw_ai_providers)
"""
PRUNE_TAKEN_IN = """
delete from raw_snapshots where unixepoch(fetched_at) < unixepoch(?)
    and id in (select id from provider_history)
"""

Redact = Callable[[str], str]


def keep_answer(
    database: sqlite3.Connection,
    provider_id: str,
    status: int,
    body: str,
    *,
    is_odd: bool,
    redact: Redact,
) -> None:
    """Keep an answer of a source or provider; status 0 with what there was instead.

    `raw_json` is always JSON: the answer as it came, and an object with its `text`
    where it is no JSON or longer than 16 KiB, 1 MiB if it is odd. Raises
    sqlite3.Error.
    """
    most = MOST_OF_AN_ODD_ANSWER if is_odd else MOST_OF_A_GOOD_ANSWER
    kept = _as_json(redact(body[: most + MARGIN]), most, len(body))
    now = utc_now().replace(microsecond=0)
    with transaction(database):
        database.execute(
            "insert into raw_snapshots (provider_id, raw_json, http_status, fetched_at)"
            " values (?, ?, ?, ?)",
            (provider_id, kept, status, _text(now)),
        )


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def prune_snapshots(database: sqlite3.Connection, now: datetime) -> int:
    """Delete the answers that are older than 14 days; returns how many.

    One of an AI provider stays until the history of usage, which is made of these, has
    taken it in. Raises sqlite3.Error.
    """
    history = database.execute(
        "select name from sqlite_schema where name = 'provider_history'"
    ).fetchone()
    statements = [PRUNE, PRUNE_TAKEN_IN] if history else [PRUNE]
    before = (_text(now - KEPT),)
    with transaction(database):
        return sum(database.execute(one, before).rowcount for one in statements)


def _as_json(text: str, most: int, length: int) -> str:
    clean = text.encode(errors="replace").decode().replace("\0", "\ufffd")
    if len(clean) <= most and _is_json(clean):
        return clean
    parts = {"text": clean[:most], **({"length": length} if length > most else {})}
    return json.dumps(parts, ensure_ascii=False)


def _is_json(text: str) -> bool:
    """Whether SQLite, too, would call it JSON: NaN and the like are none."""
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
