"""Pulls: what is asked of each source, window by window, and landed."""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

from loaders.errors import OutOfTime
from loaders.hiding import hide_people
from loaders.http import Server
from loaders.landing import (
    has_landed_before,
    land_documents,
    land_intensity,
    land_label_names,
    land_retention,
    land_samples,
    land_scrapes,
    record_window,
)
from loaders.logins import unencrypted, unencrypted_mongo
from loaders.plans import Plan
from loaders.provider_pulls import pull_providers
from loaders.pruning import warn_of_frozen
from loaders.pseudonyms import Names
from loaders.rows import HALF_HOUR, Source, Window
from loaders.runs import Run, entered
from loaders.settings import (
    CarbonIntensitySettings,
    MongoSettings,
    PrometheusSettings,
    Settings,
)
from loaders.snapshots import Redact
from loaders.sources import carbon_intensity, prometheus
from loaders.sources.mongo import (
    PROJECTIONS,
    open_mongo,
    read_collections,
    unverified,
)
from loaders.sources.prometheus_limits import fetch_retention
from loaders.sources.prometheus_scrapes import fetch_scrapes

log = logging.getLogger(__name__)
LANDED_BEFORE_MORE = 3

Advance = Callable[[int], None]


def size(source: Source, windows: Sequence[Window]) -> int:
    """How many steps a pull has: half-hours, Mongo's collections, or just one."""
    if source == "ai-usage":
        return 1
    if source == "mongo":
        return len(PROJECTIONS)
    half_hours = sum(window.until - window.since for window in windows) // HALF_HOUR
    return half_hours + len(windows) if source == "prometheus" else half_hours


def pull(
    database: sqlite3.Connection,
    source: Source,
    settings: Settings,
    plan: Plan,
    *,
    forecast: bool,
    advance: Advance,
    seconds: float | None = None,
    redact: Redact = str,
    names: Names | None = None,
) -> Run:
    """Pull one source for at most `seconds`; a failure of it is in the returned run.

    `advance` is told how many steps, as `size` counts them, are dealt with. Raises
    sqlite3.Error when landing fails.
    """
    with entered(database, source, plan, seconds=seconds, redact=redact) as run:
        run.names = names or run.names
        run.refuse_to_disturb()
        if source == "prometheus":
            _pull_prometheus(run, settings.prometheus, advance)
        elif source == "carbon-intensity":
            _pull_intensity(run, settings.carbon_intensity, advance, forecast=forecast)
        elif source == "mongo":
            _pull_mongo(run, settings.mongo, advance)
        else:
            pull_providers(run, settings.ai_usage)
            advance(1)
    return run


def _pull_prometheus(run: Run, settings: PrometheusSettings, advance: Advance) -> None:
    warn_of_frozen(run.database, run.plan.windows)
    has_login = bool(settings.username or settings.bearer_token)
    _warn(run, unencrypted(settings.url or "", has_login=has_login))
    land_label_names(run.database, settings.labels.model_dump())
    server = prometheus.open_prometheus(
        settings, deadline=run.deadline, keep=run.keep, redact=run.redact
    )

    def ask(window: Window) -> None:
        timed, steps = replace(server, deadline=run.deadline), 0
        with run.attempt(window):
            steps = prometheus.first_steps(timed, settings, window)
        if steps:
            _pull_samples(run, timed, settings, window, steps, advance)

    run.ask_in_turn(ask)
    if run.error is None and (seconds := fetch_retention(server)):
        land_retention(run.database, run.source, seconds)
    if run.row_count == 0 and run.error is None:
        run.findings.append(
            f"prometheus: no samples in {run.plan.window}: check prometheus.selector"
        )


