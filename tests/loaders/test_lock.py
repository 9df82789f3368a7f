"""The lock of a database: one for all its names."""

from pathlib import Path

import pytest

from loaders.lock import Busy, lock_path, writing


def test_a_link_to_a_database_has_its_lock(tmp_path: Path) -> None:
    real, link = tmp_path / "data" / "real.db", tmp_path / "link.db"
    real.parent.mkdir()
    link.symlink_to(real)
    for held, other in ((real, link), (link, real)):
        with (
            writing(held, 0),
            pytest.raises(Busy, match=f"{other} is being written by another run"),
            writing(other, 0),
        ):
            raise AssertionError
        with writing(other, 0):
            pass
    assert lock_path(link) == real.with_name("real.db.lock")


def test_a_lock_of_others_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    lock_path(path).mkdir()
    with pytest.raises(OSError) as caught, writing(path, 0):
        raise AssertionError
    assert caught.value.strerror == (
        f"the lock {lock_path(path)} cannot be opened (Is a directory): give it to the"
        " user who pulls, or delete it while nothing runs"
    )
