"""AI providers: who is asked with which key, what is kept of it, and that no key is."""

import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from loaders.cli import app
from loaders.database import open_database
from loaders.errors import SourceError
from loaders.plans import Plan
from loaders.pulls import pull
from loaders.settings import AiUsageSettings, Settings
from loaders.sources import ai_usage
from loaders.sources.ai_usage import Provider, read_keys, read_providers, refuse_none
from tests.loaders.answering import Question, Reply, answering
from tests.servers.processes import free_port

SECRET = "sk-0123456789abcdef"
COLUMNS = ("provider_id", "provider_name", "key_variable", "url", "auth_header")
USAGE = '{"used": 1}'

Loaders = Callable[..., Result]
Query = Callable[[str], list[Any]]


def seed(folder: Path, *rows: dict[str, str]) -> Path:
    """A seed of providers: `acme`, and what each row says otherwise."""
    usual = {
        "provider_id": "acme",
        "provider_name": "Acme",
        "key_variable": "ACME_KEY",
        "url": "https://127.0.0.1:9/usage",
        "auth_header": "Authorization: Bearer {key}",
    }
    lines = [",".join({**usual, **row}[one] for one in COLUMNS) for row in rows]
    file = folder / "ai_providers.csv"
    file.write_text("\n".join([",".join(COLUMNS), *lines, ""]))
    return file


@pytest.fixture
def loaders(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaders:
    """Run the command in an empty folder that has settings of AI providers only."""
    folder = database_path.parents[1]
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("LOADERS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOADERS_AI_USAGE__PROVIDERS", "ai_providers.csv")
    monkeypatch.setenv("LOADERS_AI_USAGE__TIMEOUT_SECONDS", "2")
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def query(database_path: Path) -> Query:
    def ask(statement: str) -> list[Any]:
        with closing(sqlite3.connect(database_path)) as database:
            return database.execute(statement).fetchall()

    return ask


@pytest.fixture
def server() -> Iterator[Callable[[Reply], str]]:
    """`server(reply)` gives the URL of one that says so, good until the test ends."""
    said: list[Reply] = []
    with answering(lambda _: said[-1]) as url:

        def serve(reply: Reply) -> str:
            said.append(reply)
            return url

        yield serve


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"url": "http://acme.example/usage"}, "url must begin with https://"),
        ({"url": "https://ada:hush@acme.example"}, "hold no secret"),
        ({"url": "https://acme.example/?api_token=hush"}, "hold no secret"),
        ({"url": "https://[::1"}, "url must begin with https://"),
        ({"url": "ftp://localhost/usage"}, "url must begin with https://"),
        ({"auth_header": f"Authorization: {SECRET}"}, "auth_header is to be written"),
        ({"auth_header": "{key}"}, "auth_header is to be written"),
        ({"provider_id": "mongo"}, "mongo is a source: choose another"),
        ({"key_variable": ""}, "has no key_variable: add it"),
        ({"url": "https://acme.example,1"}, "has more values than the first line"),
        ({}, "acme is there twice"),
    ],
)
def test_a_row_that_does_not_fit_is_named(
    tmp_path: Path, row: dict[str, str], said: str
) -> None:
    file = seed(tmp_path, {}, row)
    with pytest.raises(SourceError) as refused:
        read_providers(file)
    assert str(refused.value).startswith(f"ai-usage: {file}: ")
    assert said in str(refused.value)
    assert SECRET not in str(refused.value) and "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://acme.example", "http://127.0.0.1:1", "http://localhost:1/x"]
)
def test_a_key_goes_by_tls_or_to_this_machine(tmp_path: Path, url: str) -> None:
    assert [one.url for one in read_providers(seed(tmp_path, {"url": url}))] == [url]


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"", "has no row"), (b"\xff", "is no CSV"), (b'a,b\n"c', "is no CSV")],
)
def test_a_file_that_is_no_seed_is_named(
    tmp_path: Path, text: bytes, said: str
) -> None:
    file = tmp_path / "ai_providers.csv"
    file.write_bytes(text)
    with pytest.raises(SourceError, match=said):
        read_providers(file)
    with pytest.raises(SourceError, match="No such file"):
        read_providers(tmp_path / "none.csv")


def _providers(*ids: str) -> list[Provider]:
    return [Provider(one, f"{one.upper()}_KEY", "", "", "{}") for one in ids]


