"""What the estimate takes from a router, and what it says of those who wait there."""

from __future__ import annotations

import msgspec
import pytest

from router import commands as c
from router.estimate import Estimator, Learned, Wait
from router.events import OfferMade
from router.model import AgentId, ConversationId, DepartmentId, Status, VisitorId, WidenStep
from router.needs import needs_of
from tests.router.building import Desk, agent, all_of, department

MIN = 60_000


class Followed(Desk):
    """A desk whose every event the estimator follows."""

    def __init__(self, *parts, learned: Learned | None = None, **more):
        super().__init__(*parts, checked=False, **more)
        self.estimator = Estimator(self.router, learned=learned)

    def do(self, command):
        happened = super().do(command)
        if hasattr(self, "estimator"):
            self.estimator.follow(happened)
        return happened

    def waits(self) -> dict[str, Wait]:
        return {str(one): told for one, told in self.estimator.waits(self.now).items()}

    def asks(self, to="support", **more) -> Wait | None:
        return self.estimator.wait_on_entry(entry("asking", to, **more), self.now)

    def start_needing(self, name, skill, to="support"):
        return self.do(entry(name, to, needs=needs_of(require=[(skill, 1)])))


def entry(name, to="support", **more):
    return c.StartConversation(
        conversation=ConversationId(name), visitor=VisitorId("v"), department=DepartmentId(to), **more
    )


def full(*, waiting=3, slots=2, **more) -> Followed:
    """Ada is full, and some wait."""
    desk = Followed(department(**more), agent("ada", max_slots=slots))
    desk.comes("ada")
    for number in range(slots):
        desk.served_by("ada", f"s{number}")
    for number in range(waiting):
        desk.start(f"w{number}")
    return desk


def test_those_further_back_wait_longer():
    told = full(waiting=6).waits()
    assert list(told) == [f"w{number}" for number in range(6)]
    means = [each.p50_ms for each in told.values()]
    assert means == sorted(means)
    assert means[5] > 4 * means[0]


def test_a_look_prepared_in_parts_says_the_same():
    desk, other = (
        Followed(department(), *(agent(f"a{n}", max_slots=1 + n % 3) for n in range(9)), agent("far", "sales"))
        for _ in range(2)
    )
    for each in (desk, other):
        each.comes(*(f"a{n}" for n in range(9)))
        for n in range(30):
            happened = each.start(f"c{n}")
            for made in all_of(happened, OfferMade)[:1]:
                each.do(c.AcceptOffer(agent=made.offer.agent, offer=made.offer.id))
    parts = 1
    while desk.estimator.prepare(2):
        parts += 1
    assert parts == 5
    assert desk.waits() == other.waits() != {}


def test_nobody_serving_means_no_number():
    desk = full()
    desk.status("ada", Status.AWAY)
    assert desk.waits() == {}
    assert desk.asks() is None


def test_who_only_finishes_serves_nobody():
    desk = Followed(department(), agent("ada", max_slots=1), agent("bo", max_slots=1))
    desk.comes("ada", "bo")
    desk.start("a"), desk.start("b")
    for name in ("ada", "bo"):
        desk.accept(name)
    desk.start("w")
    both = desk.waits()["w"].p50_ms
    desk.status("bo", Status.BUSY)
    assert desk.waits()["w"].p50_ms > 1.7 * both


def test_a_disconnected_agent_counts_while_within_grace():
    desk = full()
    before = desk.waits()
    desk.disconnect("ada")
    assert desk.waits() == before
    desk.wait(desk.router.settings.grace_ms)
    assert desk.waits() == {}


def test_asking_touches_nothing_and_says_what_will_be_said_inside():
    desk = full()
    snapshot, learned = desk.router.snapshot(), desk.estimator.learned()
    told = desk.asks()
    assert desk.router.snapshot() == snapshot
    assert desk.estimator.learned() == learned
    desk.do(entry("asking"))
    assert desk.waits()["asking"] == told
    assert desk.estimator.wait_of(ConversationId("asking"), desk.now) == told


def test_a_head_start_goes_before_those_who_wait():
    desk = full(waiting=5)
    assert desk.asks(head_start_ms=10 * MIN) == desk.waits()["w0"]


def test_a_strict_head_start_goes_before_everybody():
    desk = full(waiting=5, order="strict")
    assert desk.asks(head_start_ms=1) == desk.waits()["w0"]


def test_who_rings_already_waits_for_the_ring_only():
    desk = Followed(department(), agent("ada", max_slots=1))
    desk.comes("ada")
    desk.start("a")
    assert desk.waits()["a"].high_ms == MIN


def test_a_free_slot_means_waiting_for_the_ring_only():
    desk = Followed(department(), agent("ada"))
    desk.comes("ada")
    told = desk.asks()
    assert told is not None
    assert (told.low_ms, told.high_ms) == (0, MIN)


def test_who_is_away_counts_less_for_those_behind():
    desk = full(waiting=4)
    before = desk.waits()["w3"].p50_ms
    desk.leaves("w1")
    assert desk.waits()["w3"].p50_ms < before
    desk.returns("w1")
    assert desk.waits()["w3"].p50_ms == pytest.approx(before, rel=1e-3)


def test_a_costly_one_ahead_counts_its_cost():
    plain, costly = full(waiting=0, slots=2), full(waiting=0, slots=2)
    plain.start("first")
    costly.start("first", cost=2)
    for desk in (plain, costly):
        desk.start("behind")
    assert costly.waits()["behind"].p50_ms > 1.3 * plain.waits()["behind"].p50_ms


