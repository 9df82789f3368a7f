"""What sessions send: the login of the settings, and no other."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from loaders.http import Server
from loaders.settings import CarbonIntensitySettings, PrometheusSettings
from loaders.sources.carbon_intensity import open_carbon_intensity
from loaders.sources.prometheus import open_prometheus
from tests.loaders.answering import Question, Reply, answering


def carbon_intensity(url: str) -> Server:
    return open_carbon_intensity(CarbonIntensitySettings(url=url))


def prometheus(url: str) -> Server:
    return open_prometheus(PrometheusSettings(url=url))


@pytest.mark.parametrize("opened", [carbon_intensity, prometheus])
def test_a_login_of_netrc_goes_to_nobody(
    opened: Callable[[str], Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login neta password netb\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sent: list[Mapping[str, str]] = []

    def reply(question: Question) -> Reply:
        sent.append(question.headers)
        return Reply(body="{}")

    with answering(reply) as url:
        server = opened(url)
        server.get("/x")
        server.post("/x", {"query": "up"})
    assert len(sent) == 2
    assert not [headers for headers in sent if "Authorization" in headers]


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def reply(question: Question) -> Reply:
        asked.append(question.path)
        return Reply(body="{}")

    with answering(reply) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        carbon_intensity("http://carbon.example").get("/x")
    assert asked == ["http://carbon.example/x"]
