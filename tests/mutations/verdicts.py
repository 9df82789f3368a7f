"""Which changes no unit test noticed, and which of them are known to change nothing."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutations.mutants import Mutant
from tests.mutations.unit_tests import Judge

EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


class Equivalents:
    """Changes that no test can notice, with the reason, by model or macro."""

    def __init__(self, reasons: Mapping[str, Iterable[Mapping[str, object]]]) -> None:
        self.known = {
            (owner, change)
            for owner, entries in reasons.items()
            for entry in entries
            for change in _changes(entry)
        }
        self.met: set[tuple[str, str]] = set()

    def explains(self, mutant: Mutant) -> bool:
        """Whether a change has a reason for passing unnoticed."""
        key = mutant.owner, mutant.change
        self.met |= {key} & self.known
        return key in self.known

    def idle(self) -> list[str]:
        """Those that explained nothing."""
        return [f"{owner}: {change}" for owner, change in sorted(self.known - self.met)]


def _changes(entry: Mapping[str, object]) -> Iterator[str]:
    changes, reason = entry["changes"], entry["reason"]
    assert isinstance(changes, list) and isinstance(reason, str) and reason
    yield from changes


def equivalents() -> Equivalents:
    """Those of the file beside this one."""
    return Equivalents(tomllib.loads(EQUIVALENTS.read_text()))


@dataclass
class Verdicts:
    """How many changes of each model or macro were noticed, and which were not."""

    noticed: Counter[str] = field(default_factory=Counter)
    equivalent: Counter[str] = field(default_factory=Counter)
    unnoticed: list[Mutant] = field(default_factory=list)

    def table(self) -> str:
        """A line for each model and macro, and one for all."""
        missed = Counter(one.owner for one in self.unnoticed)
        owners = sorted({*self.noticed, *self.equivalent, *missed})
        rows = [
            (one, self.noticed[one], self.equivalent[one], missed[one])
            for one in owners
        ]
        rows.append(
            (
                "all",
                self.noticed.total(),
                self.equivalent.total(),
                len(self.unnoticed),
            )
        )
        heads = ("model or macro", "noticed", "equivalent", "survived")
        return "\n".join(
            f"{name:<28}{noticed:>10}{equal:>12}{survived:>10}"
            for name, noticed, equal, survived in [heads, *rows]
        )


def judged(mutants: Iterable[Mutant], judge: Judge, known: Equivalents) -> Verdicts:
    """Run every unit test that a change may fail; what is no valid SQL is no change."""
    verdicts = Verdicts()
    for mutant in mutants:
        noticed = mutant.is_noticed(judge)
        if noticed:
            verdicts.noticed[mutant.owner] += 1
        elif noticed is False and known.explains(mutant):
            verdicts.equivalent[mutant.owner] += 1
        elif noticed is False:
            verdicts.unnoticed.append(mutant)
    return verdicts
