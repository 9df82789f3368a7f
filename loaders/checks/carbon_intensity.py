"""Whether the carbon intensity API answers, and for as long as is asked of it."""

import time
from collections.abc import Iterator

from loaders.checks.findings import SECONDS_A_SOURCE, Clock, Finding, clock_finding
from loaders.errors import SourceError
from loaders.freshness import duration
from loaders.rows import HALF_HOUR, Window
from loaders.settings import CarbonIntensitySettings
from loaders.snapshots import Redact
from loaders.sources.carbon_intensity import (
    LONGEST_REQUEST,
    cut,
    fetch_slots,
    open_carbon_intensity,
)

AREA = "carbon-intensity"
LATE = 3 * 3600


def check_carbon_intensity(
    settings: CarbonIntensitySettings, redact: Redact = str
) -> Iterator[Finding]:
    """Yield what is found out about the API, by the longest request that it takes."""
    deadline = time.monotonic() + SECONDS_A_SOURCE
    server = open_carbon_intensity(settings, deadline=deadline, redact=redact)
    clock = Clock(server.session)
    until = int(time.time()) // HALF_HOUR * HALF_HOUR
    *_, newest = cut(Window(until - LONGEST_REQUEST, until))
    try:
        slots = fetch_slots(server, newest).slots
    except SourceError as error:
        yield Finding(
            AREA,
            "fail",
            str(error).removeprefix(f"{AREA}: "),
            "energy has no carbon until it answers; the next pull catches up",
        )
        return
    days = duration(newest.until - newest.since)
    yield Finding(AREA, "ok", f"{settings.url} answers {len(slots)} slots of {days}")
    yield clock_finding(AREA, clock.skew)
    actual = [slot["slot_at"] for slot in slots if slot["actual"] is not None]
    lag = until - max(actual, default=newest.since)
    if lag > LATE:
        yield Finding(
            AREA,
            "warn",
            f"its newest actual intensity is {duration(lag)} old",
            "wait: the forecast counts until then, and hours are restated",
        )
    else:
        yield Finding(AREA, "ok", "its actual intensities are up to date")
