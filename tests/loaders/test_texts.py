"""Texts of any kind, as they are held."""

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from loaders.texts import LONGEST, LONGEST_MESSAGE, landable, message


@given(st.text())
def test_a_landable_text_can_be_held(text: str) -> None:
    landed = landable(text)
    assert landable(landed) == landed and len(landed) <= LONGEST
    with closing(sqlite3.connect(":memory:")) as database:
        [held] = database.execute("select ?", (landed,)).fetchone()
        [size] = database.execute("select length(?)", (landed,)).fetchone()
    assert held == landed and size == len(landed)


def test_what_can_be_held_stays_and_long_texts_stay_apart() -> None:
    for text in (
        "",
        "é" * LONGEST,
        "e\u0301",
        "\u202eabc",
        "'; drop table x; --",
        "<b>",
    ):
        assert landable(text) == text
    assert landable("a\0b\ud800c") == "a\ufffdb\ufffdc"
    one, other = landable("a" * 10**6), landable("a" * 10**6 + "b")
    assert one != other and len(one) <= LONGEST
    assert one.startswith("a" * 400)


def test_a_message_is_one_short_printable_line() -> None:
    assert message([]) is None and message([""]) is None
    assert message(["a", "b\nc\x1b[2J"]) == "a; b\ufffdc\ufffd[2J"
    assert message(["ask ann@example.org"]) == "ask (e-mail)"
    long = message(["x" * 10**6]) or ""
    assert len(long) < LONGEST_MESSAGE + 100
    assert long.endswith("x… (1000000 characters)")
