"""Rows from Mongo documents as the driver gives them."""

import time
from collections.abc import Iterator
from datetime import datetime

import bson
import pytest
from bson import DatetimeMS

from loaders.sources.mongo import CODEC_OPTIONS
from loaders.sources.mongo_rows import UnfitDocument, group_row, workspace_row

TEN = 1757930400  # 2025-09-15T10:00:00Z


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("given", "epoch"),
    [
        ("2025-09-15T10:00:00", TEN),
        ("2025-09-15T10:00:00Z", TEN),
        ("2025-09-15 10:00:00.999999999+00:00", TEN),
        ("2025-09-15", TEN - 36000),
        (datetime(2025, 9, 15, 10), TEN),
        ("", None),
        (None, None),
    ],
)
def test_times(given: object, epoch: int | None, new_york: None) -> None:
    row = workspace_row({"_id": 1, "created_time": given}, [])

    assert row["created_time"] == epoch


def test_a_true_gid_is_no_number() -> None:
    with pytest.raises(UnfitDocument, match="gid is no text"):
        group_row({"_id": 1, "gid": True}, [])


def test_text_that_is_no_utf8_is_read() -> None:
    document = b"\x17\0\0\0\x10_id\0\1\0\0\0\x02a\0\2\0\0\0\xff\0\0"

    assert bson.decode(document, CODEC_OPTIONS) == {"_id": 1, "a": "\ufffd"}


def test_a_date_beyond_the_calendar_is_no_date() -> None:
    written = bson.encode({"_id": 1, "acquired_time": DatetimeMS(2**60)})
    document = bson.decode(written, CODEC_OPTIONS)

    with pytest.raises(UnfitDocument, match="acquired_time is no date"):
        workspace_row(document, [])
