"""Files that the loaders did not make: no command changes them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loaders.cli import app


@pytest.mark.parametrize(
    "command",
    [
        ("forget", "ann"),
        ("forget", "ann", "--yes"),
        ("prune", "--before", "2025-09-01", "--yes"),
        ("close", "2025-09"),
        ("ai-usage", "reset", "openrouter"),
        ("backup", "copy.db"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_of_others_stays_as_it_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    mode: str,
) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"pragma journal_mode = {mode}")
        database.execute("create table places (user_id text)")
        database.execute("insert into places values ('ann')")
        database.commit()
    path.chmod(0o644)
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USAGE_DB", str(path))
    said = CliRunner().invoke(app, [*command])
    assert said.exit_code in (1, 2), said.output
    assert "holds nothing of the loaders: check USAGE_DB or --db" in said.stderr
    assert said.stderr.count("\n") == 1
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_date_that_is_none_is_quoted_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["prune", "--before", "x"])
    assert said.stderr.startswith("loaders: --before x: no ISO time")
