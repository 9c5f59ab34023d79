"""DESIGN §5.6: into which line, and what is kept there; messages left for later."""

from __future__ import annotations

from typing import Any

import pytest

from router.errors import CommandRejected, Rejection
from router.events import ConversationClosed, ConversationStarted, Event, NoticeDue, OfferMade
from router.model import DepartmentId, MessageRule, Method, Needs, Reservation, Status, Writer
from tests.router.building import Desk, agent, all_of, department, kinds, only

SALES = DepartmentId("sales")
LAST = DepartmentId("last")


def entered(happened: tuple[Event, ...]) -> tuple[str, str | None]:
    started = only(happened, ConversationStarted)
    return started.department, started.asked


def turned_away(desk: Desk, name: str, **more: Any) -> Rejection:
    before = desk.router.snapshot()
    with pytest.raises(CommandRejected) as rejected:
        desk.start(name, **more)
    assert desk.router.snapshot() == before
    return rejected.value.code


# Overflow


def three(*people: str, **support: Any) -> Desk:
    """Three departments, each with its own agent; those who are named come."""
    desk = Desk(
        department(**support),
        department("sales", max_line=1),
        department("last", max_line=1),
        agent("ada", max_slots=1),
        agent("ben", "sales", max_slots=1),
        agent("cleo", "last", max_slots=1),
    )
    desk.comes(*people)
    return desk


def test_a_served_line_with_room_keeps_its_own():
    assert entered(three("ada", "ben").start("c_1", overflow=(SALES,))) == ("support", None)


def test_where_nobody_serves_it_goes_to_the_first_that_is_served():
    assert entered(three("cleo").start("c_1", overflow=(SALES, LAST))) == ("last", "support")
    assert entered(three("cleo", "ben").start("c_1", overflow=(SALES, LAST))) == ("sales", "support")


def test_where_nobody_serves_at_all_it_waits_where_it_asked_to():
    desk = three(messages=(MessageRule(when="nobody"),))
    happened = desk.start("c_1", overflow=(SALES, LAST))
    assert entered(happened) == ("support", None)
    assert only(happened, NoticeDue).when == "nobody"


def test_a_full_line_overflows_even_to_where_nobody_serves():
    desk = three(max_line=1)
    desk.start("c_1")
    assert entered(desk.start("c_2", overflow=(SALES, LAST))) == ("sales", "support")
    assert entered(desk.start("c_3", overflow=(SALES, LAST))) == ("last", "support")
    assert turned_away(desk, "c_4", overflow=(SALES, LAST)) is Rejection.LINE_FULL


def test_a_full_served_line_is_passed_over():
    """Room first: one that is served and full takes nobody."""
    desk = three("ben", max_line=1)
    desk.start("c_0", "sales")  # rings at Ben and is not in the way
    desk.start("c_1", "sales")
    assert entered(desk.start("c_2", overflow=(SALES,))) == ("support", None)
    assert turned_away(desk, "c_3", overflow=(SALES,)) is Rejection.LINE_FULL


def test_the_limit_counts_who_waits_and_not_who_is_as_good_as_served():
    desk = three("ada", max_line=1)
    assert kinds(desk.start("c_1")) == ["ConversationStarted", "OfferMade"]
    desk.start("c_2")
    assert turned_away(desk, "c_3") is Rejection.LINE_FULL
    desk.accept("ada")
    assert turned_away(desk, "c_3") is Rejection.LINE_FULL
    desk.close("c_1")
    assert desk.ringing() == {"ada": {"c_2"}}
    desk.start("c_3")


def test_departments_nobody_knows_are_no_way_out():
    desk = three(max_line=1)
    desk.start("c_1")
    assert turned_away(desk, "c_2", overflow=(DepartmentId("nowhere"),)) is Rejection.LINE_FULL
    assert turned_away(desk, "c_2", to="nowhere", overflow=(SALES,)) is Rejection.NOT_FOUND


def test_serving_means_somebody_who_meets_the_needs():
    desk = Desk(
        department(),
        department("sales"),
        agent("ada", skills={"danish": 2}),
        agent("ben", "sales", skills={"danish": 5}),
    )
    desk.comes("ada", "ben")
    danish = Needs(require=(("danish", 3),))
    assert entered(desk.start("c_1", overflow=(SALES,), needs=danish)) == ("sales", "support")
    assert entered(desk.start("c_2", overflow=(SALES,))) == ("support", None)
    # The same when somebody with the same needs waits there already.
    desk.start("c_3", needs=danish)
    assert entered(desk.start("c_4", overflow=(SALES,), needs=danish)) == ("sales", "support")


def test_who_is_away_for_a_moment_still_serves():
    desk = three("ada")
    desk.disconnect("ada")
    assert entered(desk.start("c_1", overflow=(SALES,))) == ("support", None)
    desk.status("ada", Status.BUSY)
    desk.comes("ben")
    assert entered(desk.start("c_2", overflow=(SALES,))) == ("sales", "support")


