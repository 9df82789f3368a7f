"""How people's names land: as they are, as pseudonyms, or forgotten.

`Names` is the one rule, for labels as for documents, so that attribution and grouping
work. No mapping is kept: a pseudonym is a keyed hash, and of whom was forgotten the
database holds a slow salted hash, which can only be compared.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from loaders.rows import Collection, Document
from loaders.settings import Labels

PREFIX = "user-"
DIGITS = 16


class Names:
    """Names as they land, of people whom `key` hides and of whom were forgotten.

    Without a key names stay as they are. `forgotten` holds the pseudonyms of whom were
    forgotten, which were made with `salt`.
    """

    def __init__(
        self,
        key: bytes | None = None,
        salt: bytes = b"",
        forgotten: Iterable[str] = (),
    ) -> None:
        self._key = key
        self._salt = salt
        self._forgotten = frozenset(forgotten)
        self._seen: dict[str, str] = {}

    @property
    def replace(self) -> Callable[[str], str] | None:
        """`of`, or None when it would change nothing."""
        return self.of if self._key or self._forgotten else None

    def of(self, name: str) -> str:
        """A person's name as it lands."""
        return self._unless_forgotten(self.keyed(name))

    def keyed(self, name: str) -> str:
        """A person's name as it lands unless it is forgotten."""
        if self._key is None:
            return name
        return (
            PREFIX + hmac.new(self._key, name.encode(), "sha256").hexdigest()[:DIGITS]
        )

    def salted(self, name: str) -> str:
        """The pseudonym of a name that has landed and is to be forgotten.

        It takes milliseconds: a pull bears that for each name, who tries all names that
        there may be does not.
        """
        salted = hashlib.scrypt(
            name.encode(), salt=self._salt, n=2**10, r=8, p=1, dklen=DIGITS // 2
        )
        return PREFIX + salted.hex()

    def labels(self, labels: Mapping[str, str], names: Labels) -> dict[str, str]:
        """The labels of a series: the user's as a person's name.

        Others hide whom were forgotten, but for the host's, which is no person's.
        """
        if not self.replace:
            return dict(labels)
        return {
            label: value
            if label == names.host
            else (
                self.of(value) if label == names.user else self._unless_forgotten(value)
            )
            for label, value in labels.items()
        }

    def document(self, collection: Collection, document: Document) -> Document:
        """A document, of which all that names people does so as it lands."""
        row = cast(dict[str, Any], document)
        changed: dict[str, Any] = {}
        if self.replace and collection == "workspaces":
            changed = {
                "owner": row["owner"] and self.of(row["owner"]),
                "users": self._list(row["users"]),
            }
        elif self.replace and collection == "groups":
            changed = self._group(row)
        elif self.replace and collection == "users":
            changed = self._person(row)
        return cast(Document, {**row, **changed})

    def document_ids(self, ids: Iterable[str]) -> set[str]:
        """All that documents of these ids may be called once they have landed."""
        landed = {known for one in ids for known in (one, self.keyed(one))}
        if self._forgotten:
            landed |= {self.salted(one) for one in landed}
        return landed

    def _group(self, row: Mapping[str, Any]) -> dict[str, Any]:
        members = json.loads(row["members"])
        # a group of one's own bears one's name
        named = {
            column: self.of(row[column])
            if row[column] in members
            else row[column] and self._unless_forgotten(row[column])
            for column in ("document_id", "name")
        }
        return {**named, "members": self._list(row["members"]), "gid": self._gid(row)}

    def _person(self, row: Mapping[str, Any]) -> dict[str, Any]:
        landed = row["platform_name"] and self.of(row["platform_name"])
        is_forgotten = landed in self._forgotten
        if not is_forgotten and self._key is None:
            return {}
        document_id = self.keyed(row["document_id"])
        return {
            "document_id": self.salted(document_id) if is_forgotten else document_id,
            "platform_name": landed,
            "name": None,
            "uid": None,
            "gid": self._gid(row),
        }

    def _gid(self, row: Mapping[str, Any]) -> str | None:
        """A group of one's own often has one's uid for its gid."""
        return row["gid"] and self.keyed(row["gid"])

    def _list(self, names: str) -> str:
        landed = [self.of(name) for name in json.loads(names)]
        return json.dumps(landed, ensure_ascii=False)

    def _unless_forgotten(self, name: str) -> str:
        if not self._forgotten:
            return name
        if name not in self._seen:
            salted = self.salted(name)
            self._seen[name] = salted if salted in self._forgotten else name
        return self._seen[name]
