"""`loaders check`: whether a pull and a build would find all they need."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from loaders.backup import BackupFailed
from loaders.checks.ai_usage import check_ai_usage
from loaders.checks.carbon_intensity import check_carbon_intensity
from loaders.checks.database import check_database
from loaders.checks.findings import Finding
from loaders.checks.mongo import check_mongo
from loaders.checks.prometheus import check_prometheus
from loaders.checks.settings import check_settings
from loaders.configured import configured_sources
from loaders.lock import BUSY, Busy, writing
from loaders.redaction import Redaction, secrets_of
from loaders.remedies import explained
from loaders.rows import Source
from loaders.settings import (
    ExposedSecrets,
    InvalidSettings,
    Settings,
    database_path,
    read_settings,
)
from loaders.texts import printable
from loaders.upgrade import UpgradeFailed, upgrade

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def check(
    db: Annotated[
        Path | None, typer.Option(help="The database; else that of USAGE_DB.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings; else the file of LOADERS_CONFIG or loaders.toml."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead.")
    ] = False,
    upgrade_first: Annotated[
        bool,
        typer.Option(
            "--upgrade", help="Bring the database to the newest version first."
        ),
    ] = False,
) -> None:
    """Look at settings, sources and database; writes nothing without --upgrade."""
    path = db or database_path()
    if upgrade_first:
        _upgrade(path, config)
    found = []
    for finding in _findings(path, config):
        found.append(finding)
        if not as_json:
            _show(finding)
    failed = any(finding.state == "fail" for finding in found)
    if as_json:
        described = {
            "is_well": not failed,
            "findings": [finding._asdict() for finding in found],
        }
        typer.echo(json.dumps(described, indent=2))
    if failed:
        raise typer.Exit(1)


def _findings(path: Path, config: Path | None) -> Iterator[Finding]:
    settings: Settings | None = None
    try:
        settings = read_settings(config)
    except InvalidSettings as error:
        said, remedy = str(error), "see loaders.example.toml"
        if isinstance(error, ExposedSecrets):
            said, _, remedy = said.rpartition(": ")
        yield Finding("settings", "fail", said, remedy)
    except OSError as error:
        said = f"the settings cannot be looked at: {error.strerror}"
        yield Finding("settings", "fail", said, "check --config or LOADERS_CONFIG")
    sources = [] if settings is None else configured_sources(settings)
    if settings is not None:
        yield from check_settings(sources)
        yield from _found_in_sources(settings, sources)
    yield from check_database(path, has_sources=bool(sources))


def _found_in_sources(
    settings: Settings, sources: Sequence[Source]
) -> Iterator[Finding]:
    """What the servers say, without secrets and addresses that they may echo."""
    redact = Redaction(secrets_of(settings), "", None).of
    found: list[Iterator[Finding]] = []
    if "prometheus" in sources:
        found.append(check_prometheus(settings.prometheus, redact))
    if "carbon-intensity" in sources:
        found.append(check_carbon_intensity(settings.carbon_intensity, redact))
    if "mongo" in sources:
        found.append(check_mongo(settings.mongo))
    if "ai-usage" in sources:
        found.append(check_ai_usage(settings.ai_usage))
    for finding in chain.from_iterable(found):
        yield finding._replace(said=printable(redact(finding.said)))


def _show(finding: Finding) -> None:
    """A line: state, area, what was found, and what to do about it."""
    console = Console(highlight=False)
    text = Text(f"{finding.state:<4}", style=COLOURS[finding.state])
    text.append(f"  {finding.area}: {finding.said}", style="default")
    if finding.remedy:
        text.append(f": {finding.remedy}", style="default")
    console.print(text, soft_wrap=True)


def _upgrade(path: Path, config: Path | None) -> None:
    if not path.is_file():
        _end(f"no database {path}: the first loaders pull makes it", 1)
    try:
        wait_seconds = read_settings(config).pull.lock_wait_seconds
        with writing(path, wait_seconds):
            done = upgrade(path)
    except InvalidSettings as error:
        _end(str(error), 2)
    except Busy as error:
        _end(str(error), BUSY)
    except (BackupFailed, UpgradeFailed) as error:
        _end(str(error), 1)
    except sqlite3.Error as error:
        _end(f"{path}: {explained(error)}", 1)
    except OSError as error:
        _end(f"{path}: {error.strerror}", 1)
    if done.saved is not None:
        typer.echo(f"{path}: the backup of version {done.before} is {done.saved}")
    was = "" if done.before == done.after else f", was {done.before}"
    typer.echo(f"{path}: version {done.after}{was}", err=True)


def _end(message: str, code: int) -> NoReturn:
    typer.echo(f"loaders: {message}", err=True)
    raise typer.Exit(code)
