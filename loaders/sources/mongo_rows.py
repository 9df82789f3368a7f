"""Rows from the platform's Mongo documents.

E-mail addresses are never passed on: whatever text holds an `@` is left out. What was
left out of a row or changed is added to `remarks`, one line each, without the value.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from loaders.redaction import holds_address
from loaders.rows import Collection, Document, Group, Host, User, Workspace
from loaders.texts import LONGEST, landable

MongoDocument = Mapping[str, Any]
Remarks = list[str]


class UnfitDocument(Exception):
    """A document that cannot become a row; the text says which field and why."""


def workspace_row(document: MongoDocument, remarks: Remarks) -> Workspace:
    """The row of a workspace. Raises UnfitDocument."""
    parameters = document.get("parameters")
    if parameters is None:
        parameters = {}
    if not isinstance(parameters, Mapping):
        raise UnfitDocument("parameters is no object")
    row = Workspace(
        document_id=document_id(document),
        hostname=_text(document, "hostname", remarks),
        owner=_text(document, "owner", remarks),
        state=_text(document, "state", remarks),
        tag=_text(document, "tag", remarks),
        created_time=_instant(document, "created_time"),
        acquired_time=_instant(document, "acquired_time"),
        deleted_time=_instant(document, "deleted_time"),
        users=_names(parameters, "users", remarks),
    )
    if row["state"] == "CLAIMED" and not document.get("owner"):
        remarks.append("CLAIMED without owner, landed unowned")
    return row


def user_row(document: MongoDocument, remarks: Remarks) -> User:
    """The row of a user. Raises UnfitDocument."""
    return User(
        document_id=document_id(document),
        platform_name=_text(document, "platform_name", remarks),
        name=_text(document, "name", remarks),
        uid=_number_text(document, "uid", remarks),
        gid=_number_text(document, "gid", remarks),
    )


def group_row(document: MongoDocument, remarks: Remarks) -> Group:
    """The row of a group. Raises UnfitDocument."""
    return Group(
        document_id=document_id(document),
        name=_text(document, "name", remarks),
        gid=_number_text(document, "gid", remarks),
        type=_text(document, "type", remarks),
        members=_names(document, "members", remarks),
    )


def host_row(document: MongoDocument, remarks: Remarks) -> Host:
    """The row of a host. Raises UnfitDocument."""
    return Host(
        document_id=document_id(document),
        hostname=_text(document, "hostname", remarks),
        cloud_project_name=_text(document, "cloud_project_name", remarks),
        machine_name=_text(document, "machine_name", remarks),
    )


ROWS: dict[Collection, Callable[[MongoDocument, Remarks], Document]] = {
    "workspaces": workspace_row,
    "users": user_row,
    "groups": group_row,
    "hosts": host_row,
}


def document_id(document: MongoDocument) -> str:
    """The `_id` as text; a digest of it where it holds an e-mail address."""
    identifier = document["_id"]
    text = identifier.hex() if isinstance(identifier, bytes) else str(identifier)
    if holds_address(text):
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return landable(text)


def _text(document: MongoDocument, name: str, remarks: Remarks) -> str | None:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise UnfitDocument(f"{name} is no text")
    if value and holds_address(value):
        remarks.append(f"{name} looks like an e-mail address, not landed")
        return None
    return _landable(value, name, remarks) if value else None


def _landable(value: str, name: str, remarks: Remarks) -> str:
    landed = landable(value)
    if landed != value:
        remarks.append(f"{name} has NUL or over {LONGEST} characters, landed changed")
    return landed


def _number_text(document: MongoDocument, name: str, remarks: Remarks) -> str | None:
    value = document.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(document, name, remarks)


def _names(document: MongoDocument, name: str, remarks: Remarks) -> str:
    """A JSON list of names from a list of strings, or of objects that hold one."""
    entries = document.get(name)
    if entries is not None and not isinstance(entries, list):
        raise UnfitDocument(f"{name} is no list")
    names = []
    for entry in entries or []:
        found = [one for one in _candidates(entry) if isinstance(one, str) and one]
        clean = [one for one in found if not holds_address(one)]
        if clean:
            names.append(_landable(clean[0], f"an entry of {name}", remarks))
        elif found:
            remarks.append(
                f"an entry of {name} looks like an e-mail address, not landed"
            )
        else:
            remarks.append(f"an entry of {name} holds no name, not landed")
    return json.dumps(names, ensure_ascii=False)


def _candidates(entry: object) -> list[object]:
    if isinstance(entry, Mapping):
        return [entry.get(key) for key in ("platform_name", "username", "name")]
    return [entry]


def _instant(document: MongoDocument, name: str) -> int | None:
    """A BSON date or ISO text as epoch seconds; as in Mongo, no zone means UTC."""
    value = document.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnfitDocument(f"{name} is no date") from None
    if not isinstance(value, datetime):
        raise UnfitDocument(f"{name} is no date")
    instant = value if value.tzinfo else value.replace(tzinfo=UTC)
    if instant.timestamp() < 0:
        raise UnfitDocument(f"{name} is before 1970")
    return int(instant.timestamp())
