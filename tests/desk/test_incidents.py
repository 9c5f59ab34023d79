"""Incidents are recorded within bounds, whatever somebody tries."""

from __future__ import annotations

from typing import Any

from server.desk.incidents import MAX_A_MINUTE, Incidents
from server.store.base import Failed, StoreUnavailable
from tests.support.clock import FakeClock


class Counting:
    """A store that counts what it is given."""

    def __init__(self) -> None:
        self.count = 0

    def submit(self, _transaction: Any, *, then: Any) -> None:
        self.count += 1
        then(Failed(StoreUnavailable()))  # is logged, and nobody hears of it


class Full:
    def submit(self, _transaction: Any, *, then: Any) -> None:  # noqa: ARG002
        raise StoreUnavailable


def test_one_source_is_recorded_once_a_minute_and_all_strangers_together_so_many():
    clock, store = FakeClock(), Counting()
    incidents = Incidents(store, clock=clock)  # type: ignore[arg-type]
    for _ in range(1000):
        incidents.record("reach", actor="a_1")
    assert store.count == 1
    incidents.record("reach", actor="a_2")
    incidents.record("old token", actor="a_1")
    assert store.count == 3
    for number in range(20_000):
        incidents.record("reach", actor=f"v_{number}")
    assert store.count == 3 + MAX_A_MINUTE
    assert len(incidents._last) <= 10_000
    # Their noise hides nobody else.
    incidents.record("reach", actor="a_3")
    incidents.record("login failed", target="a_3")
    assert store.count == 5 + MAX_A_MINUTE
    clock.advance(60)
    incidents.record("reach", actor="v_9")
    assert store.count == 6 + MAX_A_MINUTE


def test_whatever_a_supervisor_reads_is_recorded():
    clock, store = FakeClock(), Counting()
    incidents = Incidents(store, clock=clock)  # type: ignore[arg-type]
    for number in range(1000):
        incidents.read("a_sue", f"c_{number}")
        incidents.read("a_sue", f"c_{number}")
    assert store.count == 1000


def test_a_full_store_is_nobodys_error():
    Incidents(Full(), clock=FakeClock()).record("reach", actor="a_1")  # type: ignore[arg-type]
