"""Every row and column of the views, against figures worked out second by second."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest

from tests.pipeline import small_fleet as fleet
from tests.pipeline.comparison import differences
from tests.pipeline.expected import (
    Figures,
    Named,
    Part,
    averages,
    by,
    iso,
    parts,
    timeseries,
    totals,
)
from tests.pipeline.project import Project, Row

KEYS: dict[str, Callable[[Part], str | None]] = {
    "ada": lambda part: "ada",
    "project": lambda part: part.project,
    "machine": lambda part: part.machine,
    "user": lambda part: part.user,
    "group": lambda part: fleet.GROUPS.get(part.user or ""),
}
NAMES = {
    "ada": "ada",
    "project": "cloud_project_name",
    "machine": "machine_name",
    "user": "user_id",
    "group": "group_name",
}
SCOPES = [scope for scope in NAMES if scope != "ada"]
HOURS = (fleet.UNTIL - fleet.SINCE) // 3600


@pytest.fixture(scope="module")
def all_parts() -> list[Part]:
    return list(parts())


def assert_rows(
    found: Sequence[Row], wanted: Iterable[Mapping[str, object]], *keys: str
) -> None:
    """Compare rows by their keys."""
    lines = differences(found, wanted, keys)
    assert not lines, "\n".join(lines[:20])


def test_timeseries_hold_the_truth_of_each_hour(
    small: Project, all_parts: list[Part]
) -> None:
    for scope, name in NAMES.items():
        wanted = timeseries(name, by(KEYS[scope], all_parts))
        if scope == "ada":
            for row in wanted:
                del row["ada"]
        keys = ("ts",) if scope == "ada" else (name, "ts")
        assert_rows(small.rows(f"v_{scope}_timeseries"), wanted, *keys)


def test_totals_are_sums_with_their_coverage(
    small: Project, all_parts: list[Part]
) -> None:
    user_hours = {user: len(of) for user, of in by(KEYS["user"], all_parts).items()}
    for scope in SCOPES:
        figures = by(KEYS[scope], all_parts)
        hours_expected: dict[str, int] = {
            value: HOURS if scope == "project" else len(by_hour)
            for value, by_hour in figures.items()
        }
        wanted = totals(NAMES[scope], figures, hours_expected.__getitem__)
        if scope == "group":
            _count_users_hours(wanted, user_hours, all_parts)
        rows = small.rows(f"v_{scope}_totals")
        assert_rows(rows, wanted, NAMES[scope])


def _count_users_hours(
    wanted: Sequence[Named], user_hours: Mapping[str, int], all_parts: list[Part]
) -> None:
    users = {
        str(row["user_id"]): row
        for row in totals(
            "user_id", by(KEYS["user"], all_parts), user_hours.__getitem__
        )
    }
    for row in wanted:
        own = [users[user] for user in users if fleet.GROUPS.get(user) == _group(row)]
        expected = sum(int(one["hours_expected"] or 0) for one in own)
        processed = sum(int(one["hours_processed"] or 0) for one in own)
        row |= {
            "hours_expected": expected,
            "hours_processed": processed,
            "coverage": processed / expected,
        }


def _group(row: Named) -> str:
    return str(row["group_name"])


def test_averages_are_means_over_hours(small: Project, all_parts: list[Part]) -> None:
    users = by(KEYS["user"], all_parts)
    for scope in SCOPES:
        rows: dict[str, list[Figures]] = {
            value: list(by_hour.values())
            for value, by_hour in by(KEYS[scope], all_parts).items()
        }
        if scope == "group":
            # an hour counts once for each user of the group
            rows = {
                group: [
                    row
                    for user in users
                    if fleet.GROUPS.get(user) == group
                    for row in users[user].values()
                ]
                for group in rows
            }
        wanted = averages(NAMES[scope], rows)
        found = small.rows(f"v_{scope}_averages")
        assert_rows(found, wanted, NAMES[scope])


def test_unattributed_is_what_nobody_owned(
    small: Project, all_parts: list[Part]
) -> None:
    nobody = by(lambda part: "nobody" if part.user is None else None, all_parts)
    wanted: list[Named] = [
        {"ts": hour, **row} for hour, row in nobody["nobody"].items()
    ]
    assert_rows(small.rows("fact_unattributed"), wanted, "ts")


def test_ungrouped_is_what_users_in_no_group_used(
    small: Project, all_parts: list[Part]
) -> None:
    alone = by(
        lambda part: "alone" if part.user and part.user not in fleet.GROUPS else None,
        all_parts,
    )
    wanted: list[Named] = [{"ts": hour, **row} for hour, row in alone["alone"].items()]
    assert_rows(small.rows("v_ungrouped_timeseries"), wanted, "ts")


def test_facts_have_one_row_for_each_scope_hour_and_key(
    small: Project, all_parts: list[Part]
) -> None:
    wanted = {
        (scope, hour, value if scope != "ada" else None)
        for scope in ("ada", "project", "machine", "user")
        for value, by_hour in by(KEYS[scope], all_parts).items()
        for hour in by_hour
    }
    rows = small.query(
        "select usage_id, ts, scope, coalesce(cloud_project_name, machine_name,"
        " user_id) as name from fact_usage left join dim_project using (project_id)"
        " left join dim_machine using (machine_id) order by usage_id"
    )
    keys = [(row["scope"], row["ts"], row["name"]) for row in rows]
    assert set(keys) == wanted
    assert len(keys) == len(wanted)
    assert [row["usage_id"] for row in rows] == list(range(1, len(rows) + 1))
    natural = [(ts, scope, name or "") for scope, ts, name in keys]
    assert natural == sorted(natural)


def test_dimensions_and_maps(small: Project) -> None:
    def names(statement: str) -> list[object]:
        return [tuple(row.values()) for row in small.query(statement)]

    groups = [*enumerate(fleet.GROUP_NAMES, 1)]
    assert names("select * from dim_group order by 1") == groups
    machines = sorted({machine for _, machine in fleet.PLACES})
    assert names("select * from dim_machine order by 1") == [*enumerate(machines, 1)]
    projects = sorted({project for project, _ in fleet.PLACES})
    assert names("select * from dim_project order by 1") == [*enumerate(projects, 1)]
    assert names(
        "select user_id, display_name, group_name from dim_user"
        " left join dim_group using (group_id) order by 1"
    ) == [
        (user, name, fleet.GROUPS.get(user))
        for user, name in sorted(fleet.DISPLAY_NAMES.items())
    ]
    assert names(
        "select user_id, cloud_project_name from map_user_project"
        " join dim_project using (project_id) order by 1, 2"
    ) == sorted(fleet.MEMBERSHIPS)
    assert names(
        "select cloud_project_name, machine_name from map_project_machine"
        " join dim_project using (project_id) join dim_machine using (machine_id)"
        " order by 1, 2"
    ) == sorted(set(fleet.PLACES))
    assert names("select host, port, raw_label from dim_instance order by 1") == [
        ("172.16.100.50", 9100, "172.16.100.50:9100"),
        ("172.16.100.51", 9100, "host-172-16-100-51.nubes.stfc.ac.uk:9100"),
        ("172.16.100.52", 9100, "172.16.100.52:9100"),
        ("172.16.100.53", 9100, "172.16.100.53:9100"),
        ("172.16.100.54", 9100, "172.16.100.54:9100"),
        ("172.16.100.57", 9100, "172.16.100.57:9100"),
        ("172.16.100.58", 9100, "172.16.100.58:9100"),
        ("vm-seven", None, "vm-seven"),
        ("vm-six", 9100, "vm-six:9100"),
    ]


def test_active_workspaces_are_those_of_the_last_half_hour(small: Project) -> None:
    booted = iso(fleet.at("02 07:11"))
    rows = small.query(
        "select raw_label, machine_name, user_id, cloud_project_name, started_at"
        " from active_workspace join dim_instance using (instance_id)"
        " join dim_machine using (machine_id) left join dim_project using (project_id)"
        " order by raw_label"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("172.16.100.50:9100", "Artemis", "alice", "IDAaaS", iso(fleet.at("08 00:00"))),
        ("172.16.100.52:9100", "Muons", "carol", "DDAaaS", iso(fleet.at("11 00:00"))),
        ("172.16.100.53:9100", "(unlabelled)", None, "(unlabelled)", booted),
        ("172.16.100.57:9100", "SANS", None, "CDAaaS", booted),
        ("172.16.100.58:9100", "(unlabelled)", "frank", "IDAaaS", booted),
        ("host-172-16-100-51.nubes.stfc.ac.uk:9100", "Muons", None, "IDAaaS", booted),
        ("vm-seven", "Artemis", None, "DDAaaS", booted),
        ("vm-six:9100", "SANS", "alice", "CDAaaS", iso(fleet.at("11 08:00:07"))),
    ]
