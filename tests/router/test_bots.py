"""What a bot gets, while it is here and in its grace; and how long it may let a visitor wait."""

from __future__ import annotations

import pytest

from router import commands as c
from router.errors import Rejection
from router.events import (
    BotDisconnected,
    BotWorked,
    ConversationHandedOver,
    ConversationStarted,
    NoticeDue,
)
from router.model import BotId, ConversationId, DepartmentId, MessageRule, Status, VisitorId, Writer
from router.snapshot import BotRecord
from tests.router.building import Desk, agent, all_of, bot, bot_desk, department, kinds, only, refused

FAQ = BotId("faq")
QUEUED, NOBODY = MessageRule(when="queued"), MessageRule(when="nobody")


# Starting.


def test_a_conversation_with_a_bot_is_in_no_line_and_nobodys_slot():
    desk = bot_desk()
    happened = desk.asks_bot("c_1")
    started = only(happened, ConversationStarted)
    assert (started.bot, started.department, started.spoke, started.trial) == ("faq", "support", True, False)
    assert kinds(happened) == ["ConversationStarted"], "Ada is free and is not rung"
    assert (desk.state("c_1"), desk.responsible("c_1"), desk.owner("c_1")) == ("bot", "faq", None)
    assert desk.router.queue(ConversationId("c_1")) is None
    assert desk.router.explain(ConversationId("c_1")) is None
    assert desk.router.queues(DepartmentId("support")).waiting == 0
    assert desk.who("ada").holds == ()
    assert desk.of("c_1").line_entry == 0
    assert desk.router.conversations_of(FAQ) == ("c_1",)


@pytest.mark.parametrize("why", ["not connected", "unknown", "in its grace", "gone", "left for later"])
def test_without_its_bot_it_starts_as_without_one(why):
    desk = bot_desk()
    if why == "not connected":
        desk = Desk(department(), agent("ada"), bot())
        desk.comes("ada")
    if why in {"in its grace", "gone"}:
        desk.bot_goes()
    if why == "gone":
        assert kinds(desk.wait(20_000)) == ["BotGone"]
    more = {"bot": "nobody"} if why == "unknown" else {}
    happened = desk.asks_bot("c_1", left=why == "left for later", **more)
    assert only(happened, ConversationStarted).bot is None
    assert desk.ringing() == {"ada": {"c_1"}}


def test_two_conversations_are_all_it_may_have():
    desk = bot_desk(department(), agent("ada", max_slots=9), bot(max_conversations=2))
    desk.asks_bot("c_1")
    desk.asks_bot("c_2")
    assert only(desk.asks_bot("c_3"), ConversationStarted).bot is None
    assert desk.ringing() == {"ada": {"c_3"}}
    desk.accept("ada", "c_3")
    assert refused(desk.gives, "ada", "c_3") is Rejection.CONFLICT
    desk.close("c_1")
    assert only(desk.asks_bot("c_4"), ConversationStarted).bot == "faq"
    desk.hands_over("c_2")
    assert only(desk.asks_bot("c_5"), ConversationStarted).bot == "faq", "what it handed over counts no more"


def test_a_lowered_limit_takes_nothing_away():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.asks_bot("c_2")
    desk.configure(department(), agent("ada"), bot(max_conversations=1), confirm_ms=0)
    assert (desk.state("c_1"), desk.state("c_2")) == ("bot", "bot")
    assert only(desk.asks_bot("c_3"), ConversationStarted).bot is None


def test_a_bot_takes_from_a_full_line():
    desk = bot_desk(department(max_line=1), agent("ada", max_slots=1), bot())
    desk.served_by("ada", "c_1")
    desk.start("c_2")
    assert refused(desk.start, "c_3") is Rejection.LINE_FULL
    assert only(desk.asks_bot("c_4"), ConversationStarted).bot == "faq"


def test_what_a_start_would_lead_to():
    desk = bot_desk()
    command = c.StartConversation(
        conversation=ConversationId("c_9"), visitor=VisitorId("v"), department=DepartmentId("support"), bot=FAQ
    )
    assert desk.router.bot_for(command) == "faq"
    seen = desk.router.preview(command, desk.now)
    assert (seen.bot, seen.offered_to) == ("faq", ())
    assert desk.router.conversation(ConversationId("c_9")) is None
    desk.bot_goes()
    assert desk.router.bot_for(command) is None
    seen = desk.router.preview(command, desk.now)
    assert (seen.bot, seen.offered_to) == (None, ("ada",))


# Presence.


def test_a_bot_killed_and_back_within_its_grace_keeps_everything():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.wrote("c_1", Writer.BOT)
    went = only(desk.bot_goes(), BotDisconnected)
    assert went.grace_until == desk.now + 20_000
    assert desk.wait(19_999) == ()
    assert kinds(desk.bot_comes()) == ["BotConnected"]
    assert desk.wait(60_000) == ()
    assert desk.responsible("c_1") == "faq"


def test_beyond_its_grace_everything_goes_to_the_line_in_the_order_of_the_starts():
    desk = bot_desk(department(), agent("ada", max_slots=1), bot(reply_ms=0))
    for name in ("c_1", "c_2", "c_3"):
        desk.asks_bot(name)
        desk.wait(1_000)
    desk.bot_goes()
    happened = desk.wait(20_000)
    assert kinds(happened)[0] == "BotGone"
    handed = all_of(happened, ConversationHandedOver)
    assert [event.conversation for event in handed] == ["c_1", "c_2", "c_3"]
    assert {event.reason for event in handed} == {"bot_gone"}
    assert desk.ringing() == {"ada": {"c_1"}}
    assert [desk.place(name) for name in ("c_1", "c_2", "c_3")] == [1, 2, 3]
    assert desk.bot_comes() != ()
    assert desk.responsible("c_2") is None, "what went, went"


