"""The API: every report whole, what it refuses, and how it describes itself."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from loaders.reports import reports_of
from tests.web.conftest import ROOT, Serve

REPORTS = [report.name for report in reports_of(ROOT)]
VIEWS = [name for name in REPORTS if name.startswith("v_")]
FROM, TO = "2025-09-13T06:00:00Z", "2025-09-14T18:00:00Z"
WINDOW = {"from": FROM, "to": TO}

Rows = list[dict[str, Any]]


def asked(url: str, path: str, **parameters: str) -> requests.Response:
    return requests.get(f"{url}{path}", params=parameters, timeout=60)


def rows_of(url: str, path: str, **parameters: str) -> Rows:
    answer = asked(url, path, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    rows: Rows = answer.json()
    return rows


def sql(database: Path, query: str, *parameters: object) -> Rows:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, parameters)]


def in_order(rows: Rows) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_told_whole(url: str, simulated: Path, view: str) -> None:
    wanted = sql(simulated, f"select * from {view}")  # noqa: S608 (of the project)
    rows = rows_of(url, f"/api/{view}.json")
    assert in_order(rows) == in_order(wanted)
    answer = asked(url, f"/api/{view}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    [heading, *lines] = csv.reader(io.StringIO(answer.content.decode()))
    assert len(lines) == len(rows)
    assert not rows or heading == list(rows[0])
    texts = [["" if one is None else str(one) for one in row.values()] for row in rows]
    assert lines == texts


@pytest.mark.parametrize(
    "path",
    [
        "/ada/v_scope_timeseries.csv",
        "/ada/fact_usage.csv?_size=7&_labels=on&_shape=array",
    ],
)
def test_a_page_gives_its_csv_whole(url: str, simulated: Path, path: str) -> None:
    relation = path.split("/")[2].partition(".")[0]
    lines = list(csv.reader(io.StringIO(asked(url, path).text)))
    [count] = sql(simulated, f"select count(*) as n from {relation}")  # noqa: S608
    assert count["n"] > 2000 and len(lines) == 1 + count["n"]


def test_a_page_gives_the_csv_that_it_shows(url: str, simulated: Path) -> None:
    filters = {"cloud_project_name__contains": "AaaS", "ts__gte": FROM, "_sort": "ts"}
    lines = list(
        csv.DictReader(
            io.StringIO(asked(url, "/ada/v_project_timeseries.csv", **filters).text)
        )
    )
    wanted = sql(
        simulated,
        "select * from v_project_timeseries"
        " where cloud_project_name like '%AaaS%' and ts >= ?",
        FROM,
    )
    assert len(lines) == len(wanted) > 100
    hours = [line["ts"] for line in lines]
    assert hours == sorted(hours)


def test_rows_are_chosen_by_name_and_time(url: str, simulated: Path) -> None:
    wanted = sql(
        simulated,
        "select * from v_project_timeseries"
        " where cloud_project_name = 'IDAaaS' and ts >= ? and ts < ? order by ts",
        *(FROM, TO),
    )
    path = "/api/v_project_timeseries.json"
    rows = rows_of(url, path, cloud_project_name="IDAaaS", **WINDOW)
    assert rows == wanted and len(rows) == 36
    assert rows == rows_of(
        url,
        path,
        cloud_project_name="IDAaaS",
        **{"from": "2025-09-13T08:00+02:00", "to": TO},
    )
    assert rows_of(url, path, cloud_project_name="none such") == []


@pytest.mark.parametrize(
    ("view", "begin", "is_of_all_time"),
    [
        ("v_daily_heatmap", "day || 'T00:00:00Z'", "0"),
        ("v_time_shift_potential", "day || 'T00:00:00Z'", "0"),
        ("v_usage_by_step", "starts_at", "0"),
        ("v_provider_history", "fetched_at", "0"),
        ("v_month_totals", "closed_month || '-01T00:00:00Z'", "0"),
        (
            "v_usage_history",
            "substr(period_name || '-01-01T00:00:00Z', 1, 4) ||"
            " case period when 'year' then '-01-01' when 'month' then"
            " substr(period_name, 5) || '-01' else substr(period_name, 5) end ||"
            " 'T00:00:00Z'",
            "period = 'all'",
        ),
    ],
)
def test_rows_of_days_and_months_are_chosen_by_when_they_begin(
    url: str, simulated: Path, view: str, begin: str, is_of_all_time: str
) -> None:
    rows = sql(
        simulated,
        f"select *, {begin} as begin_ts, {is_of_all_time} as is_all from {view}",  # noqa: S608
    )
    begins = sorted({row["begin_ts"] for row in rows if not row["is_all"]})
    middle = f"{begins[len(begins) // 2][:13]}:00:00Z"
    after = "2100-01-01T00:00Z"
    for window, is_later in (
        ({"from": middle}, True),
        ({"to": middle}, False),
        ({"from": middle, "to": after}, True),
    ):
        wanted = [
            {key: one for key, one in row.items() if key not in ("begin_ts", "is_all")}
            for row in rows
            if not row["is_all"] and (row["begin_ts"] >= middle) == is_later
        ]
        assert in_order(rows_of(url, f"/api/{view}.json", **window)) == in_order(wanted)
    assert len(rows_of(url, f"/api/{view}.json")) == len(rows) > 0


@pytest.mark.parametrize(
    ("view", "column", "value"),
    [
        ("v_usage_history", "period", "month"),
        ("v_daily_heatmap", "year", "2025"),
        ("v_coverage", "coverage", "1.0"),
        ("v_status_timeseries", "is_processed", "1"),
    ],
)
def test_a_column_is_compared_as_a_text(
    url: str, simulated: Path, view: str, column: str, value: str
) -> None:
    wanted = sql(
        simulated,
        f"select * from {view} where cast({column} as text) = ?",  # noqa: S608
        value,
    )
    rows = rows_of(url, f"/api/{view}.json", **{column: value})
    assert wanted and in_order(rows) == in_order(wanted)


def test_a_window_is_that_of_the_report(url: str, simulated: Path) -> None:
    rows = rows_of(url, "/api/project_energy_carbon.json", **WINDOW)
    wanted = sql(
        simulated,
        "select cloud_project_name, sum(busy_kwh + idle_kwh) as kwh"
        " from v_project_timeseries where ts >= ? and ts < ?"
        " group by cloud_project_name order by kwh desc",
        *(FROM, TO),
    )
    used = [row for row in rows if row["total_kwh"]]
    assert [row["cloud_project_name"] for row in used] == [
        row["cloud_project_name"] for row in wanted
    ]
    assert [row["total_kwh"] for row in used] == pytest.approx(
        [row["kwh"] for row in wanted]
    )
    assert len(rows_of(url, "/api/top_groups_by_energy.json", top="2")) == 2


def test_ai_usage_has_the_routes_of_its_document(url: str, simulated: Path) -> None:
    polls = sql(simulated, "select * from provider_history order by id desc")
    assert len(polls) > 20
    latest = rows_of(url, "/api/usage")
    assert in_order(latest) == in_order(
        sql(simulated, "select * from v_provider_latest")
    )
    history = rows_of(url, "/api/history")
    assert len(history) == len(polls)
    assert [row["id"] for row in rows_of(url, "/api/history", limit="3")] == [
        row["id"] for row in history[:3]
    ]
    of_one = rows_of(url, "/api/history", provider="zai", limit="2")
    assert [row["provider_id"] for row in of_one] == ["zai", "zai"]
    answers = rows_of(url, "/api/raw/openrouter", limit="2")
    credits = [json.loads(row["raw_json"])["data"] for row in answers]
    assert [one["total_credits"] for one in credits] == [20.0, 20.0]
    kept = sql(
        simulated, "select * from raw_snapshots where provider_id = 'openrouter'"
    )
    assert len(rows_of(url, "/api/raw/openrouter")) == len(kept) > 2


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/v_nothing.json", 404, "no report v_nothing: /openapi.json has all"),
        ("/api/dim_user.json", 404, "no report dim_user"),
        ("/api", 404, "no /api: /openapi.json says what there is"),
        ("/api/v_coverage.xml", 404, "no /api/v_coverage.xml"),
        ("/api/raw/nobody", 404, "no AI provider nobody"),
        ("/api/v_coverage.json?scoop=ada", 400, "v_coverage takes no scoop: it takes"),
        ("/api/v_coverage.json?from=2025-09-01T00:00Z", 400, "takes no from"),
        ("/api/v_coverage.json?scope=ada&scope=user", 400, "scope is given 2 times"),
        (
            "/api/v_ada_timeseries.csv?from=yesterday",
            400,
            "from yesterday: no ISO",
        ),
        ("/api/v_ada_timeseries.csv?to=2025-09-01T00:30Z", 400, "whole hours"),
        ("/api/v_ada_timeseries.csv?from=2025-09-02T00Z&to=2025-09-01T00Z", 400, "not"),
        ("/api/top_groups_by_energy.json?top=0", 400, "top 0: no number from 1 on"),
        ("/api/top_groups_by_energy.json?top=ten", 400, "top ten"),
        ("/api/top_groups_by_energy.json?limit=1", 400, "takes no limit"),
        ("/api/history?limit=-1", 400, "limit -1: no number from 1 on"),
        ("/api/history?top=1", 400, "takes no top: it takes limit, provider, from, to"),
        ("/api/history?limit=1&top=", 400, "takes no top"),
        ("/api/raw/zai?provider=", 400, "takes no provider: it takes limit"),
        ("/api/raw/zai?provider=zai", 400, "takes no provider"),
        ("/api/raw/zai?top=", 400, "takes no top"),
        ("/api/raw/zai?limit=", 400, "limit : no number from 1 on"),
        ("/api/raw/zai?from=2025-09-01T00:00Z", 400, "takes no from"),
        ("/api/ai_history.json?limit=1", 400, "takes no limit"),
        ("/api/usage?x=1", 400, "takes no x"),
        ("/openapi.json?x=1", 400, "/openapi.json takes no x"),
        ("/healthz?x=", 400, "/healthz takes no x"),
        ("/nothing/at/all.json", 404, "not found"),
        ("/ada/nothing.csv", 404, "table not found"),
        ("/ada/nothing.json", 404, "table not found"),
        ("/ada/fact_usage.csv?noon__exact=1", 400, "fact_usage has no column noon"),
        ("/ada/fact_usage.json?noon=1", 400, "fact_usage has no column noon"),
        ("/ada/fact_usage.json?_sort=noon", 400, "has no column noon to sort by"),
        ("/ada/v_coverage.json?_sort_desc=noon", 400, "v_coverage has no column noon"),
        ("/ada.csv?sql=select+1", 403, "log in"),
        ("/ada.csv", 404, "not found"),
        ("/api/history?limit=99999999999999999999", 400, "no number from 1 on"),
    ],
)
def test_a_refusal_is_json_with_its_status(
    url: str, path: str, status: int, said: str
) -> None:
    answer = asked(url, path)
    refusal = answer.json()
    assert answer.status_code == refusal["status"] == status, refusal
    assert said.lower() in refusal["error"].lower() and refusal["ok"] is False


@pytest.mark.parametrize("path", ["/api/v_coverage.json", "/api/usage"])
def test_nothing_is_written(url: str, path: str) -> None:
    answer = requests.post(url + path, timeout=60)
    assert (answer.status_code, answer.json()["ok"]) == (405, False)


def test_it_describes_every_route_as_it_answers(url: str) -> None:
    described = asked(url, "/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    paths = described["paths"]
    every = {f"/api/{name}.{kind}" for name in REPORTS for kind in ("json", "csv")}
    assert every <= paths.keys()
    values = {"from": FROM, "to": TO, "top": "1", "limit": "1", "provider": "zai"}
    for path, route in paths.items():
        operation = route["get"]
        given = {
            one["name"]: values.get(one["name"], "x")
            for one in operation.get("parameters", [])
            if one["in"] == "query"
        }
        answer = asked(url, path.replace("{provider}", "zai"), **given)
        assert answer.status_code == 200, (path, answer.text)
        if "parameters" in operation:
            assert (
                asked(url, path.replace("{provider}", "zai"), so="x").status_code == 400
            )
        if path.startswith("/api/v_daily_heatmap"):
            told = [one["description"] for one in operation["parameters"][:2]]
            assert told[0] == "Rows whose day begins then or later."
        if path.startswith("/api/v_") and path.endswith(".json"):
            schema = operation["responses"]["200"]["content"]["application/json"]
            columns = set(schema["schema"]["items"]["properties"])
            assert {one["name"] for one in operation["parameters"]} - {
                "from",
                "to",
            } == columns - {"ts"}


def test_it_describes_a_copy_without_ai_usage(serve: Serve, copied: Path) -> None:
    with closing(sqlite3.connect(copied)) as database, database:
        for relation in ("v_provider_latest", "v_provider_history"):
            database.execute(f"drop view {relation}")
    with serve(copied) as url:
        paths = asked(url, "/openapi.json").json()["paths"]
        assert "/api/v_project_totals.json" in paths and "/api/raw/{provider}" in paths
        assert not {"/api/usage", "/api/history", "/api/v_provider_latest.json"} & {
            *paths
        }
        for path in ("/api/usage", "/api/history"):
            assert asked(url, path).status_code == 404


def test_it_says_how_late_the_figures_are(
    url: str, serve: Serve, copied: Path, simulated: Path
) -> None:
    health = asked(url, "/healthz").json()
    [newest] = sql(simulated, "select max(ts) as ts from v_ada_timeseries")
    assert health["newest_ts"] == newest["ts"]
    assert health["is_simulated"] and health["is_fresh"]
    with serve(copied) as other:
        with closing(sqlite3.connect(copied)) as database, database:
            database.execute("update publication set is_simulated = 0")
        late = asked(other, "/healthz")
        assert late.status_code == 503 and late.json()["is_fresh"] is False
        assert late.json()["lag_seconds"] > late.json()["max_lag_seconds"] == 10_800
        hour = "strftime('%Y-%m-%dT%H:00:00Z', 'now', '-2 hours')"
        with closing(sqlite3.connect(copied)) as database, database:
            database.execute(f"update publication set newest_ts = {hour}")  # noqa: S608
        assert asked(other, "/healthz").status_code == 200
