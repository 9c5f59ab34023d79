"""The second half of test_peers_faults.py: races, capacity, offers that nobody answers."""

from __future__ import annotations

import pytest

from router import commands as c
from router.errors import CommandRejected, Rejection
from router.events import ConversationAssigned, Event, NoticeDue, OfferEnded, OfferMade
from router.model import (
    AgentId,
    ConversationId,
    DepartmentId,
    Member,
    MessageRule,
    Method,
    OfferId,
    OfferState,
    Status,
    Writer,
)
from tests.router.building import Desk, agent, all_of, department, ends, only

SALES, LATE = DepartmentId("sales"), DepartmentId("late")
RING_ALL = department(method=Method.RING_ALL)


def refused(desk: Desk, command: c.Command) -> Rejection:
    before = desk.router.snapshot()
    with pytest.raises(CommandRejected) as rejected:
        desk.do(command)
    assert desk.router.snapshot() == before
    return rejected.value.code


def accepting(who: str, offer: OfferId) -> c.AcceptOffer:
    return c.AcceptOffer(agent=AgentId(who), offer=offer)


def offered(happened: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(event.offer.conversation, event.offer.agent) for event in all_of(happened, OfferMade)]


# Races


def test_two_who_accept_at_once_do_not_both_get_it():
    """Rocket.Chat#22206: one inquiry is taken by two agents, who both talk to the customer."""
    desk = Desk(RING_ALL, agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada", "ben")
    desk.start("c_1")
    bens = desk.offer("ben", "c_1").id
    happened = desk.accept("ada")
    assert ends(happened)[bens] == "taken"
    assert refused(desk, accepting("ben", bens)) is Rejection.GONE
    assert desk.owner("c_1") == "ada"
    assert [(hold.agent, hold.conversation) for name in ("ada", "ben") for hold in desk.who(name).holds] == [
        ("ada", "c_1")
    ]


@pytest.mark.parametrize("accept", ["auto", "ring"])
def test_a_burst_fills_no_more_slots_than_there_are(accept):
    """Rocket.Chat PR#37776, Rocket.Chat#18217: limit 3, four assigned, because counting and assigning are two steps."""
    desk = Desk(department(accept=accept), agent("ada", max_slots=3, rings_at_once=9), confirm_ms=0)
    desk.comes("ada")
    for number in range(10):
        desk.start(f"c_{number}")
        assert desk.who("ada").used <= 3
    assert desk.who("ada").used == 3
    assert desk.place("c_9") == 10 - (3 if accept == "auto" else 0)


def test_what_was_picked_by_hand_does_not_bounce_to_whom_it_rang_at():
    """chatwoot PR#15275: the assignee bounces among agents when automation and people both assign."""
    desk = Desk(department(), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    adas = desk.offer("ada").id
    desk.comes("ben")
    desk.pick("ben", "c_1")
    assert refused(desk, accepting("ada", adas)) is Rejection.GONE
    assert all_of(desk.wait(600_000), ConversationAssigned) == []
    assert desk.owner("c_1") == "ben"
    assert desk.who("ada").used == 0


def test_an_assignment_is_not_overwritten_by_what_comes_right_after():
    """chatwoot PR#15524: 46 of 67 automatic assignments were overwritten in six seconds, and the wrong team stuck."""
    desk = Desk(department(accept="auto"), department("sales", accept="auto"), agent("ada"), agent("ben", "sales"))
    desk.comes("ada", "ben")
    assert only(desk.start("c_1"), ConversationAssigned).agent == "ada"
    desk.do(c.SeeOffer(agent=AgentId("ada"), offer=OfferId("o_1-1")))
    happened = desk.start("c_2") + desk.start("c_3", "sales") + desk.status("ada", Status.BUSY) + desk.wait(6_000)
    happened += desk.configure(department(), department("sales"), agent("ada"), agent("ben", "support", "sales"))
    assert [each for each in all_of(happened, ConversationAssigned) if each.conversation == "c_1"] == []
    assert (desk.owner("c_1"), desk.of("c_1").department) == ("ada", "support")


def test_no_agent_stays_taken_by_an_offer_that_ended():
    """freeswitch#2540: agents are stuck in Reserved and get nothing more."""
    desk = Desk(department(reject_delay_ms=0, miss_delay_ms=0, ring_ms=5_000), agent("ada", max_slots=1), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_closed")
    desk.close("c_closed")
    desk.start("c_declined")
    desk.decline("ada")
    desk.close("c_declined")
    desk.start("c_missed")
    desk.wait(5_000)
    desk.close("c_missed")
    desk.start("c_quarantined")
    desk.do(c.Quarantine(conversation=ConversationId("c_quarantined")))
    assert desk.who("ada").holds == ()
    assert offered(desk.start("c_next")) == [("c_next", "ada")]


@pytest.mark.parametrize("method", [Method.AVERAGE_UTILIZATION, Method.RING_ALL])
def test_nothing_rings_for_a_visitor_who_has_left(method):
    """freeswitch#2529, PR#2530: a zombie offer goes on ringing after the caller left."""
    desk = Desk(department(method=method), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada", "ben")
    desk.start("c_1")
    ringing = [offer for record in desk.router.snapshot().conversations for offer in record.offers]
    assert set(ends(desk.close("c_1")).values()) == {"withdrawn"}
    assert desk.ringing() == {}
    for offer in ringing:
        assert refused(desk, accepting(offer.agent, offer.id)) is Rejection.GONE


def test_one_who_declines_or_drops_does_not_stop_the_others_ringing():
    """asterisk#1557: with ringall, answer-and-drop by one cancels everybody's ring and starts again."""
    desk = Desk(RING_ALL, agent("ada"), agent("ben"), agent("cleo"), confirm_ms=0)
    desk.comes("ada", "ben", "cleo")
    desk.start("c_1")
    cleos = desk.offer("cleo")
    desk.wait(5_000)
    happened = desk.decline("ada") + desk.disconnect("ben")
    assert {event.agent for event in all_of(happened, OfferEnded)} == {"ada", "ben"}
    assert offered(happened) == []
    assert desk.offer("cleo") == cleos
    desk.accept("cleo")
    assert desk.owner("c_1") == "cleo"


def test_many_at_once_do_not_all_choose_the_same_agent():
    """OpenACD#5: many calls at once all choose the same first agent."""
    people = [agent(f"a_{number}") for number in range(5)]
    desk = Desk(department(), *people, confirm_ms=0)
    desk.comes(*(each.key for each in people))
    for number in range(5):
        desk.start(f"c_{number}")
    assert {who: len(rings) for who, rings in desk.ringing().items()} == {each.key: 1 for each in people}


def test_a_line_is_neither_overrun_nor_left_short():
    """Salesforce 000395583: when chats arrive together the limit of a queue is over- or under-run."""
    desk = Desk(department(max_line=3), agent("ada", max_slots=1), confirm_ms=0)
    desk.comes("ada")
    outcomes = []
    for number in range(8):
        try:
            desk.start(f"c_{number}")
            outcomes.append("in")
        except CommandRejected as rejected:
            outcomes.append(rejected.code.value)
    assert outcomes == ["in"] * 4 + ["line_full"] * 4  # one rings, three wait
    desk.close("c_2")
    desk.start("c_8")
    with pytest.raises(CommandRejected):
        desk.start("c_9")


# Capacity


def test_the_limit_of_an_agent_holds_over_all_departments():
    """chatwoot#1198: a limit for each agent, not for each inbox in which they sit."""
    desk = Desk(
        *(department(f"d_{number}", accept="auto") for number in range(5)),
        agent("ada", *(f"d_{number}" for number in range(5)), max_slots=3),
        confirm_ms=0,
    )
    desk.comes("ada")
    for number in range(15):
        desk.start(f"c_{number}", f"d_{number % 5}")
    assert desk.who("ada").used == 3


def test_a_cap_in_one_department_does_not_count_the_others():
    """Rocket.Chat PR#21839: the limit of a department is counted across departments."""
    member = Member(department=DepartmentId("sales"), max_slots=1)
    desk = Desk(
        department(accept="auto"),
        department("sales", accept="auto"),
        agent("ada", Member(department=DepartmentId("support")), member, max_slots=4),
        confirm_ms=0,
    )
    desk.comes("ada")
    for number in range(3):
        desk.start(f"c_support_{number}")
    desk.start("c_sales_1", "sales")
    desk.start("c_sales_2", "sales")
    assert {hold.conversation for hold in desk.who("ada").holds} == {
        "c_support_0",
        "c_support_1",
        "c_support_2",
        "c_sales_1",
    }


@pytest.mark.parametrize(("slots", "cap", "expected"), [(2, 5, 2), (5, 2, 2), (10, 0, 10), (9, 10, 9)])
def test_of_two_limits_the_smaller_holds(slots, cap, expected):
    """Rocket.Chat PR#35722, PR#35688: limits were compared as strings, and the wrong one took precedence."""
    member = Member(department=DepartmentId("support"), max_slots=cap)
    desk = Desk(department(accept="auto"), agent("ada", member, max_slots=slots), confirm_ms=0)
    desk.comes("ada")
    for number in range(12):
        desk.start(f"c_{number}")
    assert desk.who("ada").used == expected


def test_equal_agents_get_equally_much():
    """chatwoot#11034: one agent gets more than the others in spite of the limit."""
    desk = Desk(
        department(accept="auto"), agent("ada", max_slots=20), agent("ben", max_slots=20), agent("cleo", max_slots=20)
    )
    desk.comes("ada", "ben", "cleo")
    for number in range(30):
        desk.wait(100)
        happened = desk.start(f"c_{number}")
        offer = only(happened, OfferMade).offer
        desk.do(c.SeeOffer(agent=offer.agent, offer=offer.id))
        used = [desk.who(name).used for name in ("ada", "ben", "cleo")]
        assert max(used) - min(used) <= 1
    assert [desk.who(name).used for name in ("ada", "ben", "cleo")] == [10, 10, 10]


def test_no_other_way_in_goes_round_the_limit():
    """chatwoot PR#13904: assigning through a team bypasses the capacity."""
    desk = Desk(
        department(), department("sales"), agent("ada", max_slots=1), agent("ben", "support", "sales"), confirm_ms=0
    )
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.comes("ben")
    desk.served_by("ben", "c_2")
    desk.start("c_3")
    ada, ben = AgentId("ada"), AgentId("ben")
    c_2, c_3 = ConversationId("c_2"), ConversationId("c_3")
    assert refused(desk, c.TransferToAgent(agent=ben, conversation=c_2, to=ada)) is Rejection.CONFLICT
    assert refused(desk, c.Pick(agent=ada, conversation=c_3)) is Rejection.CONFLICT
    desk.status("ben", Status.BUSY)
    desk.transfer("ben", "c_2", "support")
    assert desk.state("c_2") == "waiting"
    assert desk.who("ada").used == 1


def test_who_is_busy_is_offered_nothing_and_may_take_by_hand():
    """livehelperchat PR#1768: leave an operator out of the assignment but let them take chats themselves."""
    desk = Desk(department(), agent("ada"), agent("ben"), confirm_ms=0)
    desk.connect("ada")
    desk.status("ada", Status.BUSY)
    assert offered(desk.start("c_1")) == []
    assert only(desk.pick("ada", "c_1"), ConversationAssigned).via == "pick"


# No answer, no re-offer, disconnected


@pytest.mark.parametrize("method", [each for each in Method if each is not Method.RING_ALL])
def test_an_offer_that_is_not_answered_goes_to_the_next(method):
    """livehelperchat#1073, #1218: the chat never jumps to the next operator."""
    desk = Desk(department(method=method, ring_ms=30_000), agent("ada"), agent("ben"), agent("cleo"), confirm_ms=0)
    desk.comes("ada", "ben", "cleo")
    happened = desk.start("c_1") + desk.wait(60_000)
    assert {who for _, who in offered(happened)} == {"ada", "ben", "cleo"}
    assert [event.end for event in all_of(happened, OfferEnded)] == [OfferState.MISSED] * 2


def test_conversations_of_one_who_goes_offline_return_to_the_line():
    """Rocket.Chat#9278: return chats to the pool when the agent goes offline."""
    desk = Desk(department(), agent("ada"), grace_ms=20_000, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    key = desk.of("c_1").key_at
    desk.wait(60_000)
    desk.status("ada", Status.OFFLINE)
    desk.wait(20_000)
    assert (desk.state("c_1"), desk.of("c_1").key_at) == ("waiting", key)


def test_a_conversation_can_be_put_back_into_the_line():
    """Rocket.Chat feature-requests#549: move a room back to the queue; it keeps what it had waited."""
    desk = Desk(department(), agent("ada", max_slots=1), agent("ben", max_slots=1), confirm_ms=0)
    desk.start("c_1")
    desk.wait(50_000)
    desk.comes("ada")
    desk.accept("ada")
    desk.wait(10_000)
    desk.start("c_2")
    desk.wait(20_000)
    desk.status("ada", Status.BUSY)
    desk.transfer("ada", "c_1", "support")
    assert (desk.place("c_1"), desk.place("c_2")) == (1, 2)  # 50 s of waiting against 20
    assert offered(desk.comes("ben")) == [("c_1", "ben")]


def test_the_visitor_hears_that_the_agent_was_lost():
    """livehelperchat#1078: the operator vanishes in the middle of a chat and the visitor sees nothing."""
    desk = Desk(department(messages=(MessageRule(when="returned"),)), agent("ada"), grace_ms=20_000, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.VISITOR)
    desk.disconnect("ada")
    said = only(desk.wait(20_000), NoticeDue)
    assert (said.conversation, said.when, said.serving) == ("c_1", "returned", False)


def test_the_department_it_overflows_to_makes_the_first_one_reachable():
    """livehelperchat#745: the overflow department is online, but the first is shown offline."""
    desk = Desk(department(), department("sales"), department("late"), agent("ben", "sales"), confirm_ms=0)
    desk.comes("ben")
    assert offered(desk.start("c_1", overflow=(LATE, SALES))) == [("c_1", "ben")]
    assert desk.of("c_1").department == "sales"
