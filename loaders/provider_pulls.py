"""Pulls of AI providers: each that has a key is asked once."""

import time
from collections.abc import Sequence

from loaders.errors import OutOfTime, SourceError
from loaders.landing import record_window
from loaders.providers import land_key_sources
from loaders.redaction import Redaction
from loaders.rows import Window
from loaders.runs import Run
from loaders.settings import AiUsageSettings
from loaders.snapshots import Redact, keep_answer
from loaders.sources import ai_usage


def _without_keys(keys: Sequence[ai_usage.Key], redact: Redact) -> Redact:
    redaction = Redaction([key.secret for key in keys], "", None)
    return lambda text: redact(redaction.of(text))


def pull_providers(run: Run, settings: AiUsageSettings) -> None:
    """Ask each provider that has a key once; what one fails at the others do not."""
    now = int(time.time())
    moment = Window(now, now)
    findings: list[str] = []
    row_count = 0
    with run.attempt(moment):
        providers = ai_usage.read_providers(settings.providers)
        keys = ai_usage.read_keys(providers, settings.auth_file)
        land_key_sources(run.database, providers, keys.usable)
        ai_usage.refuse_none(providers, keys)
        findings += keys.findings
        run.redact = redact = _without_keys(keys.usable, run.redact)
        for key in keys.usable:
            provider_id = key.provider.provider_id

            def keep(status: int, body: str, _: bool, of: str = provider_id) -> None:
                # history is made of it: never cut as a good answer is
                keep_answer(run.database, of, status, body, is_odd=True, redact=redact)

            try:
                ai_usage.ask(key, settings.timeout_seconds, run.deadline, keep, redact)
            except OutOfTime:
                raise
            except SourceError as error:
                what = redact(str(error)).removeprefix("ai-usage: ")
                findings.append(f"ai-usage: {provider_id}: {what}")
            row_count += 1
        record_window(
            run.database,
            run.run_id,
            moment,
            "done",
            findings=findings,
            row_count=row_count,
        )
        run.landed("answers", row_count, findings, [])
