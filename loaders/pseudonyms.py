"""How people's names land: as they are, as pseudonyms, or forgotten.

`Names` is the one rule, for labels as for documents, so that attribution and grouping
work. No mapping is kept: a pseudonym is a keyed hash, and of whom was forgotten the
database holds a slow salted hash, which can only be compared.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, cast

from loaders.people import NOBODY, People, replaced
from loaders.rows import Collection, Document
from loaders.settings import Labels

PREFIX = "user-"
DIGITS = 16
MOST_WORDS = 3


class Names:
    """Names as they land, of people whom `key` hides and of whom were forgotten.

    Without a key names stay as they are. `forgotten` holds the pseudonyms of whom were
    forgotten, which were made with `salt`. What names `people` is told also within
    other texts; so is who has `landed`, by the pseudonym.
    """

    def __init__(
        self,
        key: bytes | None = None,
        salt: bytes = b"",
        forgotten: Iterable[str] = (),
        people: People = NOBODY,
        landed: Container[str] = (),
    ) -> None:
        self._key = key
        self._salt = salt
        self._forgotten = frozenset(forgotten)
        self._people = people
        self._landed = landed
        self._seen: dict[str, str] = {}

    def knowing(self, people: People, landed: Container[str]) -> "Names":
        """The same rule, with people to be told in texts."""
        return Names(self._key, self._salt, self._forgotten, people, landed)

    @property
    def are_keyed(self) -> bool:
        """Whether all people land as pseudonyms."""
        return self._key is not None

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
                "document_id": self.text(row["document_id"]),
                "tag": row["tag"] and self.text(row["tag"], of_anybody=True),
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
        landed = {
            known
            for one in ids
            for known in (
                *(one, self.keyed(one)),
                *(self.text(one), self.text(one, of_anybody=True)),
            )
        }
        if self._forgotten:
            landed |= {self.salted(one) for one in landed}
        return landed

    def text(self, text: str, *, of_anybody: bool = False) -> str:
        """A text that may name people, who are in it as they land.

        With `of_anybody` also who was forgotten and is named nowhere else; it takes
        milliseconds a word.
        """
        if not self.replace:
            return text
        most_words = max(self._people.most_words, MOST_WORDS)
        return replaced(text, lambda called: self._one(called, of_anybody), most_words)

    def _one(self, called: str, of_anybody: bool) -> str | None:
        """Who is called so, as landed; None of nobody."""
        user_id = self._people.ids.get(called.casefold())
        if user_id is not None:
            landed = self.of(user_id)
            return called if landed == user_id else landed
        keyed = self.keyed(called)
        if self._key is not None and keyed in self._landed:
            return keyed
        if of_anybody:
            for known in dict.fromkeys((called, keyed)):
                hidden = self._unless_forgotten(known)
                if hidden != known:
                    return hidden
        return None

    def _group(self, row: Mapping[str, Any]) -> dict[str, Any]:
        members = json.loads(row["members"])
        is_own = self._key is not None and row["gid"] in self._people.own_gids
        # a group of one's own bears one's name, and may have no members
        named = {
            column: self.of(row[column])
            if row[column] in members or (is_own and row[column])
            else row[column] and self.text(row[column], of_anybody=True)
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
