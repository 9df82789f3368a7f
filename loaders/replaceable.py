"""What a copy for readers may take the place of: never of one that hides more."""

import sqlite3
from contextlib import closing
from pathlib import Path

from loaders.database import BUSY_SECONDS
from loaders.disguise import HIDING, Users
from loaders.publishing import NotPublished

SAID = {"pseudonyms": "with --pseudonyms", "none": "with --without-users"}


def refuse_wider(target: Path, users: Users) -> None:
    """Refuse to replace what tells less of people, or was not published at all.

    Raises NotPublished.
    """
    if not target.exists():
        return
    remove = f"remove {target} first, or name another"
    uri = f"{target.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as copy:
        try:
            found = copy.execute("select users from publication").fetchone()
        except sqlite3.Error:
            found = None
    if found is None:
        raise NotPublished(f"{target} was not published: {remove}")
    if HIDING.index(users) < HIDING.index(found[0]):
        raise NotPublished(
            f"{target} was published {SAID[found[0]]}: publish so again, or {remove}"
        )
