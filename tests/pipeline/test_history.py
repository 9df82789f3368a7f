"""Histories by period, against figures worked out second by second."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import pytest

from tests.pipeline import small_fleet as fleet
from tests.pipeline.comparison import differences
from tests.pipeline.expected import (
    ORIGINS,
    SUMMED,
    Figures,
    Named,
    Part,
    by,
    iso,
    parts,
)
from tests.pipeline.project import Project
from tests.pipeline.test_views import KEYS

LENGTHS = {"day": 10, "month": 7, "year": 4, "all": 0}
HOURS = [iso(at) for at in range(fleet.SINCE, fleet.UNTIL, 3600)]
ByHour = Mapping[str, Figures]
# scope, name, period, its name
Key = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, dict[str, Figures]]]:
    """Figures by scope, name and hour."""
    all_parts: list[Part] = list(parts())
    return {scope: by(key, all_parts) for scope, key in KEYS.items()}


def periods_of(hour: str) -> Iterator[tuple[str, str]]:
    for period, length in LENGTHS.items():
        yield period, hour[:length] or "all"


def expected_hours(
    scope: str, name: str, figures: Mapping[str, Mapping[str, ByHour]]
) -> Iterator[tuple[str, bool]]:
    """The hours that should be there, and whether all energy has an intensity."""
    if scope == "group":
        for user, group in fleet.GROUPS.items():
            if group == name and user in figures["user"]:
                yield from expected_hours("user", user, figures)
        return
    by_hour = figures[scope][name]
    for hour in HOURS if scope in ("ada", "project") else by_hour:
        is_known = hour not in by_hour or (
            by_hour[hour]["intensity_gCo2eq_kwh"] is not None
        )
        yield hour, is_known


def history(figures: Mapping[str, Mapping[str, ByHour]]) -> list[Named]:
    sums: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    counts: defaultdict[Key, Counter[bool]] = defaultdict(Counter)
    for scope, named in figures.items():
        for name, by_hour in named.items():
            for hour, row in by_hour.items():
                for period in periods_of(hour):
                    for column in SUMMED:
                        sums[scope, name, *period][column] += row[column]  # type: ignore
            for hour, is_known in expected_hours(scope, name, figures):
                for period in periods_of(hour):
                    counts[scope, name, *period][is_known] += 1
    return [_row(key, sums[key], counts[key]) for key in counts]


def _row(key: Key, sums: Counter[str], count: Counter[bool]) -> Named:
    carbon = sums["busy_gCo2eq"] + sums["idle_gCo2eq"]
    lacks = {"not_downloaded": 0, "download_incomplete": 0, "unprocessed": count[False]}
    return {
        **dict(zip(("scope", "scope_name", "period", "period_name"), key, strict=True)),
        **{column: sums[column] for column in SUMMED},
        "weighted_gCo2eq_kwh": carbon / sums["covered_kwh"],
        **{f"{one}_share": sums[f"{one}_gCo2eq"] / carbon for one in ORIGINS},
        "hours_expected": count.total(),
        "hours_processed": count[True],
        "coverage": count[True] / count.total(),
        **{f"hours_{one}": hours for one, hours in lacks.items()},
        "status": "unprocessed" if count[False] else "processed",
    }


def test_a_history_is_the_truth_of_its_days_months_and_years(
    small: Project, figures: Mapping[str, Mapping[str, ByHour]]
) -> None:
    wanted = history(figures)
    assert {row["period_name"] for row in wanted} >= {"2025-09-11", "2025-09", "2025"}
    keys = ("scope", "scope_name", "period", "period_name")
    lines = differences(small.rows("v_usage_history"), wanted, keys)
    assert not lines, lines[:10]
