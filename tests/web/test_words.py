"""Figures as the pages write them."""

import pytest

from serving import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (0, "0 kWh"),
        (0.00004, "0.000040 kWh"),
        (0.0512, "0.0512 kWh"),
        (0.512, "0.51 kWh"),
        (5.125, "5.12 kWh"),
        (51.25, "51.2 kWh"),
        (512.5, "512 kWh"),
        (1234567.8, "1,234,568 kWh"),
        (-51.25, "-51.2 kWh"),
    ],
)
def test_a_number_has_three_figures_or_more(value: float | None, text: str) -> None:
    assert words.number(value, "kWh") == text


@pytest.mark.parametrize(
    ("grams", "text"),
    [
        (None, "unknown"),
        (0.0, "0 g CO₂e"),
        (999.0, "999 g CO₂e"),
        (1000.0, "1.00 kg CO₂e"),
        (1_234_000.0, "1.23 t CO₂e"),
    ],
)
def test_grams_become_kilograms_and_tonnes(grams: float | None, text: str) -> None:
    assert words.carbon(grams) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (1.0, "100 %"),
        (0.99999, "99.9 %"),
        (0.29, "29 %"),
        (0.1, "10 %"),
        (0.0, "0 %"),
    ],
)
def test_only_all_is_100_percent(value: float | None, text: str) -> None:
    assert words.share(value) == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "relative", ""),
        (0.123, "relative", "▲ 12 % more"),
        (-0.0123, "relative", "▼ 1.2 % less"),
        (0.0004, "relative", "no more and no less"),
        (0.021, "points", "▲ 2.1 percentage points more"),
    ],
)
def test_a_change_is_told_with_its_direction(
    value: float | None, kind: str, text: str
) -> None:
    assert words.change(value, kind) == text


def test_what_lacks_is_counted_and_named() -> None:
    row = {
        "hours_expected": 1680,
        "hours_processed": 1668,
        "hours_not_downloaded": 10,
        "hours_download_incomplete": 0,
        "hours_unprocessed": 2,
    }
    assert words.lacking(row) == (
        "Not complete: 1,668 of 1,680 hours are processed"
        " (10 not downloaded, 2 without the grid's intensity)."
        " The totals have what is known of them."
    )
    assert words.lacking({**row, "hours_processed": 1680}) == ""


def test_a_figure_is_text_and_its_unit_small() -> None:
    assert words.measured("1,234 kg <b>") == "1,234 <small>kg &lt;b&gt;</small>"
