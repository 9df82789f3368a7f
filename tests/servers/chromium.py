"""Debian's Chromium, which reaches nothing but the server under test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.servers.processes import program

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}


@dataclass
class Seen:
    """A page, what its console said as error, and what it asked other hosts for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def goto(self, url: str) -> None:
        """Open an address and wait until its charts are drawn."""
        answer = self.page.goto(url)
        assert answer is not None and answer.status == 200, (url, answer)
        self.page.wait_for_function(
            "[...document.querySelectorAll('[data-chart]')]"
            ".every((element) => element.dataset.state)"
        )

    def charts(self) -> dict[str, str]:
        """States of the page's charts."""
        states: dict[str, str] = self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-chart]')]"
            ".map((element) => [element.dataset.chart, element.dataset.state]))"
        )
        return states

    def rows(self, chart: str, data: str = "source_0") -> list[dict[str, Any]]:
        """What Vega drew a chart of."""
        rows: list[dict[str, Any]] = self.page.evaluate(
            "([chart, data]) => document.querySelector(`[data-chart=${chart}]`)"
            ".view.data(data)",
            [chart, data],
        )
        return rows

    def violations(self) -> list[str]:
        """What axe calls serious or critical."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in GRAVE
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser for many pages."""
    path = program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        # the sandbox needs what a container may not give
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def seen(
    browser: Browser, size: dict[str, int], timezone: str = "UTC", locale: str = "en-GB"
) -> Iterator[Seen]:
    """A new page of a window, with an empty cache."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        timezone_id=timezone,
        locale=locale,
    )
    found = Seen(context.new_page())

    def pass_or_count(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            found.strangers.append(route.request.url)
            route.abort()

    context.route("**/*", pass_or_count)
    found.page.on(
        "console",
        lambda message: (
            found.errors.append(message.text) if message.type == "error" else None
        ),
    )
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    try:
        yield found
    finally:
        context.close()
