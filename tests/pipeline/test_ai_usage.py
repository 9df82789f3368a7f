"""AI providers over a month: what they answer becomes history, resets and usage."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from loaders import snapshots
from loaders.database import open_database
from tests.loaders.answering import Question, Reply, answering
from tests.pipeline import ai_month
from tests.pipeline.ai_month import POLLS, PROVIDERS, iso, time_of
from tests.pipeline.ai_polls import poll_once, settings_at
from tests.pipeline.conftest import MakeProject
from tests.pipeline.project import Project

SELECTED = (
    *("--select", "ai_providers", "path:models/staging/ai_usage"),
    *("path:models/intermediate/ai_usage", "providers", "provider_history"),
    *("fact_provider_answer", "fact_provider_poll", "fact_provider_usage"),
    *("fact_provider_reset", "reset_events", "path:models/reports/ai_usage"),
)
BUILD = ("build", *SELECTED, "--exclude-resource-type", "unit_test")
BUILT_FIRST = 39
DURABLE = ("providers", "provider_history", "reset_events")


class Month(NamedTuple):
    """The project after its month, and all that was ever said in it."""

    project: Project
    said: str


@pytest.fixture(scope="module")
def month(new_project: MakeProject) -> Iterator[Month]:
    """A month is polled and pruned at each poll, and built once in 20 days."""
    project = new_project()
    asked: list[int] = [0]
    said = []
    with pytest.MonkeyPatch.context() as patch:
        for name in (*ai_month.KEYS, "DEEPSEEK_API_KEY", "KIMI_API_KEY"):
            patch.setenv(name, ai_month.KEYS.get(name, ""))
        with answering(lambda question: ai_month.answer(asked[0], question)) as url:
            settings = settings_at(project, url)
            for poll in range(POLLS):
                asked[0] = poll
                patch.setattr(snapshots, "utc_now", lambda at=poll: time_of(at))
                said.append(poll_once(project, settings, poll))
                if poll == 5:
                    at = iso(ai_month.MANUAL_AT)
                    _reset(project, "kimi", at)
                if poll == 50:
                    _land_late(project)
                # longer than answers are kept, once they are taken in
                if poll in (BUILT_FIRST, POLLS - 1):
                    project.succeed(*BUILD)
    yield Month(project, "\n".join(said))


def _reset(project: Project, provider: str, at: str) -> None:
    done = project.loaders("ai-usage", "reset", provider, "--at", at)
    assert done.returncode == 0, done.stderr


def _land_late(project: Project) -> None:
    """An answer of an early time that comes late: all of the quota is there in it."""
    body = ai_month.copilot(0)[0].body
    project.execute(
        "insert into raw_snapshots (provider_id, raw_json, http_status, fetched_at)"
        " values ('github-copilot', ?, 200, '2025-09-12T06:30:00+00:00')",
        body,
    )


@pytest.mark.parametrize("name", PROVIDERS)
def test_history_is_what_the_answers_mean(month: Month, name: str) -> None:
    rows = month.project.query(
        "select * from provider_history where provider_id = ?"
        " and fetched_at <> '2025-09-12T06:30:00Z' order by fetched_at",
        name,
    )
    wanted = ai_month.meanings(name)
    assert [row["fetched_at"] for row in rows] == [
        iso(time_of(n)) for n in range(POLLS)
    ]
    for row, poll in zip(rows, wanted, strict=True):
        figures = ("requests_percentage", "requests_used", "requests_available")
        assert [row[figure] for figure in figures] == pytest.approx(list(poll[:3]))
        assert row["is_available"] == (poll.available is not None)
        assert row["next_reset_time"] == (poll.reset_at and iso(poll.reset_at))
        assert (row["status_message"] == "ok") == (poll.available is not None)


def test_resets_are_those_of_the_month(month: Month) -> None:
    found = month.project.query("select * from reset_events")
    assert len(found) == len(ai_month.resets())
    columns = ("provider_id", "previous_usage", "new_usage", "reset_type", "timestamp")
    assert {tuple(row[one] for one in columns) for row in found} == ai_month.resets()
    recent = month.project.query("select * from v_provider_recent_resets")
    assert {row["id"] for row in recent} == {
        row["id"] for row in found if row["timestamp"] >= "2025-08-31T18:00:00Z"
    }


@pytest.mark.parametrize("name", PROVIDERS)
def test_daily_usage_is_the_sum_of_what_was_used(month: Month, name: str) -> None:
    rows = month.project.query(
        "select day, used from v_provider_daily_usage where provider_id = ?", name
    )
    found = {row["day"]: row["used"] for row in rows}
    assert found == pytest.approx(dict(ai_month.daily_usage(name)))


def test_answers_are_pruned_only_once_they_are_taken_in(month: Month) -> None:
    project = month.project
    kept = project.query("select min(fetched_at) as first from raw_snapshots")
    assert kept[0]["first"] == iso(time_of(BUILT_FIRST + 1))
    assert time_of(POLLS - 1) - time_of(BUILT_FIRST + 1) > timedelta(days=14)
    with closing(open_database(project.database)) as database:
        snapshots.prune_snapshots(database, time_of(POLLS) + timedelta(days=99))
    assert project.query("select * from raw_snapshots") == []


def test_a_full_refresh_loses_nothing(month: Month, new_project: MakeProject) -> None:
    project = new_project(month.project)
    before = {table: project.rows(table) for table in DURABLE}
    project.execute("delete from raw_snapshots")
    project.own("seeds")
    project.succeed(*BUILD, "--full-refresh")
    after = {table: project.rows(table) for table in DURABLE}
    changing = ("updated_at",)
    for table in DURABLE:
        assert _without(after[table], changing) == _without(before[table], changing)
    assert len(after["provider_history"]) == POLLS * len(PROVIDERS) + 1


def _without(rows: list[dict[str, object]], names: tuple[str, ...]) -> list[object]:
    return [{k: v for k, v in row.items() if k not in names} for row in rows]


def test_no_key_is_kept_or_said(month: Month) -> None:
    with closing(open_database(month.project.database)) as database:
        kept = "\n".join(database.iterdump())
    for file in month.project.folder.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.name != "auth.json":
            text = file.read_bytes().decode(errors="replace")
            assert [one for one in ai_month.SECRETS if one in text] == [], file
    for text in (kept, month.said):
        assert [secret for secret in ai_month.SECRETS if secret in text] == []
    assert "(secret)" in month.said


def test_a_new_provider_is_one_row_of_the_seed(
    new_project: MakeProject, tmp_path: Path
) -> None:
    project = new_project()
    seed = project.own("seeds") / "ai_providers.csv"
    asked: list[Question] = []

    def reply(question: Question) -> Reply:
        asked.append(question)
        return Reply(200, '{"plan": {"spent": 12.5, "of": "50"}}')

    with answering(reply) as url:
        row = {
            "provider_id": "acme",
            "provider_name": "Acme",
            "plan_type": "usage",
            "unit": "EUR",
            "key_variable": "ACME_KEY",
            "url": f"{url}/usage",
            "auth_header": "X-Api-Key: {key}",
            "used_path": "$.plan.spent",
            "limit_path": "$.plan.of",
        }
        columns = seed.read_text().splitlines()[0].split(",")
        with seed.open("a") as lines:
            lines.write(",".join(row.get(column, "") for column in columns) + "\n")
        project.variables |= {
            "LOADERS_AI_USAGE__PROVIDERS": "seeds/ai_providers.csv",
            "ACME_KEY": "acme-0123456789",
        }
        pulled = project.loaders("pull", "ai-usage")
        checked = project.loaders("check")
    assert pulled.returncode == 0, pulled.stderr
    assert "ai-usage: done, 1 rows landed" in pulled.stdout
    assert "ok    ai-usage: acme answers the key from environment" in checked.stdout
    assert {one.headers["X-Api-Key"] for one in asked} == {"acme-0123456789"}
    project.succeed(*BUILD)
    shown = project.loaders("report", "v_provider_latest", "--format", "json")
    [latest] = json.loads(shown.stdout)
    assert latest["provider_name"] == "Acme" and latest["unit"] == "EUR"
    assert (latest["requests_used"], latest["requests_percentage"]) == (12.5, 25.0)
    raw = project.loaders(
        "report", "ai_raw", "--provider", "acme", "--top", "1", "--format", "json"
    )
    [answer] = json.loads(raw.stdout)
    assert json.loads(answer["raw_json"])["plan"]["spent"] == 12.5
    past = project.loaders("report", "ai_history", "--top", "1", "--format", "json")
    assert [one["provider_id"] for one in json.loads(past.stdout)] == ["acme"]
