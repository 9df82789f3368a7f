"""Single scrapes of irregular half-hours, asked of a Prometheus server.

Irregular is a half-hour in which a counter was reset, the boot time of a host moved or
one of its targets took the place of another: values at its ends cannot tell what was
spent in it. Which they are the server says; their scrapes land as they are.
"""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator

from loaders.http import Server
from loaders.redaction import holds_address
from loaders.rows import HALF_HOUR, Sample, Series, Window
from loaders.settings import PrometheusSettings
from loaders.sources.prometheus import (
    Reading,
    TooMuch,
    ask,
    ask_range,
    refuse_other_times,
    sample_rows,
)
from loaders.sources.prometheus_labels import label_text
from loaders.texts import landable

HOSTS_AT_ONCE = 10
LOOK_BACK_SECONDS = 35 * 60


def irregular_query(selector: str, host_label: str) -> str:
    """PromQL that has a value per host whose last half-hour is irregular.

    The boot time is compared over an hour, so that a reboot between the last scrape
    before the half-hour and the first one in it counts. `iowait` steps back without a
    reset, and is not asked.
    """
    boot = f"node_boot_time_seconds{{{selector}}}"
    cpu = f'node_cpu_seconds_total{{mode!="iowait",{selector}}}'
    by = f"by ({host_label})"
    return (
        f"max {by} (max_over_time({boot}[1h])) - min {by} (min_over_time({boot}[1h]))"
        f" > 30 or max {by} (resets({cpu}[30m])) > 0"
        f" or count {by} (last_over_time({boot}[30m])) > count {by} ({boot})"
    )


def fetch_scrapes(
    server: Server, settings: PrometheusSettings, window: Window, reading: Reading
) -> Iterator[Sample]:
    """Yield the scrapes of irregular half-hours that end in `window`, by core.

    Once they are read, `reading.irregular` has a sample of 1 for each host and end of
    such a half-hour. One whose scrapes are too much for the server even for one host
    is left out, as a finding. Raises TooMuch when the window must be smaller,
    SourceError.
    """
    label = settings.labels.host
    query = irregular_query(settings.selector, label)
    hosts_by_end: defaultdict[int, list[str]] = defaultdict(list)
    irregular = ask_range(server, query, window, HALF_HOUR).data.result
    refuse_other_times(server, irregular, window)
    for series in irregular:
        host = series.metric.get(label)
        if not host or host != landable(host) or holds_address(host):
            continue
        for ts, _ in series.values:
            hosts_by_end[round(ts)].append(host)
    for end, hosts in sorted(hosts_by_end.items()):
        for together in _batches(hosts):
            yield from _scrapes_of(server, settings, end, together, reading)


def _batches(hosts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(hosts), HOSTS_AT_ONCE):
        yield hosts[start : start + HOSTS_AT_ONCE]


def _scrapes_of(
    server: Server,
    settings: PrometheusSettings,
    end: int,
    hosts: list[str],
    reading: Reading,
) -> Iterator[Sample]:
    """Yield the scrapes of `hosts` in the half-hour before `end`, halving `hosts`."""
    label = settings.labels.host
    one_of = json.dumps("|".join(map(re.escape, hosts)), ensure_ascii=False)
    nodes = f"{{{label}=~{one_of},{settings.selector}}}[{LOOK_BACK_SECONDS}s]"
    try:
        answers = {
            metric: ask(
                server, "/api/v1/query", {"query": f"{name}{nodes}", "time": end}
            )
            for metric, name in (
                ("scraped_boot_time_seconds", "node_boot_time_seconds"),
                ("scraped_cpu_seconds", "node_cpu_seconds_total"),
            )
        }
    except TooMuch as error:
        if error.is_of_state:
            raise
        if len(hosts) == 1:
            reading.findings.append(f"{error}: scrapes of {hosts[0]} are missing")
            return
        for half in (hosts[: len(hosts) // 2], hosts[len(hosts) // 2 :]):
            yield from _scrapes_of(server, settings, end, half, reading)
        return
    looked_at = Window(end - LOOK_BACK_SECONDS, end)
    for metric, answer in answers.items():
        result = answer.data.result
        refuse_other_times(server, result, looked_at, step=None)
        for series in result:
            # rounded up, a scrape stays within (start, end] of its half-hour
            series.values = [(math.ceil(ts), value) for ts, value in series.values]
        yield from sample_rows(metric, result, settings.labels, reading)
    for host in hosts:
        labels = label_text({label: host})
        reading.irregular.append(Sample(Series("irregular", "", labels), end, 1.0))
