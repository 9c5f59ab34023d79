"""How a bot's conversation ends, and what settings, restarts, faults and try-outs do to it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from router import commands as c
from router.errors import Rejection
from router.events import (
    BotGone,
    ConversationClosed,
    ConversationHandedOver,
    ConversationMoved,
    HandoffFailed,
    IdleAsked,
)
from router.model import BotId, ConversationId, Writer
from router.snapshot import ConversationRecord
from tests.router.building import Desk, agent, all_of, bot, bot_desk, department, kinds, only, refused

FAQ = BotId("faq")


# Ends.


@pytest.mark.parametrize("by", ["bot", "visitor", "agent"])
def test_it_is_closed_by_the_bot_the_visitor_or_a_supervisor(by):
    desk = bot_desk(department(wrap_up_ms=5_000), agent("ada"), bot())
    desk.asks_bot("c_1")
    deed = {
        "bot": lambda: desk.bot_closes("c_1"),
        "visitor": lambda: desk.close("c_1"),
        "agent": lambda: desk.close("c_1", by="ada", any_owner=True),
    }[by]
    closed = only(deed(), ConversationClosed)
    assert (closed.by, closed.bot, closed.agent, closed.wrap_up_until) == (by, "faq", None, None)
    assert desk.state("c_1") == "forgotten"
    assert desk.router.conversations_of(FAQ) == ()


def test_a_visitor_who_stays_away_loses_the_conversation_as_in_line():
    desk = bot_desk(department(), agent("ada"), bot(reply_ms=0), hold_place_ms=60_000)
    desk.asks_bot("c_1")
    desk.leaves("c_1")
    desk.wait(59_999)
    assert desk.state("c_1") == "bot"
    desk.returns("c_1")
    assert desk.wait(60_000) == ()
    desk.leaves("c_1")
    closed = only(desk.wait(60_000), ConversationClosed)
    assert (closed.by, closed.bot) == ("abandoned", "faq")


def test_who_was_away_when_it_was_given_to_the_bot_has_the_full_time():
    desk = bot_desk(department(), agent("ada"), bot(reply_ms=0), hold_place_ms=60_000)
    desk.served_by("ada", "c_1")
    desk.leaves("c_1")
    desk.wait(100_000)
    desk.gives("ada", "c_1")
    assert desk.wait(59_999) == ()
    assert only(desk.wait(1), ConversationClosed).by == "abandoned"


def test_a_visitor_who_was_answered_and_is_silent_is_asked_and_let_go():
    desk = bot_desk(department(idle_ms=60_000, idle_close_ms=10_000), agent("ada"), bot())
    desk.asks_bot("c_1")
    desk.wrote("c_1", Writer.BOT)
    assert kinds(desk.wait(60_000)) == ["IdleAsked"]
    desk.wrote("c_1", Writer.VISITOR)
    desk.wrote("c_1", Writer.BOT)
    assert only(desk.wait(60_000), IdleAsked).conversation == "c_1"
    closed = only(desk.wait(10_000), ConversationClosed)
    assert (closed.by, closed.bot) == ("idle", "faq")


# Settings, restart, quarantine.


def test_a_removed_bots_conversations_go_to_the_line():
    desk = bot_desk()
    desk.asks_bot("c_1")
    happened = desk.configure(department(), agent("ada"), confirm_ms=0)
    assert only(happened, ConversationHandedOver).reason == "bot_removed"
    assert desk.ringing() == {"ada": {"c_1"}}
    assert desk.router.bot(FAQ) is None
    assert desk.of("c_1").bot == "faq"


def test_a_bot_removed_while_no_router_ran():
    desk = bot_desk()
    desk.asks_bot("c_1")
    before = desk.router.snapshot()
    settings = Desk(department(), agent("ada"), confirm_ms=0).router.settings
    router = type(desk.router).rebuild(settings, before, seed=1)
    happened = router.handle(c.Restart(), desk.now)
    assert only(happened, ConversationHandedOver).reason == "bot_removed"


def test_a_removed_department_leaves_it_with_the_bot():
    desk = bot_desk(department(), department("sales"), agent("ada"), bot())
    desk.asks_bot("c_1", "sales")
    moved = only(desk.configure(department(), agent("ada"), bot(), confirm_ms=0), ConversationMoved)
    assert (moved.conversation, moved.department) == ("c_1", "support")
    assert desk.responsible("c_1") == "faq"
    assert only(desk.hands_over("c_1"), ConversationHandedOver).department == "support"


@pytest.mark.parametrize("kept", [True, False])
def test_after_a_restart_graces_and_times_to_answer_begin_anew(kept):
    """Also where the presence of bots was not kept with the records."""
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.asks_bot("c_2")
    desk.wrote("c_2", Writer.BOT)
    desk.wait(29_000)
    desk.now += 3_600_000
    happened = desk.restart(**({} if kept else {"bots": ()}))
    assert kinds(happened) == ["Restarted"]
    for name in ("c_1", "c_2"):
        desk.returns(name)
    desk.comes("ada")
    assert desk.wait(19_000) == ()
    desk.bot_comes()
    desk.wait(10_999)
    assert desk.responsible("c_1") == "faq"
    assert only(desk.wait(1), ConversationHandedOver).conversation == "c_1"
    desk.wait(60_000)
    assert desk.responsible("c_2") == "faq"


@pytest.mark.parametrize("asked", [True, False])
def test_who_wrote_last_is_known_better_than_the_record_after_a_restart(asked):
    """What was written is in the log; the record may be older."""
    desk = bot_desk()
    desk.asks_bot("c_1", spoke=not asked)
    known = replace(desk.of("c_1"), awaiting_reply=asked)
    desk.restart(conversations=(known,))
    desk.returns("c_1")
    desk.wrote("c_1", Writer.VISITOR if asked else Writer.BOT)
    desk.bot_comes()
    happened = desk.wait(30_000)
    assert [event.reason for event in all_of(happened, ConversationHandedOver)] == (["unanswered"] if asked else [])


def test_a_bot_that_does_not_come_back_after_a_restart_is_gone():
    desk = bot_desk(department(), agent("ada"), bot(reply_ms=0))
    desk.asks_bot("c_1")
    desk.restart(bots=())
    desk.returns("c_1")
    desk.comes("ada")
    happened = desk.wait(20_000)
    assert all_of(happened, BotGone)
    assert only(happened, ConversationHandedOver).reason == "bot_gone"
    assert desk.ringing() == {"ada": {"c_1"}}


def test_in_quarantine_nothing_falls_due():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.do(c.Quarantine(conversation=ConversationId("c_1"), for_ms=50_000))
    desk.wait(49_999)
    assert desk.responsible("c_1") == "faq"
    assert only(desk.wait(1), ConversationHandedOver).reason == "unanswered"


def test_handed_over_in_quarantine_it_waits_for_its_end():
    desk = bot_desk()
    desk.asks_bot("c_1")
    desk.do(c.Quarantine(conversation=ConversationId("c_1"), for_ms=50_000))
    desk.hands_over("c_1")
    assert desk.ringing() == {}
    desk.wait(50_000)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_records_of_older_versions_are_read():
    desk = bot_desk()
    desk.served_by("ada", "c_1")
    kept = msgspec.to_builtins(desk.of("c_1"))
    for field in ("bot", "bot_asked_at", "bot_until", "trial", "started_at"):
        del kept[field]
    record = msgspec.convert(kept, ConversationRecord)
    assert (record.bot, record.trial, record.responsible) == (None, False, "ada")
    snapshot = desk.router.snapshot()
    older = type(snapshot)(counters=snapshot.counters, agents=snapshot.agents, conversations=(record,))
    desk.router = type(desk.router).rebuild(desk.router.settings, older, seed=1)
    desk.do(c.Restart())
    desk.bot_comes()
    desk.gives("ada", "c_1")
    assert only(desk.hands_over("c_1"), ConversationHandedOver).key_at == record.since_at


# Try-outs.


def test_a_try_out_never_goes_to_people():
    desk = bot_desk()
    desk.asks_bot("c_1", trial=True)
    assert only(desk.hands_over("c_1"), HandoffFailed).reason == "trial"
    assert only(desk.wants_human("c_1"), HandoffFailed).reason == "trial"
    assert refused(desk.pick, "ada", "c_1") is Rejection.CONFLICT
    closed = only(desk.wait(30_000), ConversationClosed)
    assert (closed.by, closed.bot) == ("abandoned", "faq")


@pytest.mark.parametrize("fault", ["gone", "removed"])
def test_a_try_out_ends_with_its_bot(fault):
    desk = bot_desk(department(), agent("ada"), bot(reply_ms=0))
    desk.asks_bot("c_1", trial=True)
    if fault == "gone":
        desk.bot_goes()
        assert only(desk.wants_human("c_1"), HandoffFailed).reason == "trial"
        happened = desk.wait(20_000)
    else:
        happened = desk.configure(department(), agent("ada"), confirm_ms=0)
    assert only(happened, ConversationClosed).by == "abandoned"


def test_a_try_out_of_a_bot_that_cannot_have_it_is_refused():
    desk = bot_desk(department(), agent("ada"), bot(max_conversations=1))
    desk.asks_bot("c_1", trial=True)
    assert refused(desk.asks_bot, "c_2", trial=True) is Rejection.CONFLICT
    desk.bot_goes()
    assert refused(desk.asks_bot, "c_3", trial=True) is Rejection.CONFLICT
    assert desk.state("c_3") == "forgotten"
