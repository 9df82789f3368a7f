"""Whom a read of MongoDB names, and where a text names one of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from loaders.rows import Collection, Document

SHORTEST_WORD = 3
WORD = re.compile(r"[^\W_]+")


class People(NamedTuple):
    """User ids by whatever calls a person, in lower case; gids that are one person's.

    `most_words` is how many words the longest of these has.
    """

    ids: Mapping[str, str] = {}
    own_gids: frozenset[str] = frozenset()
    most_words: int = 1


NOBODY = People()


def people_of(read: Iterable[tuple[Collection, Iterable[Document]]]) -> People:
    """Everybody whom documents name: users, owners, members."""
    ids: dict[str, str] = {}
    gids: list[str] = []
    own_gids = set()
    for collection, documents in read:
        for document in documents:
            row = cast(dict[str, Any], document)
            for one, user_id in _named(collection, row):
                # of an id and of another's display name, the id counts
                if one == user_id or one.casefold() not in ids:
                    ids[one.casefold()] = user_id
            if collection == "users" and row["gid"]:
                gids.append(row["gid"])
                if row["gid"] == row["uid"]:
                    own_gids.add(row["gid"])
    shared = {gid for gid, count in Counter(gids).items() if count > 1}
    most_words = max(map(words_in, ids), default=1)
    return People(ids, frozenset(own_gids - shared), most_words)


def called(row: Mapping[str, Any]) -> Iterator[str]:
    """What a text may call the person of a document: id, display name and key."""
    for column in ("platform_name", "name", "document_id"):
        one = row[column]
        # a number may count anything
        if one and (column != "document_id" or not one.isdecimal()):
            yield one


def replaced(text: str, landed: Callable[[str], str | None], most_words: int) -> str:
    """`text` with each name in it as `landed` has it; None of what is no name.

    Of names that overlap the one that begins first counts, then the longest.
    """
    whole = landed(text)
    if whole is not None:
        return whole
    parts, at = [], 0
    for begin, end in _spans(text, most_words):
        one = landed(text[begin:end]) if begin >= at else None
        if one is not None:
            parts += [text[at:begin], one]
            at = end
    return "".join([*parts, text[at:]])


def words_in(name: str) -> int:
    """How many words a name has, of letters and digits each."""
    return len(WORD.findall(name))


def _spans(text: str, most_words: int) -> Iterator[tuple[int, int]]:
    """Where a name of so many words may stand in a text: from the left, longest first.

    A name stands between what is neither letter nor digit.
    """
    words = [found.span() for found in WORD.finditer(text)]
    for first, (begin, _) in enumerate(words):
        for _, end in reversed(words[first : first + most_words]):
            if end - begin >= SHORTEST_WORD:
                yield begin, end


def _named(collection: Collection, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What calls a person in a document, and that person's id."""
    if collection == "users":
        user_id = row["platform_name"] or row["name"] or row["document_id"]
        yield from ((one, user_id) for one in called(row))
    elif collection == "workspaces":
        listed = json.loads(row["users"])
        yield from ((one, one) for one in (row["owner"], *listed) if one)
    elif collection == "groups":
        yield from ((one, one) for one in json.loads(row["members"]))
