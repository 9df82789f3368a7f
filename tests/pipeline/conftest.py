"""Projects and servers for the tests of the whole way.

dbt parses the models once a run; the parsed project is copied into each folder.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.pipeline import small_fleet
from tests.pipeline.expected import iso
from tests.pipeline.project import ROOT, WITHOUT_COLUMN_TESTS, Project
from tests.pipeline.standing_dbt import StandingDbt, standing_dbt
from tests.servers.carbon import CarbonServer, carbon_server
from tests.servers.mongo import MongoServer, mongo_server
from tests.servers.prometheus import openmetrics, prometheus_from

MakeProject = Callable[..., Project]
TRUTH = ROOT / "target" / "truth.txt"


class Servers(NamedTuple):
    """A Mongo and a carbon server that last as long as the tests of this folder."""

    mongo: MongoServer
    carbon: CarbonServer


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory, parsed_target: Path) -> Project:
    """A project without a database, whose target folder holds it parsed."""
    return Project(tmp_path_factory.mktemp("parsed") / "project", parsed_target)


@pytest.fixture(scope="session")
def standing(parsed: Project) -> Iterator[StandingDbt]:
    with standing_dbt(parsed.folder, parsed.variables) as dbt:
        yield dbt


@pytest.fixture(scope="session")
def new_project(
    tmp_path_factory: pytest.TempPathFactory, parsed: Project, standing: StandingDbt
) -> MakeProject:
    """`new_project()` is an empty one, `new_project(other)` goes on from another."""

    def make(other: Project | None = None) -> Project:
        folder = tmp_path_factory.mktemp("work") / "project"
        if other is not None:
            return other.copy(folder)
        return Project(folder, parsed.folder / "target", standing)

    return make


@pytest.fixture(scope="package")
def servers() -> Iterator[Servers]:
    with mongo_server() as mongo, carbon_server() as carbon:
        yield Servers(mongo, carbon)


@pytest.fixture(scope="package")
def small(new_project: MakeProject, servers: Servers) -> Iterator[Project]:
    """The small fleet pulled from its servers, which go on, and built with gates."""
    project = new_project()
    servers.mongo.write(small_fleet.DATABASE, **small_fleet.documents())
    servers.carbon.slots.extend(small_fleet.carbon_slots())
    with prometheus_from(openmetrics(small_fleet.scraped())) as url:
        project.variables |= {
            "LOADERS_PROMETHEUS__URL": url,
            "LOADERS_CARBON_INTENSITY__URL": servers.carbon.url,
            "LOADERS_MONGO__URI": servers.mongo.uri,
            "LOADERS_MONGO__DATABASE": small_fleet.DATABASE,
        }
        pull(project, small_fleet.SINCE, small_fleet.UNTIL)
        assert_unwarned(project.succeed("build", *WITHOUT_COLUMN_TESTS))
        yield project


def pull(project: Project, since: int, until: int) -> None:
    """Pull a window from all sources, which must succeed."""
    pulled = project.loaders("pull", "--since", iso(since), "--until", iso(until))
    assert pulled.returncode == 0, pulled.stderr


def assert_unwarned(said: str) -> None:
    """What dbt said holds no warning."""
    assert "[WARNING]" not in said and "WARN=0" in said, said[-6000:]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the report of test_truth at the end, and leave it in target/truth.txt."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", []):
                if name == "truth" and report.when == "call":
                    TRUTH.parent.mkdir(exist_ok=True)
                    TRUTH.write_text(f"{value}\n")
                    terminalreporter.section(f"truth ({TRUTH.relative_to(ROOT)})")
                    terminalreporter.write_line(str(value))
