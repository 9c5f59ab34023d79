"""Requests that named themselves: a resend gets the first outcome, also from another process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from server.settings.workspace import Bot
from server.store.base import Tx
from tests.desk.support.bench import DeskBench
from tests.desk.support.client import Client, Pending
from tests.desk.support.story import WRAP_UP, Story, story, transfer_to

DAY_S = 86_400


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def start(client: Client, client_id: str = "s1") -> Pending:
    return client.begin("conversation.start", client_id=client_id, text="Hello")


async def _ringing(it: Story) -> dict[str, Any]:
    await it.ring()
    return {"offer": it.ada.offer["offer"]}


async def _talking(it: Story) -> dict[str, Any]:
    return {"conversation": await it.talk()}


async def _waiting(it: Story) -> dict[str, Any]:
    await it.ada.ask("status.set", status="busy")
    return {"conversation": await it.desk.start_conversation(it.vera)}


async def _wrapping_up(it: Story) -> dict[str, Any]:
    c = await it.talk()
    await it.ada.ask("conversation.close", conversation=c)
    return {"conversation": c}


async def _supervised(it: Story) -> dict[str, Any]:
    await it.sue.ask("status.set", status="busy")
    return {"conversation": await it.talk()}


async def _nothing(_: Story) -> dict[str, Any]:
    return {}


BOT_IN_SALES = replace(
    WRAP_UP,
    bots=(Bot(key="fay", reply_seconds=0),),
    departments=tuple(replace(each, first="bot:fay") if each.key == "sales" else each for each in WRAP_UP.departments),
)


async def _with_bot(it: Story) -> dict[str, Any]:
    await it.ada.ask("status.set", status="busy")
    return {"conversation": await it.desk.start_conversation(it.vera, department="sales")}


async def _taken_from_a_bot(it: Story) -> dict[str, Any]:
    given = await _with_bot(it)
    await it.ada.ask("status.set", status="available")
    assert (await it.vera.ask("conversation.human", **given))["handoff"] == "queued"
    return given


# Request -> who asks, what is given, the rest of its fields, other content under the same name.
NAMED: dict[str, tuple[str, Callable[[Story], Any], dict[str, Any], dict[str, Any]]] = {
    "visitor conversation.start": ("vera", _nothing, {"text": "Hello"}, {"text": "Goodbye"}),
    "visitor message.leave": (
        "vera",
        _waiting,
        {"text": "Later", "form": {"email": "vera@example.org"}},
        {"form": {"email": "other@example.org"}},
    ),
    "visitor conversation.close": ("vera", _talking, {}, {}),
    "visitor message.send": ("vera", _talking, {"text": "Hello"}, {"text": "Goodbye"}),
    "agent message.send": ("ada", _talking, {"text": "Hello"}, {"text": "Goodbye"}),
    "agent note.add": ("ada", _talking, {"text": "Hello"}, {"text": "Goodbye"}),
    "agent status.set": ("ada", _nothing, {"status": "busy"}, {"status": "away"}),
    "agent offer.accept": ("ada", _ringing, {}, {"offer": "o_other"}),
    "agent offer.decline": ("ada", _ringing, {"reason": "lunch"}, {"reason": "dinner"}),
    "agent conversation.pick": ("ada", _waiting, {}, {}),
    "agent conversation.transfer": (
        "ada",
        _talking,
        {"to": {"department": "sales"}, "note": "Wants to buy"},
        {"to": {"department": "support"}},
    ),
    "agent conversation.close": ("ada", _talking, {"outcome": "solved", "tags": ["late"]}, {"outcome": "spam"}),
    "agent wrap_up.end": ("ada", _wrapping_up, {"outcome": "solved"}, {"outcome": "spam"}),
    "agent conversation.take_over": ("sue", _supervised, {}, {}),
    "agent agent.set_status": ("sue", _nothing, {"agent": "ada", "status": "away"}, {"status": "busy"}),
    "agent whisper": ("sue", _talking, {"text": "Hello"}, {"text": "Goodbye"}),
    "visitor conversation.human": ("vera", _with_bot, {}, {}),
    "bot message.send": ("fay", _with_bot, {"text": "Hello"}, {"text": "Goodbye"}),
    "bot note.add": ("fay", _with_bot, {"text": "Hello"}, {"text": "Goodbye"}),
    "bot handoff": ("fay", _with_bot, {"summary": "Wants to buy"}, {"summary": "Wants to sell"}),
    "bot handoff afterwards": ("fay", _taken_from_a_bot, {"summary": "Wants to buy"}, {"summary": "Wants to sell"}),
    "bot conversation.close": ("fay", _with_bot, {"outcome": "answered"}, {"outcome": "spam"}),
    "visitor conversation.rate": ("vera", _talking, {"score": 5, "comment": "Kind"}, {"score": 1}),
}


@pytest.mark.parametrize("restarted", [False, True], ids=["at once", "after a restart"])
@pytest.mark.parametrize("name", NAMED)
async def test_a_resend_gets_the_first_outcome(tmp_path: Path, name: str, restarted: bool):
    who, given, fields, other = NAMED[name]
    do = name.split()[1]
    async with story(tmp_path, BOT_IN_SALES) as it:
        it.more["fay"] = await it.desk.bot("fay")
        fields = {**await given(it), **fields, "client_id": "same"}
        if do == "message.leave":
            del fields["conversation"]  # that in which she waits, and which she leaves with it
        person = it.more["fay"] if who == "fay" else getattr(it, who)
        first = await person.ask(do, **fields)
        assert first["ok"]
        if restarted:
            await it.desk.restart()
            match who:
                case "vera":
                    client = await it.desk.visitor(it.vera.credentials["token"])
                case "fay":
                    client = await it.desk.bot(who)
                case _:
                    client = await it.desk.agent(who)
        else:
            client = await it.desk.again(person)
        before = await everything(it.desk)
        again = await client.ask(do, **fields)
        assert again["ok"]
        assert again["at"] == first["at"]
        assert again.get("seq") == first.get("seq")
        assert again.get("handoff") == first.get("handoff")
        assert again.get("conversation", {}).get("id") == first.get("conversation", {}).get("id")
        if other:
            conflict = await client.ask(do, **{**fields, **other})
            assert conflict["error"]["code"] == "client_id_conflict"
        assert await everything(it.desk) == before


async def everything(desk: DeskBench) -> list[Any]:
    def read(tx: Tx) -> list[Any]:
        tables = ("conversation", "entry", "note", "offer", "hold", "visitor", "request")
        return [tx.all(f"SELECT * FROM {table}") for table in tables]

    return await desk.store.read(read)


def test_every_request_with_a_client_id_is_resent():
    from typing import get_args

    from server.wire import requests as ask

    unions = {"visitor": ask.VisitorRequest, "agent": ask.AgentRequest, "bot": ask.BotRequest}
    named = {
        f"{endpoint} {kind.__struct_config__.tag}"
        for endpoint, union in unions.items()
        for kind in get_args(union)
        if "client_id" in kind.__struct_fields__
    }
    assert named == {" ".join(name.split()[:2]) for name in NAMED}


async def test_names_count_for_each_sender_and_conversation(it: Story):
    c = await it.talk()
    for client, do in ((it.vera, "message.send"), (it.ada, "message.send"), (it.ada, "note.add")):
        assert (await client.ask(do, conversation=c, client_id="m1", text=f"{client.me} {do}"))["ok"]
    await it.ada.ask("conversation.close", conversation=c, client_id="m1")
    second = await it.talk()
    assert (await it.ada.ask("conversation.close", conversation=second, client_id="m1"))["ok"]


async def test_a_start_is_remembered_for_ever_the_rest_for_a_day(it: Story):
    first = start(it.vera)
    await it.ada.ask("status.set", status="busy", client_id="same")
    await it.desk.settle()
    await it.desk.jump(DAY_S + 1)
    await it.ben.ask("status.set", status="busy")
    assert (await it.ada.ask("status.set", status="away", client_id="same"))["ok"]
    again = start(it.vera)
    await it.desk.settle()
    assert again.reply["conversation"]["id"] == first.reply["conversation"]["id"]


async def test_a_start_onto_the_open_one_whose_name_was_a_message_is_refused_again_and_again(it: Story):
    c = await it.desk.start_conversation(it.vera)
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="One")
    for _ in range(2):
        reply = await it.vera.ask("conversation.start", client_id="m1", text="Two", form={"name": "Vera"})
        assert reply["error"]["code"] == "client_id_conflict"
    assert it.vera.reading().state()["conversation"]["visitor"]["name"] == ""
    assert (await it.vera.ask("conversation.start", client_id="m1", text="One"))["ok"]


async def test_the_note_of_an_earlier_transfer_is_not_shown_with_a_later_one(it: Story):
    it.more["c"] = await it.talk()
    await it.ben.ask("status.set", status="available")
    await transfer_to(it, agent="ben", note="Knows it all")
    await it.ben.ask("offer.decline", offer=it.ben.offer["offer"])
    await it.desk.jump(61)
    await it.ben.ask("ping")
    await transfer_to(it, agent="ben")
    assert it.ben.offer["note"] == ""


@pytest.mark.parametrize("do", ["offer.accept", "conversation.pick"])
async def test_who_took_it_once_reads_nothing_of_it_by_asking_again(it: Story, do: str):
    given = await (_ringing(it) if do == "offer.accept" else _waiting(it))
    it.more["c"] = (await it.ada.ask(do, **given, client_id="mine"))["conversation"]["id"]
    await it.ben.ask("status.set", status="available")
    await transfer_to(it, agent="ben")
    await it.desk.accept(it.ben)
    await it.vera.ask("message.send", conversation=it.more["c"], client_id="m1", text="For Ben alone")
    await it.ben.ask("note.add", conversation=it.more["c"], client_id="n1", text="Between us")
    again = await it.ada.ask(do, **given, client_id="mine")
    assert again["error"]["code"] == "gone"
    assert set(again) == {"re", "ok", "error"}
