"""What users of other routers reported, told again here: each test fails on a router with that fault.

The docstrings name the project and the thread. Races and capacity are in
test_peers_races.py, what takes a server to tell is in tests/desk/test_peers_faults.py.
"""

from __future__ import annotations

from router.events import ConversationAssigned, Event, NoticeDue, OfferEnded, OfferMade, StatusChanged
from router.model import (
    AgentId,
    ConversationId,
    DepartmentId,
    Member,
    MessageRule,
    Method,
    Needs,
    Status,
    Writer,
)
from tests.router.building import Desk, agent, all_of, department, ends, only

RING_ALL = department(method=Method.RING_ALL)


def offered(happened: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(event.offer.conversation, event.offer.agent) for event in all_of(happened, OfferMade)]


def served_in_turn(desk: Desk, who: str) -> list[str]:
    """Which conversations this agent gets, one after the other."""
    found = []
    while who in desk.ringing():
        (one,) = desk.ringing()[who]
        found.append(one)
        desk.accept(who)
        desk.close(one)
    return found


# Assigned to somebody who is not there


def test_a_reservation_for_somebody_offline_holds_up_nothing():
    """chatwoot#7204: a reopened conversation goes to its previous agent, who is offline, and stays there."""
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ben")
    happened = desk.start("c_1", reserve_for=(AgentId("ada"),), reserve_ms=3_600_000)
    assert offered(happened) == [("c_1", "ben")]


def test_a_conversation_does_not_stick_to_the_agent_who_lost_the_connection():
    """chatwoot#4158: returning chats stick to an offline agent."""
    desk = Desk(department(), agent("ada"), agent("ben"), grace_ms=20_000, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.VISITOR)
    desk.comes("ben")
    desk.disconnect("ada")
    assert desk.owner("c_1") == "ada"
    assert offered(desk.wait(20_000)) == [("c_1", "ben")]


