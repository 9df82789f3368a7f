"""Carbon intensity: how time is cut, and what becomes of the API's quirks."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loaders.errors import SourceError
from loaders.holes import holes
from loaders.http import ATTEMPTS
from loaders.landing import open_database
from loaders.plans import Plan, plan_of
from loaders.pulls import pull
from loaders.rows import HALF_HOUR, Window, minute
from loaders.runs import Run
from loaders.settings import CarbonIntensitySettings, Settings
from loaders.sources.carbon_intensity import cut, slot_rows
from tests.servers.carbon import CarbonServer, slot

DAY = 24 * 3600
START = int(datetime(2025, 9, 10, tzinfo=UTC).timestamp())
NEW_YEAR = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())

Pull = Callable[..., Run]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


@pytest.fixture
def pulled(carbon: CarbonServer, database: sqlite3.Connection) -> Pull:
    """`pulled(since, until, forecast=False)` pulls from the test's server."""

    def pull_window(
        since: int,
        until: int,
        *,
        forecast: bool = False,
        repairs: Sequence[Window] = (),
    ) -> Run:
        intensity = CarbonIntensitySettings(url=carbon.url, timeout_seconds=2)
        return pull(
            database,
            "carbon-intensity",
            Settings(carbon_intensity=intensity),
            Plan(Window(since, until), repairs),
            forecast=forecast,
            advance=lambda steps: None,
        )

    return pull_window


def landed(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return database.execute(
        "select slot_at, forecast, actual from raw_carbon_intensity order by slot_at"
    ).fetchall()


def windows(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return database.execute(
        "select window_from, window_until, state, message from raw_pull_windows"
    ).fetchall()


def serve(carbon: CarbonServer, since: int, until: int) -> None:
    """Every half-hour of a stretch, each with its own figures."""
    for at in range(since, until, HALF_HOUR):
        number = at // HALF_HOUR % 300
        carbon.slots.append(slot(at, forecast=number, actual=number + 1))


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (START, START + HALF_HOUR),
        (START, START + 14 * DAY),
        (START, START + 40 * DAY),
        (NEW_YEAR - DAY, NEW_YEAR + DAY),
        (NEW_YEAR - HALF_HOUR, NEW_YEAR),
        (NEW_YEAR - HALF_HOUR, NEW_YEAR + HALF_HOUR),
        (NEW_YEAR, NEW_YEAR + DAY),
        (NEW_YEAR - 14 * DAY, NEW_YEAR),
    ],
)
def test_every_slot_lands_once_and_none_outside(
    carbon: CarbonServer,
    pulled: Pull,
    database: sqlite3.Connection,
    since: int,
    until: int,
) -> None:
    serve(carbon, since - DAY, until + DAY)
    run = pulled(since, until)
    assert run.state == "done" and run.message is None
    assert [row[0] for row in landed(database)] == list(range(since, until, HALF_HOUR))
    assert all(actual == forecast + 1 for _, forecast, actual in landed(database))
    assert run.row_count == (until - since) // HALF_HOUR


def test_a_year_takes_27_requests(carbon: CarbonServer, pulled: Pull) -> None:
    since = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    serve(carbon, since, NEW_YEAR)
    pulled(since, NEW_YEAR - HALF_HOUR)
    assert len(carbon.requests) == 27
    assert carbon.requests[0] == "/intensity/2025-01-01T00:00Z/2025-01-15T00:00Z"


def test_windows_touch_and_end_with_the_year() -> None:
    found = list(cut(Window(NEW_YEAR - 20 * DAY, NEW_YEAR + 3 * DAY)))
    assert found == [
        Window(NEW_YEAR - 20 * DAY, NEW_YEAR - 6 * DAY),
        Window(NEW_YEAR - 6 * DAY, NEW_YEAR - HALF_HOUR),
        Window(NEW_YEAR - HALF_HOUR, NEW_YEAR + 3 * DAY),
    ]


