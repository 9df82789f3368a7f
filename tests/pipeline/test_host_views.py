"""Usage by host and what rests on it, against figures worked out second by second."""

import json
from collections.abc import Callable, Iterable, Sequence
from math import isclose

import pytest

from tests.pipeline import small_fleet as fleet
from tests.pipeline.comparison import differences
from tests.pipeline.expected import (
    KWH_A_WATT_SECOND,
    SUMMED,
    WATTS,
    Figures,
    Named,
    Part,
    by,
    intensity,
    iso,
    parts,
    totals,
)
from tests.pipeline.project import DATABASE, Project, Row

FROM, TO = "2025-09-11T00:00:00Z", "2025-09-12T06:00:00Z"
LAST = iso(fleet.UNTIL - 3600)
FLAGS = ("has_lost_scrapes", "has_unknown_tail")
HOST = ("host", "cloud_project_name", "machine_name")
PLACE = ("cloud_project_name", "machine_name")
USER = ("cloud_project_name", "user_id")


@pytest.fixture(scope="module")
def all_parts() -> list[Part]:
    return list(parts())


def named(
    columns: Sequence[str],
    key: Callable[[Part], tuple[str | None, ...]],
    chosen: Iterable[Part],
) -> list[tuple[dict[str, str | None], dict[str, Figures]]]:
    """Names and hours of usage that is told apart by several columns."""
    cut = by(lambda part: json.dumps(key(part)), chosen)
    return [
        (dict(zip(columns, json.loads(names), strict=True)), hours)
        for names, hours in cut.items()
    ]


def by_host(part: Part) -> tuple[str | None, ...]:
    return part.host, part.project, part.machine


def by_place(part: Part) -> tuple[str | None, ...]:
    return part.project, part.machine


def sums(hours: Iterable[Figures]) -> dict[str, float]:
    held = list(hours)
    return {name: sum(float(row[name] or 0) for row in held) for name in SUMMED}


def assert_rows(found: Iterable[Row], wanted: Iterable[Named], *keys: str) -> None:
    lines = differences(found, wanted, keys)
    assert not lines, "\n".join(lines[:20])


def test_facts_by_host_are_the_usage_of_each_host_and_user(
    small: Project, all_parts: list[Part]
) -> None:
    keys = (*HOST, "user_id")
    wanted: list[Named] = []
    cut = named(keys, lambda part: (*by_host(part), part.user), all_parts)
    for names, hours in cut:
        for hour, figures in hours.items():
            summed = {name: figures[name] for name in (*SUMMED, *FLAGS)}
            seconds = sum(
                part.seconds
                for part in all_parts
                if part.hour == hour
                and (part.host, part.user) == (names["host"], names["user_id"])
            )
            wanted.append({**names, "ts": hour, **summed, "up_seconds": seconds})
    found = small.query(
        "select host, cloud_project_name, machine_name, usage.*"
        " from fact_usage_by_host as usage join dim_project using (project_id)"
        " join dim_machine using (machine_id)"
    )
    for row in found:
        del row["project_id"], row["machine_id"]
    assert_rows(found, wanted, *keys, "ts")


def test_hosts_idle_below_a_twentieth(small: Project, all_parts: list[Part]) -> None:
    wanted: list[Named] = []
    for names, hours in named(HOST, by_host, all_parts):
        for hour, figures in hours.items():
            row = {name: figures[name] for name in (*SUMMED, *FLAGS)}
            wanted.append({**names, "ts": hour, **row, "is_idle": _is_idle(figures)})
    assert_rows(small.rows("v_host_timeseries"), wanted, *HOST, "ts")


def _is_idle(figures: Figures) -> int:
    seconds = sums([figures])
    busy, idle = seconds["busy_cpu_seconds_total"], seconds["idle_cpu_seconds_total"]
    return int(busy / (busy + idle) < 0.05)


def test_totals_of_project_and_machine(small: Project, all_parts: list[Part]) -> None:
    figures = by(lambda part: json.dumps(by_place(part)), all_parts)
    wanted = totals("place", figures, lambda place: len(figures[place]))
    for row in wanted:
        names = json.loads(str(row.pop("place")))
        row |= dict(zip(PLACE, names, strict=True))
        row["platform_group"] = "_".join(names)
    assert_rows(small.rows("v_project_machine_totals"), wanted, *PLACE)


