from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from router import commands
from router.model import Writer
from server.desk.writers import AGAIN_MS, PORTION, PORTION_MS, THICK_MS, Writers

VISITOR, AGENT, BOT = Writer.VISITOR, Writer.AGENT, Writer.BOT


class Router:
    """What it was told, and when the rest is to come."""

    def __init__(self, late_ms: int = 0) -> None:
        self.now = 10_000
        self.late_ms = late_ms
        self.refuses = False
        self.told: list[tuple[str, str]] = []
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.writers = Writers(
            self._hear,
            now=lambda: self.now,
            later=lambda seconds, call: self.calls.append((self.now + seconds * 1000 + self.late_ms, call)),
        )

    def _hear(self, command: commands.Command) -> None:
        assert isinstance(command, commands.Wrote)
        if self.refuses:
            raise RuntimeError("too much waits")
        self.told.append((command.conversation, command.writer.value))

    def wrote(self, conversation: str, writer: Writer, at: int) -> None:
        """At that moment; what is due until then comes first."""
        self.go_on(at)
        self.writers.wrote(conversation, writer, at)

    def go_on(self, until: int) -> None:
        """Let the time pass."""
        while self.calls and self.calls[0][0] <= until:
            assert len(self.calls) == 1
            at, call = self.calls.pop()
            self.now = int(at)
            call()
        self.now = until


@pytest.fixture
def router() -> Router:
    return Router()


def test_whoever_begins_is_told_of_at_once(router):
    router.wrote("c", VISITOR, 10_000)
    router.wrote("d", AGENT, 10_001)
    assert router.told == [("c", "visitor"), ("d", "agent")]
    assert router.calls == []


def test_the_same_writer_is_told_of_now_and_then(router):
    for at in range(10_000, 10_000 + 2 * AGAIN_MS + 1, 500):
        router.wrote("c", VISITOR, at)
    assert router.told == [("c", "visitor")] * 3


def test_an_answer_after_a_pause_is_told_of_at_once(router):
    router.wrote("c", VISITOR, 10_000)
    router.wrote("c", AGENT, 10_000 + THICK_MS)
    assert router.told == [("c", "visitor"), ("c", "agent")]


def test_in_the_thick_of_a_talk_it_is_told_now_and_then_who_wrote(router):
    router.wrote("c", VISITOR, 10_000)
    for at in range(10_100, 10_900, 100):
        router.wrote("c", AGENT if at % 200 else VISITOR, at)
    router.wrote("d", AGENT, 10_950)
    assert router.told == [("c", "visitor"), ("d", "agent")]
    router.go_on(10_100 + THICK_MS - 1)
    assert router.told[2:] == []
    router.go_on(10_100 + THICK_MS)
    assert router.told[2:] == [("c", "agent"), ("c", "visitor")]  # in the order of their last words
    router.wrote("c", VISITOR, 10_200 + THICK_MS)
    assert router.told[4:] == []
    assert router.calls == []


def test_after_that_it_goes_on_as_before(router):
    router.wrote("c", VISITOR, 10_000)
    router.wrote("c", AGENT, 10_500)
    router.go_on(10_500 + THICK_MS)
    router.wrote("c", VISITOR, 10_600 + THICK_MS)
    assert router.told == [("c", "visitor"), ("c", "agent"), ("c", "visitor")]
    router.wrote("c", AGENT, 10_700 + THICK_MS)
    router.go_on(10_700 + 2 * THICK_MS)
    assert router.told[3:] == [("c", "agent")]


def test_each_conversation_has_its_own_time_and_they_come_in_portions(router):
    names = [f"c{n}" for n in range(100)]
    for n, name in enumerate(names):
        router.wrote(name, VISITOR, 10_000 + n)
    for n, name in enumerate(names):
        router.wrote(name, AGENT, 10_500 + 10 * n)
    del router.told[:]
    portions = []
    for at in range(10_500 + THICK_MS, 11_500 + THICK_MS + PORTION_MS):
        router.go_on(at)
        if router.told:
            portions.append((at, len(router.told)))
            assert all(said_at <= at for said_at in (10_500 + 10 * names.index(name) for name, _ in router.told))
            del router.told[:]
    assert sum(count for _, count in portions) == 100
    assert max(count for _, count in portions) <= PORTION_MS // 10 + 1
    assert min(later - earlier for (earlier, _), (later, _) in pairwise(portions)) >= PORTION_MS


