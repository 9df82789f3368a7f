"""`loaders check` beside real servers: what it finds, and that it only reads."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from loaders.checks.findings import clock_finding
from loaders.checks.mongo import check_mongo
from loaders.cli import app
from loaders.database import open_database
from loaders.ledger import start_run
from loaders.rows import HALF_HOUR
from loaders.settings import MongoSettings
from tests.loaders.answering import Question, Reply, answering
from tests.servers.carbon import CarbonServer, slot
from tests.servers.mongo import MongoServer, mongo_server
from tests.servers.prometheus import Scraped, openmetrics

LOADERS = Path(sys.executable).with_name("loaders")
DAY = 24 * 3600
COLLECTIONS = ("workspaces", "users", "groups", "hosts")
LABELS = {"instance": "10.0.0.1:9100", "cloud_project_name": "P", "machine_name": "M"}


class Checked(NamedTuple):
    """What the command found: state and text of each area's findings."""

    code: int
    findings: dict[str, list[tuple[str, str]]]

    def states(self, area: str) -> set[str]:
        return {state for state, _ in self.findings.get(area, [])}

    def lines(self, area: str, state: str) -> list[str]:
        return [said for found, said in self.findings.get(area, []) if found == state]


Check = Callable[..., Checked]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """`check(prometheus__url=…)` runs the command in an empty folder."""

    def run(**settings: str) -> Checked:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LOADERS_")}
        given = {f"LOADERS_{key.upper()}": value for key, value in settings.items()}
        done = subprocess.run(
            [LOADERS, "check", "--json"],
            cwd=tmp_path,
            env={**kept, **given, "USAGE_DB": "usage.db"},
            capture_output=True,
            text=True,
        )
        assert done.stderr == "", done.stderr
        told = json.loads(done.stdout)
        assert told["is_well"] == (done.returncode == 0)
        findings: dict[str, list[tuple[str, str]]] = {}
        for one in told["findings"]:
            assert one["remedy"] or one["state"] == "ok", one
            pair = (one["state"], f"{one['said']}: {one['remedy']}".rstrip(": "))
            findings.setdefault(one["area"], []).append(pair)
        return Checked(done.returncode, findings)

    return run


def scraped(
    labels: dict[str, str], step: int = 60, metrics: str = "boot cpu"
) -> Iterator[Scraped]:
    """A target from an hour ago to an hour ahead.

    However late it is asked, and it is asked at a whole second, the half-hour before
    holds the same number of scrapes.
    """
    now = int(time.time()) + 0.5
    times = [now + after for after in range(-3600, 3601, step)]
    if "boot" in metrics:
        yield Scraped("node_boot_time_seconds", labels, [(at, 1.0) for at in times])
    if "cpu" in metrics:
        cpu = {**labels, "cpu": "0", "mode": "idle"}
        counted = [(at, float(at - times[0])) for at in times]
        yield Scraped("node_cpu_seconds_total", cpu, counted)


def test_all_is_well_with_three_real_servers(
    check: Check,
    tmp_path: Path,
    prometheus: Callable[..., str],
    carbon: CarbonServer,
    mongo: MongoServer,
) -> None:
    now = int(time.time()) // HALF_HOUR * HALF_HOUR
    carbon.slots.extend(
        slot(at, forecast=90, actual=100) for at in range(now - 15 * DAY, now, 1800)
    )
    mongo.write("ada", **{name: [{"name": "x"}] for name in COLLECTIONS})
    url = prometheus(openmetrics(scraped(LABELS)))
    open_database(tmp_path / "usage.db").close()
    with closing(sqlite3.connect(tmp_path / "usage.db")) as database:
        before = list(database.iterdump())

    found = check(
        prometheus__url=url,
        carbon_intensity__url=carbon.url,
        mongo__uri=mongo.uri,
        mongo__database="ada",
    )

    assert found.code == 0
    sources = "prometheus, carbon-intensity, mongo"
    assert found.findings["settings"] == [("ok", f"valid, configured are {sources}")]
    assert found.states("prometheus") == {"ok"}, found
    said = "\n".join(found.lines("prometheus", "ok"))
    for part in (
        *("version 2.", "keeps its samples for 36500 d", "its clock agrees"),
        *("1 targets with a boot time, 1 with CPU counters", "about every 60 s"),
        *("the label instance (host)", "the label machine_name (machine)"),
    ):
        assert part in said
    assert found.states("carbon-intensity") == {"ok"}, found
    assert found.lines("carbon-intensity", "ok")[0].startswith(f"{carbon.url} answers ")
    assert len(carbon.requests) == 1
    assert found.lines("mongo", "warn") == [
        "reads without a login, so anyone can: have the server ask for one, and give"
        " it in mongo.uri"
    ]
    assert "workspaces can be read" in found.lines("mongo", "ok")
    assert found.states("database") == {"ok"}, found
    with closing(sqlite3.connect(tmp_path / "usage.db")) as database:
        assert list(database.iterdump()) == before


