"""Polls of the AI providers of the month, into a project of one's own."""

import csv
import json
from contextlib import closing

from loaders import snapshots
from loaders.database import open_database
from loaders.plans import Plan
from loaders.pulls import pull
from loaders.settings import AiUsageSettings, Settings
from tests.pipeline import ai_month
from tests.pipeline.ai_month import time_of
from tests.pipeline.project import Project


def settings_at(project: Project, url: str) -> Settings:
    """Settings by which the providers of the seed are asked at `url`."""
    seed = project.own("seeds") / "ai_providers.csv"
    with seed.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    with seed.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "url": f"{url}/{row['provider_id']}"})
    auth_file = project.folder / "auth.json"
    auth_file.touch(0o600)
    auth_file.write_text(json.dumps(ai_month.FILED_KEYS))
    return Settings(ai_usage=AiUsageSettings(providers=seed, auth_file=auth_file))


def poll_once(project: Project, settings: Settings, poll: int) -> str:
    """Ask all providers once; returns how it went."""
    with closing(open_database(project.database)) as database:
        snapshots.prune_snapshots(database, time_of(poll))
        run = pull(
            database,
            "ai-usage",
            settings,
            Plan(None),
            forecast=False,
            advance=lambda _: None,
        )
    return f"{run.state} {run.message} {run.findings}"
