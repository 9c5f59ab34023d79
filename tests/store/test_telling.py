"""A batch's outcomes reach those who asked: in order, those of one series that stand together in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from server.store.base import Committed
from server.store.sqlite.queue import Job, Member
from server.store.sqlite.store import _tell

Told = list[tuple[Any, ...]]


class Noting:
    """A series, as far as telling goes."""

    def __init__(self, name: str, told: Told) -> None:
        self.name = name
        self.heard = told

    def told(self, items: Sequence[Any], outcomes: Sequence[Any]) -> None:
        self.heard.append((self.name, list(items), list(outcomes)))


@pytest.fixture
def told() -> Told:
    return []


def members(series: Any, *items: str) -> list[Job | Member]:
    return [Member(series, item, None) for item in items]


def job(told: Told) -> Job:
    return Job(lambda _tx: None, lambda outcome: told.append(("job", outcome)), None)


def test_a_batch_of_nothing_is_told_to_nobody():
    _tell([], [])


def test_those_of_one_series_are_told_in_one_go(told):
    _tell(members(Noting("a", told), "1", "2", "3"), ["one", "two", "three"])
    assert told == [("a", ["1", "2", "3"], ["one", "two", "three"])]


def test_what_stands_between_them_is_told_in_its_place(told):
    a, b, done = Noting("a", told), Noting("b", told), Committed(None)
    batch = [*members(a, "1", "2"), job(told), *members(a, "3"), *members(b, "4")]
    _tell(batch, ["one", "two", done, "three", "four"])
    assert told == [("a", ["1", "2"], ["one", "two"]), ("job", done), ("a", ["3"], ["three"]), ("b", ["4"], ["four"])]


def test_transactions_of_their_own_are_told_one_by_one(told):
    first, second = Committed(1), Committed(2)
    _tell([job(told), job(told)], [first, second])
    assert told == [("job", first), ("job", second)]
