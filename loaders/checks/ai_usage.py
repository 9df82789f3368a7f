"""Whether the AI providers that have a key answer it."""

import time
from collections.abc import Iterator

from loaders.checks.findings import SECONDS_A_SOURCE, Finding
from loaders.errors import SourceError
from loaders.http import keep_nothing
from loaders.redaction import Redaction
from loaders.settings import AiUsageSettings
from loaders.sources.ai_usage import ask, read_keys, read_providers, refuse_none

AREA = "ai-usage"
UNKNOWN = "its usage is not known"


def check_ai_usage(settings: AiUsageSettings) -> Iterator[Finding]:
    """Yield what is found out about each provider, by one question."""
    try:
        providers = read_providers(settings.providers)
        keys = read_keys(providers, settings.auth_file)
        refuse_none(providers, keys)
    except SourceError as error:
        said = str(error).removeprefix(f"{AREA}: ")
        yield Finding(AREA, "fail", said, "nothing is asked until then")
        return
    for line in keys.findings:
        yield Finding(AREA, "fail", line.removeprefix(f"{AREA}: "), UNKNOWN)
    redaction = Redaction([key.secret for key in keys.usable], "", None)
    deadline = time.monotonic() + SECONDS_A_SOURCE
    for key in keys.usable:
        name = key.provider.provider_id
        try:
            ask(key, settings.timeout_seconds, deadline, keep_nothing, redaction.of)
        except SourceError as error:
            said = redaction.of(str(error)).removeprefix(f"{AREA}: ")
            yield Finding(AREA, "fail", f"{name}: {said}", UNKNOWN)
        else:
            yield Finding(AREA, "ok", f"{name} answers the key from {key.auth_source}")
