"""Servers for every test, as fixtures, and a database that is built once."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.carbon import CarbonServer, carbon_server
from tests.servers.mongo import MongoServer, mongo_server
from tests.servers.prometheus import prometheus_from


@pytest.fixture
def database_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder's `data/usage.db`, also in `USAGE_DB`."""
    path = tmp_path / "data" / "usage.db"
    monkeypatch.setenv("USAGE_DB", str(path))
    return path


@pytest.fixture
def prometheus() -> Iterator[Callable[..., str]]:
    """`prometheus(openmetrics_text, *flags)` gives a URL, good until the test ends."""
    with ExitStack() as stack:

        def start(lines: str | Iterable[str], *flags: str) -> str:
            return stack.enter_context(prometheus_from(lines, *flags))

        yield start


@pytest.fixture(scope="session")
def mongo_process() -> Iterator[MongoServer]:
    with mongo_server() as server:
        yield server


@pytest.fixture
def mongo(mongo_process: MongoServer) -> Iterator[MongoServer]:
    """An empty Mongo server: `mongo.write("ada", users=[…])`, `mongo.uri`."""
    yield mongo_process
    mongo_process.clear()


@pytest.fixture(scope="session")
def carbon_process() -> Iterator[CarbonServer]:
    with carbon_server() as server:
        yield server


@pytest.fixture
def carbon(carbon_process: CarbonServer) -> Iterator[CarbonServer]:
    """An empty carbon API: `carbon.slots.extend([slot(…)])`, `carbon.url`."""
    yield carbon_process
    carbon_process.clear()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def parsed_target(shared_folder: Path) -> Path:
    """A target folder with the project as dbt parses it."""
    # imports dbt, which takes seconds
    from tests.parsed import parsed_once

    return parsed_once(shared_folder)


@pytest.fixture(scope="session")
def simulated(shared_folder: Path, parsed_target: Path) -> Path:
    """A database with two days of the simulated fleet, built: to be read only."""
    from tests.simulated import built_once

    return built_once(shared_folder, parsed_target)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests counted: kills, faults, bad answers."""
    counts = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == "counts" and report.when == "call"
    ]
    if counts:
        terminalreporter.section("counts")
        terminalreporter.write_line("\n".join(counts))
