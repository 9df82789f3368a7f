"""Half-hourly values of node_exporter's series, asked of a Prometheus server.

Server → answers to range queries (one a metric) → samples. The window is cut by the
caller; `steps_within` and `TooMuch` say how small.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from requests.auth import AuthBase, HTTPBasicAuth

from loaders.errors import SourceError
from loaders.http import Keep, Server, keep_nothing
from loaders.http_failures import HttpError, quoted
from loaders.http_sessions import BearerToken, open_session
from loaders.pseudonyms import Names
from loaders.rows import HALF_HOUR, Sample, Series, Window
from loaders.settings import Labels, PrometheusSettings
from loaders.silences import Silence, silences
from loaders.sources.prometheus_labels import (
    LAST_SCRAPE,
    ScrapedLast,
    Target,
    label_text,
    landed_labels,
    landed_mode,
    merged,
)

TOO_MANY_STEPS = "exceeded maximum resolution"
NEEDS_MODE = ("cpu_seconds", "scraped_cpu_seconds")
COUNTS = 48
CAUTIOUS_STEPS = 48
BROKEN_STATUSES = (500, 502, 503)


class RangeSeries(BaseModel):
    """A series of an answer; its values are (epoch seconds, value)."""

    metric: dict[str, str]
    values: list[tuple[float, float]] = []


class RangeData(BaseModel):
    """The part of an answer that holds series."""

    result: list[RangeSeries]


class Answer(BaseModel):
    """An answer to a range query."""

    status: Literal["success"]
    data: RangeData
    warnings: list[str] | None = None


class TooMuch(SourceError):
    """The server gives fewer steps at once, or none in time.

    `is_of_state` is whether it, or a proxy, failed whatever was asked, as it seems.
    """

    def __init__(self, message: str, *, is_of_state: bool = False) -> None:
        super().__init__(message)
        self.is_of_state = is_of_state


@dataclass
class Reading:
    """What reading one window brought to light: known once all samples are read.

    `findings` are lines on what is incomplete, so that asking again may bring more,
    `remarks` lines on what was left out or is odd, which it will not; `silent` is where
    no CPU was read, `series` the largest number of series in one answer; `irregular`
    samples say of which half-hours the scrapes were read. `has_begun` is whether
    samples of earlier time are known; `names` says how people are named, `scraped_last`
    which of the targets that land as one counts.
    """

    has_begun: bool = False
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    silent: list[Silence] = field(default_factory=list)
    series: int = 0
    irregular: list[Sample] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    scraped_last: ScrapedLast = field(default_factory=dict)


def open_prometheus(
    settings: PrometheusSettings,
    *,
    deadline: float | None = None,
    keep: Keep = keep_nothing,
    redact: Callable[[str], str] = str,
) -> Server:
    """The server of the settings, whose `url` must be given."""
    auth: AuthBase | None = None
    if settings.bearer_token:
        auth = BearerToken(settings.bearer_token.get_secret_value())
    elif settings.username:
        password = settings.password.get_secret_value() if settings.password else ""
        # given as text, requests would send it as Latin-1, or fail
        auth = HTTPBasicAuth(settings.username.encode(), password.encode())
    return Server(
        "prometheus",
        settings.url or "",
        settings.timeout_seconds,
        open_session(auth=auth, ca_bundle=settings.ca_bundle),
        # what took too long is asked for in smaller parts
        retries_timeouts=False,
        deadline=deadline,
        keep=keep,
        redact=redact,
        is_sound=_is_whole,
    )


def _is_whole(answer: dict[str, Any]) -> bool:
    return answer.get("status") == "success" and not answer.get("warnings")


def queries(selector: str) -> dict[str, str]:
    """PromQL by the metric that its answer is landed as.

    All look back over the half-hour that ends at the time of evaluation, so that a
    host which died in it still has its last value.
    """
    nodes = f"{{{selector}}}"
    idle = f'{{mode="idle",{selector}}}'
    boot = f"node_boot_time_seconds{nodes}"
    return {
        # the first, as it decides between targets that land as one
        LAST_SCRAPE: f"max_over_time(timestamp({boot})[30m:1m])",
        "cpu_seconds": "sum without (cpu)"
        f" (last_over_time(node_cpu_seconds_total{nodes}[30m]))",
        "boot_time_seconds": f"last_over_time({boot}[30m])",
        "scrapes": f"count_over_time({boot}[30m])",
        "cores": "count without (cpu, mode)"
        f" (last_over_time(node_cpu_seconds_total{idle}[30m]))",
    }


def steps_within(settings: PrometheusSettings, series: int) -> int:
    """How many half-hours of `series` series one request may ask for, at least one."""
    return max(1, min(settings.max_steps, settings.max_points // max(1, series)))


def first_steps(server: Server, settings: PrometheusSettings, window: Window) -> int:
    """How many half-hours to ask for at first, from counts of series in `window`.

    Raises SourceError.
    """
    slots = (window.until - window.since) // HALF_HOUR
    query = f"count({queries(settings.selector)['cpu_seconds']})"
    stride = HALF_HOUR * max(1, slots // COUNTS)
    try:
        counts = ask_range(server, query, window, stride)
    except TooMuch:
        return CAUTIOUS_STEPS
    values = [value for item in counts.data.result for _, value in item.values]
    series = [value for value in values if math.isfinite(value)]
    return steps_within(settings, int(max(series, default=0)))


def fetch_samples(
    server: Server, settings: PrometheusSettings, window: Window, reading: Reading
) -> Iterator[Sample]:
    """Yield the samples of every metric in `window`, holding one answer at a time.

    Raises TooMuch when the window must be smaller, SourceError otherwise.
    """
    empty = []
    for metric, query in queries(settings.selector).items():
        answer = ask_range(server, query, window, HALF_HOUR)
        for warning in answer.warnings or []:
            reading.findings.append(
                f"prometheus: {metric}: {quoted(server.redact(warning))}"
            )
        result = answer.data.result
        refuse_other_times(server, result, window)
        reading.series = max(reading.series, len(result))
        if not result:
            empty.append(metric)
        if metric == "cpu_seconds":
            heard_at = {round(ts) for item in result for ts, _ in item.values}
            reading.silent += silences(window, heard_at, has_begun=reading.has_begun)
        yield from sample_rows(metric, result, settings.labels, reading)
    if empty:
        line = f"prometheus: {window}: no series of {', '.join(empty)}"
        reading.remarks.append(f"{line}: check prometheus.selector")


def sample_rows(
    metric: str, result: list[RangeSeries], roles: Labels, reading: Reading
) -> Iterator[Sample]:
    """Yield the samples of a range query's result, which is emptied meanwhile.

    Series without the labels they need and values that are no finite number are left
    out, and counted in `reading`, as are labels that do not land as they are.
    """
    left_out: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    first: dict[str, str] = {}
    targets: defaultdict[Series, list[Target]] = defaultdict(list)
    while result:
        item = result.pop()
        item.metric.pop("__name__", None)
        mode = landed_mode(item.metric.pop("mode", ""))
        labels, problems = landed_labels(item.metric, roles, reading.names)
        changed.update(problems)
        text = label_text(labels)
        if not labels.get(roles.host):
            problem = f"series without the label {roles.host} (prometheus.labels.host)"
        elif metric in NEEDS_MODE and not mode:
            problem = "series without the label mode"
        else:
            origin = label_text(item.metric) if problems else text
            targets[Series(metric, mode, text)].append(Target(origin, item.values))
            continue
        left_out[problem] += 1
        first.setdefault(problem, text)
    while targets:
        series, together = targets.popitem()
        for ts, value in merged(metric, series.labels, together, reading.scraped_last):
            if math.isfinite(value):
                yield Sample(series, round(ts), value)
            else:
                left_out["values that are not finite"] += 1
                first.setdefault(
                    "values that are not finite", f"{value} of {series.labels}"
                )
    for problem, count in left_out.items():
        example = quoted(first[problem])
        reading.remarks.append(
            f"prometheus: {metric}: {problem}, left out: {count} (such as {example})"
        )
    for problem, count in changed.items():
        reading.remarks.append(f"prometheus: {metric}: {problem}: {count} series")


def ask_range(server: Server, query: str, window: Window, step: int) -> Answer:
    """The answer to a range query. Raises TooMuch, SourceError."""
    form: dict[str, str | int] = {
        "query": query,
        "start": window.since,
        "end": window.until,
        "step": step,
    }
    return ask(server, "/api/v1/query_range", form)


def ask(server: Server, path: str, form: Mapping[str, str | int]) -> Answer:
    """The answer to a query that gives a matrix. Raises TooMuch, SourceError."""
    try:
        answer = server.post(path, form)
    except HttpError as error:
        if _is_too_much(error):
            is_of_state = error.may_pass and error.status in BROKEN_STATUSES
            raise TooMuch(str(error), is_of_state=is_of_state) from None
        raise
    if answer.get("status") == "error":
        words = quoted(server.redact(str(answer.get("error"))))
        raise SourceError(f"prometheus: {server.url}: {words}")
    try:
        return Answer.model_validate(answer)
    except ValidationError:
        problem = "the answer is JSON but not Prometheus's: check prometheus.url"
        raise SourceError(f"prometheus: {server.url}: {problem}") from None


def refuse_other_times(
    server: Server,
    result: list[RangeSeries],
    window: Window,
    step: int | None = HALF_HOUR,
) -> None:
    """Raise SourceError when a value is not of `window`, or none of its steps."""
    for item in result:
        for ts, _ in item.values:
            is_within = window.since <= ts <= window.until
            if not is_within or (step and (ts - window.since) % step):
                problem = "answered for another time than asked: check prometheus.url"
                raise SourceError(f"prometheus: {server.url}: {problem}")


def _is_too_much(error: HttpError) -> bool:
    # a block that cannot be read fails all that touches it
    if error.is_too_much or error.status in (422, *BROKEN_STATUSES):
        return True
    return error.status == 400 and TOO_MANY_STEPS in str(error)
