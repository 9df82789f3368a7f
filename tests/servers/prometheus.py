"""A real Prometheus that holds exactly the samples a test gives it."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import requests

from tests.servers.processes import free_port, program, running

REMEDY = "apt-get install prometheus"


class Scraped(NamedTuple):
    """One series: `samples` are (epoch seconds, value), ascending."""

    metric: str
    labels: Mapping[str, str]
    samples: Iterable[tuple[float, float]]


def openmetrics(series: Iterable[Scraped]) -> Iterator[str]:
    """Lines of OpenMetrics text. A metric named `…_total` is a counter."""
    by_metric = sorted(series, key=lambda one: one.metric)
    for metric, family in groupby(by_metric, key=lambda one: one.metric):
        name = metric.removesuffix("_total")
        yield f"# TYPE {name} {'gauge' if name == metric else 'counter'}\n"
        for one in family:
            labels = ",".join(f'{k}="{_escaped(v)}"' for k, v in one.labels.items())
            for at, value in one.samples:
                yield f"{metric}{{{labels}}} {value!r} {at}\n"
    yield "# EOF\n"


def _escaped(label_value: str) -> str:
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        label_value = label_value.replace(character, escape)
    return label_value


@contextmanager
def prometheus_from(lines: str | Iterable[str], *flags: str) -> Iterator[str]:
    """Serve OpenMetrics text; gives the server's URL.

    `flags` go to prometheus as they are, e.g. `--query.max-samples=1000` or
    `--web.config.file=…` (whose authentication the wait for readiness takes as ready).
    """
    promtool, prometheus = program("promtool", REMEDY), program("prometheus", REMEDY)
    with tempfile.TemporaryDirectory(prefix="prometheus-") as folder:
        text, data = Path(folder, "samples.txt"), Path(folder, "data")
        with text.open("w") as file:
            file.writelines([lines] if isinstance(lines, str) else lines)
        _create_blocks(promtool, text, data)
        configuration = Path(folder, "prometheus.yml")
        configuration.write_text("")
        port = free_port()
        command = [
            prometheus,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            *flags,
        ]
        url = f"http://127.0.0.1:{port}"
        with running(command, Path(folder, "log"), lambda: _is_ready(url)):
            yield url


def _create_blocks(promtool: str, text: Path, data: Path) -> None:
    created = subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)],
        capture_output=True,
        text=True,
        check=False,
    )
    if created.returncode != 0:
        raise ValueError(f"promtool refused the samples: {created.stderr.strip()}")


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=2).status_code in (200, 401)
    except requests.RequestException:
        return False