def test_what_series_lack_is_counted(
    check: Check, prometheus: Callable[..., str]
) -> None:
    series = [
        *scraped(LABELS, step=120),
        *scraped({"instance": "10.0.0.2:9100"}, step=120),
        *scraped({"address": "10.0.0.3:9100"}, step=120, metrics="boot"),
    ]
    found = check(
        prometheus__url=prometheus(openmetrics(series)), prometheus__labels__user="who"
    )
    assert found.code == 0
    warned = "\n".join(found.lines("prometheus", "warn"))
    for part in (
        "2 of 3 targets lack the label cloud_project_name (project): relabel them",
        "2 of 3 targets lack the label machine_name (machine)",
        "3 of 3 targets lack the label who (user)",
        "3 targets with a boot time, 2 with CPU counters",
    ):
        assert part in warned
    assert "about every 120 s" in "\n".join(found.lines("prometheus", "ok"))


def test_labels_that_no_series_has_fail(
    check: Check, prometheus: Callable[..., str]
) -> None:
    url = prometheus(openmetrics(scraped(LABELS, metrics="boot")))
    found = check(prometheus__url=url, prometheus__labels__host="nodename")
    assert found.code == 1
    assert [line.split(":")[0] for line in found.lines("prometheus", "fail")] == [
        "1 targets with a boot time, 0 with CPU counters",
        "1 of 1 targets lack the label nodename (host)",
    ]
    found = check(prometheus__url=url, prometheus__selector='job="other"')
    assert found.code == 1
    [failed] = found.lines("prometheus", "fail")
    assert failed.startswith("no series of node_boot_time_seconds in the last half-ho")


