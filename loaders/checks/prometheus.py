"""Whether Prometheus can be asked, and has what the settings speak of."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from loaders.checks.findings import (
    SECONDS_A_SOURCE,
    Clock,
    Finding,
    State,
    clock_finding,
)
from loaders.errors import SourceError
from loaders.freshness import USUAL_RETENTION, duration
from loaders.http import Server
from loaders.logins import unencrypted
from loaders.rows import HALF_HOUR, Window
from loaders.settings import PrometheusSettings
from loaders.snapshots import Redact
from loaders.sources.prometheus import ask_range, open_prometheus
from loaders.sources.prometheus_limits import fetch_retention

AREA = "prometheus"
OLDEST = (2, 26)
PROJECT_FILE = Path("dbt_project.yml")
INTERVAL = re.compile(r"^\s*scrape_interval_seconds:\s*(\d+)\s*$", re.MULTILINE)
ELSEWHERE = "else MongoDB's hosts are asked, and what is left is (unlabelled)"


def check_prometheus(
    settings: PrometheusSettings, redact: Redact = str
) -> Iterator[Finding]:
    """Yield what is found out about the server and its series."""
    deadline = time.monotonic() + SECONDS_A_SOURCE
    server = open_prometheus(settings, deadline=deadline, redact=redact)
    clock = Clock(server.session)
    now = int(time.time())
    boots = f"count_over_time(node_boot_time_seconds{{{settings.selector}}}[30m])"
    try:
        targets = int(_number(server, f"count({boots})", now) or 0)
        yield Finding(AREA, "ok", f"{settings.url} answers")
        yield from _login(settings)
        yield _version(server)
        yield _retention(server)
        yield clock_finding(AREA, clock.skew)
        if not targets:
            yield Finding(
                AREA,
                "fail",
                "no series of node_boot_time_seconds in the last half-hour",
                "check prometheus.selector, and that node_exporter is scraped",
            )
            return
        yield _cpu(server, settings, targets, now)
        yield from _labels(server, settings, targets, now)
        yield _interval(_number(server, f"quantile(0.5, {boots})", now))
    except SourceError as error:
        yield Finding(
            AREA,
            "fail",
            str(error).removeprefix(f"{AREA}: "),
            "until it answers, its data wait there and are lost when it drops them",
        )


def _number(server: Server, query: str, at: int) -> float | None:
    """The one value of a query, None without any. Raises SourceError."""
    result = ask_range(server, query, Window(at, at), HALF_HOUR).data.result
    return result[0].values[0][1] if result and result[0].values else None


def _login(settings: PrometheusSettings) -> Iterator[Finding]:
    has_login = bool(settings.username or settings.bearer_token)
    if unsafe := unencrypted(settings.url or "", has_login=has_login):
        yield Finding(AREA, "warn", unsafe, "use an https address")


def _version(server: Server) -> Finding:
    try:
        data = server.get("/api/v1/status/buildinfo").get("data")
    except SourceError:
        data = None
    version = str(data.get("version")) if isinstance(data, dict) else ""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        return Finding(
            AREA,
            "warn",
            "does not say its version",
            "any is fine that speaks PromQL as Prometheus 2.26 does",
        )
    if (int(found[1]), int(found[2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return Finding(
            AREA, "fail", f"version {version}", f"upgrade it to {oldest} or newer"
        )
    return Finding(AREA, "ok", f"version {version}")


def _retention(server: Server) -> Finding:
    retention = fetch_retention(server)
    if retention is None:
        return Finding(
            AREA,
            "warn",
            "does not say how long it keeps its samples",
            f"status takes {duration(USUAL_RETENTION)} for it: pull more often",
        )
    return Finding(AREA, "ok", f"keeps its samples for {duration(retention)}")


def _cpu(
    server: Server, settings: PrometheusSettings, targets: int, now: int
) -> Finding:
    selector = f'{{mode="idle",{settings.selector}}}'
    counters = f"count_over_time(node_cpu_seconds_total{selector}[30m])"
    query = f"count(count without (cpu, mode) ({counters}))"
    counted = int(_number(server, query, now) or 0)
    said = f"{targets} targets with a boot time, {counted} with CPU counters"
    if not counted:
        return Finding(AREA, "fail", said, "node_exporter needs its cpu collector")
    if counted != targets:
        return Finding(AREA, "warn", said, "give node_exporter both: cpu and stat")
    return Finding(AREA, "ok", said)


def _labels(
    server: Server, settings: PrometheusSettings, targets: int, now: int
) -> Iterator[Finding]:
    for role, label in settings.labels.model_dump().items():
        if not label:
            continue
        selector = f'{{{label}="",{settings.selector}}}'
        query = f"count(count_over_time(node_boot_time_seconds{selector}[30m]))"
        without = int(_number(server, query, now) or 0)
        if not without:
            yield Finding(AREA, "ok", f"every target has the label {label} ({role})")
            continue
        said = f"{without} of {targets} targets lack the label {label} ({role})"
        remedy = f"relabel them, or set prometheus.labels.{role}"
        if role == "host":
            state: State = "fail" if without == targets else "warn"
            yield Finding(AREA, state, said, f"{remedy}: they are left out")
        else:
            owner = "else the workspace's owner is the user"
            other = owner if role == "user" else ELSEWHERE
            yield Finding(AREA, "warn", said, f"{remedy}; {other}")


def _interval(scrapes: float | None) -> Finding:
    """How often half of the targets are scraped at least, beside dbt's variable."""
    interval = HALF_HOUR / scrapes if scrapes else 0
    said = f"scrapes about every {interval:.0f} s"
    text = PROJECT_FILE.read_text() if PROJECT_FILE.is_file() else ""
    found = INTERVAL.search(text)
    if found is None:
        return Finding(AREA, "ok", f"{said}, as scrape_interval_seconds must say")
    set_to = int(found[1])
    if abs(interval - set_to) > set_to / 5:
        return Finding(
            AREA,
            "warn",
            f"{said}, but scrape_interval_seconds is {set_to}",
            f"set it in {PROJECT_FILE}: lost scrapes are told by it",
        )
    return Finding(AREA, "ok", f"{said}, as {PROJECT_FILE} says")
