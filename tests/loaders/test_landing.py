"""Landing: what is in the tables after, and what was noted as changed."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders import landing
from loaders import samples as sample_landing
from loaders.landing import (
    IntensitySlot,
    Sample,
    Series,
    User,
    Window,
    Workspace,
    finish_run,
    holds_real,
    holds_simulated,
    land_documents,
    land_intensity,
    land_label_names,
    land_samples,
    last_landed,
    open_database,
    record_window,
    start_run,
)
from loaders.transaction import transaction
from loaders.versions import take_over

SLOT = 1800
WINDOW = Window(0, 10 * SLOT)
IDLE = Series("cpu_seconds", "idle", '{"instance": "a:9100"}')
BOOT = Series("boot_time_seconds", "", '{"instance": "a:9100"}')


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path / "folder" / "usage.db")
    yield connection
    connection.close()


@pytest.fixture
def run_id(database: sqlite3.Connection) -> int:
    return start_run(database, "prometheus", WINDOW)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """`clock[0]` is what landing takes for the time."""
    now = [1_000_000]
    monkeypatch.setattr("loaders.landing.time.time", lambda: now[0])
    yield now


def rows(database: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return database.execute(f"select * from {table} order by 1, 2").fetchall()  # noqa: S608


def dump(database: sqlite3.Connection) -> list[str]:
    """Every raw row but the ledger's."""
    return [line for line in database.iterdump() if "raw_pull_" not in line]


