"""Whether the database file is whole, safe and of a version that is known."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from loaders.backup import problems
from loaders.checks.findings import Finding
from loaders.database import BUSY_SECONDS, is_landed_in
from loaders.exposure import exposed_database
from loaders.ledger import holds_simulated
from loaders.lock import LOCK_REMEDY, lock_path, unopened
from loaders.remedies import RESTORE, remedy_of
from loaders.versions import STEPS, UnfitVersion, pending, refuse_newer, version_of

AREA = "database"
LEAST_FREE = 200 * 10**6


def check_database(path: Path, *, has_sources: bool) -> Iterator[Finding]:
    """Yield what is found out about the file, which is only read."""
    try:
        yield from _file(path, has_sources=has_sources)
    except OSError as error:
        said = f"{path} cannot be looked at: {error.strerror}"
        yield Finding(AREA, "fail", said, "check USAGE_DB, and whose its folder is")


def _file(path: Path, *, has_sources: bool) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding(
            AREA, "warn", f"no database {path}", "the first loaders pull makes it"
        )
        yield from _space(path.absolute().parent, 0)
        return
    yield _permissions(path)
    yield from _lock(lock_path(path))
    yield from _space(path.resolve().parent, path.stat().st_size)
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as database:
            yield from _content(database, path, has_sources=has_sources)
    except sqlite3.Error as error:
        remedy = remedy_of(error) or "run loaders pull, and see what it says"
        yield Finding(AREA, "fail", f"{path}: {error}", remedy)


def _permissions(path: Path) -> Finding:
    exposed = exposed_database(path)
    if exposed is not None:
        return Finding(AREA, "warn", exposed, f"chmod 600 {path}*")
    return Finding(AREA, "ok", f"{path} is its owner's alone")


def _lock(lock: Path) -> Iterator[Finding]:
    try:
        os.close(os.open(lock, os.O_RDWR))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(AREA, "fail", unopened(lock, error), LOCK_REMEDY)


def _space(folder: Path, size: int) -> Iterator[Finding]:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{folder} has {free / 1e6:.0f} MB free"
    if free < LEAST_FREE:
        yield Finding(AREA, "fail", said, "make room: nothing lands on a full disk")
    elif free < size:
        yield Finding(
            AREA, "warn", said, f"a build or backup may need {size / 1e6:.0f} MB"
        )
    else:
        yield Finding(AREA, "ok", said)


def _content(
    database: sqlite3.Connection, path: Path, *, has_sources: bool
) -> Iterator[Finding]:
    try:
        refuse_newer(database)
    except UnfitVersion as error:
        said, _, remedy = str(error).rpartition(": ")
        yield Finding(AREA, "fail", f"{path}: {said}", remedy)
        return
    if not is_landed_in(database):
        yield Finding(
            AREA,
            "warn",
            f"nothing has landed in {path} yet",
            "loaders pull, then dbt build; or check USAGE_DB",
        )
        return
    steps = pending(database)
    if all(step.is_additive for step in steps):
        newest = STEPS[-1].version
        then = f", {newest} once it is opened for writing" if steps else ""
        yield Finding(AREA, "ok", f"version {version_of(database)}{then}")
    else:
        yield Finding(
            AREA,
            "fail",
            f"version {version_of(database)} must be rewritten: {steps[0].purpose}",
            "loaders check --upgrade, which makes a backup first",
        )
    found = problems(database)
    for line in found[:10]:
        yield Finding(AREA, "fail", line, RESTORE)
    if not found:
        yield Finding(AREA, "ok", "integrity and foreign keys are whole")
    yield _kind(database, path, has_sources=has_sources)


def _kind(database: sqlite3.Connection, path: Path, *, has_sources: bool) -> Finding:
    if not holds_simulated(database):
        return Finding(AREA, "ok", "holds real data")
    if has_sources:
        return Finding(
            AREA,
            "fail",
            f"{path} holds simulated rows, so nothing real can land in it",
            "set USAGE_DB to another file",
        )
    return Finding(AREA, "ok", "holds simulated data")
