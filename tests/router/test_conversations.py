"""Start, line, close, wrap-up, idle visitors, wait messages."""

from __future__ import annotations

import pytest

from router import commands as c
from router.errors import CommandRejected, Rejection
from router.events import ConversationClosed, ConversationStarted, Event, IdleAsked, NoticeDue, WrapUpEnded
from router.model import AgentId, ConversationId, HoldKind, MessageRule, Method, Status, Writer
from tests.router.building import Desk, agent, all_of, department, kinds, only


def refused(desk: Desk, command: c.Command) -> Rejection:
    before = desk.router.snapshot()
    with pytest.raises(CommandRejected) as rejected:
        desk.do(command)
    assert desk.router.snapshot() == before
    return rejected.value.code


# The line


def test_a_head_start_is_seniority():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1")
    desk.wait(10_000)
    started = only(desk.start("c_2", head_start=60_000), ConversationStarted)
    assert (started.key_at, started.arrival) == (desk.now - 60_000, 2)
    assert (desk.place("c_1"), desk.place("c_2")) == (2, 1)
    desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_2"}}


def test_equal_keys_go_by_arrival():
    desk = Desk(department(), agent("ada", max_slots=1))
    for name in ("c_b", "c_a", "c_c"):
        desk.start(name)
    assert [desk.place(name) for name in ("c_b", "c_a", "c_c")] == [1, 2, 3]


def test_one_order_for_all_departments_of_an_agent():
    desk = Desk(department(), department("sales"), agent("ada", "support", "sales", rings_at_once=9, max_slots=2))
    desk.start("c_1", "sales")
    desk.wait(1_000)
    desk.start("c_2", "support")
    desk.wait(1_000)
    desk.start("c_3", "sales")
    desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_1", "c_2"}}


def test_the_place_counts_the_lines_that_share_an_agent():
    desk = Desk(
        department(), department("sales"), department("far"), agent("ada", "support", "sales"), agent("ben", "far")
    )
    for name, to in (("c_1", "sales"), ("c_2", "far"), ("c_3", "support")):
        desk.start(name, to)
    assert [desk.place(name) for name in ("c_1", "c_2", "c_3")] == [1, 1, 2]
    desk.comes("ada")
    assert desk.place("c_3") == 2  # one who rings still stands before the others
    desk.accept("ada")
    assert desk.place("c_3") == 1


def test_a_full_line_refuses():
    desk = Desk(department(max_line=1), agent("ada", rings_at_once=1))
    desk.comes("ada")
    desk.start("c_1")  # rings for Ada alone: not in the way
    desk.start("c_2")
    command = c.StartConversation(
        conversation=ConversationId("c_3"), visitor=desk.of("c_1").visitor, department=department().id
    )
    assert refused(desk, command) is Rejection.LINE_FULL


def test_a_start_is_refused():
    desk = Desk(department())
    desk.start("c_1")
    visitor = desk.of("c_1").visitor
    again = c.StartConversation(conversation=desk.of("c_1").id, visitor=visitor, department=department().id)
    nowhere = c.StartConversation(
        conversation=ConversationId("c_2"), visitor=visitor, department=department("nowhere").id
    )
    assert refused(desk, again) is Rejection.CONFLICT
    assert refused(desk, nowhere) is Rejection.NOT_FOUND


def test_the_line_is_listed_by_key():
    desk = Desk(department())
    for number in range(60):
        desk.start(f"c_{number}")
        desk.now += 1
    desk.start("c_first", head_start=99_000)
    view = desk.router.queues(department().id)
    assert (view.waiting, view.oldest_at) == (61, desk.now)
    assert view.first == ("c_first", *(f"c_{number}" for number in range(49)))


# Closing


def test_who_may_close():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    one = desk.of("c_1").id
    assert refused(desk, c.CloseByAgent(agent=AgentId("ben"), conversation=one)) is Rejection.NOT_OWNER
    closed = only(desk.close("c_1", by="ben", any_owner=True), ConversationClosed)
    assert (closed.by, closed.agent, closed.closed_by) == ("agent", "ada", "ben")
    assert refused(desk, c.CloseByVisitor(conversation=one)) is Rejection.NOT_FOUND


def test_the_wrap_up_holds_the_slot_until_its_time_or_the_agents_word():
    desk = Desk(department(wrap_up_ms=30_000), agent("ada", max_slots=1))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.start("c_2")
    closed = only(desk.close("c_1"), ConversationClosed)
    assert closed.wrap_up_until == desk.now + 30_000
    (hold,) = desk.who("ada").holds
    assert (hold.kind, hold.until) == (HoldKind.WRAP_UP, desk.now + 30_000)
    assert desk.state("c_1") == "closed"
    assert refused(desk, c.CloseByVisitor(conversation=desk.of("c_1").id)) is Rejection.CLOSED
    desk.wait(29_999)
    assert desk.ringing() == {}
    assert kinds(desk.wait(1)) == ["WrapUpEnded", "OfferMade"]
    assert desk.state("c_1") == "forgotten"
    desk.accept("ada")
    desk.close("c_2", by="ada")
    assert only(desk.wrapped_up("ada", "c_2"), WrapUpEnded).agent == "ada"
    gone = c.EndWrapUp(agent=AgentId("ada"), conversation=ConversationId("c_2"))
    assert refused(desk, gone) is Rejection.GONE