def test_keys_come_from_the_environment_then_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "auth.json"
    file.touch(0o600)
    entries = {
        "a": {"api_key": "filed-a"},
        "b": {"key": " filed-b\n"},
        "c": {"key": "less", "api_key": "more"},
        "d": {"api_key": 5},
        "e": {"type": "oauth", "access": "not-a-key"},
        "f": "not-a-key",
        "h": {"api_key": " ", "key": "second"},
    }
    file.write_text(json.dumps(entries))
    providers = _providers("a", "b", "c", "d", "e", "f", "g", "h")
    keys = read_keys(providers, file, {"A_KEY": "given-a ", "B_KEY": " "})
    assert [
        (one.provider.provider_id, one.secret, one.auth_source) for one in keys.usable
    ] == [
        ("a", "given-a", "environment"),
        ("b", "filed-b", "auth.json"),
        ("c", "more", "auth.json"),
        ("h", "second", "auth.json"),
    ]


@pytest.mark.parametrize("key", ["two words", "schlüssel", "a\x00b", "a\nb"])
def test_a_key_that_no_header_takes_is_refused_unseen(key: str) -> None:
    keys = read_keys(_providers("a", "b"), None, {"A_KEY": key, "B_KEY": "good"})
    assert [one.provider.provider_id for one in keys.usable] == ["b"]
    [said] = keys.findings
    assert "a: the key from environment has characters" in said
    assert key not in said


@pytest.mark.parametrize("text", ["{", "[]", '{"a": "\ud800'])
def test_a_file_that_holds_no_keys_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "auth.json"
    file.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(SourceError, match="is no JSON"):
        read_keys(_providers("a"), file, {})


def test_a_file_of_keys_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "auth.json"
    file.touch(0o640)
    file.write_text(json.dumps({"a": {"key": SECRET}}))
    with pytest.raises(SourceError, match=r"has mode 0640.*chmod 600") as refused:
        read_keys(_providers("a"), file, {})
    assert SECRET not in str(refused.value)


def test_without_any_key_the_remedy_is_said(tmp_path: Path) -> None:
    providers = _providers("a", "b")
    with pytest.raises(SourceError, match=r"set ai_usage\.auth_file, or A_KEY, B_KEY"):
        refuse_none(providers, read_keys(providers, None, {}))
    with pytest.raises(SourceError, match="No such file"):
        read_keys(_providers("a"), tmp_path / "none.json", {})


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        (Reply(401, f"no {SECRET}"), 401, "check the key, which is from environment"),
        (Reply(403, "{}"), 403, "check the key, which is from environment"),
        (Reply(429, "{}", {"Retry-After": "1"}), 429, "pull again later"),
        (Reply(500, f'{{"error": "{SECRET}"}}'), 500, "(secret)"),
        (Reply(200, "<html>"), 200, "answered an HTML page"),
        (Reply(200, f"[1, {SECRET!r}]"), 200, "answered broken JSON"),
        (Reply(200, "[1]"), 200, "answered a JSON list"),
        (Reply(200, "{", {"Content-Length": "9"}), 0, "the answer broke off"),
        (Reply(302, "", {"Location": "https://x.example/"}), 302, "not followed"),
    ],
)
def test_a_failure_is_kept_and_the_others_land(
    loaders: Loaders,
    query: Query,
    server: Callable[[Reply], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
    status: int,
    said: str,
) -> None:
    """One question each; the key is nowhere, though the answer may quote it."""
    asked: list[Question] = []

    def usage(question: Question) -> Reply:
        asked.append(question)
        return Reply(200, USAGE)

    monkeypatch.setenv("ACME_KEY", SECRET)
    monkeypatch.setenv("BETA_KEY", "beta-0123456789")
    with answering(usage) as sound:
        beta = {"provider_id": "beta", "key_variable": "BETA_KEY", "url": sound}
        keyless = {"provider_id": "keyless", "key_variable": "NO_KEY", "url": sound}
        seed(tmp_path, {"url": server(reply)}, beta, keyless)
        done = loaders("pull")
    assert done.exit_code == 1
    assert said in done.output
    assert len(asked) == 1
    kept = query("select provider_id, http_status from raw_snapshots order by id")
    assert kept == [("acme", status), ("beta", 200)]
    landed = query("select provider_id, auth_source from raw_ai_providers")
    wanted = {"acme": "environment", "beta": "environment", "keyless": None}
    assert dict(landed) == wanted
    assert query("select state from raw_pull_runs") == [("partial",)]
    assert SECRET not in done.output + _dump(tmp_path)


def _dump(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "data" / "usage.db")) as database:
        return "\n".join(database.iterdump())


