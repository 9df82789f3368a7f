"""Answers of the sources as they came, for debugging: kept for 14 days."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from loaders.rows import Source
from loaders.transaction import transaction

KEPT = timedelta(days=14)
MOST_OF_A_GOOD_ANSWER = 16 * 2**10
MOST_OF_AN_ODD_ANSWER = 2**20
# what is cut off is redacted too: a secret may stand across the cut
MARGIN = 2**14

Redact = Callable[[str], str]


def keep_answer(
    database: sqlite3.Connection,
    source: Source,
    status: int,
    body: str,
    *,
    is_odd: bool,
    redact: Redact,
) -> None:
    """Keep an answer, or what there was instead of one, with status 0.

    `raw_json` is always JSON: the answer as it came, and an object with its `text`
    where it is no JSON or longer than 16 KiB, 1 MiB if it is odd. Raises
    sqlite3.Error.
    """
    most = MOST_OF_AN_ODD_ANSWER if is_odd else MOST_OF_A_GOOD_ANSWER
    kept = _as_json(redact(body[: most + MARGIN]), most, len(body))
    now = datetime.now(UTC).replace(microsecond=0)
    with transaction(database):
        database.execute(
            "insert into raw_snapshots (provider_id, raw_json, http_status, fetched_at)"
            " values (?, ?, ?, ?)",
            (source, kept, status, _text(now)),
        )


def prune_snapshots(database: sqlite3.Connection, now: datetime) -> int:
    """Delete the answers that are older than 14 days; returns how many.

    Raises sqlite3.Error.
    """
    with transaction(database):
        pruned = database.execute(
            "delete from raw_snapshots where unixepoch(fetched_at) < unixepoch(?)",
            (_text(now - KEPT),),
        )
    return pruned.rowcount


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
