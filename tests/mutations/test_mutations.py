"""The unit tests notice small changes of the models, and this notices when not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.mutations.mutants import mutants
from tests.mutations.unit_tests import Judge, UnitTest, judge, unit_tests
from tests.mutations.verdicts import Equivalents, equivalents, judged

SELECT = "with busy as (select * from t where {}) select n from busy"
ROWS = "create table t as select 1 as n union select 2 union select 3"
ENDLESS = """
with recursive s (n) as (select 1 union all select n from s)
select count(*) as n from s
"""
EXPECTED = "union all select column1, 'expected' from (values {})"


@pytest.fixture
def judging() -> Iterator[Judge]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(ROWS)
        yield Judge(database)


def _unit_test(term: str, expected: str) -> UnitTest:
    return UnitTest(
        name="some",
        model="m",
        before="select n, 'actual' from (",
        select=SELECT.format(term),
        after=f") {EXPECTED.format(expected)}",
    )


def _survivors(judging: Judge, *tests: UnitTest) -> set[str]:
    verdicts = judged(mutants(tests), judging, Equivalents({}))
    return {one.change.split("[")[1].split("]")[0] for one in verdicts.unnoticed}


def test_a_change_that_no_test_notices_survives(judging: Judge) -> None:
    assert not judging.notices(_unit_test("n < 3", "(1), (2)"), SELECT.format("n < 3"))
    assert _survivors(judging, _unit_test("n < 3", "(1), (2)")) == set()
    assert _survivors(judging, _unit_test("n < 4", "(1), (2), (3)")) == {
        *("< → <=", "4 → 5", "n < 4 → 1"),
    }


def test_a_change_counts_once_for_all_uses_of_a_macro(judging: Judge) -> None:
    term = "/*+top*//*^x*/n/*$*/ < 3/*-*/"
    weak, strong = f"{term} or 1", term
    one = _unit_test(weak, "(1), (2), (3)")
    assert "< → <=" in _survivors(judging, one)
    assert "< → <=" not in _survivors(judging, one, _unit_test(strong, "(1), (2)"))


def test_one_that_is_explained_is_no_survivor(judging: Judge) -> None:
    test = _unit_test("n < 4", "(1), (2), (3)")
    (changed,) = (one for one in mutants([test]) if "[< → <=]" in one.change)
    known = Equivalents(
        {"m": [{"reason": "there is no 4", "changes": [changed.change, "no such"]}]}
    )
    verdicts = judged(mutants([test]), judging, known)
    assert changed.change not in {one.change for one in verdicts.unnoticed}
    assert known.idle() == ["m: no such"]
    assert "all" in verdicts.table()


def test_one_that_never_ends_is_noticed(judging: Judge) -> None:
    test = _unit_test("n < 3", "(1), (2)")
    assert judging.notices(test, ENDLESS)


def test_every_change_of_the_models_is_noticed(tmp_path: Path) -> None:
    known = equivalents()
    database, tests = unit_tests(tmp_path / "project")
    with judge(database) as judging:
        wrong = [one.name for one in tests if judging.notices(one, one.select)]
        verdicts = judged(mutants(tests), judging, known)
    assert not wrong
    assert verdicts.noticed.total() > 2_500
    survived = [f"{one.owner}: {one.change}" for one in verdicts.unnoticed]
    assert not survived, "\n".join(survived)
    assert not known.idle(), "explains nothing"
