"""Records a month's totals as published, once and for all.

The figures are those of `v_month_totals`; what keeps a month from being whole, those of
`v_month_gaps`. Nothing is calculated here, and nothing recorded is ever changed.
"""

import sqlite3
from typing import NamedTuple

from loaders.pruning import prove_taken_in
from loaders.transaction import transaction

READ = ("v_month_totals", "v_month_gaps", "int_usage_versions")
FIGURES = (
    "scope, cloud_project_name, machine_name, user_id, group_name, busy_kwh, idle_kwh,"
    " kwh_low, kwh_high, covered_kwh, busy_gCo2eq, idle_gCo2eq, gCo2eq_low,"
    " gCo2eq_high, hours_expected, hours_processed, status"
)


class Gap(NamedTuple):
    """Hours of a project, or of ada, that lack something."""

    scope_name: str
    lacks: str
    hours: int


class Closing(NamedTuple):
    """Which edition of the month it is, and how many totals it has."""

    edition: int
    row_count: int


class NothingKnown(Exception):
    """No hour of the month is in the facts; one line with a remedy."""


class ClosedBefore(Exception):
    """The month is closed already; one line with a remedy."""


class Incomplete(Exception):
    """Hours of the month lack something."""

    def __init__(self, gaps: list[Gap]) -> None:
        super().__init__(gaps)
        self.gaps = gaps


def close_month(
    database: sqlite3.Connection,
    month: str,
    now: int,
    *,
    is_incomplete: bool = False,
    is_again: bool = False,
) -> Closing:
    """Record every total of a month such as `2025-09`, in one transaction.

    Without `is_incomplete` each hour must be processed; without `is_again` the month
    must not be closed yet. Raises NotBuilt, NothingKnown, ClosedBefore, Incomplete,
    sqlite3.Error.
    """
    prove_taken_in(database, READ)
    with transaction(database):
        [edition] = database.execute(
            "select coalesce(max(edition), 0) + 1 from raw_closings where month = ?",
            (month,),
        ).fetchone()
        if edition > 1 and not is_again:
            raise ClosedBefore(
                f"{month} is closed already: see v_closed_periods; to record it as it"
                " is now beside that, add --again"
            )
        gaps = _gaps(database, month)
        if gaps and not is_incomplete:
            raise Incomplete(gaps)
        [closing_id] = database.execute(
            "insert into raw_closings"
            " (month, edition, closed_at, is_incomplete, version_id)"
            " select ?, ?, ?, ?, coalesce(max(version_id), 0) from int_usage_versions"
            " returning closing_id",
            (month, edition, now, bool(gaps)),
        ).fetchone()
        row_count = database.execute(
            f"insert into raw_closed_totals (closing_id, {FIGURES})"  # noqa: S608
            f" select ?, {FIGURES} from v_month_totals where closed_month = ?"
            " order by scope, cloud_project_name, machine_name, user_id, group_name",
            (closing_id, month),
        ).rowcount
        if row_count == 0:
            raise NothingKnown(f"nothing is known of {month}: pull it, then dbt build")
    return Closing(edition, row_count)


def _gaps(database: sqlite3.Connection, month: str) -> list[Gap]:
    """What lacks, the most hours first, ada before projects."""
    found = database.execute(
        "select scope_name, lacks, hours from v_month_gaps where closed_month = ?"
        " order by scope, hours desc, scope_name, lacks",
        (month,),
    )
    return [Gap(*row) for row in found]
