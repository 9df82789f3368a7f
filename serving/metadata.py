"""Metadata beside `web/metadata.yml`: a file a dashboard, and a site's settings."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from click import ClickException
from mergedeep import merge

from loaders.reports import PARAMETER, Report, query_sql, reports_of
from serving.secrets import check_files

PROJECT = Path()
DASHBOARDS = Path("web/dashboards")
VARIABLE = "WEB_SETTINGS"
# what stands for a parameter that a page leaves empty
WITH_DEFAULTS = {
    "from_ts": ":from_ts",
    "to_ts": "coalesce(nullif(:to_ts, ''), '~')",
    "top": "cast(coalesce(nullif(:top, ''), -1) as integer)",
    "provider": ":provider",
}


@cache
def served_reports() -> dict[str, Report]:
    """All reports of the project by name, as they were when the server began.

    Raises UnfitReport.
    """
    return {report.name: report for report in reports_of(PROJECT)}


@cache
def further_metadata() -> dict[str, Any]:
    """The files of dashboards and the one that WEB_SETTINGS names, as one.

    Raises ClickException.
    """
    own = os.environ.get(VARIABLE)
    files = [
        *sorted((PROJECT / DASHBOARDS).glob("*.yml")),
        *([Path(own)] if own else []),
    ]
    found: dict[str, Any] = {}
    merge(found, *map(_content, files))
    return found


@cache
def window_queries() -> dict[str, Any]:
    """The queries of `analyses`, for pages; who asks from outside asks the API.

    The API checks what it is given; a query would give no rows for a time that is none.
    """
    return {
        name: {
            "sql": PARAMETER.sub(_with_default, query_sql(report.query)),
            "description": report.description,
            "allow": False,
        }
        for name, report in served_reports().items()
        if report.query is not None
    }


def _with_default(parameter: re.Match[str]) -> str:
    return WITH_DEFAULTS[parameter[1]]


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ClickException(f"{file}: {error.strerror}") from None
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise ClickException(f"{file}: is not YAML: {line}") from None
    if not isinstance(content, dict):
        raise ClickException(f"{file}: holds no keys")
    check_files(content)
    return content
