"""What of the settings is kept to itself: Datasette shows all of its metadata."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from click import ClickException
from datasette.app import Datasette

SECRET = re.compile(r"(.*_)?(token|secret|password|password_hash|api_key)")
IN_FILE = "$file"
REFERENCES = ({"$env"}, {IN_FILE})
# who may log in and what they may do, and what plugins are told
OWN = re.compile(r"plugins|allow(_\w+)?")


def check_secrets(datasette: Datasette) -> None:
    """Refuse to begin with a secret that is written out. Raises ClickException."""
    for path in _written_out(datasette.metadata(), ()):
        raise ClickException(
            f"{'.'.join(path)} is written out, and pages would show it:"
            " {$env: NAME} or {$file: PATH} in its place"
        )


def check_files(content: Any) -> None:
    """Refuse settings that name a file which cannot be read. Raises ClickException."""
    parts = content.values() if isinstance(content, dict) else content
    if isinstance(content, dict) and content.keys() == {IN_FILE}:
        try:
            Path(str(content[IN_FILE])).read_text(encoding="utf-8")
        except OSError as error:
            raise ClickException(f"{error.filename}: {error.strerror}") from None
        except ValueError:
            raise ClickException(f"{content[IN_FILE]}: is no text") from None
    elif isinstance(parts, Collection) and not isinstance(parts, str):
        for one in parts:
            check_files(one)


def shown(metadata: Any) -> Any:
    """The metadata that pages and JSON may tell."""
    if isinstance(metadata, list):
        return [shown(one) for one in metadata]
    if not isinstance(metadata, dict):
        return metadata
    return {
        key: shown(value)
        for key, value in metadata.items()
        if not OWN.fullmatch(str(key))
    }


def _written_out(content: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of secrets that are no reference to where one is."""
    if isinstance(content, list):
        for number, one in enumerate(content, start=1):
            yield from _written_out(one, (*path, str(number)))
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        here = (*path, str(key))
        if not SECRET.fullmatch(str(key)):
            yield from _written_out(value, here)
        elif not isinstance(value, dict) or value.keys() not in REFERENCES:
            yield here
