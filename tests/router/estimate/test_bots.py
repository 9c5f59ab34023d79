"""What a bot has waits for nobody; from the hand-over on it does."""

from __future__ import annotations

from router import commands as c
from router.estimate import Estimator
from router.model import BotId, ConversationId, DepartmentId, VisitorId
from tests.router.building import Desk, agent, bot, department

MIN = 60_000


class Followed(Desk):
    """A desk whose every event the estimator follows, and whose estimator is at any time one that is made anew."""

    def __init__(self, *parts, **more) -> None:
        super().__init__(*parts, checked=False, **more)
        self.estimator = Estimator(self.router)

    def do(self, command):
        happened = super().do(command)
        if hasattr(self, "estimator"):
            self.estimator.follow(happened)
            anew = Estimator(self.router, learned=self.estimator.learned())
            assert self.estimator.waits(self.now) == anew.waits(self.now)
        return happened

    def waiting(self) -> list[str]:
        return list(self.estimator.waits(self.now))


def busy_desk() -> Followed:
    """Ada is full, w waits, and the bot has c_1, which is older."""
    desk = Followed(department(), agent("ada", max_slots=1), bot(reply_ms=0), confirm_ms=0)
    desk.bot_comes()
    desk.comes("ada")
    desk.served_by("ada", "s")
    desk.asks_bot("c_1")
    desk.wait(MIN)
    desk.start("w")
    return desk


def test_with_a_bot_nobody_waits_and_nobody_is_made_to_wait():
    desk = busy_desk()
    assert desk.waiting() == ["w"]
    assert desk.estimator.wait_of(ConversationId("c_1"), desk.now) is None


def test_handed_over_it_waits_where_its_start_puts_it():
    desk = busy_desk()
    before = desk.estimator.waits(desk.now)[ConversationId("w")]
    desk.hands_over("c_1")
    told = desk.estimator.waits(desk.now)
    assert list(told) == ["c_1", "w"]
    assert told[ConversationId("w")].p50_ms > before.p50_ms


def test_it_is_an_arrival_when_it_is_handed_over_and_a_completion_when_it_is_given_back():
    desk = busy_desk()
    arrived, completed = _learned(desk)
    desk.asks_bot("c_2")
    assert _learned(desk) == (arrived, completed)
    desk.hands_over("c_2")
    assert _learned(desk) == (arrived + 1, completed)
    desk.gives("ada", "s")
    assert _learned(desk) == (arrived + 1, completed + 1)
    assert desk.waiting() == ["w", "c_2"]
    desk.bot_closes("c_1")
    assert _learned(desk) == (arrived + 1, completed + 1), "the bot's end is nobody's"


def _learned(desk: Followed) -> tuple[int, int]:
    """Entries and completions so far."""
    (department,) = desk.estimator.learned().departments
    return round(sum(each.weight for each in department.streams)), round(department.completions)


def test_whoever_goes_to_a_bot_is_told_no_wait():
    desk = busy_desk()
    start = c.StartConversation(
        conversation=ConversationId("c_9"),
        visitor=VisitorId("v"),
        department=DepartmentId("support"),
        bot=BotId("faq"),
    )
    assert desk.estimator.wait_on_entry(start, desk.now) is None
    desk.bot_goes()
    assert desk.estimator.wait_on_entry(start, desk.now) is not None