def test_after_a_change_of_shift_the_next_message_reaches_whoever_is_here():
    """chatwoot#9587: what was quiet over the end of a shift must go to those who are online when the visitor writes."""
    desk = Desk(department(), agent("ada"), agent("ben"), grace_ms=20_000, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.disconnect("ada")
    desk.wait(8 * 60_000)
    desk.comes("ben")
    assert desk.owner("c_1") == "ada"  # answered: nobody waits for anything
    assert offered(desk.wrote("c_1", Writer.VISITOR)) == [("c_1", "ben")]


def test_an_empty_department_starts_a_conversation_that_waits():
    """Rocket.Chat#19062: in a department without agents the chat starts and then fails with `no-agent-online`."""
    desk = Desk(department(messages=(MessageRule(when="nobody"),)))
    assert only(desk.start("c_1"), NoticeDue).when == "nobody"
    assert desk.state("c_1") == "waiting"
    desk.configure(department(), agent("ada"))
    assert offered(desk.comes("ada")) == [("c_1", "ada")]


def test_who_closed_the_window_gets_nothing_more():
    """livehelperchat#552: an operator closes the window, never goes offline and keeps getting chats."""
    desk = Desk(department(), agent("ada"), agent("ben"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    happened = desk.disconnect("ada")
    assert ends(happened) == {only(happened, OfferEnded).offer: "withdrawn"}
    assert offered(happened) == [("c_1", "ben")]
    desk.accept("ben")
    assert offered(desk.start("c_2")) == [("c_2", "ben")]
    assert desk.who("ada").misses == 0


# Presence: tabs, devices, sleep


def test_an_agent_is_not_forgotten_for_being_quiet():
    """chatwoot#13720: timers of background tabs are throttled: agents count as offline 40 seconds of every minute."""
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    for number in range(6):
        desk.wait(20 * 60_000)  # not a word from Ada's page
        assert desk.who("ada").present
        assert offered(desk.start(f"c_{number}")) == [(f"c_{number}", "ada")]
        desk.sees("ada")
        desk.close(f"c_{number}")


def test_opening_a_second_client_makes_nobody_available():
    """Rocket.Chat#23563: opening any second client silently sets the agent available."""
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    desk.status("ada", Status.AWAY, "lunch")
    desk.start("c_1")
    assert desk.connect("ada") == ()
    desk.disconnect("ada")
    assert offered(desk.connect("ada")) == []
    assert (desk.who("ada").status, desk.who("ada").reason) == (Status.AWAY, "lunch")


def test_who_does_not_answer_is_set_away_and_told_so():
    """chatwoot#4170: an agent should be away when they do not answer, not when a tab says so."""
    desk = Desk(department(miss_limit=2, ring_ms=30_000, miss_delay_ms=0), agent("ada"), reoffer_ms=0, confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1")
    assert all_of(desk.wait(30_000), StatusChanged) == []
    changed = only(desk.wait(30_000), StatusChanged)
    assert (changed.status, changed.reason, changed.automatic) == (Status.AWAY, "missed offers", True)
    assert desk.ringing() == {}


def test_visitors_learn_that_the_last_agent_has_gone():
    """Rocket.Chat.Livechat#172, Rocket.Chat#21754: the widget does not learn that the team went offline."""
    messages = (MessageRule(when="queued"), MessageRule(when="nobody"))
    desk = Desk(department(messages=messages), agent("ada", max_slots=1), grace_ms=20_000, confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.start("c_2")
    queue = desk.router.queue(ConversationId("c_2"))
    assert queue is not None
    assert queue.serving
    said = [each for each in all_of(desk.status("ada", Status.AWAY), NoticeDue) if each.conversation == "c_2"]
    assert [(each.when, each.serving) for each in said] == [("nobody", False)]
    queue = desk.router.queue(ConversationId("c_2"))
    assert queue is not None
    assert not queue.serving


# A backlog that is not drained, an unfair order


def test_a_slot_that_comes_free_goes_to_the_one_who_waited():
    """chatwoot#10583: a slot frees, the new chat #5 is assigned, the queued #4 stays for ever."""
    desk = Desk(department(), agent("ada", max_slots=1), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_3")
    desk.start("c_4")
    desk.wait(60_000)
    assert offered(desk.close("c_3")) == [("c_4", "ada")]
    assert offered(desk.start("c_5")) == []
    assert served_in_turn(desk, "ada") == ["c_4", "c_5"]


def test_a_new_conversation_does_not_snatch_the_slot_that_rings_for_an_older_one():
    """chatwoot#10376: oldest first, also when a new one arrives in the moment in which the slot frees."""
    desk = Desk(department(reject_delay_ms=0), agent("ada", max_slots=1), agent("ben", max_slots=1), confirm_ms=0)
    desk.comes("ada", "ben")
    desk.start("c_1")
    desk.start("c_2")
    desk.accept("ada")
    desk.accept("ben")
    for number in (3, 4, 5):
        desk.start(f"c_{number}")
        desk.wait(1)
    got = offered(desk.close("c_2")) + offered(desk.start("c_6")) + offered(desk.close("c_1"))
    assert [conversation for conversation, _ in got] == ["c_3", "c_4"]


def test_those_who_come_find_what_waits():
    """chatwoot#10685: nothing is assigned when agents come online, only what arrives after it."""
    desk = Desk(department(), agent("ada"), agent("ben"), confirm_ms=0)
    for number in (1, 2, 3):
        desk.start(f"c_{number}")
    assert offered(desk.comes("ada")) == [("c_1", "ada")]
    assert offered(desk.comes("ben")) == [("c_2", "ben")]
    assert offered(desk.accept("ada")) == [("c_3", "ada")]


def test_the_backlog_is_not_poured_over_the_first_who_logs_in():
    """chatwoot PR#14766: the first run of the new assignment flushed weeks of backlog onto whoever logged in."""
    desk = Desk(department(), agent("ada", max_slots=3), confirm_ms=0)
    for number in range(30):
        desk.start(f"c_{number:02}")
        desk.wait(1_000)
    assert offered(desk.comes("ada")) == [("c_00", "ada")]  # one rings at a time
    taken = []
    while "ada" in desk.ringing():
        (one,) = desk.ringing()["ada"]
        taken.append(one)
        desk.accept("ada")
    assert taken == ["c_00", "c_01", "c_02"]
    assert desk.who("ada").used == 3


def test_what_came_in_while_all_were_away_can_be_taken_and_closed():
    """Rocket.Chat#18041: chats of offline hours can be neither taken nor closed."""
    desk = Desk(department(), agent("ada"), agent("sue", "support"), confirm_ms=0)
    for number in (1, 2, 3):
        desk.start(f"c_{number}")
    desk.wait(8 * 3_600_000)
    desk.connect("ada")
    desk.status("ada", Status.BUSY)
    assert only(desk.pick("ada", "c_2"), ConversationAssigned).agent == "ada"
    desk.close("c_2", by="ada")
    desk.close("c_3", by="sue", any_owner=True)
    assert desk.state("c_3") == "forgotten"
    assert offered(desk.status("ada", Status.AVAILABLE)) == [("c_1", "ada")]


def test_whoever_reloads_the_page_is_not_overtaken():
    """livehelperchat#1260: assignment is driven by visitors' polls, and the third is served before the second."""
    desk = Desk(department(), agent("ada", max_slots=1), blip_ms=10_000, confirm_ms=0)
    for number in (1, 2, 3):
        desk.start(f"c_{number}")
    desk.leaves("c_2")
    desk.wait(9_000)
    desk.comes("ada")
    assert served_in_turn(desk, "ada") == ["c_1", "c_2", "c_3"]


def test_who_was_away_for_a_while_has_the_old_place_on_coming_back():
    """livehelperchat#1260 again: who cannot be offered now is passed over, and does not go to the end."""
    desk = Desk(department(), agent("ada", max_slots=1), blip_ms=10_000, confirm_ms=0)
    for number in (1, 2, 3):
        desk.start(f"c_{number}")
    desk.leaves("c_1")
    desk.wait(30_000)
    desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_2"}}
    desk.accept("ada")
    desk.returns("c_1")
    assert desk.place("c_1") == 1
    desk.close("c_2")
    assert served_in_turn(desk, "ada") == ["c_1", "c_3"]


def test_a_conversation_that_nobody_can_take_blocks_no_other_in_any_line():
    """asterisk#1691, PR#1693: serving the longest waiting caller across queues stopped all queues."""
    shared = ("support", "sales")
    desk = Desk(department(), department("sales"), agent("ada", *shared), agent("ben", *shared), confirm_ms=0)
    desk.start("c_oldest", needs=Needs(require=(("finnish", 5),)))
    desk.wait(1_000)
    desk.start("c_sales", "sales")
    desk.start("c_support")
    happened = desk.comes("ada", "ben")
    assert offered(happened) == [("c_sales", "ada"), ("c_support", "ben")]
    assert desk.state("c_oldest") == "waiting"
    assert desk.place("c_oldest") == 1


def test_priority_goes_on_when_the_last_agent_is_not_there():
    """freeswitch#1216: top-down stops altogether if the last agent of the list is unavailable."""
    people = [
        agent(name, Member(department=DepartmentId("support"), priority=number))
        for number, name in enumerate(("ada", "ben", "cleo"), start=1)
    ]
    desk = Desk(
        department(method=Method.PRIORITY, ring_ms=10_000, miss_delay_ms=0, miss_limit=0),
        *people,
        reoffer_ms=25_000,
        confirm_ms=0,
    )
    desk.comes("ada", "ben")
    happened = desk.start("c_1") + desk.wait(60_000)
    assert [who for _, who in offered(happened)][:4] == ["ada", "ben", "ada", "ben"]


# Telling the visitor


def test_the_place_that_is_shown_is_the_place_one_is_served_at():
    """chatwoot#8047, #10059: a queue position to show; it has to be the number that is served before me."""
    desk = Desk(department(), agent("ada", max_slots=1), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_0")
    for number, head_start in enumerate((0, 30_000, 0, 120_000, 60_000)):
        desk.start(f"c_{number + 1}", head_start=head_start)
        desk.wait(10_000)
    shown = sorted((desk.place(f"c_{number}"), f"c_{number}") for number in range(1, 6))
    assert [place for place, _ in shown] == [1, 2, 3, 4, 5]
    desk.close("c_0")
    assert served_in_turn(desk, "ada") == [name for _, name in shown]


def test_a_message_whenever_the_place_comes_nearer():
    """livehelperchat#635, #841: say the position whenever it changes; zendesk_sdk_chat_ios#129: it is never updated."""
    messages = (MessageRule(when="queued"), MessageRule(when="place", min_interval_ms=0))
    desk = Desk(department(messages=messages), agent("ada", max_slots=1), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_0")
    happened: tuple[Event, ...] = ()
    for number in (1, 2, 3):
        happened += desk.start(f"c_{number}")
    for number in (0, 1, 2):
        desk.wait(2_000)
        desk.close(f"c_{number}")
        happened += desk.sweep() + desk.accept("ada")
    said = [(each.when, each.place) for each in all_of(happened, NoticeDue) if each.conversation == "c_3"]
    assert said == [("queued", 3), ("place", 2), ("place", 1)]
