"""How long Prometheus keeps its samples: asked at each pull, landed as it says."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loaders.database import open_database
from loaders.plans import Plan
from loaders.pulls import pull
from loaders.rows import HALF_HOUR, Window
from loaders.settings import PrometheusSettings, Settings
from loaders.sources.prometheus_limits import retention_seconds
from tests.loaders.answering import Question, Reply, answering
from tests.servers.prometheus import Scraped, openmetrics

DAY = 24 * 3600
START = 1_700_000_000 // HALF_HOUR * HALF_HOUR


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


def landed(database: sqlite3.Connection, url: str) -> list[tuple[str, int | None]]:
    """What is known of retentions once a server was pulled."""
    settings = Settings(prometheus=PrometheusSettings(url=url))
    plan = Plan(Window(START, START + HALF_HOUR))
    pull(
        database,
        "prometheus",
        settings,
        plan,
        forecast=False,
        advance=lambda steps: None,
    )
    return database.execute("select * from raw_retentions").fetchall()


def test_a_real_server_says_it(
    database: sqlite3.Connection, prometheus: Callable[..., str]
) -> None:
    url = prometheus(openmetrics([Scraped("up", {}, [(START, 1)])]))
    assert landed(database, url) == [("prometheus", 100 * 365 * DAY)]


def test_the_newest_answer_counts(
    database: sqlite3.Connection,
) -> None:
    retention = '{"storageRetention": "15d"}'
    status = 200

    def reply(question: Question) -> Reply:
        if question.path.endswith("runtimeinfo"):
            return Reply(body=f'{{"status": "success", "data": {retention}}}')
        return Reply(status, '{"status": "success", "data": {"result": []}}')

    with answering(reply) as url:
        assert landed(database, url) == [("prometheus", 15 * DAY)]
        retention = '{"storageRetention": "30d or 1GiB"}'
        assert landed(database, url) == [("prometheus", 30 * DAY)]
        status, retention = 404, "{}"
        assert landed(database, url) == [("prometheus", 30 * DAY)]
        status = 200
        assert landed(database, url) == [("prometheus", 30 * DAY)]


def test_a_server_that_fails_to_say_it_is_asked_once(
    database: sqlite3.Connection,
) -> None:
    asked: list[Question] = []

    def reply(question: Question) -> Reply:
        if not question.path.endswith("runtimeinfo"):
            return Reply(body='{"status": "success", "data": {"result": []}}')
        asked.append(question)
        return Reply(503)

    with answering(reply) as url:
        assert landed(database, url) == []
    kept = database.execute("select http_status from raw_snapshots order by id desc")
    assert len(asked) == 1 and kept.fetchall()[:2] == [(503,), (200,)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15d", 15 * DAY),
        ("1w2d", 9 * DAY),
        ("30d or 10GiB", 30 * DAY),
        ("100y", 100 * 365 * DAY),
        ("1h30m", 5400),
        ("10GiB", None),
        ("0s", None),
        ("", None),
        ("15 days", None),
    ],
)
def test_retentions_as_prometheus_spells_them(text: str, seconds: int | None) -> None:
    assert retention_seconds(text) == seconds
