from __future__ import annotations

import pytest

from server.store.sqlite.company import LONGEST_WAIT, Company


def at_pace(rate: float) -> Company:
    """One that has seen writes come one by one, so many a second, for a second."""
    company = Company()
    for arrival in range(1, round(rate) + 1):
        company.arrived(1, 100 + arrival / rate)
    return company


@pytest.mark.parametrize("rate", [1, 10, 100, 500, 900])
def test_a_quiet_desk_never_waits(rate):
    assert not at_pace(rate).lively
    assert at_pace(rate).wait_for(LONGEST_WAIT) is None


@pytest.mark.parametrize(("rate", "more"), [(1100, 1), (2100, 2), (3100, 3), (7200, 7)])
def test_at_a_lively_pace_it_waits_for_those_to_be_expected(rate, more):
    assert at_pace(rate).lively
    assert at_pace(rate).wait_for(0.001) == pytest.approx(more, abs=0.25)


def test_of_a_wait_that_is_nearly_over_fewer_are_expected():
    company = at_pace(4000)
    found = [company.wait_for(left / 1000) for left in (1, 0.75, 0.5, 0.25, 0.1)]
    assert found == pytest.approx([4, 3, 2, 1, 0.4], rel=0.02)


def test_the_pace_fades():
    company = at_pace(5000)
    company.arrived(1, 101 + 0.2)
    assert company.wait_for(LONGEST_WAIT) is None


def test_waits_in_vain_become_rare():
    company = at_pace(5000)
    waits = []
    for chance in range(400):
        if company.wait_for(LONGEST_WAIT) is not None:
            waits.append(chance)
            company.waited(5, 0)
    assert waits == [0, 2, 5, 10, 19, 36, 69, 134, 199, 264, 329, 394]


def test_waits_that_pay_restore_trust():
    company = at_pace(5000)
    for _ in range(4):
        company.waited(7, 0)
    paid = 0
    for _ in range(400):
        if company.wait_for(LONGEST_WAIT) is not None:
            company.waited(7, 7)
            paid += 1
    assert paid > 300


def test_now_and_then_nobody_comes_though_many_are_expected():
    """Of a hundred waits in which two are to be expected, and come by chance, none leaves out the next."""
    company = at_pace(2100)
    left_out = 0
    for came in [0, 1, 2, 3, 4, 2, 1, 3, 2, 2] * 10:
        if company.wait_for(LONGEST_WAIT) is None:
            left_out += 1
        else:
            company.waited(2, came)
    assert left_out <= 1  # the very first brought nothing


def test_the_wait_is_short():
    assert LONGEST_WAIT <= 0.001


@pytest.mark.parametrize("senders", [1, 2, 3])
def test_who_waits_for_answers_before_writing_again_is_hardly_held_up(senders):
    """They write together, and again when they have their answers: 0.3 ms each time, were it not for the wait."""
    company = Company()
    now, waited, batches = 100.0, 0, 3000
    for _ in range(batches):
        company.arrived(senders, now)
        left = LONGEST_WAIT - 0.0003
        hoped = company.wait_for(left)
        if hoped is not None:
            waited += 1
            now += left
            company.waited(hoped, 0)
        now += 0.0003
    assert waited < batches / 20
