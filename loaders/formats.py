"""Formats: rows as a table, CSV, JSON or Parquet."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loaders.aside import aside
from loaders.texts import printable

WIDEST = 10_000
LARGE = 10_000
FORMATS = ("table", "csv", "json", "parquet")
INSTANT = re.compile(r"(^|_)(ts|at|from|to|until)$")
TYPES = {"REAL": pa.float64(), "INT": pa.int64(), "TEXT": pa.string()}

Row = Sequence[Any]


def write_rows(
    columns: Sequence[str], rows: Iterable[Row], format: str, place: Path | TextIO
) -> None:
    """Write rows to a file, made aside and renamed, or to a stream.

    Null is empty in CSV and null in JSON. Raises OSError.
    """
    with _open(place) as stream:
        if format == "csv":
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        elif format == "json":
            _write_json(columns, rows, stream)
        else:
            _print_table(columns, rows, stream)


def write_parquet(
    columns: Sequence[str], types: Sequence[str], rows: Iterable[Row], file: Path
) -> None:
    """Write rows to a Parquet file, made aside and renamed; types as SQL declares them.

    Columns named for an instant (`ts`, `…_at`) are of timestamps. Raises OSError.
    """
    held = list(rows)
    arrays = [
        _column(column, declared, [row[at] for row in held])
        for at, (column, declared) in enumerate(zip(columns, types, strict=True))
    ]
    with aside(file) as path:
        pq.write_table(pa.table(arrays, names=list(columns)), path)


@contextmanager
def _open(place: Path | TextIO) -> Iterator[TextIO]:
    if not isinstance(place, Path):
        yield place
        return
    with aside(place) as path, path.open("w", encoding="utf-8", newline="") as stream:
        yield stream


def _write_json(columns: Sequence[str], rows: Iterable[Row], stream: TextIO) -> None:
    """An array of objects, one a line."""
    between = "[\n"
    for row in rows:
        entry = dict(zip(columns, row, strict=True))
        stream.write(between + json.dumps(entry, ensure_ascii=False))
        between = ",\n"
    stream.write("[]\n" if between == "[\n" else "\n]\n")


def _print_table(columns: Sequence[str], rows: Iterable[Row], stream: TextIO) -> None:
    table = Table(pad_edge=False)
    held = list(rows)
    for at, column in enumerate(columns):
        is_number = any(isinstance(row[at], int | float) for row in held)
        table.add_column(column, justify="right" if is_number else "left")
    for row in held:
        table.add_row(*(Text(_shown(value)) for value in row))
    width = None if stream.isatty() else WIDEST
    Console(file=stream, highlight=False, width=width).print(table)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return printable(str(value))
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.5g}"


def _column(name: str, declared: str, values: list[Any]) -> pa.Array:
    """Values in their own type; without any in that which SQL declares, else numbers.

    Whole numbers of a column of real ones are real.
    """
    instants = _instants(values) if INSTANT.search(name) else None
    if instants is not None:
        return pa.array(instants, pa.timestamp("ms", tz="UTC"))
    try:
        column = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # SQLite stores what does not fit a type all the same
        return pa.array([None if one is None else str(one) for one in values])
    if pa.types.is_null(column.type):
        return column.cast(TYPES.get(declared, pa.float64()))
    is_whole = declared == "REAL" and pa.types.is_integer(column.type)
    return column.cast(pa.float64()) if is_whole else column


def _instants(values: list[Any]) -> list[datetime | None] | None:
    """The instants that texts name, None when one of them names none."""
    try:
        instants = [
            None if one is None else datetime.fromisoformat(one) for one in values
        ]
    except (TypeError, ValueError):
        return None
    return instants if all(one is None or one.tzinfo for one in instants) else None
