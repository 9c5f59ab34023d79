"""How a bot's conversation comes to people and back, and that it always has exactly one owner."""

from __future__ import annotations

import itertools

import pytest

from router import commands as c
from router.errors import CommandRejected, Rejection
from router.events import (
    ConversationAssigned,
    ConversationGivenToBot,
    ConversationHandedOver,
    HandoffFailed,
    MessageWritten,
    NoticeDue,
    OfferMade,
)
from router.model import AgentId, BotId, ConversationId, DepartmentId, MessageRule, Method, Status, VisitorId, Writer
from router.needs import needs_of
from router.order import STRICT
from tests.router.building import Desk, agent, all_of, bot, bot_desk, department, ends, kinds, only, refused

FAQ = BotId("faq")
QUEUED, NOBODY = MessageRule(when="queued"), MessageRule(when="nobody")


# Handing over.


def test_a_hand_over_has_the_key_of_the_start():
    desk = bot_desk()
    desk.asks_bot("c_1", head_start=5_000)
    began = desk.now
    desk.wait(10_000)
    desk.wrote("c_1", Writer.BOT)
    desk.start("c_2", head_start=1_000)
    desk.wait(20_000)
    handed = only(desk.hands_over("c_1", reason="cannot help"), ConversationHandedOver)
    assert (handed.key_at, handed.line_entry, handed.words) == (began - 5_000, 1, "cannot help")
    assert (handed.reason, handed.reservation, handed.instead_of) == ("handoff", None, None)
    record = desk.of("c_1")
    assert (record.entered_line_at, record.since_at, record.waited_ms) == (desk.now, began, 0)
    assert (desk.place("c_1"), desk.place("c_2")) == (1, 2)


def test_in_a_strict_line_the_head_start_is_a_rank():
    desk = bot_desk(department(), department("vip", order="strict"), agent("ada", "support", "vip"), bot())
    desk.asks_bot("c_1", head_start=2)
    began = desk.now
    desk.wait(10_000)
    handed = only(desk.hands_over("c_1", "vip"), ConversationHandedOver)
    assert (handed.department, handed.key_at) == ("vip", began - 2 * STRICT)


def test_only_the_wait_after_the_hand_over_is_told_as_a_wait():
    desk = bot_desk(
        department(messages=(QUEUED, MessageRule(when="waited", seconds_ms=7_000, min_interval_ms=0))),
        agent("ada"),
        bot(),
    )
    desk.asks_bot("c_1")
    assert desk.wait(15_000) == ()
    desk.hands_over("c_1")
    told = all_of(desk.wait(7_000), NoticeDue)
    assert ("c_1", "waited", 1) in [(event.conversation, event.when, event.line_entry) for event in told]
    desk.pick("ada", "c_1")
    assert desk.of("c_1").waited_ms == 7_000


def test_to_an_agent_it_is_kept_for_them():
    desk = bot_desk(department(), agent("ada"), agent("ben"), bot())
    desk.comes("ben")
    desk.asks_bot("c_1")
    handed = only(desk.hands_over("c_1", reserve_for=(AgentId("ben"),), reserve_ms=60_000), ConversationHandedOver)
    assert handed.reservation is not None
    assert handed.reservation.agents == ("ben",)
    assert desk.ringing() == {"ben": {"c_1"}}


@pytest.mark.parametrize("asks", [False, True])
def test_to_nobody_it_stays_with_the_bot(asks):
    desk = bot_desk()
    desk.status("ada", Status.AWAY)
    desk.asks_bot("c_1")
    happened = desk.wants_human("c_1") if asks else desk.hands_over("c_1")
    failed = only(happened, HandoffFailed)
    assert (failed.reason, failed.asked, failed.bot) == ("nobody", asks, "faq")
    assert desk.responsible("c_1") == "faq"
    desk.status("ada", Status.AVAILABLE)
    happened = desk.wants_human("c_1") if asks else desk.hands_over("c_1")
    assert only(happened, ConversationHandedOver).reason == ("asked" if asks else "handoff")


def test_to_somebody_without_the_skill_is_to_nobody():
    desk = bot_desk()
    desk.do(
        c.StartConversation(
            conversation=ConversationId("c_1"),
            visitor=VisitorId("v"),
            department=DepartmentId("support"),
            bot=FAQ,
            needs=needs_of(require=[("danish", 1)]),
        )
    )
    assert only(desk.hands_over("c_1"), HandoffFailed).reason == "nobody"


def test_to_a_full_department_it_stays_with_the_bot_until_there_is_room():
    desk = bot_desk(department(max_line=1), agent("ada", max_slots=1), bot(reply_ms=0))
    desk.served_by("ada", "c_0")
    desk.start("c_1")
    desk.asks_bot("c_2")
    assert only(desk.hands_over("c_2"), HandoffFailed).reason == "line_full"
    desk.close("c_0", by="ada")
    desk.accept("ada", "c_1")
    assert only(desk.hands_over("c_2"), ConversationHandedOver).department == "support"
    assert desk.place("c_2") == 1


