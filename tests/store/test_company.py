from __future__ import annotations

import pytest

from server.store.sqlite.company import ENOUGH, LONGEST_WAIT, Company


def at_pace(rate: float) -> Company:
    """One that has seen writes come one by one, so many a second, for a second."""
    company = Company()
    for arrival in range(1, round(rate) + 1):
        company.arrived(1, 100 + arrival / rate)
    return company


@pytest.mark.parametrize("rate", [1, 10, 100, 500, 1300, 1900])
def test_a_quiet_desk_never_waits(rate):
    assert at_pace(rate).wait_for(1) == 1


@pytest.mark.parametrize(("rate", "wanted"), [(2100, 3), (3100, 4), (4600, 5), (7200, ENOUGH), (50_000, ENOUGH)])
def test_at_a_lively_pace_it_waits_for_those_to_be_expected(rate, wanted):
    assert at_pace(rate).wait_for(1) == wanted


def test_at_saturation_enough_are_there_already():
    assert at_pace(20_000).wait_for(ENOUGH) == ENOUGH
    assert at_pace(20_000).wait_for(300) == 300


def test_of_a_wait_that_is_nearly_over_fewer_are_expected_and_then_none():
    company = at_pace(2100)
    assert [company.wait_for(1, seconds=left / 1000) for left in (2, 1.5, 1, 0.5, 0)] == [5, 4, 3, 1, 1]


def test_the_pace_fades():
    company = at_pace(5000)
    company.arrived(1, 101 + 0.2)
    assert company.wait_for(1) == 1


def test_waits_in_vain_become_rare():
    company = at_pace(5000)
    waits = []
    for chance in range(400):
        if company.wait_for(1) > 1:
            waits.append(chance)
            company.waited(ENOUGH - 1, 1)
    assert waits == [0, 2, 5, 10, 19, 36, 69, 134, 199, 264, 329, 394]


def test_a_wait_that_pays_restores_trust():
    company = at_pace(5000)
    for _ in range(4):
        company.waited(7, 0)
    while company.wait_for(1) == 1:
        pass
    company.waited(7, 4)
    assert company.wait_for(1) > 1
    company.waited(7, 3)
    assert company.wait_for(1) == 1
    assert company.wait_for(1) > 1


def test_the_wait_is_short():
    assert LONGEST_WAIT <= 0.001
