"""The pages in a real browser, over a fleet whose names are hostile."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from math import fsum, isclose
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from loaders.disguise import Disguise
from loaders.publishable import layout_of
from loaders.publishing import publish
from tests.servers.chromium import DESKTOP, PHONE, Seen, chromium, seen
from tests.web.conftest import ROOT, Serve

XSS = '<img src=x onerror="window.ran=1">'
NAMED = {
    "project": f"{XSS}IDAaaS",
    "machine": f"{XSS}SANS",
    "group": f"{XSS}isis-muon",
    "ai": f"{XSS}openrouter",
}
RENAMED = (
    "update dim_project set cloud_project_name = ? where cloud_project_name = ?",
    "update dim_machine set machine_name = ? where machine_name = ?",
    "update dim_group set group_name = ? where group_name = ?",
    "update providers set provider_name = ? where provider_id = ?",
)
PAGES = (
    *("overview", "project", "machine", "user", "group"),
    *("grid", "workspaces", "ai", "equivalences"),
)
CHARTS = {
    "overview": {"energy", "carbon", "heatmap", "status"},
    "grid": {"forecast", "history", "bands"},
    "project?": {"energy", "carbon", "heatmap", "status"},
    "machine?": {"energy", "carbon", "status"},
    "user?": {"energy", "carbon"},
    "group?": {"energy", "carbon"},
    "ai?": {"daily"},
}


@pytest.fixture(scope="module")
def usage(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated fleet with names that are HTML."""
    path = tmp_path_factory.mktemp("hostile") / "usage.db"
    with (
        closing(sqlite3.connect(simulated)) as source,
        closing(sqlite3.connect(path)) as database,
    ):
        source.backup(database)
        for statement, name in zip(RENAMED, NAMED.values(), strict=True):
            changed = database.execute(statement, (name, name.removeprefix(XSS)))
            assert changed.rowcount == 1, name
        database.commit()
    return path


@pytest.fixture(scope="module")
def address(usage: Path, serve: Serve) -> Iterator[str]:
    """Where the pages are."""
    published = usage.with_name("ada.db")
    publish(usage, published, layout_of(ROOT), Disguise("names"))
    with serve(published) as url:
        yield f"{url}/-/dashboards"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def desktop(browser: Browser) -> Iterator[Seen]:
    with seen(browser, DESKTOP) as one:
        yield one


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Seen]:
    with seen(browser, PHONE, "Asia/Tokyo", "ja-JP") as one:
        yield one


@pytest.fixture(scope="module")
def days(usage: Path) -> tuple[str, str]:
    """The first and the last day of the fleet's usage."""
    [(first, last)] = asked(usage, "select min(ts), max(ts) from fact_usage")
    return first[:10], last[:10]


def asked(database: Path, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query, parameters).fetchall()


def path_of(page: str, usage: Path) -> str:
    """A page, or `page?`, the one of a name of it."""
    if not page.endswith("?"):
        return page
    [(user,)] = asked(
        usage,
        "select user_id from fact_usage where user_id is not null"
        " group by user_id order by sum(busy_kwh) desc limit 1",
    )
    name = {**NAMED, "user": user}[page.removesuffix("?")]
    window = whole(usage)
    if page == "ai?":
        [(first, last)] = asked(
            usage, "select min(fetched_at), max(fetched_at) from provider_history"
        )
        window |= {"from": first[:10], "to": last[:10]}
    return f"{page}{urlencode({'name': name, **window})}"


def whole(usage: Path) -> dict[str, str]:
    """The window of all days, by hour."""
    [(first, last)] = asked(usage, "select min(ts), max(ts) from fact_usage")
    return {"from": first[:10], "to": last[:10], "step": "hour"}


