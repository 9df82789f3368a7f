"""What the bench found: figures, ratios and the bounds on them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.building import Build, Seconds

MOST_TIMES_BY_HAND = 2.0
MOST_TIMES_A_SHORT_HISTORY = 1.5
SLOWEST = 8


@dataclass(frozen=True)
class Increments:
    """Builds of one more hour each, and one with nothing new, on a history."""

    history: str
    hours: list[Build]
    nothing_new: Build

    @property
    def best(self) -> Build:
        """Of each model and test the least time of all hours, lest noise decide."""
        return Build(
            _least([build.models for build in self.hours]),
            _least([build.gates for build in self.hours]),
            min(build.whole for build in self.hours),
        )


@dataclass(frozen=True)
class Ratio:
    """One figure over another, and the most that it may be; None: it is only said."""

    name: str
    value: float
    most: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether it is within its bound."""
        return self.most is None or self.value <= self.most


@dataclass(frozen=True)
class Report:
    """All that one run measured, in seconds."""

    closing_values: int
    fact_rows: int
    from_nothing: Build
    by_hand: float
    bare_lag: float
    long: Increments
    short: Increments
    ratios: list[Ratio] = field(init=False)

    def __post_init__(self) -> None:
        models = self.from_nothing.model_seconds
        long, short = self.long.best, self.short.best
        ratios = [
            Ratio("models / by hand", models / self.by_hand, MOST_TIMES_BY_HAND),
            Ratio("models / bare LAG", models / self.bare_lag),
            Ratio(
                f"one hour on {self.long.history} / on {self.short.history}",
                long.model_seconds / short.model_seconds,
                MOST_TIMES_A_SHORT_HISTORY,
            ),
            Ratio(
                "the same of gates",
                long.gate_seconds / short.gate_seconds,
            ),
        ]
        object.__setattr__(self, "ratios", ratios)

    @property
    def is_kept(self) -> bool:
        """Whether every bound is kept."""
        return all(ratio.is_kept for ratio in self.ratios)

    def as_json(self) -> dict[str, Any]:
        """Everything, by name."""
        return asdict(self)

    def show(self, console: Console) -> None:
        """Print figures, ratios and where the time goes."""
        console.print(
            f"{self.closing_values:,} closing values, {self.fact_rows:,} rows of usage;"
            " by hand the same rows to 1e-9"
        )
        console.print(self._seconds())
        console.print(self._ratios())
        for name, build in self._builds():
            console.print(f"Slowest in {name}: {_slowest(build.models)}")
            console.print(f"  of the gates: {_slowest(build.gates)}")

    def _builds(self) -> Iterator[tuple[str, Build]]:
        yield "built from nothing", self.from_nothing
        for increments in (self.long, self.short):
            yield f"one more hour on {increments.history}", increments.best

    def _seconds(self) -> Table:
        table = Table("seconds")
        for heading in ("models", "gates", "all of dbt", "of each hour's models"):
            table.add_column(heading, justify="right")
        table.add_row("built from nothing", *_row(self.from_nothing))
        table.add_row("the same by hand, one query", f"{self.by_hand:.2f}")
        table.add_row("a bare LAG with hourly sum", f"{self.bare_lag:.2f}")
        for one in (self.long, self.short):
            hours = " ".join(f"{build.model_seconds:.2f}" for build in one.hours)
            table.add_row(f"one more hour on {one.history}", *_row(one.best), hours)
            table.add_row(f"nothing new on {one.history}", *_row(one.nothing_new))
        return table

    def _ratios(self) -> Table:
        table = Table("ratio")
        for heading in ("is", "at most", ""):
            table.add_column(heading, justify="right")
        for ratio in self.ratios:
            most = "" if ratio.most is None else f"{ratio.most:.1f}"
            verdict = (
                "" if ratio.most is None else "kept" if ratio.is_kept else "BROKEN"
            )
            table.add_row(ratio.name, f"{ratio.value:.2f}", most, verdict)
        return table


def _least(builds: list[Seconds]) -> Seconds:
    """The least seconds of each name, the slowest first."""
    least = {name: min(build[name] for build in builds) for name in builds[0]}
    return dict(sorted(least.items(), key=lambda one: -one[1]))


def _row(build: Build) -> list[str]:
    seconds = (build.model_seconds, build.gate_seconds, build.whole)
    return [f"{one:.2f}" for one in seconds]


def _slowest(seconds: Seconds) -> str:
    return ", ".join(
        f"{name} {one:.2f}" for name, one in islice(seconds.items(), SLOWEST)
    )
