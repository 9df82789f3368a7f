"""How people appear in a copy for readers: by name, by pseudonym, or not at all."""

import secrets
import sqlite3
from collections.abc import Collection
from itertools import chain, count
from typing import Literal

from loaders.forgetting import BEARING, NAME, TEXT, people_in
from loaders.people import People
from loaders.pseudonyms import Names

Users = Literal["names", "pseudonyms", "none"]
# each hides more than the one before
HIDING: tuple[Users, ...] = ("names", "pseudonyms", "none")
NOT_PEOPLE = "scope is not 'user'"
# whose workspace it is can be told from its host
BY_USER = {"user_id", "workspace_id"}


class Disguise:
    """The rule for each relation and column, told from their names.

    Pseudonyms are made with `key`. Without users no relation by user is shown, no row
    of the scope `user`, and no group by the name of a person.
    """

    def __init__(self, users: Users, key: bytes | None = None) -> None:
        self.users = users
        self._names = Names(key)
        if users == "none":
            self._names = Names(secrets.token_bytes(32))

    def prepare(self, source: sqlite3.Connection) -> None:
        """Teach a connection to rename. Raises sqlite3.Error."""
        if not self._names.are_keyed:
            return
        people = people_in(source)
        known = {
            one.casefold(): one
            for (one,) in source.execute("select user_id from main.dim_user")
        }
        ids = {**known, **people.ids}
        names = self._names.knowing(People(ids, people.own_gids, people.most_words), ())
        source.create_function("person", 1, lambda name: name and names.of(name))
        groups = _apart(source, names)
        source.create_function(
            "bearing", 1, lambda text: text and (groups.get(text) or names.text(text))
        )

    def shows(self, columns: Collection[str]) -> bool:
        """Whether a relation with these columns is published."""
        is_by_user = BY_USER & set(columns) and "scope" not in columns
        return self.users != "none" or not is_by_user

    def condition(self, columns: Collection[str]) -> str:
        """Which rows of it are."""
        is_cut = self.users == "none" and "scope" in columns
        return f"where {NOT_PEOPLE}" if is_cut else ""

    def expression(self, column: str, columns: Collection[str]) -> str:
        """What a column of it becomes."""
        quoted = '"' + column.replace('"', '""') + '"'
        if not self._names.are_keyed:
            return quoted
        if column == "display_name":
            return "null"
        if NAME.fullmatch(column):
            return f"cast(person({quoted}) as text)"
        if BEARING.fullmatch(column) or TEXT.fullmatch(column):
            return f"cast(bearing({quoted}) as text)"
        if column == "scope_name" and "scope" in columns:
            return (
                f"cast(case scope when 'user' then person({quoted})"
                f" when 'group' then bearing({quoted}) else {quoted} end as text)"
            )
        return quoted


def _apart(source: sqlite3.Connection, names: Names) -> dict[str, str]:
    """What each group is called, no two alike, though they bear one person's name."""
    renamed: dict[str, str] = {}
    groups = source.execute("select group_name from main.dim_group order by group_id")
    for (group,) in groups.fetchall():
        name = names.text(group)
        taken = set(renamed.values())
        places = (f"{name}-{number}" for number in count(2))
        renamed[group] = next(one for one in chain([name], places) if one not in taken)
    return renamed
