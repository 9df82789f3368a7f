"""Good answers spoilt: other types, keys lost or twice, bytes flipped or cut."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

Place = tuple[Any, Any]

NOT_A_NUMBER = float("nan")
HUGE_NUMBER = "\N{ROMAN NUMERAL ONE HUNDRED THOUSAND}"
TWICE = "\N{ROMAN NUMERAL FIVE THOUSAND}"
DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, NOT_A_NUMBER, float("-inf")),
    *(2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400, HUGE_NUMBER),
    *("", " ", "x", "0", "-1", "NaN", "+Inf", "-Inf", "1e999", "0x10", "٣"),
    *("\ud800", "a\udfffb", "a\0b", "ann@example.org", "x" * 100_000, "\u202e\n\t"),
    *("2025-09-11T10:00Z", "9999-12-31T23:59Z", "0001-01-01T00:00Z"),
    *([], {}, [[]], [{}], {"a": []}, [None], {"": ""}, DEEP),
]


def spoilt(good: Any, dice: Random) -> bytes:
    """A JSON value as an answer that is other than it; it may still be JSON."""
    answer = _drawn(good, dice)
    while answer == _written(good):
        answer = _drawn(good, dice)
    return answer


def _drawn(good: Any, dice: Random) -> bytes:
    tree = json.loads(json.dumps(good))
    if dice.random() < 0.75:
        for _ in range(dice.choice((1, 1, 1, 2, 5))):
            tree = _with_other_value(tree, dice)
        return _written(tree)
    return spoilt_bytes(_written(tree), dice)


def spoilt_bytes(body: bytes, dice: Random) -> bytes:
    """Bytes of which some are others, or lost, or twice."""
    spoil: Callable[[bytearray, Random], None] = dice.choice((_flip, _cut, _repeat))
    changed = bytearray(body)
    for _ in range(dice.choice((1, 1, 3, 20))):
        if changed:
            spoil(changed, dice)
    return bytes(changed)


def _with_other_value(tree: Any, dice: Random) -> Any:
    """The tree, with one of its places changed."""
    place = dice.choice([None, *_places(tree)])
    if place is None:
        return dice.choice(JUNK) if dice.random() < 0.2 else tree
    parent, key = place
    kind = dice.choice(("junk", "junk", "junk", "drop", "twice", "rename"))
    if kind == "drop":
        del parent[key]
    elif kind == "twice" and isinstance(parent, list):
        parent.insert(dice.randrange(len(parent) + 1), parent[key])
    elif kind == "twice":
        parent[f"{TWICE}{key}"] = dice.choice(JUNK)
    elif kind == "rename" and isinstance(parent, dict):
        parent[str(dice.choice(JUNK))[:50]] = parent.pop(key)
    else:
        parent[key] = dice.choice(JUNK)
    return tree


def _places(tree: Any) -> list[Place]:
    """Each value within a tree, as what holds it and its key there."""
    keys: Any = ()
    if isinstance(tree, dict):
        keys = tree
    elif isinstance(tree, list):
        keys = range(len(tree))
    found = []
    for key in keys:
        found += [(tree, key), *_places(tree[key])]
    return found


def _written(tree: Any) -> bytes:
    """JSON, with a number of 5 000 digits and keys that repeat where they are due."""
    text = json.dumps(tree)
    huge, twice = json.dumps(HUGE_NUMBER), json.dumps(TWICE)[1:-1]
    return text.replace(huge, "9" * 5000).replace(twice, "").encode()


def _flip(body: bytearray, dice: Random) -> None:
    body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)


def _cut(body: bytearray, dice: Random) -> None:
    at = dice.randrange(len(body))
    del body[at : at + dice.choice((1, 2, 10, len(body)))]


def _repeat(body: bytearray, dice: Random) -> None:
    at = dice.randrange(len(body))
    body[at:at] = body[at : at + dice.choice((1, 2, 100))]
