"""Notes reach the team in the order of their numbers; a visitor has one name on all their pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.support.story import Story, story, talking_ben_available, transfer_to


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def test_a_note_with_a_transfer_that_replaces_another_comes_in_its_turn(it: Story) -> None:
    await talking_ben_available(it)
    await transfer_to(it, agent="ben", note="Knows it all")
    await transfer_to(it, department="sales", note="Wants to buy")
    notes = [(note["seq"], note["text"]) for note in it.ada.told("note")]
    assert [seq for seq, _ in notes] == list(range(1, len(notes) + 1))
    assert notes[:2] == [(1, "Knows it all"), (2, "Wants to buy")]


async def test_a_name_given_on_one_page_is_said_from_every_page(it: Story) -> None:
    other = await it.desk.again(it.vera)
    conversation = await it.desk.start_conversation(it.vera, form={"name": "Vera"})
    await other.ask("message.send", conversation=conversation, client_id="m1", text="From the other page")
    entries = (await it.vera.ask("history", conversation=conversation))["entries"]
    assert {entry["from"]["name"] for entry in entries if entry["from"]["role"] == "visitor"} == {"Vera"}
    assert (await other.ask("ping"))["positions"].keys() == {conversation}


async def test_a_page_that_was_opened_before_the_visitor_existed_finds_what_another_one_began(it: Story) -> None:
    first = it.vera
    other = await it.desk.again(first)
    conversation = await it.desk.start_conversation(other)
    assert (await first.ask("ping"))["positions"].keys() == {conversation}
