"""DESIGN §5.1 clause by clause: each alone keeps an agent from a conversation, and each ends."""

from __future__ import annotations

import pytest

from router.commands import Quarantine
from router.events import OfferMade
from router.model import Clause, Member, Method, Status
from tests.router.building import Desk, agent, department, ends, only

RING_ALL = department("sales", method=Method.RING_ALL)


def test_a_only_members_of_the_department_are_asked():
    desk = Desk(department(), department("sales"), agent("ada", "sales"))
    desk.comes("ada")
    desk.start("c_1")
    assert desk.state("c_1") == "waiting"


@pytest.mark.parametrize("status", [Status.BUSY, Status.AWAY, Status.OFFLINE])
def test_b_only_the_available_are_asked(status):
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    desk.status("ada", status)
    desk.start("c_1")
    assert desk.state("c_1") == "waiting"
    desk.status("ada", Status.AVAILABLE)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_c_only_the_reachable_are_asked():
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    desk.disconnect("ada")
    desk.start("c_1")
    assert desk.state("c_1") == "waiting"
    desk.connect("ada")
    assert desk.ringing() == {"ada": {"c_1"}}


def test_d_nobody_is_asked_above_their_slots():
    desk = Desk(department(), agent("ada", max_slots=1))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.start("c_2")
    assert desk.state("c_2") == "waiting"
    desk.close("c_1")
    assert desk.ringing() == {"ada": {"c_2"}}


def test_d_a_conversation_that_costs_two_needs_two_free_slots_and_is_passed_over_until_then():
    desk = Desk(department(), agent("ada", max_slots=2))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.start("c_2", cost=2)
    desk.start("c_3")
    assert desk.ringing() == {"ada": {"c_3"}}
    desk.accept("ada")
    desk.close("c_1")
    assert desk.state("c_2") == "waiting"
    desk.close("c_3")
    assert desk.ringing() == {"ada": {"c_2"}}


def test_d_the_cap_inside_a_department_counts_only_what_is_held_there():
    capped = Member(department=department().id, max_slots=1)
    desk = Desk(department(), department("sales"), agent("ada", capped, "sales"))
    desk.comes("ada")
    desk.served_by("ada", "c_1", "support")
    desk.start("c_2", "support")
    desk.start("c_3", "sales")
    assert desk.ringing() == {"ada": {"c_3"}}


def test_d_a_directed_offer_leaves_room_for_the_older_conversation_that_rings_softly_there():
    desk = Desk(
        department(),
        department("sales", method=Method.RING_ALL, ring_ms=10_000),
        agent("ada", "support", "sales", max_slots=1),
        confirm_ms=0,
    )
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.start("c_2", "support")
    assert desk.ringing() == {"ada": {"c_1"}}
    desk.wait(9_999)
    assert desk.ringing() == {"ada": {"c_1"}}
    happened = desk.wait(1)
    assert desk.ringing() == {"ada": {"c_2"}}  # and it took the last slot from under the soft ring
    assert ends(happened) == {"o_1-1": "withdrawn"}


def test_d_a_younger_soft_ring_keeps_no_room():
    desk = Desk(department(), RING_ALL, agent("ada", "support", "sales", max_slots=1))
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.start("c_2", "support", head_start=60_000)
    assert desk.ringing() == {"ada": {"c_2"}}


def test_d_with_a_second_slot_both_ring():
    desk = Desk(department(), RING_ALL, agent("ada", "support", "sales", max_slots=2))
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.start("c_2", "support")
    assert desk.ringing() == {"ada": {"c_1", "c_2"}}


