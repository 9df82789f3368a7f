"""Marks in the macros' SQL, by which each token is known to be of a macro or the model.

`/*+name*/` and `/*-*/` stand around what a macro gives, `/*^name*/` and `/*$*/` around
an argument within it, which is its caller's, and one and the same wherever it stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import Token
from sqlglot import TokenType as T
from sqlglot.dialects.sqlite import SQLite

from tests.mutations.edits import spelled

MARK = re.compile(r"/\*([-+^$])(\w*)\*/")
MACRO = re.compile(
    r"({%-? macro (?:sqlite__|default__)?(\w+)\((.*?)\) -?%})(.*?)({%-? endmacro -?%})",
    re.DOTALL,
)
ANY = "…"
FIXTURE = "__dbt__cte__"


def mark_macros(folder: Path) -> None:
    """Mark the macros of a copy of the project that give a part of a model's SQL."""
    for path in [*folder.glob("*.sql"), *folder.glob("engines/*.sql")]:
        if not path.name.startswith(("assert_", "generate_", "get_", "record_")):
            path.write_text(MACRO.sub(_marked, path.read_text()))


def _marked(macro: re.Match[str]) -> str:
    opening, name, parameters, body, closing = macro.groups()
    if "return(" in body:
        return macro.group()
    for parameter in filter(None, parameters.split(",")):
        argument = parameter.split("=")[0].strip()
        given = f"{{{{ {argument} }}}}"
        body = re.sub(f"(?<!'){re.escape(given)}", f"/*^{argument}*/{given}/*$*/", body)
    return f"{opening}/*+{name}*/{body}/*-*/{closing}"


@dataclass
class Place:
    """What one use of a macro gives, or a CTE of a model: the tokens that are its own.

    In `words`, what a macro used within it gives is a dot.
    """

    owner: str
    part: str = ""
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its SQL, equal for every use."""
        return " ".join(self.words)


@dataclass(frozen=True)
class Spot:
    """A token, the place it belongs to and which of its words it is."""

    token: Token
    place: Place
    word: int


@dataclass
class _Frame:
    """What is being read: a place, in which words are added or gone through again."""

    place: Place
    caller: "_Frame | None" = None
    given: dict[str, list[int]] = field(default_factory=dict)
    added: list[int] | None = None
    again: Iterator[int] | None = None

    def word(self, text: str) -> int:
        if self.again is not None:
            return next(self.again)
        self.place.words.append(text)
        number = len(self.place.words) - 1
        if self.added is not None:
            self.added.append(number)
        return number


def spots(sql: str, model: str) -> list[Spot]:
    """The tokens of a model's SELECT, fixtures left out, each with its place."""
    tokens = _without_fixtures(SQLite().tokenize(sql))
    marks = list(MARK.finditer(sql))
    parts = _parts(tokens)
    frames = [_Frame(Place(model))]
    found = []
    for number, token in enumerate(tokens):
        while marks and marks[0].start() < token.start:
            _step(frames, *marks.pop(0).groups())
        if number in parts:
            frames[0].place = Place(model, parts[number])
        frame = frames[-1]
        text = spelled(token)
        if text.startswith(FIXTURE):
            is_of_macro = frame.place.owner != model
            text = ANY if is_of_macro else text.removeprefix(FIXTURE)
        found.append(Spot(token, frame.place, frame.word(text)))
    return found


def _step(frames: list[_Frame], sign: str, name: str) -> None:
    frame = frames[-1]
    if sign == "+":
        frame.word(ANY)
        frames.append(_Frame(Place(name), frame))
    elif sign == "^":
        frame.word(ANY)
        caller = frame.caller
        assert caller is not None
        inner = _Frame(caller.place, caller.caller, caller.given)
        if name in frame.given:
            inner.again = iter(frame.given[name])
        else:
            inner.added = frame.given[name] = []
        frames.append(inner)
    else:
        frames.pop()


def _without_fixtures(tokens: Sequence[Token]) -> list[Token]:
    """Tokens but for dbt's CTEs of given rows, and the `with` before them."""
    kept: list[Token] = []
    inside, depth = False, 0
    for token in tokens:
        depth += (token.token_type is T.L_PAREN) - (token.token_type is T.R_PAREN)
        if depth == 0 and token.text.startswith(FIXTURE):
            inside = True
        if not inside:
            kept.append(token)
        elif depth == 0 and token.token_type is T.COMMA:
            inside = False
    return kept


def _parts(tokens: Sequence[Token]) -> dict[int, str]:
    """Where each CTE of the model begins, and its last SELECT."""
    parts, depth = {}, 0
    for number, token in enumerate(tokens):
        after = [one.token_type for one in tokens[number + 1 : number + 3]]
        if depth == 0 and token.token_type is T.SELECT:
            parts[number] = "select"
        elif depth == 0 and after == [T.ALIAS, T.L_PAREN]:
            parts[number] = token.text
        depth += (token.token_type is T.L_PAREN) - (token.token_type is T.R_PAREN)
    return parts


def shown(spot: Spot, span: Sequence[Spot], text: str, words: int = 6) -> str:
    """A change as people read it: what becomes what, between the words around it."""
    said = spot.place.words
    own = [one.word for one in span if one.place is spot.place]
    begin, end = (min(own), max(own) + 1) if own else (spot.word, spot.word)
    old = " ".join(said[begin:end]) or ANY
    before = " ".join(said[max(0, begin - words) : begin])
    after = " ".join(said[end : end + words])
    return f"{before} [{old} → {text}] {after}".strip()
