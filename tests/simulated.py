"""Two days of the simulated fleet and of AI providers, built: for tests that read."""

import os
from pathlib import Path
from unittest.mock import patch

from filelock import FileLock

from loaders import snapshots
from tests.loaders.answering import answering
from tests.pipeline import ai_month
from tests.pipeline.ai_polls import poll_once, settings_at
from tests.pipeline.project import DATABASE, WITHOUT_TESTS, Project

END = "2025-09-15T00:00Z"
POLLS = 8


def built_once(folder: Path, parsed: Path) -> Path:
    """The database in a folder that the workers of a run share: one of them builds.

    parsed: a target folder with the parsed project.
    """
    place = folder / "simulated"
    with FileLock(folder / "simulated.lock"):
        if not place.exists():
            _build(Project(folder / "simulated.part", parsed))
            (folder / "simulated.part").rename(place)
    return place / DATABASE


def _build(project: Project) -> None:
    options = ("--db", DATABASE, "--days", "2", "--end", END)
    assert project.loaders("demo", *options).returncode == 0
    asked = 0
    with (
        patch.dict(os.environ, ai_month.KEYS),
        patch.object(snapshots, "utc_now", lambda: ai_month.time_of(asked)),
        answering(lambda question: ai_month.answer(asked, question)) as url,
    ):
        settings = settings_at(project, url)
        for asked in range(POLLS):
            poll_once(project, settings, asked)
    project.succeed("build", *WITHOUT_TESTS)
