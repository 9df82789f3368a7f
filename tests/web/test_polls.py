"""Polls while the file is published again and again beside a build: none fails."""

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from loaders.disguise import Disguise
from loaders.publishable import layout_of
from loaders.publishing import publish
from tests.pipeline.project import WITHOUT_TESTS, Project
from tests.web.conftest import ROOT, Serve

POLLS = 1000
SHOWN = ("--select", "path:models/marts", "path:models/reports")
THREADS = 4
PATHS = (
    "/api/v_ada_timeseries.json",
    "/ada/v_project_totals.json?_shape=array",
    "/ada/v_user_totals.csv",
    "/healthz",
    "/ada/dim_project",
    "/api/v_coverage.csv",
)
MARK = "/ada/dim_project.json?_shape=array&_sort_desc=project_id&_size=1"


@pytest.fixture
def project(simulated: Path, tmp_path: Path) -> Project:
    return Project.copy(_project_at(simulated), tmp_path / "project")


def _project_at(database: Path) -> Project:
    """The project that a database was built in, as it stands."""
    project = object.__new__(Project)
    project.folder, project.standing = database.parents[1], None
    project.variables = dict(os.environ)
    return project


def test_no_poll_fails_while_it_is_built_and_published(
    project: Project, serve: Serve, record_property: Callable[[str, object], None]
) -> None:
    target = project.folder / "published" / "ada.db"
    layout = layout_of(ROOT)
    target.parent.mkdir()
    publish(project.database, target, layout, Disguise("names"))
    answers = Counter[int]()
    wrong: list[str] = []
    is_built = threading.Event()

    def poll(url: str) -> None:
        with requests.Session() as session:
            done = 0
            while done < POLLS // THREADS or not is_built.is_set():
                answer = session.get(url + PATHS[done % len(PATHS)], timeout=60)
                answers[answer.status_code] += 1
                if answer.status_code != 200 or not answer.content:
                    wrong.append(f"{answer.url}: {answer.status_code} {answer.text}")
                done += 1

    with serve(target) as url:
        threads = [
            threading.Thread(target=poll, args=(url,), daemon=True)
            for _ in range(THREADS)
        ]
        build = threading.Thread(
            target=project.succeed, args=("build", *SHOWN, *WITHOUT_TESTS), daemon=True
        )
        for thread in (*threads, build):
            thread.start()
        count = 0
        while build.is_alive() or count < 6:
            publish(project.database, target, layout, Disguise("names"))
            count += 1
            time.sleep(1)
        is_built.set()
        for thread in threads:
            thread.join()
        with closing(sqlite3.connect(project.database)) as database, database:
            database.execute(
                "insert into dim_project (project_id, cloud_project_name)"
                " values (999999, 'the newest')"
            )
        publish(project.database, target, layout, Disguise("names"))
        for _ in range(40):
            [newest] = requests.get(url + MARK, timeout=60).json()
            assert newest["cloud_project_name"] == "the newest"
    record_property(
        "counts",
        f"{sum(answers.values())} polls during {count} publications: {answers}",
    )
    assert wrong == [] and answers[200] >= POLLS