@pytest.mark.parametrize("page", [*PAGES, *(one for one in CHARTS if one[-1] == "?")])
def test_a_page_draws_its_charts_on_a_desktop_and_on_a_phone(
    desktop: Seen, phone: Seen, address: str, usage: Path, page: str
) -> None:
    for window in (desktop, phone):
        window.goto(f"{address}/{path_of(page, usage)}")
        assert window.charts() == dict.fromkeys(CHARTS.get(page, ()), "drawn")
        assert window.page.locator(".card").count() > 0
        assert not window.page.locator(".problem").all_text_contents()
        assert "Simulated data" in window.page.inner_text(".banner")
        assert window.page.title().endswith("Ada Carbon")
        # nothing runs over the edge, nothing is asked of others, no name is run
        assert window.page.evaluate(
            "document.documentElement.scrollWidth <= window.innerWidth"
        )
        assert window.page.evaluate("window.ran") is None
        assert (window.errors, window.strangers) == ([], [])
        assert window.violations() == []


def test_figures_are_those_of_the_facts(
    desktop: Seen, address: str, usage: Path, days: tuple[str, str]
) -> None:
    [(busy, idle, grams, covered)] = asked(
        usage,
        "select sum(busy_kwh), sum(idle_kwh), sum(busy_gCo2eq + idle_gCo2eq),"
        " sum(covered_kwh) from fact_usage where scope = 'ada'",
    )
    desktop.goto(f"{address}/overview?{urlencode(whole(usage))}")
    shown = {
        one.get_attribute("data-field"): float(one.get_attribute("data-value") or "nan")
        for one in desktop.page.locator(".figure").all()
    }
    assert isclose(shown["kwh"], busy + idle)
    assert isclose(shown["gCo2eq"], grams)
    assert isclose(shown["idle_kwh_share"], idle / (busy + idle))
    assert isclose(shown["weighted_gCo2eq_kwh"], grams / covered)
    text = desktop.page.inner_text("[data-field=kwh] .value")
    assert text.split()[0] == f"{busy + idle:,.{0 if busy + idle >= 100 else 1}f}"

    hours = asked(
        usage,
        "select ts, busy_kwh, idle_kwh, busy_gCo2eq, idle_gCo2eq"
        " from fact_usage where scope = 'ada' order by ts",
    )
    for chart, at in (("energy", 1), ("carbon", 3)):
        bars = desktop.rows(chart, "data_0")
        assert len(bars) == 2 * len(hours)
        tops = {(bar["label"], bar["kind"]): bar["top"] - bar["bottom"] for bar in bars}
        for row in hours:
            label = f"{row[0][:10]} {row[0][11:16]}"
            assert isclose(tops[label, "busy"], row[at], abs_tol=1e-9)
            assert isclose(tops[label, "idle"], row[at + 1], abs_tol=1e-9)

    wanted = asked(
        usage,
        "select cloud_project_name, sum(busy_kwh + idle_kwh) as kwh from fact_usage"
        " join dim_project using (project_id) group by 1 order by kwh desc",
    )
    rows = desktop.page.locator("#card-projects tbody tr").all()
    for listed, (name, kwh) in zip(rows, wanted, strict=True):
        assert listed.locator("td").first.inner_text() == name
        shown_kwh = listed.locator("[data-field=kwh]").get_attribute("data-value")
        assert isclose(float(shown_kwh or "nan"), kwh)


def test_days_of_a_chart_are_sums_of_hours_and_its_table_has_them(
    desktop: Seen, address: str, usage: Path
) -> None:
    asked_for = {**whole(usage), "step": "day"}
    desktop.goto(f"{address}/overview?{urlencode(asked_for)}")
    sums: dict[str, list[float]] = {}
    for ts, kwh in asked(
        usage, "select ts, busy_kwh + idle_kwh from fact_usage where scope = 'ada'"
    ):
        sums.setdefault(ts[:10], []).append(kwh)
    tops: dict[str, float] = {}
    for bar in desktop.rows("energy", "data_0"):
        tops[bar["label"]] = max(tops.get(bar["label"], 0.0), bar["top"])
    assert tops.keys() == sums.keys()
    for day, hours in sums.items():
        assert isclose(tops[day], fsum(hours))
    desktop.page.locator("#card-energy summary").click()
    table = desktop.page.locator("#card-energy tbody tr").all_inner_texts()
    assert [row.split()[0] for row in table] == sorted(sums)


