"""Hypothesis strategies: arbitrary small fleets, and the ways in which they land."""

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import strategies as st

from loaders.landing import IntensitySlot, Window, Workspace
from tests.pipeline.landed_fleet import SLOT, Landing, workspace
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.small_fleet import at

SINCE, HOURS = at("11 00:00"), 6
UNTIL = SINCE + HOURS * 3600
BEFORE = SINCE - 100_000
MINUTES = st.integers(SINCE // 60 - 90, UNTIL // 60 + 30).map(
    lambda minute: minute * 60
)
SECONDS = st.integers(SINCE - 3600, UNTIL + 3600)
PLACES = st.tuples(st.sampled_from(["P", "Q"]), st.sampled_from(["A", "B"]))
FIGURE = st.none() | st.integers(1, 400).map(float)


@dataclass(frozen=True)
class Fleet:
    """What there is to land."""

    machines: list[Machine]
    workspaces: list[Workspace]
    intensity: list[IntensitySlot]


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    """One to three lives one after the other, at least a minute apart."""
    count = draw(st.integers(2, 6))
    bounds = sorted(draw(st.sets(MINUTES, min_size=count, max_size=count)))
    if draw(st.booleans()):
        bounds[0] = BEFORE
    load = Load(draw(st.floats(0.05, 0.9)), 0.05, 5_000.0)
    return [
        Life(booted, ended, draw(st.integers(1, 8)), load)
        for booted, ended in zip(bounds[::2], bounds[1::2], strict=False)
    ]


@st.composite
def machines(draw: st.DrawFn, number: int) -> Machine:
    """A machine that may lose scrapes once and be relabelled once."""
    places = draw(st.lists(PLACES, min_size=1, max_size=2))
    begins = [0, draw(MINUTES)]
    labels = [
        (begin, {"cloud_project_name": project, "machine_name": kind})
        for begin, (project, kind) in zip(begins, places, strict=False)
    ]
    lost = draw(st.lists(MINUTES, min_size=2, max_size=2, unique=True).map(sorted))
    gaps = [(lost[0], lost[1])] if draw(st.booleans()) else []
    return Machine(f"10.0.0.{number}:9100", draw(lives()), labels, gaps=gaps)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Two or three machines, up to five claims on them, a grid with holes."""
    fleet = [draw(machines(number)) for number in range(draw(st.integers(2, 3)))]
    claims = [
        workspace(
            number,
            f"10.0.0.{draw(st.integers(0, len(fleet) - 1))}",
            draw(st.sampled_from(["ann", "ben", "cat"])),
            *sorted(draw(st.lists(SECONDS, min_size=2, max_size=2, unique=True))),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    grid = [
        IntensitySlot(slot_at=one, forecast=draw(FIGURE), actual=draw(FIGURE))
        for one in slots(SINCE, UNTIL)
    ]
    return Fleet(fleet, claims, grid)


@dataclass(frozen=True)
class Step:
    """A pull of a part of the fleet, and whether a build follows."""

    window: Window | None = None
    workspaces: tuple[int, int] | None = None
    intensity: tuple[int, int] | None = None
    then_builds: bool = False

    def land(self, fleet: Fleet, into: Landing) -> None:
        """Land the part."""
        if self.window is not None:
            into.machines(self.window, fleet.machines)
        elif self.workspaces is not None:
            into.workspaces(fleet.workspaces[slice(*self.workspaces)], complete=False)
        elif self.intensity is not None:
            into.intensity(fleet.intensity[slice(*self.intensity)])


def at_once(fleet: Fleet) -> list[Step]:
    """All landed in three pulls."""
    return [
        Step(window=Window(SINCE, UNTIL)),
        Step(workspaces=(0, len(fleet.workspaces))),
        Step(intensity=(0, len(fleet.intensity))),
    ]


@st.composite
def in_parts(draw: st.DrawFn, fleet: Fleet, builds: int) -> list[Step]:
    """All landed in any number of pulls, in any order, with builds between them."""
    cuts = draw(st.sets(st.integers(1, 2 * HOURS - 1), min_size=1, max_size=4))
    bounds = [SINCE + SLOT * cut for cut in (0, *sorted(cuts), 2 * HOURS)]
    steps = [Step(window=Window(begin, end)) for begin, end in pairwise(bounds)]
    for number in range(len(fleet.workspaces)):
        steps.append(Step(workspaces=(number, number + 1)))
    half = draw(st.integers(1, len(fleet.intensity) - 1))
    steps += [Step(intensity=(0, half)), Step(intensity=(half, len(fleet.intensity)))]
    steps = draw(st.permutations(steps))
    built = draw(
        st.sets(st.integers(0, len(steps) - 2), min_size=builds, max_size=builds)
    )
    return [
        Step(step.window, step.workspaces, step.intensity, number in built)
        for number, step in enumerate(steps)
    ]
