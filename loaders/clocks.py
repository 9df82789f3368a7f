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
    """What is wrong when this machine's clock and a server's differ.

    By one that is ahead, time to come would be entered as over, and never asked for
    again; by one that is behind, what is over as to come.
    """
    if skew is None or abs(skew) <= SLACK:
        return None
    where = "ahead of" if skew < 0 else "behind"
    return (
        f"this machine's clock is {abs(skew) / 60:.0f} min {where} the server's:"
        " synchronise both by NTP, then pull again"
    )
