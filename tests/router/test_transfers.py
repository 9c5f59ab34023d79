"""Handing a conversation on: to a colleague, who has to accept, or into another line."""

from __future__ import annotations

import pytest

from router.errors import CommandRejected, Rejection
from router.events import ConversationAssigned, ConversationReturned, OfferMade
from router.model import HoldKind, Method, Status, Writer
from tests.router.building import Desk, agent, department, ends, kinds, only


def ada_talks() -> Desk:
    """Ada talks to c_1; Ben and Cleo are there too."""
    desk = Desk(
        department(ring_ms=10_000),
        department("sales", method=Method.RING_ALL, ring_ms=10_000),
        agent("ada", "support", "sales"),
        agent("ben", "support", "sales", max_slots=1),
        agent("cleo", "sales"),
        confirm_ms=0,
    )
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.comes("ben", "cleo")
    return desk


def test_the_sender_keeps_it_until_the_colleague_accepts():
    desk = ada_talks()
    offer = only(desk.transfer("ada", "c_1", "ben"), OfferMade).offer
    assert (offer.soft, offer.transfer_from, offer.expires_at) == (False, "ada", desk.now + 10_000)
    assert (desk.state("c_1"), desk.owner("c_1")) == ("active", "ada")
    assert desk.who("ben").holds[0].kind is HoldKind.OFFER
    happened = desk.accept("ben")
    assigned = only(happened, ConversationAssigned)
    assert (assigned.agent, assigned.previous, assigned.via, assigned.waited_ms) == ("ben", "ada", "transfer", 0)
    assert desk.who("ada").holds == ()


def test_a_colleague_of_no_department_can_get_it():
    desk = ada_talks()
    desk.transfer("ada", "c_1", "cleo")
    desk.accept("cleo")
    assert desk.owner("c_1") == "cleo"


@pytest.mark.parametrize("how", ["declined", "missed", "withdrawn"])
def test_refused_missed_or_withdrawn_it_stays_with_the_sender(how):
    desk = ada_talks()
    desk.transfer("ada", "c_1", "ben")
    if how == "declined":
        happened = desk.decline("ben")
    elif how == "missed":
        happened = desk.wait(10_000)
    else:
        happened = desk.status("ben", Status.AWAY)
    assert ends(happened) == {"o_1-2": how}
    assert (desk.state("c_1"), desk.owner("c_1"), desk.ringing()) == ("active", "ada", {})


def refused(desk: Desk, name: str, to: str) -> Rejection:
    before = desk.router.snapshot()
    with pytest.raises(CommandRejected) as rejected:
        desk.transfer(name, "c_1", to)
    assert desk.router.snapshot() == before
    return rejected.value.code


def test_the_target_must_be_able_to_take_it():
    desk = ada_talks()
    assert refused(desk, "ada", "ada") is Rejection.CONFLICT
    assert refused(desk, "ben", "ada") is Rejection.NOT_OWNER
    assert refused(desk, "ada", "nowhere") is Rejection.NOT_FOUND
    desk.start("c_2")
    desk.pick("ben", "c_2")
    assert refused(desk, "ada", "ben") is Rejection.CONFLICT  # (d) full
    desk.close("c_2")
    desk.status("ben", Status.BUSY)
    assert refused(desk, "ada", "ben") is Rejection.CONFLICT  # (b)
    desk.status("ben", Status.AVAILABLE)
    desk.disconnect("ben")
    assert refused(desk, "ada", "ben") is Rejection.CONFLICT  # (c)
    desk.connect("ben")
    desk.transfer("ada", "c_1", "ben")
    assert refused(desk, "ada", "ben") is Rejection.CONFLICT  # rings there already


def test_no_second_directed_ring_at_the_target():
    desk = ada_talks()
    desk.start("c_2", "sales")
    desk.pick("cleo", "c_2")
    desk.transfer("cleo", "c_2", "ada")
    desk.start("c_3")
    desk.pick("ben", "c_3")
    with pytest.raises(CommandRejected) as rejected:
        desk.transfer("ben", "c_3", "ada")  # (g)
    assert rejected.value.code is Rejection.CONFLICT


def test_a_new_transfer_withdraws_the_old_one():
    desk = ada_talks()
    desk.transfer("ada", "c_1", "ben")
    happened = desk.transfer("ada", "c_1", "cleo")
    assert kinds(happened) == ["OfferEnded", "OfferMade"]
    assert desk.ringing() == {"cleo": {"c_1"}}


def test_a_close_withdraws_it_in_that_step():
    desk = ada_talks()
    desk.transfer("ada", "c_1", "ben")
    assert kinds(desk.close("c_1")) == ["OfferEnded", "ConversationClosed"]


def test_the_senders_grace_end_while_it_still_rings():
    desk = Desk(department(ring_ms=60_000), agent("ada"), agent("ben"), grace_ms=5_000, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.comes("ben")
    desk.transfer("ada", "c_1", "ben")
    desk.disconnect("ada")
    happened = desk.wait(5_000)
    assert kinds(happened) == ["AgentGone", "OfferEnded"]
    assert desk.owner("c_1") == "ada"  # the visitor waits for nothing: until their next message


def test_into_another_line_with_the_time_waited_before_and_without_the_time_talked():
    desk = Desk(department(), department("sales"), agent("ada"), agent("ben", "sales"))
    desk.start("c_1", head_start=5_000)
    desk.wait(30_000)
    desk.comes("ada")
    desk.accept("ada")
    desk.wait(100_000)
    happened = desk.transfer("ada", "c_1", "sales")
    back = only(happened, ConversationReturned)
    assert (back.department, back.reason, back.previous) == ("sales", "transferred", "ada")
    assert (back.key_at, back.line_entry) == (desk.now - 30_000 - 5_000, 2)
    assert desk.who("ada").holds == ()
    desk.comes("ben")
    desk.wait(2_000)
    assert only(desk.accept("ben"), ConversationAssigned).waited_ms == 2_000
    assert desk.of("c_1").waited_ms == 32_000


def test_who_sent_it_to_the_line_comes_last():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.comes("ben")
    desk.start("c_2")
    desk.pick("ben", "c_2")
    desk.start("c_3")
    desk.pick("ben", "c_3")
    desk.transfer("ada", "c_1", "support")
    assert desk.ringing() == {"ben": {"c_1"}}  # though Ada has nothing to do
    desk.status("ben", Status.BUSY)
    assert desk.ringing() == {"ada": {"c_1"}}
