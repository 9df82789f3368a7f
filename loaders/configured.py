"""Which sources are configured, and by which key and variable."""

from typing import NamedTuple

from loaders.rows import Source
from loaders.settings import Settings


class Address(NamedTuple):
    """Where a source's address is set."""

    key: str
    variable: str


ADDRESSES: dict[Source, Address] = {
    "prometheus": Address("prometheus.url", "LOADERS_PROMETHEUS__URL"),
    "carbon-intensity": Address(
        "carbon_intensity.url", "LOADERS_CARBON_INTENSITY__URL"
    ),
    "mongo": Address("mongo.uri", "LOADERS_MONGO__URI"),
    "ai-usage": Address("ai_usage.providers", "LOADERS_AI_USAGE__PROVIDERS"),
}


def configured_sources(settings: Settings) -> list[Source]:
    """The sources that have an address, in the order in which they are pulled."""
    given: dict[Source, object] = {
        "prometheus": settings.prometheus.url,
        "carbon-intensity": settings.carbon_intensity.url,
        "mongo": settings.mongo.uri,
        "ai-usage": settings.ai_usage.providers,
    }
    return [source for source in ADDRESSES if given[source]]
