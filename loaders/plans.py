"""Plans: which time a pull asks a source for."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from loaders.holes import holes
from loaders.ledger import last_landed
from loaders.rows import HALF_HOUR, Source, Window

FIRST_PULL = 7 * 24 * 3600
REPAIRED_AT_ONCE = 14 * 24 * 3600
ASKED_AGAIN = {"prometheus": 4 * HALF_HOUR, "carbon-intensity": 48 * 3600}


class Plan(NamedTuple):
    """What is asked: `repairs`, then `window`, None for a source that is read whole."""

    window: Window | None
    repairs: Sequence[Window] = ()

    @property
    def windows(self) -> list[Window]:
        """All of it, in the order of asking."""
        return [*self.repairs, *([self.window] if self.window else [])]


def plan_of(
    database: sqlite3.Connection,
    source: Source,
    since: int | None,
    until: int,
    now: int,
) -> Plan:
    """Just `since` to `until` if `since` is given, else holes first, then what is new.

    Raises sqlite3.Error.
    """
    window = default_window(database, source, since, until, now)
    if since is not None:
        return Plan(window)
    return Plan(window, repairs(database, source, window.since, now))


def default_window(
    database: sqlite3.Connection,
    source: Source,
    since: int | None,
    until: int,
    now: int,
) -> Window:
    """From `since`, else from where `source` stopped, else 7 days, to `until`.

    Its newest half-hours are asked again: samples arrive late, intensity is revised.
    """
    if since is None:
        newest = last_landed(database, source, now)
        since = until - FIRST_PULL
        if newest is not None:
            since = min(newest, until) - ASKED_AGAIN[source]
    return Window(since, until)


def repairs(
    database: sqlite3.Connection, source: Source, before: int, now: int
) -> list[Window]:
    """The holes to ask for again, up to two weeks of time.

    Only what lies before `before`, where the window of the pull begins, and is due
    at `now`: what was asked for least often first, so that none keeps another from its
    turn, then the oldest.
    """
    due = [one for one in holes(database, source, now) if one.is_due(now)]
    windows: list[tuple[int, Window]] = []
    budget = REPAIRED_AT_ONCE
    for hole in sorted(due, key=lambda one: (one.tries, one.since)):
        since = hole.since
        until = min(hole.until, before, since + budget)
        if since >= until:
            continue
        budget -= until - since
        if windows and windows[-1][0] == hole.tries and windows[-1][1].until == since:
            since = windows.pop()[1].since
        windows.append((hole.tries, Window(since, until)))
    return [window for _, window in windows]
