"""DESIGN §5.5: connections, grace, status; and the restart that cuts everybody off."""

from __future__ import annotations

from typing import Any

import pytest

from router import commands as c
from router.events import AgentGone, ConversationClosed, ConversationReturned, Event, OfferMade, PauseEnded, Restarted
from router.model import Method, Status, Writer
from router.router import Router
from tests.router.building import Desk, agent, all_of, department, ends, kinds, only


def ada_talks(**more: Any) -> Desk:
    desk = Desk(department(), agent("ada"), agent("ben"), grace_ms=20_000, confirm_ms=0, **more)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    return desk


def test_connecting_never_changes_the_status():
    desk = Desk(department(), agent("ada"))
    desk.connect("ada")
    assert desk.who("ada").status is Status.OFFLINE
    desk.status("ada", Status.AWAY, "lunch")
    desk.disconnect("ada")
    desk.connect("ada")
    assert (desk.who("ada").status, desk.who("ada").reason) == (Status.AWAY, "lunch")


def test_what_is_so_already_is_no_event():
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    assert desk.connect("ada") == ()
    assert desk.status("ada", Status.AVAILABLE) == ()
    desk.disconnect("ada")
    assert desk.disconnect("ada") == ()


def test_the_last_connection_lost_withdraws_offers_at_once_without_a_miss():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    happened = desk.disconnect("ada")
    assert kinds(happened) == ["AgentDisconnected", "OfferEnded", "OfferMade"]
    assert ends(happened) == {"o_1-1": "withdrawn"}
    assert desk.who("ada").misses == 0


def test_who_lost_the_rings_and_is_back_in_the_same_step_rings_again():
    """Both consoles fell silent while our timer slept; the word of one of them is what wakes us."""
    desk = Desk(department(method=Method.RING_ALL), agent("ada"), agent("bo"), confirm_ms=3_000)
    desk.comes("ada", "bo")
    desk.start("c_1")
    desk.now += 4_000
    desk.connect("ada")
    assert desk.ringing() == {"ada": {"c_1"}}


def test_within_grace_nothing_moves():
    desk = ada_talks()
    desk.comes("ben")
    desk.disconnect("ada")
    desk.wait(19_999)
    assert desk.owner("c_1") == "ada"
    desk.connect("ada")
    desk.wait(60_000)
    assert desk.owner("c_1") == "ada"


def test_after_grace_who_waits_for_a_reply_returns_to_the_line_with_the_original_key():
    desk = ada_talks()
    key = desk.of("c_1").key_at
    desk.wrote("c_1", Writer.AGENT)
    desk.wrote("c_1", Writer.VISITOR)
    desk.disconnect("ada")
    happened = desk.wait(20_000)
    assert kinds(happened) == ["AgentGone", "ConversationReturned"]
    back = only(happened, ConversationReturned)
    assert (back.reason, back.previous, back.key_at, back.line_entry) == ("agent_gone", "ada", key, 2)
    assert desk.state("c_1") == "waiting"


def test_the_others_return_at_the_visitors_next_message():
    desk = ada_talks()
    desk.wrote("c_1", Writer.AGENT)
    desk.disconnect("ada")
    assert kinds(desk.wait(20_000)) == ["AgentGone"]
    assert desk.owner("c_1") == "ada"
    assert kinds(desk.wrote("c_1", Writer.VISITOR)) == ["MessageWritten", "ConversationReturned"]


def test_nothing_waits_for_the_previous_agent():
    desk = ada_talks()
    desk.disconnect("ada")
    desk.comes("ben")
    desk.wait(20_000)
    assert desk.ringing() == {"ben": {"c_1"}}


