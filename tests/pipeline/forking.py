"""Commands in forks of a process that has imported and parsed all they need.

So a command works from its first moment, and one that is killed at random is killed at
work. Run as a module it reads a request a line, {"folder", "program", "arguments",
"variables", "log", "kill_after"}, and answers with {"status", "seconds"}.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from dbt.cli.main import dbtRunner

from loaders.cli import app
from tests.pipeline.project import ROOT, Project


class Ended(NamedTuple):
    """How a command ended: its status, negative the signal, and what it said."""

    status: int
    seconds: float
    said: str

    @property
    def is_killed(self) -> bool:
        """Whether it was."""
        return self.status == -signal.SIGKILL


class Forking:
    """The process; projects that it works in hold the same models."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(
        self,
        project: Project,
        program: str,
        arguments: Sequence[str],
        *,
        kill_after: float | None = None,
    ) -> Ended:
        """Run `loaders` or `dbt`; kill it after so many seconds, if it still runs."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        log = project.folder / "forked.log"
        request = {
            "folder": str(project.folder),
            "program": program,
            "arguments": list(arguments),
            "variables": project.variables,
            "log": str(log),
            "kill_after": kill_after,
        }
        process.stdin.write(f"{json.dumps(request)}\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        said = log.read_text(errors="replace")
        return Ended(answer["status"], answer["seconds"], said)

    def succeed(
        self, project: Project, program: str, arguments: Sequence[str]
    ) -> Ended:
        """Run a command, which must succeed."""
        ended = self.run(project, program, arguments)
        assert ended.status == 0, f"{program} {arguments}: {ended.said[-4000:]}"
        return ended


@contextmanager
def forking(parsed: Project) -> Iterator[Forking]:
    """Start the process, which parses the project in a folder."""
    command = [sys.executable, "-m", "tests.pipeline.forking", str(parsed.folder)]
    with (
        (parsed.folder / "forking.log").open("w") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=parsed.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Forking(process)
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
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _work(request, manifest)
        status = _end_of(child, request["kill_after"])
        seconds = time.monotonic() - began
        answers.write(f"{json.dumps({'status': status, 'seconds': seconds})}\n")
        answers.flush()


def _end_of(child: int, kill_after: float | None) -> int:
    """The status of a fork, which is killed in its time."""
    until = None if kill_after is None else time.monotonic() + kill_after
    while until is not None and time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    if until is not None:
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _work(request: Mapping[str, Any], manifest: Any) -> None:
    """Do what is asked, and end this fork."""
    status = 3
    try:
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["variables"])
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log, stream.fileno())
        if request["program"] == "loaders":
            app(request["arguments"])
        else:
            runner = dbtRunner(manifest=manifest)
            status = 0 if runner.invoke(request["arguments"]).success else 1
    except SystemExit as ending:
        status = int(ending.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
