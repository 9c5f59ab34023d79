"""DESIGN §5.7: every kind of wait message, by a hand clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from router import commands as c
from router.events import Event, NoticeDue, WaitPromised
from router.model import ConversationId, MessageRule, Method, Said, Status, WaitEvent, WidenStep, Writer
from router.router import Router
from router.wait_rules import name_of
from tests.router.building import Desk, agent, all_of, department, only


def rule(when: WaitEvent, seconds: int = 0, **more: int) -> MessageRule:
    """Keeps no distance unless told to."""
    return MessageRule(when=when, seconds_ms=seconds * 1000, **{"min_interval_ms": 0, **more})


def told(happened: tuple[Event, ...]) -> list[tuple[str, str, int]]:
    return [(event.conversation, event.when, event.occurrence) for event in all_of(happened, NoticeDue)]


def moments(desk: Desk, ms: int) -> list[tuple[int, str]]:
    """What is said in the time to come: after how many seconds, and of which kind."""
    since = desk.now
    return [((event.at - since) // 1000, event.when) for event in all_of(desk.wait(ms), NoticeDue)]


def line(*messages: MessageRule, ahead: int = 0, **more: Any) -> Desk:
    """Ada is full with c_0; `ahead` wait before c_1."""
    desk = Desk(department(messages=messages, **more), agent("ada", max_slots=1), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_0")
    desk.wrote("c_0", Writer.AGENT)
    for number in range(ahead):
        desk.start(f"c_ahead_{number}")
    return desk


# every


def test_every_speaks_at_its_interval_and_then_from_the_last_time():
    desk = line(rule("every", 45))
    assert told(desk.start("c_1")) == []
    assert moments(desk, 150_000) == [(45, "every"), (90, "every"), (135, "every")]
    assert desk.of("c_1").said == (Said(rule="every#1", count=3, at=desk.now - 15_000),)


def test_every_speaks_at_most_so_often():
    desk = line(rule("every", 10, max_count=3))
    desk.start("c_1")
    assert moments(desk, 600_000) == [(10, "every"), (20, "every"), (30, "every")]


def test_every_without_seconds_is_never_due():
    desk = line(rule("every", 0))
    desk.start("c_1")
    assert moments(desk, 600_000) == []


def test_every_is_silent_with_too_few_ahead_and_speaks_again_when_there_are():
    desk = line(rule("every", 10, min_ahead=1))
    desk.start("c_1")
    assert moments(desk, 35_000) == []
    desk.start("c_vip", head_start=3_600_000)
    assert told(desk.sweep()) == [("c_1", "every", 1)]  # overdue once, not three times
    assert moments(desk, 25_000) == [(10, "every"), (20, "every")]


def test_every_stops_when_somebody_joins():
    desk = line(rule("every", 10))
    desk.start("c_1")
    assert moments(desk, 10_000) == [(10, "every")]
    desk.close("c_0")
    desk.accept("ada")
    assert moments(desk, 600_000) == []


def test_every_goes_on_while_it_rings():
    """Until somebody joins, the visitor waits."""
    desk = line(rule("every", 10), ring_ms=25_000, reject_delay_ms=0)
    desk.start("c_1")
    desk.close("c_0")
    assert desk.ringing() == {"ada": {"c_1"}}
    assert moments(desk, 20_000) == [(10, "every"), (20, "every")]


def test_every_stops_when_the_visitor_closes():
    desk = line(rule("every", 10))
    desk.start("c_1")
    desk.close("c_1")
    assert moments(desk, 60_000) == []


def test_nothing_is_said_in_the_step_in_which_somebody_takes_it():
    """The moment has come, and so has Ada: she is what the visitor hears of."""
    messages = (rule("every", 10),)
    desk = Desk(
        department(messages=messages, wrap_up_ms=10_000, accept="auto"), agent("ada", max_slots=1), confirm_ms=0
    )
    desk.comes("ada")
    desk.start("c_0")
    assert desk.owner("c_0") == "ada"
    desk.start("c_1")
    desk.close("c_0")
    assert moments(desk, 10_000) == []
    assert desk.owner("c_1") == "ada"


# waited


def test_waited_speaks_once_in_a_line_entry():
    desk = line(rule("waited", 60), rule("waited", 90))
    desk.start("c_1")
    assert moments(desk, 600_000) == [(60, "waited"), (90, "waited")]
    desk.close("c_0")
    desk.accept("ada")
    desk.transfer("ada", "c_1", "support")
    desk.status("ada", Status.BUSY)
    assert moments(desk, 600_000) == [(60, "waited"), (90, "waited")]


def test_waited_counts_this_line_entry_and_not_the_ones_before():
    desk = line(rule("waited", 60))
    desk.start("c_1")
    desk.wait(59_000)
    desk.close("c_0")
    desk.accept("ada")
    desk.wait(30_000)
    desk.transfer("ada", "c_1", "support")
    desk.status("ada", Status.BUSY)
    assert moments(desk, 600_000) == [(60, "waited")]


# estimate_passed


def test_estimate_passed_speaks_once_when_the_longest_promised_wait_has_passed():
    desk = line(rule("estimate_passed"))
    desk.start("c_1")
    assert moments(desk, 600_000) == []  # nothing was promised
    assert only(desk.promised("c_1", 60_000, 120_000), WaitPromised).place == 1
    assert desk.promised("c_1", 1, 2) == ()  # the first counts
    assert moments(desk, 600_000) == [(120, "estimate_passed")]


def test_a_promise_kept_is_not_regretted():
    desk = line(rule("estimate_passed"))
    desk.start("c_1")
    desk.promised("c_1", 60_000, 120_000)
    desk.close("c_0")
    desk.accept("ada")
    assert moments(desk, 600_000) == []


def test_a_new_line_entry_has_a_promise_of_its_own():
    desk = line(rule("estimate_passed"))
    desk.start("c_1")
    desk.promised("c_1", 60_000, 120_000)
    desk.close("c_0")
    desk.accept("ada")
    desk.transfer("ada", "c_1", "support")
    desk.status("ada", Status.BUSY)
    assert moments(desk, 600_000) == []
    desk.promised("c_1", 1_000, 2_000)
    assert moments(desk, 600_000) == [(2, "estimate_passed")]


# place


def test_place_is_told_at_a_sweep_when_it_came_nearer():
    desk = line(rule("place"), ahead=2)
    desk.start("c_1")
    assert told(desk.sweep()) == []
    assert told(desk.close("c_ahead_0")) == []
    swept = desk.sweep()
    assert [(event.conversation, event.place) for event in all_of(swept, NoticeDue)] == [("c_ahead_1", 1), ("c_1", 2)]
    assert told(desk.sweep()) == []


def test_place_is_measured_by_what_was_told_last():
    desk = line(rule("place"), rule("every", 10), ahead=2)
    desk.start("c_1")
    desk.start("c_vip", head_start=3_600_000)
    assert told(desk.sweep()) == []  # farther away is no news
    assert (
        only(tuple(each for each in desk.wait(10_000) if getattr(each, "conversation", "") == "c_1"), NoticeDue).place
        == 4
    )
    desk.close("c_vip")
    assert ("c_1", "place", 1) in told(desk.sweep())  # 3 again: nearer than the 4 they were told


def test_place_keeps_its_distance_and_then_tells_where_it_stands_by_then():
    desk = line(rule("place", min_interval_ms=20_000), ahead=3)
    desk.start("c_1")
    desk.close("c_ahead_0")
    assert told(desk.sweep())[-1] == ("c_1", "place", 1)
    desk.close("c_ahead_1")
    desk.wait(10_000)
    assert told(desk.sweep()) == []
    desk.close("c_ahead_2")
    desk.wait(10_000)
    assert [(event.place, event.occurrence) for event in all_of(desk.sweep(), NoticeDue)] == [(1, 2)]


def test_place_is_silent_with_too_few_ahead():
    desk = line(rule("place", min_ahead=1), ahead=2)
    desk.start("c_1")
    desk.close("c_ahead_0")
    assert [(each.conversation, each.place) for each in all_of(desk.sweep(), NoticeDue)] == [("c_1", 2)]
    desk.close("c_ahead_1")
    assert told(desk.sweep()) == []


def test_places_are_told_across_the_lines_of_a_shared_agent():
    desk = Desk(
        department(messages=(rule("place"),)),
        department("sales"),
        agent("ada", "support", "sales", max_slots=1),
        confirm_ms=0,
    )
    desk.start("c_sales", "sales")
    desk.start("c_1")
    desk.close("c_sales")
    assert told(desk.sweep()) == [("c_1", "place", 1)]


def test_a_rule_about_places_that_comes_later_measures_from_then():
    desk = line(ahead=1)
    desk.start("c_1")
    people = agent("ada", max_slots=1)
    desk.configure(department(messages=(rule("place"),)), people, confirm_ms=0)
    assert told(desk.sweep()) == []
    desk.close("c_ahead_0")
    assert told(desk.sweep()) == [("c_1", "place", 1)]


# returned


def lost(*messages: MessageRule) -> Desk:
    """Ada, who had c_1, is gone; Ben is full."""
    desk = Desk(
        department(messages=messages),
        department("other", messages=messages),
        agent("ada", max_slots=1),
        agent("ben", max_slots=1),
        grace_ms=1_000,
        confirm_ms=0,
    )
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.comes("ben")
    desk.served_by("ben", "c_0")
    desk.wrote("c_0", Writer.AGENT)
    desk.disconnect("ada")
    return desk


def test_returned_is_said_once_to_who_lost_the_agent():
    desk = lost(rule("returned"))
    assert told(desk.wait(1_000)) == [("c_1", "returned", 1)]
    assert desk.of("c_1").line_entry == 2
    assert moments(desk, 600_000) == []


def test_returned_knows_whom_one_had_and_the_others_do_not():
    due = all_of(lost(rule("returned"), rule("queued")).wait(1_000), NoticeDue)
    assert [(each.when, each.previous) for each in due] == [("returned", "ada"), ("queued", None)]


def test_returned_is_said_also_when_it_rings_at_once():
    desk = lost(rule("returned"))
    desk.close("c_0")
    assert told(desk.wait(1_000)) == [("c_1", "returned", 1)]
    assert desk.ringing() == {"ben": {"c_1"}}


def test_returned_is_not_for_those_who_were_passed_on():
    desk = line(rule("returned"))
    assert told(desk.transfer("ada", "c_0", "support")) == []


def test_returned_is_not_said_again_when_the_department_goes():
    desk = lost(rule("returned"))
    desk.wait(1_000)
    ben = agent("ben", "other", max_slots=1)
    assert told(desk.configure(department("other", messages=(rule("returned"),)), ben, grace_ms=1_000)) == []
    assert desk.of("c_1").department == "other"


# queued and nobody: more in test_conversations


def test_nobody_and_queued_correct_each_other_at_once():
    """Whatever the interval: nobody is left believing what has ceased to be true."""
    messages = (rule("queued", min_interval_ms=20_000), rule("nobody", min_interval_ms=20_000))
    desk = Desk(department(messages=messages), agent("ada", max_slots=1), confirm_ms=0)
    desk.start("c_0")
    assert told(desk.start("c_1")) == [("c_1", "nobody", 1)]
    desk.wait(1_000)
    assert told(desk.comes("ada")) == [("c_1", "queued", 1)]


def test_who_comes_back_to_the_line_hears_where_they_stand_a_little_later():
    desk = lost(rule("returned"), rule("queued", min_interval_ms=20_000))
    assert moments(desk, 600_000) == [(1, "returned"), (21, "queued")]


def test_a_word_held_back_is_not_said_when_it_is_no_longer_true():
    desk = lost(rule("returned"), rule("queued", min_interval_ms=20_000))
    desk.wait(2_000)
    desk.status("ben", Status.BUSY)
    assert moments(desk, 600_000) == []
    assert told(desk.status("ben", Status.AVAILABLE)) == [("c_1", "queued", 1)]


# The distance between messages


def test_two_messages_due_together_keep_their_distance():
    desk = line(rule("waited", 60), rule("every", 30, min_interval_ms=20_000))
    desk.start("c_1")
    assert moments(desk, 100_000) == [(30, "every"), (60, "waited"), (80, "every")]


def test_an_interval_longer_than_the_period_wins():
    desk = line(rule("every", 5, min_interval_ms=20_000))
    desk.start("c_1")
    assert moments(desk, 60_000) == [(5, "every"), (25, "every"), (45, "every")]


def test_the_first_word_keeps_no_distance_to_the_entry_before():
    desk = line(rule("queued", min_interval_ms=3_600_000))
    assert told(desk.start("c_1")) == [("c_1", "queued", 1)]
    desk.close("c_0")
    desk.accept("ada")
    desk.status("ada", Status.BUSY)
    desk.transfer("ada", "c_1", "support")
    assert told(desk.status("ada", Status.AVAILABLE)) == []  # it rings
    assert told(desk.decline("ada")) == [("c_1", "queued", 1)]


# Quiet


def test_the_quarantined_are_left_in_peace_and_hear_what_is_due_after_it():
    desk = line(rule("every", 10))
    desk.start("c_1")
    desk.do(c.Quarantine(conversation=ConversationId("c_1"), for_ms=35_000))
    assert moments(desk, 60_000) == [(35, "every"), (45, "every"), (55, "every")]


def test_a_soft_ring_is_waiting_for_the_clock_and_not_for_the_first_word():
    desk = Desk(department(method=Method.RING_ALL, messages=(rule("queued"), rule("waited", 20))), agent("ada"))
    desk.comes("ada")
    assert told(desk.start("c_1")) == []
    desk.sees("ada")
    assert moments(desk, 60_000) == [(20, "waited")]


# Restarts and settings


def restarted(desk: Desk, after_ms: int) -> tuple[Event, ...]:
    """The server was down for so long; everybody who was here comes back at once."""
    desk.now += after_ms
    desk.router = Router.rebuild(desk.router.settings, desk.router.snapshot(), seed=1)
    happened = desk.do(c.Restart())
    return happened + desk.connect("ada")


def test_a_restart_says_one_of_what_it_missed_and_goes_on_from_there():
    desk = line(rule("every", 10), rule("waited", 30))
    desk.start("c_1")
    desk.wait(15_000)
    assert told(restarted(desk, 120_000)) == [("c_1", "every", 2), ("c_1", "waited", 1)]
    assert moments(desk, 25_000) == [(10, "every"), (20, "every")]


def test_a_restart_repeats_nothing():
    desk = line(rule("queued"), rule("every", 10))
    desk.start("c_1")
    desk.wait(10_000)
    assert told(restarted(desk, 1_000)) == []
    assert moments(desk, 9_000) == [(9, "every")]


def test_in_the_pause_after_a_restart_nothing_is_said():
    desk = line(rule("nobody"), rule("every", 2))
    desk.start("c_1")
    desk.now += 60_000
    desk.router = Router.rebuild(desk.router.settings, desk.router.snapshot(), seed=1)
    assert told(desk.do(c.Restart())) == []
    assert told(desk.wait(4_999)) == []
    assert told(desk.wait(1)) == [("c_1", "every", 1)]  # Ada is still within grace


def test_changed_settings_repeat_nothing_and_know_a_rule_by_what_it_says():
    desk = line(rule("queued"), rule("every", 10, max_count=3), rule("waited", 20))
    desk.start("c_1")
    assert moments(desk, 25_000) == [(10, "every"), (20, "every"), (20, "waited")]
    people = agent("ada", max_slots=1)
    changed = (rule("waited", 15), rule("waited", 20), rule("every", 8, max_count=3), rule("queued", min_ahead=0))
    happened = desk.configure(department(messages=changed), people, confirm_ms=0)
    assert told(happened) == [("c_1", "waited", 1)]  # the one that is new
    assert [event.rule for event in all_of(happened, NoticeDue)] == [0]
    assert moments(desk, 600_000) == [(3, "every")]  # the third, eight seconds after the second


def test_names_of_rules():
    messages = (rule("queued"), rule("waited", 60), rule("waited", 90), rule("queued", min_ahead=5), rule("waited", 60))
    names = [name_of(messages, number) for number in range(len(messages))]
    assert names == ["queued#1", "waited 60000#1", "waited 90000#1", "queued#2", "waited 60000#2"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("when", ["queued", "every", "place", "waited", "estimate_passed", "nobody", "returned"])
def test_every_kind_speaks_once_it_may_and_never_after_its_limit(when):
    """Each of the seven kinds is said in a story that has all of it, and not again when its count is spent."""
    messages = (replace(rule(when, 5), max_count=1),)
    desk = Desk(department(messages=messages), agent("ada", max_slots=1), agent("ben"), grace_ms=1_000, confirm_ms=0)
    happened = desk.start("c_0") + desk.start("c_1") + desk.comes("ada") + desk.accept("ada")
    happened += desk.promised("c_1", 1_000, 2_000)
    happened += desk.wait(6_000) + desk.close("c_0") + desk.sweep() + desk.accept("ada")
    happened += desk.disconnect("ada") + desk.wait(1_000)
    assert desk.state("c_1") == "waiting"
    said = [(event.conversation, event.line_entry) for event in all_of(happened + desk.wait(600_000), NoticeDue)]
    assert said
    assert len(said) == len(set(said))


def test_who_comes_to_be_served_by_widening_hears_that():
    """Nobody is a member; after half a minute anybody will do, and the one who is here is full."""
    widen = (WidenStep(after_ms=30_000, any_agent=True),)
    desk = Desk(
        department(messages=(rule("queued"), rule("nobody")), widen=widen),
        department("other"),
        agent("ada", "other", max_slots=1),
        confirm_ms=0,
    )
    desk.comes("ada")
    desk.served_by("ada", "c_0", "other")
    assert told(desk.start("c_1")) == [("c_1", "nobody", 1)]
    assert moments(desk, 60_000) == [(30, "queued")]
