"""DESIGN §5.4: how offers end, and what follows in the same step."""

from __future__ import annotations

import pytest

from router import commands as c
from router.errors import CommandRejected, Rejection
from router.events import (
    AgentDeaf,
    ConversationAssigned,
    ConversationReturned,
    OfferEnded,
    OfferMade,
    OfferMissCounted,
    OfferSeen,
    StatusChanged,
)
from router.model import AgentId, HoldKind, Method, OfferId, OfferState, Status, Writer
from tests.router.building import Desk, agent, all_of, department, ends, kinds, only

SALES = department("sales", method=Method.RING_ALL, ring_ms=30_000)


def test_a_directed_offer_holds_a_slot_until_it_ends():
    desk = Desk(department(ring_ms=30_000), agent("ada"))
    desk.comes("ada")
    desk.start("c_1")
    (hold,) = desk.who("ada").holds
    assert (hold.kind, hold.cost, hold.until) == (HoldKind.OFFER, 1, desk.now + 30_000)
    assert desk.state("c_1") == "offered"
    desk.accept("ada")
    (hold,) = desk.who("ada").holds
    assert (hold.kind, hold.until) == (HoldKind.ACTIVE, None)


def test_offers_are_numbered_inside_their_conversation():
    desk = Desk(department(reject_delay_ms=0), agent("ada"), agent("ben"))
    desk.comes("ada", "ben")
    happened = desk.start("c_abc")
    first = only(happened, OfferMade).offer
    assert first.id == "o_abc-1"
    assert only(desk.decline(first.agent), OfferMade).offer.id == "o_abc-2"


def test_accepting_assigns_with_the_time_in_line():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1")
    desk.wait(7_000)
    desk.comes("ada")
    desk.wait(1_000)
    happened = desk.accept("ada")
    assigned = only(happened, ConversationAssigned)
    assert (assigned.agent, assigned.previous, assigned.via) == ("ada", None, "offer")
    assert (assigned.waited_ms, assigned.assign_no) == (8_000, 1)
    assert desk.of("c_1").waited_ms == 8_000


