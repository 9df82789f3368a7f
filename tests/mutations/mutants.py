"""Which changes are there, and which of them no unit test notices."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.mutations.edits import edits
from tests.mutations.marks import shown, spots
from tests.mutations.unit_tests import Judge, UnitTest

Key = tuple[str, str, int, int]


@dataclass(frozen=True)
class Piece:
    """A stretch of a SELECT that gives way to a text."""

    begin: int
    end: int
    text: str


@dataclass
class Mutant:
    """A change of a model's or a macro's SQL, and the tests in whose SELECT it is.

    `change` shows it to people; equal changes of one owner share it.
    """

    owner: str
    change: str
    pieces: dict[UnitTest, list[Piece]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def is_noticed(self, judge: Judge) -> bool | None:
        """Whether any test fails on it; None when it is no valid SQL in any of them."""
        verdicts = []
        for test, pieces in self.pieces.items():
            verdicts.append(judge.notices(test, _put(test.select, pieces)))
            if verdicts[-1]:
                return True
        # a column that is missed only where it is asked for
        return None if all(one is None for one in verdicts) else None in verdicts


def mutants(tests: Iterable[UnitTest]) -> list[Mutant]:
    """All changes of the models of some unit tests."""
    found: dict[Key, Mutant] = {}
    for test in tests:
        held = spots(test.select, test.model)
        tokens = [one.token for one in held]
        for at, number, edit in edits(tokens):
            spot, span = held[at], held[edit.first : edit.last + 1]
            key = spot.place.owner, spot.place.text, spot.word, number
            if key not in found:
                change = shown(spot, span, edit.shown or edit.text)
                found[key] = Mutant(spot.place.owner, change)
            piece = Piece(
                tokens[edit.first].start, tokens[edit.last].end + 1, edit.text
            )
            found[key].pieces[test].append(piece)
    return list(found.values())


def _put(select: str, pieces: Sequence[Piece]) -> str:
    for piece in sorted(pieces, key=lambda one: -one.begin):
        select = f"{select[: piece.begin]}{piece.text}{select[piece.end :]}"
    return select
