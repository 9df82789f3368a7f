"""What a Prometheus server says of itself: how long it keeps its samples."""

import re
from dataclasses import replace

from loaders.errors import SourceError
from loaders.http import Server

DURATION = re.compile(r"(\d+)(ms|y|w|d|h|m|s)")
SECONDS = {
    "ms": 0,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 24 * 3600,
    "w": 7 * 24 * 3600,
    "y": 365 * 24 * 3600,
}


def fetch_retention(server: Server) -> int | None:
    """Seconds for which the server keeps samples; None where it does not say.

    Servers that only speak Prometheus's language have no such answer, and one that
    only bounds the size keeps them for no set time. It is asked once.
    """
    try:
        answer = replace(server, attempts=1).get("/api/v1/status/runtimeinfo")
    except SourceError:
        return None
    data = answer.get("data")
    text = data.get("storageRetention") if isinstance(data, dict) else None
    return retention_seconds(text) if isinstance(text, str) else None


def retention_seconds(text: str) -> int | None:
    """The time in a retention such as `15d`, `1w2d` or `30d or 10GiB`."""
    for part in text.split(" or "):
        found = DURATION.findall(part)
        if found and "".join(map("".join, found)) == part.strip():
            seconds = sum(int(count) * SECONDS[unit] for count, unit in found)
            return seconds or None
    return None
