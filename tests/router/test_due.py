"""What is due and cannot be done: it says whose it is, and a quarantine takes its deadlines out of the way."""

from __future__ import annotations

from typing import Any

import pytest

from router import commands as c
from router import due
from router.errors import DeadlineFailed
from router.events import ConversationClosed, QuarantineEnded, WrapUpEnded
from router.model import AgentId, ConversationId, Writer
from tests.router.building import Desk, agent, department, kinds, only

ONE = ConversationId("c_1")


def broken(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("a bug of ours")


def quarantine(desk: Desk, for_ms: int = 60_000) -> None:
    desk.do(c.Quarantine(conversation=ONE, for_ms=for_ms))


def test_a_deed_that_raises_names_its_conversation(monkeypatch: pytest.MonkeyPatch):
    desk = Desk(department(), hold_place_ms=1_000)
    desk.start("c_1")
    desk.leaves("c_1")
    desk.now += 1_000
    monkeypatch.setattr(due, "close", broken)
    with pytest.raises(DeadlineFailed) as failed:
        desk.router.advance(desk.now)
    assert failed.value.conversation == "c_1"
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


def test_a_deed_about_an_agent_names_nobody(monkeypatch: pytest.MonkeyPatch):
    desk = Desk(department(), agent("ada"), grace_ms=1_000)
    desk.comes("ada")
    desk.disconnect("ada")
    desk.now += 1_000
    monkeypatch.setattr(due, "gone", broken)
    with pytest.raises(DeadlineFailed) as failed:
        desk.router.advance(desk.now)
    assert failed.value.conversation is None


def test_a_quarantine_comes_before_what_is_due_and_puts_it_off(monkeypatch: pytest.MonkeyPatch):
    desk = Desk(department(), hold_place_ms=1_000)
    desk.start("c_1")
    desk.leaves("c_1")
    desk.now += 5_000
    with monkeypatch.context() as patch:
        patch.setattr(due, "close", broken)
        quarantine(desk)  # where any other command would raise
        assert kinds(desk.wait(59_999)) == []
    happened = desk.wait(1)
    assert only(happened, ConversationClosed).by == "abandoned"


def test_deadlines_go_on_after_a_quarantine():
    desk = Desk(department(idle_ms=10_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.wrote("c_1", Writer.AGENT)
    quarantine(desk, 2_000)
    happened = desk.wait(2_000)
    assert only(happened, QuarantineEnded).conversation == "c_1"
    assert kinds(desk.wait(7_999)) == []
    assert kinds(desk.wait(1)) == ["IdleAsked"]


def test_one_that_is_wrapped_up_has_deadlines_too():
    desk = Desk(department(wrap_up_ms=1_000), agent("ada"), confirm_ms=0)
    desk.comes("ada")
    desk.served_by("ada", "c_1")
    desk.close("c_1")
    quarantine(desk, 30_000)
    assert kinds(desk.wait(29_999)) == []
    assert only(desk.wait(1), WrapUpEnded).agent == AgentId("ada")
    assert desk.state("c_1") == "forgotten"