@pytest.mark.parametrize(("sales_is_there", "outcome"), [(True, "sales"), (False, "nobody")])
def test_a_full_department_overflows_to_one_that_serves(sales_is_there, outcome):
    desk = bot_desk(
        department(max_line=1), department("sales"), agent("ada", max_slots=1), agent("ben", "sales"), bot(reply_ms=0)
    )
    desk.served_by("ada", "c_0")
    desk.start("c_1")
    desk.asks_bot("c_2")
    if sales_is_there:
        desk.comes("ben")
    happened = desk.hands_over("c_2", overflow=(DepartmentId("sales"), DepartmentId("gone")))
    if sales_is_there:
        handed = only(happened, ConversationHandedOver)
        assert (handed.department, handed.instead_of) == (outcome, "support")
        assert desk.ringing()["ben"] == {"c_2"}
    else:
        assert only(happened, HandoffFailed).reason == outcome


def test_outside_hours_it_stays_with_the_bot():
    desk = bot_desk()
    desk.asks_bot("c_1")
    assert only(desk.hands_over("c_1", outside_hours=True), HandoffFailed).reason == "outside_hours"
    assert only(desk.wants_human("c_1", outside_hours=True), HandoffFailed).reason == "outside_hours"
    assert desk.responsible("c_1") == "faq"


def test_a_failed_hand_over_does_not_answer_the_visitor():
    desk = bot_desk()
    desk.status("ada", Status.AWAY)
    desk.asks_bot("c_1")
    desk.wait(10_000)
    desk.hands_over("c_1")
    assert only(desk.wait(20_000), ConversationHandedOver).reason == "unanswered"


def test_a_bot_that_is_not_connected_cannot_keep_who_asks_for_a_human():
    desk = bot_desk()
    desk.status("ada", Status.AWAY)
    desk.asks_bot("c_1")
    desk.bot_goes()
    assert only(desk.wants_human("c_1"), ConversationHandedOver).reason == "asked"


def test_nobody_but_the_bot_that_has_it_hands_it_over_or_closes_it():
    desk = bot_desk(department(), agent("ada"), bot(), bot("other"))
    desk.asks_bot("c_1")
    for deed in (desk.hands_over, desk.bot_closes):
        assert refused(deed, "c_1", bot="other") is Rejection.NOT_OWNER
        assert refused(deed, "c_9") is Rejection.NOT_FOUND
    assert refused(desk.hands_over, "c_1", bot="nobody") is Rejection.NOT_FOUND
    assert refused(desk.hands_over, "c_1", "nowhere") is Rejection.NOT_FOUND
    assert refused(desk.close, "c_1", by="ada") is Rejection.NOT_OWNER
    assert refused(desk.transfer, "ada", "c_1", "support") is Rejection.NOT_OWNER
    desk.hands_over("c_1")
    for deed in (desk.hands_over, desk.bot_closes):
        assert refused(deed, "c_1") is Rejection.NOT_OWNER
    assert refused(desk.wants_human, "c_1") is Rejection.CONFLICT
    desk.accept("ada", "c_1")
    assert refused(desk.wants_human, "c_1") is Rejection.CONFLICT


# Back to the bot.


