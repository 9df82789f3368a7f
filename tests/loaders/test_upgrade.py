"""`loaders check --upgrade`: a backup, then all steps or none."""

import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from loaders.backup import BackupFailed
from loaders.database import open_database
from loaders.lock import writing
from loaders.upgrade import UpgradeFailed, upgrade
from loaders.versions import STEPS, Step, UnfitVersion, missing, version_of

LOADERS = Path(sys.executable).with_name("loaders")
STORED = Path(__file__).parents[1] / "upgrades" / "084130a.db.xz"
NEWEST = STEPS[-1].version
DOUBLE = Step(
    NEWEST + 1,
    "values are doubled, in a table made anew",
    (
        "create table doubled (series_id integer not null"
        " references raw_prometheus_series (series_id), ts integer not null,"
        " value real not null, primary key (series_id, ts)) strict, without rowid",
        "insert into doubled select series_id, ts, value * 2"
        " from raw_prometheus_samples",
        "drop table raw_prometheus_samples",
        "alter table doubled rename to raw_prometheus_samples",
    ),
    is_additive=False,
)
ORPHANS = Step(
    NEWEST + 2,
    "series are lost",
    ("delete from raw_prometheus_series where series_id < 9",),
    is_additive=False,
)
BROKEN = Step(NEWEST + 2, "nonsense", ("nonsense",), is_additive=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of the first version."""
    path = tmp_path / "usage.db"
    path.write_bytes(lzma.decompress(STORED.read_bytes()))
    return path


def total(path: Path) -> tuple[int, float]:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "select count(*), sum(value) from raw_prometheus_samples"
        )
        count, value = found.fetchone()
        return count, value


def test_a_rewrite_runs_after_a_backup(path: Path) -> None:
    count, value = total(path)
    done = upgrade(path, (*STEPS, DOUBLE))
    saved = path.with_name("usage.db.version-0")
    assert done == (0, NEWEST + 1, saved)
    assert total(saved) == (count, value)
    assert total(path) == (count, value * 2)
    with closing(sqlite3.connect(path)) as database:
        assert version_of(database) == NEWEST + 1
        assert list(missing(database)) == []
    assert upgrade(path, (*STEPS, DOUBLE)) == (NEWEST + 1, NEWEST + 1, None)


@pytest.mark.parametrize(
    ("step", "error", "said"),
    [
        (ORPHANS, UpgradeFailed, "would not be whole, so it stays as it was: foreign"),
        (BROKEN, sqlite3.OperationalError, "syntax error"),
    ],
)
def test_a_step_that_fails_takes_back_those_before(
    path: Path, step: Step, error: type[Exception], said: str
) -> None:
    with closing(sqlite3.connect(path)) as database:
        before = list(database.iterdump())
    with pytest.raises(error, match=said):
        upgrade(path, (*STEPS, DOUBLE, step))
    with closing(sqlite3.connect(path)) as database:
        assert version_of(database) == 0
        assert list(database.iterdump()) == before


def test_an_attempt_that_failed_is_no_hindrance(path: Path) -> None:
    count, value = total(path)
    with pytest.raises(UpgradeFailed):
        upgrade(path, (*STEPS, DOUBLE, ORPHANS))
    done = upgrade(path, (*STEPS, DOUBLE))
    assert done.saved == path.with_name("usage.db.version-0.2")
    assert total(path) == (count, value * 2)
    for name in ("usage.db.version-0", "usage.db.version-0.2"):
        assert total(path.with_name(name)) == (count, value)


def test_without_a_backup_nothing_is_rewritten(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = total(path)
    full = shutil.disk_usage(path)._replace(free=0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    with pytest.raises(BackupFailed, match="0 MB free"):
        upgrade(path, (*STEPS, DOUBLE))
    assert total(path) == before
    assert not list(path.parent.glob("usage.db.*"))


def test_a_newer_file_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma user_version = 99")
    with pytest.raises(UnfitVersion, match="made by a newer version"):
        upgrade(path)


def command(path: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LOADERS_")}
    return subprocess.run(
        [LOADERS, "check", "--upgrade", "--db", path],
        env={**kept, **variables},
        cwd=path.parent,
        capture_output=True,
        text=True,
    )


def test_the_command_takes_over_a_file_of_the_first_version(path: Path) -> None:
    done = command(path)
    assert done.returncode == 0, done.stdout
    assert done.stderr == f"{path}: version {NEWEST}, was 0\n"
    assert f"ok    database: version {NEWEST}\n" in done.stdout


def test_the_command_waits_for_no_other_writer_for_ever(path: Path) -> None:
    with writing(path, 0):
        done = command(path, LOADERS_PULL__LOCK_WAIT_SECONDS="0.1")
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr.startswith(f"loaders: {path} is being written by another run")


def test_opening_never_rewrites(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = total(path)
    monkeypatch.setattr("loaders.versions.take_over.__defaults__", ((*STEPS, DOUBLE),))
    with pytest.raises(UnfitVersion, match="run loaders check --upgrade"):
        open_database(path)
    assert total(path) == before
