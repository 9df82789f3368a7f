"""Silences: stretches of a window of which an answer has no sample."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from loaders.rows import HALF_HOUR, Window


class Silence(NamedTuple):
    """Half-hours without a sample; where one `lacks`, asking again may bring it."""

    window: Window
    lacks: bool

    @property
    def findings(self) -> list[str]:
        """What is to be said of it."""
        line = f"prometheus: {self.window}: no samples, as if Prometheus had been away"
        advice = "asked again; check prometheus.selector"
        return [f"{line}: {advice}"] if self.lacks else []


class Piece(NamedTuple):
    """A part of a window as it is entered in the ledger."""

    window: Window
    findings: list[str]
    row_count: int


def silences(
    asked: Window, heard_at: Collection[int], *, has_begun: bool
) -> list[Silence]:
    """The stretches whose half-hours' ends are not `heard_at`, in order of time.

    Of time before the first sample ever nothing lacks. Prometheus that was away looks
    like an answer that is short.
    """
    found: list[Silence] = []
    first = min(heard_at, default=asked.until + HALF_HOUR)
    for end in range(asked.since, asked.until + 1, HALF_HOUR):
        if end in heard_at:
            continue
        since, lacks = end - HALF_HOUR, has_begun or end > first
        if found and (found[-1].window.until, found[-1].lacks) == (since, lacks):
            since = found.pop().window.since
        found.append(Silence(Window(since, end), lacks))
    return found


def pieces(
    window: Window, silent: Sequence[Silence], rows_at: Mapping[int, int]
) -> Iterator[Piece]:
    """Cut a window at its silences, so that what lacks is not done with the rest.

    `rows_at` counts rows by the half-hour's end, or the window's beginning, that they
    are of. Where it opens with rows and a silence, these are a piece without length.
    """
    reached = window.since
    cuts: list[tuple[Window, list[str]]] = []
    for one in silent:
        since, until = max(one.window.since, window.since), one.window.until
        if since >= until:
            continue
        if since > reached or (since == window.since and rows_at.get(since)):
            cuts.append((Window(reached, since), []))
        cuts.append((Window(since, until), one.findings))
        reached = until
    if reached < window.until or not cuts:
        cuts.append((Window(reached, window.until), []))
    ends = [cut.until for cut, _ in cuts]
    counts = [0] * len(cuts)
    for at, rows in rows_at.items():
        counts[min(bisect_left(ends, at), len(ends) - 1)] += rows
    for (cut, lacks), count in zip(cuts, counts, strict=True):
        yield Piece(cut, lacks, count)
