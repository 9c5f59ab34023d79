"""Skills, required and preferred; widening; reservations; ring waves: one exact story each."""

from __future__ import annotations

from typing import Any

import pytest

from router import events as e
from router.commands import Quarantine, StartConversation
from router.model import AgentId, Clause, ConversationId, DepartmentId, Member, Method, Status, VisitorId, WidenStep
from router.needs import CLOSED, meets, needs_of, opening, preference
from tests.router.building import Desk, agent, all_of, department, only

DANISH = needs_of(require=[("danish", 3)])


# The arithmetic of needs.


def test_equal_needs_are_equal_values():
    assert needs_of(require=[("b", 1), ("a", 2)]) == needs_of(require=[("a", 2), ("b", 1)])


def test_a_level_is_met_by_itself_and_above():
    assert meets({"danish": 3}, (("danish", 3),))
    assert not meets({"danish": 2}, (("danish", 3),))
    assert not meets({}, (("danish", 1),))
    assert meets({}, ())


def test_levels_beyond_having_a_preferred_skill_count_nothing():
    weights = (("billing", 2), ("danish", 5))
    assert preference({"danish": 1}, weights) == preference({"danish": 10}, weights) == 5
    assert preference({"danish": 1, "billing": 9}, weights) == 7


def test_widening_steps_add_up_and_never_let_a_level_fall_below_having_the_skill():
    needs = needs_of(require=[("danish", 4)], prefer=[("billing", 1)])
    steps = [
        WidenStep(after_ms=10, lower_levels=2),
        WidenStep(after_ms=20, lower_levels=9, drop_preferred=True, add_departments=(DepartmentId("sales"),)),
    ]
    assert opening(needs, ()).require == (("danish", 4),)
    assert opening(needs, steps[:1]).require == (("danish", 2),)
    wide = opening(needs, steps)
    assert (wide.require, wide.prefer, wide.departments) == ((("danish", 1),), (), ("sales",))
    assert opening(needs_of(), ()) == CLOSED


# Required.


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.RING_ALL])
def test_only_who_has_the_skill_is_asked(method):
    desk = Desk(department(method=method), agent("ada"), agent("ben", skills={"danish": 3}))
    desk.comes("ada", "ben")
    made = only(desk.start("c_1", needs=DANISH), e.OfferMade)
    assert made.offer.agent == "ben"
    assert made.decision.excluded == ((Clause.SKILLS, 1),)
    assert [row.excluded for row in made.decision.candidates] == [Clause.SKILLS, None]


def test_ring_all_rings_at_those_with_the_skill():
    desk = Desk(
        department(method=Method.RING_ALL),
        agent("ada"),
        agent("ben", skills={"danish": 3}),
        agent("cleo", skills={"danish": 9}),
    )
    desk.comes("ada", "ben", "cleo")
    desk.start("c_1", needs=DANISH)
    assert desk.ringing() == {"ben": {"c_1"}, "cleo": {"c_1"}}


def test_who_needs_a_skill_does_not_block_those_behind():
    desk = Desk(department(), agent("ada"), agent("ben", skills={"danish": 3}))
    desk.start("c_1", needs=DANISH)
    desk.start("c_2")
    desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_2"}}
    assert not desk.router.queue(ConversationId("c_1")).serving  # type: ignore[union-attr]


def test_places_count_those_who_share_an_eligible_agent():
    desk = Desk(department(), agent("ada", skills={"german": 1}), agent("ben", skills={"danish": 3}), agent("cleo"))
    desk.start("c_danish", needs=DANISH)
    desk.start("c_german", needs=needs_of(require=[("german", 1)]))
    desk.start("c_any")
    assert [desk.place(name) for name in ("c_danish", "c_german", "c_any")] == [1, 1, 3]


def test_a_skill_learned_is_used_at_once():
    desk = Desk(department(), agent("ada"))
    desk.comes("ada")
    desk.start("c_1", needs=DANISH)
    assert desk.ringing() == {}
    desk.configure(department(), agent("ada", skills={"danish": 3}))
    assert desk.ringing() == {"ada": {"c_1"}}


