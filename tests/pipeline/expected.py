"""Every figure of the small fleet, worked out second by second from its truth.

Follows the text of the rules, not the models: watts per core and the band of them as in
the seed, PUE 1, intensity `actual`, else `forecast`, else unknown.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.pipeline import small_fleet as fleet
from tests.pipeline.machines import slots

Value = float | str | None
Figures = dict[str, Value]
Named = dict[str, Value]
KWH_A_WATT_SECOND = 1 / 3_600_000
WATTS = {"": (12.0, 1.0), "low": (6.0, 0.5), "high": (20.0, 3.0)}
ORIGINS = ("actual", "forecast", "fallback")
CARBON = ("busy_gCo2eq", "idle_gCo2eq")
SUMMED = (
    *("busy_cpu_seconds_total", "idle_cpu_seconds_total", "busy_kwh", "idle_kwh"),
    *("busy_gCo2eq", "idle_gCo2eq", "covered_kwh", "kwh_low", "kwh_high"),
    *("gCo2eq_low", "gCo2eq_high", "actual_gCo2eq", "forecast_gCo2eq"),
    "fallback_gCo2eq",
)


def iso(at: int) -> str:
    """An instant as the views spell it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Part:
    """CPU seconds of a host in a half-hour that fall to one user, or to nobody."""

    slot_at: int
    project: str
    machine: str
    user: str | None
    busy: float
    idle: float
    host: str
    seconds: float

    @property
    def hour(self) -> str:
        """The hour as the views spell it."""
        return iso(self.slot_at - self.slot_at % 3600)


def parts() -> Iterator[Part]:
    """All usage, each second a machine was up split equally among its owners."""
    for number, machine in enumerate(fleet.MACHINES):
        project, kind = fleet.PLACES[number]
        claims = [claim[1:] for claim in fleet.OWNED if claim[0] == number]
        for slot_at in slots(fleet.SINCE, fleet.UNTIL):
            until = slot_at + 1800
            busy, idle = machine.busy(slot_at, until), machine.idle(slot_at, until)
            seconds: Counter[str | None] = Counter()
            for second in range(slot_at, until):
                if machine.is_up(second):
                    owners = _owners(claims, second)
                    for owner in owners:
                        # seconds are counted in sixtieths, so that no float adds up
                        seconds[owner] += 60 // len(owners)
            up = sum(seconds.values())
            for owner, counted in seconds.items():
                share = counted / up
                yield Part(
                    slot_at,
                    project,
                    kind,
                    owner,
                    busy * share,
                    idle * share,
                    fleet.HOSTS[number],
                    counted / 60,
                )


def _owners(claims: Iterable[tuple[str, int, int]], second: int) -> set[str | None]:
    return {owner for owner, since, until in claims if since <= second < until} or {
        None
    }


def intensity(slot_at: int) -> tuple[float | None, str]:
    """Intensity of a half-hour and which figure it is."""
    forecast, actual = fleet.grid(slot_at)
    if slot_at == fleet.BOGUS:
        actual = None
    if actual is not None:
        return actual, "actual"
    return forecast, "forecast"


def hours(chosen: Iterable[Part]) -> dict[str, Figures]:
    """Figures by hour of some usage."""
    by_hour: dict[str, list[Part]] = defaultdict(list)
    for part in chosen:
        by_hour[part.hour].append(part)
    return {hour: _figures(those) for hour, those in sorted(by_hour.items())}


