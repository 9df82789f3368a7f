"""Whether the settings name something to pull."""

from collections.abc import Iterator, Sequence

from loaders.checks.findings import Finding
from loaders.rows import Source

AREA = "settings"


def check_settings(sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield what is found out about valid settings."""
    if sources:
        yield Finding(AREA, "ok", f"valid, configured are {', '.join(sources)}")
    else:
        yield Finding(
            AREA,
            "warn",
            "no source is configured",
            "copy loaders.example.toml to loaders.toml, or set LOADERS_… variables",
        )