def spans(database: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """The notes made since the last call, with the host where one is named."""
    found = database.execute(
        "select changed_from, changed_until, hostname from raw_changes"
        " order by change_id"
    ).fetchall()
    database.execute("delete from raw_changes")
    return [one if one[2] else one[:2] for one in found]


def slot(
    at: int, forecast: float | None = None, actual: float | None = None
) -> IntensitySlot:
    return IntensitySlot(slot_at=at * SLOT, forecast=forecast, actual=actual)


def workspace(document_id: str = "w", **fields: Any) -> Workspace:
    row: dict[str, Any] = {
        "document_id": document_id,
        "hostname": "host-172-16-100-50",
        "owner": "ada",
        "state": "CLAIMED",
        "tag": None,
        "created_time": 100,
        "acquired_time": None,
        "deleted_time": None,
        "users": "[]",
    }
    return Workspace(**{**row, **fields})  # type: ignore[typeddict-item]


def test_connection_waits_and_keeps_references(database: sqlite3.Connection) -> None:
    pragmas = ("journal_mode", "synchronous", "temp_store", "foreign_keys")
    found = [database.execute(f"pragma {name}").fetchone()[0] for name in pragmas]
    assert found == ["wal", 1, 2, 1]
    assert database.execute("pragma busy_timeout").fetchone()[0] == 60_000


def test_samples_are_landed_once_with_their_window(
    database: sqlite3.Connection, run_id: int
) -> None:
    samples = [Sample(IDLE, SLOT, 1.5), Sample(BOOT, SLOT, 7.0), Sample(IDLE, 0, 1.0)]
    assert land_samples(database, run_id, WINDOW, samples) == 3
    landed = database.execute(
        "select metric, mode, labels, ts, value from raw_prometheus_samples"
        " join raw_prometheus_series using (series_id) order by metric, ts"
    ).fetchall()
    assert landed == [(*BOOT, SLOT, 7.0), (*IDLE, 0, 1.0), (*IDLE, SLOT, 1.5)]
    window = database.execute(
        "select source, window_from, window_until, state, row_count, message"
        " from raw_pull_windows"
    ).fetchall()
    assert window == [("prometheus", *WINDOW, "done", 3, None)]


def test_landing_the_same_again_changes_no_row(
    database: sqlite3.Connection, run_id: int, clock: list[int]
) -> None:
    def land() -> None:
        land_samples(database, run_id, WINDOW, [Sample(IDLE, 0, 1.0)])
        land_intensity(database, run_id, WINDOW, [slot(1, 50, 60), slot(2)])
        documents = [workspace(), workspace("x", state="DELETED")]
        land_documents(database, run_id, "workspaces", documents, complete=True)
        land_label_names(database, {"host": "instance", "user": ""})

    land()
    before = dump(database)
    clock[0] += 60
    land()
    assert dump(database) == before


def test_only_changed_stretches_are_noted(
    database: sqlite3.Connection, run_id: int
) -> None:
    values = {at: float(at) for at in range(10)}

    def land() -> None:
        samples = [Sample(IDLE, at * SLOT, value) for at, value in values.items()]
        land_samples(database, run_id, WINDOW, samples)

    land()
    assert spans(database) == [(0, 9 * SLOT)]
    values.update({2: 0.5, 3: 0.5, 7: 0.5, 10: 10.0})
    land()
    assert spans(database) == [
        (2 * SLOT, 3 * SLOT),
        (7 * SLOT, 7 * SLOT),
        (10 * SLOT, 10 * SLOT),
    ]
    assert database.execute(
        "select value from raw_prometheus_samples where ts = ?", (3 * SLOT,)
    ).fetchone() == (0.5,)


def test_two_targets_of_one_host_both_land(
    database: sqlite3.Connection, run_id: int
) -> None:
    other = IDLE._replace(labels='{"instance": "a:9100", "job": "second"}')
    land_samples(
        database, run_id, WINDOW, [Sample(IDLE, 0, 1.0), Sample(other, 0, 2.0)]
    )
    assert len(rows(database, "raw_prometheus_samples")) == 2


SAMPLES = st.dictionaries(
    st.tuples(st.sampled_from([IDLE, BOOT]), st.integers(0, 40)),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    max_size=30,
)


@settings(deadline=None)
@given(SAMPLES, st.randoms(), st.integers(1, 7), st.integers(1, 4))
def test_order_and_cutting_do_not_matter(
    samples: dict[tuple[Series, int], float], random: Any, size: int, windows: int
) -> None:
    given_once = [
        Sample(series, at * SLOT, value) for (series, at), value in samples.items()
    ]
    shuffled = random.sample(given_once, len(given_once))
    parts = [shuffled[start::windows] for start in range(windows)]
    expected, changed = landed_samples([given_once], size=1000)
    assert landed_samples(parts, size=size) == (expected, changed)
    assert len(expected) == len(samples)
    assert changed == {sample.ts for sample in given_once}


def landed_samples(
    parts: Sequence[Iterable[Sample]], *, size: int
) -> tuple[list[tuple[Any, ...]], set[int]]:
    """The samples in a new database and the instants its notes cover."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    take_over(database)
    run_id = start_run(database, "prometheus", WINDOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_landing, "SAMPLES_A_TRANSACTION", size)
        for part in parts:
            land_samples(database, run_id, WINDOW, part)
    found = database.execute(
        "select metric, mode, labels, ts, value from raw_prometheus_samples"
        " join raw_prometheus_series using (series_id) order by 1, 2, 3, 4"
    ).fetchall()
    notes = database.execute("select changed_from, changed_until from raw_changes")
    changed = {at for begin, end in notes for at in range(begin, end + 1, SLOT)}
    database.close()
    return found, changed


def test_a_window_that_breaks_keeps_whole_parts_and_has_no_entry(
    database: sqlite3.Connection, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_landing, "SAMPLES_A_TRANSACTION", 2)

    def broken() -> Iterator[Sample]:
        for at in range(5):
            yield Sample(IDLE, at * SLOT, 1.0)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        land_samples(database, run_id, WINDOW, broken())
    landed = len(rows(database, "raw_prometheus_samples"))
    assert landed in (2, 4)
    assert spans(database)[-1] == ((landed - 2) * SLOT, (landed - 1) * SLOT)
    assert rows(database, "raw_pull_windows") == []


def test_a_refused_row_leaves_nothing_of_its_part(
    database: sqlite3.Connection, run_id: int
) -> None:
    samples = [Sample(IDLE, 0, 1.0), Sample(IDLE, SLOT, float("nan"))]
    with pytest.raises(sqlite3.IntegrityError):
        land_samples(database, run_id, WINDOW, samples)
    for table in ("samples", "series"):
        assert rows(database, f"raw_prometheus_{table}") == []
    assert spans(database) == []


def test_findings_made_while_reading_make_the_window_partial(
    database: sqlite3.Connection, run_id: int
) -> None:
    findings: list[str] = []

    def reading() -> Iterator[Sample]:
        yield Sample(IDLE, 0, 1.0)
        findings.append("one value left out")

    land_samples(database, run_id, WINDOW, reading(), findings=findings)
    entry = database.execute("select state, message from raw_pull_windows").fetchone()
    assert entry == ("partial", "one value left out")


def test_intensity_is_never_forgotten(
    database: sqlite3.Connection, run_id: int
) -> None:
    land_intensity(database, run_id, WINDOW, [slot(1, 50), slot(2, 50), slot(3, 50)])
    assert spans(database) == [(SLOT, 3 * SLOT)]
    land_intensity(database, run_id, WINDOW, [slot(1, None, 60), slot(3, 55)])
    assert spans(database) == [(SLOT, SLOT), (3 * SLOT, 3 * SLOT)]
    land_intensity(database, run_id, WINDOW, [slot(1), slot(2), slot(3)])
    assert spans(database) == []
    land_intensity(database, run_id, WINDOW, [slot(1, 51)])
    assert spans(database) == [(SLOT, SLOT)]
    known = database.execute(
        "select slot_at, forecast, actual from raw_carbon_intensity"
    ).fetchall()
    assert known == [(SLOT, 51, 60), (2 * SLOT, 50, None), (3 * SLOT, 55, None)]


def test_a_workspace_is_noted_for_its_old_and_new_time(
    database: sqlite3.Connection, run_id: int
) -> None:
    def land(**fields: Any) -> list[tuple[int | None, int | None]]:
        documents = [workspace(**fields)]
        land_documents(database, run_id, "workspaces", documents, complete=True)
        return spans(database)

    assert land() == [(100, None)]
    assert land() == []
    assert land(acquired_time=150) == [(100, None)]
    assert land(acquired_time=150, deleted_time=900) == [(150, None)]
    assert land(acquired_time=120, deleted_time=800) == [(120, 900)]
    assert land(created_time=None, deleted_time=800) == [(None, 800)]


def test_a_deleted_workspace_without_time_ends_when_first_seen_so(
    database: sqlite3.Connection, run_id: int, clock: list[int]
) -> None:
    def seen_at(**fields: Any) -> int | None:
        documents = [workspace(**fields)]
        land_documents(database, run_id, "workspaces", documents, complete=True)
        found = database.execute("select deleted_seen_at from raw_mongo_workspaces")
        seen: int | None = found.fetchone()[0]
        return seen

    assert seen_at() is None
    clock[0] = 2_000_000
    assert seen_at(state="DELETED") == 2_000_000
    clock[0] = 3_000_000
    assert seen_at(state="DELETED", tag="t") == 2_000_000
    assert spans(database) == [(100, None), (100, None), (100, 2_000_000)]
    assert seen_at(state="CLAIMED") is None
    clock[0] = 4_000_000
    assert seen_at(state="DELETED") == 4_000_000


def test_a_vanished_document_is_kept_and_may_return(
    database: sqlite3.Connection, run_id: int, clock: list[int]
) -> None:
    def land(*ids: str, complete: bool = True) -> list[tuple[Any, ...]]:
        documents = [workspace(one) for one in ids]
        land_documents(database, run_id, "workspaces", documents, complete=complete)
        return database.execute(
            "select document_id, first_seen_at, gone_at, landed_at"
            " from raw_mongo_workspaces order by document_id"
        ).fetchall()

    land("a", "b")
    spans(database)
    clock[0] = 2_000_000
    assert land("a", complete=False)[1] == ("b", 1_000_000, None, 1_000_000)
    assert land("a") == [
        ("a", 1_000_000, None, 1_000_000),
        ("b", 1_000_000, 2_000_000, 2_000_000),
    ]
    assert spans(database) == [(100, None)]
    clock[0] = 3_000_000
    assert land("a")[1] == ("b", 1_000_000, 2_000_000, 2_000_000)
    assert land("a", "b")[1] == ("b", 1_000_000, None, 3_000_000)
    assert spans(database) == [(100, None)]


def test_an_empty_read_marks_nothing_gone(
    database: sqlite3.Connection, run_id: int
) -> None:
    land_documents(database, run_id, "workspaces", [workspace()], complete=True)
    land_documents(database, run_id, "workspaces", [], complete=True)
    gone = database.execute("select gone_at from raw_mongo_workspaces").fetchall()
    assert gone == [(None,)]


def test_hosts_restate_all_of_their_time_and_users_nothing(
    database: sqlite3.Connection, run_id: int
) -> None:
    user = User(
        document_id="u", platform_name="ada", name="Ada", uid="1001", gid="5001"
    )
    land_documents(database, run_id, "users", [user], complete=True)
    assert spans(database) == []
    for name in ("cloud", "cloud", "other"):
        host: landing.Host = {
            "document_id": "h",
            "hostname": "a",
            "cloud_project_name": name,
            "machine_name": None,
        }
        land_documents(database, run_id, "hosts", [host], complete=True)
    assert spans(database) == [(None, None, "a"), (None, None, "a")]


def test_a_host_that_goes_or_returns_restates_only_from_when_it_was_gone(
    database: sqlite3.Connection, run_id: int, clock: list[int]
) -> None:
    def land(**projects: str) -> list[tuple[Any, ...]]:
        documents = [
            landing.Host(
                document_id=one,
                hostname=one,
                cloud_project_name=project,
                machine_name=None,
            )
            for one, project in projects.items()
        ]
        land_documents(database, run_id, "hosts", documents, complete=True)
        return spans(database)

    assert land(a="cloud", b="cloud", c="cloud") == [
        (None, None, host) for host in "abc"
    ]
    clock[0] = 2_000_000
    assert land(a="cloud") == [(2_000_000, None, "b"), (2_000_000, None, "c")]
    clock[0] = 3_000_000
    assert land(a="cloud", b="cloud", c="other") == [
        *((2_000_000, None, "b"), (None, None, "c")),
    ]


def test_a_host_told_of_by_another_document_is_told_anew_from_then_on(
    database: sqlite3.Connection, run_id: int, clock: list[int]
) -> None:
    def land(*documents: tuple[str, str | None, str | None]) -> list[tuple[Any, ...]]:
        hosts = [
            landing.Host(
                document_id=one,
                hostname=hostname,
                cloud_project_name=project,
                machine_name=None,
            )
            for one, hostname, project in documents
        ]
        land_documents(database, run_id, "hosts", hosts, complete=False)
        return spans(database)

    assert land(("1", "a", "P"), ("2", "a", "Q"), ("3", "b", None)) == [
        *((None, None, "a"), (None, None, "b")),
    ]
    # of b nothing was told yet, and what is told at the same second is as old
    assert land(("4", "a", "R")) == [(None, None, "a")]
    clock[0] = 2_000_000
    assert land(("5", "a", "S"), ("6", "b", "S")) == [
        *((2_000_000, None, "a"), (None, None, "b")),
    ]
    # a document that is of another host now says something else of both
    assert land(("5", "c", "S"), ("7", None, "S")) == [
        *((None, None, "a"), (None, None, "c")),
    ]


def test_label_names_are_those_of_the_last_pull(database: sqlite3.Connection) -> None:
    land_label_names(database, {"host": "instance", "user": "owner"})
    assert spans(database) == [(None, None)]
    land_label_names(database, {"host": "node", "user": ""})
    assert spans(database) == [(None, None)]
    assert rows(database, "raw_prometheus_label_names") == [("host", "node")]


def test_the_ledger_counts_what_its_windows_landed(
    database: sqlite3.Connection, run_id: int
) -> None:
    land_samples(database, run_id, Window(0, SLOT), [Sample(IDLE, 0, 1.0)])
    land_samples(database, run_id, Window(SLOT, 2 * SLOT), [Sample(IDLE, SLOT, 1.0)])
    record_window(database, run_id, Window(2 * SLOT, 3 * SLOT), "failed", "no answer")
    finish_run(database, run_id, "failed", "no answer")
    run = database.execute(
        "select since, until, state, row_count, message, ended_at is null"
        " from raw_pull_runs"
    ).fetchone()
    assert run == (*WINDOW, "failed", 2, "no answer", 0)


def test_the_last_landed_window_is_the_latest_that_has_rows(
    database: sqlite3.Connection, run_id: int
) -> None:
    assert last_landed(database, "prometheus", WINDOW.until) is None
    samples = [Sample(IDLE, SLOT, 1.0)]
    land_samples(database, run_id, Window(0, 4 * SLOT), samples, findings=["NaN"])
    land_samples(database, run_id, Window(0, SLOT), samples)
    land_samples(database, run_id, Window(4 * SLOT, 5 * SLOT), [])
    record_window(database, run_id, Window(5 * SLOT, 6 * SLOT), "failed", "no answer")
    assert last_landed(database, "prometheus", WINDOW.until) == 4 * SLOT
    assert last_landed(database, "carbon-intensity", WINDOW.until) is None


def test_simulated_and_real_rows_are_told_apart(database: sqlite3.Connection) -> None:
    assert not holds_simulated(database) and not holds_real(database)
    start_run(database, "mongo", None, is_simulated=True)
    assert holds_simulated(database) and not holds_real(database)
    start_run(database, "mongo", None)
    assert holds_real(database)


def test_a_writer_waits_for_another(
    database: sqlite3.Connection, run_id: int, tmp_path: Path
) -> None:
    is_locked = threading.Event()

    def hold_lock() -> None:
        path = tmp_path / "folder" / "usage.db"
        with closing(open_database(path)) as other, transaction(other):
            is_locked.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold_lock)
    holder.start()
    is_locked.wait()
    begun = time.monotonic()
    assert land_samples(database, run_id, WINDOW, [Sample(BOOT, 0, 2.0)]) == 1
    assert time.monotonic() - begun > 0.2
    holder.join()