@pytest.mark.parametrize(
    ("told", "wrote", "news"),
    [
        (VISITOR, [AGENT], ["agent"]),
        (VISITOR, [AGENT, VISITOR], ["agent", "visitor"]),  # the second question's time begins anew
        (VISITOR, [VISITOR, AGENT], ["agent"]),
        (AGENT, [VISITOR], ["visitor"]),
        (AGENT, [AGENT, VISITOR], ["visitor"]),
        (AGENT, [VISITOR, AGENT], ["agent"]),  # asked and answered
        (AGENT, [VISITOR, AGENT, VISITOR, AGENT], ["agent"]),
        (BOT, [VISITOR, BOT], ["visitor", "bot"]),
        (VISITOR, [BOT, VISITOR], ["bot", "visitor"]),
        (VISITOR, [AGENT, BOT], ["agent", "bot"]),
    ],
)
def test_between_a_visitor_and_an_agent_the_last_word_says_all(router, told, wrote, news):
    router.wrote("c", told, 10_000)
    for n, writer in enumerate(wrote, 1):
        router.wrote("c", writer, 10_000 + 100 * n)
    del router.told[:]
    router.go_on(11_000 + THICK_MS)
    assert [writer for _, writer in router.told] == news


def test_a_thousand_that_are_due_at_once_come_in_small_portions(router):
    names = [f"c{n}" for n in range(1000)]
    for writer, at in ((VISITOR, 10_000), (AGENT, 10_500)):
        for name in names:
            router.wrote(name, writer, at)
    sizes = []
    for at in range(10_500 + THICK_MS, 10_700 + THICK_MS):
        del router.told[:]
        router.go_on(at)
        sizes.append(len(router.told))
    assert max(sizes) == PORTION
    assert sum(sizes) == len(names)
    assert router.calls == []


@pytest.mark.parametrize("set_by", [-3_600_000, 3_600_000])
def test_a_clock_that_is_set_keeps_nothing_from_the_router(router, set_by):
    router.wrote("c", VISITOR, 10_000_000)
    router.wrote("c", AGENT, 10_000_100)
    router.writers.wrote("d", VISITOR, 10_000_200 + set_by)
    router.writers.wrote("d", AGENT, 10_000_300 + set_by)
    ((_, call),) = router.calls
    router.calls.clear()
    router.now = 10_000_300 + set_by + THICK_MS
    call()
    assert router.told == [("c", "visitor"), ("d", "visitor"), ("c", "agent"), ("d", "agent")]


def test_what_has_ended_is_told_of_no_more(router):
    router.wrote("c", VISITOR, 10_000)
    router.wrote("c", AGENT, 10_100)
    router.wrote("d", VISITOR, 10_100)
    router.wrote("d", AGENT, 10_200)
    router.writers.forget("c")
    router.go_on(10_200 + THICK_MS)
    assert router.told == [("c", "visitor"), ("d", "visitor"), ("d", "agent")]
    router.writers.forget("d")
    assert router.writers.last == {}


def test_a_question_outlives_a_change_of_hands_and_an_answer_does_not(router: Router):
    """Both came while it was being committed: the question waits for the new owner, the answer was the old one's."""
    for name, first, then in (("c", AGENT, VISITOR), ("d", VISITOR, AGENT), ("e", BOT, VISITOR)):
        router.wrote(name, first, 10_000)
        router.wrote(name, then, 10_100)
        del router.told[:]
        router.writers.forget(name)
        assert router.told == ([(name, "visitor")] if then is VISITOR else [])
        assert name not in router.writers.last
    del router.told[:]
    router.go_on(20_000)
    assert router.told == []


def test_timers_that_come_late_do_not_add_up():
    """Twenty steady talks, ten minutes: in the end, too, it is told two seconds and a little after it was written."""
    router = Router(late_ms=3)
    for at in range(10_000, 610_000, 50):
        turn = at // 50
        router.wrote(f"c{turn % 20}", (VISITOR, AGENT)[turn // 20 % 2], at)
    router.wrote("new", VISITOR, 609_999)
    router.wrote("new", AGENT, 610_000)
    router.go_on(610_000 + THICK_MS - 1)
    assert ("new", "agent") not in router.told
    router.go_on(610_000 + THICK_MS + 2 * (PORTION_MS + router.late_ms))
    assert ("new", "agent") in router.told


def test_a_router_that_refuses_keeps_nothing_from_the_rest(router: Router):
    for number in range(3 * PORTION):
        router.wrote(f"c{number}", VISITOR, 10_000)
        router.wrote(f"c{number}", AGENT, 10_001)
    router.refuses = True
    with pytest.raises(RuntimeError):
        router.go_on(10_001 + THICK_MS)
    router.refuses = False
    router.go_on(20_000)
    told = {name for name, writer in router.told if writer == "agent"}
    assert len(told) >= 2 * PORTION


def test_who_is_in_a_hurry_has_it_told_at_once(router: Router):
    router.wrote("c", VISITOR, 10_000)
    router.wrote("c", AGENT, 11_500)
    router.wrote("d", VISITOR, 11_500)
    assert router.told == [("c", "visitor"), ("d", "visitor")]
    router.writers.say("c")
    router.writers.say("d")
    assert router.told == [("c", "visitor"), ("d", "visitor"), ("c", "agent")]
    router.go_on(20_000)
    assert len(router.told) == 3