def test_a_skill_taken_away_ends_the_ring():
    desk = Desk(department(), agent("ada", skills={"danish": 3}))
    desk.comes("ada")
    desk.start("c_1", needs=DANISH)
    happened = desk.configure(department(), agent("ada"))
    assert [event.end for event in all_of(happened, e.OfferEnded)] == ["withdrawn"]
    assert desk.state("c_1") == "waiting"


# Preferred.


def test_the_most_preferred_skills_come_before_the_method():
    desk = Desk(
        department(method=Method.AVERAGE_UTILIZATION),
        agent("ada"),
        agent("ben", skills={"billing": 1}),
        agent("cleo", skills={"billing": 10}),
    )
    desk.comes("ada", "ben", "cleo")
    wanted = needs_of(prefer=[("billing", 2)])
    first = only(desk.start("c_1", needs=wanted), e.OfferMade)
    assert first.offer.agent in {"ben", "cleo"}
    assert first.decision.chosen is not None
    assert first.decision.chosen.preference == 2
    desk.accept(first.offer.agent)
    second = only(desk.start("c_2", needs=wanted), e.OfferMade)
    assert {first.offer.agent, second.offer.agent} == {"ben", "cleo"}, "the expert is not drowned: the method decides"


def test_who_prefers_gets_anybody_rather_than_wait():
    desk = Desk(department(), agent("ada"), agent("ben", skills={"billing": 1}, max_slots=1))
    desk.comes("ada", "ben")
    desk.start("c_1", needs=needs_of(prefer=[("billing", 1)]))
    desk.accept("ben")
    desk.start("c_2", needs=needs_of(prefer=[("billing", 1)]))
    assert desk.ringing() == {"ada": {"c_2"}}


# Widening.


def test_levels_are_lowered_as_it_waits():
    desk = Desk(department(widen=(WidenStep(after_ms=60_000, lower_levels=1),)), agent("ada", skills={"danish": 2}))
    desk.comes("ada")
    desk.start("c_1", needs=DANISH)
    desk.wait(59_999)
    assert desk.ringing() == {}
    happened = desk.wait(1)
    assert only(happened, e.ConversationWidened).step == 1
    made = only(happened, e.OfferMade)
    assert (made.offer.agent, made.decision.widening_step) == ("ada", 1)


def test_other_departments_and_then_everybody_open_up():
    steps = (
        WidenStep(after_ms=10_000, add_departments=(DepartmentId("sales"),)),
        WidenStep(after_ms=20_000, any_agent=True),
    )
    desk = Desk(
        department(widen=steps, method=Method.RING_ALL),
        department("sales"),
        department("legal"),
        agent("ada", "sales"),
        agent("ben", "legal"),
        confirm_ms=0,
    )
    desk.comes("ada", "ben")
    desk.start("c_1")
    assert desk.ringing() == {}
    desk.wait(10_000)
    assert desk.ringing() == {"ada": {"c_1"}}
    desk.wait(10_000)
    assert desk.ringing() == {"ada": {"c_1"}, "ben": {"c_1"}}
    desk.accept("ben", "c_1")
    assert desk.owner("c_1") == "ben"


def test_what_was_waited_before_counts_for_widening():
    desk = Desk(
        department(),
        department("sales", widen=(WidenStep(after_ms=30_000, any_agent=True),)),
        agent("ada"),
    )
    desk.start("c_1")
    desk.wait(25_000)
    desk.comes("ada")
    desk.accept("ada")
    desk.status("ada", Status.BUSY)
    desk.transfer("ada", "c_1", "sales")
    desk.status("ada", Status.AVAILABLE)
    desk.wait(4_999)
    assert desk.ringing() == {}
    desk.wait(1)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_a_step_at_once_is_no_step_at_all():
    desk = Desk(department(widen=(WidenStep(after_ms=0, any_agent=True),)), department("sales"), agent("ada", "sales"))
    desk.comes("ada")
    desk.start("c_1")
    assert desk.ringing() == {"ada": {"c_1"}}


