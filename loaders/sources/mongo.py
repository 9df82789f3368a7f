"""Workspaces, users, groups and hosts of the cloud platform, read from its MongoDB.

Mongo → documents (only the fields that are used) → `mongo_rows` → rows. Read-only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from pymongo import ASCENDING, MongoClient
from pymongo.database import Database
from pymongo.errors import (
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
)

from loaders.errors import SourceError
from loaders.rows import Collection, Document
from loaders.sources.mongo_rows import (
    ROWS,
    MongoDocument,
    Remarks,
    UnfitDocument,
    document_id,
)

MongoDatabase = Database[dict[str, Any]]

BATCH_SIZE = 1000
CODEC_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    tzinfo=UTC,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    unicode_decode_error_handler="replace",
)
PROJECTIONS: dict[Collection, tuple[str, ...]] = {
    "workspaces": (
        "hostname",
        "owner",
        "state",
        "tag",
        "created_time",
        "acquired_time",
        "deleted_time",
        "parameters.users",
    ),
    "users": ("platform_name", "name", "uid", "gid"),
    "groups": ("name", "gid", "type", "members"),
    "hosts": ("hostname", "cloud_project_name", "machine_name"),
}


@dataclass
class Reading:
    """One collection as read.

    `findings` are lines on what was not read, `remarks` lines on what was read with
    something left out. `complete` is whether every document of it is in `rows`.
    """

    rows: list[Document] = field(default_factory=list)
    complete: bool = True
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@contextmanager
def open_mongo(
    uri: str, database: str, timeout_seconds: float
) -> Iterator[MongoDatabase]:
    """Connect for reading. Raises SourceError, which never shows the URI."""
    milliseconds = int(timeout_seconds * 1000)
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(
            uri,
            appname="ada-carbon",
            readPreference="secondaryPreferred",
            readConcernLevel="majority",
            retryWrites=False,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=milliseconds,
        )
        chosen = client.get_database(database, codec_options=CODEC_OPTIONS)
    except (PyMongoError, ValueError, TypeError) as error:
        raise SourceError(_explained(error)) from None
    with client:
        yield chosen


def read_collections(database: MongoDatabase) -> Iterator[tuple[Collection, Reading]]:
    """Read the four collections, one after the other.

    A read that breaks in the middle keeps its rows and is not complete. Raises
    SourceError when nothing can be read at all.
    """
    try:
        present = set(
            database.list_collection_names(nameOnly=True, authorizedCollections=True)
        )
    except PyMongoError as error:
        raise SourceError(_explained(error)) from None
    if not present & PROJECTIONS.keys():
        raise SourceError(
            f"mongo: database {database.name} has none of the collections"
            f" {', '.join(PROJECTIONS)}: check mongo.database"
        )
    for collection in PROJECTIONS:
        if collection in present:
            yield collection, _read(database, collection)
        else:
            missing = f"mongo: {collection}: no such collection in {database.name}"
            yield collection, Reading(complete=False, findings=[missing])


def fetch_documents(
    database: MongoDatabase, collection: Collection
) -> Iterator[MongoDocument]:
    """Yield the documents of a collection in batches, each with the used fields only.

    Raises SourceError, also in the middle.
    """
    projection = dict.fromkeys(PROJECTIONS[collection], 1)
    try:
        yield from (
            database[collection]
            .find({}, projection, batch_size=BATCH_SIZE)
            .sort("_id", ASCENDING)
        )
    except (PyMongoError, BSONError) as error:
        raise SourceError(_explained(error, collection)) from None


def _read(database: MongoDatabase, collection: Collection) -> Reading:
    reading = Reading()
    rejected: dict[str, list[str]] = {}
    remarked: dict[str, list[str]] = {}
    try:
        for document in fetch_documents(database, collection):
            identifier = document_id(document)
            remarks: Remarks = []
            try:
                reading.rows.append(ROWS[collection](document, remarks))
            except UnfitDocument as unfit:
                rejected.setdefault(str(unfit), []).append(identifier)
            for remark in remarks:
                remarked.setdefault(remark, []).append(identifier)
    except SourceError as error:
        reading.findings.append(str(error))
    for problem, ids in rejected.items():
        reading.findings.append(_counted(collection, f"{problem}, left out", ids))
    for remark, ids in remarked.items():
        reading.remarks.append(_counted(collection, remark, ids))
    reading.complete = not reading.findings
    return reading


def _counted(collection: Collection, what: str, ids: list[str]) -> str:
    first = f"document {ids[0]}" if len(ids) == 1 else f"first document {ids[0]}"
    return f"mongo: {collection}: {what}: {len(ids)} ({first})"


def _explained(error: Exception, collection: Collection | None = None) -> str:
    """One line on a driver's error, of whose text only what cannot hold the URI."""
    where = f"mongo: {collection}" if collection else "mongo"
    if isinstance(error, OperationFailure):
        name = (error.details or {}).get("codeName") or f"error {error.code}"
        if error.code in (13, 18):
            return f"{where}: {name}: check user and password in mongo.uri"
        return f"{where}: the server broke the read off: {name}; pull again"
    if isinstance(error, ConnectionFailure):
        reason = str(error).split(" (configured timeouts")[0].split(", Timeout: ")[0]
        return f"{where}: no connection: {reason}: check mongo.uri and the server"
    if isinstance(error, BSONError):
        return f"{where}: a document is not readable BSON; repair it and pull again"
    return (
        f"{where}: mongo.uri or mongo.database cannot be used"
        f" ({type(error).__name__}): is the password percent-encoded?"
    )
