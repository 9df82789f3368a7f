"""What is published of the dbt project in a folder: its marts and its reports.

`web/published.yml` names views whose rows are to be written out, and further indexes.
"""

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

LAYERS = (Path("models/marts"), Path("models/reports"))
SETTINGS = Path("web/published.yml")
KEYS = {"written_out", "indexes"}


class UnfitLayout(Exception):
    """A project or settings of which nothing can be published; says why in a line."""


class Layout(NamedTuple):
    """Relations to publish, views to write out as tables, columns to index."""

    relations: frozenset[str]
    written_out: frozenset[str]
    indexed: Mapping[str, list[list[str]]]

    def indexes(self, tables: Container[str]) -> Iterator[str]:
        """The statements that make the further indexes of these tables."""
        for table, wanted in self.indexed.items():
            for number, columns in enumerate(wanted if table in tables else []):
                listed = ", ".join(_quoted(column) for column in columns)
                name = _quoted(f"idx_published_{table}_{number}")
                yield f"create index {name} on {_quoted(table)} ({listed})"


def layout_of(project: Path) -> Layout:
    """What the project in a folder publishes. Raises UnfitLayout."""
    relations = frozenset(
        file.stem for layer in LAYERS for file in (project / layer).rglob("*.sql")
    )
    if not relations:
        raise UnfitLayout(f"no {LAYERS[0]} in {project.resolve()}: go to the project")
    file = project / SETTINGS
    try:
        settings: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UnfitLayout(f"{file}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise UnfitLayout(f"{file}: is not YAML: {_line(error)}") from None
    if not isinstance(settings, dict) or not settings.keys() <= KEYS:
        raise UnfitLayout(f"{file}: knows {' and '.join(sorted(KEYS))}")
    written_out = frozenset(settings.get("written_out") or [])
    indexed = settings.get("indexes") or {}
    for name in sorted((written_out | indexed.keys()) - relations):
        raise UnfitLayout(f"{file}: {name} is neither a mart nor a report")
    return Layout(relations, written_out, indexed)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