def test_given_back_it_is_the_bots_and_the_slot_is_free():
    desk = bot_desk(department(wrap_up_ms=5_000), agent("ada", max_slots=1), bot())
    desk.asks_bot("c_1")
    began = desk.now
    desk.wait(5_000)
    desk.hands_over("c_1")
    desk.accept("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.start("c_2")
    assert desk.ringing() == {}
    happened = desk.gives("ada", "c_1")
    given = only(happened, ConversationGivenToBot)
    assert (given.agent, given.bot) == ("ada", "faq")
    assert desk.ringing() == {"ada": {"c_2"}}, "without a wrap-up"
    assert (desk.responsible("c_1"), desk.owner("c_1")) == ("faq", None)
    assert desk.wait(60_000)
    assert desk.responsible("c_1") == "faq", "the visitor had been answered"
    desk.wrote("c_1", Writer.VISITOR)
    handed = only(desk.wait(30_000), ConversationHandedOver)
    assert (handed.key_at, handed.line_entry) == (began, 2)


def test_after_a_transfer_too_it_is_as_old_as_its_start():
    desk = bot_desk(department(), department("sales"), agent("ada", "support", "sales"), bot())
    desk.served_by("ada", "c_1")
    began = desk.now
    desk.wait(60_000)
    desk.transfer("ada", "c_1", "sales")
    desk.accept("ada", "c_1")
    desk.wait(60_000)
    desk.gives("ada", "c_1")
    assert only(desk.hands_over("c_1"), ConversationHandedOver).key_at == began
    desk.configure(department(), agent("ada"), bot(), confirm_ms=0)
    assert (desk.of("c_1").department, desk.of("c_1").key_at) == ("support", began), "moved, too"


def test_who_waits_for_an_answer_when_it_is_given_waits_for_the_bots():
    desk = bot_desk()
    desk.served_by("ada", "c_1")
    desk.gives("ada", "c_1")
    assert desk.of("c_1").bot_asked_at == desk.now
    assert only(desk.wait(30_000), ConversationHandedOver).reason == "unanswered"


def test_a_transfer_that_rings_ends_when_it_is_given_to_the_bot():
    desk = bot_desk(department(), agent("ada"), agent("ben"), bot())
    desk.served_by("ada", "c_1")
    desk.comes("ben")
    desk.transfer("ada", "c_1", "ben")
    happened = desk.gives("ada", "c_1")
    assert list(ends(happened).values()) == ["withdrawn"]
    assert desk.ringing() == {}


def test_only_its_owner_gives_it_and_only_to_a_bot_that_is_here():
    desk = bot_desk(department(wrap_up_ms=5_000), agent("ada"), agent("ben"), bot(), bot("away"))
    desk.served_by("ada", "c_1")
    desk.comes("ben")
    assert refused(desk.gives, "ben", "c_1") is Rejection.NOT_OWNER
    assert refused(desk.gives, "ada", "c_1", "away") is Rejection.CONFLICT
    assert refused(desk.gives, "ada", "c_1", "nobody") is Rejection.NOT_FOUND
    desk.bot_goes()
    assert refused(desk.gives, "ada", "c_1") is Rejection.CONFLICT
    desk.bot_comes()
    desk.close("c_1", by="ada")
    assert refused(desk.gives, "ada", "c_1") is Rejection.CLOSED


# Picking.


def test_a_member_may_pick_it_from_the_bot():
    desk = bot_desk(department(), department("sales"), agent("ada"), agent("ben", "sales"), bot())
    desk.comes("ben")
    desk.asks_bot("c_1")
    desk.wait(10_000)
    assert refused(desk.pick, "ben", "c_1") is Rejection.FORBIDDEN
    assigned = only(desk.pick("ada", "c_1"), ConversationAssigned)
    assert (assigned.bot, assigned.previous, assigned.via, assigned.waited_ms) == ("faq", None, "pick", 0)
    assert (desk.responsible("c_1"), desk.state("c_1")) == ("ada", "active")
    assert desk.of("c_1").bot == "faq", "who had it is known"
    assert desk.wait(30_000) == (), "the bot owes nothing any more"
    assert desk.router.conversations_of(FAQ) == ()


def test_who_has_no_slot_picks_nothing_from_a_bot():
    desk = bot_desk(department(), agent("ada", max_slots=1), bot())
    desk.served_by("ada", "c_0")
    desk.asks_bot("c_1")
    assert refused(desk.pick, "ada", "c_1") is Rejection.CONFLICT


# Whose it is.


def test_in_every_interleaving_exactly_the_owner_may_act():
    """Each order of a bot's, a visitor's and agents' deeds: the owner follows from the state, others are refused."""
    deeds = {
        "bot hands over": lambda desk: desk.hands_over("c_1"),
        "visitor asks": lambda desk: desk.wants_human("c_1"),
        "ada picks": lambda desk: desk.pick("ada", "c_1"),
        "ada gives back": lambda desk: desk.gives("ada", "c_1"),
        "bot dies": lambda desk: (*desk.bot_goes(), *desk.wait(20_000), *desk.bot_comes()),
    }
    seen = set()
    for order in itertools.permutations(deeds):
        desk = bot_desk(department(), agent("ada"), bot(reply_ms=0), checked=False)
        desk.asks_bot("c_1")
        for name in order:
            before = desk.responsible("c_1")
            try:
                happened = deeds[name](desk)
            except CommandRejected:
                assert desk.responsible("c_1") == before
                continue
            finally:
                _only_the_owner_may(desk)
            seen |= {(name, before, desk.responsible("c_1")), *kinds(happened)}
    assert ("bot hands over", "faq", None) in seen
    assert ("ada picks", "faq", "ada") in seen
    assert ("ada picks", None, "ada") in seen
    assert ("ada gives back", "ada", "faq") in seen
    assert ("bot dies", "faq", None) in seen


def _only_the_owner_may(desk: Desk) -> None:
    owner = desk.responsible("c_1")
    told = desk.wrote("c_1", Writer.BOT)
    assert bool(all_of(told, MessageWritten)) == (owner == "faq")
    if owner != "faq":
        assert refused(desk.bot_closes, "c_1") is Rejection.NOT_OWNER
        assert refused(desk.hands_over, "c_1") is Rejection.NOT_OWNER
    if owner != "ada":
        assert refused(desk.close, "c_1", by="ada") is Rejection.NOT_OWNER
        assert refused(desk.gives, "ada", "c_1") is Rejection.NOT_OWNER


def test_a_hand_over_rings_everybody_where_all_are_rung():
    desk = bot_desk(department(method=Method.RING_ALL), agent("ada"), agent("ben"), bot())
    desk.comes("ben")
    desk.asks_bot("c_1")
    offers = all_of(desk.hands_over("c_1"), OfferMade)
    assert {event.offer.agent for event in offers} == {"ada", "ben"}
