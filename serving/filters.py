"""Filters of Datasette's own pages name columns that are there, or are refused.

SQLite takes `"column"` as a text where there is no such column, and would find nothing.
"""

from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request


async def refuse_unknown_columns(
    datasette: Datasette, request: Request, database: str, table: str
) -> None:
    """Raises BadRequest for a filter by a column that the table does not have."""
    columns = set(await datasette.get_database(database).table_columns(table))
    for name in request.args:
        column = name.rpartition("__")[0] or name
        if not name.startswith("_") and not {name, column} & columns:
            raise BadRequest(f"{table} has no column {column}")
