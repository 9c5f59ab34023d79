from __future__ import annotations

from collections.abc import Callable

import pytest

from router import commands
from router.model import Writer
from server.desk.writers import AGAIN_MS, THICK_MS, Writers

VISITOR, AGENT = Writer.VISITOR, Writer.AGENT


class Router:
    """What it was told, and when the rest is to come."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.writers = Writers(self._hear, later=lambda seconds, call: self.calls.append((seconds, call)))

    def _hear(self, command: commands.Command) -> None:
        assert isinstance(command, commands.Wrote)
        self.told.append((command.conversation, command.writer.value))

    def go_on(self) -> None:
        """The time has come."""
        calls, self.calls = self.calls, []
        for seconds, call in calls:
            assert seconds == THICK_MS / 1000
            call()


@pytest.fixture
def router() -> Router:
    return Router()


def test_whoever_begins_is_told_of_at_once(router):
    router.writers.wrote("c", VISITOR, 10_000)
    router.writers.wrote("d", AGENT, 10_001)
    assert router.told == [("c", "visitor"), ("d", "agent")]
    assert router.calls == []


def test_the_same_writer_is_told_of_now_and_then(router):
    for at in range(10_000, 10_000 + 2 * AGAIN_MS + 1, 500):
        router.writers.wrote("c", VISITOR, at)
    assert router.told == [("c", "visitor")] * 3


def test_an_answer_after_a_pause_is_told_of_at_once(router):
    router.writers.wrote("c", VISITOR, 10_000)
    router.writers.wrote("c", AGENT, 10_000 + THICK_MS)
    assert router.told == [("c", "visitor"), ("c", "agent")]


def test_in_the_thick_of_a_talk_it_is_told_once_a_second_who_wrote(router):
    router.writers.wrote("c", VISITOR, 10_000)
    for at in range(10_100, 10_900, 100):
        router.writers.wrote("c", AGENT if at % 200 else VISITOR, at)
    router.writers.wrote("d", AGENT, 10_950)
    assert router.told == [("c", "visitor"), ("d", "agent")]
    assert len(router.calls) == 1
    router.go_on()
    assert router.told[2:] == [("c", "agent"), ("c", "visitor")]  # in the order of their last words
    router.writers.wrote("c", VISITOR, 10_999)
    assert router.told[4:] == []


def test_after_that_it_goes_on_as_before(router):
    router.writers.wrote("c", VISITOR, 10_000)
    router.writers.wrote("c", AGENT, 10_500)
    router.go_on()
    router.writers.wrote("c", VISITOR, 10_600)
    assert len(router.calls) == 1
    router.go_on()
    router.writers.wrote("c", AGENT, 11_600)
    assert router.told == [("c", "visitor"), ("c", "agent"), ("c", "visitor"), ("c", "agent")]


def test_what_has_ended_is_told_of_no_more(router):
    router.writers.wrote("c", VISITOR, 10_000)
    router.writers.wrote("c", AGENT, 10_100)
    router.writers.wrote("d", VISITOR, 10_100)
    router.writers.wrote("d", AGENT, 10_200)
    router.writers.forget("c")
    router.go_on()
    assert router.told == [("c", "visitor"), ("d", "visitor"), ("d", "agent")]
    router.writers.forget("d")
    assert router.writers.last == {}
