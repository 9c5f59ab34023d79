"""What a bot's connection leaves behind goes to another one in portions that it can read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from server.desk import workers
from server.session.outbox import BOT_SHARE, MAX_BYTES
from server.settings.workspace import Bot
from server.store.base import Tx
from tests.desk.support.bench import settings
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story

LARGE, MANY = 8_000, 30
ROOM = BOT_SHARE * MAX_BYTES
FILE = replace(settings(support={"first": "bot:faq"}), bots=(Bot(key="faq", name="Fay", reply_seconds=0),))


class SlowReader:
    """A connection whose frames leave when they are read; what waits is weighed as its outbox would."""

    def __init__(self, client: Client) -> None:
        self.peer = client.peer
        self.most = 0
        send = client.peer.send

        def weighed(frame: bytes) -> None:
            self.peer.unsent += len(frame)
            self.most = max(self.most, self.peer.unsent)
            send(frame)

        client.peer.send = weighed  # type: ignore[method-assign]

    def read(self) -> int:
        found, self.peer.unsent = self.peer.unsent, 0
        return found


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, FILE) as told:
        yield told


async def large_ones(it: Story) -> list[str]:
    """So many that all of them would not fit into the outbox of a bot."""
    started = [await it.desk.start_conversation(await it.desk.visitor(), "Hello") for _ in range(MANY)]

    def fill(tx: Tx) -> None:
        for c in started:
            ((n, top, visitor),) = tx.all("SELECT n, entries, visitor FROM conversation WHERE id = ?", (c,))
            for seq in range(top + 1, top + 26):
                tx.run(
                    "INSERT INTO entry (conversation, seq, kind, role, sender, name, client_id, text, at) "
                    "VALUES (?, ?, 'message', 'visitor', ?, '', ?, ?, 1)",
                    (n, seq, visitor, f"x{seq}", "x" * LARGE),
                )
            tx.run("UPDATE conversation SET entries = ? WHERE n = ?", (top + 25, n))

    await it.desk.store.write(fill)
    assert MANY * 25 * LARGE > ROOM
    return started


def has(client: Client) -> set[str]:
    return {event["conversation"]["id"] for event in client.told("conversation")}


async def test_who_reads_gets_all_of_them_and_is_never_told_more_than_it_can_take(it: Story):
    one = await it.desk.bot()
    started = await large_ones(it)
    two = await it.desk.bot()
    reader = SlowReader(two)
    await it.desk.leave(one)
    for _ in range(200):
        reader.read()
        await it.desk.jump(workers.PAUSE_S)
    assert has(two) == set(started)
    assert reader.most < ROOM / 4
    assert it.desk.workers._moving == {}
    # Of each the newest, without a gap, and it goes on from there.
    for c in started:
        seqs = [entry["seq"] for entry in two.told("entry") if entry["conversation"] == c]
        assert seqs == list(range(seqs[0], 28))
        assert 10 < len(seqs) < 25


async def test_who_does_not_read_is_told_no_more_and_what_it_has_not_heard_of_goes_on(it: Story):
    one = await it.desk.bot()
    started = await large_ones(it)
    two = await it.desk.bot()
    deaf = SlowReader(two)
    await it.desk.leave(one)
    await it.desk.jump(5)
    assert deaf.most < ROOM / 4
    assert 0 < len(has(two)) < MANY
    late = await it.desk.visitor()
    reader = SlowReader(await it.desk.bot())
    await it.desk.start_conversation(late, "And this one?")
    await it.desk.leave(two)
    three = next(client for client in it.desk.clients if client.peer is reader.peer)
    for _ in range(200):
        reader.read()
        await it.desk.jump(workers.PAUSE_S)
    assert has(three) >= set(started)
    assert it.desk.workers._moving == {}


async def test_what_is_given_back_meanwhile_waits_its_turn_too(it: Story):
    one = await it.desk.bot()
    started = await large_ones(it)
    await it.ada.ask("status.set", status="available")
    await it.ada.ask("conversation.pick", conversation=started[-1])
    two = await it.desk.bot()
    reader = SlowReader(two)
    await it.desk.leave(one)
    assert reader.peer.unsent > workers.PORTION
    await it.ada.ask("conversation.transfer", conversation=started[-1], to={"bot": "faq"})
    assert started[-1] not in has(two)
    for _ in range(200):
        reader.read()
        await it.desk.jump(workers.PAUSE_S)
    assert has(two) == set(started)
    told = [event["conversation"] for event in two.told("conversation") if event["conversation"]["id"] == started[-1]]
    assert [each["state"] for each in told] == ["bot"]


async def test_what_is_closed_before_its_turn_is_not_told(it: Story):
    one = await it.desk.bot()
    started = await large_ones(it)
    two = await it.desk.bot()
    reader = SlowReader(two)
    await it.desk.leave(one)
    (last,) = [c for c in started if c not in has(two)][-1:]
    visitor = next(client for client in it.desk.clients if client.peer.endpoint == "visitor" and owns(client, last))
    await visitor.ask("conversation.close", conversation=last)
    for _ in range(200):
        reader.read()
        await it.desk.jump(workers.PAUSE_S)
    assert has(two) == set(started) - {last}
    it.desk.check_memory()


def owns(client: Client, conversation: str) -> bool:
    return conversation in client.reading().conversation_ids()