def test_d_whose_last_slot_an_offer_took_rings_softly_once_it_is_refused():
    """The older one rang in the step that freed the slot, so the younger one never rang there before."""
    parts = department("chat"), department("ring", method=Method.RING_ALL), agent("ada", "chat", "ring", max_slots=1)
    desk = Desk(*parts, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_0", "chat")
    desk.start("c_1", "chat")
    desk.start("c_2", "ring")
    desk.close("c_0", "ada")
    assert desk.ringing() == {"ada": {"c_1"}}
    desk.decline("ada", "c_1")
    assert desk.ringing() == {"ada": {"c_2"}}


def test_f_breathing_keeps_directed_offers_away_and_soft_ones_not():
    desk = Desk(department(), RING_ALL, agent("ada", "support", "sales", breathing_ms=2_000))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.start("c_2", "support")
    desk.start("c_3", "sales")
    assert desk.ringing() == {"ada": {"c_3"}}
    desk.wait(2_000)
    assert desk.ringing() == {"ada": {"c_2", "c_3"}}


def test_f_resting_after_a_decline():
    desk = Desk(department(reject_delay_ms=5_000), agent("ada"))
    desk.comes("ada")
    desk.start("c_1")
    desk.decline("ada")
    desk.start("c_2")
    assert desk.ringing() == {}
    desk.wait(4_999)
    assert desk.ringing() == {}
    desk.wait(1)
    assert desk.ringing() == {"ada": {"c_2"}}


def test_f_resting_after_a_miss():
    desk = Desk(department(ring_ms=1_000, miss_delay_ms=10_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    desk.start("c_2")
    desk.wait(1_000)
    assert desk.ringing() == {}
    desk.wait(10_000)
    assert desk.ringing() == {"ada": {"c_2"}}


@pytest.mark.parametrize("at_once", [1, 2])
def test_g_no_more_directed_rings_at_once_than_set(at_once):
    desk = Desk(department(), agent("ada", rings_at_once=at_once))
    desk.comes("ada")
    for name in ("c_1", "c_2", "c_3"):
        desk.start(name)
    assert len(desk.ringing()["ada"]) == at_once
    desk.accept("ada", "c_1")
    assert len(desk.ringing()["ada"]) == at_once


def test_h_who_declined_is_not_asked_again_within_reoffer():
    desk = Desk(department(reject_delay_ms=0), agent("ada"), reoffer_ms=60_000)
    desk.comes("ada")
    desk.start("c_1")
    desk.decline("ada")
    desk.wait(59_999)
    assert desk.ringing() == {}
    desk.wait(1)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_h_those_who_never_refused_come_first_also_when_the_refusal_has_lapsed():
    first, second = (Member(department=department().id, priority=priority) for priority in (1, 9))
    desk = Desk(
        department(reject_delay_ms=0, method=Method.PRIORITY),
        agent("ada", first),
        agent("ben", second),
        reoffer_ms=10_000,
        blip_ms=0,
    )
    desk.comes("ada")
    desk.start("c_1")
    desk.decline("ada")
    desk.leaves("c_1")
    desk.comes("ben")
    desk.wait(10_000)
    desk.returns("c_1")
    assert desk.ringing() == {"ben": {"c_1"}}
    desk.status("ben", Status.BUSY)
    assert desk.ringing() == {"ada": {"c_1"}}  # nobody else is left


def test_h_a_miss_keeps_no_soft_ring_away_but_a_decline_does():
    desk = Desk(department("sales", method=Method.RING_ALL, ring_ms=1_000), agent("ada", "sales"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.wait(1_000)
    assert desk.ringing() == {"ada": {"c_1"}}
    desk.decline("ada")
    desk.wait(59_999)
    assert desk.ringing() == {}
    desk.wait(1)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_j_a_visitor_who_is_away_is_not_offered_but_keeps_the_place():
    desk = Desk(department(), agent("ada"), blip_ms=10_000)
    desk.start("c_1")
    desk.leaves("c_1")
    desk.wait(10_000)
    desk.comes("ada")
    desk.start("c_2")
    assert desk.ringing() == {"ada": {"c_2"}}
    assert desk.place("c_1") == 1
    desk.accept("ada")
    desk.returns("c_1")
    assert desk.ringing() == {"ada": {"c_1"}}


def test_j_within_the_blip_the_visitor_counts_as_there_and_running_rings_go_on():
    desk = Desk(department(), agent("ada"), blip_ms=10_000, confirm_ms=0)
    desk.start("c_1")
    desk.leaves("c_1")
    desk.wait(9_999)
    desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_1"}}
    desk.wait(5_000)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_m_a_quarantined_conversation_rests_and_may_be_picked():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada")
    desk.start("c_1")
    happened = desk.do(Quarantine(conversation=desk.of("c_1").id, for_ms=60_000))
    assert ends(happened) == {"o_1-1": "withdrawn"}
    assert desk.ringing() == {}
    desk.wait(59_999)
    assert desk.ringing() == {}
    desk.wait(1)
    assert desk.ringing() == {"ada": {"c_1"}}
    desk.do(Quarantine(conversation=desk.of("c_1").id))
    desk.pick("ada", "c_1")
    assert desk.owner("c_1") == "ada"


def test_the_reasons_are_kept_in_the_decision():
    desk = Desk(
        department(reject_delay_ms=0),
        agent("ada"),
        agent("ben", max_slots=1),
        agent("cleo"),
        agent("dan"),
        agent("eve"),
    )
    desk.comes("ben", "dan", "eve")
    desk.disconnect("eve")
    desk.start("c_0")
    desk.pick("ben", "c_0")
    assert desk.ringing() == {}
    desk.start("c_1")
    assert desk.ringing() == {"dan": {"c_1"}}
    desk.comes("ada")
    decision = only(desk.decline("dan"), OfferMade).decision
    assert [(row.agent, row.excluded) for row in decision.candidates] == [
        ("ada", None),
        ("ben", Clause.FULL),
        ("cleo", Clause.STATUS),
        ("dan", Clause.REFUSED),
        ("eve", Clause.UNREACHABLE),
    ]
    assert decision.takeable == 1
    assert dict(decision.excluded) == dict.fromkeys((Clause.FULL, Clause.STATUS, Clause.REFUSED, Clause.UNREACHABLE), 1)