def _pull_samples(
    run: Run,
    server: Server,
    settings: PrometheusSettings,
    window: Window,
    steps: int,
    advance: Advance,
) -> None:
    """Pull one window in parts of so many steps, or fewer when the server says so."""
    # windows in the ledger touch, so that what they cover has no seams
    since, covered_from, most, landed = window.since, window.since, steps, 0
    first_steps, hung_at = steps, None
    while since <= window.until:
        asked = Window(since, min(since + (steps - 1) * HALF_HOUR, window.until))
        covered = Window(covered_from, asked.until)
        asked_steps = (asked.until - asked.since) // HALF_HOUR + 1
        reading = prometheus.Reading(
            has_begun=has_landed_before(run.database, run.source, asked.since),
            names=run.names,
        )
        failures = run.failures
        spoiled = covered
        if asked_steps == 1:
            # not asked again below, so the half-hour that it opens fails too
            end = min(asked.until + HALF_HOUR, window.until)
            spoiled = covered._replace(until=end)
        with run.attempt(spoiled):
            try:
                row_count = _land_samples(
                    run, server, settings, asked, covered, reading
                )
            except prometheus.TooMuch as error:
                if asked_steps == 1:
                    raise
                log.info("%s: %s: halved: %s", run.source, asked, error)
                most = steps = 1 if error.is_of_state else (asked_steps + 1) // 2
                landed, hung_at = 0, since
                continue
            except OutOfTime as error:
                if hung_at == since:
                    # what took too long is not the first of the next pull
                    said = run.redact(str(error))
                    record_window(run.database, run.run_id, spoiled, "failed", said)
                raise
            lacking = (line for one in reading.silent for line in one.findings)
            found = [*reading.findings, *lacking]
            run.landed(covered, row_count, found, reading.remarks)
            landed += 1
        advance(asked_steps)
        if landed == LANDED_BEFORE_MORE:
            most, landed = min(2 * most, first_steps), 0
        steps = min(most, prometheus.steps_within(settings, reading.series))
        since, covered_from = asked.until + HALF_HOUR, asked.until
        if run.failures > failures:
            landed = 0
            # the end of what failed is asked again: it opens the next half-hour
            since = asked.until if asked_steps > 1 else since
            covered_from = since


def _land_samples(
    run: Run,
    server: Server,
    settings: PrometheusSettings,
    asked: Window,
    covered: Window,
    reading: prometheus.Reading,
) -> int:
    land_scrapes(run.database, fetch_scrapes(server, settings, asked, reading))
    return land_samples(
        run.database,
        run.run_id,
        covered,
        chain(
            reading.irregular,
            prometheus.fetch_samples(server, settings, asked, reading),
        ),
        findings=reading.findings,
        remarks=reading.remarks,
        silent=reading.silent,
    )


def _pull_intensity(
    run: Run, settings: CarbonIntensitySettings, advance: Advance, *, forecast: bool
) -> None:
    server = carbon_intensity.open_carbon_intensity(
        settings, deadline=run.deadline, keep=run.keep, redact=run.redact
    )

    def ask(window: Window) -> None:
        timed = replace(server, deadline=run.deadline)
        for part in carbon_intensity.cut(window):
            advance((part.until - part.since) // HALF_HOUR)
            with run.attempt(part):
                _land_intensity(run, part, carbon_intensity.fetch_slots(timed, part))

    run.ask_in_turn(ask)
    if forecast and run.plan.window:
        # a forecast covers no time that has been: its entry is a moment
        moment = Window(run.plan.window.until, run.plan.window.until)
        with run.attempt(moment):
            reading = carbon_intensity.fetch_forecast(server, run.plan.window.until)
            _land_intensity(run, moment, reading, what="forecast of 48 h")


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


def _warn(run: Run, unsafe: str | None) -> None:
    """Say, now and in the ledger, by what others may listen or lie."""
    if unsafe is not None:
        log.warning("%s: %s", run.source, unsafe)
        run.remarks.append(f"{run.source}: {unsafe}")


def _pull_mongo(run: Run, settings: MongoSettings, advance: Advance) -> None:
    uri = settings.uri.get_secret_value() if settings.uri else ""
    database = settings.database or ""
    now = int(time.time())
    _warn(run, unverified(uri))
    _warn(run, unencrypted_mongo(uri))
    with (
        run.attempt(Window(now, now)),
        run.kept(),
        open_mongo(uri, database, settings.timeout_seconds) as mongo,
    ):
        readings = dict(read_collections(mongo, run.deadline))
        hide_people(run.database, run.names, readings)
        for collection, reading in readings.items():
            is_odd = bool(reading.findings or reading.left_out)
            run.keep(200, reading.as_landed(), is_odd)
            if reading.findings and not reading.complete:
                run.keep(0, "; ".join(reading.findings), True)
            row_count = land_documents(
                run.database,
                run.run_id,
                collection,
                reading.rows,
                complete=reading.complete,
                left_out=reading.left_out,
                message="; ".join([collection, *reading.remarks]),
                findings=reading.findings,
            )
            run.landed(collection, row_count, reading.findings, reading.remarks)
            advance(1)