def test_a_late_accept_is_gone_and_a_foreign_one_is_not_found():
    desk = Desk(department(ring_ms=1_000), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    foreign = c.AcceptOffer(agent=AgentId("ben"), offer=OfferId("o_1-1"))
    with pytest.raises(CommandRejected) as rejected:
        desk.do(foreign)
    assert rejected.value.code is Rejection.NOT_FOUND
    desk.now += 1_000
    with pytest.raises(CommandRejected) as rejected:
        desk.do(c.AcceptOffer(agent=AgentId("ada"), offer=OfferId("o_1-1")))
    assert rejected.value.code is Rejection.GONE
    # What was due before it did happen, and is told.
    assert [event.end for event in all_of(rejected.value.events, OfferEnded)] == [OfferState.MISSED]


def test_declined_goes_to_the_next_at_once():
    desk = Desk(department(reject_delay_ms=5_000), agent("ada"), agent("ben"))
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    happened = desk.decline("ada", reason="lunch")
    ended = only(happened, OfferEnded)
    assert (ended.end, ended.reason, ended.rest_until) == (OfferState.DECLINED, "lunch", desk.now + 5_000)
    assert desk.ringing() == {"ben": {"c_1"}}


def test_missed_goes_to_the_next_and_keeps_its_key():
    desk = Desk(department(ring_ms=10_000), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    key = desk.of("c_1").key_at
    desk.comes("ben")
    happened = desk.wait(10_000)
    assert ends(happened) == {"o_1-1": "missed"}
    assert desk.ringing() == {"ben": {"c_1"}}
    assert desk.of("c_1").key_at == key


def test_misses_in_a_row_send_the_agent_away():
    desk = Desk(department(ring_ms=1_000, miss_delay_ms=0, miss_limit=2), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    for name in ("c_1", "c_2", "c_3"):
        desk.start(name)
    happened = desk.wait(1_000)
    assert not all_of(happened, StatusChanged)
    happened = desk.wait(1_000)
    change = only(happened, StatusChanged)
    assert (change.status, change.reason, change.automatic) == (Status.AWAY, "missed offers", True)
    assert desk.ringing() == {}
    desk.status("ada", Status.AVAILABLE)
    assert desk.who("ada").misses == 0


def test_a_deed_between_misses_starts_the_row_anew():
    desk = Desk(department(ring_ms=1_000, miss_delay_ms=0, miss_limit=2, reject_delay_ms=0), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    desk.wait(1_000)
    desk.start("c_2")
    desk.decline("ada")
    desk.start("c_3")
    desk.wait(1_000)
    assert desk.who("ada").status is Status.AVAILABLE


def test_a_ring_that_is_not_confirmed_goes_on_without_a_miss():
    desk = Desk(department(), agent("ada"), agent("ben"), confirm_ms=3_000)
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    happened = desk.wait(3_000)
    assert kinds(happened)[:2] == ["AgentDeaf", "OfferEnded"]
    assert ends(happened) == {"o_1-1": "withdrawn"}
    assert desk.ringing() == {"ben": {"c_1"}}
    assert desk.who("ada").misses == 0
    assert not desk.who("ada").reachable
    desk.sees("ben")
    desk.decline("ben")
    assert desk.ringing() == {}  # Ada is unreachable until her next frame
    desk.connect("ada")
    assert desk.ringing() == {"ada": {"c_1"}}


def test_a_confirmed_ring_rings_its_full_time():
    desk = Desk(department(ring_ms=30_000), agent("ada"), confirm_ms=3_000)
    desk.comes("ada")
    desk.start("c_1")
    assert kinds(desk.sees("ada")) == ["OfferSeen"]
    desk.wait(29_999)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_confirming_late_or_for_another_is_ignored():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada", "ben")
    desk.start("c_1")
    whose = next(iter(desk.ringing()))
    other = AgentId("ben" if whose == "ada" else "ada")
    assert desk.do(c.SeeOffer(agent=other, offer=OfferId("o_1-1"))) == ()
    desk.accept(whose)
    assert desk.do(c.SeeOffer(agent=AgentId(whose), offer=OfferId("o_1-1"))) == ()


@pytest.mark.parametrize("status", [Status.BUSY, Status.AWAY, Status.OFFLINE])
def test_leaving_available_withdraws_without_a_miss(status):
    desk = Desk(department(), SALES, agent("ada", "support", "sales"))
    desk.comes("ada")
    desk.start("c_1")
    desk.start("c_2", "sales")
    happened = desk.status("ada", status)
    assert set(ends(happened).values()) == {"withdrawn"}
    assert len(ends(happened)) == 2
    assert desk.who("ada").misses == 0


def test_the_visitor_who_closes_withdraws_the_ring_in_the_same_step():
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    desk.start("c_1")
    happened = desk.close("c_1")
    assert ends(happened) == {"o_1-1": "withdrawn"}
    assert desk.state("c_1") == "forgotten"
    assert desk.who("ada").holds == ()


# ring_all


def two_ringing(**more: int) -> Desk:
    desk = Desk(SALES, agent("ada", "sales", **more), agent("ben", "sales", **more), confirm_ms=0)
    desk.comes("ada", "ben")
    desk.start("c_1", "sales")
    return desk


def test_a_soft_offer_holds_nothing_and_the_first_accept_takes_it():
    desk = two_ringing()
    assert desk.who("ada").holds == ()
    happened = desk.accept("ben")
    assert kinds(happened) == ["OfferEnded", "OfferEnded", "ConversationAssigned"]
    assert {event.agent: event.end.value for event in all_of(happened, OfferEnded)} == {
        "ben": "accepted",
        "ada": "taken",
    }


def test_who_becomes_takeable_joins_the_ring():
    desk = Desk(SALES, agent("ada", "sales"), agent("ben", "sales"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.wait(5_000)
    happened = desk.comes("ben")
    assert only(happened, OfferMade).offer.miss_at == desk.now + 30_000
    assert desk.ringing() == {"ada": {"c_1"}, "ben": {"c_1"}}


def test_one_agent_rings_for_several_and_loses_the_rest_when_full():
    desk = two_ringing(max_slots=1)
    desk.start("c_2", "sales")
    assert desk.ringing() == {"ada": {"c_1", "c_2"}, "ben": {"c_1", "c_2"}}
    happened = desk.accept("ada", "c_1")
    assert ends(happened) == {"o_1-1": "accepted", "o_1-2": "taken", "o_2-1": "withdrawn"}
    assert desk.ringing() == {"ben": {"c_2"}}
    desk.close("c_1", by="ada")
    assert desk.ringing() == {"ada": {"c_2"}, "ben": {"c_2"}}


def test_a_soft_offer_counts_one_miss_once_and_rings_on():
    desk = two_ringing()
    happened = desk.wait(30_000)
    assert sorted(event.agent for event in all_of(happened, OfferMissCounted)) == ["ada", "ben"]
    assert desk.ringing() == {"ada": {"c_1"}, "ben": {"c_1"}}
    assert not all_of(desk.wait(600_000), OfferMissCounted)
    assert desk.who("ada").misses == 1


def test_soft_misses_count_towards_the_limit():
    desk = Desk(
        department("sales", method=Method.RING_ALL, ring_ms=1_000, miss_limit=2), agent("ada", "sales"), confirm_ms=0
    )
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.start("c_2", "sales")
    desk.start("c_3", "sales")
    happened = desk.wait(1_000)
    assert only(happened, StatusChanged).status is Status.AWAY
    assert set(ends(happened).values()) == {"withdrawn"}
    assert desk.state("c_1") == "waiting"


def test_declining_one_soft_ring_leaves_the_others_ringing():
    desk = two_ringing()
    desk.decline("ada")
    assert desk.ringing() == {"ben": {"c_1"}}
    assert desk.state("c_1") == "offered"
    desk.decline("ben")
    assert desk.state("c_1") == "waiting"


# accept = "auto"


def test_auto_assigns_at_once_and_wants_a_confirmation():
    desk = Desk(department(accept="auto"), agent("ada"), agent("ben"), confirm_ms=3_000)
    desk.comes("ada")
    happened = desk.start("c_1")
    assert kinds(happened) == ["ConversationStarted", "OfferMade", "OfferEnded", "ConversationAssigned"]
    assert only(happened, ConversationAssigned).confirm == "o_1-1"
    assert desk.owner("c_1") == "ada"
    desk.comes("ben")
    happened = desk.wait(3_000)
    assert only(happened, AgentDeaf).agent == "ada"
    assert only(happened, ConversationReturned).reason == "agent_gone"
    assert desk.owner("c_1") == "ben"


def test_auto_confirmed_stays():
    desk = Desk(department(accept="auto"), agent("ada"), confirm_ms=3_000)
    desk.comes("ada")
    desk.start("c_1")
    assert only(desk.do(c.SeeOffer(agent=AgentId("ada"), offer=OfferId("o_1-1"))), OfferSeen).conversation == "c_1"
    desk.wait(10_000)
    assert desk.owner("c_1") == "ada"


def test_auto_is_confirmed_by_the_agents_first_word():
    desk = Desk(department(accept="auto"), agent("ada"), confirm_ms=3_000)
    desk.comes("ada")
    desk.start("c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.wait(10_000)
    assert desk.owner("c_1") == "ada"


def test_auto_unconfirmed_goes_on_at_once_when_the_connection_is_lost():
    desk = Desk(department(accept="auto"), agent("ada"), agent("ben"), confirm_ms=3_000)
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    desk.disconnect("ada")
    assert desk.owner("c_1") == "ben"


# Picking by hand


def test_picking_takes_a_waiting_conversation_also_when_busy():
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    desk.status("ada", Status.BUSY)
    desk.start("c_1")
    assert only(desk.pick("ada", "c_1"), ConversationAssigned).via == "pick"


def test_picking_what_rings_elsewhere_ends_it_there_as_taken():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    happened = desk.pick("ben", "c_1")
    assert ends(happened) == {"o_1-1": "taken"}
    assert (desk.owner("c_1"), desk.who("ada").holds) == ("ben", ())


def test_picking_what_rings_here_accepts_it():
    desk = Desk(department(), agent("ada", max_slots=1))
    desk.comes("ada")
    desk.start("c_1")
    happened = desk.pick("ada", "c_1")
    assert ends(happened) == {"o_1-1": "accepted"}
    assert desk.pick("ada", "c_1") == ()


def refuse(desk: Desk, command: c.Command) -> Rejection:
    before = desk.router.snapshot()
    with pytest.raises(CommandRejected) as rejected:
        desk.do(command)
    assert desk.router.snapshot() == before
    return rejected.value.code


def test_a_supervisor_takes_it_from_whoever_has_it_and_their_slot_is_free():
    desk = Desk(department(), agent("ada", max_slots=1), agent("ben"), agent("sue"))
    desk.comes("ada")
    desk.start("c_1")
    desk.accept("ada")
    desk.comes("ben", "sue")
    desk.transfer("ada", "c_1", "ben")
    sue = AgentId("sue")
    happened = desk.do(c.Pick(agent=sue, conversation=desk.of("c_1").id, any_department=True, any_owner=True))
    assert set(ends(happened).values()) == {"taken"}
    assert only(happened, ConversationAssigned).previous == AgentId("ada")
    assert (desk.owner("c_1"), desk.who("ada").holds) == ("sue", ())


def test_picking_is_refused():
    desk = Desk(department(wrap_up_ms=5_000), SALES, agent("ada", max_slots=1), agent("ben"), agent("cleo", "sales"))
    desk.comes("ada", "ben", "cleo")
    desk.start("c_1")
    desk.pick("ben", "c_1")
    desk.start("c_2", "sales")
    ada, cleo = AgentId("ada"), AgentId("cleo")
    one, two = desk.of("c_1").id, desk.of("c_2").id
    assert refuse(desk, c.Pick(agent=ada, conversation=one)) is Rejection.GONE
    assert refuse(desk, c.Pick(agent=ada, conversation=two)) is Rejection.FORBIDDEN
    desk.pick("ada", "c_2", any_department=True)
    desk.start("c_3")
    three = desk.of("c_3").id
    assert refuse(desk, c.Pick(agent=ada, conversation=three)) is Rejection.CONFLICT  # full
    desk.status("ben", Status.AWAY)
    assert refuse(desk, c.Pick(agent=AgentId("ben"), conversation=three)) is Rejection.CONFLICT
    desk.close("c_1")
    assert refuse(desk, c.Pick(agent=cleo, conversation=one)) is Rejection.CLOSED
    desk.wrapped_up("ben", "c_1")
    assert refuse(desk, c.Pick(agent=cleo, conversation=one)) is Rejection.NOT_FOUND
