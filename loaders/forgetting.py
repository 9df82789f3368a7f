"""Replaces a person's name by a pseudonym wherever the database holds it.

Which columns name people is told from their names, in every table, also in those that
dbt made: a new model needs nothing here.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from typing import cast

from loaders.mentions import in_texts
from loaders.naming import is_forgotten, note_forgotten
from loaders.people import SHORTEST_WORD, People, people_of, replaced, words_in
from loaders.pseudonyms import Names
from loaders.rows import Collection, Document

NAME = re.compile(r"(\w+_)?user_id|owner|platform_name|account_name")
BEARING = re.compile(r"(\w+_)?group_name|workspace_(key|document_id)|tag")
LIST = re.compile(r"users|(\w+_)?members|(\w+_)?(user|member)_ids")
LABELS = re.compile(r"(\w+_)?labels")
TEXT = re.compile(r"(\w+_)?(message|json)")

NAMING_PEOPLE: tuple[Collection, ...] = ("users", "workspaces", "groups")

Change = Callable[[str], str]


class AlreadyForgotten(Exception):
    """The name is the pseudonym of someone who was forgotten."""


def forget_person(
    database: sqlite3.Connection, names: Names, name: str, now: int
) -> Counter[str]:
    """Replace `name`, as it landed, within a transaction; returns how often by table.

    It is noted as forgotten, so that no pull brings it back. No row comes or goes, no
    figure changes. No table is returned where nobody is named so. Raises
    AlreadyForgotten; sqlite3.Error, also when references would break.
    """
    if is_forgotten(database, name):
        raise AlreadyForgotten(f"{name} is the pseudonym of one who is forgotten")
    database.execute("pragma defer_foreign_keys = on")
    broken = _broken_references(database)
    pseudonym = names.salted(name)
    words = [name, *_other_words(database, name)]
    people = people_in(database)
    _change_documents(database, names, name)
    changed = Counter[str]()
    for table, column, change in _changes(database, name, pseudonym):
        changed[table] += _rewrite(database, table, column, change, holding=name)
    if +changed:
        in_name = _in_name(name, pseudonym, people)
        for table, column in _bearing(database):
            changed[table] += _rewrite(database, table, column, in_name)
        in_text = in_texts(words, pseudonym, in_name, _is_of_people(database))
        for table, column in _columns(database, TEXT):
            changed[table] += _rewrite(database, table, column, in_text)
        note_forgotten(database, pseudonym, now)
    if _broken_references(database) != broken:
        raise sqlite3.IntegrityError("references would break")
    return +changed


def _changes(
    database: sqlite3.Connection, name: str, pseudonym: str
) -> Iterator[tuple[str, str, Change]]:
    """Each column that names people, and what becomes of its texts."""
    host_label = _label(database, "host")
    for pattern, change in (
        (NAME, _of_one(name, pseudonym)),
        (LIST, _in_list(name, pseudonym)),
        (LABELS, _in_labels(name, pseudonym, host_label)),
    ):
        for table, column in _columns(database, pattern):
            yield table, column, change
    for table, column in _bearing(database):
        yield table, column, _of_one(name, pseudonym)


def _bearing(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Columns whose texts may hold a name: of groups and workspaces, and their ids."""
    yield from _columns(database, BEARING)
    yield from (("raw_mongo_groups", one) for one in ("document_id", "name"))
    yield "raw_mongo_workspaces", "document_id"


def people_in(database: sqlite3.Connection) -> People:
    """Everybody whom the documents name. Raises sqlite3.Error."""
    return people_of(
        (collection, _documents(database, collection)) for collection in NAMING_PEOPLE
    )


def _documents(
    database: sqlite3.Connection, collection: Collection
) -> Iterator[Document]:
    found = database.execute(f"select * from raw_mongo_{collection}")  # noqa: S608
    columns = [column for column, *_ in found.description]
    for values in found:
        yield cast(Document, dict(zip(columns, values, strict=True)))


