"""Those who wait, in many short lists: whatever comes and goes, they are what one sorted list would be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router import ordered
from router.model import ConversationId, Order
from router.ordered import Ordered


def order(number: int) -> Order:
    return Order((number // 3, number, ConversationId(f"c_{number}")))


@pytest.fixture(autouse=True)
def short_lists(monkeypatch):
    """So that few are many."""
    monkeypatch.setattr(ordered, "_LONGEST", 4)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=120))
def test_it_is_what_one_sorted_list_would_be(deeds):
    those = Ordered()
    plain: list[Order] = []
    for comes, number in deeds:
        one = order(number)
        if one not in plain and comes:
            those.add(one)
            insort(plain, one)
        elif one in plain and not comes:
            those.remove(one)
            plain.remove(one)
        assert list(those) == plain
        assert len(those) == len(plain)
        assert those.first == (plain[0] if plain else None)
        for probe in map(order, (number - 1, number, number + 1, 41)):
            assert those.ahead(probe) == bisect_left(plain, probe)
            assert those.after(probe) == next(iter(plain[bisect_right(plain, probe) :]), None)


def test_who_is_not_there_cannot_go():
    those = Ordered()
    with pytest.raises(ValueError, match="c_1"):
        those.remove(order(1))
    for number in range(0, 30, 2):
        those.add(order(number))
    for absent in (-1, 7, 31):
        with pytest.raises(ValueError, match="is not here"):
            those.remove(order(absent))
    assert len(those) == 15
