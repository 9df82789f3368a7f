"""The models run in memory, as SQL that dbt compiled: a build takes parts of a second.

Only what dbt does around the SELECTs is done here instead: tables are made anew,
durable ones lose what vanished and take what was computed, and a build is noted.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from tests.pipeline.project import Project, Row

BUILT = ("table", "incremental")
RECORD_BUILD = """
insert into raw_builds (
    change_id, factor_change_id, pulled_until, built_at, pulled_from
)
select distinct change_id, factor_change_id, pulled_until, 0, pulled_from
from int_slots_due
where true
on conflict (change_id, factor_change_id, pulled_until) do update
set pulled_from = excluded.pulled_from
"""


class Model(NamedTuple):
    """A model that is a table: its SELECT; if durable its key and what it loses."""

    name: str
    select: str
    indexes: Sequence[Mapping[str, Any]]
    key: Sequence[str]
    replaces: Mapping[str, str]


class Compiled(NamedTuple):
    """A built database, the models that are tables in their order, and the gates."""

    database: Path
    models: Sequence[Model]
    gates: Mapping[str, str]


def compiled(project: Project) -> Compiled:
    """What dbt makes of models and gates for a database that it has built before."""
    project.keep_records()
    project.succeed("compile")
    manifest = json.loads((project.folder / "target" / "manifest.json").read_text())
    folder = (
        project.folder / "target" / "compiled" / manifest["metadata"]["project_name"]
    )
    nodes = manifest["nodes"]
    graph = {one: nodes[one]["depends_on"].get("nodes", []) for one in nodes}
    chosen = [
        node
        for one in TopologicalSorter(graph).static_order()
        if (node := nodes.get(one)) is not None
        and node["resource_type"] == "model"
        and node["config"]["materialized"] in BUILT
        and "ai_usage" not in node["path"]
    ]
    gates = {
        node["name"]: (folder / node["original_file_path"]).read_text()
        for node in nodes.values()
        if node["resource_type"] == "test"
        and node["config"]["severity"].lower() == "error"
        and node["original_file_path"].startswith("tests/dbt/assert_")
        and "_ai_" not in node["name"]
    }
    return Compiled(
        project.database,
        [_model(node, (folder / node["original_file_path"])) for node in chosen],
        gates,
    )


def _model(node: Mapping[str, Any], path: Path) -> Model:
    config = node["config"]
    key = config.get("unique_key") or []
    return Model(
        node["name"],
        path.read_text(),
        config.get("indexes") or [],
        [key] if isinstance(key, str) else key,
        config.get("replaces") or {},
    )


class InMemory:
    """A copy of the built database in memory, to land in and to build.

    `work` counts thousands of steps that SQLite took for each model, gate and view.
    """

    def __init__(self, of: Compiled) -> None:
        self.models, self.gates = of.models, of.gates
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        source = sqlite3.connect(f"file:{of.database}?mode=ro", uri=True)
        source.backup(self.database)
        source.close()
        self.work: Counter[str] = Counter()
        self._worker = ""
        self.database.set_progress_handler(self._count, 1000)

    def build(self) -> None:
        """Compute all models anew; every gate must let them pass."""
        self.database.execute("begin")
        for model in self.models:
            self._build(model)
        self.database.execute(RECORD_BUILD)
        self.database.execute("commit")
        for name, select in self.gates.items():
            self._worker = name
            found = self.query(select)
            assert not found, f"{name}: {found[:5]}"

    def _count(self) -> None:
        self.work[self._worker] += 1

    def _build(self, model: Model) -> None:
        self._worker = model.name
        run = self.database.execute
        if not model.key:
            run(f"drop table {model.name}")
            run(f"create table {model.name} as {model.select}")
            for index in model.indexes:
                columns = ", ".join(index["columns"])
                run(f"create index {index['name']} on {model.name} ({columns})")
            return
        run(f"create temp table aside as {model.select}")
        columns = ", ".join(f'"{row[1]}"' for row in run("pragma table_info(aside)"))
        key = ", ".join(model.key)
        if model.replaces:
            due, column = model.replaces["due"], model.replaces["column"]
            gone = f"{column} in (select {column} from {due})"  # noqa: S608
        else:
            gone = f"({key}) in (select {key} from temp.aside)"  # noqa: S608
        run(f"delete from {model.name} where {gone}")  # noqa: S608
        run(
            f"insert into {model.name} ({columns})"  # noqa: S608
            f" select {columns} from temp.aside"
        )
        run("drop table temp.aside")

    def show(self) -> None:
        """Read every row of every view that users read."""
        found = self.query("select name from sqlite_schema where name glob 'v_*'")
        for view in found:
            self._worker = view["name"]
            self.query(f"select * from {view['name']}")  # noqa: S608

    def query(self, statement: str, *parameters: object) -> list[Row]:
        """Rows of a statement, by column."""
        cursor = self.database.execute(statement, parameters)
        names = [name for name, *_ in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def rows(self, relation: str) -> list[Row]:
        """All rows of a table or view, in the order of its first columns."""
        return self.query(f"select * from {relation} order by 1, 2")  # noqa: S608