# Reservations.


def reserved(*names: str, seconds: int = 60) -> dict[str, Any]:
    return {"reserve_for": tuple(AgentId(name) for name in names), "reserve_ms": seconds * 1000}


def test_who_is_named_comes_first_whatever_the_method_says():
    ben = agent("ben", Member(department=DepartmentId("support"), priority=99))
    desk = Desk(department(method=Method.PRIORITY), agent("ada"), ben)
    desk.comes("ada", "ben")
    made = only(desk.start("c_1", **reserved("ben")), e.OfferMade)
    assert (made.offer.agent, made.decision.reason) == ("ben", "reserved")


def test_a_full_agent_is_waited_for_until_the_time_is_over():
    desk = Desk(department(), agent("ada"), agent("ben", max_slots=1))
    desk.comes("ben")
    desk.served_by("ben", "c_0")
    desk.comes("ada")
    desk.start("c_1", **reserved("ben"))
    assert desk.ringing() == {}
    assert desk.router.explain(ConversationId("c_1")).excluded == ((Clause.FULL, 1), (Clause.RESERVED, 1))  # type: ignore[union-attr]
    desk.wait(59_999)
    assert desk.ringing() == {}
    desk.wait(1)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_a_reservation_that_ends_while_quarantined_is_over_afterwards():
    desk = Desk(department(), agent("ada"), agent("ben", max_slots=1))
    desk.comes("ben")
    desk.served_by("ben", "c_0")
    desk.start("c_1", **reserved("ben", seconds=10))
    desk.do(Quarantine(conversation=ConversationId("c_1"), for_ms=20_000))
    desk.wait(15_000)
    desk.comes("ada")
    assert desk.ringing() == {}
    desk.wait(5_000)
    assert desk.ringing() == {"ada": {"c_1"}}


def test_the_freed_slot_of_the_named_agent_goes_to_the_one_who_waits_for_them():
    desk = Desk(department(), agent("ada"), agent("ben", max_slots=1))
    desk.comes("ben")
    desk.served_by("ben", "c_0")
    desk.comes("ada")
    desk.start("c_1", **reserved("ben"))
    made = only(desk.close("c_0", "ben"), e.OfferMade)
    assert (made.offer.agent, made.offer.conversation, made.decision.reason) == ("ben", "c_1", "reserved")


@pytest.mark.parametrize("why", ["full", "away"])
def test_substitutes_serve_while_the_named_agent_cannot(why):
    desk = Desk(department(), agent("ada"), agent("ben", max_slots=1), agent("cleo"))
    desk.comes("ben")
    if why == "full":
        desk.served_by("ben", "c_0")
    else:
        desk.status("ben", Status.AWAY)
    desk.comes("ada", "cleo")
    made = only(desk.start("c_1", **reserved("ben", "cleo")), e.OfferMade)
    assert (made.offer.agent, made.decision.reason) == ("cleo", "reserved")


def test_a_reservation_is_void_while_nobody_of_it_is_present():
    desk = Desk(department(), agent("ada"), agent("ben"))
    desk.comes("ada")
    made = only(desk.start("c_1", **reserved("ben")), e.OfferMade)
    assert (made.offer.agent, made.decision.reason) == ("ada", "method")


def test_a_reservation_ends_for_nobody_to_wait_when_the_named_agent_is_gone():
    desk = Desk(department(), agent("ada", rings_at_once=2), agent("ben", max_slots=1))
    desk.comes("ben")
    desk.served_by("ben", "c_0")
    desk.comes("ada")
    desk.start("c_1", **reserved("ben", seconds=600))
    desk.disconnect("ben")
    assert "c_1" not in desk.ringing().get("ada", set())
    desk.wait(desk.router.settings.grace_ms)
    assert "c_1" in desk.ringing()["ada"]


