"""Filters and orders of Datasette's own pages name columns that are there, or fail.

SQLite takes `"column"` as a text where there is no such column, and would find nothing;
Datasette calls an order by one an error of its own.
"""

from datasette.app import Datasette
from datasette.utils.asgi import BadRequest, Request

ORDERS = ("_sort", "_sort_desc")


async def refuse_unknown_columns(
    datasette: Datasette, request: Request, database: str, table: str
) -> None:
    """Raises BadRequest for a filter or order by a column that the table lacks."""
    held = datasette.get_database(database)
    columns = set(await held.table_columns(table))
    for name in request.args:
        column = name.rpartition("__")[0] or name
        if not name.startswith("_") and not {name, column} & columns:
            raise BadRequest(f"{table} has no column {column}")
    orders = columns if await held.primary_keys(table) else {*columns, "rowid"}
    for name in ORDERS:
        column = request.args.get(name)
        if column and column not in orders:
            raise BadRequest(f"{table} has no column {column} to sort by")
