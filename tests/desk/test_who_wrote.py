"""A conversation that is given away is so with the last words in it, though the router is told of those late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from router.model import ConversationId, ConversationState
from router.snapshot import ConversationRecord
from server.settings.workspace import Bot
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story
from tests.desk.test_bots import WITH_BOT, told_late


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def known(it: Story, conversation: str) -> ConversationRecord:
    """As the router knows it."""
    found = it.desk.engine.router.conversation(ConversationId(conversation))
    assert found is not None
    return found


async def says(who: Client, conversation: str, client_id: str) -> None:
    answer = await who.ask("message.send", conversation=conversation, client_id=client_id, text="Well")
    assert answer["ok"], answer


async def asked_in_the_thick_of_a_talk(it: Story) -> str:
    """Ada has it, and Vera's last words are not told yet."""
    told_late(it)
    c = await it.talk()
    await it.desk.wait(20)
    await says(it.ada, c, "a1")
    await it.desk.wait(1)
    await says(it.vera, c, "v1")
    assert not known(it, c).awaiting_reply
    return c


async def test_whoever_takes_over_owes_the_answer(it: Story):
    c = await asked_in_the_thick_of_a_talk(it)
    await it.ben.ask("status.set", status="available")
    assert (await it.ada.ask("conversation.transfer", conversation=c, to={"agent": "ben"}))["ok"]
    await it.desk.accept(it.ben)
    assert known(it, c).awaiting_reply
    for _ in range(1000):
        await it.desk.wait(1)
    assert known(it, c).state is ConversationState.ACTIVE


async def test_a_bot_that_is_given_a_question_has_its_time_to_answer(tmp_path: Path):
    async with story(tmp_path, WITH_BOT) as it:
        await it.desk.bot()
        await it.ada.ask("status.set", status="available")
        c = await it.desk.start_conversation(it.vera, "Hello")
        await it.vera.ask("conversation.human", conversation=c)
        await it.desk.accept(it.ada)
        told_late(it)
        await it.desk.wait(20)
        await says(it.ada, c, "a1")
        await it.desk.wait(1)
        await says(it.vera, c, "v1")
        assert (await it.ada.ask("conversation.transfer", conversation=c, to={"bot": "faq"}))["ok"]
        assert known(it, c).state is ConversationState.BOT
        for _ in range(60):
            await it.desk.wait(1)
        assert known(it, c).state is not ConversationState.BOT


@pytest.mark.parametrize("gap_s", [0.3, 1.5])
async def test_a_sign_of_work_right_after_the_question_counts(tmp_path: Path, gap_s: float):
    async with story(tmp_path, replace(WITH_BOT, bots=(Bot(key="faq", reply_seconds=12),))) as it:
        fay = await it.desk.bot()
        told_late(it)
        await it.ada.ask("status.set", status="available")
        c = await it.desk.start_conversation(it.vera, "Hello")
        await it.desk.wait(6)
        await says(fay, c, "b1")
        await it.desk.wait(0.3)
        await says(it.vera, c, "v1")
        await it.desk.wait(gap_s)
        assert (await fay.ask("thinking", conversation=c, active=True))["ok"]
        for _ in range(118):
            await it.desk.wait(0.1)
        assert fay.told("handoff.queued") == []
