"""A bus that delivers late: what a bot was given, and what was taken from it, keep their places among what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from server.bus.base import BusStatistics, Listener
from server.desk import audience
from tests.desk.support.bot_cases import WITH_BOT, asked, fay
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story


class HeldBus:
    """Holds `server.bus.base.Bus`: what is published arrives when it is let go."""

    def __init__(self) -> None:
        self.held: list[tuple[str, bytes]] = []
        self._listeners: list[Listener] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.held.append((topic, payload))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def let_go(self) -> None:
        while self.held:
            topic, payload = self.held.pop(0)
            for listener in self._listeners:
                listener(topic, payload)

    def statistics(self) -> BusStatistics:
        return BusStatistics(published=0, lost=0, waiting=len(self.held))

    async def start(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Nothing to end."""


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, WITH_BOT) as told:
        await asked(told)
        yield told


def hold(it: Story) -> HeldBus:
    """From now on nothing arrives by itself."""
    bus = HeldBus()
    it.desk.hub.stop()
    it.desk.hub._bus = bus
    it.desk.hub.stop = bus.subscribe(it.desk.hub._deliver)
    return bus


def heard(client: Client, conversation: str) -> list[int]:
    return [entry["seq"] for entry in client.told("entry") if entry["conversation"] == conversation]


def listening(it: Story, conversation: str) -> list[str]:
    return [peer.session for peer in it.desk.hub.peers(audience.of_talk(conversation))]


async def test_what_ended_it_is_heard_and_nobody_listens_afterwards(it: Story):
    c, bus = it.more["c"], hold(it)
    await it.vera.ask("message.send", conversation=c, client_id="m9", text="Never mind")
    await it.vera.ask("conversation.close", conversation=c)
    assert heard(fay(it), c) == [1, 2]
    bus.let_go()
    assert heard(fay(it), c) == [1, 2, 3, 4]
    assert fay(it).told("entry")[-1]["kind"] == "closed"
    assert fay(it).reading().state()["conversations"] == {}
    assert listening(it, c) == []
    it.desk.check_memory()


async def test_who_had_it_hears_up_to_the_next_one_and_nothing_of_theirs(it: Story):
    c, olaf = it.more["c"], await it.desk.bot("other")
    await fay(it).ask("handoff", conversation=c)
    await it.desk.accept(it.ada)
    before, bus = heard(fay(it), c), hold(it)
    await it.ada.ask("message.send", conversation=c, client_id="m1", text="One moment")
    await it.ada.ask("conversation.transfer", conversation=c, to={"bot": "other"})
    await olaf.ask("message.send", conversation=c, client_id="re-1", text="It is Olaf now")
    bus.let_go()
    kinds = {entry["seq"]: entry["kind"] for entry in fay(it).told("entry")}
    assert heard(fay(it), c) == [*before, *range(before[-1] + 1, before[-1] + 4)]
    assert [kinds[seq] for seq in heard(fay(it), c)[-3:]] == ["message", "transferred", "joined"]
    assert heard(olaf, c) == list(range(1, max(heard(olaf, c)) + 1))
    assert olaf.told("entry")[-1]["text"] == "It is Olaf now"
    assert olaf.told("handoff.returned") != []
    assert listening(it, c) == [olaf.peer.session]
    await it.desk.check_law()


async def test_given_there_and_back_the_newest_is_the_last_that_is_told(it: Story):
    c, olaf = it.more["c"], await it.desk.bot("other")
    bus = hold(it)
    for n, to in enumerate(("other", "faq", "other", "faq")):
        await it.ada.ask("conversation.pick", conversation=c, client_id=f"p{n}")
        await it.ada.ask("conversation.transfer", conversation=c, to={"bot": to}, client_id=f"t{n}")
    await fay(it).ask("message.send", conversation=c, client_id="re-1", text="Me again")
    bus.let_go()
    versions = [event["v"] for event in fay(it).told("conversation")]
    assert versions == sorted(versions)
    assert fay(it).told("entry")[-1]["text"] == "Me again"
    assert fay(it).reading().conversation_ids() == [c]
    assert listening(it, c) == [fay(it).peer.session]
    assert olaf.told("conversation")[-1]["conversation"]["bot"]["key"] == "faq"


async def test_what_is_closed_while_a_connection_opens_is_heard_by_it(it: Story):
    c = it.more["c"]
    await it.desk.leave(fay(it))
    has_read, go_on = it.desk.store.hold_next_read()
    back = it.desk.stranger("bot", dict(fay(it).credentials))
    opening = asyncio.ensure_future(back.identify())
    await has_read.wait()
    bus = hold(it)
    await it.vera.ask("conversation.close", conversation=c)
    go_on.set()
    assert (await opening)["snapshot"]["conversations"][0]["state"] == "bot"
    bus.let_go()
    assert back.told("entry")[-1]["kind"] == "closed"
    it.desk.check_memory()