def _figures(those: Iterable[Part]) -> Figures:
    sums = dict.fromkeys(SUMMED, 0.0)
    is_known = True
    origins = set()
    for part in those:
        per_kwh, origin = intensity(part.slot_at)
        sums["busy_cpu_seconds_total"] += part.busy
        sums["idle_cpu_seconds_total"] += part.idle
        kwh = 0.0
        for band, (busy_watts, idle_watts) in WATTS.items():
            busy = part.busy * busy_watts * KWH_A_WATT_SECOND
            idle = part.idle * idle_watts * KWH_A_WATT_SECOND
            if band:
                sums[f"kwh_{band}"] += busy + idle
                sums[f"gCo2eq_{band}"] += (busy + idle) * (per_kwh or 0.0)
            else:
                kwh = busy + idle
                sums["busy_kwh"] += busy
                sums["idle_kwh"] += idle
                sums["busy_gCo2eq"] += busy * (per_kwh or 0.0)
                sums["idle_gCo2eq"] += idle * (per_kwh or 0.0)
        if per_kwh is None:
            is_known = is_known and kwh == 0
        else:
            origins.add(origin)
            sums["covered_kwh"] += kwh
            sums[f"{origin}_gCo2eq"] += kwh * per_kwh
    carbon = sums["busy_gCo2eq"] + sums["idle_gCo2eq"]
    energy = sums["busy_kwh"] + sums["idle_kwh"]
    known = carbon / energy if is_known else None
    return {
        **sums,
        "intensity_gCo2eq_kwh": known,
        "intensity_origin": "mixed" if len(origins) > 1 else next(iter(origins), None),
        "has_lost_scrapes": 0,
        "has_unknown_tail": 0,
    }


def by(
    key: Callable[[Part], str | None], all_parts: Iterable[Part]
) -> dict[str, dict[str, Figures]]:
    """Figures by the value of `key` (None is left out) and by hour."""
    chosen: dict[str, list[Part]] = defaultdict(list)
    for part in all_parts:
        value = key(part)
        if value is not None:
            chosen[value].append(part)
    return {value: hours(those) for value, those in sorted(chosen.items())}


def timeseries(name: str, figures: Mapping[str, dict[str, Figures]]) -> list[Named]:
    """Rows of a `v_*_timeseries`."""
    return [
        {name: value, "ts": hour, **row}
        for value, by_hour in figures.items()
        for hour, row in by_hour.items()
    ]


def totals(
    name: str,
    figures: Mapping[str, dict[str, Figures]],
    expected: Callable[[str], int],
) -> list[Named]:
    """Rows of a `v_*_totals`; `expected` gives the hours that should be there.

    Each hour counts as processed when all its energy has an intensity.
    """
    rows: list[Named] = []
    for value, by_hour in figures.items():
        sums = {
            one: sum(_number(row, one) for row in by_hour.values()) for one in SUMMED
        }
        carbon = sums["busy_gCo2eq"] + sums["idle_gCo2eq"]
        unknown = sum(row["intensity_gCo2eq_kwh"] is None for row in by_hour.values())
        hours_expected = expected(value)
        hours_processed = hours_expected - unknown
        rows.append(
            {
                name: value,
                **sums,
                **{f"{one}_share": sums[f"{one}_gCo2eq"] / carbon for one in ORIGINS},
                "hours_expected": hours_expected,
                "hours_processed": hours_processed,
                "coverage": hours_processed / hours_expected,
            }
        )
    return rows


def averages(name: str, figures: Mapping[str, list[Figures]]) -> list[Named]:
    """Rows of a `v_*_averages`: means over rows of a time series."""
    rows: list[Named] = []
    for value, those in figures.items():
        known = [row for row in those if row["intensity_gCo2eq_kwh"] is not None]
        rows.append(
            {
                name: value,
                "avg_busy_energy_kwh": _mean(those, "busy_kwh"),
                "avg_idle_energy_kwh": _mean(those, "idle_kwh"),
                "avg_busy_carbon_gCo2eq": _mean(known, "busy_gCo2eq"),
                "avg_idle_carbon_gCo2eq": _mean(known, "idle_gCo2eq"),
                "avg_intensity_gCo2eq_kwh": _mean(known, "intensity_gCo2eq_kwh"),
                "weighted_intensity_gCo2eq_kwh": _weighted(those),
            }
        )
    return rows


def _mean(those: Iterable[Figures], column: str) -> float | None:
    values = [_number(row, column) for row in those]
    return sum(values) / len(values) if values else None


def _weighted(those: Iterable[Figures]) -> float | None:
    """The intensity of all energy, of which each half-hour knows its own."""
    covered = [row for row in those if _number(row, "covered_kwh")]
    kwh = sum(_number(row, "covered_kwh") for row in covered)
    grams = sum(_number(row, kind) for row in covered for kind in CARBON)
    return grams / kwh if kwh else None


def _number(row: Figures, column: str) -> float:
    value = row[column]
    assert isinstance(value, float)
    return value
