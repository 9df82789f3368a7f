"""The database file and its ledger: what was asked of whom, when, how it ended."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loaders.rows import Source, State, Window

SCHEMA = Path(__file__).with_name("schema.sql")
BUSY_SECONDS = 60


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database at `path`, with its folder and raw tables made if missing.

    Raises OSError or sqlite3.Error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        database.execute("pragma temp_store = memory")
        database.execute("pragma foreign_keys = on")
        database.executescript(SCHEMA.read_text())
    except sqlite3.Error:
        database.close()
        raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock; commit at the end, roll back on any error."""
    database.execute("begin immediate")
    try:
        yield
        database.execute("commit")
    except BaseException:
        if database.in_transaction:
            database.execute("rollback")
        raise


def start_run(
    database: sqlite3.Connection,
    source: Source,
    window: Window | None,
    *,
    is_simulated: bool = False,
) -> int:
    """Enter a run of one source as running; returns its run_id.

    `window` is None for a source that is read whole.
    """
    since, until = window or (None, None)
    entry = database.execute(
        "insert into raw_pull_runs"
        " (source, since, until, started_at, state, is_simulated)"
        " values (?, ?, ?, ?, 'running', ?) returning run_id",
        (source, since, until, int(time.time()), is_simulated),
    )
    return int(entry.fetchone()[0])


def finish_run(
    database: sqlite3.Connection, run_id: int, state: State, message: str | None = None
) -> None:
    """Enter how a run ended; its row count is that of its windows."""
    database.execute(
        "update raw_pull_runs"
        " set state = :state, message = :message, ended_at = :ended_at, row_count = ("
        " select coalesce(sum(row_count), 0) from raw_pull_windows"
        " where run_id = :run_id)"
        " where run_id = :run_id",
        {
            "run_id": run_id,
            "state": state,
            "message": message,
            "ended_at": int(time.time()),
        },
    )


def record_window(
    database: sqlite3.Connection,
    run_id: int,
    window: Window,
    state: State,
    message: str | None = None,
    findings: Sequence[str] = (),
    row_count: int = 0,
) -> None:
    """Enter how one window of a run ended; with findings it is not done but partial."""
    lines = [*([message] if message else []), *findings]
    if findings and state == "done":
        state = "partial"
    database.execute(
        "insert into raw_pull_windows (run_id, source, window_from, window_until,"
        " state, row_count, message, recorded_at)"
        " select run_id, source, ?, ?, ?, ?, ?, ? from raw_pull_runs where run_id = ?",
        (*window, state, row_count, "; ".join(lines) or None, int(time.time()), run_id),
    )


def last_landed(database: sqlite3.Connection, source: Source) -> int | None:
    """The latest end of a window of `source` that landed rows; None before the first.

    A partial window counts: what it lacked, such as a value that is not a number,
    asking again would not bring. An empty one does not: a wrong selector looks so.
    """
    newest = database.execute(
        "select max(window_until) from raw_pull_windows"
        " where source = ? and state in ('done', 'partial')"
        " and row_count > 0",
        (source,),
    ).fetchone()
    return None if newest[0] is None else int(newest[0])


def first_failed(database: sqlite3.Connection, source: Source) -> int | None:
    """The earliest start of a window of `source` that failed and has not landed since.

    What comes after the start has landed with it, or has a failure of its own. None
    when there is none; a failed forecast, which covers no time, is none.
    """
    earliest = database.execute(
        "select min(failed.window_from) from raw_pull_windows as failed"
        " where failed.source = ? and failed.state = 'failed'"
        " and failed.window_from < failed.window_until and not exists ("
        " select 1 from raw_pull_windows as later"
        " where later.source = failed.source and later.state <> 'failed'"
        " and later.window_id > failed.window_id"
        " and later.window_from <= failed.window_from"
        " and later.window_until > failed.window_from)",
        (source,),
    ).fetchone()
    return None if earliest[0] is None else int(earliest[0])


def holds_simulated(database: sqlite3.Connection) -> bool:
    """Whether simulated rows were ever landed, or begun to be."""
    return _has_run(database, is_simulated=True)


def holds_real(database: sqlite3.Connection) -> bool:
    """Whether a real source was ever pulled, or begun to be."""
    return _has_run(database, is_simulated=False)


def _has_run(database: sqlite3.Connection, *, is_simulated: bool) -> bool:
    found = database.execute(
        "select exists (select 1 from raw_pull_runs where is_simulated = ?)",
        (is_simulated,),
    ).fetchone()
    return bool(found[0])
