"""Prometheus: what is asked, what becomes of the answers, and of refusals."""

import json
import re
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loaders.errors import SourceError
from loaders.holes import Hole, holes
from loaders.landing import open_database
from loaders.plans import Plan
from loaders.pulls import pull
from loaders.rows import HALF_HOUR, Sample, Window
from loaders.runs import Run
from loaders.settings import Labels, PrometheusSettings, Settings
from loaders.sources import prometheus as source
from tests.loaders.answering import Question, Reply, all_regular, answering, self_signed
from tests.servers.prometheus import Scraped, openmetrics

START = 1_700_000_000 // HALF_HOUR * HALF_HOUR
HOST = {"instance": "172.16.100.50:9100", "job": "node"}
QUERY_TIMED_OUT = json.dumps({"status": "error", "errorType": "timeout", "error": "x"})
PER_PULL = re.compile("raw_pull_|raw_snapshots|sqlite_sequence")
EMPTY = Reply(body='{"status": "success", "data": {"result": []}}')

Serve = Callable[..., str]
Pull = Callable[..., Run]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "usage.db")) as connection:
        yield connection


@pytest.fixture
def pulled(database: sqlite3.Connection) -> Pull:
    """`pulled(url, slots, **settings)` pulls that many half-hours from START on.

    With `windows` it pulls these instead.
    """

    def pull_slots(
        url: str, slots: int = 4, windows: Sequence[Window] = (), **settings: Any
    ) -> Run:
        values = Settings(prometheus=PrometheusSettings(url=url, **settings))
        first, *others = windows or [Window(START, START + slots * HALF_HOUR)]
        return pull(
            database,
            "prometheus",
            values,
            Plan(first, others),
            forecast=False,
            advance=lambda steps: None,
        )

    return pull_slots


def scrapes(value: Callable[[int], float], until: int = 4 * HALF_HOUR) -> list[Any]:
    """A value a minute, from START on, both ends included."""
    return [(START + at, value(at)) for at in range(0, until + 1, 60)]


def node(labels: dict[str, str] = HOST, until: int = 4 * HALF_HOUR) -> list[Scraped]:
    """Two cpus that idle half of the time, booted an hour before START."""
    clocks = [
        Scraped(
            "node_cpu_seconds_total",
            {**labels, "cpu": cpu, "mode": mode},
            scrapes(lambda at: 1800 + at / 2, until),
        )
        for cpu in ("0", "1")
        for mode in ("idle", "user")
    ]
    boot = Scraped(
        "node_boot_time_seconds", labels, scrapes(lambda at: START - 3600, until)
    )
    return [*clocks, boot]


def landed(database: sqlite3.Connection) -> dict[tuple[str, str, int], float]:
    """Values by metric, mode and half-hours since START."""
    found = database.execute(
        "select metric, mode, (ts - ?) / 1800, value"
        " from raw_prometheus_samples join raw_prometheus_series using (series_id)",
        (START,),
    )
    return {(metric, mode, at): value for metric, mode, at, value in found}


