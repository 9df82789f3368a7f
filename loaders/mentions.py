"""Mentions of a person in texts and answers that were kept, and what replaces them."""

import json
import re
from collections.abc import Callable, Sequence

OBJECT = re.compile(r"\{[^{}]*(?:\}|\Z)")
BEARER = re.compile(
    r"""(\\*"(?:document_id|tag|name)\\*"\s*:\s*\\*"|\bdocument\ )([^"\\)]+)""",
)
UID = re.compile(r'("uid"\s*:\s*)(?:"(?:\\.|[^"\\])*"?|-?\d[\d.eE+-]*)')

STRING = r'"(?:\\.|[^"\\])*"'
STRINGS = re.compile(rf"(?P<key>{STRING}\s*:\s*)(?P<of_key>{STRING})?|{STRING}")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")

Change = Callable[[str], str]
Is = Callable[[str], bool]


def in_texts(
    words: Sequence[str], pseudonym: str, in_name: Change, is_of_people: Is
) -> Change:
    """Replaces whole words, also as JSON spells them, and a uid that stands by one.

    Of documents' ids, tags and names in the text also words within, by `in_name`. In
    what is JSON only strings change, no keys; and one that is a number, which counts
    something, only under a key that `is_of_people`, as an owner.
    """
    spelt = {
        one for word in words for one in (word, json.dumps(word).strip('"')) if one
    }
    longest_first = "|".join(map(re.escape, sorted(spelt, key=len, reverse=True)))
    named = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-]|\.\w)")

    def without_uid(match: re.Match[str]) -> str:
        return UID.sub(r"\1null", match[0]) if named.search(match[0]) else match[0]

    def in_text(text: str) -> str:
        changed = named.sub(pseudonym, OBJECT.sub(without_uid, text))
        return BEARER.sub(lambda match: match[1] + in_name(match[2]), changed)

    def in_string(match: re.Match[str]) -> str:
        spelt_key, spelling = match["key"] or "", match["of_key"]
        key = json.loads(spelt_key.rstrip().removesuffix(":") or '""')
        text = json.loads((spelling if spelt_key else match[0]) or '""')
        changed = in_text(text)
        if changed == text or (NUMBER.fullmatch(text) and not is_of_people(key)):
            return match[0]
        return spelt_key + json.dumps(changed, ensure_ascii=False)

    def change(text: str) -> str:
        if not _is_json(text):
            return in_text(text)
        changed = STRINGS.sub(in_string, OBJECT.sub(without_uid, text))
        return BEARER.sub(lambda match: match[1] + in_name(match[2]), changed)

    return change


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
