"""What must hold of a database whatever befell those who wrote it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.pipeline.comparison import differences
from tests.pipeline.project import Project, Row

# when and in how many steps things were landed may differ
SEEN = ("landed_at", "first_seen_at", "deleted_seen_at")
SERIES = "select metric, mode, labels from raw_prometheus_series"
VALUES = (
    "select metric, mode, labels, ts, value from {}"
    " join raw_prometheus_series using (series_id)"
)
RAW = {
    SERIES: ("metric", "mode", "labels"),
    VALUES.format("raw_prometheus_samples"): ("metric", "mode", "labels", "ts"),
    VALUES.format("raw_prometheus_scrapes"): ("metric", "mode", "labels", "ts"),
    "select * from raw_prometheus_label_names": ("role",),
    "select * from raw_carbon_intensity": ("slot_at",),
    "select * from raw_mongo_workspaces": ("document_id",),
    "select * from raw_mongo_users": ("document_id",),
    "select * from raw_mongo_groups": ("document_id",),
    "select * from raw_mongo_hosts": ("document_id",),
}


def assert_sound(path: Path) -> None:
    """SQLite's own checks find nothing in a database."""
    with closing(sqlite3.connect(path, timeout=60)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []


def raw_differences(one: Project, other: Project) -> list[str]:
    """Where what was landed differs, but for ids and the time of landing."""
    lines = []
    for statement, keys in RAW.items():
        found, wanted = _landed(one, statement), _landed(other, statement)
        lines += differences(found, wanted, keys)
    return lines


def _landed(project: Project, statement: str) -> list[Row]:
    return [
        {column: value for column, value in row.items() if column not in SEEN}
        for row in project.query(statement)
    ]
