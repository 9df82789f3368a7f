"""`loaders close`: what was published stays, and is explained."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from loaders.landing import Group, User, Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.landed_fleet import grid, landing, workspace
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.project import Project, Row
from tests.pipeline.small_fleet import at

# the last hours of August and the first of September, in UTC
MONTH, NEXT = "2025-08", "2025-09"
BEGIN = at("01 00:00")
AUGUST = BEGIN - 31 * 24 * 3600
SINCE, UNTIL = BEGIN - 6 * 3600, BEGIN + 3 * 3600
MACHINE = Machine(
    "10.0.0.1:9100",
    [Life(SINCE + 300, UNTIL + 90_000, 2, Load(0.5, 0.3, 9_000))],
    [(0, {"cloud_project_name": "P", "machine_name": "A"})],
)


ANN = User(document_id="a", platform_name="ann.lee", name="Ann", uid=None, gid=None)


def group(name: str, *members: str) -> Group:
    return Group(
        document_id=name, name=name, gid=None, type=None, members=json.dumps(members)
    )


@pytest.fixture(scope="module")
def built(new_project: MakeProject) -> Project:
    """Whole but for the intensity of the last half-hour of August."""
    project = new_project()
    with landing(project.database) as land:
        # asked from the first of August on; nothing ran until the end
        land.machines(Window(AUGUST, SINCE), [])
        land.machines(Window(SINCE, UNTIL), [MACHINE])
        land.workspaces([workspace(1, "10.0.0.1", "ann.lee", SINCE)])
        land.documents("users", [ANN])
        land.documents("groups", [group("isis", "ann.lee")])
        land.intensity(
            [grid(one) for one in slots(SINCE, UNTIL) if one != BEGIN - 1800]
        )
    project.run_models()
    return project


@pytest.fixture
def project(built: Project, new_project: MakeProject) -> Project:
    return new_project(built)


def close(project: Project, *arguments: str) -> tuple[int, str]:
    done = project.loaders("close", *arguments)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1
    return done.returncode, (done.stdout + done.stderr).strip()


def expected_kwh() -> float:
    """Energy of August's hours, of the machine's own truth."""
    busy = sum(MACHINE.busy(one, one + 1800) for one in slots(SINCE, BEGIN))
    idle = sum(MACHINE.idle(one, one + 1800) for one in slots(SINCE, BEGIN))
    return (busy * 12 + idle * 1) / 3_600_000


def expected_grams(*, without: int | None = None) -> float:
    grams = 0.0
    for one in slots(SINCE, BEGIN):
        if one != without:
            intensity = grid(one)["actual"]
            assert intensity is not None
            busy, idle = MACHINE.busy(one, one + 1800), MACHINE.idle(one, one + 1800)
            grams += (busy * 12 + idle * 1) / 3_600_000 * intensity
    return grams


def closed(project: Project, scope: str, edition: int = 1) -> Row:
    [row] = project.query(
        "select * from v_closed_periods where scope = ? and edition = ?", scope, edition
    )
    return row


def land_what_lacks(project: Project) -> None:
    with landing(project.database) as land:
        land.intensity([grid(BEGIN - 1800)])
    project.run_models()


def test_what_lacks_is_said_and_nothing_is_recorded(project: Project) -> None:
    assert close(project, MONTH) == (
        2,
        "loaders: 2025-08 lacks ada: 1 h unprocessed, P: 1 h unprocessed; to close it"
        " so, add --incomplete",
    )
    assert project.query("select * from raw_closings") == []
    assert project.query("select * from raw_closed_totals") == []


def test_what_was_published_stays_beside_what_is_restated(project: Project) -> None:
    recorded = "closed 2025-08: 5 totals recorded"
    assert close(project, MONTH, "--incomplete") == (0, recorded)
    scopes = {"ada": "ada", "project": "P", "machine": "A", "user": "ann.lee"}
    scopes["group"] = "isis"
    rows = project.query("select * from v_closed_periods")
    assert {row["scope"]: row["scope_name"] for row in rows} == scopes
    raw = project.rows("raw_closed_totals")
    for row in rows:
        assert row["published_kwh"] == pytest.approx(expected_kwh(), rel=1e-9)
        assert row["published_gCo2eq"] == pytest.approx(
            expected_grams(without=BEGIN - 1800), rel=1e-9
        )
        assert row["published_coverage"] == pytest.approx(5 / 6)
        assert (row["is_incomplete"], row["is_revised"]) == (1, 0)
        assert (row["reasons"], row["published_status"]) == (None, "unprocessed")

    land_what_lacks(project)
    for row in project.query("select * from v_closed_periods"):
        assert row["published_gCo2eq"] == pytest.approx(
            expected_grams(without=BEGIN - 1800), rel=1e-9
        )
        assert row["restated_gCo2eq"] == pytest.approx(expected_grams(), rel=1e-9)
        assert row["difference_kwh"] == 0
        assert row["difference_gCo2eq"] == pytest.approx(
            expected_grams() - expected_grams(without=BEGIN - 1800), rel=1e-6
        )
        assert (row["is_revised"], row["reasons"]) == (1, "carbon-intensity")
        assert (row["hours_revised"], row["restated_status"]) == (1, "processed")
    assert project.rows("raw_closed_totals") == raw

    assert close(project, MONTH) == (
        2,
        "loaders: 2025-08 is closed already: see v_closed_periods; to record it as it"
        " is now beside that, add --again",
    )
    said = "closed 2025-08, edition 2: 5 totals recorded"
    assert close(project, MONTH, "--again") == (0, said)
    assert project.rows("raw_closed_totals")[: len(raw)] == raw
    first, second = closed(project, "project"), closed(project, "project", 2)
    assert (first["is_revised"], second["is_revised"]) == (1, 0)
    assert (second["is_incomplete"], second["reasons"]) == (0, None)
    assert second["published_gCo2eq"] == first["restated_gCo2eq"]


def test_what_came_and_what_went_since_is_revised(project: Project) -> None:
    close(project, MONTH, "--incomplete")
    with landing(project.database) as land:
        land.workspaces([workspace(1, "10.0.0.1", "ben.ray", SINCE)])
        land.documents("groups", [group("isis", "ben.ray"), group("clf", "ann.lee")])
    project.run_models()
    users = {
        row["scope_name"]: row
        for row in project.query("select * from v_closed_periods where scope = 'user'")
    }
    gone, came = users["ann.lee"], users["ben.ray"]
    assert gone["published_kwh"] == pytest.approx(expected_kwh(), rel=1e-9)
    assert (gone["restated_kwh"], gone["is_revised"]) == (None, 1)
    assert came["restated_kwh"] == pytest.approx(expected_kwh(), rel=1e-9)
    assert (came["published_kwh"], came["is_revised"]) == (None, 1)
    assert gone["reasons"] == came["reasons"] == "mongo"
    groups = {
        row["scope_name"]: row
        for row in project.query("select * from v_closed_periods where scope = 'group'")
    }
    # isis adds up to the same as before, of another; clf has nothing left to add up
    assert groups.keys() == {"isis"}
    assert (groups["isis"]["is_revised"], groups["isis"]["reasons"]) == (
        0,
        "mongo, memberships",
    )
    assert closed(project, "project")["is_revised"] == 0


def _full_refresh(project: Project) -> None:
    project.run_models("--full-refresh")


def _prune(project: Project) -> None:
    options = ("--before", "2025-09-01", "--yes")
    assert project.loaders("prune", *options).returncode == 0
    project.run_models()


def _restore(project: Project) -> None:
    copy = project.folder / "copy.db"
    assert project.loaders("backup", str(copy)).returncode == 0
    for file in project.database.parent.glob(f"{project.database.name}*"):
        file.unlink()
    copy.rename(project.database)


@pytest.mark.parametrize("ordeal", [_full_refresh, _prune, _restore])
def test_what_was_published_survives(
    project: Project, ordeal: Callable[[Project], None]
) -> None:
    land_what_lacks(project)
    assert close(project, MONTH)[0] == 0
    tables = ("raw_closings", "raw_closed_totals", "v_closed_periods")
    before = [project.rows(table) for table in tables]
    assert len(before[1]) == 5
    ordeal(project)
    assert [project.rows(table) for table in tables] == before


def test_who_is_forgotten_is_forgotten_in_what_was_published(project: Project) -> None:
    close(project, MONTH, "--incomplete")
    before = closed(project, "user")
    done = project.loaders("forget", "ann.lee", "--yes")
    assert done.returncode == 0 and "raw_closed_totals (1)" in done.stdout
    after = closed(project, "user")
    assert after["scope_name"] != "ann.lee"
    names = {"scope_name": after["scope_name"]}
    assert after == {**before, **names}
    assert after["restated_kwh"] == before["published_kwh"]
    held = b"".join(
        one.read_bytes() for one in _files(project.database) if one.is_file()
    )
    assert b"ann.lee" not in held


def _files(database: Path) -> list[Path]:
    return [*database.parent.glob(f"{database.name}*")]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("2025-13", 2, "2025-13: no month; write it as 2025-09"),
        ("2025-9", 2, "2025-9: no month; write it as 2025-09"),
        ("soon", 2, "soon: no month; write it as 2025-09"),
        ("2999-01", 2, "2999-01 has not ended; it is 20"),
        (
            "2024-01",
            1,
            "data/usage.db: nothing is known of 2024-01: pull it, then dbt build",
        ),
        (
            NEXT,
            2,
            "2025-09 lacks ada: 717 h not built; to close it so, add --incomplete",
        ),
        ("2025-08 --db none.db", 1, "no database none.db"),
    ],
)
def test_wrong_use_is_one_line(
    project: Project, arguments: str, status: int, said: str
) -> None:
    code, line = close(project, *arguments.split())
    assert code == status
    assert line.startswith(f"loaders: {said}")
    assert project.query("select * from raw_closings") == []


def test_what_has_landed_must_be_built_first(project: Project) -> None:
    with landing(project.database) as land:
        land.intensity([grid(BEGIN - 1800)])
    assert close(project, MONTH) == (
        1,
        "loaders: data/usage.db: not all that has landed is built: dbt build, then"
        " again",
    )
