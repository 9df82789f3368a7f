"""Runs: one source pulled once, window by window, each entered in the ledger."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain

from loaders.errors import SourceError
from loaders.landing import (
    finish_run,
    first_failed,
    land_documents,
    land_intensity,
    land_label_names,
    land_samples,
    land_scrapes,
    last_landed,
    record_window,
    start_run,
)
from loaders.rows import HALF_HOUR, Source, State, Window
from loaders.settings import (
    CarbonIntensitySettings,
    MongoSettings,
    PrometheusSettings,
    Settings,
)
from loaders.sources import carbon_intensity, prometheus
from loaders.sources.mongo import PROJECTIONS, open_mongo, read_collections
from loaders.sources.prometheus_scrapes import fetch_scrapes

FIRST_PULL = 7 * 24 * 3600
FAILURES_IN_VAIN = 3
ASKED_AGAIN = {"prometheus": 4 * HALF_HOUR, "carbon-intensity": 48 * 3600}

log = logging.getLogger(__name__)
Advance = Callable[[int], None]


@dataclass
class Run:
    """One source's run: how far it got and what it found.

    `findings` make it partial, `remarks` do not; `error` makes it failed.
    """

    database: sqlite3.Connection
    source: Source
    window: Window | None
    run_id: int
    row_count: int = 0
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def state(self) -> State:
        """How the run ended."""
        if self.error is not None:
            return "failed"
        return "partial" if self.findings else "done"

    @property
    def message(self) -> str | None:
        """What is to be known about it, on one line."""
        lines = [self.error] if self.error is not None else []
        lines += list(dict.fromkeys([*self.findings, *self.remarks]))
        if not lines:
            return None
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        return lines[0].removeprefix(f"{self.source}: ") + more

    def landed(
        self, what: object, row_count: int, findings: list[str], remarks: list[str]
    ) -> None:
        """Count what a window or collection landed and log what it brought to light."""
        self.row_count += row_count
        self.findings += findings
        self.remarks += remarks
        for line in findings:
            log.warning("%s", line)
        for line in remarks:
            log.info("%s", line)
        log.info("%s: %s: %d rows", self.source, what, row_count)


def default_window(
    database: sqlite3.Connection, source: Source, since: int | None, until: int
) -> Window:
    """From `since`, else from where `source` stopped, else 7 days, to `until`.

    Its newest half-hours are asked again: samples arrive late, intensity is revised.
    So is all from the first window on that failed and never landed since.
    """
    if since is None:
        newest = last_landed(database, source)
        since = until - FIRST_PULL
        if newest is not None:
            since = min(newest, until) - ASKED_AGAIN[source]
            failed = first_failed(database, source)
            since = since if failed is None else min(since, failed)
    return Window(since, until)


def size(source: Source, window: Window | None) -> int:
    """How many steps a pull has: half-hours, or Mongo's collections."""
    if window is None:
        return len(PROJECTIONS)
    half_hours = (window.until - window.since) // HALF_HOUR
    return half_hours + 1 if source == "prometheus" else half_hours


def pull(
    database: sqlite3.Connection,
    source: Source,
    settings: Settings,
    window: Window | None,
    *,
    forecast: bool,
    advance: Advance,
) -> Run:
    """Pull one source; a failure of it is in the run that is returned.

    `advance` is told how many steps, as `size` counts them, are dealt with. Raises
    sqlite3.Error when landing fails.
    """
    with _entered(database, source, window) as run:
        if source == "prometheus":
            _pull_prometheus(run, settings.prometheus, advance)
        elif source == "carbon-intensity":
            _pull_intensity(run, settings.carbon_intensity, advance, forecast=forecast)
        else:
            _pull_mongo(run, settings.mongo, advance)
    return run


@contextmanager
def _entered(
    database: sqlite3.Connection, source: Source, window: Window | None
) -> Iterator[Run]:
    run = Run(database, source, window, start_run(database, source, window))
    try:
        yield run
    except SourceError as error:
        run.error = str(error)
    except BaseException as error:
        with suppress(sqlite3.Error):
            reason = str(error) or "interrupted"
            finish_run(database, run.run_id, "failed", reason)
        raise
    finish_run(database, run.run_id, run.state, run.message)


