"""Builds with dbt, and what its own record of a build says of the time it took."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.pipeline.project import WITHOUT_UNIT_TESTS, Project

Seconds = Mapping[str, float]


@dataclass(frozen=True)
class Build:
    """Seconds of one build, by model and by test; `whole` is what one waits for."""

    models: Seconds
    gates: Seconds
    whole: float

    @property
    def model_seconds(self) -> float:
        """All models together, views too."""
        return sum(self.models.values())

    @property
    def gate_seconds(self) -> float:
        """All tests together: each can stop the facts."""
        return sum(self.gates.values())


def build(project: Project) -> Build:
    """Build a project with its tests. Raises RuntimeError when one fails."""
    began = time.perf_counter()
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [dbt, "--quiet", "build", *WITHOUT_UNIT_TESTS],
        cwd=project.folder,
        env=project.variables,
        capture_output=True,
        text=True,
    )
    whole = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-1000:])
    results = _results(project.folder / "target" / "run_results.json")
    return Build(_seconds(results, "model"), _seconds(results, "test"), whole)


def _results(path: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(path.read_text())["results"]
    return found


def _seconds(results: list[dict[str, str]], kind: str) -> Seconds:
    """Seconds by name, the slowest first."""
    found = {
        result["unique_id"].split(".")[2]: float(result["execution_time"])
        for result in results
        if result["unique_id"].startswith(f"{kind}.")
    }
    return dict(sorted(found.items(), key=lambda one: -one[1]))
