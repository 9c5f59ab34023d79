"""DESIGN §5.3: one static key; head starts are seniority, strict ones are ranks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from router.events import ConversationMoved, ConversationReturned, ConversationStarted
from router.model import Method, Writer
from router.order import MAX_HEAD_START_MS, key_at
from tests.router.building import Desk, agent, department, only

STRICT = department(order="strict")
# Thirty years; nobody waits longer.
moments = st.integers(1_750_000_000_000, 2_690_000_000_000)
head_starts = st.integers(0, 86_400).map(lambda seconds: seconds * 1000)


def test_a_head_start_is_that_much_seniority():
    assert key_at(department(), since_at=1_000_000, head_start_ms=60_000) == 940_000


@given(moments, head_starts, moments, head_starts)
def test_a_longer_strict_head_start_beats_any_age(since, head_start, other_since, other_head_start):
    key = key_at(STRICT, since_at=since, head_start_ms=head_start)
    other = key_at(STRICT, since_at=other_since, head_start_ms=other_head_start)
    assert (key < other) == ((-head_start, since) < (-other_head_start, other_since))


@given(moments, head_starts.filter(bool), moments, head_starts)
def test_a_strict_head_start_beats_every_seniority_elsewhere(since, strict, other_since, other):
    there = key_at(department(), since_at=other_since, head_start_ms=other)
    assert key_at(STRICT, since_at=since, head_start_ms=strict) < there


@given(moments, moments)
def test_without_a_head_start_strict_competes_by_age(since, other_since):
    assert key_at(STRICT, since_at=since, head_start_ms=0) == since
    assert key_at(department(), since_at=other_since, head_start_ms=0) == other_since


@given(moments, st.integers(-(10**15), 10**15), st.sampled_from([STRICT, department()]))
def test_keys_fit_the_database(since, head_start, where):
    assert -(2**63) <= key_at(where, since_at=since, head_start_ms=head_start) < 2**63


def test_beyond_a_hundred_days_head_starts_are_equal():
    longest = key_at(STRICT, since_at=5, head_start_ms=MAX_HEAD_START_MS)
    assert key_at(STRICT, since_at=5, head_start_ms=MAX_HEAD_START_MS + 1) == longest


# In the router


def test_strict_puts_ranks_before_age_and_age_inside_a_rank():
    desk = Desk(STRICT, agent("ada", max_slots=9, rings_at_once=9))
    desk.start("c_old")
    desk.wait(3_600_000)
    desk.start("c_low_1", head_start=1_000)
    desk.wait(1_000)
    desk.start("c_high", head_start=2_000)
    desk.wait(1_000)
    desk.start("c_low_2", head_start=1_000)
    assert [desk.place(each) for each in ("c_high", "c_low_1", "c_low_2", "c_old")] == [1, 2, 3, 4]


def test_a_shared_agent_serves_the_strict_rank_first_and_the_rest_by_age():
    desk = Desk(STRICT, department("sales"), agent("ada", "support", "sales", max_slots=1))
    desk.start("c_sales_old", "sales", head_start=3_600_000)
    desk.wait(1_000)
    desk.start("c_strict_plain")
    desk.wait(1_000)
    desk.start("c_sales_young", "sales")
    desk.start("c_strict_ranked", head_start=1_000)
    desk.comes("ada")
    served = []
    while desk.ringing():
        (one,) = desk.ringing()["ada"]
        served.append(one)
        desk.accept("ada")
        desk.close(one)
    assert served == ["c_strict_ranked", "c_sales_old", "c_strict_plain", "c_sales_young"]


def test_overtaking_is_bounded_by_the_difference_of_the_head_starts():
    """Who enters later than that does not pass, however many there are."""
    desk = Desk(department(), agent("ada", max_slots=1))
    desk.start("c_plain")
    desk.wait(59_999)
    desk.start("c_in_time", head_start=60_000)
    desk.wait(2)
    for number in range(5):
        desk.start(f"c_late_{number}", head_start=60_000)
    assert desk.place("c_plain") == 2
    assert desk.place("c_late_0") == 3


def test_a_transfer_enters_by_the_order_of_the_new_department():
    desk = Desk(department(), department("vip", order="strict"), agent("ada", "support", max_slots=1))
    desk.wait(40_000)
    started = desk.now
    desk.start("c_1", head_start=10_000)
    desk.wait(5_000)
    desk.comes("ada")
    desk.accept("ada")
    desk.wrote("c_1", Writer.AGENT)
    desk.wait(60_000)
    returned = only(desk.transfer("ada", "c_1", "vip"), ConversationReturned)
    assert returned.key_at == key_at(department("vip", order="strict"), since_at=desk.now - 5_000, head_start_ms=10_000)
    assert desk.of("c_1").since_at == desk.now - 5_000 != started


def test_a_lost_agent_costs_no_seniority_even_when_the_department_goes_too():
    """The key of one that came back is older than its entry; a removed department must not forget that."""
    desk = Desk(department("rest"), department("vip", order="strict"), agent("ada", "vip"), grace_ms=1_000)
    desk.comes("ada")
    key = only(desk.start("c_1", "vip", head_start=10_000), ConversationStarted).key_at
    began = desk.now
    desk.accept("ada")
    desk.wait(2_000)
    desk.disconnect("ada")
    desk.wait(1_000)
    assert (desk.state("c_1"), desk.of("c_1").key_at) == ("waiting", key)
    moved = only(desk.configure(department("rest")), ConversationMoved)
    assert (moved.department, moved.key_at) == ("rest", began - 10_000)
    assert desk.of("c_1").key_at == began - 10_000


def test_a_changed_order_holds_for_those_who_enter_from_then_on():
    desk = Desk(department(method=Method.RING_ALL))
    key = only(desk.start("c_1", head_start=10_000), ConversationStarted).key_at
    desk.configure(department(method=Method.RING_ALL, order="strict"))
    assert desk.of("c_1").key_at == key == desk.now - 10_000
    desk.start("c_2", head_start=1_000)
    assert (desk.place("c_2"), desk.place("c_1")) == (1, 2)
