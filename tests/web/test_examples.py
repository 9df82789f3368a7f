"""What the README says of the API is so, and the docs are beside the page."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from datasette.utils.asgi import Request

from serving import docs_site
from tests.web.conftest import ROOT

README = (ROOT / "README.md").read_text()
ASKED = re.findall(r"^curl -s 'http://127\.0\.0\.1:8001(\S+)'", README, re.MULTILINE)
UNIT = re.compile(
    r"```ini\n# /etc/systemd/system/ada-carbon-web.service\n(.*?)```", re.S
)


@pytest.mark.parametrize("path", ASKED)
def test_an_example_of_the_readme_answers(url: str, path: str) -> None:
    answer = requests.get(f"{url}{path}", timeout=60)
    assert answer.status_code == 200
    if ".csv" in path:
        assert answer.text.count("\n") > 2
    else:
        assert json.loads(answer.text)


def test_the_readme_has_an_example_of_each_kind_of_route(url: str) -> None:
    assert len(ASKED) > 8
    described = requests.get(f"{url}/openapi.json", timeout=60).json()["paths"]
    kinds = {_kind(path) for path in described}
    assert kinds - {_kind(path.partition("?")[0]) for path in ASKED} == set()


def _kind(path: str) -> str:
    """What of a route is the same for all reports or providers."""
    path = re.sub(r"/api/v_\w+", "/api/view", path)
    path = re.sub(r"/api/(?!view)\w+(?=\.)", "/api/query", path)
    return re.sub(r"(?<=/raw/).+", "provider", path).replace(".csv", ".json")


def test_the_service_serves_the_folder_of_this_project() -> None:
    [unit] = UNIT.findall(README)
    [command] = re.findall(r"^ExecStart=\S+/datasette (.*)$", unit, re.MULTILINE)
    assert command == "serve web --host 127.0.0.1 --port 8001"
    assert (ROOT / "web" / "plugins" / "ada.py").is_file()


class Open:
    """A server that keeps nobody out."""

    async def ensure_permissions(self, actor: object, permissions: object) -> None:
        pass


def test_the_docs_are_beside_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docs_site, "FOLDER", tmp_path)

    def asked(file: str) -> Any:
        request = Request.fake(f"/docs/{file}", url_vars={"file": file})
        return asyncio.run(docs_site.docs(cast(Any, Open()), request))

    assert asked("").status == 404
    (tmp_path / "static_index.html").write_text("<p>docs</p>")
    (tmp_path / "erd.svg").write_text("<svg/>")
    assert (asked("").status, asked("").body) == (200, b"<p>docs</p>")
    assert asked("erd.svg").content_type == "image/svg+xml"
    overview = (ROOT / "models" / "docs" / "overview.md").read_text()
    assert "[the page](/)" in overview and "(erd.svg)" in overview