def test_the_forecast_lands_beyond_the_window(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection
) -> None:
    serve(carbon, START - DAY, START)
    for at in range(START, START + 4 * DAY, HALF_HOUR):
        carbon.slots.append(slot(at, forecast=100, actual=None))
    pulled(START - DAY, START, forecast=True)
    assert carbon.requests[-1] == "/intensity/2025-09-10T00:00Z/fw48h"
    assert landed(database)[-1] == (START + 2 * DAY - HALF_HOUR, 100, None)
    assert windows(database)[-1] == (START, START, "done", "forecast of 48 h")


def test_nulls_and_missing_rows_are_said_but_no_failure(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection
) -> None:
    at = [START + number * HALF_HOUR for number in range(6)]
    carbon.slots += [
        slot(at[0], forecast=100, actual=90),
        slot(at[1], forecast=100, actual=None),
        slot(at[2], actual=80),
        slot(at[4], forecast=None),
        {**slot(at[5]), "intensity": None},
    ]
    run = pulled(START, START + 6 * HALF_HOUR)
    assert run.state == "done"
    assert landed(database) == [
        (at[0], 100, 90),
        (at[1], 100, None),
        (at[2], None, 80),
        (at[4], None, None),
        (at[5], None, None),
    ]
    window = "2025-09-10T00:00Z to 2025-09-10T03:00Z"
    assert run.remarks == [
        f"carbon-intensity: {window}: half-hours without a row: 1",
        "carbon-intensity: half-hours that have ended without an actual: 3 (the first"
        " 2025-09-10T00:30Z)",
    ]


@pytest.mark.parametrize(
    "value", ["231", True, -1, 20_000, [1], float("nan"), float("inf"), 10**400]
)
def test_what_is_no_intensity_is_left_out_and_said(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection, value: Any
) -> None:
    carbon.slots.append(slot(START, forecast=100, actual=value))
    run = pulled(START, START + HALF_HOUR)
    assert run.state == "partial"
    assert run.findings == [
        "carbon-intensity: 2025-09-10T00:00Z to 2025-09-10T00:30Z: values of actual"
        " that are no intensity, left out: 1"
    ]
    assert landed(database) == [(START, 100, None)]


def test_rows_without_a_half_hour_are_left_out_and_said() -> None:
    good = slot(START, forecast=1)
    bad: list[Any] = [{}, None, {"from": 3}, {"from": "soon"}]
    bad.append({**good, "from": "2025-09-10T00:10Z"})
    reading = slot_rows({"data": [*bad, good]}, Window(START, START + HALF_HOUR))
    assert reading.slots == [{"slot_at": START, "forecast": 1, "actual": None}]
    assert [line.split(": ", 2)[2] for line in reading.findings] == [
        "rows without a half-hour in `from`, left out: 5"
    ]


def test_of_a_repeated_slot_the_last_value_counts() -> None:
    rows = [
        slot(START, forecast=100, actual=50),
        slot(START, forecast=110, actual=None),
        slot(START, actual=60),
        slot(START, actual=None),
    ]
    reading = slot_rows({"data": rows}, Window(START, START + HALF_HOUR))
    assert reading.slots == [{"slot_at": START, "forecast": 110, "actual": 60}]


def test_a_bogus_zero_lands_as_it_is(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection
) -> None:
    carbon.slots.append(slot(START, forecast=100, actual=0))
    assert pulled(START, START + HALF_HOUR).state == "done"
    assert landed(database) == [(START, 100, 0)]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, "{}", "the answer has no list `data`; pull again"),
        (200, '{"data": {}}', "the answer has no list `data`; pull again"),
        (200, '{"data": [7]}', "no rows for 2025-09-10T00:00Z to 2025-09-10T00:30Z"),
        (200, "<html>500</html>", "answered an HTML page, not JSON"),
        (500, "<html>500</html>", "500 Internal Server Error"),
        (200, '{"data": [', "answered broken JSON (Expecting value at character"),
        (200, "[]", "answered a JSON list, not an object"),
        (
            400,
            json.dumps({"error": {"code": "400 Bad Request", "message": "Too long."}}),
            "400 Bad Request: Too long.",
        ),
    ],
)
def test_a_bad_answer_is_one_line_and_no_zero(
    carbon: CarbonServer,
    pulled: Pull,
    database: sqlite3.Connection,
    status: int,
    body: str,
    said: str,
) -> None:
    carbon.answer_next(status, body, times=ATTEMPTS if status == 500 else 1)
    run = pulled(START, START + HALF_HOUR)
    assert run.state == "failed"
    message = (run.message or "").removeprefix(f"{carbon.url}: ")
    assert message.startswith(said) and "\n" not in message
    assert landed(database) == []
    assert windows(database)[0][2] == "failed"


