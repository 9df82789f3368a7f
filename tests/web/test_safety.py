"""Safe by default: what a stranger cannot do, and logins by token and password."""

import re
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from serving.safety import bound
from tests.web.conftest import ROOT, Serve

TOKEN, PASSWORD = "a-token-of-the-test", "a password of the test"
README = (ROOT / "README.md").read_text()
[WRITTEN] = re.findall(r"```yaml\n(allow: .*?)```", README, re.DOTALL)
PAGES = (
    *("/-/dashboards/overview", "/-/dashboards", "/ada", "/ada/v_project_totals"),
    *("/docs/", "/-/metadata"),
)
ANSWERS = (
    *("/api/v_project_totals.json", "/api/v_project_totals.csv", "/api/usage"),
    *("/api/history", "/api/raw/openrouter", "/api/project_energy_carbon.json"),
    *("/ada/v_project_totals.json", "/ada/v_project_totals.csv", "/openapi.json"),
    *("/ada.json", "/ada/fact_usage/1.json", "/-/databases.json"),
)


def asked(url: str, path: str, **headers: str) -> requests.Response:
    return requests.get(
        f"{url}{path}", headers=headers, timeout=60, allow_redirects=False
    )


@pytest.fixture(scope="module")
def guarding(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of logins by a settings file, as the README has it."""
    settings = tmp_path_factory.mktemp("settings") / "web.yml"
    settings.write_text(WRITTEN)
    hashed = subprocess.run(
        [Path(sys.executable).with_name("datasette"), "hash-password", "--no-confirm"],
        input=PASSWORD,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    secrets = {"ADA_TOKEN": TOKEN, "ADA_PASSWORD_HASH": hashed}
    return {"WEB_SETTINGS": str(settings), **secrets}


@pytest.fixture(scope="module")
def guarded(serve: Serve, published: Path, guarding: dict[str, str]) -> Iterator[str]:
    """The page behind these logins."""
    with serve(published, **guarding) as url:
        yield url


@pytest.mark.parametrize(
    "path",
    ["/", "/ada", "/api/v_coverage.json", "/none", "/-/static/app.css", "/docs/"],
)
def test_every_answer_tells_the_browser_to_be_careful(url: str, path: str) -> None:
    headers = asked(url, path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy
    if path != "/docs/":
        assert "script-src 'self';" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")


@pytest.mark.parametrize(
    "path",
    [
        "/ada?sql=select+1",
        "/ada.json?sql=select+1",
        "/ada.csv?sql=select+1",
        "/ada/fact_usage.json?_where=1=1",
        "/ada.db",
        "/ada/project_energy_carbon?from_ts=01.09.2025",
        "/_internal",
        "/_internal.json",
        "/-/permissions",
    ],
)
def test_a_stranger_sends_no_sql_and_takes_no_file(url: str, path: str) -> None:
    assert asked(url, path).status_code == 403


def test_it_holds_one_database_and_names_no_other_host(url: str) -> None:
    databases = asked(url, "/-/databases.json").json()
    assert [one["name"] for one in databases] == ["ada"]
    assert requests.post(f"{url}/ada", data={"sql": "x"}, timeout=60).status_code >= 400


@pytest.mark.parametrize("path", ["/healthz", "/api/v_coverage.json", "/ada"])
def test_another_site_cannot_point_its_name_here(
    url: str, guarded: str, path: str
) -> None:
    for name in ("evil.example", "evil.example:8001", "127.0.0.1.evil.example", "["):
        assert asked(url, path, Host=name).status_code == 421, name
    for name in ("localhost:8001", "127.0.0.1", "[::1]:8001"):
        assert asked(url, path, Host=name).status_code == 200, name
    login = {"Authorization": f"Bearer {TOKEN}", "Host": "ada.example"}
    assert asked(guarded, path, **login).status_code == 200


def test_values_and_statements_are_bounded() -> None:
    connection = sqlite3.connect(":memory:")
    bound(connection)
    for statement in (
        "select length(zeroblob(20000000))",
        f"select {'1 + ' * 60_000} 1",
        "attach database ':memory:' as other",
    ):
        with pytest.raises(sqlite3.Error):
            connection.execute(statement).fetchall()


@pytest.mark.parametrize("path", ANSWERS)
def test_without_a_token_a_program_is_refused(guarded: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer not-the-token"}):
        refused = asked(guarded, path, **headers)
        assert refused.status_code == 403, path
        assert refused.json()["error"].startswith("log in, or send a token")
    if path != "/openapi.json":
        allowed = asked(guarded, path, Authorization=f"Bearer {TOKEN}")
        assert allowed.status_code == 200, allowed.text


@pytest.mark.parametrize(
    "login", ["Bearer \xe9\xe9", "Basic !", "Basic ////", "Basic 4pyT", "Basic", "x"]
)
def test_a_login_that_cannot_be_read_is_refused(guarded: str, login: str) -> None:
    answer = asked(guarded, "/api/v_coverage.json", Authorization=login)
    assert answer.status_code in (400, 403) and answer.json()["ok"] is False


@pytest.mark.parametrize("path", PAGES)
def test_without_a_password_a_page_leads_to_the_login(guarded: str, path: str) -> None:
    answer = asked(guarded, path)
    assert answer.status_code == 302
    assert answer.headers["location"] == "/-/login"


def test_a_password_opens_the_pages(guarded: str) -> None:
    with requests.Session() as session:
        session.get(f"{guarded}/-/login", timeout=60)
        form = {"username": "ann", "csrftoken": session.cookies["ds_csrftoken"]}
        for password, status in (("not the password", 200), (PASSWORD, 302)):
            answer = session.post(
                f"{guarded}/-/login",
                data={**form, "password": password},
                timeout=60,
                allow_redirects=False,
            )
            assert answer.status_code == status
        assert session.get(f"{guarded}/ada", timeout=60).status_code == 200
    assert asked(guarded, "/ada").status_code == 302


def test_a_password_cannot_be_guessed_for_long(
    serve: Serve, published: Path, guarding: dict[str, str]
) -> None:
    right, wrong = f"ann:{PASSWORD}", "ann:guessed"
    basic = {
        login: {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        for login in (right, wrong)
    }
    with serve(published, **guarding) as url, requests.Session() as session:
        session.get(f"{url}/-/login", timeout=60)
        form = {"username": "ann", "csrftoken": session.cookies["ds_csrftoken"]}
        assert asked(url, "/ada", **basic[right]).status_code == 200

        def log_in(password: str) -> requests.Response:
            return session.post(
                f"{url}/-/login",
                data={**form, "password": password},
                timeout=60,
                allow_redirects=False,
            )

        assert log_in(PASSWORD).status_code == 302
        for _ in range(5):
            assert log_in("guessed").status_code == 200
            assert asked(url, "/api/usage", **basic[wrong]).status_code == 403
        # also the right one is not taken now, whoever sends it
        refused = log_in(PASSWORD)
        assert refused.status_code == 429
        assert "too many logins have failed" in refused.text
        by_program = asked(url, "/api/usage", **basic[right])
        assert by_program.status_code == by_program.json()["status"] == 429
        assert by_program.headers["retry-after"] == "60"
        token = {"Authorization": f"Bearer {TOKEN}"}
        assert asked(url, "/api/usage", **token).status_code == 200
        assert session.get(f"{url}/ada", timeout=60).status_code == 200


def test_a_monitor_needs_no_login(guarded: str) -> None:
    answer = asked(guarded, "/healthz")
    assert answer.status_code == 200 and "ann" not in answer.text


@pytest.mark.parametrize(
    "path", ["/-/metadata.json", "/-/metadata", "/-/settings.json", "/.json", "/ada"]
)
def test_who_is_logged_in_reads_no_settings_of_logins(guarded: str, path: str) -> None:
    answer = asked(guarded, path, Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    for told in (TOKEN, "pbkdf2", "ann_password", "ADA_TOKEN", '"allow"', "plugins&"):
        assert told not in answer.text, told


def test_metadata_tells_where_figures_are_from(url: str) -> None:
    told = asked(url, "/-/metadata.json").json()
    assert told["license"] == "CC BY 4.0" and told["title"] == "Ada Carbon"
