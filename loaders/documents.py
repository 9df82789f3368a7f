"""Which rows of a Mongo collection change when the collection is read again."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from loaders.rows import Collection, Document

Row = Mapping[str, Any]
TOLD_OF_HOST = ("hostname", "cloud_project_name", "machine_name")


class Span(NamedTuple):
    """Time that a change touches, None is open; of one host, where it is named."""

    since: int | None
    until: int | None
    hostname: str | None = None


class Change(NamedTuple):
    """A row before, None when the document is new, and after."""

    old: Row | None
    new: Row


def changes(
    collection: Collection,
    known: Mapping[str, Row],
    documents: Iterable[Document],
    *,
    complete: bool,
    left_out: Container[str] = (),
    now: int,
) -> Iterator[Change]:
    """Yield a change for each new, altered, returned or vanished document.

    `known` holds the landed rows by document_id. Only a complete read that holds
    any document shows that others vanished; ids that are `left_out` were read, too.
    """
    read = {document["document_id"]: document for document in documents}
    for document_id, document in read.items():
        old = known.get(document_id)
        new = _row(collection, document, old, now)
        if old is None or {**old, "landed_at": now} != new:
            yield Change(old, new)
    if complete and read:
        for document_id, old in known.items():
            is_there = document_id in read or document_id in left_out
            if not is_there and old["gone_at"] is None:
                yield Change(old, {**old, "gone_at": now, "landed_at": now})


def span(change: Change) -> Span:
    """The time of ownership that a changed workspace touches; None is open."""
    rows = [row for row in change if row is not None]
    begins = [_first(row, "acquired_time", "created_time") for row in rows]
    ends = [_first(row, "deleted_time", "deleted_seen_at", "gone_at") for row in rows]
    known_begins = [begin for begin in begins if begin is not None]
    known_ends = [end for end in ends if end is not None]
    return Span(
        min(known_begins) if len(known_begins) == len(rows) else None,
        max(known_ends) if len(known_ends) == len(rows) else None,
    )


def host_spans(change: Change, told_at: Mapping[str, int]) -> Iterator[Span]:
    """Yield the time for which each host that a document names is told of anew.

    `told_at` is when each host was first told of by documents that landed before. A new
    document of such a host counts from when it was first seen, one that does no more
    than go or return from when it was gone; any other change is of all time.
    """
    old, new = change
    hostname = new["hostname"]
    since = None
    if old is None:
        seen_at = new["first_seen_at"]
        since = seen_at if told_at.get(hostname, seen_at) < seen_at else None
    elif all(old[one] == new[one] for one in TOLD_OF_HOST):
        since = old["gone_at"] or new["gone_at"]
    elif old["hostname"] is not None and old["hostname"] != hostname:
        yield Span(None, None, old["hostname"])
    if hostname is not None:
        yield Span(since, None, hostname)


def hosts_told(known: Iterable[Row]) -> dict[str, int]:
    """When each host was first told of, by the name that documents give it."""
    told_at: dict[str, int] = {}
    for row in known:
        if row["cloud_project_name"] or row["machine_name"]:
            seen_at = row["first_seen_at"]
            hostname = row["hostname"]
            told_at[hostname] = min(told_at.get(hostname, seen_at), seen_at)
    return told_at


def _row(
    collection: Collection, document: Document, old: Row | None, now: int
) -> dict[str, Any]:
    row = {
        **document,
        "first_seen_at": now if old is None else old["first_seen_at"],
        "gone_at": None,
        "landed_at": now,
    }
    if collection == "workspaces":
        seen_at = None if old is None else old["deleted_seen_at"]
        if row["state"] != "DELETED":
            seen_at = None
        elif row["deleted_time"] is None:
            seen_at = seen_at or now
        row["deleted_seen_at"] = seen_at
    return row


def _first(row: Row, *columns: str) -> int | None:
    return next((row[name] for name in columns if row[name] is not None), None)
