"""What the views say, and what must hold of it for any fleet."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from math import isclose

import yaml

from tests.pipeline.comparison import differences
from tests.pipeline.project import ROOT, Project, Row

NAMES = ("cloud_project_name", "machine_name", "user_id", "group_name")
MODELS = ROOT / "models"
SCOPES = ("ada", "project", "machine", "user", "group")
SLACK = 1e-9


def views(project: Project) -> list[str]:
    """Names of the views that users read."""
    found = project.query("select name from sqlite_schema where type = 'view'")
    return sorted(row["name"] for row in found if row["name"].startswith("v_"))


def view_differences(one: Project, other: Project) -> list[str]:
    """Where the views of two databases differ."""
    assert views(one) == views(other) != []
    return [
        f"{view}: {line}"
        for view in views(one)
        for line in differences(_rows(one, view), _rows(other, view), _keys()[view])
    ]


def _rows(project: Project, view: str) -> list[Row]:
    """Rows of a view, workspaces by host and user: ids tell which was seen first."""
    rows = project.rows(view)
    if any("workspace_id" in row for row in rows):
        workspaces = {
            row["workspace_id"]: (row["host"], row["user_id"])
            for row in project.query(
                "select * from active_workspace join dim_instance using (instance_id)"
            )
        }
        return [row | {"workspace_id": workspaces[row["workspace_id"]]} for row in rows]
    return rows


@cache
def _keys() -> dict[str, list[str]]:
    """The columns that a view's YAML says to be its key."""
    found: dict[str, list[str]] = {}
    for file in MODELS.rglob("_*__models.yml"):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            for column in model.get("columns", []):
                if "unique" in column.get("data_tests", []):
                    found[model["name"]] = [column["name"]]
            for test in model.get("data_tests", []):
                if "unique_combination" in test:
                    columns = test["unique_combination"]["arguments"]["columns"]
                    found[model["name"]] = columns
    return found


def assert_views_hold(project: Project, cores: int) -> None:
    """All that must hold of figures, whatever the fleet, of at most so many cores."""
    series = {scope: project.rows(f"v_{scope}_timeseries") for scope in SCOPES}
    for scope, rows in series.items():
        for row in rows:
            _assert_row(row)
        if scope != "ada":
            _assert_totals(rows, project.rows(f"v_{scope}_totals"))
    for row in series["ada"]:
        seconds = row["busy_cpu_seconds_total"] + row["idle_cpu_seconds_total"]
        assert seconds <= cores * (3600 + 2 * 120) + SLACK, row
    _assert_groups(project, series["group"], series["user"])
    for row in project.rows("v_coverage"):
        assert 0 <= row["hours_processed"] <= row["hours_expected"], row
        assert isclose(row["coverage"] * row["hours_expected"], row["hours_processed"])


def _assert_row(row: Row) -> None:
    """Bounds hold the energy, origins are all the carbon, intensity is carbon / kWh."""
    for name, value in row.items():
        assert not isinstance(value, float) or value >= 0, (name, row)
    kwh = row["busy_kwh"] + row["idle_kwh"]
    carbon = row["busy_gCo2eq"] + row["idle_gCo2eq"]
    assert row["kwh_low"] - SLACK <= kwh <= row["kwh_high"] + SLACK, row
    assert row["gCo2eq_low"] - SLACK <= carbon <= row["gCo2eq_high"] + SLACK, row
    origins = ("actual_gCo2eq", "forecast_gCo2eq", "fallback_gCo2eq")
    assert isclose(sum(row[one] for one in origins), carbon, abs_tol=SLACK), row
    assert row["covered_kwh"] <= kwh + SLACK, row
    intensity = row["intensity_gCo2eq_kwh"]
    is_covered = isclose(row["covered_kwh"], kwh, abs_tol=1e-15)
    if intensity is not None:
        assert is_covered and isclose(intensity * kwh, carbon, abs_tol=SLACK), row
    elif kwh > 0:
        assert not is_covered, row


def _assert_totals(rows: Iterable[Row], totals: Iterable[Row]) -> None:
    """A total is the sum of its hours, in each column that both have."""
    sums: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for row in rows:
        sums[_name(row)].update(_figures(row))
    found = {_name(row): row for row in totals}
    assert found.keys() == sums.keys()
    for name, total in found.items():
        for column, figure in sums[name].items():
            if column in total:
                assert isclose(total[column], figure, rel_tol=1e-9, abs_tol=SLACK)


def _assert_groups(
    project: Project, groups: Iterable[Row], users: Iterable[Row]
) -> None:
    """Each hour: groups and users of none are all users, and nobody counts twice."""
    grouped = project.query("select user_id from dim_user where group_id is not null")
    members = {row["user_id"] for row in grouped}
    sides: dict[bool, defaultdict[str, Counter[str]]] = {
        True: defaultdict(Counter),
        False: defaultdict(Counter),
    }
    for is_of_groups, rows in ((True, groups), (False, users)):
        for row in rows:
            if is_of_groups or row["user_id"] in members:
                sides[is_of_groups][row["ts"]].update(_figures(row))
    left, right = (
        [{"ts": ts, **row} for ts, row in one.items()] for one in sides.values()
    )
    lines = differences(left, right, ["ts"])
    assert not lines, lines[:5]


def _name(row: Row) -> object:
    return next(row[one] for one in NAMES if one in row)


def _figures(row: Mapping[str, object]) -> dict[str, float]:
    return {
        name: value
        for name, value in row.items()
        if isinstance(value, float) and name != "intensity_gCo2eq_kwh"
    }
