"""The project as dbt parses it: once a run, for all that build or read it."""

from pathlib import Path

from filelock import FileLock

from tests.pipeline.project import Project


def parsed_once(folder: Path) -> Path:
    """A target folder that workers share, with partial_parse.msgpack and manifest."""
    place = folder / "parsed"
    with FileLock(folder / "parsed.lock"):
        if not place.exists():
            project = Project(folder / "parsed.part")
            project.keep_records()
            project.succeed("parse", "--no-partial-parse")
            project.folder.rename(place)
    return place / "target"
