"""What is due for one conversation and cannot be done does not hold up the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from router import model
from router.conversations import close
from router.errors import DeadlineFailed
from server.desk.blame import Blame
from tests.desk.support.story import Story, story

ONE, TWO = model.ConversationId("c_1"), model.ConversationId("c_2")


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def break_closing(patch: pytest.MonkeyPatch, conversation: str) -> Callable[[], None]:
    """What closes this conversation when its time has come raises until it is mended."""
    broken = {conversation}

    def raising(step: Any, found: Any, **more: Any) -> None:
        if found.id in broken:
            raise ZeroDivisionError("a bug of ours")
        close(step, found, **more)

    patch.setattr("router.due.close", raising)
    return broken.clear


async def gone_from_the_line(it: Story) -> str:
    """Vera left, and a commit has kept that."""
    c = await it.desk.start_conversation(it.vera)
    await it.vera.leave()
    await it.ben.ask("status.set", status="away")
    return c


async def test_a_deadline_that_raises_for_ever_holds_up_nobody(it: Story, monkeypatch: pytest.MonkeyPatch):
    c = await gone_from_the_line(it)
    mend = break_closing(monkeypatch, c)
    await it.desk.jump(125)  # the place was to be given up
    assert it.desk.alarms == ["routing"]
    nils = await it.another()
    assert (await it.ada.ask("status.set", status="available"))["ok"]
    assert it.ada.offer["conversation"]["id"] == nils
    await it.desk.accept(it.ada)
    record = it.desk.engine.router.conversation(model.ConversationId(c))
    assert record is not None
    assert record.quarantined_until == it.desk.clock.now() + 60_000
    await it.desk.check_router()

    await it.desk.jump(60)  # tried again, and still broken: put aside once more
    assert it.desk.alarms == ["routing"] * 2
    assert it.desk.pauses == []
    assert (await it.ada.ask("message.send", conversation=nils, client_id="m1", text="Hello Nils"))["ok"]

    mend()
    await it.desk.jump(60)
    assert it.desk.engine.router.conversation(model.ConversationId(c)) is None
    assert [kind for _, kind, *_ in await it.desk.entries(c)][-1] == "closed"
    await it.desk.check_law()
    await it.desk.check_router()


async def test_a_request_made_when_it_raises_is_done_all_the_same(it: Story, monkeypatch: pytest.MonkeyPatch):
    """It was not its fault."""
    c = await gone_from_the_line(it)
    break_closing(monkeypatch, c)
    it.desk.clock.advance(125)
    asked = [it.ada.begin("status.set", status="available"), it.ben.begin("status.set", status="busy")]
    await it.desk.settle()
    assert [each.reply["ok"] for each in asked] == [True, True]
    assert it.desk.alarms == ["routing"]
    await it.desk.check_law()
    await it.desk.check_router()


def test_who_is_blamed():
    blame = Blame()
    assert blame.whom(ZeroDivisionError()) is None
    assert blame.whom(DeadlineFailed("GRACE", None)) is None
    found = [blame.whom(DeadlineFailed("PLACE", each)) for each in (ONE, TWO, ONE, ONE, ONE)]
    assert found == [None, None, ONE, None, ONE]
    blame.settle()
    assert blame.whom(DeadlineFailed("PLACE", TWO)) is None