def windows(database: sqlite3.Connection) -> list[tuple[int, int, str]]:
    """The ledger's windows in half-hours since START."""
    found = database.execute(
        "select window_from, window_until, state from raw_pull_windows"
    )
    return [
        ((begin - START) // HALF_HOUR, (end - START) // HALF_HOUR, state)
        for begin, end, state in found
    ]


def _holes(database: sqlite3.Connection) -> list[Hole]:
    return holes(database, "prometheus")


def matrix(values: list[Any], **labels: str) -> Reply:
    """An answer with one series."""
    series = {"metric": labels, "values": values}
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    return Reply(body=json.dumps(answer))


def test_closing_values_of_a_real_server(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    url = prometheus(openmetrics(node()))
    assert pulled(url).state == "done"
    values = landed(database)
    for at in range(5):
        assert values["cpu_seconds", "idle", at] == 2 * 1800 + at * 1800
        assert values["cpu_seconds", "user", at] == 2 * 1800 + at * 1800
        assert values["boot_time_seconds", "", at] == START - 3600
        assert values["last_scrape_at", "", at] == START + at * HALF_HOUR
        assert values["cores", "", at] == 2
    assert [values["scrapes", "", at] for at in range(5)] == [1, 31, 31, 31, 31]
    assert windows(database) == [(0, 4, "done")]
    labels = database.execute("select distinct labels from raw_prometheus_series")
    assert labels.fetchall() == [(json.dumps(HOST, sort_keys=True),)]


def test_a_host_that_died_in_the_slot_still_closes(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    pulled(prometheus(openmetrics(node(until=HALF_HOUR + 300))))
    values = landed(database)
    assert values["cpu_seconds", "idle", 2] == 2 * 1800 + HALF_HOUR + 300
    assert values["last_scrape_at", "", 2] == START + HALF_HOUR + 300
    assert ("cpu_seconds", "idle", 3) not in values


def test_only_selected_targets_are_asked(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    other = {"instance": "172.16.100.51:9100", "job": "other"}
    url = prometheus(openmetrics([*node(), *node(other)]))
    pulled(url, selector='job="other"')
    labels = database.execute("select distinct labels from raw_prometheus_series")
    assert labels.fetchall() == [(json.dumps(other, sort_keys=True),)]


def test_two_targets_of_one_host_both_land(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    url = prometheus(openmetrics([*node(), *node({**HOST, "job": "second"})]))
    assert pulled(url).state == "done"
    found = database.execute(
        "select count(*) from raw_prometheus_series where metric = 'cpu_seconds'"
    )
    assert found.fetchone() == (4,)


def test_pulling_again_changes_no_row(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    url = prometheus(openmetrics(node()))
    dumps = []
    for most in (500_000, 500_000, 6):
        pulled(url, max_points=most)
        lines = [line for line in database.iterdump() if not PER_PULL.search(line)]
        dumps.append(lines)
    assert dumps[0] == dumps[1] == dumps[2]


def test_windows_are_cut_by_series_and_steps_and_touch(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    url = prometheus(openmetrics(node()))
    pulled(url, max_points=4)
    assert windows(database) == [(0, 1, "done"), (1, 3, "done"), (3, 4, "done")]
    assert len(landed(database)) == 5 * 6


def test_windows_are_halved_when_the_server_says_too_many(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    # one step of one series reads up to 31 samples, and five steps give 20 values
    url = prometheus(openmetrics(node()), "--query.max-samples=80")
    run = pulled(url)
    assert run.state == "done", run.message
    assert len(landed(database)) == 5 * 6
    assert len(windows(database)) > 1


def test_more_steps_than_the_server_allows_are_halved(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    url = prometheus(openmetrics(node()))
    run = pulled(url, slots=12_000, max_steps=20_000, max_points=10_000_000)
    assert windows(database) == [
        (0, 5, "done"),
        (5, 6000, "partial"),
        (6000, 12_000, "partial"),
    ]
    assert "no series of " in "; ".join(run.remarks)


@pytest.mark.parametrize(
    "refusal", [Reply(422), Reply(503, QUERY_TIMED_OUT), Reply(504)]
)
def test_a_refusal_down_to_one_step_is_a_failure(
    pulled: Pull, database: sqlite3.Connection, refusal: Reply
) -> None:
    asked: list[int] = []

    def refuse(question: Question) -> Reply:
        if "count(sum" in question.form["query"]:
            return EMPTY
        begin, end = int(question.form["start"]), int(question.form["end"])
        asked.append((end - begin) // HALF_HOUR + 1)
        return refusal

    with answering(refuse) as url:
        run = pulled(url)
    assert list(dict.fromkeys(asked)) == [5, 3, 2, 1]
    assert run.state == "failed" and str(refusal.status) in (run.message or "")
    assert windows(database) == [(at, at + 1, "failed") for at in range(3)]


def test_a_slow_server_is_asked_for_less(
    pulled: Pull, database: sqlite3.Connection
) -> None:
    def reply(question: Question) -> Reply:
        begin, end = int(question.form["start"]), int(question.form["end"])
        if end - begin > HALF_HOUR:
            time.sleep(0.6)
        return matrix([[begin, "1"], [end, "1"]], mode="idle", **HOST)

    with answering(all_regular(reply)) as url:
        run = pulled(url, timeout_seconds=0.3)
    assert run.state == "done", run.message
    assert [end for _, end, _ in windows(database)] == [1, 3, 4]


def test_a_window_that_fails_does_not_stop_the_others(
    pulled: Pull, database: sqlite3.Connection
) -> None:
    def reply(question: Question) -> Reply:
        begin, end = int(question.form["start"]), int(question.form["end"])
        if begin == START + 2 * HALF_HOUR and is_broken:
            error = {"status": "error", "errorType": "internal", "error": "disk\nfull"}
            return Reply(400, json.dumps(error))
        return matrix([[begin, "1"], [end, "1"]], mode="idle", **HOST)

    is_broken = True
    with answering(all_regular(reply)) as url:
        run = pulled(url, slots=6, max_steps=2)
        assert run.state == "failed"
        assert run.message == f"{url}: 400 Bad Request: disk full"
        # the end of what failed was asked again: it opens the next half-hour
        assert windows(database) == [
            (0, 1, "done"),
            (1, 3, "failed"),
            (3, 4, "done"),
            (4, 6, "done"),
        ]
        is_broken = False
        lacking = [Window(hole.since, hole.until) for hole in _holes(database)]
        assert lacking == [Window(START + HALF_HOUR, START + 3 * HALF_HOUR)]
        assert pulled(url, windows=lacking, max_steps=2).state == "done"
        assert _holes(database) == []


def test_a_server_that_fails_again_and_again_is_asked_no_more(
    pulled: Pull, database: sqlite3.Connection
) -> None:
    asked = []

    def reply(question: Question) -> Reply:
        if "count(sum" not in question.form["query"]:
            asked.append(question.form["start"])
            return Reply(400, '{"status": "error", "errorType": "bad_data"}')
        return EMPTY

    with answering(all_regular(reply)) as url:
        run = pulled(url, slots=99, max_steps=2)
    assert run.state == "failed"
    # the newest two hours are asked for alone, and once: nothing landed in between
    begins = [(int(start) - START) // HALF_HOUR for start in dict.fromkeys(asked)]
    assert begins == [0, 1, 2, 95]
    assert [state for _, _, state in windows(database)] == ["failed"] * 4


def test_an_empty_answer_is_a_hole_once_there_are_samples(
    pulled: Pull, database: sqlite3.Connection
) -> None:
    def reply(question: Question) -> Reply:
        begin, end = int(question.form["start"]), int(question.form["end"])
        if begin == START + 2 * HALF_HOUR and not is_back:
            return EMPTY
        if end < START + 2 * HALF_HOUR:
            return EMPTY
        return matrix([[begin, "1"], [end, "1"]], mode="idle", **HOST)

    is_back = True
    with answering(all_regular(reply)) as url:
        pulled(url, slots=6, max_steps=2)
        # what was before the first sample is no hole
        assert {state for _, _, state in windows(database)} == {"done"}
        is_back = False
        again = [Window(START + 2 * HALF_HOUR, START + 3 * HALF_HOUR)]
        run = pulled(url, windows=again)
    assert run.state == "partial" and ": no samples" in (run.message or "")


def test_what_is_no_number_or_has_no_host_is_left_out_and_said(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    strange = Scraped(
        "node_boot_time_seconds", {"job": "strange"}, scrapes(lambda at: START)
    )
    broken = Scraped(
        "node_boot_time_seconds",
        {"instance": "172.16.100.51:9100"},
        [(START, float("nan")), (START + HALF_HOUR, float("inf")), (START + 3540, 5.0)],
    )
    run = pulled(prometheus(openmetrics([*node(), strange, broken])))
    assert run.state == "done"
    remarks = [line for line in run.remarks if ": boot_time_seconds:" in line]
    assert [line.split(" (such as")[0] for line in remarks] == [
        "prometheus: boot_time_seconds: series without the label instance"
        " (prometheus.labels.host), left out: 1",
        "prometheus: boot_time_seconds: values that are not finite, left out: 2",
    ]
    assert landed(database)["cpu_seconds", "idle", 4] == 2 * 1800 + 7200
    found = database.execute(
        "select ts, value from raw_prometheus_samples join raw_prometheus_series"
        " using (series_id) where metric = 'boot_time_seconds' and labels like '%51%'"
    )
    assert found.fetchall() == [(START + 3600, 5.0)]
    state, message = database.execute(
        "select state, message from raw_pull_windows"
    ).fetchone()
    assert state == "done" and "not finite" in message


def test_cpu_series_without_mode_are_left_out() -> None:
    reading = source.Reading()
    series = source.RangeSeries(metric=HOST, values=[(START, 1.0)])
    rows = list(source.sample_rows("cpu_seconds", [series], Labels(), reading))
    assert rows == [] and "without the label mode" in reading.remarks[0]


def test_rows_of_an_answer() -> None:
    labels = {"__name__": "node_cpu_seconds_total", "mode": "idle", "b": "2", "a": "1"}
    series = source.RangeSeries(metric=labels, values=[(START, 1.5), (START + 1, 2)])
    rows = list(
        source.sample_rows("cpu_seconds", [series], Labels(host="a"), source.Reading())
    )
    key = ("cpu_seconds", "idle", '{"a": "1", "b": "2"}')
    assert rows == [Sample(key, START, 1.5), Sample(key, START + 1, 2)]  # type: ignore[arg-type]


def test_warnings_of_an_answer_make_it_partial(
    pulled: Pull, database: sqlite3.Connection
) -> None:
    values = [[START + at * HALF_HOUR, "1"] for at in range(5)]
    reply = matrix(values, mode="idle", **HOST)
    warned = {**json.loads(reply.body), "warnings": ["store eu-1 is away"]}
    with answering(all_regular(lambda _: Reply(body=json.dumps(warned)))) as url:
        run = pulled(url)
    assert run.state == "partial"
    assert run.message == "last_scrape_at: store eu-1 is away (and 4 more)"
    assert windows(database) == [(0, 4, "partial")]


def test_no_samples_at_all_is_not_success(
    prometheus: Serve, pulled: Pull, database: sqlite3.Connection
) -> None:
    run = pulled(prometheus(openmetrics(node())), selector='job="nobody"')
    assert run.state == "partial"
    assert "no samples in" in (run.message or "")


MANY_PAGES = "<!doctype html><html><body>Sign in</body></html>"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(401), "401 Unauthorized: check username and password, or bearer_token"),
        (Reply(403), "403 Forbidden: check username and password, or bearer_token"),
        (Reply(404, "404 page not found"), "404 Not Found: 404 page not found"),
        (Reply(404, MANY_PAGES), "404 Not Found"),
        (Reply(200, MANY_PAGES), "answered an HTML page, not JSON: check the address"),
        (Reply(200, '{"status": "succ'), "answered broken JSON (Unterminated string"),
        (Reply(200, "{}", {"Content-Length": "9"}), "the answer broke off; pull again"),
        (Reply(200, "[]"), "answered a JSON list, not an object: check the address"),
        (
            Reply(200, "{}"),
            "the answer is JSON but not Prometheus's: check prometheus.",
        ),
        (
            Reply(200, '{"status": "success", "data": {"result": [{"metric": 3}]}}'),
            "the answer is JSON but not Prometheus's: check prometheus.url",
        ),
        (Reply(200, '{"status": "error", "error": "query\\u001b[31m"}'), "query [31m"),
        (
            Reply(
                400, '{"status": "error", "error": "parse error: ' + "x" * 500 + '"}'
            ),
            "400 Bad Request: parse error: " + "x" * 187 + "…",
        ),
    ],
)
def test_a_bad_answer_is_one_line(
    pulled: Pull, database: sqlite3.Connection, reply: Reply, said: str
) -> None:
    with answering(lambda question: reply) as url:
        run = pulled(url)
    assert run.state == "failed"
    assert (run.message or "").startswith(f"{url}: {said}")
    assert "\n" not in (run.message or "")
    assert landed(database) == {}
    assert windows(database) == [(0, 4, "failed")]


def test_a_redirect_is_not_followed(pulled: Pull) -> None:
    asked: list[Question] = []

    def other(question: Question) -> Reply:
        asked.append(question)
        return EMPTY

    with answering(other) as elsewhere:
        place = elsewhere.replace("//", "//me:hush@") + "/graph?token=hush"
        redirect = Reply(302, headers={"Location": place})
        with answering(lambda question: redirect) as url:
            run = pulled(url, username="ada", password="hush")
    assert asked == []
    expected = f"302 Found to {elsewhere}/graph, not followed: set url to its place"
    assert run.message == f"{url}: {expected}"


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({"username": "ada", "password": "pass"}, "Basic YWRhOnBhc3M="),
        ({"bearer_token": "token"}, "Bearer token"),
        ({}, None),
    ],
)
def test_login_and_prefix_are_sent(
    pulled: Pull,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    login: dict[str, str],
    header: str | None,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.2 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    asked: list[Question] = []

    def reply(question: Question) -> Reply:
        asked.append(question)
        return EMPTY

    with answering(reply) as url:
        pulled(f"{url}/prefix/", **login)
    assert {question.path for question in asked} == {
        "/prefix/api/v1/query_range",
        "/prefix/api/v1/status/runtimeinfo",
    }
    assert {question.headers.get("Authorization") for question in asked} == {header}
    assert all("ada-carbon/" in question.headers["User-Agent"] for question in asked)
    steps = [question.form["step"] for question in asked if question.form]
    assert set(steps) == {"1800"}


def test_a_private_ca_must_be_named(
    pulled: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    with answering(lambda question: EMPTY, certificate) as url:
        refused = pulled(url)
        # a bundle for the whole machine does not replace the one in the settings
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
        trusted = pulled(url, ca_bundle=certificate)
    assert (refused.message or "").startswith(f"{url}: TLS failed: self-signed cert")
    assert "ca_bundle" in (refused.message or "")
    assert trusted.state == "partial" and "no samples" in (trusted.message or "")


def test_nobody_listens(pulled: Pull) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        run = pulled(url)
    assert (run.message or "").startswith(f"{url}: no connection: Connection refused")
    run = pulled("http://nobody.invalid:9090")
    assert "no connection" in (run.message or "")


def test_a_hiccup_passes(pulled: Pull) -> None:
    replies = [Reply(429, headers={"Retry-After": "1"}), Reply(502)]

    def reply(question: Question) -> Reply:
        if replies:
            return replies.pop(0)
        begin, end = int(question.form["start"]), int(question.form["end"])
        values = [[at, "1"] for at in range(begin, end + 1, HALF_HOUR)]
        return matrix(values, mode="idle", **HOST)

    with answering(all_regular(reply)) as url:
        assert pulled(url).state == "done"
    assert replies == []


def test_one_answer_is_held_at_a_time(
    database: sqlite3.Connection, pulled: Pull
) -> None:
    """Samples of a metric are taken before the next metric is asked for."""
    asked: list[str] = []

    def reply(question: Question) -> Reply:
        asked.append(question.form["query"])
        return matrix([[START, "1"]], mode="idle", **HOST)

    with answering(all_regular(reply)) as url:
        settings = PrometheusSettings(url=url)
        server = source.open_prometheus(settings)
        window = Window(START, START)
        samples = source.fetch_samples(server, settings, window, source.Reading())
        next(samples)
        assert len(asked) == 1
        assert len(list(samples)) == 4
    assert len(asked) == 5


def test_the_source_error_is_raised_to_its_caller() -> None:
    with answering(lambda question: Reply(401)) as url:
        settings = PrometheusSettings(url=url)
        server = source.open_prometheus(settings)
        with pytest.raises(SourceError, match=r"^prometheus: http://127"):
            source.first_steps(server, settings, Window(START, START))
