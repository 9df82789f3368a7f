"""A published file and a server over it, as fixtures of all tests of the page."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import requests

from loaders.disguise import Disguise
from loaders.publishable import layout_of
from loaders.publishing import publish
from tests.servers.processes import free_port, running

ROOT = Path(__file__).parents[2]
Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def published(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `loaders publish` makes of the simulated fleet."""
    target = tmp_path_factory.mktemp("published") / "ada.db"
    publish(simulated, target, layout_of(ROOT), Disguise("names"))
    return target


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """`with serve(file) as url:` as `make serve` does, with further variables."""

    @contextmanager
    def start(file: Path, **variables: str) -> Iterator[str]:
        log = tmp_path_factory.mktemp("served") / "log.txt"
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        datasette = Path(sys.executable).with_name("datasette")
        command = [str(datasette), "serve", "web", "--port", str(port)]
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LOADERS_", "DATASETTE_", "WEB_"))
        }
        environment = {**clean, "PUBLISHED_DB": str(file), **variables}

        def is_ready() -> bool:
            try:
                return requests.get(f"{url}/healthz", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        with running(command, log, is_ready, environment):
            yield url
            assert "Traceback" not in log.read_text(), log.read_text()[-4000:]

    return start


@pytest.fixture(scope="session")
def url(serve: Serve, published: Path) -> Iterator[str]:
    """Where the page of the simulated fleet is served."""
    with serve(published) as address:
        yield address


@pytest.fixture
def copied(published: Path, tmp_path: Path) -> Path:
    """A published file of a test's own."""
    return Path(shutil.copy(published, tmp_path / "ada.db"))
