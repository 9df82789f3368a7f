"""The changes that are made in a SELECT, one at a time, from its tokens."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import Token
from sqlglot import TokenType as T

COMPARED = {
    T.LT: ("<=", ">="),
    T.LTE: ("<", ">"),
    T.GT: (">=", "<="),
    T.GTE: (">", "<"),
    T.EQ: ("<>",),
    T.NEQ: ("=",),
}
CALCULATED = {T.PLUS: "-", T.DASH: "+", T.STAR: "/", T.SLASH: "*", T.MOD: "*"}
CALLED = {
    **{"min": "max", "max": "min", "sum": "max", "avg": "max", "count": "max"},
    **{"lag": "lead", "lead": "lag"},
}
TWINS = {
    **{"busy": "idle", "idle": "busy", "low": "high", "high": "low"},
    **{"actual": "forecast", "forecast": "actual", "fallback": "actual"},
    **{"from": "until", "until": "from", "first": "last", "last": "first"},
}
OPERANDS = (T.VAR, T.IDENTIFIER, T.NUMBER, T.STRING, T.R_PAREN, T.END, T.NULL)
TERM_ENDS = {
    *(T.AND, T.OR, T.THEN, T.GROUP_BY, T.ORDER_BY, T.WINDOW, T.HAVING, T.WHERE),
    *(T.LEFT, T.INNER, T.CROSS, T.JOIN, T.UNION, T.LIMIT, T.COMMA, T.ELSE, T.WHEN),
}
TERM_BEGINS = {T.WHERE, T.ON, T.WHEN, T.HAVING, T.AND, T.OR, T.L_PAREN, T.NOT}
LIST_ENDS = TERM_ENDS - {T.COMMA} | {T.ROWS, T.ASC, T.DESC}


@dataclass(frozen=True)
class Edit:
    """Tokens from `first` to `last` give way to a text; `shown` says so in short."""

    first: int
    last: int
    text: str
    shown: str = ""


def edits(tokens: Sequence[Token]) -> Iterator[tuple[int, int, Edit]]:
    """Yield every change of a SELECT, after the token it is for and its number there.

    Some make no valid SQL.
    """
    for at in range(len(tokens)):
        changes = [edit for rule in _RULES for edit in rule(tokens, at)]
        for number, edit in enumerate(changes):
            yield at, number, edit


def _compared(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    for text in COMPARED.get(tokens[at].token_type, ()):
        yield Edit(at, at, text)


def _calculated(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    text = CALCULATED.get(tokens[at].token_type)
    if text and at and tokens[at - 1].token_type in OPERANDS:
        yield Edit(at, at, text)


def _called(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    name = tokens[at].text.lower()
    if not _is(tokens, at + 1, T.L_PAREN):
        return
    if name in CALLED and not _is(tokens, at + 2, T.STAR):
        yield Edit(at, at, CALLED[name])
    # SQLite divides by nothing to null anyway
    if name == "coalesce" or (name == "nullif" and not _is(tokens, at - 1, T.SLASH)):
        end = _end_of_group(tokens, at + 1)
        commas = _commas(tokens, at + 2, end)
        again = "coalesce" if len(commas) > 1 else ""
        most, rest = (at + 2, commas[-1] - 1), (commas[0] + 1, end - 1)
        text = f"{again}({_text(tokens, *most)})"
        yield Edit(at, end, text, "all but the last")
        if name == "coalesce":
            text = f"{again}({_text(tokens, *rest)})"
            yield Edit(at, end, text, "all but the first")


def _constants(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    token = tokens[at]
    if token.token_type is T.NUMBER:
        number = float(token.text)
        if number == 1:
            yield Edit(at, at, "0")
        elif number.is_integer():
            yield Edit(at, at, str(int(number) + 1))
        else:
            yield Edit(at, at, str(number * 1.1))
    elif token.token_type is T.STRING:
        yield Edit(at, at, f"{spelled(token)[:-1]}~'")


def _keywords(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    kind = tokens[at].token_type
    if kind is T.LEFT and _is(tokens, at + 1, T.JOIN):
        yield Edit(at, at, "inner")
    elif kind is T.UNION and not _is(tokens, at + 1, T.ALL):
        yield Edit(at, at, "union all")
    elif kind is T.DISTINCT or (kind is T.NOT and not _is(tokens, at - 1, T.IS)):
        yield Edit(at, at, "")
    elif kind is T.IS:
        if _is(tokens, at + 1, T.NOT):
            yield Edit(at, at + 1, "is")
        else:
            yield Edit(at, at, "is not")
    elif kind is T.DESC:
        yield Edit(at, at, "asc")
    elif kind is T.ELSE:
        end = _end_of_case(tokens, at)
        yield Edit(at + 1, end - 1, "null")


def _connected(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """Of terms joined by `and` or `or`: the other word, and each term left out."""
    kind = tokens[at].token_type
    if kind in (T.AND, T.OR) and not _is_of_between(tokens, at):
        yield Edit(at, at, "or" if kind is T.AND else "and")
        neutral = "1" if kind is T.AND else "0"
        yield Edit(at + 1, _end_of_term(tokens, at + 1), neutral)
        begin = _begin_of_term(tokens, at)
        if not _is(tokens, begin - 1, T.AND, T.OR) or _is_of_between(tokens, begin - 1):
            yield Edit(begin, at - 1, neutral)
    elif kind in (T.WHERE, T.ON, T.HAVING) or _begins_condition(tokens, at):
        end = _end_of_term(tokens, at + 1)
        if not _is(tokens, end + 1, T.AND, T.OR):
            yield Edit(at + 1, end, "1")
            if kind is T.WHEN:
                yield Edit(at + 1, end, "0")


def _lists(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """Of a list of keys each left out; of an order its reverse."""
    kind = tokens[at].token_type
    if kind not in (T.GROUP_BY, T.PARTITION_BY, T.ORDER_BY):
        return
    end = _scan(tokens, at + 1, LIST_ENDS | {T.ORDER_BY})
    commas = _commas(tokens, at + 1, end)
    begins = [at + 1, *(comma + 1 for comma in commas)]
    ends = [*commas, end]
    if kind is T.ORDER_BY:
        for begin, stop in zip(begins, ends, strict=True):
            if not _is(tokens, stop, T.ASC, T.DESC):
                yield Edit(
                    stop - 1, stop - 1, f"{_text(tokens, stop - 1, stop - 1)} desc"
                )
            if len(begins) > 1:
                yield Edit(begin, stop - 1, "null")
    elif len(begins) > 1:
        for begin, stop in zip(begins, ends, strict=True):
            yield Edit(begin, stop - 1, "null")
    elif kind is T.PARTITION_BY:
        yield Edit(at + 1, end - 1, "null")


def _columns(tokens: Sequence[Token], at: int) -> Iterator[Edit]:
    """A column taken for its twin."""
    token = tokens[at]
    if token.token_type not in (T.VAR, T.IDENTIFIER):
        return
    if _is(tokens, at - 1, T.ALIAS) or _is(tokens, at + 1, T.L_PAREN, T.DOT, T.ALIAS):
        return
    words = token.text.split("_")
    for number, word in enumerate(words):
        if word in TWINS:
            yield Edit(
                at, at, "_".join([*words[:number], TWINS[word], *words[number + 1 :]])
            )


_RULES: Sequence[Callable[[Sequence[Token], int], Iterator[Edit]]] = (
    _compared,
    _calculated,
    _called,
    _constants,
    _keywords,
    _connected,
    _lists,
    _columns,
)


def _is(tokens: Sequence[Token], at: int, *kinds: T) -> bool:
    return 0 <= at < len(tokens) and tokens[at].token_type in kinds


def _text(tokens: Sequence[Token], first: int, last: int) -> str:
    """SQL of some tokens; `tokens` know the SQL they are of only by their own text."""
    return " ".join(spelled(token) for token in tokens[first : last + 1])


def spelled(token: Token) -> str:
    """A token as SQL."""
    if token.token_type is T.STRING:
        return "'" + token.text.replace("'", "''") + "'"
    if token.token_type is T.IDENTIFIER:
        return f'"{token.text}"'
    return token.text


def _scan(tokens: Sequence[Token], at: int, ends: set[T]) -> int:
    """The first token from `at` on, at its own depth, of a kind or that closes it."""
    depth = 0
    while at < len(tokens):
        kind = tokens[at].token_type
        if depth == 0 and (kind in ends or kind in (T.R_PAREN, T.END)):
            if not (kind is T.AND and _is_of_between(tokens, at)):
                return at
        elif kind in (T.L_PAREN, T.CASE):
            depth += 1
        elif kind in (T.R_PAREN, T.END):
            depth -= 1
        at += 1
    return at


def _end_of_term(tokens: Sequence[Token], at: int) -> int:
    return _scan(tokens, at, TERM_ENDS) - 1


def _end_of_group(tokens: Sequence[Token], at: int) -> int:
    return _scan(tokens, at + 1, set())


def _end_of_case(tokens: Sequence[Token], at: int) -> int:
    return _scan(tokens, at + 1, set())


def _commas(tokens: Sequence[Token], at: int, end: int) -> list[int]:
    commas = []
    while (at := _scan(tokens, at, {T.COMMA})) < end:
        commas.append(at)
        at += 1
    return commas


def _begins_condition(tokens: Sequence[Token], at: int) -> bool:
    """Whether a `when` is followed by a condition, not by a value to compare with."""
    if not _is(tokens, at, T.WHEN):
        return False
    depth = 0
    while depth or not _is(tokens, at, T.CASE):
        at -= 1
        depth += _is(tokens, at, T.R_PAREN, T.END) - _is(
            tokens, at, T.L_PAREN, *((T.CASE,) if depth else ())
        )
    return _is(tokens, at + 1, T.WHEN)


def _begin_of_term(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    while at > 0:
        at -= 1
        kind = tokens[at].token_type
        if depth == 0 and kind in TERM_BEGINS - {T.NOT}:
            if not (kind is T.AND and _is_of_between(tokens, at)):
                return at + 1
        elif kind in (T.R_PAREN, T.END):
            depth += 1
        elif kind in (T.L_PAREN, T.CASE):
            depth -= 1
    return at


def _is_of_between(tokens: Sequence[Token], at: int) -> bool:
    """Whether an `and` stands between the bounds of a `between`."""
    depth = 0
    while at > 0:
        at -= 1
        kind = tokens[at].token_type
        if kind in (T.R_PAREN, T.END):
            depth += 1
        elif kind in (T.L_PAREN, T.CASE):
            depth -= 1
        if depth < 0 or (depth == 0 and kind in (T.AND, T.OR, T.WHERE, T.ON, T.WHEN)):
            return False
        if depth == 0 and kind is T.BETWEEN:
            return True
    return False
