"""What a bot says of a conversation that was taken from it: one note to the team, and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.store.base import Tx
from server.wire.codec import encode
from tests.desk.support.bot_cases import WITH_BOT, alone, asked, fay
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story
from tests.desk.test_erasure import CANARY, erase, holding, in_files, privacy_of, while_the_desk_works

SUMMARY = "An order is late"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, WITH_BOT) as told:
        yield told


async def taken(it: Story) -> str:
    """Vera wants a person, and it rings at Ada."""
    await asked(it)
    c: str = it.more["c"]
    assert (await it.vera.ask("conversation.human", conversation=c))["handoff"] == "queued"
    return c


async def summarise(it: Story, c: str, **more: Any) -> str:
    reply = await fay(it).ask("handoff", conversation=c, **{"summary": SUMMARY, **more})
    return str(reply["handoff"] if reply["ok"] else reply["error"]["code"])


def notes(client: Client) -> list[str]:
    return [note["text"] for note in client.told("note") if note["kind"] == "handoff"]


async def everything(it: Story) -> list[Any]:
    def read(tx: Tx) -> list[Any]:
        tables = ("workspace", "conversation", "entry", "note", "offer", "hold", "request")
        return [tx.all(f"SELECT * FROM {table}") for table in tables]

    return await it.desk.store.read(read)


async def test_it_is_told_to_those_at_whom_it_rings_and_to_whoever_gets_it(it: Story):
    c = await taken(it)
    assert it.ada.offer["note"] == ""
    seen = len(it.vera.events), len(fay(it).events)
    reply = await fay(it).ask("handoff", conversation=c, summary=SUMMARY)
    assert {name: reply[name] for name in ("ok", "handoff")} == {"ok": True, "handoff": "queued"}
    assert set(reply) == {"re", "ok", "handoff", "at"}
    assert (len(it.vera.events), len(fay(it).events)) == seen
    assert (notes(it.ada), notes(it.ben)) == ([SUMMARY], [])
    again = await it.desk.again(it.ada)
    assert again.offer["note"] == SUMMARY
    offer = again.offer["offer"]
    await again.ask("offer.seen", offer=offer)
    accepted = await again.ask("offer.accept", offer=offer)
    (note,) = accepted["notes"]
    assert (note["kind"], note["from"]["role"], note["from"]["name"], note["text"]) == (
        "handoff",
        "bot",
        "Fay",
        SUMMARY,
    )


async def test_it_is_told_to_whoever_has_it_and_to_who_looks_on(it: Story):
    c = await taken(it)
    await it.desk.accept(it.ada)
    await it.sue.ask("conversation.watch", conversation=c, active=True)
    assert await summarise(it, c) == "queued"
    assert (notes(it.ada), notes(it.sue), notes(it.ben)) == ([SUMMARY], [SUMMARY], [])


async def test_it_stands_with_the_offers_that_come_afterwards(it: Story):
    c = await taken(it)
    await it.ada.ask("status.set", status="busy")
    assert await summarise(it, c) == "queued"
    await it.ben.ask("status.set", status="available")
    assert it.ben.offer["note"] == SUMMARY


async def test_words_that_ask_for_a_person_leave_it_to_the_bot_too(it: Story):
    await asked(it)
    await it.vera.ask("message.send", conversation=it.more["c"], client_id="m2", text="A human, please")
    assert fay(it).told("handoff.queued")[0]["reason"] == "asked"
    assert await summarise(it, it.more["c"]) == "queued"


async def test_who_did_not_answer_in_time_and_who_was_gone_may_say_it(it: Story):
    await asked(it)
    await it.desk.wait(31)
    assert await summarise(it, it.more["c"]) == "queued"
    d = await it.another()
    await it.desk.leave(fay(it))
    await it.desk.wait(21)
    it.more["fay"] = await it.desk.bot()
    assert await summarise(it, d, summary="I was away") == "queued"


async def test_it_is_said_once_for_each_time_that_it_was_taken(it: Story):
    c = await taken(it)
    assert await summarise(it, c, client_id="one") == "queued"
    before = await everything(it)
    assert await summarise(it, c, client_id="one") == "queued"
    assert await summarise(it, c, client_id="one", summary="Another") == "client_id_conflict"
    assert await summarise(it, c, client_id="two") == "not_owner"
    assert await summarise(it, c) == "not_owner"
    assert await everything(it) == before
    await it.desk.accept(it.ada)
    await it.ada.ask("conversation.transfer", conversation=c, to={"bot": "faq"})
    assert (await it.vera.ask("conversation.human", conversation=c))["handoff"] == "queued"
    assert await summarise(it, c, summary="And once more") == "queued"
    assert notes(it.ada) == [SUMMARY, "And once more"]


async def test_two_workers_at_the_same_moment_say_it_once(it: Story):
    c = await taken(it)
    other = await it.desk.bot()
    for client, text in ((fay(it), "Mine"), (other, "Mine, too")):
        client.begin("handoff", conversation=c, summary=text)
    await it.desk.settle()
    assert notes(it.ada) == ["Mine"]


@pytest.mark.parametrize(
    "fields", [{"to": {"department": "sales"}}, {"to": {"agent": "ben"}}, {"summary": ""}, {"summary": " \n"}]
)
async def test_any_other_hand_over_is_no_longer_the_bots(it: Story, fields: dict[str, Any]):
    c = await taken(it)
    before = await everything(it)
    assert await summarise(it, c, **fields) == "not_owner"
    assert await everything(it) == before


async def test_what_it_gave_itself_it_has_summarised(it: Story):
    await asked(it)
    c: str = it.more["c"]
    assert await summarise(it, c, summary="") == "queued"
    assert await summarise(it, c) == "not_owner"


async def test_what_people_took_or_passed_on_is_theirs(it: Story):
    c = await taken(it)
    await it.desk.accept(it.ada)
    await it.ada.ask("conversation.transfer", conversation=c, to={"department": "sales"})
    assert await summarise(it, c) == "not_owner"
    nils = await it.desk.visitor()
    d = await it.desk.start_conversation(nils)
    assert (await it.ada.ask("conversation.pick", conversation=d))["ok"]
    assert await summarise(it, d) == "not_owner"


async def test_a_closed_one_and_anothers(it: Story):
    c = await taken(it)
    olaf = await it.desk.bot("other")
    refused = await olaf.ask("handoff", conversation=c, summary="Mine")
    assert refused["error"]["code"] == "not_found"
    await it.vera.ask("conversation.close", conversation=c)
    before = await everything(it)
    assert await summarise(it, c) == "closed"
    assert await everything(it) == before


async def test_while_it_is_the_bots_it_hands_over(it: Story):
    await alone(it)
    assert await summarise(it, it.more["c"]) == "failed"
    assert notes(it.ada) == []


async def test_card_numbers_are_masked(it: Story):
    c = await taken(it)
    assert await summarise(it, c, summary="Paid with 4242 4242 4242 4242") == "queued"
    assert notes(it.ada) == ["Paid with •••• 4242"]
    await it.desk.accept(it.ada)
    history = await it.ada.ask("history", conversation=c)
    assert [note["text"] for note in history["notes"]] == ["Paid with •••• 4242"]


async def test_it_is_given_to_the_visitor_with_the_rest_and_goes_with_the_rest(it: Story):
    c = await taken(it)
    assert await summarise(it, c, client_id=CANARY, summary=f"This is {CANARY}") == "queued"
    export = await while_the_desk_works(it, privacy_of(it).export(it.vera.me))
    (talk,) = json.loads(encode(export))["conversations"]
    assert [note["text"] for note in talk["notes"]] == [f"This is {CANARY}"]
    await it.desk.wait(5)
    assert await holding(it) != []
    await erase(it, it.vera.me, force=True)
    assert await holding(it) == []
    assert in_files(it) == []


async def test_of_two_that_come_in_one_commit_the_second_is_refused_and_nothing_breaks(it: Story):
    c = await taken(it)
    second = await it.desk.bot()
    both = [client.begin("handoff", conversation=c, summary=SUMMARY) for client in (fay(it), second)]
    await it.desk.settle()
    replies = [pending.reply for pending in both]
    assert [each["ok"] for each in replies] == [True, False]
    assert replies[1]["error"]["code"] == "not_owner"
    assert notes(it.ada) == [SUMMARY]
    assert it.desk.alarms == []
