"""Instants and hours as users write them and as facts have them."""

from datetime import UTC, datetime


class NoHour(Exception):
    """Text that names no instant, or no start of an hour; the message is one line."""


def instant_of(option: str, text: str, example: str) -> datetime:
    """The instant that a text names, in UTC, from 1970 on. Raises NoHour."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NoHour(f"{option} {text}: no ISO time; write it as {example}") from None
    if at.tzinfo is None:
        raise NoHour(f"{option} {text}: has no time zone; for UTC end it in Z")
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        at = datetime.min.replace(tzinfo=UTC)
    if at.timestamp() < 0:
        raise NoHour(f"{option} {text}: is no time from 1970 to 9999")
    return at


def hour_of(option: str, text: str) -> str:
    """The start of an hour, as `2025-09-11T10:00:00Z`. Raises NoHour."""
    at = instant_of(option, text, "2025-09-01T00:00Z")
    if (at.minute, at.second, at.microsecond) != (0, 0, 0):
        raise NoHour(
            f"{option} {text}: facts are of whole hours; give the start of one"
        )
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
