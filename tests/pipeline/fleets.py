"""Hypothesis strategies: arbitrary small fleets, and the ways in which they land."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hypothesis import strategies as st

from loaders.landing import Collection, Document, Group, IntensitySlot, User, Window
from tests.pipeline.landed_fleet import Landing, host, workspace
from tests.pipeline.machines import FOREVER, Life, Load, Machine, slots
from tests.pipeline.scraped_fleet import SLOT
from tests.pipeline.small_fleet import at

SINCE, HOURS = at("11 00:00"), 6
UNTIL = SINCE + HOURS * 3600
BEFORE = SINCE - 100_000
MINUTES = st.integers(SINCE // 60 - 90, UNTIL // 60 + 30).map(
    lambda minute: minute * 60
)
SECONDS = st.integers(SINCE - 3600, UNTIL + 3600)
PROJECTS, KINDS = st.sampled_from(["P", "Q"]), st.sampled_from(["A", "B"])
NAMES = ("ann", "ben", "cat")
FIGURE = st.none() | st.integers(1, 400).map(float)


@dataclass(frozen=True)
class Fleet:
    """What there is to land; `stretches` are when Prometheus is pulled at all."""

    machines: list[Machine]
    stretches: list[Window]
    documents: Mapping[Collection, Sequence[Document]]
    intensity: list[IntensitySlot]

    @property
    def cores(self) -> int:
        """The most cores that may have run at once."""
        return sum(
            max((one.cores for one in machine.lives), default=0)
            for machine in self.machines
        )


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    """One to three lives one after the other, at least a minute apart."""
    count = draw(st.integers(2, 6))
    bounds = sorted(draw(st.sets(MINUTES, min_size=count, max_size=count)))
    if draw(st.booleans()):
        bounds[0] = BEFORE
    load = Load(draw(st.floats(0.05, 0.9)), 0.05, 5_000.0)
    return [
        Life(booted, ended, draw(st.integers(1, 4)), load)
        for booted, ended in zip(bounds[::2], bounds[1::2], strict=False)
    ]


@st.composite
def machines(draw: st.DrawFn, number: int) -> Machine:
    """A machine that may lose scrapes, jitter, be relabelled or bear no label.

    Its address may be spelled in two ways, and its clock be set.
    """
    spelled = st.sampled_from(["10.0.0.{}:9100", "host-10-0-0-{}.example.org:9100"])
    labels = []
    for begin in [0, draw(MINUTES)][: draw(st.integers(1, 2))]:
        named = {"cloud_project_name": draw(PROJECTS), "machine_name": draw(KINDS)}
        for label in draw(st.sets(st.sampled_from(sorted(named)))):
            del named[label]
        named["instance"] = draw(spelled).format(number)
        labels.append((begin, named))
    clock_set = st.just((FOREVER, 0)) | st.tuples(MINUTES, st.sampled_from([-90, 90]))
    lost = draw(st.lists(MINUTES, min_size=2, max_size=2, unique=True).map(sorted))
    return Machine(
        f"10.0.0.{number}:9100",
        draw(lives()),
        labels,
        gaps=[(lost[0], lost[1])] if draw(st.booleans()) else [],
        boot_jitter=draw(st.integers(0, 2)),
        steps_back=draw(st.floats(0, 2)),
        clock_set=draw(clock_set),
    )


@st.composite
def documents(draw: st.DrawFn, hosts: int) -> dict[Collection, Sequence[Document]]:
    """Claims that may overlap, users and groups, and what is known of hosts."""
    some_host = st.integers(0, hosts - 1).map(lambda number: f"10.0.0.{number}")
    tags = st.none() | st.sampled_from(["IDAaaS", "CDAaaS", "unknown"])
    claims: list[Document] = [
        {
            **workspace(
                number,
                draw(some_host),
                draw(st.sampled_from(NAMES)),
                *sorted(draw(st.lists(SECONDS, min_size=2, max_size=2, unique=True))),
            ),
            "tag": draw(tags),
            "users": json.dumps(sorted(draw(st.sets(st.sampled_from(NAMES))))),
        }
        for number in range(draw(st.integers(1, 5)))
    ]
    gids = st.none() | st.sampled_from(["1", "2"])
    people: list[Document] = [
        User(document_id=name, platform_name=name, name=name, uid=None, gid=draw(gids))
        for name in draw(st.sets(st.sampled_from(NAMES)).map(sorted))
    ]
    groups: list[Document] = [
        Group(
            document_id=name,
            name=name,
            gid=draw(gids),
            type=None,
            members=json.dumps(sorted(draw(st.sets(st.sampled_from(NAMES))))),
        )
        for name in ("isis", "clf")[: draw(st.integers(0, 2))]
    ]
    known: list[Document] = [
        host(
            f"h{number}",
            f"10.0.0.{number}",
            draw(st.none() | PROJECTS),
            draw(st.none() | KINDS),
        )
        for number in draw(st.sets(st.integers(0, hosts - 1)).map(sorted))
    ]
    return {"workspaces": claims, "users": people, "groups": groups, "hosts": known}


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Two or three machines, their documents, a grid and perhaps a pull with holes."""
    count = draw(st.integers(2, 3))
    hole = draw(st.none() | st.integers(2, 2 * HOURS - 4))
    bounds = [SINCE, UNTIL]
    if hole is not None:
        width = draw(st.integers(1, 3))
        bounds[1:1] = [SINCE + SLOT * hole, SINCE + SLOT * (hole + width)]
    return Fleet(
        [draw(machines(number)) for number in range(count)],
        [Window(*pair) for pair in zip(bounds[::2], bounds[1::2], strict=True)],
        draw(documents(count)),
        [
            IntensitySlot(slot_at=one, forecast=draw(FIGURE), actual=draw(FIGURE))
            for one in slots(SINCE, UNTIL)
        ],
    )


@dataclass(frozen=True)
class Step:
    """A pull of a part of the fleet, and whether a build follows.

    Of machines `begin` and `end` are instants, of all else numbers of rows.
    """

    what: str
    begin: int
    end: int
    then_builds: bool = False

    def land(self, fleet: Fleet, into: Landing) -> None:
        """Land the part."""
        part = slice(self.begin, self.end)
        if self.what == "machines":
            into.machines(Window(self.begin, self.end), fleet.machines)
        elif self.what == "intensity":
            into.intensity(fleet.intensity[part])
        for collection, found in fleet.documents.items():
            if self.what == collection:
                into.documents(collection, found[part], complete=False)


def at_once(fleet: Fleet) -> list[Step]:
    """All landed in as few pulls as there can be."""
    return [
        *(Step("machines", one.since, one.until) for one in fleet.stretches),
        *(Step(name, 0, len(found)) for name, found in fleet.documents.items()),
        Step("intensity", 0, len(fleet.intensity)),
    ]


@st.composite
def in_parts(draw: st.DrawFn, fleet: Fleet, builds: int) -> list[Step]:
    """All landed in any number of pulls, in any order, with builds between them."""
    steps = []
    for whole in at_once(fleet):
        stride = SLOT if whole.what == "machines" else 1
        inner = range(whole.begin + stride, whole.end, stride)
        cuts = draw(st.sets(st.sampled_from(inner), max_size=3)) if inner else set()
        bounds = [whole.begin, *sorted(cuts), whole.end]
        steps += [Step(whole.what, *pair) for pair in pairwise(bounds)]
    steps = draw(st.permutations(steps))
    built = draw(
        st.sets(st.integers(0, len(steps) - 2), min_size=builds, max_size=builds)
    )
    return [
        replace(step, then_builds=number in built) for number, step in enumerate(steps)
    ]
