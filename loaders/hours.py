"""Hours as users write them and as facts have them."""

from datetime import UTC, datetime


class NoHour(Exception):
    """Text that names no start of an hour; the message is one line."""


def hour_of(option: str, text: str) -> str:
    """The start of an hour, as `2025-09-11T10:00:00Z`. Raises NoHour."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NoHour(
            f"{option} {text}: no ISO time; write it as 2025-09-01T00:00Z"
        ) from None
    if at.tzinfo is None:
        raise NoHour(f"{option} {text}: has no time zone; for UTC end it in Z")
    at = at.astimezone(UTC)
    if (at.minute, at.second, at.microsecond) != (0, 0, 0):
        raise NoHour(
            f"{option} {text}: facts are of whole hours; give the start of one"
        )
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
