"""DESIGN §5.2: whom each method chooses, and what comes before and after the method."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from router.chance import draw
from router.events import Event, OfferMade
from router.model import AgentSettings, Clause, Member, Method
from tests.router.building import Desk, agent, all_of, department, only

DIRECTED = [method for method in Method if method is not Method.RING_ALL]


def offered_to(happened: tuple[Event, ...]) -> str:
    return only(happened, OfferMade).offer.agent


def prefers(name: str, priority: int, **more: int) -> AgentSettings:
    return agent(name, Member(department=department().id, priority=priority), **more)


def busy_desk(method: Method, **more: Any) -> Desk:
    """Ada talks to one (of 4), Ben to two (of 4), Cleo to nobody (of 2)."""
    desk = Desk(
        department(method=method, **more),
        department("own"),
        agent("ada", "support", max_slots=4),
        agent("ben", "support", max_slots=4),
        agent("cleo", "support", max_slots=2),
    )
    desk.comes("ada", "ben", "cleo")
    for number, name in enumerate(["ada", "ben", "ben"]):
        desk.start(f"c_x{number}", "own")
        desk.pick(name, f"c_x{number}", any_department=True)
        desk.wait(1)
    return desk


def test_max_utilization_takes_the_busiest_with_a_free_slot():
    desk = busy_desk(Method.MAX_UTILIZATION)
    assert offered_to(desk.start("c_1")) == "ben"
    desk.accept("ben")
    assert offered_to(desk.start("c_2")) == "ben"
    desk.accept("ben")
    assert offered_to(desk.start("c_3")) == "ada"


def test_average_utilization_takes_the_fewest_running_and_counts_what_rings():
    desk = busy_desk(Method.AVERAGE_UTILIZATION)
    assert offered_to(desk.start("c_1")) == "cleo"
    desk.accept("cleo")
    desk.wait(1)
    assert offered_to(desk.start("c_2")) == "ada"  # one each: a quarter of Ada's slots, half of Cleo's
    assert offered_to(desk.start("c_3")) == "cleo"  # Ada rings: two now


def test_average_utilization_by_share():
    desk = busy_desk(Method.AVERAGE_UTILIZATION, measure="share")
    desk.start("c_1")
    desk.accept("cleo")
    assert offered_to(desk.start("c_2")) == "ada"
    desk.accept("ada")
    # Ada and Ben two of four, Cleo one of two: equal shares, so the fewest running.
    assert offered_to(desk.start("c_3")) == "cleo"


def test_priority_takes_the_lowest_number_and_inside_it_the_fewest_running():
    desk = Desk(
        department(method=Method.PRIORITY), prefers("ada", 1), prefers("ben", 1), prefers("cleo", 2, max_slots=9)
    )
    desk.comes("ada", "ben", "cleo")
    chosen = []
    for number in range(7):
        chosen.append(offered_to(desk.start(f"c_{number}")))
        desk.accept(chosen[-1])
        desk.wait(1)
    assert Counter(chosen[:6]) == {"ada": 3, "ben": 3}
    assert all(first != second for first, second in zip(chosen[:6:2], chosen[1:6:2], strict=True))
    assert chosen[6] == "cleo"


@pytest.mark.parametrize("method", DIRECTED)
def test_tiers_put_the_priority_before_any_method(method):
    desk = Desk(department(method=method, tiers=True), prefers("ada", 9, max_slots=9), prefers("ben", 1, max_slots=2))
    desk.comes("ada", "ben")
    chosen = []
    for number in range(3):
        chosen.append(offered_to(desk.start(f"c_{number}")))
        desk.accept(chosen[-1])
    assert chosen == ["ben", "ben", "ada"]


def test_longest_idle_goes_by_the_last_acceptance_not_by_the_last_offer():
    desk = Desk(department(method=Method.LONGEST_IDLE, reject_delay_ms=0), agent("ada"), agent("ben"), agent("cleo"))
    desk.comes("ada", "ben", "cleo")
    order = []
    for number in range(3):
        order.append(offered_to(desk.start(f"c_{number}")))
        desk.accept(order[-1])
        desk.wait(1_000)
    assert len(set(order)) == 3
    assert offered_to(desk.start("c_3")) == order[0]
    assert offered_to(desk.decline(order[0])) == order[1]
    desk.accept(order[1])
    # Being offered and declining did not move the first one's idle time.
    assert offered_to(desk.start("c_4")) == order[0]


def test_round_robin_goes_around_and_starts_in_the_order_of_the_settings():
    names = ["ada", "ben", "cleo"]
    desk = Desk(department(method=Method.ROUND_ROBIN), *(agent(name, max_slots=9) for name in names))
    desk.comes(*reversed(names))
    chosen = []
    for number in range(9):
        chosen.append(offered_to(desk.start(f"c_{number}")))
        desk.accept(chosen[-1])
    assert chosen == names * 3


def test_round_robin_counts_differ_by_at_most_one_whatever_the_order_of_acceptance():
    names = ["ada", "ben", "cleo", "dan"]
    desk = Desk(department(method=Method.ROUND_ROBIN), *(agent(name, max_slots=99) for name in names))
    desk.comes(*names)
    counts: Counter[str] = Counter(dict.fromkeys(names, 0))
    for number in range(0, 40, 2):
        first, second = offered_to(desk.start(f"c_{number}")), offered_to(desk.start(f"c_{number + 1}"))
        for name in (second, first):
            desk.accept(name)
            counts[name] += 1
        assert max(counts.values()) - min(counts.values()) <= 1


def test_random_is_uniform_and_the_seed_decides():
    names = ["ada", "ben", "cleo", "dan"]

    def chosen(seed: int) -> list[str]:
        team = (agent(name, max_slots=999) for name in names)
        desk = Desk(department(method=Method.RANDOM), *team, seed=seed, checked=False)
        desk.comes(*names)
        found = []
        for number in range(200):
            found.append(offered_to(desk.start(f"c_{number}")))
            desk.accept(found[-1])
        return found

    first = chosen(1)
    assert first == chosen(1)
    assert first != chosen(2)
    assert all(30 <= count <= 70 for count in Counter(first).values())


def test_equals_are_drawn_by_lot_without_favour():
    """A tie of three: over many seeds each comes first about as often."""
    counts: Counter[str] = Counter()
    for seed in range(300):
        desk = Desk(department(), agent("ada"), agent("ben"), agent("cleo"), seed=seed, checked=False)
        desk.comes("ada", "ben", "cleo")
        counts[offered_to(desk.start("c_1"))] += 1
    assert all(70 <= counts[name] <= 130 for name in ("ada", "ben", "cleo"))


def test_the_lot_leaves_out_who_cannot_take_it_without_favour():
    counts: Counter[str] = Counter()
    for seed in range(300):
        team = [agent(name) for name in ("ada", "ben", "cleo", "dan")]
        desk = Desk(department(reject_delay_ms=0), *team, seed=seed, checked=False)
        desk.comes("ben", "ada", "cleo", "dan")
        first = offered_to(desk.start("c_1"))
        counts[f"{first} then {offered_to(desk.decline(first))}"] += 1
    assert len(counts) == 12
    assert all(10 <= count <= 45 for count in counts.values())


def test_a_draw_is_the_same_for_the_same_decision_and_spreads():
    assert draw(7, 3, 0) == draw(7, 3, 0)
    drawn = {draw(seed, arrival, offer) for seed in range(10) for arrival in range(10) for offer in range(10)}
    assert len(drawn) == 1_000
    assert 450 < sum(number % 2 for number in drawn) < 550


def test_the_decision_names_the_runner_up_and_the_measures():
    desk = busy_desk(Method.AVERAGE_UTILIZATION)
    decision = only(desk.start("c_1"), OfferMade).decision
    assert decision.chosen is not None
    assert decision.runner_up is not None
    assert (decision.chosen.agent, decision.runner_up.agent) == ("cleo", "ada")
    assert decision.chosen.measure == "running 0, share 0.00"
    assert decision.runner_up.measure == "running 1, share 0.25"


def test_more_than_fifty_members_are_counted_not_listed():
    desk = Desk(department(), *(agent(f"a{number}") for number in range(60)))
    desk.comes("a1", "a2")
    decision = only(desk.start("c_1"), OfferMade).decision
    assert decision.candidates == ()
    assert decision.takeable == 2
    assert decision.excluded == ((Clause.STATUS, 58),)


def test_ring_all_rings_everybody_who_can_take_it():
    desk = Desk(
        department("sales", method=Method.RING_ALL),
        agent("ada", "sales"),
        agent("ben", "sales"),
        agent("cleo", "sales"),
    )
    desk.comes("ada", "ben")
    happened = desk.start("c_1", "sales")
    assert {event.offer.agent for event in all_of(happened, OfferMade)} == {"ada", "ben"}
    assert desk.ringing() == {"ada": {"c_1"}, "ben": {"c_1"}}
