"""Histories by period, against figures worked out second by second."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from math import fsum

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
from tests.pipeline.project import Project, Row
from tests.pipeline.test_views import KEYS

LENGTHS = {"day": 10, "month": 7, "year": 4, "all": 0}
HOURS = [iso(at) for at in range(fleet.SINCE, fleet.UNTIL, 3600)]
# gCO2eq per kWh from which a band of 2025 begins, as published
BANDS = {"very low": 0, "low": 30, "moderate": 100, "high": 180, "very high": 251}
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


def test_a_heatmap_has_every_day_of_the_year_and_what_is_known_of_it(
    small: Project, figures: Mapping[str, Mapping[str, ByHour]]
) -> None:
    days = {
        (row["scope"], row["scope_name"], row["period_name"]): row
        for row in _rows(history(figures))
        if row["period"] == "day" and row["scope"] in ("ada", "project")
    }
    assert days
    names = {(scope, name) for scope, name, _ in days}
    wanted = [
        _day(scope, name, begin, days.get((scope, name, begin.isoformat())))
        for scope, name in names
        for begin in (date(2025, 1, 1) + timedelta(one) for one in range(365))
    ]
    keys = ("scope", "scope_name", "day")
    lines = differences(small.rows("v_daily_heatmap"), wanted, keys)
    assert not lines, lines[:10]


def _rows(named: Iterable[Mapping[str, object]]) -> list[Row]:
    return [dict(row) for row in named]


def _day(scope: str, name: str, begin: date, known: Row | None) -> Row:
    if known and not _sum(known, "kwh") and known["coverage"] < 1:
        unknown = ("busy_kwh", "idle_kwh", "covered_kwh", "busy_gCo2eq", "idle_gCo2eq")
        known = known | dict.fromkeys(unknown)
    return {
        **{"scope": scope, "scope_name": name, "year": str(begin.year)},
        **{"day": begin.isoformat(), "weekday": begin.isoweekday()},
        "week_starts_on": (begin - timedelta(begin.weekday())).isoformat(),
        "kwh": known and _sum(known, "kwh"),
        "covered_kwh": known and known["covered_kwh"],
        "gCo2eq": known and _carbon(known),
        "weighted_gCo2eq_kwh": known and known["weighted_gCo2eq_kwh"],
        "coverage": known and known["coverage"],
        "status": known and known["status"],
    }


def _sum(row: Row, measure: str) -> float | None:
    parts = [row[f"{kind}_{measure}"] for kind in ("busy", "idle")]
    return None if None in parts else fsum(parts)


def _carbon(row: Row) -> float | None:
    """Null where no intensity of any of its energy is known."""
    is_known = row["covered_kwh"] or not _sum(row, "kwh")
    return _sum(row, "gCo2eq") if is_known else None


def _band(intensity: float | None) -> tuple[int | None, str]:
    if intensity is None:
        return None, "unknown"
    below = [band for band, begin in BANDS.items() if begin <= intensity]
    return len(below), below[-1]


def test_bands_hold_what_ran_while_the_grid_was_so_clean(
    small: Project, figures: Mapping[str, Mapping[str, ByHour]]
) -> None:
    hours = [
        (scope, name, hour, row, _band(row["intensity_gCo2eq_kwh"]))
        for scope, named in figures.items()
        for name, by_hour in named.items()
        for hour, row in zip(by_hour, _rows(by_hour.values()), strict=True)
    ]
    wanted: list[Row] = [
        {
            **{"scope": scope, "scope_name": name, "ts": hour},
            "band": band,
            "band_position": position,
            "intensity_gCo2eq_kwh": row["intensity_gCo2eq_kwh"],
            "kwh": _sum(row, "kwh"),
            "gCo2eq": _carbon(row),
            "covered_kwh": row["covered_kwh"],
        }
        for scope, name, hour, row, (position, band) in hours
    ]
    assert len({row["band"] for row in wanted}) > 2
    keys = ("scope", "scope_name", "ts")
    lines = differences(small.rows("v_banded_hours"), wanted, keys)
    assert not lines, lines[:10]

    sums: defaultdict[Key, defaultdict[str, defaultdict[str, float]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(float))
    )
    for scope, name, hour, row, (_, band) in hours:
        for period in periods_of(hour):
            found = sums[scope, name, *period][band]
            found["hours"] += 1
            for measure in ("kwh", "gCo2eq"):
                found[measure] += _sum(row, measure) or 0.0
            found["covered_kwh"] += row["covered_kwh"]
    columns = ("scope", "scope_name", "period", "period_name")
    banded: list[Row] = [
        {
            **dict(zip(columns, key, strict=True)),
            **found,
            "gCo2eq": None
            if found["kwh"] and not found["covered_kwh"]
            else found["gCo2eq"],
            "band": band,
            "band_position": [*BANDS].index(band) + 1 if band in BANDS else None,
            "kwh_share": found["kwh"] / fsum(one["kwh"] for one in by_band.values()),
        }
        for key, by_band in sums.items()
        for band, found in by_band.items()
    ]
    rows = small.rows("v_carbon_by_intensity_band")
    lines = differences(rows, banded, (*columns, "band"))
    assert not lines, lines[:10]


@pytest.mark.parametrize(
    ("equivalence", "measure", "amount"),
    [
        ("miles driven", "gCo2eq", 3.93e-4 * 1e6),
        ("phone charges", "gCo2eq", 1.24e-5 * 1e6),
        ("tree-days", "gCo2eq", 0.060 * 1e6 / 3652.5),
        ("streaming hours", "gCo2eq", 36),
        ("kettles", "kwh", 4.184 * 80 / 3600),
    ],
)
def test_equivalences_are_what_was_published_for_them(
    small: Project,
    figures: Mapping[str, Mapping[str, ByHour]],
    equivalence: str,
    measure: str,
    amount: float,
) -> None:
    found = small.query(
        "select * from v_equivalences where equivalence = ?", equivalence
    )
    rows = {
        (row["scope"], row["scope_name"], row["period"], row["period_name"]): row
        for row in found
    }
    known = _rows(history(figures))
    assert len(known) == len(rows) == len(found)
    for wanted in known:
        row = rows[tuple(list(wanted.values())[:4])]
        figures_of = [
            (row["quantity"], _sum(wanted, measure)),
            (row["quantity_low"], wanted[f"{measure}_low"]),
            (row["quantity_high"], wanted[f"{measure}_high"]),
        ]
        for quantity, of in figures_of:
            assert quantity * amount == pytest.approx(of, rel=5e-5)
        assert row["source_title"]