def test_the_interval_is_held_against_the_project(
    check: Check, prometheus: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars:\n  scrape_interval_seconds: 15\n")
    found = check(prometheus__url=prometheus(openmetrics(scraped(LABELS))))
    [warned] = found.lines("prometheus", "warn")
    assert warned.startswith("scrapes about every 60 s, but scrape_interval_seconds is")


def test_sources_that_cannot_be_reached_fail_each_with_its_reason(
    check: Check, carbon: CarbonServer
) -> None:
    carbon.answer_next(403, times=9)
    found = check(
        prometheus__url="http://127.0.0.1:9",
        carbon_intensity__url=carbon.url,
        mongo__uri="mongodb://127.0.0.1:9/?directConnection=true",
        mongo__database="ada",
        mongo__timeout_seconds="1",
    )
    assert found.code == 1
    for area, said in (
        ("prometheus", "http://127.0.0.1:9: no connection: Connection refused"),
        ("carbon-intensity", f"{carbon.url}: 403 Forbidden"),
        ("mongo", "no connection: 127.0.0.1:9"),
    ):
        [failed] = found.lines(area, "fail")
        assert failed.startswith(said)


def test_wrong_credentials_are_told_without_a_secret(check: Check) -> None:
    refusal = Reply(401, "", {"Date": formatdate(usegmt=True)})
    with (
        answering(lambda question: refusal) as url,
        mongo_server("ada", "right") as one,
    ):
        found = check(
            prometheus__url=url,
            prometheus__bearer_token="s3cret",
            mongo__uri=one.uri.replace("right", "wr0ng"),
            mongo__database="ada",
        )
    assert found.code == 1
    assert "401 Unauthorized" in found.lines("prometheus", "fail")[0]
    assert "check user and password in mongo.uri" in found.lines("mongo", "fail")[0]
    assert "s3cret" not in str(found) and "wr0ng" not in str(found)


@pytest.mark.parametrize("status", [200, 400])
def test_what_a_server_echoes_is_told_without_secrets_and_addresses(
    check: Check, status: int
) -> None:
    def reply(question: Question) -> Reply:
        login = question.headers.get("Authorization", "")
        words = f"bad auth {login} contact bob@example.org \x1b[2J"
        told = {"status": "error", "errorType": "bad_data", "error": words}
        data = {"version": f"2.10 {words}", "result": []}
        version = {"status": "success", "data": data}
        return Reply(status, json.dumps(version if status == 200 else told))

    with answering(reply) as url:
        found = check(
            prometheus__url=url,
            prometheus__bearer_token="s3cr3t-token",
            carbon_intensity__url=url,
        )
    lines = found.lines("prometheus", "fail") + found.lines("prometheus", "warn")
    assert any("bad auth Bearer (secret) contact (e-mail)" in line for line in lines)
    assert not [word for word in ("s3cr3t", "bob@", "\x1b") if word in str(found)]


def test_an_account_that_may_write_is_warned_of() -> None:
    with mongo_server("ada", "right") as server:
        server.write("ada", users=[{"name": "x"}])
        read = {"role": "read", "db": "ada"}
        server.client.admin.command("createUser", "ro", pwd="p", roles=[read])
        for login, state, said in (
            ("ada:right", "warn", "the account may write"),
            ("ro:p", "ok", "the account can only read"),
        ):
            uri = server.uri.replace("ada:right", login)
            settings = MongoSettings.model_validate({"uri": uri, "database": "ada"})
            found = [(one.state, one.said) for one in check_mongo(settings)]
            assert found[-1] == (state, said)
            assert ("warn", "no collection hosts in ada") in found
            assert ("ok", "users can be read") in found


@pytest.mark.parametrize(("skew", "way"), [(-120, "behind"), (120, "ahead of")])
def test_clocks_that_differ_are_warned_of(check: Check, skew: int, way: str) -> None:
    now = int(time.time()) // HALF_HOUR * HALF_HOUR
    body = json.dumps({"data": [slot(now - HALF_HOUR, actual=1)]})

    def reply(question: Question) -> Reply:
        return Reply(body=body, headers={"Date": formatdate(time.time() + skew)})

    with answering(reply) as url:
        found = check(carbon_intensity__url=url)
    assert found.code == 0
    [warned] = found.lines("carbon-intensity", "warn")
    assert warned.endswith(
        f" s {way} this machine's: synchronise both by NTP: hours are cut by these"
        " clocks"
    )


@pytest.mark.parametrize(
    ("skew", "state"),
    [(29, "ok"), (-29, "ok"), (31, "warn"), (-31, "warn"), (None, "warn")],
)
def test_half_a_minute_is_no_difference(skew: float | None, state: str) -> None:
    assert clock_finding("x", skew).state == state


def test_old_intensities_are_warned_of(check: Check, carbon: CarbonServer) -> None:
    now = int(time.time()) // HALF_HOUR * HALF_HOUR
    carbon.slots.append(slot(now - HALF_HOUR, forecast=100, actual=None))
    carbon.slots.append(slot(now - 10 * HALF_HOUR, forecast=100, actual=100))
    found = check(carbon_intensity__url=carbon.url)
    assert found.code == 0
    [warned] = found.lines("carbon-intensity", "warn")
    # the half-hour may have ended meanwhile
    told = r"its newest actual intensity is 5 h( 30 min)? old: wait: the forecast"
    assert re.match(told, warned)


def test_a_database_that_is_missing_or_open_to_others_is_warned_of(
    check: Check, tmp_path: Path
) -> None:
    found = check()
    assert found.code == 0
    assert found.lines("database", "warn") == [
        "no database usage.db: the first loaders pull makes it"
    ]
    assert not (tmp_path / "usage.db").exists()
    open_database(tmp_path / "usage.db").close()
    (tmp_path / "usage.db").chmod(0o640)
    assert check().lines("database", "warn") == [
        "usage.db has mode 0640: others may read or write it: chmod 600 usage.db*"
    ]


def test_a_lock_that_cannot_be_opened_fails(check: Check, tmp_path: Path) -> None:
    open_database(tmp_path / "usage.db").close()
    lock = tmp_path / "usage.db.lock"
    lock.touch(mode=0o600)
    assert check().code == 0
    lock.unlink()
    lock.mkdir()
    [failed] = check().lines("database", "fail")
    assert failed == (
        f"the lock {lock} cannot be opened (Is a directory): give it to the user who"
        " pulls, or delete it while nothing runs"
    )


def test_a_place_that_cannot_be_looked_at_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / ("x" * 300)
    for name in [name for name in os.environ if name.startswith("LOADERS_")]:
        monkeypatch.delenv(name)
    done = CliRunner().invoke(
        app, ["check", "--json", "--db", str(place), "--config", str(place)]
    )
    assert done.exit_code == 1
    found = json.loads(done.stdout)["findings"]
    assert {(one["area"], one["state"]) for one in found} >= {
        ("settings", "fail"),
        ("database", "fail"),
    }
    assert any("File name too long" in one["said"] for one in found)


def test_a_file_in_which_nothing_landed_is_no_broken_one(
    check: Check, tmp_path: Path
) -> None:
    path = tmp_path / "usage.db"
    path.touch(mode=0o600)
    unused = [
        "nothing has landed in usage.db yet: loaders pull, then dbt build; or"
        " check USAGE_DB"
    ]
    assert (check().code, check().lines("database", "warn")) == (0, unused)
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table machine_power (machine_name text)")
    assert (check().code, check().lines("database", "warn")) == (0, unused)
    assert check().states("database") == {"ok", "warn"}


def test_a_database_that_is_broken_newer_or_simulated_fails(
    check: Check, tmp_path: Path
) -> None:
    path = tmp_path / "usage.db"
    with closing(open_database(path)) as database:
        start_run(database, "mongo", None, is_simulated=True)
        assert check().code == 0
        found = check(carbon_intensity__url="http://127.0.0.1:9")
        assert found.lines("database", "fail") == [
            "usage.db holds simulated rows, so nothing real can land in it: set"
            " USAGE_DB to another file"
        ]
        database.execute("pragma foreign_keys = off")
        database.execute("insert into raw_prometheus_samples values (1, 0, 0.0)")
        [failed] = check().lines("database", "fail")
        assert failed.startswith("foreign keys: rows of raw_prometheus_samples without")
        database.execute("pragma user_version = 99")
    [failed] = check().lines("database", "fail")
    assert failed.startswith("usage.db: made by a newer version (99)")
    assert failed.count("upgrade the loaders") == 1
    path.write_text("no database at all, but a text")
    [failed] = check().lines("database", "fail")
    assert failed.startswith("usage.db: file is not a database: restore a backup")


def test_settings_that_are_wrong_or_show_secrets(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "loaders.toml"
    file.write_text('[mongo]\nuri = "mongodb://a:b@c/"\ndatabase = "ada"\n')
    file.chmod(0o644)
    found = check(mongo__uri="mongodb://127.0.0.1:9/", mongo__timeout_seconds="0.1")
    assert found.code == 1
    assert found.lines("settings", "fail") == [
        "loaders.toml: has mode 0644, so others may read the secrets in it: chmod 600"
        " loaders.toml, or give them by the environment"
    ]
    assert found.findings["database"] and "mongo" not in found.findings
    file.write_text("[prometheus]\nurll = 1\n")
    found = check()
    assert found.code == 1
    [failed] = found.lines("settings", "fail")
    assert failed.startswith("loaders.toml: prometheus.urll: unknown key; known are")
    assert found.findings["database"]
