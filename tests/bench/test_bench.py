"""The bench itself, on a fleet so small that its seconds say nothing."""

import io
import json
from pathlib import Path

from rich.console import Console

from tests.bench.measuring import measure

HOSTS, DAYS = 8, 5


def test_the_query_by_hand_has_the_facts_and_the_report_every_figure(
    tmp_path: Path,
) -> None:
    report = measure(tmp_path, HOSTS, DAYS, 1, 1)
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
