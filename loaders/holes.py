"""Holes: time that was asked of a source and has not landed whole."""

import sqlite3
import time
from collections.abc import Iterable
from typing import Literal, NamedTuple

from loaders.ledger import Entry, read_ledger
from loaders.rows import Source, Window

FIRST_PAUSE = 1800
LONGEST_PAUSE_AFTER_FAILURE = 24 * 3600
MOST_ATTEMPTS = 10

Lack = Literal["failed", "partial", "missing"]


class Hole(NamedTuple):
    """A stretch that was asked for and is not done.

    `state` is how it was last answered, missing when never; `attempts` counts the
    partial answers, `failures` those of runs in which the source gave other time. The
    last of both came at `last_asked_at`; `is_empty` is whether it held no row.
    """

    since: int
    until: int
    state: Lack
    attempts: int = 0
    last_asked_at: int | None = None
    failures: int = 0
    is_empty: bool = False

    @property
    def is_given_up(self) -> bool:
        """Whether only a pull of just this time asks for it again."""
        return self.attempts >= MOST_ATTEMPTS

    @property
    def tries(self) -> int:
        """How often it was asked for in vain."""
        return self.attempts + self.failures

    def is_due(self, now: int) -> bool:
        """Whether to ask again at `now`.

        After a first failure it is at once, as that says nothing of what the source
        holds. Else pauses double from half an hour on: after failures to a day, for
        ever; a partial answer may be all there is: to eleven days, then it is given up.
        """
        asked_at = self.last_asked_at
        if asked_at is None or asked_at > now:
            return not self.is_given_up
        doubled = min(self.tries, MOST_ATTEMPTS) - 1
        if self.attempts:
            return not self.is_given_up and now >= asked_at + (FIRST_PAUSE << doubled)
        pause = (FIRST_PAUSE << doubled) // 2 if self.failures > 1 else 0
        return now >= asked_at + min(pause, LONGEST_PAUSE_AFTER_FAILURE)


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
    # a source that gave nothing at all says nothing of any time
    gave = {one.run_id for one in entries if one.state != "failed"}
    return [
        hole
        for gap in _without(_joined(asked), _joined(done))
        for hole in _told_apart(gap, vain, gave)
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


def _told_apart(gap: Window, vain: list[Entry], gave: set[int]) -> list[Hole]:
    """Cut a gap where the entries about it begin and end; join equal neighbours."""
    about = [one for one in vain if one.since < gap.until and one.until > gap.since]
    edges = {edge for one in about for edge in (one.since, one.until)}
    inside = sorted(edge for edge in edges if gap.since < edge < gap.until)
    found: list[Hole] = []
    for since, until in zip([gap.since, *inside], [*inside, gap.until], strict=True):
        hole = _described(Window(since, until), about, gave)
        if found and found[-1][2:] == hole[2:]:
            found[-1] = found[-1]._replace(until=until)
        else:
            found.append(hole)
    return found


def _described(piece: Window, about: list[Entry], gave: set[int]) -> Hole:
    """A hole whose entries all cover the whole of it."""
    entries = sorted(
        (one for one in about if one.since <= piece.since and piece.until <= one.until),
        key=lambda one: one.recorded_at,
    )
    partial = [one for one in entries if one.state == "partial"]
    counted = [one for one in entries if one.run_id in gave]
    last = entries[-1] if entries else None
    return Hole(
        *piece,
        state="missing" if last is None or last.state == "done" else last.state,
        attempts=len(partial),
        last_asked_at=counted[-1].recorded_at if counted else None,
        failures=len(counted) - len(partial),
        is_empty=last is not None and last.state == "partial" and not last.row_count,
    )
