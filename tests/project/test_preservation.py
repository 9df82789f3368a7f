"""What may destroy rows: a short list, and nothing else in the code does."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DESTRUCTIVE = re.compile(
    r"(?P<what>\bdelete\s+from|\bdrop\s+(?:table|view|index|column)(?:\s+if\s+exists)?"
    r"|\bupdate\s+or\s+replace|\binsert\s+or\s+replace\s+into|\breplace\s+into"
    r"|\btruncate(?:\s+table)?|\bdelete_where\b|\.drop(?:_view)?\()"
    r"\s*(?P<of>[\w{][\w{}. ]*)?",
    re.IGNORECASE,
)
# where, what, of which table: each with the reason why it may
ALLOWED = {
    # temporary tables, emptied before they are filled
    ("loaders/changes.py", "delete from", "changed_instants"),
    ("loaders/landing.py", "delete from", "staged_slots"),
    ("loaders/samples.py", "delete from", "staged_samples"),
    ("macros/sqlite/fill_aside.sql", "drop table if exists", "{{ aside }}"),
    # a handful of settings, written anew in the same transaction
    ("loaders/landing.py", "delete_where", ""),
    # answers kept for debugging, after 14 days
    ("loaders/snapshots.py", "delete from", "raw_snapshots where unixepoch"),
    # samples and scrapes of hours that are built, copied and frozen; on command
    ("loaders/pruning.py", "delete from", "{table} where series_id"),
    ("loaders/pruning.py", "delete from", "kept"),
    # the journal, once all of it is in the file
    ("loaders/forget.py", "truncate", ""),
    # rows of a durable model that its inputs no longer give; revisions keep them
    ("macros/sqlite/remove_vanished_sql.sql", "delete from", "{{ relation }}"),
}


def destructive(text: str) -> list[tuple[str, str]]:
    """What in `text` destroys rows, and of which table, in lower case."""
    return [
        (" ".join(match["what"].lower().split()), (match["of"] or "").strip().lower())
        for match in DESTRUCTIVE.finditer(text)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DELETE\n  FROM raw_pull_runs", [("delete from", "raw_pull_runs")]),
        ("drop table if exists x", [("drop table if exists", "x")]),
        ("insert or replace into dim_user", [("insert or replace into", "dim_user")]),
        ("Truncate Table x", [("truncate table", "x")]),
        ("table.delete_where()", [("delete_where", "")]),
        ("table.drop()", [(".drop(", "")]),
        ("insert into x select * from y where deleted_at is null", []),
    ],
)
def test_what_destroys_is_found(text: str, found: list[tuple[str, str]]) -> None:
    assert destructive(text) == found


def test_nothing_destroys_rows_but_what_is_said_here() -> None:
    files = [
        file
        for folder in ("loaders", "macros", "models", "analyses")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", ".sql", ".yml") and "target" not in file.parts
    ]
    found = {
        (str(file.relative_to(ROOT)), *statement)
        for file in files
        for statement in destructive(file.read_text())
    }
    assert found == ALLOWED
