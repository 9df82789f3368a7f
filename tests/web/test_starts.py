"""What a server refuses to begin with, in one line that says what to do."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.web.conftest import ROOT
from tests.web.test_safety import WRITTEN

HASH = "pbkdf2_sha256$480000$c2FsdA$aGFzaA=="
SET = {"ADA_TOKEN": "a-token-of-the-test", "ADA_PASSWORD_HASH": HASH}
TOKENS = "plugins: {{datasette-auth-tokens: {{tokens: [{{token: {}}}]}}}}"
PASSWORDS = "plugins: {{datasette-auth-passwords: {}}}"
REMEDY = "is written out, and pages would show it: {$env: NAME} or {$file: PATH}"


def refusal(file: Path | str, *options: str, **variables: str) -> str:
    """The line that a server of a file says at its end."""
    given = {"PUBLISHED_DB": str(file), **variables}
    datasette = Path(sys.executable).with_name("datasette")
    done = subprocess.run(
        [datasette, "serve", "web", "--port", "0", *options],
        cwd=ROOT,
        env={"PATH": "/usr/bin", **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = done.stderr + done.stdout
    assert done.returncode != 0 and "Traceback" not in said, said
    assert len(done.stderr.strip().splitlines()) == 1, said
    return done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            TOKENS.format("not-to-be-seen"),
            f"plugins.datasette-auth-tokens.tokens.1.token {REMEDY}",
        ),
        (TOKENS.format("1234567"), f"tokens.1.token {REMEDY}"),
        (TOKENS.format("{$env: ADA_TOKEN, or: not-to-be-seen}"), REMEDY),
        (TOKENS.format("[not-to-be-seen]"), REMEDY),
        (
            PASSWORDS.format("{ann_password_hash: not-to-be-seen}"),
            f"plugins.datasette-auth-passwords.ann_password_hash {REMEDY}",
        ),
        (
            "plugins: {other: {api_secret: not-to-be-seen}}",
            f"plugins.other.api_secret {REMEDY}",
        ),
        (
            "databases: {ada: {plugins: {other: {password: not-to-be-seen}}}}",
            f"databases.ada.plugins.other.password {REMEDY}",
        ),
        ("databases: {ada: {tables: {dim_user: {allow: {id: ann}}}}}", "no rules of"),
        (TOKENS.format("{$file: none}"), "none: No such file or directory"),
        (PASSWORDS.format("{ann_password_hash: {$file: none}}"), "none: No such file"),
        (PASSWORDS.format("{ann_password_hash: {$env: ADA_TOKEN}}"), "hash-password"),
        (TOKENS.format("{$file: README.md}"), "token 1 is empty or not in one word"),
        (PASSWORDS.format("{http_basic_auth: true}"), "http_basic_auth is not taken"),
    ],
)
def test_settings_that_would_tell_a_secret_or_let_nobody_in_are_refused(
    published: Path, tmp_path: Path, settings: str, said: str
) -> None:
    file = tmp_path / "web.yml"
    file.write_text(settings)
    line = refusal(published, WEB_SETTINGS=str(file), **SET)
    assert said in line and "not-to-be-seen" not in line


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PUBLISHED_DB": "none.db"}, "no file none.db: loaders publish none.db"),
        ({"WEB_SETTINGS": "none.yml"}, "none.yml: No such file or directory"),
        ({"ADA_PASSWORD_HASH": HASH}, "datasette-auth-tokens: token 1 is empty"),
        ({"ADA_TOKEN": "x"}, "datasette-auth-passwords: ann_password_hash is empty"),
    ],
)
def test_what_is_missing_is_said_in_a_line(
    published: Path, tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    settings = tmp_path / "web.yml"
    settings.write_text(WRITTEN)
    file = variables.pop("PUBLISHED_DB", published)
    assert said in refusal(file, **{"WEB_SETTINGS": str(settings), **variables})


def test_a_file_that_was_not_published_is_refused(
    published: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ada.db"
    path.write_bytes(b"")
    assert f"{path}: was not published: remove it, loaders publish" in refusal(path)
    path.write_text("no database, though as long as the head of one would be" * 9)
    assert f"{path}: cannot be read: file is not a database" in refusal(path)
    content = published.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    assert f"{path}: cannot be read: database disk image is malf" in refusal(path)
    path.unlink()
    path.mkdir()
    assert f"no file {path}: loaders publish" in refusal(path)
    path.rmdir()
    shutil.copy(published, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("delete from publication")
    assert f"{path}: was not published" in refusal(path)


def test_a_path_before_the_pages_is_refused(published: Path) -> None:
    line = refusal(published, "--setting", "base_url", "/ada-carbon/")
    assert "base_url /ada-carbon/ is not taken: give it a host name" in line