@contextmanager
def _failure_entered(run: Run, window: Window) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        record_window(run.database, run.run_id, window, "failed", str(error))
        raise


def _pull_prometheus(run: Run, settings: PrometheusSettings, advance: Advance) -> None:
    assert run.window is not None
    since, until = run.window
    land_label_names(run.database, settings.labels.model_dump())
    server = prometheus.open_prometheus(settings)
    with _failure_entered(run, run.window):
        most = prometheus.first_steps(server, settings, run.window)
    steps = most
    while since <= until:
        asked = Window(since, min(since + (steps - 1) * HALF_HOUR, until))
        # windows in the ledger touch, so that what they cover has no seams
        covered = Window(max(run.window.since, since - HALF_HOUR), asked.until)
        reading = prometheus.Reading()
        with _failure_entered(run, covered):
            try:
                land_scrapes(
                    run.database,
                    fetch_scrapes(server, settings, asked, reading),
                )
                row_count = land_samples(
                    run.database,
                    run.run_id,
                    covered,
                    chain(
                        reading.irregular,
                        prometheus.fetch_samples(server, settings, asked, reading),
                    ),
                    findings=reading.findings,
                )
            except prometheus.TooMuch as error:
                asked_steps = (asked.until - asked.since) // HALF_HOUR + 1
                if asked_steps == 1:
                    raise
                log.info("%s: %s: halved: %s", run.source, asked, error)
                most = steps = (asked_steps + 1) // 2
                continue
        run.landed(covered, row_count, reading.findings, reading.remarks)
        advance((asked.until - asked.since) // HALF_HOUR + 1)
        steps = min(most, prometheus.steps_within(settings, reading.series))
        since = asked.until + HALF_HOUR
    if run.row_count == 0:
        run.findings.append(
            f"prometheus: no samples in {run.window}: check prometheus.selector"
        )


def _pull_intensity(
    run: Run, settings: CarbonIntensitySettings, advance: Advance, *, forecast: bool
) -> None:
    assert run.window is not None
    server = carbon_intensity.open_carbon_intensity(settings)
    failures: list[SourceError] = []
    for window in carbon_intensity.cut(run.window):
        advance((window.until - window.since) // HALF_HOUR)
        try:
            with _failure_entered(run, window):
                reading = carbon_intensity.fetch_slots(server, window)
        except SourceError as error:
            failures.append(error)
            if len(failures) == FAILURES_IN_VAIN:
                raise
            log.warning("%s", error)
            continue
        _land_intensity(run, window, reading)
    if forecast:
        # a forecast covers no time that has been: its entry is a moment
        moment = Window(run.window.until, run.window.until)
        with _failure_entered(run, moment):
            reading = carbon_intensity.fetch_forecast(server, run.window.until)
        _land_intensity(run, moment, reading, what="forecast of 48 h")
    if failures:
        raise failures[0]


def _land_intensity(
    run: Run,
    window: Window,
    reading: carbon_intensity.Reading,
    what: str | None = None,
) -> None:
    row_count = land_intensity(
        run.database,
        run.run_id,
        window,
        reading.slots,
        message="; ".join([*([what] if what else []), *reading.remarks]) or None,
        findings=reading.findings,
    )
    run.landed(what or window, row_count, reading.findings, reading.remarks)


def _pull_mongo(run: Run, settings: MongoSettings, advance: Advance) -> None:
    uri = settings.uri.get_secret_value() if settings.uri else ""
    database = settings.database or ""
    now = int(time.time())
    with (
        _failure_entered(run, Window(now, now)),
        open_mongo(uri, database, settings.timeout_seconds) as mongo,
    ):
        for collection, reading in read_collections(mongo):
            row_count = land_documents(
                run.database,
                run.run_id,
                collection,
                reading.rows,
                complete=reading.complete,
                message="; ".join([collection, *reading.remarks]),
                findings=reading.findings,
            )
            run.landed(collection, row_count, reading.findings, reading.remarks)
            advance(1)