def test_a_named_agent_who_is_not_eligible_holds_nobody_up():
    desk = Desk(department(), department("sales"), agent("ada"), agent("ben", "sales"))
    desk.comes("ada", "ben")
    assert only(desk.start("c_1", **reserved("ben")), e.OfferMade).offer.agent == "ada"


def test_ring_all_rings_only_at_those_it_is_kept_for():
    desk = Desk(department(method=Method.RING_ALL), agent("ada"), agent("ben"), agent("cleo"), confirm_ms=0)
    desk.comes("ada", "ben", "cleo")
    desk.start("c_1", **reserved("ben", "cleo", seconds=10))
    assert set(desk.ringing()) == {"ben", "cleo"}
    desk.wait(10_000)
    assert set(desk.ringing()) == {"ada", "ben", "cleo"}


def test_in_a_large_team_those_it_is_not_kept_for_are_counted():
    people = [agent(f"a{number:02}") for number in range(60)]
    desk = Desk(department(), *people, checked=False, confirm_ms=0)
    desk.comes(*(each.key for each in people))
    made = only(desk.start("c_1", **reserved("a07", "a08")), e.OfferMade)
    assert made.offer.agent == "a07"
    assert made.decision.excluded == ((Clause.RESERVED, 58),)
    assert made.decision.takeable == 2


# Ring waves.


def waves(*steps: tuple[int, int]) -> Desk:
    desk = Desk(department(method=Method.RING_ALL, ring_waves=steps), *(agent(name) for name in "abcd"), confirm_ms=0)
    desk.comes(*"abcd")
    return desk


def test_more_agents_ring_wave_by_wave_and_at_last_all():
    desk = waves((0, 1), (15_000, 3), (30_000, 0))
    desk.start("c_1")
    rung = [len(desk.ringing())]
    for _ in range(2):
        desk.wait(15_000)
        rung.append(len(desk.ringing()))
    assert rung == [1, 3, 4]


def test_who_declines_makes_room_for_the_next_at_once():
    desk = waves((0, 1))
    desk.start("c_1")
    (first,) = desk.ringing()
    desk.decline(first)
    (second,) = desk.ringing()
    assert second != first


def test_those_the_wave_has_not_come_to_are_in_the_record():
    desk = waves((0, 1))
    made = only(desk.start("c_1"), e.OfferMade)
    assert made.decision.excluded == ((Clause.WAVE, 3),)
    assert made.decision.takeable == 1


def test_who_has_rested_longest_is_rung_first():
    desk = waves((0, 1))
    for name in ("c_1", "c_2", "c_3"):
        desk.start(name)
        (who,) = (each for each, what in desk.ringing().items() if name in what)
        desk.accept(who, name)
    assert sorted(desk.who(name).used for name in "abcd") == [0, 1, 1, 1]


# Asking without doing.


def test_a_preview_is_what_a_start_would_do_and_touches_nothing():
    desk = Desk(department(), agent("ada"), agent("ben", skills={"danish": 3}))
    desk.comes("ada", "ben")
    before = desk.router.snapshot()
    command = StartConversation(
        conversation=ConversationId("c_1"),
        visitor=VisitorId("v_1"),
        department=DepartmentId("support"),
        needs=DANISH,
    )
    preview = desk.router.preview(command, desk.now)
    assert desk.router.snapshot() == before
    made = only(desk.do(command), e.OfferMade)
    assert preview.offered_to == (made.offer.agent,)
    assert preview.decision == made.decision


def test_why_it_still_waits():
    desk = Desk(department(), agent("ada"), agent("ben", skills={"danish": 3}), agent("cleo", skills={"danish": 5}))
    desk.comes("ada", "ben")
    desk.status("ben", Status.AWAY)
    desk.start("c_1", needs=DANISH)
    why = desk.router.explain(ConversationId("c_1"))
    assert why is not None
    assert {row.agent: row.excluded for row in why.candidates} == {
        "ada": Clause.SKILLS,
        "ben": Clause.STATUS,
        "cleo": Clause.STATUS,
    }
    assert desk.router.explain(ConversationId("c_unknown")) is None
