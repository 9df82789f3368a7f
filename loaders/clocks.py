"""How far a server's clock is ahead of this machine's, in seconds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SLACK = 300


def skew_of_answer(headers: Mapping[str, str], at: float) -> float | None:
    """By the `Date` of an HTTP answer at epoch `at`, and its `Age` in a cache."""
    try:
        told = parsedate_to_datetime(headers["Date"])
        return told.timestamp() + float(headers.get("Age", 0)) - at
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def skew_of_time(told: object, at: float) -> float | None:
    """By the UTC time, with or without its zone, that it told at epoch `at`."""
    if not isinstance(told, datetime):
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() - at


def problem_of(skew: float | None) -> str | None:
    """What is wrong when this machine's clock is ahead of a server's.

    What it takes for over would be entered as asked, and never be asked again. One
    that is behind asks for the rest later.
    """
    if skew is None or skew >= -SLACK:
        return None
    return (
        f"this machine's clock is {-skew / 60:.0f} min ahead of the server's:"
        " synchronise both by NTP, then pull again"
    )
