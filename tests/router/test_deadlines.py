"""Timers as data: looked at when they might be due, believed only when the record says so."""

from __future__ import annotations

from router.deadlines import Deadlines, Due
from router.model import Writer
from tests.router.building import Desk, agent, department

A, B = (Due.GRACE, "a", ""), (Due.REST, "b", "")


def test_the_first_is_next_and_equal_moments_go_by_kind_and_name():
    truth = {A: 20, B: 10, (Due.GRACE, "b", ""): 10}
    deadlines = Deadlines()
    for (due, one, two), at in truth.items():
        deadlines.want(at, due, one, two)
    popped = []
    while (key := deadlines.pop(100, lambda *key: truth.get(key))) is not None:
        popped.append(key)
    assert popped == [(Due.GRACE, "b", ""), B, A]


def test_nothing_is_popped_before_its_time():
    deadlines = Deadlines()
    deadlines.want(10, *A)
    assert deadlines.pop(9, lambda *_: 10) is None
    assert deadlines.pop(10, lambda *_: 10) == A


def test_a_deadline_that_moved_away_is_put_back_and_one_that_vanished_dropped():
    deadlines = Deadlines()
    deadlines.want(10, *A)
    deadlines.want(11, *B)
    truth = {A: 30}
    assert deadlines.next(lambda *key: truth.get(key)) == 30
    assert deadlines.wanted(*B) is None
    assert len(deadlines) == 1


def test_wanting_later_costs_nothing_and_wanting_earlier_counts():
    deadlines = Deadlines()
    deadlines.want(10, *A)
    deadlines.want(20, *A)
    assert len(deadlines) == 1
    deadlines.want(5, *A)
    assert deadlines.pop(5, lambda *_: 5) == A
    assert deadlines.next(lambda *_: 10) is None  # the entry at 10 was of the same deadline


def test_the_heap_does_not_grow_with_deadlines_that_were_withdrawn():
    deadlines = Deadlines()
    for number in range(10_000):
        deadlines.want(20_000 - number, *A)
    deadlines.next(lambda *_: 50_000)
    assert len(deadlines) < 100


def test_what_is_forgotten_takes_no_room_and_is_not_looked_at():
    deadlines = Deadlines()
    deadlines.want(70_000, *A)
    for number in range(10_000):
        deadlines.want(50_000 + number, Due.IDLE, f"c_{number}")
        deadlines.forget(Due.IDLE, f"c_{number}")
        deadlines.forget(Due.IDLE, f"c_{number}")  # or what was never wanted
        assert len(deadlines) < 100
    looked_at = []

    def due_at(*key):
        looked_at.append(key)
        return 70_000

    assert deadlines.next(due_at) == 70_000
    assert looked_at == [A]
    deadlines.want(60_000, Due.IDLE, "c_1")
    assert deadlines.pop(60_000, lambda *_: 60_000) == (Due.IDLE, "c_1", "")


def test_what_comes_in_turn_is_due_in_the_order_of_all():
    truth = {(Due.CONFIRM, f"c_{number}", "a"): at for number, at in enumerate((10, 20, 20, 20, 15, 30))}
    deadlines = Deadlines()
    for number in (0, 1, 3, 2, 4, 5):  # the third and the fifth come out of turn
        ring = (Due.CONFIRM, f"c_{number}", "a")
        deadlines.want_in_turn(truth[ring], *ring)
    for (due, one, two), at in {A: 20, B: 20, (Due.PAUSE, "", ""): 25}.items():
        truth[due, one, two] = at
        deadlines.want(at, due, one, two)
    assert deadlines.wanted(Due.CONFIRM, "c_3", "a") == 20
    popped = []
    while (key := deadlines.pop(100, lambda *key: truth.get(key))) is not None:
        popped.append(key)
    assert popped == sorted(truth, key=lambda key: (truth[key], key))
    assert len(deadlines) == 0
    assert deadlines.next(lambda *_: 1) is None


def test_what_was_in_turn_and_is_over_is_dropped():
    deadlines = Deadlines()
    for number in range(5):
        deadlines.want_in_turn(10 + number, Due.CONFIRM, f"c_{number}", "a")
    assert deadlines.next(lambda _due, one, _two: 13 if one == "c_3" else None) == 13
    assert deadlines.soonest == 13
    assert len(deadlines) == 2


def test_conversations_that_have_ended_leave_no_deadlines():
    """A visitor's silence may be allowed to last for hours: behind one that does, each would leave an entry."""
    desk = Desk(department(idle_ms=86_400_000), agent("ada", max_slots=2), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_silent")
    desk.wrote("c_silent", Writer.AGENT)
    for number in range(300):
        desk.served_by("ada", f"c_{number}")
        desk.wrote(f"c_{number}", Writer.AGENT)
        desk.close(f"c_{number}", "ada")
        desk.wait(60_000)
    assert len(desk.router._state.deadlines) < 100