def _other_words(database: sqlite3.Connection, name: str) -> Iterator[str]:
    """What else a text may call a person: display name and key of the document."""
    found = database.execute(
        "select name, document_id from raw_mongo_users where platform_name = ?", (name,)
    )
    for row in found:
        yield from (word for word in row if word and len(word) >= SHORTEST_WORD)


def _change_documents(database: sqlite3.Connection, names: Names, name: str) -> None:
    """Take from the person's documents what landing would leave out from now on."""
    found = database.execute(
        "select document_id from raw_mongo_users where platform_name = ?", (name,)
    ).fetchall()
    for (document_id,) in found:
        database.execute(
            "update raw_mongo_users set document_id = ?, name = null, uid = null"
            " where document_id = ?",
            (names.salted(document_id), document_id),
        )
    for table, column in _columns(database, re.compile("display_name")):
        database.execute(
            f"update {_quoted(table)} set {column} = null where user_id = ?",  # noqa: S608
            (name,),
        )


def _rewrite(
    database: sqlite3.Connection,
    table: str,
    column: str,
    change: Change,
    *,
    holding: str = "",
) -> int:
    """Change the texts of a column that hold a name, by a function SQLite calls."""
    one = _quoted(column)
    database.create_function("rewritten", 1, lambda text: text and change(text))
    return database.execute(
        f"update {_quoted(table)} set {one} = rewritten({one})"  # noqa: S608
        f" where (instr({one}, ?) > 0 or instr({one}, ?) > 0)"
        f" and rewritten({one}) is not {one}",
        (holding, json.dumps(holding, ensure_ascii=False)[1:-1]),
    ).rowcount


def _of_one(name: str, pseudonym: str) -> Change:
    return lambda text: pseudonym if text == name else text


def _in_name(name: str, pseudonym: str, people: People) -> Change:
    """As `Names.text`."""

    def landed(called: str) -> str | None:
        user_id = people.ids.get(called.casefold())
        if name in (called, user_id):
            return pseudonym
        return None if user_id is None else called

    most_words = max(people.most_words, words_in(name))
    return lambda text: replaced(text, landed, most_words)


def _in_list(name: str, pseudonym: str) -> Change:
    def change(text: str) -> str:
        items = json.loads(text)
        if name not in items:
            return text
        renamed = [pseudonym if one == name else one for one in items]
        return json.dumps(renamed, ensure_ascii=False)

    return change


def _in_labels(name: str, pseudonym: str, host_label: str) -> Change:
    """As `Names.labels`: the host's label is no person's."""

    def change(text: str) -> str:
        labels = json.loads(text)
        renamed = {
            label: pseudonym if value == name and label != host_label else value
            for label, value in labels.items()
        }
        return text if labels == renamed else json.dumps(renamed, ensure_ascii=False)

    return change


def _columns(
    database: sqlite3.Connection, pattern: re.Pattern[str]
) -> list[tuple[str, str]]:
    """Tables and their columns whose names match."""
    found = database.execute(
        "select tables.name, columns.name from sqlite_schema as tables"
        " join pragma_table_info(tables.name) as columns"
        " where tables.type = 'table' and tables.name not like 'sqlite_%'"
        " order by 1, 2"
    )
    return [(table, column) for table, column in found if pattern.fullmatch(column)]


def _is_of_people(database: sqlite3.Connection) -> Callable[[str], bool]:
    """Whether a key of JSON, or a label, says who somebody is."""
    user_label = _label(database, "user")

    def is_of_people(key: str) -> bool:
        return bool(key) and (key == user_label or NAME.fullmatch(key) is not None)

    return is_of_people


def _label(database: sqlite3.Connection, role: str) -> str:
    found = database.execute(
        "select label_name from raw_prometheus_label_names where role = ?", (role,)
    ).fetchone()
    return found[0] if found else ""


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _broken_references(database: sqlite3.Connection) -> int:
    found = database.execute("select count(*) from pragma_foreign_key_check")
    return int(found.fetchone()[0])
