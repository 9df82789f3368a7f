"""CSV of a table, view or query as Datasette's own pages link it, with all its rows.

Datasette would cut it at a page's length without a word, and read a view anew for each
page. The pages' filters and order count: Datasette says what they are in SQL.
"""

import re
import sqlite3
from functools import partial
from typing import Any
from urllib.parse import urlencode

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from serving.answers import Answer, answer
from serving.editions import published_path
from serving.refusals import refusal

LIMIT = re.compile(r"\s+limit\s+\d+\s*$")
# how much, or in which dress, all of it is given
OWN = {
    "_json",
    "_nl",
    "_shape",
    "_dl",
    "_header",
    "_labels",
    "_next",
    "_nocount",
    "_size",
    "_stream",
}
PASSED_ON = ("authorization", "cookie")


async def csv_export(datasette: Datasette, request: Request) -> Answer | Response:
    """`/ada/RELATION.csv` and `/ada.csv?sql=`: all rows of what the page shows."""
    asked = [
        (name, value)
        for name in request.args
        if name not in OWN
        for value in request.args.getlist(name)
    ]
    path = request.path.partition("?")[0].removesuffix(".csv")
    told = await datasette.client.get(
        f"{path}.json?{urlencode([*asked, ('_size', '1'), ('_nocount', '1')])}",
        headers={
            name: request.headers[name] for name in PASSED_ON if name in request.headers
        },
    )
    query = told.json().get("query")
    if told.status_code != 200 or query is None:
        status = told.status_code if told.status_code >= 400 else 404
        return refusal(told.json().get("error", "not found"), status)
    rows = partial(_rows, query["sql"], query["params"])
    most_seconds: float | None = datasette.setting("sql_time_limit_ms") / 1000
    if "table" in told.json():
        # the limit is that of the page
        rows = partial(_rows, LIMIT.sub("", query["sql"]), query["params"])
        most_seconds = None
    return await answer(published_path(), rows, "csv", request.receive, most_seconds)


def _rows(
    statement: str, parameters: dict[str, Any], database: sqlite3.Connection
) -> sqlite3.Cursor:
    return database.execute(statement, parameters)