def test_a_conversation_nobody_took_has_no_wrap_up():
    desk = Desk(department(wrap_up_ms=30_000))
    desk.start("c_1")
    assert only(desk.close("c_1"), ConversationClosed).wrap_up_until is None
    assert desk.state("c_1") == "forgotten"


# Idle visitors


def test_a_silent_visitor_is_asked_and_then_let_go():
    desk = Desk(department(idle_ms=600_000, idle_close_ms=300_000, wrap_up_ms=1_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    assert desk.wait(900_000) == ()  # nobody has answered the visitor yet
    desk.wrote("c_1", Writer.AGENT)
    assert desk.wait(599_999) == ()
    assert only(desk.wait(1), IdleAsked).conversation == "c_1"
    assert desk.wait(299_999) == ()
    assert only(desk.wait(1), ConversationClosed).by == "idle"


def test_a_word_from_either_side_starts_it_anew():
    desk = Desk(department(idle_ms=600_000, idle_close_ms=300_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.wait(500_000)
    desk.wrote("c_1", Writer.AGENT)
    assert desk.wait(599_999) == ()
    desk.wait(1)
    assert kinds(desk.wrote("c_1", Writer.VISITOR)) == ["MessageWritten"]
    assert desk.wait(3_600_000) == ()  # now the agent is to answer
    desk.wrote("c_1", Writer.AGENT)
    assert kinds(desk.wait(600_000)) == ["IdleAsked"]


def test_what_is_written_while_waiting_changes_nothing():
    desk = Desk(department(), agent("ada"))
    desk.start("c_1")
    assert desk.wrote("c_1", Writer.VISITOR) == ()


def test_idle_zero_never_asks():
    desk = Desk(department(idle_ms=0), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    assert desk.wait(86_400_000) == ()


# Wait messages

TOLD = (MessageRule(when="queued", min_ahead=1), MessageRule(when="nobody"))


def told(happened: tuple[Event, ...]) -> list[tuple[str, str, int]]:
    return [(event.conversation, event.when, event.place) for event in all_of(happened, NoticeDue)]


def test_nobody_is_told_when_nobody_is_there_and_queued_when_somebody_is():
    desk = Desk(department(messages=TOLD), agent("ada", max_slots=1))
    assert told(desk.start("c_1")) == [("c_1", "nobody", 1)]
    desk.start("c_2")
    desk.start("c_3")
    happened = desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_1"}}
    assert told(happened) == [("c_2", "queued", 2), ("c_3", "queued", 3)]


def test_who_rings_is_told_nothing_and_the_next_only_with_enough_ahead():
    desk = Desk(department(messages=TOLD), agent("ada", max_slots=1))
    desk.comes("ada")
    assert told(desk.start("c_1")) == []
    assert told(desk.start("c_2")) == [("c_2", "queued", 2)]
    desk.accept("ada")
    assert told(desk.start("c_3")) == [("c_3", "queued", 2)]


def test_each_is_said_once_in_a_line_entry():
    desk = Desk(department(messages=TOLD), agent("ada", max_slots=1), grace_ms=1_000, confirm_ms=0)
    desk.start("c_0")
    desk.start("c_1")
    assert told(desk.comes("ada")) == [("c_1", "queued", 2)]
    desk.accept("ada")
    desk.status("ada", Status.BUSY)
    desk.status("ada", Status.AVAILABLE)
    assert told(desk.wait(60_000)) == []
    assert told(desk.transfer("ada", "c_0", "support")) == [("c_0", "queued", 2)]  # a new line entry
    happened = desk.status("ada", Status.AWAY)
    assert told(happened) == [("c_0", "nobody", 2)]  # c_1 heard it when Ada was busy


def test_the_last_agent_leaving_is_said_to_those_who_wait():
    desk = Desk(department(messages=TOLD), agent("ada", max_slots=1), grace_ms=20_000)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.start("c_2")
    assert told(desk.disconnect("ada")) == []  # within grace somebody is still there
    assert told(desk.wait(20_000)) == [("c_2", "nobody", 1)]


def test_a_soft_ring_is_no_waiting():
    desk = Desk(department("sales", method=Method.RING_ALL, messages=TOLD), agent("ada", "sales"))
    desk.comes("ada")
    desk.start("c_1", "sales")
    assert told(desk.start("c_2", "sales")) == []
