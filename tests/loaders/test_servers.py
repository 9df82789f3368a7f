"""The test servers themselves: what they serve is what a test gave them."""

from collections.abc import Callable

import pymongo
import pymongo.errors
import pytest
import requests

from tests.servers import processes
from tests.servers.carbon import CarbonServer, slot
from tests.servers.mongo import MongoServer, mongo_server
from tests.servers.prometheus import Scraped, openmetrics

DAY = 86400
MONDAY = 1757894400  # 2025-09-15T00:00:00Z


def test_prometheus_serves_the_samples(prometheus: Callable[..., str]) -> None:
    labels = {"instance": 'a"\\b', "job": "node"}
    minutes = range(MONDAY, MONDAY + 3601, 60)
    url = prometheus(
        openmetrics(
            [
                Scraped("node_boot_time_seconds", labels, [(MONDAY, 1.5)]),
                Scraped(
                    "node_cpu_seconds_total",
                    labels | {"mode": "user"},
                    [(at, 0.5 * (at - MONDAY)) for at in minutes],
                ),
            ]
        )
    )

    query = {"query": "last_over_time(node_cpu_seconds_total[30m])"}
    instant = {**query, "time": MONDAY + 1800}
    result = requests.post(f"{url}/api/v1/query", instant, timeout=10).json()

    [series] = result["data"]["result"]
    assert series["metric"]["instance"] == 'a"\\b'
    assert series["value"] == [MONDAY + 1800, "900"]


def test_prometheus_keeps_samples_older_than_any_retention(
    prometheus: Callable[..., str],
) -> None:
    ages_apart = [(1000 * DAY, 1), (9000 * DAY, 1)]
    url = prometheus(openmetrics([Scraped("up", {}, ages_apart)]))

    query = {"query": "up", "time": str(1000 * DAY)}
    result = requests.get(f"{url}/api/v1/query", query, timeout=10).json()

    assert len(result["data"]["result"]) == 1


def test_prometheus_takes_flags(prometheus: Callable[..., str]) -> None:
    lines = openmetrics([Scraped("up", {}, [(MONDAY + at, 1) for at in range(99)])])
    url = prometheus(lines, "--query.max-samples=5")

    query = {"query": "up[5m]", "time": str(MONDAY + 99)}
    answer = requests.get(f"{url}/api/v1/query", query, timeout=10)

    assert answer.status_code == 422


def test_unreadable_openmetrics_is_refused(prometheus: Callable[..., str]) -> None:
    with pytest.raises(ValueError, match="promtool refused"):
        prometheus("this is no metric\n")


def test_mongo_gives_back_what_was_written(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": 1, "name": "Ada"}, {"_id": 2}])

    with pymongo.MongoClient[dict[str, object]](mongo.uri) as client:
        users = list(client["ada"]["users"].find(batch_size=1))

    assert users == [{"_id": 1, "name": "Ada"}, {"_id": 2}]


def test_mongo_starts_empty(mongo: MongoServer) -> None:
    assert "ada" not in mongo.client.list_database_names()


def test_mongo_fails_in_the_middle_of_a_cursor(mongo: MongoServer) -> None:
    mongo.write("ada", users=[{"_id": at} for at in range(9)])
    mongo.fail(["getMore"], skip=1, errorCode=43)

    seen = []
    with pytest.raises(pymongo.errors.OperationFailure):
        for one in mongo.client["ada"]["users"].find(batch_size=2):
            seen.append(one["_id"])

    assert seen == [0, 1, 2, 3]


def test_mongo_asks_for_the_password() -> None:
    with mongo_server("reader", "p@ss/word") as server:
        server.write("ada", users=[{"_id": 1}])
        wrong = server.uri.replace("p%40ss", "other")
        with (
            pymongo.MongoClient[dict[str, object]](wrong) as client,
            pytest.raises(pymongo.errors.OperationFailure),
        ):
            client["ada"]["users"].find_one()


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=10)


def starts(answer: requests.Response) -> list[str]:
    return [one["from"] for one in answer.json()["data"]]


def test_carbon_selects_by_the_end_of_a_slot(carbon: CarbonServer) -> None:
    half_hours = range(MONDAY - 3600, MONDAY + 3600, 1800)
    carbon.slots.extend(slot(at, forecast=100, actual=None) for at in half_hours)

    answer = get(f"{carbon.url}/intensity/2025-09-15T00:00Z/2025-09-15T00:30Z")

    assert starts(answer) == ["2025-09-14T23:30Z", "2025-09-15T00:00Z"]
    assert answer.json()["data"][0]["intensity"]["actual"] is None
    assert carbon.requests == ["/intensity/2025-09-15T00:00Z/2025-09-15T00:30Z"]


def test_carbon_keeps_duplicates_gaps_and_missing_keys(carbon: CarbonServer) -> None:
    carbon.slots.extend([slot(MONDAY, actual=3), slot(MONDAY, forecast=4, actual=5)])

    answer = get(f"{carbon.url}/intensity/2025-09-15T00:00Z/2025-09-16T00:00Z")

    intensities = [one["intensity"] for one in answer.json()["data"]]
    assert intensities == [
        {"actual": 3, "index": "moderate"},
        {"forecast": 4, "actual": 5, "index": "moderate"},
    ]


def test_carbon_forecasts_48_hours(carbon: CarbonServer) -> None:
    half_hours = range(MONDAY - DAY, MONDAY + 4 * DAY, 1800)
    carbon.slots.extend(slot(at, forecast=1, actual=None) for at in half_hours)

    answer = get(f"{carbon.url}/intensity/2025-09-15T00:00Z/fw48h")

    assert len(starts(answer)) == 97
    assert starts(answer)[-1] == "2025-09-16T23:30Z"


@pytest.mark.parametrize("until", ["2025-09-29T00:30Z", "2025-09-14T00:00Z", "today"])
def test_carbon_refuses_a_range(carbon: CarbonServer, until: str) -> None:
    answer = get(f"{carbon.url}/intensity/2025-09-15T00:00Z/{until}")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "400 Bad Request"


def test_carbon_stops_at_new_year(carbon: CarbonServer) -> None:
    new_year = 1767225600
    carbon.slots.extend(slot(new_year + at, actual=1) for at in (-3600, -1800, 0))

    answer = get(f"{carbon.url}/intensity/2025-12-31T00:00Z/2026-01-01T12:00Z")

    assert starts(answer) == ["2025-12-31T23:00Z"]


def test_carbon_answers_as_told_and_then_again_with_data(carbon: CarbonServer) -> None:
    url = f"{carbon.url}/intensity/2025-09-15T00:00Z/2025-09-16T00:00Z"
    carbon.answer_next(503, "<html>", headers={"Retry-After": "1"})
    carbon.answer_next(None)
    carbon.answer_next(200, '{"data":[', headers={"Content-Length": "99"})

    busy = get(url)
    assert (busy.status_code, busy.text) == (503, "<html>")
    assert busy.headers["Retry-After"] == "1"
    with pytest.raises(requests.ConnectionError):
        get(url)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(url)
    assert get(url).json() == {"data": []}


def test_a_missing_program_skips_here_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcomes = []
    for setting in ("false", "true"):
        monkeypatch.setenv("CI", setting)
        with pytest.raises(BaseException, match="needs no-such-thing: buy one") as got:
            processes.program("no-such-thing", "buy one")
        outcomes.append(got.type)

    assert outcomes == [pytest.skip.Exception, pytest.fail.Exception]
