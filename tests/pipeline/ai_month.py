"""A month of polls of seven AI providers, what each answers, and what that means."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from tests.loaders.answering import Question, Reply

BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
STEP = timedelta(hours=6)
POLLS = 120
DAY = 4
KEYS = {
    "OPENROUTER_API_KEY": "sk-or-0123456789abcdef",
    "GITHUB_COPILOT_TOKEN": "gho_0123456789abcdef",
    "ZAI_API_KEY": "zai.0123456789abcdef",
    "SYNTHETIC_API_KEY": "syn_0123456789abcdef",
    "CODEX_ACCESS_TOKEN": "eyJhbGciOi.0123456789.abcdef",
}
FILED_KEYS = {
    "deepseek": {"api_key": "sk-deep-0123456789abcdef"},
    "kimi": {"key": "sk-kimi-0123456789abcdef"},
    "somebody-else": {"type": "oauth", "access": "not-a-key-of-ours"},
}
SECRETS = [*KEYS.values(), *(next(iter(one.values())) for one in FILED_KEYS.values())]
MANUAL_AT = BEGIN + 4 * STEP + timedelta(hours=3)


class Poll(NamedTuple):
    """What a poll means: figures in the provider's unit, None where it failed."""

    percentage: float | None
    used: float | None
    available: float | None
    reset_at: datetime | None = None
    is_reset: bool = False


def time_of(poll: int) -> datetime:
    return BEGIN + poll * STEP


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


FAILED = Poll(None, None, None)


def openrouter(poll: int) -> tuple[Reply, Poll]:
    """Credits are used up; at poll 60 some are bought, which is no reset."""
    used, credits = 18 + 0.25 * poll, 20.0 if poll < 60 else 220.0
    answer = {"data": {"total_credits": credits, "total_usage": used}}
    return _json(answer), Poll(100 * used / credits, used, credits)


def deepseek(poll: int) -> tuple[Reply, Poll]:
    """A balance in text, topped up at poll 40; at poll 5 the key is echoed."""
    if poll == 5:
        words = f"Authentication fails, {FILED_KEYS['deepseek']['api_key']} is invalid"
        return _json({"error": {"message": words}}, 400), FAILED
    balance = 200 - 0.5 * poll + (100 if poll >= 40 else 0)
    info = {"currency": "CNY", "total_balance": f"{balance:.2f}"}
    answer = {"is_available": True, "balance_infos": [info]}
    return _json(answer), Poll(None, None, balance)


def copilot(poll: int) -> tuple[Reply, Poll]:
    """A quota of a month that begins anew with poll 56."""
    used = 5.0 * (poll if poll < 56 else poll - 56)
    reset_at = datetime(2025, 9 if poll < 56 else 10, 15, tzinfo=UTC)
    quota = {"entitlement": 300, "remaining": 300 - used, "unlimited": False}
    answer = {
        "login": "someone",
        "quota_reset_date": reset_at.strftime("%Y-%m-%d"),
        "quota_snapshots": {"premium_interactions": quota},
    }
    return _json(answer), Poll(100 * used / 300, used, 300.0, reset_at, poll == 56)


def zai(poll: int) -> tuple[Reply, Poll]:
    """A share that begins anew each day; the list of limits comes in any order."""
    share = 20.0 * (poll % DAY + 1)
    reset_at = time_of(poll - poll % DAY + DAY)
    limits = [
        {"type": "TOKENS_LIMIT", "unit": 6, "percentage": 99 - share},
        {"type": "TIME_LIMIT", "percentage": 99, "nextResetTime": 1},
        {
            "type": "TOKENS_LIMIT",
            "unit": 3,
            "percentage": share,
            "nextResetTime": int(reset_at.timestamp() * 1000) + 123,
        },
    ]
    answer = {"code": 200, "data": {"limits": limits[:: 1 if poll % 2 else -1]}}
    is_reset = poll > 0 and poll % DAY == 0
    return _json(answer), Poll(share, share, 100.0, reset_at, is_reset)