def test_the_previous_agent_comes_before_the_method():
    desk = Desk(department(), agent("ada"), agent("ben"), grace_ms=1_000, blip_ms=0, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.served_by("ada", "c_2")
    desk.leaves("c_1")
    desk.wrote("c_2", Writer.AGENT)
    desk.disconnect("ada")
    desk.wait(1_000)
    desk.comes("ada", "ben")
    happened = desk.returns("c_1")
    assert desk.ringing() == {"ada": {"c_1"}}
    assert only(happened, OfferMade).decision.reason == "previous_agent"


def test_offline_with_conversations_open_is_treated_like_a_disconnect():
    desk = ada_talks()
    desk.status("ada", Status.OFFLINE)
    happened = desk.wait(20_000)
    assert kinds(happened) == ["AgentGone", "ConversationReturned"]


@pytest.mark.parametrize("status", [Status.BUSY, Status.AWAY])
def test_busy_and_away_keep_their_conversations(status):
    desk = ada_talks()
    desk.status("ada", status)
    assert desk.wait(600_000) == ()


def test_back_from_offline_within_grace_keeps_them():
    desk = ada_talks()
    desk.status("ada", Status.OFFLINE)
    desk.wait(10_000)
    desk.status("ada", Status.BUSY)
    assert not all_of(desk.wait(60_000), AgentGone)


def test_serving_means_present_and_available():
    desk = Desk(department(), agent("ada"), grace_ms=20_000)
    support = department().id
    assert not desk.router.serving(support)
    desk.comes("ada")
    assert desk.router.serving(support)
    desk.disconnect("ada")
    assert desk.router.serving(support)  # within grace
    desk.wait(20_000)
    assert not desk.router.serving(support)
    desk.connect("ada")
    desk.status("ada", Status.BUSY)
    assert not desk.router.serving(support)


# Visitors


def test_an_absent_visitor_loses_the_place_in_the_end():
    desk = Desk(department(), agent("ada"), hold_place_ms=120_000)
    desk.start("c_1")
    desk.leaves("c_1")
    assert desk.wait(119_999) == ()
    assert only(desk.wait(1), ConversationClosed).by == "abandoned"
    assert desk.state("c_1") == "forgotten"


def test_an_absent_visitors_ring_is_withdrawn_with_the_place():
    desk = Desk(department(ring_ms=600_000), agent("ada"), hold_place_ms=120_000, confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    desk.leaves("c_1")
    assert kinds(desk.wait(120_000)) == ["OfferEnded", "ConversationClosed"]


def test_a_visitor_who_comes_back_keeps_the_place():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1")
    desk.start("c_2")
    desk.leaves("c_1")
    desk.wait(100_000)
    desk.returns("c_1")
    desk.wait(100_000)
    assert (desk.state("c_1"), desk.place("c_1")) == ("waiting", 1)


def test_an_active_conversation_does_not_depend_on_the_visitors_connection():
    desk = ada_talks()
    desk.leaves("c_1")
    assert desk.wait(600_000) == ()


def test_who_was_away_while_active_gets_the_full_time_in_line():
    desk = ada_talks(hold_place_ms=120_000, blip_ms=10_000)
    desk.leaves("c_1")
    desk.wait(600_000)
    desk.transfer("ada", "c_1", "support")
    assert (desk.state("c_1"), desk.ringing()) == ("waiting", {})
    desk.wait(119_999)
    assert desk.state("c_1") == "waiting"
    desk.wait(1)
    assert desk.state("c_1") == "forgotten"


def test_a_report_about_a_conversation_that_ended_is_ignored():
    desk = Desk(department(), agent("ada"))
    assert desk.leaves("c_gone") == desk.returns("c_gone") == desk.wrote("c_gone", Writer.VISITOR) == ()


# Restart


def restarted(desk: Desk, later_ms: int = 60_000) -> tuple[Event, ...]:
    desk.now += later_ms
    desk.router = Router.rebuild(desk.router.settings, desk.router.snapshot(), seed=1)
    return desk.do(c.Restart())


def test_a_restart_withdraws_rings_without_a_miss_and_waits_for_those_who_were_here():
    desk = Desk(department(ring_ms=30_000), agent("ada"), agent("ben"), confirm_ms=0, restart_pause_ms=5_000)
    desk.comes("ada", "ben")
    desk.start("c_1")
    desk.start("c_2")
    happened = restarted(desk)
    assert list(ends(happened).values()) == ["withdrawn", "withdrawn"]
    assert only(happened, Restarted).pause_until == desk.now + 5_000
    assert {desk.who(name).misses for name in ("ada", "ben")} == {0}
    desk.wait(1_000)
    desk.returns("c_1")
    assert kinds(desk.connect("ada")) == ["AgentConnected"]
    happened = desk.connect("ben")
    assert kinds(happened)[:2] == ["AgentConnected", "PauseEnded"]
    assert sum(len(rings) for rings in desk.ringing().values()) == 2


def test_the_pause_ends_after_its_time_whoever_is_missing():
    desk = Desk(department(), agent("ada"), agent("ben"), confirm_ms=0, restart_pause_ms=5_000)
    desk.comes("ada", "ben")
    desk.start("c_1")
    restarted(desk)
    desk.connect("ada")
    desk.returns("c_1")
    desk.wait(4_999)
    assert desk.ringing() == {}
    assert only(desk.wait(1), PauseEnded).at == desk.now
    assert desk.ringing() == {"ada": {"c_1"}}


def test_a_restart_starts_graces_anew_and_keeps_keys():
    desk = ada_talks(hold_place_ms=30_000, restart_pause_ms=0)
    desk.status("ada", Status.BUSY)
    desk.start("c_2")
    keys = {name: desk.of(name).key_at for name in ("c_1", "c_2")}
    assert kinds(restarted(desk, 600_000)) == ["Restarted", "PauseEnded"]
    assert {name: desk.of(name).key_at for name in ("c_1", "c_2")} == keys
    desk.wait(19_999)
    assert (desk.owner("c_1"), desk.state("c_2")) == ("ada", "waiting")
    happened = desk.wait(10_001)
    assert kinds(happened) == ["AgentGone", "ConversationReturned", "ConversationClosed"]


def test_a_silent_visitor_is_not_blamed_for_our_absence():
    desk = Desk(department(idle_ms=600_000, idle_close_ms=300_000), agent("ada"), restart_pause_ms=0, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    assert kinds(desk.wait(600_000)) == ["IdleAsked"]
    assert kinds(restarted(desk, 3_600_000)) == ["Restarted", "PauseEnded"]
    desk.connect("ada")
    assert desk.wait(299_999) == ()
    assert kinds(desk.wait(1)) == ["ConversationClosed"]


def test_with_nobody_to_wait_for_there_is_no_pause():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1")
    assert kinds(restarted(desk)) == ["Restarted", "PauseEnded"]
