"""Hides people in what was read of MongoDB, before any of it lands."""

import sqlite3
from collections.abc import Mapping

from loaders.landing import rename_documents
from loaders.naming import landed_people
from loaders.people import people_of
from loaders.pseudonyms import Names
from loaders.rows import Collection
from loaders.sources.mongo import Reading

UNTOLD = (
    "mongo: groups: without members, while not all users could be read: left to the"
    " next pull, as their names may be people's"
)


def hide_people(
    database: sqlite3.Connection, names: Names, readings: Mapping[Collection, Reading]
) -> None:
    """Name people in all collections of a read as `names` does, and rows by them.

    Whom it names is told from all of it and from what has landed, so that groups, tags
    and ids that bear a person's name are known. Raises sqlite3.Error.
    """
    if not names.replace:
        return
    if names.are_keyed and not readings["users"].complete:
        _leave_out_untold(readings["groups"])
    people = people_of((one, reading.rows) for one, reading in readings.items())
    names = names.knowing(people, landed_people(database))
    for collection, reading in readings.items():
        landed = [names.document(collection, row) for row in reading.rows]
        renamed = {
            row["document_id"]: new["document_id"]
            for row, new in zip(reading.rows, landed, strict=True)
            if row["document_id"] != new["document_id"]
        }
        rename_documents(database, collection, renamed)
        reading.rows = landed
        reading.left_out = names.document_ids(reading.left_out)
        reading.findings = [names.text(line) for line in reading.findings]
        reading.remarks = [names.text(line) for line in reading.remarks]


def _leave_out_untold(groups: Reading) -> None:
    """Nobody tells whether a group without members is a person's own."""
    told = [row for row in groups.rows if row.get("members") != "[]"]
    if len(told) < len(groups.rows):
        groups.left_out |= {row["document_id"] for row in groups.rows} - {
            row["document_id"] for row in told
        }
        groups.rows = told
        groups.findings.append(UNTOLD)
