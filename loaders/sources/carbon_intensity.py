"""Grid intensity of Great Britain, half-hour by half-hour, in gCO2eq/kWh.

Carbon Intensity API (carbonintensity.org.uk, CC BY 4.0) → answers → slots. The API
selects by the END of a half-hour, so slots are matched on their `from`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from loaders.errors import SourceError
from loaders.http import Keep, Server, keep_nothing
from loaders.http_sessions import open_session
from loaders.rows import HALF_HOUR, IntensitySlot, Window, minute
from loaders.settings import CarbonIntensitySettings

LONGEST_REQUEST = 14 * 24 * 3600
FORECAST = 48 * 3600
MOST_GRAMS = 10_000


@dataclass
class Reading:
    """The slots of one answer, in order of time.

    `findings` are lines on what was left out or cut off, `remarks` lines on what the
    API lacks.
    """

    slots: list[IntensitySlot] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def open_carbon_intensity(
    settings: CarbonIntensitySettings,
    *,
    deadline: float | None = None,
    keep: Keep = keep_nothing,
    redact: Callable[[str], str] = str,
) -> Server:
    """The server of the settings, whose `url` must be given."""
    return Server(
        "carbon-intensity",
        settings.url or "",
        settings.timeout_seconds,
        open_session(ca_bundle=settings.ca_bundle),
        deadline=deadline,
        keep=keep,
        redact=redact,
        is_sound=lambda answer: bool(answer.get("data")),
    )


def cut(window: Window) -> Iterator[Window]:
    """Cut a window into what one request gives: 14 days, ends within one year."""
    since = window.since
    while since < window.until:
        year = datetime.fromtimestamp(since + HALF_HOUR, UTC).year
        new_year = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
        until = min(window.until, since + LONGEST_REQUEST, new_year - HALF_HOUR)
        yield Window(since, until)
        since = until


def fetch_slots(server: Server, window: Window) -> Reading:
    """The half-hours within `window`, which must be one that `cut` gives.

    Raises SourceError.
    """
    first, last = window
    if _year(first) != _year(first + HALF_HOUR):
        first += HALF_HOUR
    last = max(last, first + HALF_HOUR)
    answer = server.get(f"/intensity/{minute(first)}/{minute(last)}")
    reading = slot_rows(answer, window)
    _remark_what_lacks(reading, window)
    return reading


def fetch_forecast(server: Server, since: int) -> Reading:
    """The forecast of the 48 hours from epoch `since` on. Raises SourceError."""
    answer = server.get(f"/intensity/{minute(since)}/fw48h")
    return slot_rows(answer, Window(since, since + FORECAST))


def slot_rows(answer: dict[str, Any], window: Window) -> Reading:
    """The slots of an answer that lie within `window`.

    A value that is missing is None; one that is no number from 0 to 10 000 is left
    out and counted. Of several rows of one slot the last value given counts. No row
    at all is a finding. Raises SourceError when there are only others than asked for.
    """
    data = answer.get("data")
    if not isinstance(data, list):
        raise SourceError("carbon-intensity: the answer has no list `data`; pull again")
    left_out: Counter[str] = Counter()
    slots: dict[int, IntensitySlot] = {}
    others = 0
    for row in data:
        slot_at = _slot_at(row)
        # asked by its end, the half-hour before comes along
        others += slot_at != window.since - HALF_HOUR
        if slot_at is None:
            left_out["rows without a half-hour in `from`"] += 1
        elif window.since <= slot_at < window.until:
            slot = slots.setdefault(
                slot_at, IntensitySlot(slot_at=slot_at, forecast=None, actual=None)
            )
            forecast = _grams(row, "forecast", left_out)
            actual = _grams(row, "actual", left_out)
            if forecast is not None:
                slot["forecast"] = forecast
            if actual is not None:
                slot["actual"] = actual
    nothing = f"carbon-intensity: no rows for {window}; pull again"
    if others and not slots:
        raise SourceError(nothing)
    findings = [] if slots else [nothing]
    findings += [
        f"carbon-intensity: {window}: {problem}, left out: {count}"
        for problem, count in left_out.items()
    ]
    return Reading([slots[at] for at in sorted(slots)], findings)


def _remark_what_lacks(reading: Reading, window: Window) -> None:
    if not reading.slots:
        return
    first, last = reading.slots[0]["slot_at"], reading.slots[-1]["slot_at"]
    if first > window.since or last + HALF_HOUR < window.until:
        reading.findings.append(
            f"carbon-intensity: {window}: the answer has only {minute(first)} to"
            f" {minute(last + HALF_HOUR)}; pull again"
        )
    absent = (window.until - window.since) // HALF_HOUR - len(reading.slots)
    if absent:
        reading.remarks.append(
            f"carbon-intensity: {window}: half-hours without a row: {absent}"
        )
    without = [slot["slot_at"] for slot in reading.slots if slot["actual"] is None]
    if without:
        reading.remarks.append(
            "carbon-intensity: half-hours that have ended without an actual:"
            f" {len(without)} (the first {minute(without[0])})"
        )


def _slot_at(row: Any) -> int | None:
    try:
        start = datetime.strptime(row["from"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except (LookupError, TypeError, ValueError):
        return None
    slot_at = int(start.timestamp())
    return slot_at if slot_at % HALF_HOUR == 0 else None


def _grams(row: dict[str, Any], key: str, left_out: Counter[str]) -> float | None:
    intensity = row.get("intensity")
    value = intensity.get(key) if isinstance(intensity, dict) else None
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= value <= MOST_GRAMS:
        return float(value)
    left_out[f"values of {key} that are no intensity"] += 1
    return None


def _year(at: int) -> int:
    return datetime.fromtimestamp(at, UTC).year