def test_no_answer_is_kept_with_status_0(
    loaders: Loaders, query: Query, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", SECRET)
    seed(tmp_path, {"url": f"http://127.0.0.1:{free_port()}"})
    assert loaders("pull", "ai-usage").exit_code == 1
    [(status, text)] = query(
        "select http_status, raw_json ->> 'text' from raw_snapshots"
    )
    assert status == 0 and "no connection" in text


def test_only_what_is_configured_is_asked(
    loaders: Loaders, query: Query, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(tmp_path, {})
    without_key = loaders("pull")
    assert without_key.exit_code == 1
    assert "no provider has a key: set ai_usage.auth_file, or ACME_KEY" in (
        without_key.output
    )
    assert query("select * from raw_snapshots") == []
    monkeypatch.setenv("ACME_KEY", "not to be sent")
    unfit = loaders("pull")
    assert unfit.exit_code == 1 and "acme: the key from environment" in unfit.output
    assert "not to be" not in unfit.output
    landed = query("select provider_id, auth_source from raw_ai_providers")
    assert landed == [("acme", None)]
    monkeypatch.delenv("LOADERS_AI_USAGE__PROVIDERS")
    without_seed = loaders("pull", "ai-usage")
    assert without_seed.exit_code == 2
    assert "ai-usage is not configured: set ai_usage.providers" in without_seed.output


def test_a_mistake_of_ours_shows_no_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"could not send {SECRET}")

    monkeypatch.setenv("ACME_KEY", SECRET)
    monkeypatch.setattr(ai_usage, "ask", fail)
    monkeypatch.setattr(logging.getLogger("loaders"), "propagate", True)
    settings = Settings(ai_usage=AiUsageSettings(providers=seed(tmp_path, {})))
    with (
        caplog.at_level(logging.DEBUG, logger="loaders"),
        closing(open_database(tmp_path / "usage.db")) as database,
    ):
        plan = Plan(None)
        run = pull(
            database,
            "ai-usage",
            settings,
            plan,
            forecast=False,
            advance=lambda _: None,
        )
        kept = "\n".join(database.iterdump())
    assert run.state == "failed" and "could not send (secret)" in caplog.text
    assert SECRET not in f"{run.message} {caplog.text} {kept}"


def test_a_person_notes_a_reset_once(
    loaders: Loaders,
    query: Query,
    server: Callable[[Reply], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACME_KEY", SECRET)
    seed(tmp_path, {"url": server(Reply(200, USAGE))})
    at = ("--at", "2025-09-11T12:30:30+02:00")
    assert "no database" in loaders("ai-usage", "reset", "acme").output
    assert loaders("pull").exit_code == 0
    for _ in range(2):
        noted = loaders("ai-usage", "reset", "acme", *at)
        assert (noted.exit_code, noted.output) == (
            0,
            "acme: reset at 2025-09-11T10:30Z; in reset_events after dbt build\n",
        )
    assert loaders("ai-usage", "reset", "acme").exit_code == 0
    resets = query("select provider_id, reset_at, noted_at from raw_ai_resets")
    (_, first, noted_at), (_, now, _) = resets
    assert first == 1757586630 and 0 <= now - noted_at < 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody",), "unknown provider nobody; known are acme"),
        (("acme", "--at", "yesterday"), "--at yesterday: no ISO time"),
        (("acme", "--at", "2025-09-11T10:00"), "has no time zone"),
        (("acme", "--at", "9999-01-01T00:00Z"), "has not been yet"),
        (("acme", "--config", "none.toml"), "none.toml"),
    ],
)
def test_a_reset_that_cannot_be_is_refused(
    loaders: Loaders,
    query: Query,
    server: Callable[[Reply], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setenv("ACME_KEY", SECRET)
    seed(tmp_path, {"url": server(Reply(200, USAGE))})
    assert loaders("pull").exit_code == 0
    refused = loaders("ai-usage", "reset", *arguments)
    assert refused.exit_code == 2
    assert refused.output.startswith("loaders: ") and said in refused.output
    assert query("select * from raw_ai_resets") == []
