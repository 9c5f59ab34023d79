"""What waits for the writer: members of a series until they are handed over, a transaction of its own not at all."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from server.store.base import StoreUnavailable
from server.store.sqlite.queue import Job, Member, WriteQueue

PROMPT_S = 10
STILL_S = 0.05


def member() -> Member:
    series: Any = object()
    return Member(series, None, None)


def job() -> Job:
    return Job(lambda _tx: None, lambda _outcome: None, None)


class Taking:
    """A thread that takes one batch."""

    def __init__(self, queue: WriteQueue, idle: float | None = None) -> None:
        self.taken: list[Job | Member] | None = None
        self._queue = queue
        self._idle = idle
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        self.taken = self._queue.take(self._idle)

    @property
    def waits(self) -> bool:
        self._thread.join(STILL_S)
        return self._thread.is_alive()

    def batch(self) -> list[Job | Member]:
        self._thread.join(PROMPT_S)
        assert self.taken is not None
        return self.taken


@pytest.fixture
def queue() -> WriteQueue:
    return WriteQueue(1000, 256)


def test_members_are_taken_once_they_are_handed_over(queue: WriteQueue):
    members = [member(), member()]
    for each in members:
        queue.put(each)
    taking = Taking(queue)
    assert taking.waits
    queue.hand_over()
    assert taking.batch() == members


def test_a_transaction_of_its_own_takes_those_before_it_along(queue: WriteQueue):
    first, second, later = member(), job(), member()
    queue.put(first)
    taking = Taking(queue)
    queue.put(second)
    queue.put(later)
    assert taking.batch()[:2] == [first, second]


def test_what_is_put_after_it_is_kept(queue: WriteQueue):
    for each in (job(), member()):
        queue.put(each)
    assert len(queue.take()) == 1
    taking = Taking(queue)
    assert taking.waits
    queue.hand_over()
    assert len(taking.batch()) == 1


def test_more_than_a_batch_is_taken_without_a_sleep(queue: WriteQueue):
    for _ in range(600):
        queue.put(member())
    queue.hand_over()
    assert [len(queue.take()) for _ in range(3)] == [256, 256, 88]
    assert Taking(queue, idle=0.001).batch() == []


def test_closing_hands_over_what_is_kept(queue: WriteQueue):
    queue.put(member())
    taking = Taking(queue)
    queue.close()
    assert len(taking.batch()) == 1
    assert queue.finished
    with pytest.raises(StoreUnavailable):
        queue.put(member())


def test_a_nudge_ends_the_sleep_and_hands_nothing_over(queue: WriteQueue):
    queue.put(member())
    taking = Taking(queue)
    assert taking.waits
    queue.nudge()
    assert taking.batch() == []
    assert len(queue) == 1


def test_a_nudge_that_comes_before_the_sleep_counts_once(queue: WriteQueue):
    queue.nudge()
    assert queue.take() == []
    assert Taking(queue, idle=0.001).batch() == []


def test_there_is_room_for_so_many(queue: WriteQueue):
    for _ in range(1000):
        queue.put(member())
    with pytest.raises(StoreUnavailable):
        queue.put(job())
