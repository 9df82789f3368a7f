"""`python -m tests.bench`: exit status 1 when a bound is broken."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from tests.bench.measuring import measure

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    hosts: Annotated[
        int, typer.Option(min=8, help="Hosts; 72 give 10 M values over a year.")
    ] = 72,
    days: Annotated[int, typer.Option(min=5, help="The long history.")] = 365,
    short_days: Annotated[int, typer.Option(min=1, help="The short history.")] = 7,
    hours: Annotated[int, typer.Option(min=1, help="Hours that come after.")] = 3,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures here too.")
    ] = None,
) -> None:
    """Time the models on a fleet, beside a query by hand; takes minutes and 4 GB."""
    with TemporaryDirectory(prefix="bench-") as folder:
        report = measure(Path(folder), hosts, days, short_days, hours)
    report.show(Console(highlight=False, soft_wrap=True))
    if json_file is not None:
        json_file.write_text(json.dumps(report.as_json(), indent=2))
    sys.exit(0 if report.is_kept else 1)


if __name__ == "__main__":
    app()
