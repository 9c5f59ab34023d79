"""How far the other side has read is told once, and never further than was written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def marks(it: Story) -> list[int]:
    return [event["seq"] for event in it.vera.told("read")]


async def test_a_mark_above_the_top_is_one_at_the_top(it: Story) -> None:
    conversation = await it.talk()
    assert (await it.ada.ask("read", conversation=conversation, seq=1_000_000))["ok"]
    assert marks(it) == [2]
    await it.vera.ask("message.send", conversation=conversation, client_id="m1", text="And this?")
    await it.ada.ask("read", conversation=conversation, seq=3)
    assert marks(it) == [2, 3]


async def test_a_mark_that_says_nothing_new_is_not_told(it: Story) -> None:
    conversation = await it.talk()
    for seq in (2, 1, 2):
        await it.ada.ask("read", conversation=conversation, seq=seq)
    assert marks(it) == [2]
