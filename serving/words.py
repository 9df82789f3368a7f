"""Figures as people read them: units, thousands separators, changes in words."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

UNKNOWN = "unknown"
CARBON_UNITS = ((1e6, "t CO₂e"), (1e3, "kg CO₂e"), (1.0, "g CO₂e"))
LACKS = {
    "hours_not_downloaded": "not downloaded",
    "hours_download_incomplete": "downloaded in part",
    "hours_unprocessed": "without the grid's intensity",
}


def number(value: float | None, unit: str = "") -> str:
    """A number of three figures or more, with thousands separators."""
    if value is None:
        return UNKNOWN
    size = abs(value)
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2
    if 0 < size < 0.1:
        digits = 4 if size >= 0.001 else 6
    text = f"{value:,.{digits}f}"
    return f"{text} {unit}".strip()


def carbon(grams: float | None) -> str:
    """Grams as g, kg or t of CO2 equivalent."""
    if grams is None:
        return UNKNOWN
    for size, unit in CARBON_UNITS:
        if abs(grams) >= size:
            return number(grams / size, unit)
    return number(grams, CARBON_UNITS[-1][1])


def share(value: float | None) -> str:
    """A share of 1 in percent, cut rather than rounded: 100 % is nothing but all."""
    if value is None:
        return UNKNOWN
    permille = int(value * 1000 + 1e-9)
    return f"{permille // 10} %" if permille % 10 == 0 else f"{permille / 10:.1f} %"


def change(value: float | None, kind: str) -> str:
    """A change to the window before: `relative` in percent, `points` of a share."""
    if value is None:
        return ""
    unit = "%" if kind == "relative" else "percentage points"
    size = abs(value) * 100
    if size < 0.05:
        return "no more and no less"
    text = f"{size:,.0f}" if size >= 10 else f"{size:.1f}"
    return (
        f"{'▲' if value > 0 else '▼'} {text} {unit} {'more' if value > 0 else 'less'}"
    )


def lacking(row: Mapping[str, Any]) -> str:
    """What keeps the hours of a row from being complete; empty when nothing does."""
    expected, processed = row["hours_expected"] or 0, row["hours_processed"] or 0
    if processed >= expected:
        return ""
    parts = [f"{row[name]:,} {words}" for name, words in LACKS.items() if row[name]]
    return (
        f"Not complete: {processed:,} of {expected:,} hours are processed"
        f" ({', '.join(parts)}). The totals have what is known of them."
    )


def span(days: int) -> str:
    """How many days, in words."""
    return "1 day" if days == 1 else f"{days:,} days"


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "kwh": lambda value: number(value, "kWh"),
    "carbon": carbon,
    "share": share,
    "change": lambda value: change(value, "relative") or "—",
    "intensity": lambda value: number(value, "g CO₂e/kWh"),
    "number": number,
    "count": lambda value: UNKNOWN if value is None else f"{value:,}",
    "text": lambda value: "—" if value is None else str(value),
    "time": lambda value: "—" if value is None else utc(value),
}


def utc(at: str) -> str:
    """An instant as `2025-09-11 10:00`."""
    return f"{at[:10]} {at[11:16]}"


def measured(text: str) -> Markup:
    """A figure whose unit is set smaller, for a template."""
    figure, _, unit = text.partition(" ")
    return Markup("{} <small>{}</small>").format(figure, unit)


def formatted(value: Any, kind: str) -> str:
    """A value in the format of that name."""
    return FORMATS[kind](value)
