"""dbt in a process that stays, so that builds need neither start nor parse anew.

Run as a module it reads a request a line, {"folder": …, "arguments": […]}, and answers
each with a line: the error that dbt ended with, or nothing.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dbt.cli.main import dbtRunner

ROOT = Path(__file__).parents[2]


class StandingDbt:
    """The process; folders that it builds hold the same project."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    def succeed(self, folder: Path, arguments: Sequence[str]) -> str:
        """Run dbt in a folder, which must succeed; returns what it said."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        request = {"folder": str(folder), "arguments": list(arguments)}
        said_before = self._log.stat().st_size
        process.stdin.write(f"{json.dumps(request)}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer == "\n", f"dbt {' '.join(arguments)} in {folder}: {answer}"
        return self._log.read_bytes()[said_before:].decode()


@contextmanager
def standing_dbt(folder: Path, variables: Mapping[str, str]) -> Iterator[StandingDbt]:
    """Start the process, which parses the project in a folder."""
    command = [sys.executable, "-m", "tests.pipeline.standing_dbt", str(folder)]
    path = folder / "standing.log"
    with (
        path.open("w") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield StandingDbt(process, path)
        assert process.stdin is not None
        process.stdin.close()


def main(folder: str) -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.chdir(folder)
    manifest = dbtRunner().invoke(["--quiet", "parse"]).result
    for line in sys.stdin:
        request = json.loads(line)
        os.chdir(request["folder"])
        runner = dbtRunner(manifest=manifest.deepcopy())  # type: ignore[union-attr]
        done = runner.invoke(request["arguments"])
        failed = [
            f"{one.node.name}: {one.message}"
            for one in getattr(done.result, "results", [])
            if one.status in ("error", "fail")
        ]
        answer = "" if done.success else f"{done.exception} {failed}"
        sys.stdout.flush()
        answers.write(f"{' '.join(answer.split())}\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
