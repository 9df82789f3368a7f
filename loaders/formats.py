"""Formats: rows as a table, CSV, JSON or Parquet."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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

Row = Sequence[Any]


def write_rows(
    columns: Sequence[str], rows: Iterable[Row], format: str, place: Path | TextIO
) -> None:
    """Write rows to a file, made aside and renamed, or to a stream.

    Null is empty in CSV and null in JSON and Parquet. Parquet goes to a file only.
    Raises OSError.
    """
    if format == "parquet":
        assert isinstance(place, Path)
        with aside(place) as path:
            pq.write_table(_arrow(columns, rows), path)
        return
    with _open(place) as stream:
        if format == "csv":
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        elif format == "json":
            _write_json(columns, rows, stream)
        else:
            _print_table(columns, rows, stream)


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


def _arrow(columns: Sequence[str], rows: Iterable[Row]) -> pa.Table:
    """A column's type is that of its values: SQLite's numbers and texts do not mix."""
    held = list(rows)
    return pa.table(
        {column: [row[at] for row in held] for at, column in enumerate(columns)}
    )
