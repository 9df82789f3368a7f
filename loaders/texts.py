"""What a text of a source becomes so that every reader can hold it."""

import hashlib
from collections.abc import Sequence

from loaders.redaction import without_addresses

LONGEST = 500
KEPT_OF_A_LONGER = 400
LONGEST_MESSAGE = 4_000
UNKNOWN = "\ufffd"


def landable(text: str) -> str:
    """`text` without what SQLite or JSON cannot hold, and of at most 500 characters.

    NUL and half surrogate pairs become the replacement character. A longer text is
    cut, with a digest of the whole, so that equal ones stay equal and others differ.
    """
    clean = text.replace("\0", UNKNOWN)
    if not clean.isascii():
        clean = "".join(
            UNKNOWN if "\ud800" <= one <= "\udfff" else one for one in clean
        )
    if len(clean) <= LONGEST:
        return clean
    digest = hashlib.sha256(clean.encode()).hexdigest()
    return f"{clean[:KEPT_OF_A_LONGER]}…{digest[:16]}"


def printable(text: str) -> str:
    """`text` as a terminal may show it: nothing in it moves the cursor."""
    return "".join(one if one.isprintable() else UNKNOWN for one in text)


def message(lines: Sequence[str]) -> str | None:
    """Lines as one of at most some 4 000 printable characters; None of no line.

    An e-mail address that someone else's words hold is taken out.
    """
    kept = without_addresses("; ".join(lines))
    shown = printable(kept)
    if len(shown) > LONGEST_MESSAGE:
        shown = f"{shown[:LONGEST_MESSAGE]}… ({len(shown)} characters)"
    return shown or None
