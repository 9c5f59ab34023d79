"""What the lab must do exactly, whatever the luck: every statement here holds for each single conversation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from router import events as e
from router.lab.plan import Arrivals, Kind, Plan, Reaction, Service, Shift, Visit
from router.lab.run import run
from router.lab.tally import LEFT, OPEN, REFUSED, SERVED
from router.model import AgentId, Method, Needs
from tests.router.building import all_of
from tests.router.lab.plans import MINUTE_MS, SUPPORT, plan, seen_run, team, waits_of

TWO_CLASSES = (
    Kind(name="plain", department=SUPPORT, share=0.7),
    Kind(name="urgent", department=SUPPORT, share=0.3, head_start_ms=5 * MINUTE_MS),
)


@pytest.mark.parametrize("patience_ms", [None, 3 * MINUTE_MS])
def test_with_equal_agents_all_methods_give_the_same_waits(patience_ms: float | None):
    """Rates do not depend on who works, so who works changes no wait: conversation by conversation."""
    found = {}
    for method in Method:
        tally = run(replace(plan(method=method, rate_per_min=1.15, patience_ms=patience_ms), kinds=TWO_CLASSES))
        found[method] = (waits_of(tally), list(tally.ends))
    waits, ends = found[Method.RING_ALL]
    assert sum(wait > 0 for wait in waits) > 100, "a line that nobody waits in shows nothing"
    assert (LEFT in ends) is (patience_ms is not None)
    for method in Method:
        assert found[method] == (waits, ends), method


def test_the_same_again_is_the_same():
    one, two = run(plan(seed=5)), run(plan(seed=5))
    assert (waits_of(one), one.marks) == (waits_of(two), two.marks)
    assert waits_of(run(plan(seed=6))) != waits_of(one)


def test_taking_automatically_or_accepting_at_once_is_the_same():
    for method in set(Method) - {Method.RING_ALL}:
        rung, taken = (run(plan(method=method, accept=accept, rate_per_min=1.15)) for accept in ("ring", "auto"))
        assert waits_of(rung) == waits_of(taken)
        assert rung.marks == taken.marks, f"{method}: the same agents carry the same"


@pytest.mark.parametrize("method", [Method.ROUND_ROBIN, Method.RING_ALL, Method.PRIORITY])
@pytest.mark.parametrize("order", ["head_start", "strict"])
def test_every_step_keeps_what_must_hold(method: Method, order: str):
    """No takeable pair is left, and no limit broken, at any moment of a busy trace with leavers and misses."""
    busy = plan(method=method, conversations=60, rate_per_min=1.6, order=order, wrap_up_ms=20_000, max_line=6)
    lively = Reaction(mean_ms=4_000, p_miss=0.1, p_decline=0.1)
    tally, _ = seen_run(replace(busy, kinds=TWO_CLASSES, reaction=lively, patience_ms=4 * MINUTE_MS), checked=True)
    assert {SERVED, LEFT} <= set(tally.ends)


def test_round_robin_shares_among_those_who_stay_free():
    """Nobody fills up here, so at every moment their counts differ by one at most."""
    quiet = plan(method=Method.ROUND_ROBIN, agents=5, slots=100, conversations=500)
    _, seen = seen_run(quiet)
    counts = Counter({one.id: 0 for one in team(5, 100)})
    for event in all_of(tuple(seen.events), e.ConversationAssigned):
        counts[event.agent] += 1
        assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == 500


def test_head_starts_bound_every_overtaking():
    """Who overtakes had a head start greater by more than what they came later."""
    tally, seen = seen_run(replace(plan(rate_per_min=1.25, conversations=1500), kinds=TWO_CLASSES))
    started = {event.conversation: event for event in all_of(tuple(seen.events), e.ConversationStarted)}
    waiting: dict[str, e.ConversationStarted] = {}
    overtaken = 0
    for event in seen.events:
        if isinstance(event, e.ConversationStarted):
            waiting[event.conversation] = event
        elif isinstance(event, e.ConversationAssigned):
            taken = waiting.pop(event.conversation)
            for other in waiting.values():
                assert (taken.key_at, taken.arrival) < (other.key_at, other.arrival)
                if other.at < taken.at:
                    overtaken += 1
                    assert taken.at - other.at <= taken.head_start_ms - other.head_start_ms
    assert len(started) == 1500
    assert overtaken > 100
    assert set(tally.ends) == {SERVED}


def test_patience_zero_never_waits():
    tally = run(replace(plan(rate_per_min=2.0), patience_ms=0.0))
    assert set(waits_of(tally)) == {0}
    assert set(tally.ends) == {SERVED, LEFT}


def test_a_full_line_turns_away():
    tally = run(plan(agents=1, slots=1, rate_per_min=3.0, max_line=2))
    assert set(tally.ends) == {SERVED, REFUSED}


def test_whom_nobody_can_serve_waits_to_the_end_and_the_run_ends():
    kind = Kind(name="odd", department=SUPPORT, share=1.0, needs=Needs(require=(("latin", 3),)))
    shifts = (Shift(agent=AgentId("a1"), from_ms=0, until_ms=60_000, every_ms=120_000),)
    tally = run(replace(plan(conversations=50), kinds=(*TWO_CLASSES, kind), shifts=shifts))
    assert {SERVED, OPEN} == set(tally.ends)
    assert all(tally.kinds[n] == 2 for n in range(50) if tally.ends[n] == OPEN)


def test_shifts_begin_and_end():
    shift = Shift(agent=AgentId("a1"), from_ms=10 * MINUTE_MS, until_ms=20 * MINUTE_MS, every_ms=60 * MINUTE_MS)
    alone = plan(agents=1, slots=1, rate_per_min=0.2, mean_ms=30_000, conversations=40)
    _, seen = seen_run(replace(alone, shifts=(shift,)))
    moments = [event.at % (60 * MINUTE_MS) for event in all_of(tuple(seen.events), e.ConversationAssigned)]
    assert len(moments) == 40
    assert all(10 * MINUTE_MS <= moment < 20 * MINUTE_MS for moment in moments)


def test_agents_who_miss_are_sent_away_and_come_back():
    absent = Reaction(mean_ms=1_000, p_miss=0.7, back_ms=30_000)
    tally, seen = seen_run(replace(plan(conversations=100), reaction=absent))
    assert any(event.automatic for event in all_of(tuple(seen.events), e.StatusChanged))
    assert set(tally.ends) == {SERVED}


def test_recorded_visits_are_what_they_were():
    """One slot, three visits: 0 s to 100 s; 10 s, leaves at 60 s; 20 s, is accepted 5 s after it rings at 100 s."""
    visits = (
        Visit(at_ms=0, kind=0, service_ms=100_000),
        Visit(at_ms=10_000, kind=0, patience_ms=50_000),
        Visit(at_ms=20_000, kind=0, service_ms=1_000, waited_ms=85_000, accept_ms=5_000),
    )
    alone = replace(plan(agents=1, slots=1, conversations=3), arrivals=Arrivals(visits=visits))
    tally = run(alone)
    assert (waits_of(tally), list(tally.ends)) == ([0, 50_000, 85_000], [SERVED, LEFT, SERVED])


def test_two_at_once_go_slower():
    """Slowdown 1: with two at once each goes half as fast. 60 s of work each, the second 30 s later: 90 s and 120 s."""
    visits = tuple(Visit(at_ms=at, kind=0, service_ms=60_000) for at in (0, 30_000))
    slow = Service(mean_ms=60_000, slowdown=1.0)
    _, seen = seen_run(
        replace(plan(agents=1, slots=2, conversations=2), arrivals=Arrivals(visits=visits), service=slow)
    )
    assert [event.at for event in all_of(tuple(seen.events), e.ConversationAssigned)] == [0, 30_000]
    # The run ends when nobody waits; who still talks is let be. So look at a third who has to wait for them.
    third = (*visits, Visit(at_ms=40_000, kind=0, service_ms=1_000))
    tally = run(replace(plan(agents=1, slots=2, conversations=3), arrivals=Arrivals(visits=third), service=slow))
    assert waits_of(tally) == [0, 0, 50_000]


def test_without_slowdown_load_changes_nothing():
    one = plan(rate_per_min=1.15)
    barely = replace(one, service=replace(one.service, slowdown=1e-12))
    apart = [abs(a - b) for a, b in zip(waits_of(run(one)), waits_of(run(barely)), strict=True)]
    assert max(apart) <= 400, "each end is rounded up to the millisecond"


def test_fewer_come_than_asked_for():
    """The rate falls to nothing: the run ends with whoever came."""
    ending = Arrivals(pieces=((0.0, 1 / MINUTE_MS), (30.0 * MINUTE_MS, 0.0)))
    tally = run(replace(plan(), arrivals=ending))
    assert 10 < tally.came < 60
    assert set(list(tally.ends)[: tally.came]) == {SERVED}
    assert set(list(tally.ends)[tally.came :]) == {OPEN}


def test_occupancy_is_what_the_events_say():
    """Slots times time by a second count of the same events."""
    one = replace(plan(rate_per_min=1.15), warm_up=100)
    tally, seen = seen_run(one)
    begin = all_of(tuple(seen.events), e.ConversationStarted)[100].at
    end = all_of(tuple(seen.events), e.ConversationStarted)[-1].at
    used = dict.fromkeys(tally.desks, 0)
    held: dict[str, tuple[AgentId, int]] = {}
    for event in seen.events:
        if isinstance(event, e.ConversationAssigned):
            held[event.conversation] = (event.agent, event.at)
        elif isinstance(event, e.ConversationClosed) and event.agent is not None:
            agent, since = held.pop(event.conversation)
            used[agent] += max(0, min(event.at, end) - max(since, begin))
    for agent, since in held.values():
        used[agent] += max(0, end - max(since, begin))
    first, last = tally.marks[0].areas, tally.marks[-1].areas
    assert {agent: last[agent][0] - first[agent][0] for agent in used} == used
    assert all(last[agent][1] - first[agent][1] == 2 * (end - begin) for agent in used)


def test_marks_divide_time():
    tally = run(replace(plan(conversations=1000), warm_up=40))
    assert len(tally.marks) == 33
    for one, two in pairwise(tally.marks):
        assert all(two.areas[agent][0] >= one.areas[agent][0] for agent in one.areas)


def test_the_most_often_passed_over():
    """Two agents with many slots, always the first: the second is passed over every time."""
    assert run(plan(method=Method.PRIORITY, agents=2, slots=1000, conversations=50)).longest_skip == 50
    turns = run(plan(method=Method.ROUND_ROBIN, agents=2, slots=1000, conversations=50))
    assert turns.longest_skip == 1


def test_somebody_slow_does_not_stop_the_lab():
    """All agents take their time; a ring that is over is answered too late and that is no fault."""
    slow: Plan = replace(plan(ring_ms=1_000, conversations=60), reaction=Reaction(mean_ms=3_000))
    tally, seen = seen_run(slow)
    assert set(tally.ends) == {SERVED}
    assert any(event.end.value == "missed" for event in all_of(tuple(seen.events), e.OfferEnded))
