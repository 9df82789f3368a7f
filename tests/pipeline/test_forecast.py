"""The forecast's reports, against windows worked out one by one from what landed."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest

from loaders.landing import IntensitySlot, Window, land_intensity, start_run
from tests.pipeline.comparison import differences
from tests.pipeline.conftest import MakeProject
from tests.pipeline.expected import iso
from tests.pipeline.landed_fleet import Landing, grid, landing
from tests.pipeline.machines import Life, Load, Machine, slots
from tests.pipeline.project import Project, Row
from tests.pipeline.small_fleet import at

SINCE, UNTIL = at("09 22:00"), at("11 00:00")
COMING = list(slots(UNTIL, UNTIL + 48 * 3600))
UNKNOWN = {at("11 07:30"), at("12 16:00"), at("12 23:30")}
MACHINE = Machine(
    "10.0.0.1:9100",
    [Life(at("01 05:13"), at("20 00:00"), 2, Load(0.5, 0.3, 9_000))],
    [(0, {"cloud_project_name": "P", "machine_name": "A"})],
)


def forecasts() -> dict[int, float]:
    """What is known of the 48 hours; some half-hours are not."""
    known = {one: grid(one)["forecast"] for one in COMING if one not in UNKNOWN}
    return {one: value for one, value in known.items() if value is not None}


@pytest.fixture(scope="module")
def built(new_project: MakeProject) -> Project:
    project = new_project()
    with landing(project.database) as land:
        land.machines(Window(SINCE, UNTIL), [MACHINE])
        land.intensity([grid(one) for one in slots(SINCE, UNTIL)])
        _land_forecast(land, forecasts())
        # one of an earlier time that is pulled later is not the newest
        land.intensity([grid(one) for one in slots(SINCE, SINCE + 3600)])
    project.run_models()
    return project


def _land_forecast(land: Landing, known: Mapping[int, float]) -> None:
    run_id = start_run(land.database, "carbon-intensity", Window(SINCE, UNTIL))
    rows = [
        IntensitySlot(slot_at=one, forecast=value, actual=None)
        for one, value in known.items()
    ]
    land_intensity(land.database, run_id, Window(UNTIL, UNTIL), rows)


def test_the_forecast_is_what_landed_of_the_coming_48_hours(built: Project) -> None:
    known = forecasts()
    wanted = [
        {
            "ts": iso(one),
            "forecast_gCo2eq_kwh": known.get(one),
            "forecast_from": iso(UNTIL),
        }
        for one in COMING
    ]
    assert len(wanted) == 96
    found = built.rows("v_carbon_intensity_forecast")
    assert not differences(found, wanted, ["ts"])


def test_the_best_windows_are_the_lowest_of_all_whole_ones(built: Project) -> None:
    known = forecasts()
    mean_of_all = _mean(list(known.values()))
    wanted = []
    for hours in (1, 3, 6, 12):
        means = {}
        for begin in COMING:
            window = [known.get(one) for one in slots(begin, begin + hours * 3600)]
            whole = [one for one in window if one is not None]
            if len(whole) == 2 * hours:
                means[begin] = _mean(whole)
        begin = min(means, key=lambda one: (means[one], one))
        wanted.append(
            {
                "window_hours": hours,
                "forecast_from": iso(UNTIL),
                "starts_at": iso(begin),
                "ends_at": iso(begin + hours * 3600),
                "mean_gCo2eq_kwh": means[begin],
                "mean_of_all_gCo2eq_kwh": mean_of_all,
                "saving_gCo2eq_kwh": mean_of_all - means[begin],
                "saving_share": (mean_of_all - means[begin]) / mean_of_all,
            }
        )
    assert not differences(built.rows("v_best_window"), wanted, ["window_hours"])


def test_each_day_is_shifted_to_its_own_best_window(built: Project) -> None:
    """The tenth is built whole, of the ninth two hours; on the eleventh nothing ran."""
    day = list(slots(at("10 00:00"), at("11 00:00")))
    wanted = []
    rows = [row for row in _by_day(built) if row["day"] == iso(day[0])[:10]]
    assert len(rows) == len(_by_day(built)) / 2
    for row, hours in product(rows, (1, 3, 6, 12)):
        means = {
            begin: _mean([_known(one) for one in slots(begin, begin + hours * 3600)])
            for begin in day[: len(day) - 2 * hours + 1]
        }
        begin = min(means, key=lambda one: (means[one], one))
        shifted = row["covered_kwh"] * means[begin]
        best = {
            "starts_at": iso(begin),
            "ends_at": iso(begin + hours * 3600),
            "mean_gCo2eq_kwh": means[begin],
            "shifted_gCo2eq": shifted,
            "saving_gCo2eq": row["total_gCo2eq"] - shifted,
            "saving_share": 1 - shifted / row["total_gCo2eq"],
        }
        wanted.append({**row, "window_hours": hours, **best})
    assert len(wanted) == 3 * 4
    keys = ["scope", "scope_name", "day", "window_hours"]
    assert not differences(built.rows("v_time_shift_potential"), wanted, keys)


def _by_day(built: Project) -> list[Row]:
    return built.query(
        "select scope, name as scope_name, substr(ts, 1, 10) as day,"
        " sum(covered_kwh) as covered_kwh,"
        " sum(busy_gCo2eq + idle_gCo2eq) as total_gCo2eq"
        " from (select *, coalesce(cloud_project_name, machine_name, 'ada') as name"
        "  from fact_usage left join dim_project using (project_id)"
        "  left join dim_machine using (machine_id))"
        " group by scope, name, substr(ts, 1, 10)"
    )


def _known(slot_at: int) -> float:
    """Measured intensity."""
    actual = grid(slot_at)["actual"]
    assert actual is not None
    return actual


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
