"""How long the first page takes: 50 projects of six weeks, of a year with LONG=1."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from loaders.disguise import Disguise
from loaders.publishable import layout_of
from loaders.publishing import publish
from serving.pages import MOST_ROWS
from tests.servers.chromium import DESKTOP, chromium, seen
from tests.web.a_year import write_a_year
from tests.web.conftest import ROOT, Serve

DAYS = 365 if "LONG" in os.environ else 42
MOST_SECONDS = 2.0


@pytest.fixture(scope="module")
def address(
    simulated: Path, serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("year")
    write_a_year(simulated, folder / "usage.db", DAYS)
    publish(folder / "usage.db", folder / "ada.db", layout_of(ROOT), Disguise("names"))
    with closing(sqlite3.connect(folder / "ada.db")) as database:
        [(rows,)] = database.execute("select count(*) from fact_usage")
    assert rows == 2904 * DAYS
    with serve(folder / "ada.db") as url:
        yield f"{url}/-/dashboards"


def test_the_first_page_is_drawn_within_two_seconds(
    address: str, record_property: Callable[[str, object], None]
) -> None:
    took: list[float] = []
    with chromium() as browser:
        # others work on this machine, too: the best of three says what the page takes
        for _ in range(3):
            with seen(browser, DESKTOP) as window:
                window.page.goto("about:blank")
                began = time.perf_counter()
                window.goto(f"{address}/overview")
                took.append(time.perf_counter() - began)
    record_property("counts", f"first page of {DAYS} days: {min(took):.2f} s")
    assert min(took) < MOST_SECONDS


@pytest.mark.parametrize(
    "page",
    [
        "overview?from=2025-01-01&to=2025-12-31&step=day",
        "project?from=2025-01-01&to=2025-12-31",
        "project?name=project+3",
        "machine?name=machine+3",
        "user?name=user7",
        "group?name=group+3",
        "grid?from=2025-01-01&to=2025-12-31&step=day",
    ],
)
def test_each_page_is_answered_within_two_seconds(address: str, page: str) -> None:
    answers = [requests.get(f"{address}/{page}", timeout=30) for _ in range(2)]
    assert min(one.elapsed.total_seconds() for one in answers) < MOST_SECONDS
    answer = answers[0]
    assert answer.status_code == 200
    assert 'class="problem"' not in answer.text


def test_too_many_steps_are_refused_in_words_and_none_is_left_out(
    address: str,
) -> None:
    answer = requests.get(
        f"{address}/overview?from=2025-01-01&to=2025-12-31&step=hour", timeout=30
    )
    assert DAYS * 24 > MOST_ROWS
    assert answer.text.count(f"More than {MOST_ROWS:,} rows") == 2
