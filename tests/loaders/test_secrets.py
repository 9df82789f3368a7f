"""Secrets of the settings, however spelt: no traceback, and nowhere to be seen."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from loaders.cli import app
from tests.loaders.answering import Question, Reply, answering
from tests.servers.processes import free_port

P = "LOADERS_PROMETHEUS__"
URL, TOKEN = f"{P}URL", f"{P}BEARER_TOKEN"
USER, PASSWORD = f"{P}USERNAME", f"{P}PASSWORD"
MONGO, DATABASE = "LOADERS_MONGO__URI", "LOADERS_MONGO__DATABASE"
QUICK = {"LOADERS_MONGO__TIMEOUT_SECONDS": "0.05"}


class Pulled:
    """A pull in an empty folder: its result and all that it left in the database."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LOADERS_")}
        with TemporaryDirectory() as folder:
            path = Path(folder) / "usage.db"
            given = {**kept, **variables, "USAGE_DB": str(path)}
            with patch.dict(os.environ, given, clear=True):
                self.result: Result = CliRunner().invoke(app, ["pull"])
            self.stored = ""
            if path.exists():
                with closing(sqlite3.connect(path)) as database:
                    self.stored = "\n".join(database.iterdump())

    def assert_one_line_without(self, secret: str) -> None:
        """The command ended by itself, and showed and stored no `secret`."""
        error = self.result.exception
        assert error is None or isinstance(error, SystemExit), repr(error)
        assert "unexpected" not in self.result.output, self.result.output
        assert secret not in self.result.output
        assert secret not in self.stored


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """A server that refuses every question and quotes the login in its refusal."""

    def reply(question: Question) -> Reply:
        said = question.headers.get("Authorization", "none")
        return Reply(403, f"not with {said}")

    with answering(reply) as url:
        yield url


def test_a_line_end_after_a_secret_is_not_of_it(echo: str) -> None:
    for name in (TOKEN, PASSWORD):
        user = {USER: "ada"} if name == PASSWORD else {}
        done = Pulled({URL: echo, name: "s3cr3t-token\r\n", **user})
        assert done.result.exit_code == 1
        assert "403 Forbidden: check username and password" in done.result.output
        done.assert_one_line_without("s3cr3t-token")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (TOKEN, "s3cr3t\ntoken", "holds a blank, a control or a non-ASCII character"),
        (TOKEN, "s3cr3t-tøken", "holds a blank, a control or a non-ASCII character"),
        (PASSWORD, "s3cr3t\rword", "holds a line end, a control character or"),
        (PASSWORD, "s3cr3t\udcff", "holds a line end, a control character or"),
        (USER, "s3cr3t:name", "holds a colon, a line end, a control"),
        (MONGO, "mongodb://a:s3cr3t\nb@h", "holds a line end, a control character or"),
    ],
)
def test_a_secret_that_cannot_be_sent_is_refused_by_its_key(
    echo: str, name: str, value: str, said: str
) -> None:
    done = Pulled({URL: echo, name: value})
    assert done.result.exit_code == 2
    assert done.result.output.startswith(f"loaders: {name}: {said}")
    assert done.result.output.count("\n") == 1
    done.assert_one_line_without("s3cr3t")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (URL, "http://u:[x7secret]x@127.0.0.1:1", "must be an address such as"),
        (URL, "http://u:x7secret\u2100@127.0.0.1:1", "must be an address such as"),
        (MONGO, "mongodb://u:1234/x7secret@127.0.0.1", "percent-encode @ / ? # of"),
        (MONGO, "mongodb://u:1234?x7secret@127.0.0.1", "percent-encode @ / ? # of"),
        (MONGO, "mongodb://u:1234#x7secret@127.0.0.1/d", "percent-encode @ / ? # of"),
        (MONGO, "mongodb://u:12@34/x7secret@127.0.0.1/d", "percent-encode @ / ? # of"),
        (MONGO, "mongodb://u:1234@x7secret@127.0.0.1", "percent-encode @ / ? # of"),
    ],
)
def test_no_part_of_a_misspelt_login_is_seen(name: str, value: str, said: str) -> None:
    done = Pulled({name: value, DATABASE: "ada"})
    assert done.result.exit_code == 2
    assert said in done.result.output
    for part in ("x7secret", "1234", "12@34"):
        done.assert_one_line_without(part)


def test_at_signs_after_the_place_are_no_login() -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/?appName=a@b"
    done = Pulled({MONGO: uri, DATABASE: "ada", **QUICK})
    assert "no connection" in done.result.output


def test_a_password_is_sent_as_utf_8() -> None:
    asked: list[str] = []

    def reply(question: Question) -> Reply:
        asked.append(question.headers["Authorization"])
        return Reply(403)

    with answering(reply) as url:
        Pulled({URL: url, USER: "ada", PASSWORD: "пароль"})
    assert set(asked) == {"Basic YWRhOtC/0LDRgNC+0LvRjA=="}


def test_a_mistake_of_ours_fails_one_source_by_one_line() -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("s3cr3t")

    mongo = {MONGO: f"mongodb://127.0.0.1:{free_port()}/", DATABASE: "ada", **QUICK}
    with patch("loaders.sources.prometheus.first_steps", broken):
        done = Pulled({URL: "http://127.0.0.1:9", **mongo})
    assert done.result.exit_code == 1
    last, other = done.result.output.splitlines()[-2:]
    assert last.startswith("prometheus: failed, 0 rows landed")
    assert "unexpected KeyError in test_secrets.py line" in last
    assert other.startswith("mongo: failed, 0 rows landed: no connection")
    assert "s3cr3t" not in done.result.output + done.stored


written = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=12)
drawn = st.one_of(
    written,
    st.sampled_from(
        [
            *("\n", "%", "%zz", "\udc80", "é", "%0a", "@", "/", ":", "\\", '"'),
            "[a]",
            "℀",
        ]
    ),
)


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from([TOKEN, PASSWORD, USER, MONGO, "url"]), text=drawn)
def test_no_secret_leads_to_a_traceback_or_is_seen(
    echo: str, name: str, text: str
) -> None:
    secret = f"zq7{text}7qz"
    values = {URL: echo, name: secret}
    if name == PASSWORD:
        values[USER] = "ada"
    elif name == USER:
        values[PASSWORD] = "hush"
    elif name == MONGO:
        uri = f"mongodb://ada:{secret}@127.0.0.1:{free_port()}/"
        values = {MONGO: uri, DATABASE: "ada", **QUICK}
    elif name == "url":
        values = {URL: echo.replace("://", f"://ada:{secret}@")}
    coded = {k: v.encode("utf-8", "surrogatepass") for k, v in values.items()}
    as_set = {k: os.fsdecode(v) for k, v in coded.items()}
    done = Pulled(as_set)
    assert done.result.exit_code in (1, 2)
    done.assert_one_line_without(secret if name != USER else "hush")
    if name != USER:
        for part in ("zq7", "7qz"):
            done.assert_one_line_without(part)