def test_a_bot_without_conversations_is_gone_too():
    desk = bot_desk()
    desk.bot_goes()
    assert kinds(desk.wait(20_000)) == ["BotGone"]
    assert desk.bot_goes() == ()
    assert desk.router.bot(FAQ) == BotRecord(id=FAQ, connected=False)


def test_gone_at_once_without_a_grace():
    desk = bot_desk(department(), agent("ada"), bot(grace_ms=0))
    desk.asks_bot("c_1")
    assert kinds(desk.bot_goes()) == ["BotDisconnected", "BotGone", "ConversationHandedOver", "OfferMade"]


def test_faults_go_to_the_line_over_its_limit_and_with_nobody_there():
    desk = bot_desk(department(max_line=1, messages=(QUEUED, NOBODY)), agent("ada"), bot())
    desk.status("ada", Status.AWAY)
    desk.start("c_0")
    desk.asks_bot("c_1")
    happened = desk.wait(30_000)
    assert only(happened, ConversationHandedOver).reason == "unanswered"
    said = [event for event in all_of(happened, NoticeDue) if event.conversation == "c_1"]
    assert [(event.when, event.line_entry) for event in said] == [("nobody", 1)]


# Answers.


def test_a_visitor_left_without_an_answer_goes_to_the_line():
    desk = bot_desk()
    desk.asks_bot("c_1")
    assert desk.wait(29_999) == ()
    handed = only(desk.wait(1), ConversationHandedOver)
    assert (handed.reason, handed.bot, handed.words) == ("unanswered", "faq", "")
    assert desk.ringing() == {"ada": {"c_1"}}


def test_the_time_runs_from_the_first_message_that_is_not_answered():
    desk = bot_desk()
    desk.asks_bot("c_1", spoke=False)
    desk.wait(100_000)
    assert desk.responsible("c_1") == "faq", "nothing was asked"
    desk.wrote("c_1", Writer.VISITOR)
    desk.wait(20_000)
    assert desk.wrote("c_1", Writer.VISITOR) == (), "it is asked already"
    assert only(desk.wait(10_000), ConversationHandedOver).reason == "unanswered"


def test_an_answer_ends_the_time_and_the_next_message_begins_it_anew():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.wait(29_000)
    desk.wrote("c_1", Writer.BOT)
    desk.wait(29_000)
    assert desk.responsible("c_1") == "faq"
    desk.wrote("c_1", Writer.VISITOR)
    desk.wait(29_999)
    assert desk.responsible("c_1") == "faq"
    desk.wait(1)
    assert desk.responsible("c_1") is None


def test_what_is_told_late_began_when_it_was_written():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.wrote("c_1", Writer.BOT)
    desk.wait(10_000)
    asked = desk.now - 2_000
    desk.wrote("c_1", Writer.VISITOR, asked)
    assert desk.of("c_1").bot_asked_at == asked
    assert desk.router.answer_by(ConversationId("c_1")) == asked + 30_000
    desk.wait(27_999)
    assert desk.responsible("c_1") == "faq"
    desk.wait(1)
    assert desk.responsible("c_1") is None
    assert desk.router.answer_by(ConversationId("c_1")) is None


def test_nobody_owes_an_answer_since_before_they_had_the_conversation():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.wrote("c_1", Writer.BOT)
    began = desk.now
    desk.wait(1_000)
    desk.wrote("c_1", Writer.VISITOR, began - 5_000)
    assert desk.of("c_1").bot_asked_at == began
    desk.wrote("c_1", Writer.BOT)
    desk.wrote("c_1", Writer.VISITOR, desk.now + 5_000)
    assert desk.of("c_1").bot_asked_at == desk.now


def test_a_bot_without_a_limit_may_take_its_time():
    desk = bot_desk(department(), agent("ada"), bot(reply_ms=0))
    desk.asks_bot("c_1")
    assert desk.works("c_1") == ()
    assert desk.wait(86_400_000) == ()


def test_thinking_earns_time_but_not_for_ever():
    desk = bot_desk()
    desk.asks_bot("c_1")
    began = desk.now
    assert desk.works("c_1") == (), "it has all its time yet"
    happened = []
    while desk.responsible("c_1") == "faq":
        happened += [*desk.wait(5_000), *desk.works("c_1")]
        assert desk.now - began <= 120_000
    assert desk.now - began == 120_000, "four times its time to answer"
    worked = all_of(tuple(happened), BotWorked)
    assert [event.until - event.at for event in worked] == [*[30_000] * 18]
    assert only(tuple(happened), ConversationHandedOver).reason == "unanswered"


def test_a_sign_of_work_for_another_conversation_or_by_another_bot_is_ignored():
    desk = bot_desk(department(), agent("ada"), bot(), bot("other"))
    desk.asks_bot("c_1")
    desk.wait(10_000)
    assert desk.works("c_1", bot="other") == desk.works("c_2") == desk.works("c_1", bot="nobody") == ()
    desk.wrote("c_1", Writer.BOT)
    assert desk.works("c_1") == (), "nothing is to be answered"


def test_what_an_agent_wrote_before_it_was_the_bots_is_no_answer():
    desk = bot_desk()
    desk.asks_bot("c_1")
    assert desk.wrote("c_1", Writer.AGENT) == ()
    desk.hands_over("c_1")
    assert desk.wrote("c_1", Writer.BOT) == ()
    desk.accept("ada", "c_1")
    assert desk.wrote("c_1", Writer.BOT) == ()
    assert desk.of("c_1").awaiting_reply