def test_what_idling_costs(small: Project, all_parts: list[Part]) -> None:
    hosts = named(HOST, by_host, all_parts)
    wanted: list[Named] = []
    for place, hours in named(PLACE, by_place, all_parts):
        here = [
            list(of.values())
            for names, of in hosts
            if all(names[name] == place[name] for name in PLACE)
        ]
        idle = [[hour for hour in of if _is_idle(hour)] for of in here]
        whole = sums(hours.values())
        idling = sums(hour for of in idle for hour in of)
        kwh = whole["busy_kwh"] + whole["idle_kwh"]
        count, idle_count = sum(map(len, here)), sum(map(len, idle))
        idling_kwh = idling["busy_kwh"] + idling["idle_kwh"]
        wanted.append(
            {
                **place,
                "hosts": len(here),
                "hosts_never_used": sum(
                    len(a) == len(b) for a, b in zip(here, idle, strict=True)
                ),
                "host_hours": count,
                "host_hours_idle": idle_count,
                "kwh": kwh,
                "covered_kwh": whole["covered_kwh"],
                "idle_kwh": whole["idle_kwh"],
                "covered_idle_kwh": sum(
                    part.idle * WATTS[""][1] * KWH_A_WATT_SECOND
                    for part in all_parts
                    if (part.project, part.machine) == tuple(place.values())
                    and intensity(part.slot_at)[0] is not None
                ),
                "idle_gCo2eq": whole["idle_gCo2eq"],
                "hours_idle_kwh": idling_kwh,
                "hours_idle_covered_kwh": idling["covered_kwh"],
                "hours_idle_gCo2eq": idling["busy_gCo2eq"] + idling["idle_gCo2eq"],
                "host_hours_idle_share": idle_count / count,
                "idle_kwh_share": whole["idle_kwh"] / kwh,
                "hours_idle_kwh_share": idling_kwh / kwh,
            }
        )
    assert_rows(small.rows("v_idle_cost"), wanted, *PLACE)


def test_contributions_of_users_to_each_project_are_whole(
    small: Project, all_parts: list[Part]
) -> None:
    window = [part for part in all_parts if FROM <= part.hour < TO]
    figures = {
        tuple(names.values()): sums(hours.values())
        for names, hours in named(USER, lambda p: (p.project, p.user), window)
    }
    found = report(small, "user_contribution", "--from", FROM, "--to", TO)
    assert {(row["cloud_project_name"], row["user_id"]) for row in found} == set(
        figures
    )
    # alice works in two projects, and is in each with what she used there
    assert {project for project, user in figures if user == "alice"} == {
        "IDAaaS",
        "CDAaaS",
    }
    for row in found:
        project = row["cloud_project_name"]
        of_project = [one for (name, _), one in figures.items() if name == project]
        own = figures[project, row["user_id"]]
        for share, busy, idle in (
            ("share_of_kwh", "busy_kwh", "idle_kwh"),
            ("share_of_gCo2eq", "busy_gCo2eq", "idle_gCo2eq"),
        ):
            whole = sum(one[busy] + one[idle] for one in of_project)
            assert isclose(row[share], (own[busy] + own[idle]) / whole, rel_tol=1e-9)
        assert row["group_name"] == fleet.GROUPS.get(row["user_id"])
        assert isclose(row["covered_kwh"], own["covered_kwh"], rel_tol=1e-9)
    for project in {row["cloud_project_name"] for row in found}:
        shares = [r for r in found if r["cloud_project_name"] == project]
        assert isclose(sum(row["share_of_kwh"] for row in shares), 1, rel_tol=1e-9)
        assert isclose(sum(row["share_of_gCo2eq"] for row in shares), 1, rel_tol=1e-9)


def report(project: Project, *arguments: str) -> list[Row]:
    done = project.loaders("report", *arguments, "--format", "json", "--db", DATABASE)
    assert done.returncode == 0, done.stderr
    rows: list[Row] = json.loads(done.stdout)
    return rows


def test_active_workspaces_used_what_their_owners_did_since(
    small: Project, all_parts: list[Part]
) -> None:
    found = small.rows("v_active_workspaces")
    assert len(found) == 8
    started = {row["host"]: row["started_at"] for row in found}
    assert started["vm-six"] == "2025-09-11T08:00:07Z"
    for row in found:
        its = [part for part in all_parts if _counts(part, row)]
        hours = by(lambda part: "its", its)["its"]
        assert (row["known_from"], max(hours)) == (min(hours), LAST)
        assert row["hours_known"] == len(hours)
        whole = sums(hours.values())
        kwh = whole["busy_kwh"] + whole["idle_kwh"]
        carbon = whole["busy_gCo2eq"] + whole["idle_gCo2eq"]
        assert isclose(row["known_kwh"], kwh, rel_tol=1e-9)
        assert isclose(row["known_gCo2eq"], carbon, rel_tol=1e-9)
        is_whole = row["started_at"] >= iso(fleet.SINCE)
        is_covered = all(hour["intensity_gCo2eq_kwh"] for hour in hours.values())
        for column in ("busy_kwh", "idle_kwh", "busy_gCo2eq", "idle_gCo2eq"):
            if is_whole and (is_covered or "kwh" in column):
                assert isclose(row[column], whole[column], rel_tol=1e-9)
            else:
                assert row[column] is None, (row["host"], column)
    assert sum(row["busy_kwh"] is not None for row in found) == 2


def _counts(part: Part, row: Row) -> bool:
    is_since = part.hour >= row["started_at"][:13]
    is_its = part.host == row["host"] and row["user_id"] in (None, part.user)
    return is_since and is_its
