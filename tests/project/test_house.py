"""Rules of the house that dbt-bouncer has no check for."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 300
VAGUE_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "utils"}
TYPE_WORDS = re.compile(r"\b(bigint|boolean|double|integer|nullable|varchar)\b", re.I)

DEFINITION = re.compile(r"{%-? (macro|test|materialization) (\w+)([^%]*)-?%}")
ENGINE = re.compile(r"^((default|sqlite|duckdb|spark)__|sqlite_)")
OPENING_COMMENT = re.compile(r"\A\s*{#-?(.*?)-?#}", re.DOTALL)
DOC_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.DOTALL)

MACRO_FILES = sorted(
    [*ROOT.glob("macros/**/*.sql"), *ROOT.glob("tests/dbt/generic/*.sql")]
)
MODULES = sorted(
    file
    for folder in ("loaders", "serving", "web/plugins")
    for file in ROOT.glob(f"{folder}/**/*.py")
)


class Described(NamedTuple):
    """A model, seed, source or column of one; `blocks` are doc blocks in its text."""

    name: str
    text: str
    blocks: list[str]


@pytest.fixture(scope="session")
def manifest(parsed_target: Path) -> Any:
    """The project as dbt parses it, with the example profile and no database."""
    return json.loads((parsed_target / "manifest.json").read_text())


@pytest.fixture(scope="session")
def described(manifest: Any) -> list[Described]:
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    return [
        Described(part["name"], part["description"], part["doc_blocks"])
        for node in nodes
        if node["resource_type"] in ("model", "seed", "source")
        for part in [node, *node["columns"].values()]
    ]


def test_a_staging_model_is_named_for_its_folder_and_reads_its_source(
    manifest: Any,
) -> None:
    for model in _models(manifest, "models/staging/"):
        folder = Path(model["original_file_path"]).parent.name
        assert model["name"].startswith(f"stg_{folder}__")
        [read] = model["depends_on"]["nodes"]
        assert read.startswith(f"source.ada_carbon.{folder}."), model["name"]


def test_each_raw_table_has_one_staging_model(manifest: Any) -> None:
    reads = Counter(
        read
        for model in _models(manifest, "models/staging/")
        for read in model["depends_on"]["nodes"]
    )
    assert reads == dict.fromkeys(manifest["sources"], 1)


def test_tables_of_marts_are_durable_and_reports_are_views(manifest: Any) -> None:
    for model in _models(manifest, "models/marts/"):
        config = model["config"]
        is_durable = config["full_refresh"] is False and config["contract"]["enforced"]
        is_built = config["materialized"] == "incremental" and is_durable
        assert is_built or config["materialized"] == "view", model["name"]
    for model in _models(manifest, "models/reports/"):
        assert model["config"]["materialized"] == "view", model["name"]


def test_a_text_that_stands_three_times_is_a_doc_block(
    described: list[Described],
) -> None:
    literal = Counter(one.text for one in described if one.text and not one.blocks)
    assert [text for text, count in literal.items() if count > 2] == []


def test_each_doc_block_is_used(described: list[Described]) -> None:
    blocks = {
        f"doc.ada_carbon.{name}"
        for file in ROOT.glob("models/**/*.md")
        for name, _ in DOC_BLOCK.findall(file.read_text())
        if not name.startswith("__")
    }
    assert blocks == {block for one in described for block in one.blocks}


def test_no_description_gives_a_type(described: list[Described]) -> None:
    assert [one for one in described if TYPE_WORDS.search(one.text)] == []


@pytest.mark.parametrize("file", MACRO_FILES, ids=lambda file: file.stem)
def test_a_macro_file_holds_one_macro_and_its_engines_variants(file: Path) -> None:
    for kind, name, _ in _definitions(file):
        prefix = "materialization_" if kind == "materialization" else ""
        assert prefix + ENGINE.sub("", name) == file.stem


@pytest.mark.parametrize("file", MACRO_FILES, ids=lambda file: file.stem)
def test_a_macro_file_opens_with_its_purpose_and_arguments(file: Path) -> None:
    comment = OPENING_COMMENT.match(file.read_text())
    assert comment, "does not open with a comment"
    for kind, name, arguments in _definitions(file):
        # a variant takes what the macro that it stands for takes
        if kind == "materialization" or "__" in name:
            continue
        for argument in re.findall(r"[(,]\s*(\w+)", arguments):
            is_said = re.search(rf"\b{argument}\b[\w, ]*[:(]", comment[1])
            assert is_said or argument == "model", f"{argument} is not described"


@pytest.mark.parametrize(
    "file", MODULES, ids=lambda file: file.relative_to(ROOT).as_posix()
)
def test_a_module_is_short_and_named_for_what_it_holds(file: Path) -> None:
    lines = file.read_text().count("\n")
    assert lines < LONGEST_MODULE
    assert not set(file.stem.split("_")) & VAGUE_NAMES


def _models(manifest: Any, folder: str) -> Iterator[Any]:
    for node in manifest["nodes"].values():
        is_model = node["resource_type"] == "model"
        if is_model and node["original_file_path"].startswith(folder):
            yield node


def _definitions(file: Path) -> list[tuple[str, str, str]]:
    """Kind, name and arguments of what a macro file defines."""
    return DEFINITION.findall(file.read_text())
