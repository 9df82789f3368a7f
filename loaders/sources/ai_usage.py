"""Quotas and credits of AI providers: one GET each, its answer kept as it comes.

Seed of providers → those with a key → one question each → `raw_snapshots`. What the
answers mean is said by the seed's JSON paths, in SQL.
"""

import csv
import json
import os
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from loaders.errors import SourceError
from loaders.exposure import exposed_secrets
from loaders.http import Keep, Server
from loaders.http_failures import HttpError
from loaders.http_sessions import open_session
from loaders.logins import secrets_in_uri
from loaders.rows import Source

KEY = "{key}"
NEEDED = ("provider_id", "provider_name", "key_variable", "url", "auth_header")
KEY_NAMES = ("api_key", "key")
REFUSED = (401, 403)
AuthSource = Literal["environment", "auth.json"]


class Provider(NamedTuple):
    """A row of the seed; `auth_header` is a header with `{key}` in its value."""

    provider_id: str
    key_variable: str
    url: str
    auth_header: str
    config_json: str


class Key(NamedTuple):
    """A provider's key, and where it was found."""

    provider: Provider
    secret: str
    auth_source: AuthSource


class Keys(NamedTuple):
    """The keys that can be sent, and a line on each that cannot."""

    usable: list[Key]
    findings: list[str]


class KeyHeader(AuthBase):
    """Sends a key in a header of any name; keeps requests from looking into .netrc."""

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self.name] = self.value
        return request


def read_providers(file: Path | None) -> list[Provider]:
    """The providers of the seed. Raises SourceError, which names the line."""
    place = f"ai-usage: {file}"
    try:
        with Path(file or "").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except OSError as error:
        raise SourceError(
            f"{place}: {error.strerror}: check ai_usage.providers"
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise SourceError(f"{place}: is no CSV in UTF-8: repair it") from None
    providers = [
        _provider(row, f"{place}: line {at}") for at, row in enumerate(rows, 2)
    ]
    ids = [provider.provider_id for provider in providers]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice or not ids:
        what = f"{twice[0]} is there twice" if twice else "has no row"
        raise SourceError(f"{place}: {what}: repair it")
    return providers


def read_keys(
    providers: Sequence[Provider],
    auth_file: Path | None,
    environment: Mapping[str, str] = os.environ,
) -> Keys:
    """The keys of those providers that have one; the environment goes before the file.

    Never shows a key. Raises SourceError when the file cannot be read.
    """
    filed = _filed_keys(auth_file)
    keys = Keys([], [])
    for provider in providers:
        given = environment.get(provider.key_variable, "").strip()
        secret = given or filed.get(provider.provider_id, "")
        if not secret:
            continue
        source: AuthSource = "environment" if given else "auth.json"
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            keys.findings.append(
                f"ai-usage: {provider.provider_id}: the key from {source} has"
                " characters that no header takes: check it"
            )
        else:
            keys.usable.append(Key(provider, secret, source))
    return keys


def refuse_none(providers: Sequence[Provider], keys: Keys) -> None:
    """Raise SourceError where there is no key at all."""
    if not keys.usable and not keys.findings:
        variables = ", ".join(provider.key_variable for provider in providers)
        raise SourceError(
            f"ai-usage: no provider has a key: set ai_usage.auth_file, or {variables}"
        )


def ask(
    key: Key,
    timeout_seconds: float,
    deadline: float | None,
    keep: Keep,
    redact: Callable[[str], str],
) -> None:
    """Ask a provider once, and give what it says to `keep`.

    Raises SourceError when that is no JSON object.
    """
    name, _, value = key.provider.auth_header.partition(":")
    header = KeyHeader(name.strip(), value.strip().replace(KEY, key.secret))
    server = Server(
        "ai-usage",
        key.provider.url,
        timeout_seconds,
        open_session(auth=header),
        attempts=1,
        deadline=deadline,
        keep=keep,
        redact=redact,
    )
    try:
        server.get("")
    except HttpError as error:
        if error.status not in REFUSED:
            raise
        place = f"ai-usage: {key.provider.url}: {error.status}"
        remedy = f"check the key, which is from {key.auth_source}"
        raise SourceError(f"{place}: {remedy}") from None


def _provider(row: Mapping[str, Any], place: str) -> Provider:
    for column in NEEDED:
        if not row.get(column):
            raise SourceError(f"{place}: has no {column}: add it")
    if None in row:
        raise SourceError(f"{place}: has more values than the first line: repair it")
    if row["provider_id"] in get_args(Source):
        raise SourceError(f"{place}: {row['provider_id']} is a source: choose another")
    name, colon, value = row["auth_header"].partition(":")
    if not colon or not name.strip() or KEY not in value:
        raise SourceError(f"{place}: auth_header is to be written as Name: … {KEY}")
    if not _is_safe(row["url"]):
        problem = "url must begin with https:// and hold no secret, for it is kept"
        raise SourceError(f"{place}: {problem}")
    return Provider(
        row["provider_id"],
        row["key_variable"],
        row["url"],
        row["auth_header"],
        json.dumps({name: value for name, value in row.items() if value}),
    )


def _is_safe(url: str) -> bool:
    """Whether nobody on the way reads what is sent: TLS, or this machine itself.

    A login or token in it would be kept as the address is, and is not safe.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or secrets_in_uri(url):
        return False
    if parts.scheme == "https" and host:
        return True
    try:
        return parts.scheme == "http" and ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "http" and host == "localhost"


def _filed_keys(file: Path | None) -> dict[str, str]:
    """Keys by provider; of entries of another shape, such as logins, none."""
    if file is None:
        return {}
    place = f"ai-usage: {file}"
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(
            f"{place}: {error.strerror}: check ai_usage.auth_file"
        ) from None
    except (ValueError, RecursionError):
        raise SourceError(f"{place}: is no JSON: repair it") from None
    if not isinstance(entries, dict):
        raise SourceError(f"{place}: is no JSON object of providers: repair it")
    if line := exposed_secrets(file, entries):
        raise SourceError(f"ai-usage: {line}")
    return {
        name: entry[key].strip()
        for name, entry in entries.items()
        if isinstance(entry, dict)
        for key in reversed(KEY_NAMES)
        if isinstance(entry.get(key), str) and entry[key].strip()
    }