# Reservations


def test_a_reservation_begins_with_the_start_and_names_those_who_exist():
    desk = three()
    ada, ben = desk.who("ada").id, desk.who("ben").id
    nobody = type(ada)("nobody")
    started = only(desk.start("c_1", reserve_for=(nobody, ben, ada, ben), reserve_ms=30_000), ConversationStarted)
    assert started.reservation == Reservation(agents=(ben, ada), until=desk.now + 30_000)
    assert desk.of("c_1").reservation == started.reservation
    assert only(desk.start("c_2", reserve_for=(nobody,), reserve_ms=30_000), ConversationStarted).reservation is None
    assert only(desk.start("c_3", reserve_for=(ada,)), ConversationStarted).reservation is None


def test_a_transfer_to_a_department_keeps_the_needs_and_drops_the_reservation():
    desk = three("ada")
    ada = desk.who("ada").id
    needs = Needs(prefer=(("billing", 1),))
    desk.start("c_1", needs=needs, reserve_for=(ada,), reserve_ms=600_000, rules=("vip",))
    desk.accept("ada")
    desk.transfer("ada", "c_1", "sales")
    record = desk.of("c_1")
    assert (record.department, record.needs, record.reservation, record.rules) == ("sales", needs, None, ("vip",))


# Messages left for later

TALKATIVE = (
    MessageRule(when="queued"),
    MessageRule(when="nobody"),
    MessageRule(when="every", seconds_ms=1_000, min_interval_ms=0),
    MessageRule(when="waited", seconds_ms=1_000, min_interval_ms=0),
)


def test_who_left_a_message_need_not_be_here_and_is_never_given_up():
    desk = three()
    desk.start("c_1", left=True)
    desk.leaves("c_1")
    assert desk.wait(24 * 3_600_000) == ()
    happened = desk.comes("ada")
    assert only(happened, OfferMade).offer.conversation == "c_1"
    desk.decline("ada")
    desk.wait(60_000)
    desk.accept("ada")
    assert desk.owner("c_1") == "ada"


def test_who_left_a_message_is_told_nothing():
    desk = Desk(department(messages=TALKATIVE), agent("ada", max_slots=1))
    assert kinds(desk.start("c_1", left=True)) == ["ConversationStarted"]
    desk.promised("c_1", 1_000, 2_000)
    assert all_of(desk.wait(600_000), NoticeDue) == []
    assert desk.of("c_1").promise is None
    assert all_of(desk.sweep(), NoticeDue) == []


def test_who_left_a_message_is_not_asked_whether_they_are_there():
    desk = Desk(department(idle_ms=1_000, idle_close_ms=1_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1", left=True)
    desk.accept("ada")
    desk.wrote("c_1", Writer.AGENT)
    assert desk.wait(3_600_000) == ()
    assert only(desk.close("c_1", by="ada"), ConversationClosed).by == "agent"


def test_a_left_message_is_passed_on_and_comes_back_like_any_other():
    desk = Desk(department(), department("sales"), agent("ada"), agent("ben", "sales"), grace_ms=1_000)
    desk.comes("ada", "ben")
    desk.start("c_1", left=True)
    desk.leaves("c_1")
    desk.accept("ada")
    desk.transfer("ada", "c_1", "sales")
    assert desk.ringing() == {"ben": {"c_1"}}
    desk.accept("ben")
    desk.disconnect("ben")
    desk.wait(1_000)
    assert desk.state("c_1") == "waiting"
    assert desk.of("c_1").left
    desk.wait(3_600_000)
    desk.connect("ben")
    assert desk.ringing() == {"ben": {"c_1"}}


@pytest.mark.parametrize("method", [Method.AVERAGE_UTILIZATION, Method.RING_ALL])
def test_a_left_message_has_a_place_and_counts(method):
    desk = three(max_line=2, method=method)
    desk.start("c_1", left=True)
    desk.start("c_2")
    assert desk.place("c_2") == 2
    assert turned_away(desk, "c_3") is Rejection.LINE_FULL


def test_a_full_line_takes_what_is_left_for_later():
    """Leaving a message is what one does who found it full."""
    desk = three(max_line=1)
    desk.start("c_1")
    assert turned_away(desk, "c_2") is Rejection.LINE_FULL
    assert entered(desk.start("c_2", left=True)) == ("support", None)


def test_a_left_message_goes_to_whoever_serves():
    assert entered(three("ben").start("c_1", overflow=(SALES,), left=True)) == ("sales", "support")


def test_coming_back_to_a_left_message_and_going_again_does_no_harm():
    desk = three()
    desk.start("c_1", left=True)
    desk.leaves("c_1")
    desk.wait(5_000)
    desk.returns("c_1")
    desk.leaves("c_1")
    desk.wait(600_000)
    desk.comes("ada")
    assert desk.ringing() == {"ada": {"c_1"}}
