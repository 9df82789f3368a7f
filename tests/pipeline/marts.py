"""What the marts hold, without the ids that a database gave: to compare them."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.pipeline.comparison import TOO_MANY, differences
from tests.pipeline.project import Project, Queried, Row

Key = tuple[str, str, str]
KEY = ("scope", "ts", "name")
IDS = ("usage_id", "project_id", "machine_id", "user_id")
FLAGS = ("has_lost_scrapes", "has_unknown_tail")
SPLIT = {"unattributed": ["user", "group"]}
NOT_SUMS = (
    *(*KEY, *IDS, "group_name", "host", "up_seconds", *FLAGS),
    *("intensity_gCo2eq_kwh", "intensity_origin"),
)
NAMED = (
    "select *, coalesce(cloud_project_name, machine_name, user_id, '') as name"
    " from fact_usage left join dim_project using (project_id)"
    " left join dim_machine using (machine_id)"
)
# an id once given stays, though what it was given for is told better by a later input
KEPT = {
    "select cloud_project_name from dim_project": ("cloud_project_name",),
    "select machine_name from dim_machine": ("machine_name",),
}
REST = {
    "select group_name from dim_group": ("group_name",),
    "select user_id, display_name, group_name from dim_user"
    " left join dim_group using (group_id)": ("user_id",),
    "select host, port, raw_label from dim_instance": ("host", "port"),
    "select user_id, cloud_project_name from map_user_project"
    " join dim_project using (project_id)": ("user_id", "cloud_project_name"),
    "select cloud_project_name, machine_name from map_project_machine"
    " join dim_project using (project_id) join dim_machine using (machine_id)": (
        "cloud_project_name",
        "machine_name",
    ),
    "select cloud_project_name, machine_name, usage.* from fact_usage_by_host as usage"
    " join dim_project using (project_id) join dim_machine using (machine_id)": (
        *("ts", "host", "cloud_project_name", "machine_name", "user_id"),
    ),
    "select host, user_id, machine_name, cloud_project_name, started_at"
    " from active_workspace join dim_instance using (instance_id)"
    " join dim_machine using (machine_id)"
    " left join dim_project using (project_id)": ("host", "user_id"),
}


def usage(project: Queried) -> list[Row]:
    """Usage of each scope, unattributed too, by natural keys."""
    dropped = (*IDS, "cloud_project_name", "machine_name")
    facts = _without(dropped, project.query(NAMED))
    nobodys = project.query("select * from fact_unattributed")
    return facts + [{"scope": "unattributed", "name": "", **row} for row in nobodys]


def by_key(rows: Sequence[Row]) -> dict[Key, Row]:
    """Rows of `usage` by scope, hour and name."""
    return {(row["scope"], row["ts"], row["name"]): row for row in rows}


def changed(before: Sequence[Row], after: Sequence[Row]) -> set[Key]:
    """Keys of the rows of `usage` that differ beyond 1e-9, came or went."""
    old, new = by_key(before), by_key(after)
    return {
        key
        for key in old.keys() | new.keys()
        if key not in old or key not in new or differences([new[key]], [old[key]], KEY)
    }


def revised(project: Project) -> set[Key]:
    """Keys of the hours in `fact_usage_revision`; each must be there once."""
    rows = revisions(project)
    keys = {(row["scope"], row["ts"], row["name"]) for row in rows}
    assert len(keys) == len(rows), "an hour is revised twice"
    return keys


def revisions(project: Project) -> list[Row]:
    """The log of revisions, with the name in whichever scope."""
    return project.query(
        "select *, coalesce(cloud_project_name, machine_name, user_id, '') as name"
        " from fact_usage_revision"
    )


def mart_differences(
    one: Queried, other: Queried, *, built_between: bool = False
) -> list[str]:
    """Where the marts of two databases differ, but for the ids they gave.

    When the one was `built_between` inputs, it may hold names that nothing bears now.
    """
    lines = differences(usage(one), usage(other), KEY)
    for statement, keys in REST.items():
        given = [name for name in IDS if name not in keys]
        rows, wanted = (_without(given, at.query(statement)) for at in (one, other))
        lines += differences(rows, wanted, keys)
    for statement, keys in KEPT.items():
        found = differences(one.query(statement), other.query(statement), keys)
        lines += [
            line for line in found if not (built_between and line.startswith(TOO_MANY))
        ]
    return lines


def _without(dropped: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    return [
        {column: value for column, value in row.items() if column not in dropped}
        for row in rows
    ]


def assert_ahead_only_where_due(project: Project) -> None:
    """Usage by host differs from the facts, if at all, in hours that wait for a build.

    So it may be after one that was killed between the two; the next one repeats them.
    """
    tables = {"fact_usage_by_host", "fact_usage", "int_hours_due", "int_slots_due"}
    found = project.query("select name from sqlite_schema where type = 'table'")
    if not tables <= {row["name"] for row in found}:
        return
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    ada = "select * from fact_usage where scope = 'ada'"
    for row in project.query(ada) + project.rows("fact_usage_by_host"):
        sign = 1 if "scope" in row else -1
        for figure in ("busy_kwh", "idle_kwh", "busy_gCo2eq", "idle_gCo2eq"):
            sums[row["ts"]][figure] += sign * row[figure]
    ahead = {
        ts
        for ts, differing in sums.items()
        if any(abs(figure) > 1e-9 for figure in differing.values())
    }
    due = {row["ts"] for row in project.rows("int_hours_due")}
    noted = project.query(
        "select 1 from raw_builds join int_slots_due"
        " using (change_id, factor_change_id, pulled_until, pulled_from)"
    )
    assert ahead <= due and not (ahead and noted), ahead - due


def assert_adds_up(project: Queried) -> None:
    """Each hour: ada = projects = machines = users + unattributed, to 1e-9.

    And so do hosts; and groups, users in none and what is unattributed.
    """
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    rows = usage(project)
    for view in ("v_group_timeseries", "v_ungrouped_timeseries"):
        figures = f"select *, 'group' as scope from {view}"  # noqa: S608
        rows += project.query(figures)
    hosts = project.rows("fact_usage_by_host")
    rows += [{"scope": "host", **row} for row in hosts]
    for row in rows:
        for cut in SPLIT.get(row["scope"], [row["scope"]]):
            summed = {name: row[name] for name in row if name not in NOT_SUMS}
            sums[cut, row["ts"]].update(summed)
    cuts = {cut for cut, _ in sums}
    assert cuts in (set(), {"ada", "project", "machine", "user", "group", "host"})
    for cut in cuts:
        part = [{"ts": ts, **row} for (of, ts), row in sums.items() if of == cut]
        whole = [{"ts": ts, **row} for (of, ts), row in sums.items() if of == "ada"]
        lines = differences(part, whole, ["ts"])
        assert not lines, f"{cut}: {lines[:5]}"
