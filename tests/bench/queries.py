"""Queries by hand on the file that dbt has built, timed and compared with its facts."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent
VALUES = """
select count(*)
from raw_prometheus_samples
inner join raw_prometheus_series using (series_id)
where metric = 'cpu_seconds'
"""
NUMBERS = (
    *("busy_cpu_seconds_total", "idle_cpu_seconds_total", "busy_kwh", "idle_kwh"),
    *("busy_gCo2eq", "idle_gCo2eq", "intensity_gCo2eq_kwh", "covered_kwh", "kwh_low"),
    *("kwh_high", "gCo2eq_low", "gCo2eq_high", "actual_gCo2eq", "forecast_gCo2eq"),
    *("fallback_gCo2eq", "has_lost_scrapes", "has_unknown_tail"),
)
FACTS = """
create temp table facts as
select
    fact_usage.*,
    coalesce(cloud_project_name, machine_name, user_id, '') as name
from fact_usage
left join dim_project using (project_id)
left join dim_machine using (machine_id)
"""
INDEX = "create unique index temp.idx_facts on facts (scope, ts, name)"
ALIKE = """
select
    count(facts.ts),
    coalesce(sum({same} and facts.intensity_origin is by_hand.intensity_origin), 0)
from by_hand
left join temp.facts using (scope, ts, name)
"""
SAME = (
    "(by_hand.{0} is facts.{0}"
    " or abs(by_hand.{0} - facts.{0}) <= max(1e-9, 1e-9 * abs(facts.{0})))"
)


def closing_values(path: Path) -> int:
    """How many closing values of counters a database holds."""
    with closing(sqlite3.connect(path)) as database:
        [count] = database.execute(VALUES).fetchone()
    return int(count)


def timed(path: Path, name: str) -> float:
    """Seconds of a query of this folder, which makes a table of its name."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"drop table if exists {name}")
        began = time.perf_counter()
        database.execute((FOLDER / f"{name}.sql").read_text())
        return time.perf_counter() - began


def assert_by_hand_is_right(path: Path) -> int:
    """Compare `by_hand` with `fact_usage`: the same rows, numbers to 1e-9.

    Returns how many rows they have. Raises AssertionError.
    """
    same = " and ".join(SAME.format(number) for number in NUMBERS)
    with closing(sqlite3.connect(path)) as database:
        database.execute(FACTS)
        database.execute(INDEX)
        [facts] = database.execute("select count(*) from temp.facts").fetchone()
        [by_hand] = database.execute("select count(*) from by_hand").fetchone()
        found, alike = database.execute(ALIKE.format(same=same)).fetchone()
    if not facts == by_hand == found == alike:
        raise AssertionError(
            f"fact_usage has {facts} rows, by_hand {by_hand}: of these {found} have the"
            f" same key, {alike} the same figures"
        )
    return int(facts)
