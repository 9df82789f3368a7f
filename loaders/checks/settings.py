"""Whether the settings name something to pull, and keep their secrets."""

import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from loaders.checks.findings import Finding
from loaders.rows import Source

AREA = "settings"


def check_settings(file: Path, sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield what is found out about valid settings, and the file they may be from."""
    if sources:
        yield Finding(AREA, "ok", f"valid, configured are {', '.join(sources)}")
    else:
        yield Finding(
            AREA,
            "warn",
            "no source is configured",
            "copy loaders.example.toml to loaders.toml, or set LOADERS_… variables",
        )
    if not file.is_file():
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077 and _has_secrets(file):
        yield Finding(
            AREA,
            "warn",
            f"{file} has mode {mode:04o}: others may read the secrets in it",
            f"chmod 600 {file}, or give them by the environment",
        )


def _has_secrets(file: Path) -> bool:
    values = tomllib.loads(file.read_text())
    prometheus, mongo = values.get("prometheus", {}), values.get("mongo", {})
    given = [prometheus.get("password"), prometheus.get("bearer_token")]
    addresses = [prometheus.get("url", ""), mongo.get("uri", "")]
    has_login = any("@" in address for address in addresses)
    return has_login or any([*given, values.get("pseudonym_key")])
