"""Workspaces, users, groups and hosts of the cloud platform, read from its MongoDB.

Mongo → documents (only the fields that are used) → `mongo_rows` → rows. Read-only.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl

import pymongo
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from pymongo import ASCENDING, MongoClient
from pymongo.database import Database
from pymongo.errors import (
    ConnectionFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
)

from loaders.clocks import problem_of, skew_of_time
from loaders.errors import OutOfTime, SourceError
from loaders.retries import BACKOFF
from loaders.rows import Collection, Document
from loaders.sources.mongo_failures import NOT_MONGO, counted, explained
from loaders.sources.mongo_rows import (
    ROWS,
    MongoDocument,
    Remarks,
    UnfitDocument,
    document_id,
)

MongoDatabase = Database[dict[str, Any]]

UNVERIFIED = (
    "tlsInsecure",
    "tlsAllowInvalidCertificates",
    "tlsAllowInvalidHostnames",
)
BATCH_SIZE = 1000
ATTEMPTS = 3
CLOSING_SECONDS = 1.0
OPTIONAL = ("hosts",)
# what the driver raises on a reply without the fields that it takes for granted
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
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


class BrokenOff(SourceError):
    """A read that the connection did not outlast; it may be begun again."""


@dataclass
class Reading:
    """One collection as read.

    `findings` are lines on what was not read, or does not fit where nothing fits,
    `remarks` lines on what was left out of what was read. `complete` is whether every
    document of it was read: those that do not fit are `left_out`, by their ids.
    """

    rows: list[Document] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    complete: bool = True
    may_pass: bool = False
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def as_landed(self) -> str:
        """The rows as JSON: what came, but for what must not land."""
        return json.dumps(self.rows, ensure_ascii=False)


def unverified(uri: str) -> str | None:
    """A line on options of the URI by which any server is taken for the right one."""
    options = parse_qsl(uri.partition("?")[2].replace(";", "&"))
    given = {(name.lower(), value.lower()) for name, value in options}
    found = [option for option in UNVERIFIED if (option.lower(), "true") in given]
    if uri.startswith("mongodb+srv://"):
        found += [f"{one}=false" for one in ("tls", "ssl") if (one, "false") in given]
    if not found:
        return None
    return f"the server's certificate is not verified: {', '.join(found)} in mongo.uri"


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
            # with a time-out the driver would ask again as long as that lasts
            retryReads=False,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=milliseconds,
        )
        chosen = client.get_database(database, codec_options=CODEC_OPTIONS)
    except (PyMongoError, ValueError, TypeError) as error:
        raise SourceError(explained(error)) from None
    try:
        yield chosen
    finally:
        with pymongo.timeout(CLOSING_SECONDS):
            client.close()


def read_collections(
    database: MongoDatabase, deadline: float | None = None
) -> Iterator[tuple[Collection, Reading]]:
    """Read the four collections, one after the other.

    A read that breaks in the middle is begun again a few times; the last one keeps its
    rows and is not complete. At `deadline`, on the monotonic clock, all ends.
    Raises SourceError when nothing can be read at all.
    """

    def is_last(state: RetryCallState) -> bool:
        pause = BACKOFF(state)
        is_late = deadline is not None and time.monotonic() + pause >= deadline
        return is_late or state.attempt_number >= ATTEMPTS

    reading_again = Retrying(
        retry=retry_if_result(lambda reading: reading.may_pass),
        wait=BACKOFF,
        stop=is_last,
        retry_error_callback=_last_result,
    )
    listing_again = Retrying(
        retry=retry_if_exception_type(BrokenOff),
        stop=stop_after_attempt(2),
        reraise=True,
    )
    present = listing_again(_present, database, deadline)
    if not present & PROJECTIONS.keys():
        raise SourceError(
            f"mongo: database {database.name} has none of the collections"
            f" {', '.join(PROJECTIONS)}: check mongo.database"
        )
    for collection in PROJECTIONS:
        if collection in present:
            yield collection, reading_again(_read, database, collection, deadline)
        else:
            missing = [f"mongo: {collection}: no such collection in {database.name}"]
            is_optional = collection in OPTIONAL
            yield (
                collection,
                Reading(
                    complete=False,
                    findings=[] if is_optional else missing,
                    remarks=missing if is_optional else [],
                ),
            )


def fetch_documents(
    database: MongoDatabase, collection: Collection, deadline: float | None = None
) -> Iterator[MongoDocument]:
    """Yield the documents of a collection in batches, each with the used fields only.

    Raises SourceError, also in the middle.
    """
    projection = dict.fromkeys(PROJECTIONS[collection], 1)
    found = database[collection].find({}, projection, batch_size=BATCH_SIZE)
    found = found.sort("_id", ASCENDING)
    try:
        while True:
            with _in_time(database, deadline, f"mongo: {collection}"):
                document = next(found, None)
            if document is None:
                return
            if "_id" not in document:
                raise SourceError(f"mongo: {collection}: {NOT_MONGO}")
            yield document
    except ConnectionFailure as error:
        raise BrokenOff(explained(error, collection)) from None
    except (PyMongoError, BSONError) as error:
        raise SourceError(explained(error, collection)) from None
    except MALFORMED:
        raise SourceError(f"mongo: {collection}: {NOT_MONGO}") from None


def _present(database: MongoDatabase, deadline: float | None) -> set[str]:
    """The collections there are, of a server whose clock is right."""
    try:
        with _in_time(database, deadline, "mongo"):
            told = database.client.admin.command("hello").get("localTime")
        if problem := problem_of(skew_of_time(told, time.time())):
            raise SourceError(f"mongo: {problem}")
        with _in_time(database, deadline, "mongo"):
            return set(
                database.list_collection_names(
                    nameOnly=True, authorizedCollections=True
                )
            )
    except ServerSelectionTimeoutError as error:
        raise SourceError(explained(error)) from None
    except ConnectionFailure as error:
        raise BrokenOff(explained(error)) from None
    except (PyMongoError, BSONError) as error:
        raise SourceError(explained(error)) from None
    except MALFORMED:
        raise SourceError(f"mongo: {NOT_MONGO}") from None


@contextmanager
def _in_time(
    database: MongoDatabase, deadline: float | None, where: str
) -> Iterator[None]:
    """A question within ends with the client's time-out, and not after `deadline`."""
    seconds: float = database.client.options.server_selection_timeout
    if deadline is not None:
        seconds = min(seconds, deadline - time.monotonic())
    if seconds <= 0:
        raise OutOfTime(f"{where}: the time for this source is up")
    with pymongo.timeout(seconds):
        yield


def _read(
    database: MongoDatabase, collection: Collection, deadline: float | None
) -> Reading:
    reading = Reading()
    rejected: dict[str, list[str]] = {}
    remarked: dict[str, list[str]] = {}
    try:
        for document in fetch_documents(database, collection, deadline):
            identifier = document_id(document)
            remarks: Remarks = []
            try:
                reading.rows.append(ROWS[collection](document, remarks))
            except UnfitDocument as unfit:
                rejected.setdefault(str(unfit), []).append(identifier)
                reading.left_out.add(identifier)
            for remark in remarks:
                remarked.setdefault(remark, []).append(identifier)
    except SourceError as error:
        reading.findings.append(str(error))
        reading.complete = False
        reading.may_pass = isinstance(error, BrokenOff)
    # that one is misshapen alarms nobody; where none fits, all have another shape
    lines = reading.remarks if reading.rows else reading.findings
    for problem, ids in rejected.items():
        lines.append(counted(collection, f"{problem}, left out", ids))
    for remark, ids in remarked.items():
        reading.remarks.append(counted(collection, remark, ids))
    return reading


def _last_result(state: RetryCallState) -> Reading:
    assert state.outcome is not None
    reading: Reading = state.outcome.result()
    return reading