def test_new_york_and_london_read_the_same(
    browser: Browser, address: str, usage: Path
) -> None:
    said: list[list[str]] = []
    for timezone, locale in (("America/New_York", "en-US"), ("Europe/London", "en-GB")):
        labels: list[str] = []
        with seen(browser, DESKTOP, timezone, locale) as window:
            for page in ("overview", "grid"):
                window.goto(f"{address}/{page}?{urlencode(whole(usage))}")
                labels += window.page.locator("svg text").all_text_contents()
                labels += window.page.locator("td, dd, dt, h2").all_text_contents()
        said.append(labels)
    assert said[0] == said[1]
    assert len(said[0]) > 100


def test_on_a_phone_the_head_shows_which_page_it_is(phone: Seen, address: str) -> None:
    for page in (PAGES[0], PAGES[-1]):
        phone.goto(f"{address}/{page}")
        box = phone.page.locator(".ada-pages [aria-current]").bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def test_months_alone_are_said_to_be_whole(desktop: Seen, address: str) -> None:
    said = "A month at either end is whole, also its days outside these."
    for step, is_said in (("day", False), ("month", True)):
        desktop.goto(f"{address}/overview?step={step}")
        assert (said in desktop.page.inner_text("#card-energy .note")) == is_said


def test_a_name_of_html_stays_text_also_where_a_mouse_rests(
    desktop: Seen, address: str, usage: Path
) -> None:
    desktop.goto(f"{address}/project?{urlencode({'name': NAMED['project']})}")
    assert desktop.page.inner_text("h1") == f"Project {NAMED['project']}"
    bar = desktop.page.locator("#card-energy svg path[aria-label], #card-energy path")
    desktop.page.mouse.move(0, 0)
    box = desktop.page.locator("#card-energy svg").bounding_box()
    assert box is not None and bar.count() > 0
    for part in range(1, 30):
        desktop.page.mouse.move(
            box["x"] + box["width"] * part / 30, box["y"] + box["height"] * 0.8
        )
        if desktop.page.locator("#vg-tooltip-element.visible").count():
            break
    tip = desktop.page.inner_text("#vg-tooltip-element")
    assert "busy kWh" in tip
    assert desktop.page.evaluate("window.ran") is None


def test_pages_of_datasette_have_the_same_head_and_hold(
    desktop: Seen, phone: Seen, address: str
) -> None:
    root = address.removesuffix("/-/dashboards")
    for page in ("ada", "ada/v_project_totals", "ada/dim_project/1"):
        for window in (desktop, phone):
            window.goto(f"{root}/{page}")
            assert window.page.locator(".ada-pages a").count() > len(PAGES)
            assert window.page.evaluate("window.ran") is None
            assert (window.errors, window.strangers) == ([], [])
            assert window.violations() == []
    desktop.goto(f"{root}/ada/v_project_totals")
    assert NAMED["project"] in desktop.page.inner_text("table.rows-and-columns")


def test_days_without_anything_are_said_to_be_so(desktop: Seen, address: str) -> None:
    desktop.goto(f"{address}/overview?from=2001-01-01&to=2001-01-07&step=hour")
    assert desktop.charts() == {}
    empty = desktop.page.locator(".empty").all_inner_texts()
    assert len(empty) >= 5
    assert "Nothing is known of these days." in empty
    for lacking in (
        "from=2001-13-45",
        "from=2002-01-01&to=2001-01-01",
        "from=9999-12-31&to=9999-12-31",
    ):
        desktop.goto(f"{address}/overview?{lacking}")
        assert len(desktop.page.locator(".problem").all_inner_texts()) == 1
        assert desktop.charts().keys() == CHARTS["overview"]
    desktop.goto(f"{address}/user?name=nobody")
    assert desktop.page.inner_text(".problem") == "There is no user called “nobody”."
    assert desktop.errors == []


def test_a_month_that_begins_before_the_window_is_drawn_whole(
    desktop: Seen, address: str, usage: Path, days: tuple[str, str]
) -> None:
    last = days[1]
    query = urlencode({"from": last, "to": last, "step": "month"})
    desktop.goto(f"{address}/overview?{query}")
    assert desktop.charts()["energy"] == "drawn"
    [(kwh,)] = asked(
        usage,
        "select sum(busy_kwh + idle_kwh) from fact_usage"
        " where scope = 'ada' and substr(ts, 1, 7) = ?",
        last[:7],
    )
    assert kwh > 0
    assert isclose(max(bar["top"] for bar in desktop.rows("energy", "data_0")), kwh)


