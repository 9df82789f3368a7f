"""How a database names people: noted once, kept to by every run."""

import hmac
import secrets
import sqlite3

from loaders.pseudonyms import Names
from loaders.settings import Settings
from loaders.transaction import transaction

SALT_BYTES = 16
CHECKED = b"the key of this database's pseudonyms"
NAME_PEOPLE = (
    "raw_mongo_groups",
    "raw_mongo_users",
    "raw_mongo_workspaces",
    "raw_prometheus_series",
)
LANDED_PEOPLE = """
select platform_name from raw_mongo_users where platform_name is not null
union select owner from raw_mongo_workspaces where owner is not null
union select listed.value from raw_mongo_workspaces, json_each(users) as listed
union select listed.value from raw_mongo_groups, json_each(members) as listed
"""


class OtherNames(Exception):
    """The database names people in another way; the text is one line with a remedy."""


def settled_names(database: sqlite3.Connection, settings: Settings) -> Names:
    """The rule for names by the settings, which the database is bound to from now on.

    Raises OtherNames, sqlite3.Error.
    """
    key = _key(settings)
    with transaction(database):
        check, salt = _noted(database)
        wanted = None if key is None else _check(key)
        if check != wanted:
            if _names_people(database):
                raise OtherNames(_refusal(check, wanted))
            database.execute("update raw_naming set key_check = ?", (wanted,))
    return Names(key, salt, _forgotten(database))


def names_by_key(database: sqlite3.Connection, settings: Settings) -> Names:
    """As `landed_names`, and with the key of the settings if it is the database's.

    Raises sqlite3.Error.
    """
    key = _key(settings)
    with transaction(database):
        check, salt = _noted(database)
    is_its = key is not None and _check(key) == check
    return Names(key if is_its else None, salt, _forgotten(database))


def landed_names(database: sqlite3.Connection) -> Names:
    """The rule for names that have landed: only whom were forgotten are hidden.

    Raises sqlite3.Error.
    """
    with transaction(database):
        _, salt = _noted(database)
    return Names(None, salt, _forgotten(database))


def landed_people(database: sqlite3.Connection) -> frozenset[str]:
    """Everybody whom the documents name, as landed. Raises sqlite3.Error."""
    return frozenset(name for (name,) in database.execute(LANDED_PEOPLE))


def note_forgotten(database: sqlite3.Connection, pseudonym: str, now: int) -> None:
    """Note within a transaction that landing is to hide a person from now on."""
    database.execute(
        "insert into raw_forgotten (pseudonym, forgotten_at) values (?, ?)"
        " on conflict do nothing",
        (pseudonym, now),
    )


def is_forgotten(database: sqlite3.Connection, name: str) -> bool:
    """Whether `name` is the pseudonym of one who was forgotten."""
    return name in _forgotten(database)


def _key(settings: Settings) -> bytes | None:
    if not settings.pseudonymise_users or settings.pseudonym_key is None:
        return None
    return settings.pseudonym_key.get_secret_value().encode()


def _check(key: bytes) -> str:
    return hmac.new(key, CHECKED, "sha256").hexdigest()


def _noted(database: sqlite3.Connection) -> tuple[str | None, bytes]:
    """What tells the key of pseudonyms, None without one, and the salt."""
    database.execute(
        "insert into raw_naming (naming_id, key_check, salt) values (1, null, ?)"
        " on conflict do nothing",
        (secrets.token_bytes(SALT_BYTES),),
    )
    noted: tuple[str | None, bytes] = database.execute(
        "select key_check, salt from raw_naming"
    ).fetchone()
    return noted


def _forgotten(database: sqlite3.Connection) -> list[str]:
    return [name for (name,) in database.execute("select pseudonym from raw_forgotten")]


def _names_people(database: sqlite3.Connection) -> bool:
    found = (
        f"exists (select 1 from {table})"  # noqa: S608
        for table in NAME_PEOPLE
    )
    return bool(database.execute(f"select {' or '.join(found)}").fetchone()[0])


def _refusal(check: str | None, wanted: str | None) -> str:
    if check is None:
        return (
            "holds people's plain names: unset pseudonymise_users, or land in a new"
            " file (USAGE_DB)"
        )
    if wanted is None:
        return (
            "holds pseudonyms: set pseudonymise_users and its pseudonym_key, or land"
            " in a new file (USAGE_DB)"
        )
    return (
        "holds pseudonyms of another pseudonym_key: give that one, or land in a new"
        " file (USAGE_DB)"
    )
