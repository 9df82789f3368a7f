"""The labels under which a series lands, without what must not be kept."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from loaders.pseudonyms import Names
from loaders.redaction import holds_address
from loaders.settings import Labels
from loaders.texts import LONGEST, landable

LAST_SCRAPE = "last_scrape_at"

Values = Sequence[tuple[float, float]]
ScrapedLast = dict[tuple[str, int], str]


class Target(NamedTuple):
    """A series of an answer under the labels that it had there."""

    labels: str
    values: Values


def landed_labels(
    labels: Mapping[str, str], roles: Labels, names: Names
) -> tuple[dict[str, str], list[str]]:
    """The labels as they land, and a line on each that does not land as it is.

    A label that holds an e-mail address is left out, a long value is cut, and people
    are named as `names` has it.
    """
    kept = {label: _landed(value) for label, value in labels.items()}
    problems = []
    for label, value in kept.items():
        shown = "…" if holds_address(label) else landable(label)
        if value is None or holds_address(label):
            problems.append(f"label {shown} looks like an e-mail address, not landed")
        elif value != labels[label]:
            problems.append(
                f"label {shown} has NUL or over {LONGEST} characters, landed changed"
            )
    clean = {
        landable(label): value
        for label, value in kept.items()
        if value is not None and not holds_address(label)
    }
    return names.labels(clean, roles), problems


def landed_mode(mode: str) -> str:
    """The mode of a CPU as it lands; none in place of an e-mail address."""
    return "" if holds_address(mode) else landable(mode)


def label_text(labels: Mapping[str, str]) -> str:
    """Labels as JSON with sorted keys."""
    return json.dumps(labels, sort_keys=True, ensure_ascii=False)


def merged(
    metric: str, labels: str, targets: Sequence[Target], last: ScrapedLast
) -> Iterator[tuple[float, float]]:
    """Yield the values of targets that all land as `labels`, one an instant.

    The target scraped last counts, as `last` has it by labels and instant: it is filled
    from the metric of last scrapes. Of targets it does not know the largest value does.
    """
    if len(targets) == 1:
        yield from targets[0].values
        return
    by_instant: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for target in targets:
        for ts, value in target.values:
            if math.isfinite(value):
                by_instant[round(ts)][target.labels] = value
    for ts, values in sorted(by_instant.items()):
        if metric == LAST_SCRAPE:
            last[labels, ts] = max(values, key=lambda one: (values[one], one))
        chosen = last.get((labels, ts))
        if chosen is None:
            yield ts, max(values.values())
        elif chosen in values:
            yield ts, values[chosen]


@lru_cache(maxsize=2**16)
def _landed(value: str) -> str | None:
    return None if holds_address(value) else landable(value)
