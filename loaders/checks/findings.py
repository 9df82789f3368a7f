"""What a check finds."""

import time
from typing import Any, Literal, NamedTuple

import requests

from loaders.clocks import skew_of_answer

LARGEST_SKEW = 30
SECONDS_A_SOURCE = 30

State = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """One thing that was looked at; `remedy` says what to do unless it is ok."""

    area: str
    state: State
    said: str
    remedy: str = ""


class Clock:
    """How far a server's clock is ahead of this machine's, by its answers' `Date`."""

    def __init__(self, session: requests.Session) -> None:
        self.skew: float | None = None
        session.hooks["response"].append(self._read)

    def _read(self, response: requests.Response, **_: Any) -> None:
        skew = skew_of_answer(response.headers, time.time())
        self.skew = self.skew if skew is None else skew


def clock_finding(area: str, skew: float | None) -> Finding:
    """Whether a server's clock, so many seconds ahead, is close to this one's."""
    if skew is None:
        return Finding(
            area, "warn", "does not say what time it has", "compare its clock by hand"
        )
    if abs(skew) > LARGEST_SKEW:
        way = "ahead of" if skew > 0 else "behind"
        return Finding(
            area,
            "warn",
            f"its clock is {abs(skew):.0f} s {way} this machine's",
            "synchronise both by NTP: hours are cut by these clocks",
        )
    return Finding(area, "ok", "its clock agrees with this machine's")
