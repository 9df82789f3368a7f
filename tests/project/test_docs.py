"""The docs: Mermaid takes the ERD, and exposures name what is really read."""

import re
from typing import Any

import mermaidx
import pytest
import yaml

from tests.pipeline.project import ROOT

ERD = ROOT / "docs" / "erd.mmd"
EXPOSURES = ROOT / "models" / "reports" / "_reports__exposures.yml"
RELATION = re.compile(r"\b(?:v|dim|map|fact)_\w+\b|\bactive_workspace\b")


@pytest.fixture(scope="module")
def erd() -> str:
    return ERD.read_text()


@pytest.fixture(scope="module")
def exposures() -> dict[str, set[str]]:
    """What each exposure depends on."""
    content: Any = yaml.safe_load(EXPOSURES.read_text())
    return {
        one["name"]: {reference.split("'")[1] for reference in one["depends_on"]}
        for one in content["exposures"]
    }


def test_mermaid_draws_the_erd(erd: str) -> None:
    drawn = mermaidx.render(erd).svg()
    names = set(re.findall(r"^ +(?:[A-Z]+ )?(\w+)(?: [A-Z, ]+)?(?: {)?$", erd, re.M))
    assert len(names) > 40
    assert [name for name in names if f">{name}<" not in drawn] == []


def test_mermaid_refuses_a_mistake() -> None:
    mistake = "erDiagram\n dim_group {\n  TEXT group_name UNIQUE\n }\n"
    with pytest.raises(Exception, match="Parse error"):
        mermaidx.render(mistake).svg()


@pytest.mark.parametrize(
    ("exposure", "module"), [("exports", "export"), ("summary", "summary")]
)
def test_an_exposure_names_what_its_command_reads(
    exposures: dict[str, set[str]], exposure: str, module: str
) -> None:
    code = (ROOT / "loaders" / f"{module}.py").read_text()
    statements = re.findall(r"(?:from|join) (\w+)", code)
    read = {name for name in statements if RELATION.fullmatch(name)}
    assert exposures[exposure] == read


def test_the_dashboard_names_what_its_pages_read(
    exposures: dict[str, set[str]],
) -> None:
    pages: list[Any] = [
        page
        for file in sorted((ROOT / "web" / "dashboards").glob("*.yml"))
        for page in yaml.safe_load(file.read_text())["plugins"][
            "datasette-dashboards"
        ].values()
    ]
    queries = [
        *(chart["query"] for page in pages for chart in page["charts"].values()),
        *(page["names"] for page in pages if "names" in page),
        (ROOT / "serving" / "pages.py").read_text(),
    ]
    assert len(queries) > 30
    reports = {name for query in queries for name in re.findall(r"{(\w+)}", query)}
    for report in reports:
        file = ROOT / "analyses" / f"{report}.sql"
        if file.exists():
            queries.append(" ".join(re.findall(r"ref\('(\w+)'\)", file.read_text())))
    read = {name for query in queries for name in RELATION.findall(query)}
    assert exposures["dashboard"] == read


def test_the_docs_site_has_the_tables_of_the_erd(
    exposures: dict[str, set[str]], erd: str
) -> None:
    assert exposures["docs_site"] == set(re.findall(r"^ +(\w+) {$", erd, re.M))