def test_a_message_left_for_later_is_told_nothing_and_counts_for_others():
    desk = full(waiting=0)
    alone = desk.asks()
    desk.do(entry("left", left=True))
    assert "left" not in desk.waits()
    behind = desk.asks()
    assert alone is not None
    assert behind is not None
    assert behind.p50_ms > alone.p50_ms


def test_quarantine_is_waited_out():
    desk = full(waiting=1)
    desk.do(c.Quarantine(conversation=ConversationId("w0"), for_ms=60 * MIN))
    assert desk.waits()["w0"].p50_ms == 60 * MIN


def test_only_those_with_the_skill_count():
    desk = Followed(department(), agent("ada", max_slots=1, skills={"de": 5}), agent("bo", max_slots=1))
    desk.comes("ada", "bo")
    desk.start("a"), desk.start("b")
    desk.accept("ada"), desk.accept("bo")
    desk.start_needing("needs", "de")
    desk.start_needing("nobody", "fr")
    told = desk.waits()
    assert "nobody" not in told
    plain = desk.asks()
    assert plain is not None
    assert told["needs"].p50_ms > 1.1 * plain.p50_ms


def test_where_nobody_serves_the_widening_to_come_is_waited_for():
    desk = Followed(
        department(widen=(WidenStep(after_ms=5 * MIN, add_departments=(DepartmentId("sales"),)),)),
        department("sales"),
        agent("ada", "sales"),
    )
    desk.comes("ada")
    desk.start("w")
    assert desk.waits()["w"].p50_ms == 5 * MIN
    desk.wait(2 * MIN)
    assert desk.waits()["w"].p50_ms == 3 * MIN


def test_a_reservation_waits_for_its_agent_until_it_ends():
    desk = Followed(department(), agent("ada", max_slots=1), agent("bo", max_slots=9))
    desk.comes("ada", "bo")
    desk.do(entry("a", reserve_for=(AgentId("ada"),), reserve_ms=1_000))
    desk.accept("ada")
    told = desk.asks(reserve_for=(AgentId("ada"),), reserve_ms=2 * MIN)
    assert told is not None
    assert told.p50_ms == 2 * MIN  # bo is free then; ada's mean conversation is longer


def test_what_was_learned_is_plain_and_can_be_given_back():
    desk = full()
    for number in range(2):
        desk.wait(3 * MIN)
        desk.close(f"s{number}", "ada")
        desk.accept("ada")
    desk.leaves("w2")
    desk.wait(MIN)
    desk.start("last")
    learned = desk.estimator.learned()
    stored = msgspec.json.decode(msgspec.json.encode(learned), type=Learned)
    assert stored == learned
    again = Estimator(desk.router, learned=stored)
    assert again.waits(desk.now) == desk.estimator.waits(desk.now)
    assert again.learned() == learned


def test_completions_are_counted_over_taken_slots():
    desk = full(waiting=0)
    desk.wait(4 * MIN)
    desk.close("s0", "ada")
    desk.wait(6 * MIN)
    desk.close("s1", "ada")
    known = desk.estimator.learned().departments[0]
    assert known.completions == pytest.approx(2, rel=0.01)
    assert known.occupied_ms == pytest.approx(14 * MIN, rel=0.01)


def test_a_wrap_up_takes_its_slot():
    desk = full(waiting=0, wrap_up_ms=2 * MIN)
    desk.wait(4 * MIN)
    desk.close("s0", "ada")
    assert desk.estimator.learned().departments[0].completions == 0
    desk.wait(2 * MIN)
    known = desk.estimator.learned().departments[0]
    assert known.completions == 1
    assert known.occupied_ms == pytest.approx(12 * MIN, rel=0.01)


def test_a_wrap_up_of_a_department_that_is_no_more_is_of_unknown_pace():
    desk = Followed(department(), department("old", wrap_up_ms=600_000), agent("ada", "support", "old", max_slots=1))
    desk.comes("ada")
    desk.served_by("ada", "s0", "old")
    desk.close("s0", "ada")
    desk.configure(department(), agent("ada", max_slots=1))
    desk.start("w0")
    assert list(desk.waits()) == ["w0"]


def test_leaving_is_counted_over_the_time_somebody_was_there():
    desk = full(waiting=2)
    desk.wait(MIN)
    desk.leaves("w0")
    desk.wait(MIN)
    desk.close("w0")
    known = desk.estimator.learned().departments[0]
    assert known.leavings == pytest.approx(1, rel=0.01)
    assert known.waited_ms == pytest.approx(3 * MIN, rel=0.01)


def test_faster_agents_shorten_the_wait_that_is_told():
    slow, fast = full(waiting=3), full(waiting=3)
    for desk, minutes in ((slow, 12), (fast, 1)):
        for number in range(30):
            desk.wait(minutes * MIN)
            desk.close(f"s{number}" if number < 2 else f"n{number - 2}", "ada")
            desk.start(f"n{number}", head_start=10**9)
            desk.accept("ada")
    assert fast.waits()["w2"].p50_ms < 0.25 * slow.waits()["w2"].p50_ms


def test_new_settings_are_read_anew():
    desk = full(waiting=3)
    before = desk.waits()["w2"].p50_ms
    wider = Desk(department(), agent("ada", max_slots=8)).router.settings
    desk.do(c.Configure(settings=wider))
    desk.accept("ada")
    assert desk.waits()["w2"].p50_ms < before / 4
    assert {one for one, told in desk.waits().items() if told.high_ms > MIN} == set()
