"""Lines on what could not be read of MongoDB, without any of the URI."""

import re

from bson.errors import BSONError
from pymongo.errors import ConnectionFailure, OperationFailure, ProtocolError

from loaders.rows import Collection

NOT_MONGO = "the answer is not MongoDB's: check mongo.uri and the server"
OBJECT_ID = re.compile("[0-9a-f]{24}")


def explained(error: Exception, collection: Collection | None = None) -> str:
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
    if isinstance(error, ProtocolError):
        return f"{where}: {NOT_MONGO}"
    if isinstance(error, BSONError):
        return f"{where}: a document is not readable BSON; repair it and pull again"
    return (
        f"{where}: mongo.uri or mongo.database cannot be used"
        f" ({type(error).__name__}): is the password percent-encoded?"
    )


def counted(collection: Collection, what: str, ids: list[str]) -> str:
    """One line on how many documents are so, and the first of them by its id."""
    line = f"mongo: {collection}: {what}: {len(ids)}"
    if collection in ("users", "groups") and not OBJECT_ID.fullmatch(ids[0]):
        # it may be a person's name
        return line
    first = f"document {ids[0]}" if len(ids) == 1 else f"first document {ids[0]}"
    return f"{line} ({first})"
