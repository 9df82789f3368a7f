"""Whether the AI providers that have a key answer it."""

import time
from collections.abc import Iterator

from loaders.checks.findings import SECONDS_A_SOURCE, Finding
from loaders.errors import SourceError
from loaders.http import keep_nothing
from loaders.redaction import Redaction
from loaders.settings import AiUsageSettings
from loaders.sources.ai_usage import ask, read_keys, read_providers

AREA = "ai-usage"


def check_ai_usage(settings: AiUsageSettings) -> Iterator[Finding]:
    """Yield what is found out about each provider, by one question."""
    try:
        keys = read_keys(read_providers(settings.providers), settings.auth_file)
    except SourceError as error:
        said = str(error).removeprefix(f"{AREA}: ")
        yield Finding(AREA, "fail", said, "nothing is asked until then")
        return
    redaction = Redaction([key.secret for key in keys], "", None)
    deadline = time.monotonic() + SECONDS_A_SOURCE
    for key in keys:
        name = key.provider.provider_id
        try:
            ask(key, settings.timeout_seconds, deadline, keep_nothing, redaction.of)
        except SourceError as error:
            said = redaction.of(str(error)).removeprefix(f"{AREA}: ")
            yield Finding(AREA, "fail", f"{name}: {said}", "its usage is not known")
        else:
            yield Finding(AREA, "ok", f"{name} answers the key from {key.auth_source}")
