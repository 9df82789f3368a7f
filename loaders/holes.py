"""Holes: time that was asked of a source and has not landed whole."""

import sqlite3
import time
from collections.abc import Iterable
from typing import Literal, NamedTuple

from loaders.ledger import Entry, read_ledger
from loaders.rows import Source, Window

FIRST_PAUSE = 1800
MOST_ATTEMPTS = 10

Lack = Literal["failed", "partial", "missing"]


class Hole(NamedTuple):
    """A stretch that was asked for and is not done.

    `state` is how it was last answered, missing when never; `attempts` counts the
    partial answers, of which the last came at `last_asked_at`.
    """

    since: int
    until: int
    state: Lack
    attempts: int = 0
    last_asked_at: int | None = None

    @property
    def is_given_up(self) -> bool:
        """Whether only a pull of just this time asks for it again."""
        return self.attempts >= MOST_ATTEMPTS

    def is_due(self, now: int) -> bool:
        """Whether to ask again at `now`.

        A failure says nothing of what the source holds, so it is asked again at each
        pull. A partial answer may be all there is: pauses double, from half an hour
        to eleven days, then it is given up.
        """
        if self.last_asked_at is None:
            return True
        pause = FIRST_PAUSE * 2 ** (self.attempts - 1)
        return not self.is_given_up and now >= self.last_asked_at + pause


def holes(
    database: sqlite3.Connection, source: Source, now: int | None = None
) -> list[Hole]:
    """The holes of a source in order of time; neighbours differ in how they came.

    Asked for is what a run or a window of the ledger names up to `now`. What landed
    once is done, whatever became of asking again. Raises sqlite3.Error.
    """
    at = int(time.time()) if now is None else now
    asked, entries = read_ledger(database, source, at)
    sound = [one for one in entries if not one.is_to_come]
    done = [Window(*one[:2]) for one in sound if one.state == "done"]
    vain = [one for one in sound if one.state != "done"]
    return [
        hole
        for gap in _without(_joined(asked), _joined(done))
        for hole in _told_apart(gap, vain)
    ]


def _joined(windows: Iterable[Window]) -> list[Window]:
    """The stretches that windows cover together, in order of time."""
    stretches: list[Window] = []
    for window in sorted(windows):
        if stretches and window.since <= stretches[-1].until:
            until = max(stretches[-1].until, window.until)
            stretches[-1] = Window(stretches[-1].since, until)
        else:
            stretches.append(window)
    return stretches


def _without(stretches: list[Window], taken: list[Window]) -> list[Window]:
    """What is left of `stretches`; both are in order of time and apart."""
    left: list[Window] = []
    for since, until in stretches:
        for one in taken:
            if one.until <= since or one.since >= until:
                continue
            if since < one.since:
                left.append(Window(since, one.since))
            since = one.until
        if since < until:
            left.append(Window(since, until))
    return left


def _told_apart(gap: Window, vain: list[Entry]) -> list[Hole]:
    """Cut a gap where the entries about it begin and end; join equal neighbours."""
    about = [one for one in vain if one.since < gap.until and one.until > gap.since]
    edges = {edge for one in about for edge in (one.since, one.until)}
    inside = sorted(edge for edge in edges if gap.since < edge < gap.until)
    found: list[Hole] = []
    for since, until in zip([gap.since, *inside], [*inside, gap.until], strict=True):
        hole = _described(Window(since, until), about)
        if found and found[-1][2:] == hole[2:]:
            found[-1] = found[-1]._replace(until=until)
        else:
            found.append(hole)
    return found


def _described(piece: Window, about: list[Entry]) -> Hole:
    """A hole whose entries all cover the whole of it."""
    entries = sorted(
        (one for one in about if one.since <= piece.since and piece.until <= one.until),
        key=lambda one: one.recorded_at,
    )
    partial = [one for one in entries if one.state == "partial"]
    last = entries[-1] if entries else None
    return Hole(
        *piece,
        state="missing" if last is None or last.state == "done" else last.state,
        attempts=len(partial),
        last_asked_at=partial[-1].recorded_at if partial else None,
    )
