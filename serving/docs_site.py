"""`/docs/`: what `make docs` wrote, beside the page."""

from pathlib import Path

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from serving.routes import may_view

FOLDER = Path("target")
FILES = {
    "": ("static_index.html", "text/html; charset=utf-8"),
    "erd.svg": ("erd.svg", "image/svg+xml"),
}
# dbt's page is one file with all its scripts in it, and draws with eval
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval';"
    " style-src 'unsafe-inline'; img-src 'self' data:; font-src data:;"
    " connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


async def docs(datasette: Datasette, request: Request) -> Response:
    """The docs as one file, and the picture that it links."""
    await may_view(datasette, request)
    name, content_type = FILES[request.url_vars["file"]]
    try:
        content = (FOLDER / name).read_bytes()
    except OSError:
        # a NotFound of a path that ends in a slash would lead to one without, and back
        return Response.text("no docs were made: make docs", status=404)
    headers = {"content-security-policy": POLICY}
    return Response(content, headers=headers, content_type=content_type)


async def docs_root() -> Response:
    """Without the slash links of the page would lead elsewhere."""
    return Response.redirect("/docs/", status=301)
