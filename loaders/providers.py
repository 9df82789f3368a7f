"""Writes the raw tables of AI providers, but for their answers."""

import sqlite3
import time
from collections.abc import Iterable

from loaders.sources.ai_usage import Key, Provider
from loaders.transaction import transaction


def land_key_sources(
    database: sqlite3.Connection, providers: Iterable[Provider], keys: Iterable[Key]
) -> None:
    """Land the providers, and where each one's key was. Raises sqlite3.Error."""
    sources = {key.provider.provider_id: key.auth_source for key in keys}
    rows = [
        (one.provider_id, sources.get(one.provider_id), one.config_json)
        for one in providers
    ]
    now = int(time.time())
    with transaction(database):
        database.executemany(
            "insert into raw_ai_providers values (?, ?, ?, ?)"
            " on conflict (provider_id) do update set"
            " auth_source = excluded.auth_source, config_json = excluded.config_json,"
            " landed_at = excluded.landed_at"
            " where auth_source is not excluded.auth_source"
            " or config_json is not excluded.config_json",
            [(*row, now) for row in rows],
        )


def known_providers(database: sqlite3.Connection) -> list[str]:
    """The providers that pulls have found, by id. Raises sqlite3.Error."""
    found = database.execute("select provider_id from raw_ai_providers order by 1")
    return [provider_id for (provider_id,) in found]


def land_reset(database: sqlite3.Connection, provider_id: str, reset_at: int) -> None:
    """Land that a person says the quota was reset at an epoch, once.

    Raises sqlite3.Error.
    """
    with transaction(database):
        database.execute(
            "insert into raw_ai_resets (provider_id, reset_at, noted_at)"
            " values (?, ?, ?) on conflict do nothing",
            (provider_id, reset_at, int(time.time())),
        )
