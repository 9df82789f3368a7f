"""Whether MongoDB can be read, and only read."""

import time
from collections.abc import Iterator
from typing import Any

from pymongo.errors import PyMongoError

from loaders.checks.findings import SECONDS_A_SOURCE, Finding, clock_finding
from loaders.clocks import skew_of_time
from loaders.errors import SourceError
from loaders.logins import unencrypted_mongo
from loaders.settings import MongoSettings
from loaders.sources.mongo import (
    PROJECTIONS,
    MongoDatabase,
    open_mongo,
    unverified,
)
from loaders.sources.mongo_failures import explained

AREA = "mongo"
OLDEST = (4, 2)
READING = {"read", "readAnyDatabase", "clusterMonitor"}
WRITES = {"insert", "update", "remove", "dropCollection"}
VERIFIED = "leave that out, and name a private CA's file by tlsCAFile"
LOST = "without it usage has no owner"


def check_mongo(settings: MongoSettings) -> Iterator[Finding]:
    """Yield what is found out about the server, its collections and the account."""
    uri = settings.uri.get_secret_value() if settings.uri else ""
    if (unsafe := unverified(uri)) is not None:
        yield Finding(AREA, "warn", unsafe, VERIFIED)
    if (readable := unencrypted_mongo(uri)) is not None:
        yield Finding(AREA, "warn", readable, "add tls=true to it")
    seconds = min(settings.timeout_seconds, SECONDS_A_SOURCE)
    try:
        with open_mongo(uri, settings.database or "", seconds) as database:
            yield from _found(database)
    except SourceError as error:
        yield Finding(AREA, "fail", str(error).removeprefix(f"{AREA}: "), LOST)
    except PyMongoError as error:
        said = explained(error).removeprefix(f"{AREA}: ")
        yield Finding(AREA, "fail", said, LOST)


def _found(database: MongoDatabase) -> Iterator[Finding]:
    admin = database.client.admin
    hello = admin.command("hello")
    asked_at = time.time()
    present = set(
        database.list_collection_names(nameOnly=True, authorizedCollections=True)
    )
    yield Finding(AREA, "ok", f"the server answers, and lists {database.name}")
    yield _version(admin.command("buildInfo"))
    yield clock_finding(AREA, skew_of_time(hello.get("localTime"), asked_at))
    for collection in PROJECTIONS:
        if collection not in present:
            yield Finding(
                AREA,
                "warn" if present & PROJECTIONS.keys() else "fail",
                f"no collection {collection} in {database.name}",
                "check mongo.database, and that the account may read it",
            )
        elif database[collection].find_one({}, {"_id": 1}) is None:
            yield Finding(
                AREA, "warn", f"{collection} is empty", "check mongo.database"
            )
        else:
            yield Finding(AREA, "ok", f"{collection} can be read")
    yield from _rights(admin)


def _version(told: dict[str, Any]) -> Finding:
    version = str(told.get("version"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return Finding(
            AREA, "fail", f"version {version}", f"upgrade it to {oldest} or newer"
        )
    return Finding(AREA, "ok", f"version {version}")


def _rights(admin: MongoDatabase) -> Iterator[Finding]:
    """What the account may do; nothing where the server does not say."""
    try:
        told = admin.command("connectionStatus", showPrivileges=True)
    except PyMongoError:
        return
    info = told.get("authInfo", {})
    allowed = {
        action
        for privilege in info.get("authenticatedUserPrivileges", [])
        for action in privilege.get("actions", [])
    }
    roles = {role.get("role") for role in info.get("authenticatedUserRoles", [])}
    # a role of the platform's own is judged by its actions, if the server tells them
    may_write = bool(roles - READING) and not (allowed and not allowed & WRITES)
    if not info.get("authenticatedUsers"):
        yield Finding(
            AREA,
            "warn",
            "reads without a login, so anyone can",
            "have the server ask for one, and give it in mongo.uri",
        )
    elif may_write:
        yield Finding(
            AREA,
            "warn",
            "the account may write",
            "give it the role read on this database, and no other",
        )
    else:
        yield Finding(AREA, "ok", "the account can only read")