def kimi(poll: int) -> tuple[Reply, Poll]:
    """A window that slides with each poll, also over an outage of eight days."""
    if 20 <= poll < 52:
        return Reply(500, "<html>Internal Server Error</html>"), FAILED
    used, reset_at = 10.0 + poll % 3, time_of(poll) + timedelta(days=7)
    usage = {
        "limit": "100",
        "remaining": str(int(100 - used)),
        "resetTime": reset_at.strftime("%Y-%m-%dT%H:%M:%S.123456Z"),
    }
    # a person tells of a reset between polls 4 and 5
    return _json({"usage": usage}), Poll(used, used, 100.0, reset_at, poll == 5)


def synthetic(poll: int) -> tuple[Reply, Poll]:
    """Requests that fall away at poll 100; for a while, answers of another shape."""
    used, reset_at = 130.0 if poll < 100 else 2.0, datetime(2026, 1, 1, tzinfo=UTC)
    quota = {"limit": 135, "requests": used, "renewsAt": iso(reset_at)}
    if 70 <= poll < 80:
        return _json({"quotas": [quota]}), FAILED
    wanted = Poll(100 * used / 135, used, 135.0, reset_at, poll == 100)
    return _json({"subscription": quota}), wanted


def codex(poll: int) -> tuple[Reply, Poll]:
    """A share of a week; answers that break off for a day."""
    if 10 <= poll < 14:
        return Reply(200, "{", {"Content-Length": "9"}), FAILED
    week = 7 * DAY
    share, reset_at = 2.0 * (poll % week), time_of(poll - poll % week + week)
    window = {"used_percent": share, "reset_at": int(reset_at.timestamp())}
    is_reset = poll > 0 and poll % week == 0
    answer = {"plan_type": "plus", "rate_limit": {"primary_window": window}}
    return _json(answer), Poll(share, share, 100.0, reset_at, is_reset)


PROVIDERS = {
    "openrouter": openrouter,
    "deepseek": deepseek,
    "github-copilot": copilot,
    "zai": zai,
    "kimi": kimi,
    "synthetic": synthetic,
    "codex": codex,
}


def answer(poll: int, question: Question) -> Reply:
    """What the provider that the path names says; it must have been given a key."""
    name = question.path.strip("/")
    sent = question.headers.get("Authorization", "")
    if not any(sent.endswith(secret) for secret in SECRETS):
        return Reply(403, "no key")
    return PROVIDERS[name](poll)[0]


def meanings(name: str) -> list[Poll]:
    """What the polls of a provider mean, in their order."""
    return [PROVIDERS[name](poll)[1] for poll in range(POLLS)]


def resets() -> set[tuple[str, float | None, float | None, str, str]]:
    """Provider, usage before and after, kind and time of each reset of the month."""
    kinds = {"github-copilot": "monthly", "zai": "daily", "kimi": "manual"}
    found = set()
    for name in PROVIDERS:
        told = [one for one in enumerate(meanings(name)) if one[1] is not FAILED]
        for (_, before), (poll, now) in pairwise(told):
            if now.is_reset:
                at = MANUAL_AT if name == "kimi" else time_of(poll)
                kind = kinds.get(name, "api")
                found.add((name, before.used, now.used, kind, iso(at)))
    return found


def daily_usage(name: str) -> Mapping[str, float | None]:
    """The amount used by day, None where nothing could be compared."""
    days: dict[str, float | None] = {}
    before: Poll | None = None
    for poll, now in enumerate(meanings(name)):
        day = iso(time_of(poll))[:10]
        days.setdefault(day, None)
        if now.available is None:
            continue
        if before is not None:
            days[day] = (days[day] or 0.0) + _used_since(before, now)
        before = now
    return days


def _used_since(before: Poll, now: Poll) -> float:
    if now.used is None or before.used is None:
        assert now.available is not None and before.available is not None
        return max(before.available - now.available, 0.0)
    return now.used if now.is_reset else max(now.used - before.used, 0.0)


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body), {"Content-Type": "application/json"})