def test_rows_of_other_times_only_are_a_failure() -> None:
    with pytest.raises(SourceError, match="no rows for"):
        slot_rows({"data": [slot(START)]}, Window(START + DAY, START + 2 * DAY))


def test_a_window_that_fails_does_not_stop_the_others(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection
) -> None:
    serve(carbon, START, START + 14 * DAY)
    serve(carbon, START + 28 * DAY, START + 42 * DAY)
    run = pulled(START, START + 40 * DAY, forecast=True)
    assert run.state == "partial" and run.row_count == (14 + 12 + 2) * 48
    assert "no rows for" in (run.message or "")
    assert [row[:3] for row in windows(database)] == [
        (START, START + 14 * DAY, "done"),
        (START + 14 * DAY, START + 28 * DAY, "partial"),
        (START + 28 * DAY, START + 40 * DAY, "done"),
        (START + 40 * DAY, START + 40 * DAY, "done"),
    ]
    now = START + 41 * DAY
    plan = plan_of(database, "carbon-intensity", None, now, int(time.time()))
    assert plan.repairs == []
    database.execute("update raw_pull_windows set recorded_at = recorded_at - 1800")
    again = plan_of(database, "carbon-intensity", None, now, int(time.time()))
    assert again.repairs == [Window(START + 14 * DAY, START + 28 * DAY)]
    assert again.window == Window(START + 38 * DAY, now)
    serve(carbon, START + 14 * DAY, START + 28 * DAY)
    carbon.requests.clear()
    assert pulled(*again.window, repairs=again.repairs).state == "done"
    assert carbon.requests[0].startswith(f"/intensity/{minute(START + 14 * DAY)}/")
    later = plan_of(database, "carbon-intensity", None, now + DAY, now + DAY)
    assert later == Plan(Window(START + 39 * DAY, now + DAY), [])


def test_a_source_that_fails_is_not_asked_for_ever(
    carbon: CarbonServer, pulled: Pull
) -> None:
    carbon.answer_next(200, '{"data": [7]}', times=99)
    run = pulled(START, START + 90 * DAY, forecast=True)
    assert run.state == "failed" and run.row_count == 0
    # the newest two hours are asked for alone
    assert len(carbon.requests) == 4


def test_nothing_at_all_is_partial(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection
) -> None:
    run = pulled(START, START + DAY)
    assert (run.state, run.row_count) == ("partial", 0)
    window = "2025-09-10T00:00Z to 2025-09-11T00:00Z"
    assert run.message == f"no rows for {window}; pull again"
    [hole] = holes(database, "carbon-intensity")
    assert (hole.state, hole.attempts) == ("partial", 1)
    assert (
        plan_of(database, "carbon-intensity", None, NEW_YEAR, int(time.time())).repairs
        == []
    )


def test_a_hiccup_passes(carbon: CarbonServer, pulled: Pull) -> None:
    serve(carbon, START, START + DAY)
    carbon.answer_next(502)
    carbon.answer_next(None)
    assert pulled(START, START + DAY).state == "done"
    assert len(carbon.requests) == 3


def test_revised_figures_replace_the_old(
    carbon: CarbonServer, pulled: Pull, database: sqlite3.Connection
) -> None:
    serve(carbon, START, START + DAY)
    pulled(START, START + DAY)
    database.execute("delete from raw_changes")
    carbon.slots[5]["intensity"]["actual"] = 299
    pulled(START, START + DAY)
    at = START + 5 * HALF_HOUR
    assert landed(database)[5][2] == 299
    notes = database.execute("select changed_from, changed_until from raw_changes")
    assert notes.fetchall() == [(at, at)]
