"""Supervisors look on, take over, set a status, whisper; visitors say what they thought of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.desk.watchers import MOST, Watchers
from server.store import audit, conversations
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.client import Client
from tests.desk.support.peer import ScriptedPeer
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def recorded(it: Story) -> list[tuple[str, str, str]]:
    rows = await it.desk.store.read(audit.since)
    return [(row.actor, row.action, row.target) for row in rows if row.action not in {"login", "access.refused"}]


def texts(client: Client, on: str = "entry") -> list[str]:
    return [event["text"] for event in client.told(on) if event["kind"] in {"message", "whisper"}]


# Looking on.


async def test_who_watches_sees_what_there_is_and_hears_what_comes(it: Story):
    c = await it.talk()
    await it.ada.ask("note.add", conversation=c, client_id="n1", text="Careful")
    shown = await it.sue.ask("conversation.watch", conversation=c)
    assert shown["ok"], shown
    assert [entry["kind"] for entry in shown["entries"]][-1] == "joined"
    assert [note["text"] for note in shown["notes"]] == ["Careful"]
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Where is it?")
    await it.ada.ask("message.send", conversation=c, client_id="m2", text="On its way")
    await it.ada.ask("note.add", conversation=c, client_id="n2", text="Is it?")
    assert texts(it.sue) == ["Where is it?", "On its way"]
    assert texts(it.sue, "note") == ["Is it?"]
    await it.ada.ask("conversation.close", conversation=c)
    await it.desk.settle()
    assert it.sue.told("conversation")[-1]["conversation"]["state"] == "closed"
    assert not it.desk.messages.watchers
    assert await recorded(it) == [(it.sue.me, "conversation.watched", c)]


async def test_who_watches_sees_who_types_reads_and_is_here(it: Story):
    c = await it.talk()
    await it.sue.ask("conversation.watch", conversation=c)
    await it.vera.ask("typing", conversation=c, active=True)
    await it.ada.ask("typing", conversation=c, active=True)
    await it.ada.ask("read", conversation=c, seq=1)
    await it.vera.leave()
    seen = [(event["on"], event["from"]["id"]) for event in it.sue.peer.lossy]
    assert seen == [("typing", it.vera.me), ("typing", it.ada.me), ("read", it.ada.me), ("presence", it.vera.me)]


async def test_nobody_else_hears_of_it(it: Story):
    c = await it.talk()
    before = [len(client.peer.frames) for client in (it.ada, it.ben, it.vera)]
    await it.sue.ask("conversation.watch", conversation=c)
    assert [len(client.peer.frames) for client in (it.ada, it.ben, it.vera)] == before


async def test_watching_ends_when_it_is_said_so_or_the_connection_is_lost(it: Story):
    c = await it.talk()
    await it.sue.ask("conversation.watch", conversation=c)
    assert (await it.sue.ask("conversation.watch", conversation=c, active=False))["ok"]
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Anybody?")
    assert texts(it.sue) == []
    await it.sue.ask("conversation.watch", conversation=c)
    await it.desk.leave(it.sue)
    assert not it.desk.messages.watchers


async def test_what_is_not_recorded_is_not_shown(it: Story):
    c = await it.talk()
    it.desk.store.fail_writes(1)
    refused = await it.sue.ask("conversation.watch", conversation=c)
    assert refused["error"]["code"] == "unavailable"
    assert not it.desk.messages.watchers


async def test_of_one_that_is_over_there_is_only_what_was(it: Story):
    c = await it.talk()
    await it.ada.ask("conversation.close", conversation=c)
    shown = await it.sue.ask("conversation.watch", conversation=c)
    assert shown["conversation"]["state"] == "closed"
    assert not it.desk.messages.watchers


async def test_reading_back_is_recorded_once_for_each_conversation(it: Story):
    c = await it.talk()
    other = await it.another()
    for conversation in (c, c, other):
        assert (await it.sue.ask("history", conversation=conversation))["ok"]
    assert (await it.ada.ask("history", conversation=c))["ok"]
    await it.desk.store.write(lambda _tx: None)  # after what is still in the queue
    assert await recorded(it) == [(it.sue.me, "conversation.read", each) for each in (c, other)]


@pytest.mark.parametrize("over", [False, True])
async def test_coming_back_reads_nothing_that_is_not_recorded(it: Story, over: bool):
    c = await it.talk()
    if over:
        await it.ada.ask("conversation.close", conversation=c)
    named = {"epoch": it.sue.identified["epoch"], "positions": {c: {"entries": 0, "notes": 0}}}
    sue = await it.desk.again(it.sue, resume=named)
    assert (sue.identified["missed"], sue.identified["dropped"]) == ([], [c])
    assert (await sue.ask("conversation.watch", conversation=c))["ok"]
    assert [action for _, action, _ in await recorded(it)] == ["conversation.watched"]


async def test_asking_again_for_what_one_took_once_does_not_either(it: Story):
    c = await it.desk.start_conversation(it.vera)
    await it.sue.ask("status.set", status="busy")
    assert (await it.sue.ask("conversation.pick", conversation=c, client_id="mine"))["ok"]
    assert (await it.sue.ask("conversation.transfer", conversation=c, to={"department": "sales"}))["ok"]
    again = await it.sue.ask("conversation.pick", conversation=c, client_id="mine")
    assert again["error"]["code"] == "gone"


def test_one_connection_watches_so_many():
    watchers, peer = Watchers(), ScriptedPeer("agent", "s_1")
    for number in range(MOST):
        watchers.add(f"c_{number}", peer)
    with pytest.raises(Refused) as caught:
        watchers.add("c_more", peer)
    assert caught.value.code is ErrorCode.CONFLICT
    watchers.drop(peer)
    assert not watchers


# Taking over.


async def test_a_conversation_is_taken_over_from_its_agent(it: Story):
    c = await it.talk()
    await it.sue.ask("status.set", status="busy")
    taken = await it.sue.ask("conversation.take_over", conversation=c, client_id="t1")
    assert taken["conversation"]["agent"]["key"] == "sue"
    assert it.ada.told("conversation")[-1]["conversation"]["agent"]["key"] == "sue"
    assert it.vera.told("conversation")[-1]["conversation"]["agent"]["key"] == "sue"
    lost = await it.ada.ask("message.send", conversation=c, client_id="m1", text="Hello?")
    assert lost["error"]["code"] in {"not_owner", "not_found"}
    assert (await it.sue.ask("message.send", conversation=c, client_id="m2", text="I am Sue"))["ok"]
    assert texts(it.vera)[-1] == "I am Sue"
    again = await it.sue.ask("conversation.take_over", conversation=c, client_id="t1")
    assert again["at"] == taken["at"]
    assert (await recorded(it)).count((it.sue.me, "conversation.taken_over", c)) == 1
    await it.desk.check_law()
    await it.desk.check_router()


async def test_or_out_of_a_line_and_from_under_a_ring(it: Story):
    await it.sue.ask("status.set", status="busy")
    waiting = await it.desk.start_conversation(it.vera)
    assert (await it.sue.ask("conversation.take_over", conversation=waiting))["ok"]
    await it.ada.ask("status.set", status="available")
    ringing = await it.another()
    assert it.ada.offer["conversation"]["id"] == ringing
    assert (await it.sue.ask("conversation.take_over", conversation=ringing))["ok"]
    assert it.ada.told("offer.ended")[-1]["why"] == "taken"
    await it.desk.check_law()


async def test_a_transfer_that_rings_ends_when_it_is_taken_over(it: Story):
    c = await it.talk()
    await it.ben.ask("status.set", status="available")
    await it.ada.ask("conversation.transfer", conversation=c, to={"agent": "ben"})
    await it.sue.ask("status.set", status="busy")
    assert (await it.sue.ask("conversation.take_over", conversation=c))["conversation"]["agent"]["key"] == "sue"
    assert it.ben.told("offer.ended")[-1]["why"] == "taken"
    await it.desk.check_law()
    await it.desk.check_router()


async def test_who_is_away_or_full_takes_nothing(it: Story):
    c = await it.talk()
    refused = await it.sue.ask("conversation.take_over", conversation=c)
    assert refused["error"]["code"] == "conflict"
    assert await recorded(it) == []


# A status for somebody else.


async def test_a_status_is_set_for_somebody_else(it: Story):
    done = await it.sue.ask("agent.set_status", agent="ada", status="away", reason="training")
    assert (done["agent"]["key"], done["agent"]["status"]) == ("ada", "away")
    assert (it.ada.told("agent")[-1]["agent"]["status"], it.ada.told("agent")[-1]["agent"]["reason"]) == (
        "away",
        "training",
    )
    unknown = await it.sue.ask("agent.set_status", agent="nobody", status="away")
    assert (unknown["error"]["code"], unknown["error"]["field"]) == ("not_found", "agent")
    assert await recorded(it) == [(it.sue.me, "agent.status_set", it.ada.me)]


# A word in the ear.


async def test_a_whisper_reaches_the_agent_and_never_the_visitor(it: Story):
    c = await it.talk()
    frames = len(it.vera.peer.frames)
    first = await it.sue.ask("whisper", conversation=c, text="Offer the refund", client_id="w1")
    again = await it.sue.ask("whisper", conversation=c, text="Offer the refund", client_id="w1")
    assert (first["seq"], first["at"]) == (again["seq"], again["at"])
    heard = it.ada.told("note")[-1]
    assert (heard["kind"], heard["text"], heard["from"]["id"]) == ("whisper", "Offer the refund", it.sue.me)
    assert texts(it.sue, "note") == ["Offer the refund"]
    assert len(it.vera.peer.frames) == frames
    page: dict[str, Any] = await it.vera.ask("history", conversation=c)
    assert "refund" not in repr(page)
    other = await it.sue.ask("whisper", conversation=c, text="Another", client_id="w1")
    assert other["error"]["code"] == "client_id_conflict"
    assert (await it.sue.ask("whisper", conversation=c, text=" "))["error"]["code"] == "bad_request"
    await it.desk.check_numbers()


# What the visitor thought of it.


async def test_a_rating_is_shown_to_the_agent_and_the_last_word_counts(it: Story):
    c = await it.talk()
    assert (await it.vera.ask("conversation.rate", conversation=c, score=2))["ok"]
    assert it.ada.told("conversation")[-1]["conversation"]["rating"] == {"score": 2, "comment": ""}
    await it.ada.ask("conversation.close", conversation=c)
    assert (await it.vera.ask("conversation.rate", conversation=c, score=5, comment=" Better! "))["ok"]
    row = await it.desk.store.read(lambda tx: conversations.find(tx, c))
    assert row is not None
    assert (row.score, row.comment) == (5, "Better!")
    assert it.ada.told("conversation")[-1]["conversation"]["rating"] == {"score": 5, "comment": "Better!"}
    assert "rating" not in it.vera.told("conversation")[-1]["conversation"]
    await it.desk.check_law()
