"""A mistake in a seed stops the build with a test that says what it is."""

import json
from pathlib import Path

import pytest

from loaders.landing import Window
from tests.pipeline.conftest import MakeProject
from tests.pipeline.landed_fleet import grid, landing
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.marts import changed, usage
from tests.pipeline.project import WITHOUT_UNIT_TESTS, Project
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("10 18:00"), at("10 20:00")
MACHINE = Machine(
    "10.0.0.1:9100",
    [Life(at("01 05:13"), at("20 00:00"), 2, Load(0.5, 0.3, 9_000))],
    [(0, {"cloud_project_name": "P", "machine_name": "A"})],
)
POWER_FIGURES = "12,6,20,1,0.5,3,guess"

# rows to add to a seed, and how often each test must then fail
MISTAKES = [
    ("machine_power", f"A,2025-9-1,{POWER_FIGURES}"),
    ("machine_power", f"A,2025-02-30,{POWER_FIGURES}"),
    ("machine_power", f"A,01/09/2025,{POWER_FIGURES}"),
    ("machine_power", "A,2025-09-01,5,6,20,1,0.5,3,under its lower bound"),
    ("machine_power", "A,2025-09-02,21,6,20,1,0.5,3,over its upper bound"),
    ("machine_power", "A,2025-09-03,12,-6,20,1,0.5,3,less than nothing"),
    ("machine_power", "A,2025-09-06,12,6,many,1,0.5,3,no number"),
    ("machine_power", "A,2025-09-04,12,6,20,1,2,3,idle under its lower bound"),
    ("machine_power", f"A,2025-09-05,{POWER_FIGURES}"),
    ("machine_power", f"A,2025-09-05,{POWER_FIGURES}"),
    ("machine_power", f",1970-01-01,{POWER_FIGURES}"),
    (
        "ai_providers",
        "o,O,coding,percent,O_KEY,https://o.example,Key: {key},$.limits,{type: X}"
        ",,,,$.share,,,",
    ),
    ("project_pue", "P,2025-09-31,1.2,guess"),
    ("project_pue", "P,2025-09-01,0.9,guess"),
    ("project_pue", "P,2025-09-02,1.2,guess"),
    ("project_pue", "P,2025-09-02,1.3,guess"),
    ("project_pue", ",1970-01-01,1.5,guess"),
    ("intensity_bands", "2025,low,31,twice"),
    ("intensity_bands", "2026,moderate,25,begins where another does"),
    ("intensity_bands", "2031,awful,500,no such band"),
    ("intensity_bands", "2031,very low,-1,less than nothing"),
    ("equivalences", "kettles,cup,kWh,0.02,twice,https://example.org,2025"),
    ("equivalences", "free lunches,lunch,money,1,none,https://example.org,2025"),
    ("equivalences", "air,breath,kWh,0,nothing,https://example.org,2025"),
]
FAILURES = {
    "machine_power_is_valid_from_a_date": 3,
    "machine_power_of_a_busy_core_is_within_its_bounds": 4,
    "machine_power_of_an_idle_core_is_within_its_bounds": 1,
    "machine_power_has_one_row_a_date": 2,
    "machine_power_has_a_default_row": 1,
    "project_pue_is_valid_from_a_date": 1,
    "pue_is_at_least_1": 1,
    "project_pue_has_one_row_a_date": 2,
    "project_pue_has_a_default_row": 1,
    "intensity_bands_has_each_band_once_a_year": 2,
    "intensity_bands_begin_apart": 1,
    "intensity_bands_names_known_bands": 1,
    "intensity_bands_begin_at_0_or_more": 1,
    "ai_providers_tells_items_by_json_objects": 1,
    "equivalences_has_each_thing_once": 1,
    "equivalences_are_of_energy_or_carbon": 1,
    "equivalences_amount_to_something": 1,
}
UNKNOWN = [
    ("machine_power", f"Nobodys,2025-09-01,{POWER_FIGURES}"),
    ("project_pue", "Nobodys,2025-09-01,1.2,guess"),
]
WARNINGS = {
    "machine_power_names_a_machine_that_was_seen": 1,
    "project_pue_names_a_project_that_was_seen": 1,
}


@pytest.fixture(scope="module")
def built(new_project: MakeProject) -> Project:
    project = new_project()
    with landing(project.database) as land:
        land.machines(Window(SINCE, UNTIL), [MACHINE])
        land.intensity([grid(one) for one in slots(SINCE, UNTIL)])
    project.run_models()
    return project


def _add(seeds: Path, rows: list[tuple[str, str]]) -> None:
    for name, row in rows:
        with (seeds / f"{name}.csv").open("a") as seed:
            seed.write(f"{row}\n")


def _failures(project: Project, status: str) -> dict[str, int]:
    """How many rows failed each test that ended so."""
    found = json.loads((project.folder / "target" / "run_results.json").read_text())
    return {
        one["unique_id"].split(".")[2]: one["failures"]
        for one in found["results"]
        if one["unique_id"].startswith("test.") and one["status"] == status
    }


def test_mistakes_stop_the_build_before_the_facts(
    built: Project, new_project: MakeProject
) -> None:
    project = new_project(built)
    project.keep_records()
    _add(project.own("seeds"), MISTAKES)
    assert project.dbt("build", *WITHOUT_UNIT_TESTS).returncode == 1
    assert _failures(project, "fail") == FAILURES
    assert not changed(usage(built), usage(project))


def test_a_name_that_nobody_has_seen_is_warned_of(
    built: Project, new_project: MakeProject
) -> None:
    project = new_project(built)
    project.keep_records()
    _add(project.own("seeds"), UNKNOWN)
    project.succeed("build", "--select", "machine_power", "project_pue")
    assert _failures(project, "warn") == WARNINGS


def test_a_whole_seed_without_its_default_row_stops_the_build(
    built: Project, new_project: MakeProject
) -> None:
    project = new_project(built)
    project.keep_records()
    seed = project.own("seeds") / "project_pue.csv"
    header = seed.read_text().splitlines()[0]
    seed.write_text(f"{header}\nP,2025-09-01,1.2,guess\n")
    assert project.dbt("build", "--select", "project_pue").returncode == 1
    assert _failures(project, "fail") == {"project_pue_has_a_default_row": 1}
