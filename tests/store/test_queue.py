"""What waits for the writer: those of a series for company, a transaction of its own for nobody."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from server.store.sqlite import queue
from server.store.sqlite.company import ENOUGH
from server.store.sqlite.queue import Job, Member, WriteQueue
from tests.support.clock import FakeClock


def member() -> Member:
    series: Any = object()
    return Member(series, None, None)


def job() -> Job:
    return Job(lambda _tx: None, lambda _outcome: None, None)


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> WriteQueue:
    """At a pace at which a write waits for company, and much longer than it would."""
    monkeypatch.setattr(queue, "LONGEST_WAIT", 30.0)
    made = WriteQueue(1000, 256, FakeClock())
    for _ in range(100):
        made.put(member())
    assert len(made.take()) == 100
    return made


def test_a_transaction_of_its_own_ends_the_wait_for_company(lively: WriteQueue):
    taken: list[Job | Member] = []
    lively.put(member())
    writer = threading.Thread(target=lambda: taken.extend(lively.take()))
    writer.start()
    writer.join(0.05)
    assert writer.is_alive()  # at this pace more are to be expected
    lively.put(job())
    writer.join(10)
    assert [each.series is None for each in taken] == [False, True]


def test_nor_does_it_begin_to_wait_while_one_is_there(lively: WriteQueue):
    lively.put(job())
    lively.put(member())
    assert len(lively.take()) == 2


def test_afterwards_others_wait_as_before(lively: WriteQueue):
    lively.put(job())
    assert len(lively.take()) == 1
    taken: list[Job | Member] = []
    lively.put(member())
    writer = threading.Thread(target=lambda: taken.extend(lively.take()))
    writer.start()
    writer.join(0.05)
    assert writer.is_alive()
    lively.close()
    writer.join(10)
    assert len(taken) == 1


def test_a_slow_commit_was_the_wait_of_those_who_came_meanwhile(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "LONGEST_WAIT", 0.010)
    slept: list[tuple[int, int]] = []
    monkeypatch.setattr(WriteQueue, "_sleep", lambda _self, count, s: slept.append((count, round(s * 1000))))
    clock = FakeClock()
    made = WriteQueue(1000, 256, clock)
    for _ in range(300):
        made.put(member())
    assert len(made.take()) == 256
    made.take()
    for commit_s in (0.010, 0.012):
        made.put(member())
        clock.advance(commit_s)
        assert len(made.take()) == 1
    assert slept == []
    made.put(member())
    clock.advance(0.004)
    assert len(made.take()) == 1
    assert slept == [(ENOUGH, 6)]
