"""New settings on a live router."""

from __future__ import annotations

import pytest

from router import commands as c
from router.errors import CommandRejected
from router.events import ConversationMoved, ConversationReturned, Event
from router.model import AgentSettings, DepartmentSettings, Method, Writer
from router.router import Router
from tests.router.building import Desk, agent, all_of, department, ends, kinds, only, workspace


def configure(desk: Desk, *parts: DepartmentSettings | AgentSettings, **more: int) -> tuple[Event, ...]:
    return desk.do(c.Configure(settings=workspace(*parts, **more)))


def test_a_lowered_limit_only_stops_new_holds():
    desk = Desk(department(), agent("ada", max_slots=2))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.served_by("ada", "c_2")
    desk.start("c_3")
    desk.lowered = {desk.who("ada").id}
    assert kinds(configure(desk, department(), agent("ada", max_slots=1))) == ["Configured"]
    assert len(desk.who("ada").holds) == 2
    desk.close("c_1")
    assert desk.ringing() == {}
    desk.close("c_2")
    assert desk.ringing() == {"ada": {"c_3"}}


def test_a_raised_limit_is_used_at_once():
    desk = Desk(department(), agent("ada", max_slots=1))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.start("c_2")
    configure(desk, department(), agent("ada", max_slots=2))
    assert desk.ringing() == {"ada": {"c_2"}}


def test_a_removed_agent_lets_go():
    desk = Desk(department(wrap_up_ms=60_000), agent("ada", rings_at_once=2), agent("ben"))
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.served_by("ada", "c_2")
    desk.close("c_2")
    desk.start("c_3")
    happened = configure(desk, department(wrap_up_ms=60_000), agent("ben"))
    assert kinds(happened) == ["OfferEnded", "ConversationReturned", "WrapUpEnded", "Configured"]
    assert only(happened, ConversationReturned).reason == "agent_gone"
    assert desk.router.agent(agent("ada").id) is None
    assert {desk.state(name) for name in ("c_1", "c_3")} == {"waiting"}
    assert desk.state("c_2") == "forgotten"


def test_conversations_of_a_removed_department_go_to_the_default_one():
    desk = Desk(department(), department("sales"), agent("ada", "support", "sales", max_slots=3), agent("ben", "sales"))
    desk.comes("ben")
    desk.start("c_0", "sales")
    desk.accept("ben")
    desk.start("c_1", "sales")
    entry = desk.of("c_1").line_entry
    happened = configure(desk, department(), agent("ada"), agent("ben"))
    assert [(event.conversation, event.department) for event in all_of(happened, ConversationMoved)] == [
        ("c_0", "support"),
        ("c_1", "support"),
    ]
    assert (desk.owner("c_0"), desk.of("c_0").department) == ("ben", "support")
    assert desk.of("c_1").line_entry == entry + 1
    assert desk.ringing() == {"ben": {"c_1"}}


def test_who_left_the_department_no_longer_rings_for_it():
    desk = Desk(department(), department("sales"), agent("ada", "support"), agent("ben", "support"))
    desk.comes("ada")
    desk.start("c_1")
    desk.comes("ben")
    happened = configure(desk, department(), department("sales"), agent("ada", "sales"), agent("ben", "support"))
    assert ends(happened) == {"o_1-1": "withdrawn"}
    assert desk.ringing() == {"ben": {"c_1"}}


def test_another_method_ends_soft_rings_and_asks_one():
    team = (agent("ada", "sales"), agent("ben", "sales"))
    desk = Desk(department("sales", method=Method.RING_ALL), *team)
    desk.comes("ada", "ben")
    desk.start("c_1", "sales")
    happened = configure(desk, department("sales", method=Method.LONGEST_IDLE), *team)
    assert set(ends(happened).values()) == {"withdrawn"}
    assert len(desk.ringing()) == 1
    whose = next(iter(desk.ringing()))
    configure(desk, department("sales", method=Method.RING_ALL), *team)
    assert list(desk.ringing()) == [whose]  # a directed ring goes on to its end
    desk.decline(whose)
    assert whose not in desk.ringing()
    assert len(desk.ringing()) == 1


def test_a_shorter_grace_counts_from_the_next_loss_and_a_shorter_idle_time_at_once():
    desk = Desk(department(idle_ms=600_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    desk.wait(100_000)
    assert kinds(configure(desk, department(idle_ms=60_000), agent("ada"), confirm_ms=0)) == ["Configured", "IdleAsked"]


def test_the_default_department_must_exist():
    desk = Desk(department())
    settings = workspace(department())
    broken = type(settings)(departments=settings.departments, agents={}, default_department=department("nowhere").id)
    with pytest.raises(CommandRejected):
        desk.do(c.Configure(settings=broken))


def test_a_wrap_up_outlives_its_department():
    desk = Desk(department(), department("sales", wrap_up_ms=60_000), agent("ada", "sales"), confirm_ms=0)
    desk.comes("ada")
    desk.start("c_1", "sales")
    desk.accept("ada")
    desk.close("c_1")
    configure(desk, department(), agent("ada"), confirm_ms=0)
    again = Router.rebuild(desk.router.settings, desk.router.snapshot(), seed=1)
    assert kinds(again.advance(desk.now)) == []
    assert kinds(again.advance(desk.now + 60_000)) == kinds(desk.wait(60_000)) == ["WrapUpEnded"]


def test_settings_changed_while_no_router_ran_are_made_up_for_in_the_first_step():
    desk = Desk(department(), department("sales"), agent("ada", "support", "sales"), agent("ben"), confirm_ms=0)
    desk.comes("ada", "ben")
    desk.start("c_1", "sales")
    desk.accept("ada", "c_1")
    desk.start("c_2", "sales")
    desk.router = Router.rebuild(workspace(department(), agent("ben")), desk.router.snapshot(), seed=1)
    happened = desk.do(c.Restart())
    assert "ConversationReturned" in kinds(happened)
    assert desk.router.agent(agent("ada").id) is None
    assert desk.router.settings == workspace(department(), agent("ben"))
    assert {desk.of(name).department for name in ("c_1", "c_2")} == {"support"}
