from __future__ import annotations

import threading

import pytest

from server.store.sqlite.rest import Rest

LONG_S = 30.0
SHORT_S = 0.0001


@pytest.fixture
def rest() -> Rest:
    return Rest()


def test_it_ends_with_its_time(rest: Rest):
    assert [rest.sleep(SHORT_S) for _ in range(3)] == [False, False, False]


def test_whoever_rings_ends_it(rest: Rest):
    rung: list[bool] = []
    sleeping = threading.Thread(target=lambda: rung.append(rest.sleep(LONG_S)))
    sleeping.start()
    rest.ring()
    sleeping.join()
    assert rung == [True]


def test_nobody_sleeps_while_somebody_who_rang_is_not_heard(rest: Rest):
    rest.ring()
    assert [rest.sleep(LONG_S) for _ in range(2)] == [True, True]
    rest.heard()
    assert not rest.sleep(SHORT_S)


def test_one_may_be_heard_before_the_bell(rest: Rest):
    """The loop may be given something, and go through with it, before it is rung for."""
    rest.heard()
    rest.ring()
    assert not rest.sleep(SHORT_S)
    rest.ring()
    assert rest.sleep(LONG_S)


def test_many_rings_wake_it_once_each_time(rest: Rest):
    """Ring and time-out meet, again and again: the gate is never left open, and never opened twice."""
    over = threading.Event()

    def ring_on() -> None:
        while not over.is_set():
            rest.ring()
            rest.heard()

    ringing = threading.Thread(target=ring_on)
    ringing.start()
    for _ in range(2000):
        rest.sleep(0.00001)
    over.set()
    ringing.join()
    assert not rest.sleep(SHORT_S)