def test_a_partial_window_is_said_to_be_so(
    desktop: Seen, address: str, usage: Path
) -> None:
    [(expected, processed)] = asked(
        usage,
        "select hours_expected, hours_processed from v_period_hours"
        " where scope = 'ada' and period = 'all'",
    )
    assert processed < expected
    desktop.goto(f"{address}/overview?{urlencode(whole(usage))}")
    said = desktop.page.inner_text(".completeness")
    assert f"Not complete: {processed:,} of {expected:,} hours" in said
    assert "No comparison with the" in said


def test_a_link_leads_from_a_name_to_its_page_in_the_same_window(
    desktop: Seen, address: str, usage: Path
) -> None:
    desktop.goto(f"{address}/overview?{urlencode(whole(usage))}")
    desktop.page.locator("#card-projects a", has_text=NAMED["project"]).click()
    desktop.page.wait_for_url("**/project?*")
    assert desktop.page.inner_text("h1") == f"Project {NAMED['project']}"
    assert desktop.page.input_value("#from") == whole(usage)["from"]
    desktop.page.select_option("#step", "day")
    desktop.page.click("text=Show")
    desktop.page.wait_for_url("**step=day**")
    assert desktop.page.inner_text("#card-energy h2") == "Energy by day"


def test_a_copy_without_people_has_every_page_and_says_what_is_not_in_it(
    usage: Path, serve: Serve, desktop: Seen
) -> None:
    published = usage.with_name("nobody.db")
    publish(usage, published, layout_of(ROOT), Disguise("none"))
    real = Path(shutil.copy(published, usage.with_name("real.db")))
    with closing(sqlite3.connect(real)) as database:
        database.execute("update publication set is_simulated = 0")
        database.commit()
    [(user,)] = asked(usage, "select max(user_id) from dim_user")
    missing = "It is not in this copy, which was published without people."
    with serve(published) as url:
        # the next request takes it up; a server that begins on it is never well
        real.replace(published)
        named = [
            f"{one}?{urlencode({'name': NAMED[one]})}" for one in ("project", "group")
        ]
        for page in (*PAGES, *named):
            desktop.goto(f"{url}/-/dashboards/{page}")
            problems = desktop.page.locator(".problem").all_inner_texts()
            assert set(problems) <= {missing}, page
            lacks = ("project?name", "group?name", "workspaces", "user")
            assert bool(problems) == page.startswith(lacks), page
            assert user not in desktop.page.content()
            assert "Old data." in desktop.page.inner_text(".banner")
        with closing(sqlite3.connect(shutil.copy(published, real))) as database:
            database.execute("delete from v_time_ranges")
            database.commit()
        real.replace(published)
        for page in PAGES:
            desktop.goto(f"{url}/-/dashboards/{page}")
        desktop.goto(f"{url}/-/dashboards/overview")
        assert "Nothing to show yet" in desktop.page.inner_text(".problem")
    assert desktop.errors == []


def test_a_copy_of_before_an_upgrade_is_said_to_be_so(
    usage: Path, address: str, serve: Serve, desktop: Seen
) -> None:
    older = Path(shutil.copy(usage.with_name("ada.db"), usage.with_name("older.db")))
    with closing(sqlite3.connect(older)) as database:
        database.execute("alter table v_daily_heatmap drop column coverage")
        database.commit()
    with serve(older) as url:
        desktop.goto(f"{url}/-/dashboards/overview")
        [problem] = desktop.page.locator(".problem").all_inner_texts()
        assert problem.endswith("published before an upgrade: publish again.")
        assert desktop.charts().keys() == CHARTS["overview"] - {"heatmap"}


def test_each_chart_has_a_page_of_its_own_and_all_are_listed(
    desktop: Seen, address: str
) -> None:
    desktop.goto(f"{address}/overview/heatmap")
    assert desktop.charts() == {"heatmap": "drawn"}
    desktop.goto(address)
    assert desktop.page.locator(".page-list a").count() == len(PAGES)
    desktop.goto(address.removesuffix("/-/dashboards"))
    assert desktop.page.inner_text("h1") == "Overview"
