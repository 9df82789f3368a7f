"""What may destroy rows: a short list, and nothing else in the code does.

What a pull really deletes is watched in tests/loaders/test_deletions.py.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# how SQL, a template or a format string spells what a statement is about
NAME = r"""(?:[\w.$]|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|\{+[^}]*\}+)+"""
DESTRUCTIVE = re.compile(
    rf"(?P<what>\bdelete\s+from"
    r"|\bdrop\s+(?:table|view|index|column|trigger|schema|database|\{\{[^}]*\}\})"
    r"(?:\s+if\s+exists)?"
    r"|\bupdate\s+or\s+\w+|\binsert\s+or\s+replace\s+into|\breplace\s+into"
    r"|\binsert\s+overwrite(?:\s+table|\s+into)?|\bmerge\s+into"
    r"|\bcreate\s+or\s+replace\s+table"
    rf"|\balter\s+table(?=\s+{NAME}\s+(?:rename|drop)\b)"
    r"|\btruncate(?:\s+table)?"
    rf"|\bupdate(?=\s+(?!set\b){NAME}(?:\s+(?:as\s+)?(?!set\b)\w+)?\s+set\b))"
    rf"\s*(?P<of>(?:{NAME}|[ ])+)?",
    re.IGNORECASE,
)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
# of sqlite-utils: a transformed table is a new one, the old is dropped
METHODS = {"delete", "delete_where", "drop", "drop_view", "transform", "truncate"}
WEB = ("serving", "web/plugins")
# where, what, of which table: each with the reason why it may, and how often
ALLOWED = Counter(
    [
        # temporary tables, emptied before they are filled
        ("loaders/changes.py", "delete from", "changed_instants"),
        ("loaders/landing.py", "delete from", "staged_slots"),
        ("loaders/samples.py", "delete from", "staged_samples"),
        ("macros/sqlite/fill_aside.sql", "drop table if exists", "{{ aside }}"),
        # views and tables that a build makes anew; durable models never come here
        (
            "macros/sqlite/drop_relation.sql",
            "drop {{ relation.type }} if exists",
            "{{ relation }}",
        ),
        # a handful of settings, written anew in the same transaction
        ("loaders/landing.py", "delete_where", ""),
        ("loaders/naming.py", "update", "raw_naming set key_check"),
        # a document whose id named a person goes on under the id it lands as now
        (
            "loaders/landing.py",
            "update or ignore",
            "raw_mongo_{collection} set document_id",
        ),
        # a run ends, or is found to have been killed
        ("loaders/ledger.py", "update", "raw_pull_runs set state"),
        ("loaders/ledger.py", "update", "raw_pull_runs set state"),
        # answers after 14 days: of sources, and of AI providers those in the history
        ("loaders/snapshots.py", "delete from", "raw_snapshots where unixepoch"),
        ("loaders/snapshots.py", "delete from", "raw_snapshots where unixepoch"),
        # samples and scrapes of hours that are built, copied and frozen; on command
        ("loaders/pruning.py", "delete from", "{table} where series_id"),
        ("loaders/pruning.py", "delete from", "kept"),
        ("loaders/pruning.py", "delete from", "late"),
        ("loaders/pruning.py", "update", "raw_prunings set sample_count"),
        # a person's id and name, and nothing else of a row; on command
        ("loaders/forgetting.py", "update", "raw_mongo_users set document_id"),
        ("loaders/forgetting.py", "update", "{_quoted(table)} set {column}"),
        ("loaders/forgetting.py", "update", "{_quoted(table)} set {one}"),
        # the journal, once all of it is in the file
        ("loaders/forget.py", "truncate", ""),
        ("loaders/forget.py", "truncate", ""),
        # rows of a durable model that its inputs no longer give; revisions keep them
        ("macros/sqlite/remove_vanished_sql.sql", "delete from", "{{ relation }}"),
    ]
)


def destructive(text: str) -> list[tuple[str, str]]:
    """What in SQL, or in text with SQL in it, destroys rows, and of which table."""
    return [
        (" ".join(match["what"].lower().split()), (match["of"] or "").strip().lower())
        for match in DESTRUCTIVE.finditer(COMMENT.sub(" ", text))
    ]


def destructive_python(source: str) -> list[tuple[str, str]]:
    """The same of a module: in its strings, however put together, and its calls."""
    tree = ast.parse(source)
    found = [one for text in _texts(tree) for one in destructive(text)]
    return found + [
        (node.func.attr, "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in METHODS
    ]


def _texts(node: ast.AST) -> Iterator[str]:
    """Every string below, with what is put into it as `{expression}`."""
    text = _text(node)
    if text is None:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)
    else:
        yield text


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(_text(value) or "" for value in values)
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            sides = [_text(left), _text(right)]
            if sides != [None, None]:
                return "".join("{}" if side is None else side for side in sides)
    return None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DELETE\n  FROM raw_pull_runs", [("delete from", "raw_pull_runs")]),
        ("drop table if exists x", [("drop table if exists", "x")]),
        ("drop {{ a.type }} x", [("drop {{ a.type }}", "x")]),
        ("insert or replace into dim_user", [("insert or replace into", "dim_user")]),
        ("Truncate Table x", [("truncate table", "x")]),
        ("update raw_x set value = 0", [("update", "raw_x set value")]),
        ("on conflict (x) do update set y = 1", []),
        ("on conflict (x) do update\n    set y = 1", []),
        ("insert into x select * from y where deleted_at is null", []),
        ("create table if not exists x (y text)", []),
        ('update "raw_x" set y = 1', [("update", '"raw_x" set y')]),
        ("update main.raw_x set y = 1", [("update", "main.raw_x set y")]),
        ("update raw_x as old set y = 1", [("update", "raw_x as old set y")]),
        ("update raw_x old set y = 1", [("update", "raw_x old set y")]),
        ("update or rollback raw_x set y", [("update or rollback", "raw_x set y")]),
        ("delete /* all */ from raw_x", [("delete from", "raw_x")]),
        ("delete -- all\nfrom raw_x", [("delete from", "raw_x")]),
        ("delete from [raw x]", [("delete from", "[raw x]")]),
        ("alter table raw_x rename to y", [("alter table", "raw_x rename to y")]),
        ("alter table raw_x drop y", [("alter table", "raw_x drop y")]),
        ("alter table raw_x add column y", []),
        ("create or replace table raw_x", [("create or replace table", "raw_x")]),
        ("merge into raw_x using y", [("merge into", "raw_x using y")]),
        ("insert overwrite table raw_x", [("insert overwrite table", "raw_x")]),
    ],
)
def test_what_destroys_is_found(text: str, found: list[tuple[str, str]]) -> None:
    assert destructive(text) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("run('delete ' 'from raw_x')", [("delete from", "raw_x")]),
        ("run('drop ' + 'table ' + name)", [("drop table", "{}")]),
        ("run(f'delete from {name} where x')", [("delete from", "{name} where x")]),
        ("table.delete_where()", [("delete_where", "")]),
        ("table.delete_where(); a.delete(1)", [("delete_where", ""), ("delete", "")]),
        ("table.drop()", [("drop", "")]),
        ("table.transform(drop={'x'})", [("transform", "")]),
        ("headers.update({'a': 'b'})", []),
    ],
)
def test_what_destroys_is_found_in_python(
    source: str, found: list[tuple[str, str]]
) -> None:
    assert destructive_python(source) == found


def test_nothing_destroys_rows_but_what_is_said_here() -> None:
    files = [
        *(ROOT / "dbt_project.yml", ROOT / "profiles.example.yml"),
        *(
            file
            for folder in (*("loaders", "macros", "models", "analyses", "seeds"), *WEB)
            for file in sorted((ROOT / folder).rglob("*"))
            if file.suffix in (".py", ".sql", ".yml")
        ),
    ]
    found = Counter(
        (str(file.relative_to(ROOT)), *statement)
        for file in files
        for statement in (
            destructive_python(file.read_text())
            if file.suffix == ".py"
            else destructive(file.read_text())
        )
    )
    assert found == ALLOWED
