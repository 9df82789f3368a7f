"""The bench itself, on a fleet so small that its seconds say nothing.

LONG=1 runs it whole, else one build stands for those of one more hour.
"""

import io
import json
import os
from pathlib import Path

from rich.console import Console

from tests.bench.building import build
from tests.bench.measuring import land_project, measure
from tests.bench.queries import assert_by_hand_is_right, closing_values, timed
from tests.bench.report import Increments, Report

LONG = bool(os.environ.get("LONG"))
HOSTS, DAYS = 8, 2


def measured(folder: Path, parsed: Path) -> Report:
    if LONG:
        return measure(folder, HOSTS, DAYS, 1, 1)
    project, _ = land_project(folder / "long", HOSTS, DAYS, 1, parsed)
    built = build(project)
    by_hand = timed(project.database, "by_hand")
    rows = assert_by_hand_is_right(project.database)
    bare_lag = timed(project.database, "bare_lag")
    values = closing_values(project.database)
    long, short = (Increments(f"{days} days", [built], built) for days in (DAYS, 1))
    return Report(values, rows, built, by_hand, bare_lag, long, short)


def test_the_query_by_hand_has_the_facts_and_the_report_every_figure(
    tmp_path: Path, parsed_target: Path
) -> None:
    report = measured(tmp_path, parsed_target)
    # ada, three projects and some machines and users an hour
    assert report.fact_rows > 24 * DAYS * 8
    assert report.closing_values > 0.9 * HOSTS * 8 * 48 * DAYS
    assert [ratio.name for ratio in report.ratios] == [
        "models / by hand",
        "models / bare LAG",
        f"one hour on {DAYS} days / on 1 days",
        "the same of gates",
    ]
    assert all(ratio.value > 0 for ratio in report.ratios)
    said = io.StringIO()
    report.show(Console(file=said, width=200))
    for name in ("built from nothing", "by hand", "bare LAG", "nothing new on 1 days"):
        assert name in said.getvalue()
    assert json.loads(json.dumps(report.as_json()))["from_nothing"]["gates"]
