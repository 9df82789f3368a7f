"""Gives the templates the pages' rows and the formats of figures."""

from collections.abc import Callable, Mapping
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from jinja2 import Environment

from serving import words
from serving.pages import Page, Row, first_page, page_of, publication_of, titles


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Filters for figures, and what the head of each page asks for, errors' too."""

    async def publication() -> Row | None:
        return await publication_of(datasette)

    for function in (
        words.change,
        words.formatted,
        words.lacking,
        words.measured,
        words.span,
    ):
        env.filters[function.__name__] = function
    env.globals["publication"] = publication
    env.globals["pages"] = lambda: titles(datasette)


@hookimpl
def extra_template_vars(
    datasette: Datasette, request: Request | None
) -> dict[str, Callable[..., Any]]:
    """`page_of(dashboard)`: the rows of a page."""

    async def page_of_dashboard(
        dashboard: Mapping[str, Any], only: str | None = None
    ) -> Page:
        assert request is not None
        return await page_of(datasette, request, dashboard, only)

    return {"page_of": page_of_dashboard}


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """The first page is the overview; `/.json` still lists databases."""
    return [(r"^/$", lambda datasette: Response.redirect(first_page(datasette)))]
