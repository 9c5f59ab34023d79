"""What must hold at any moment, whatever was done before."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from router import invariants
from server.desk.desk import Desk
from server.desk.engine import Engine
from server.desk.fanout import Fanout
from server.desk.messages import Messages
from server.desk.opening import Openings
from server.desk.workers import Workers
from server.session.hub import Hub
from server.store.entries import TOP
from server.wire import codec
from tests.desk.support.client import Client
from tests.desk.support.faulty_store import FaultyStore
from tests.desk.support.peer import ScriptedPeer
from tests.desk.support.reading import Reading


class Checks:
    """The checks of a bench."""

    store: FaultyStore
    engine: Engine
    openings: Openings
    workers: Workers
    hub: Fanout
    clients: list[Client]
    desk: Desk
    messages: Messages
    local: Hub

    async def check_law(self) -> None:
        """Snapshot + later events = fresh snapshot, for everyone who is connected."""
        for client in list(self.clients):
            if client.peer.closed is not None or not client.identified:
                continue
            expected = (await self.look(client)).state()
            found = client.reading().state()
            assert found == expected, f"{client.identified['me']}: {_difference(found, expected)}"

    async def look(self, client: Client) -> Reading:
        """What a fresh snapshot would show this person. Nobody comes or goes by it."""
        peer = ScriptedPeer(client.peer.endpoint, "s_look")
        peer.identity = client.peer.identity
        frame = json.dumps({"do": "identify", "id": "look", "protocol": 1, **client.credentials})
        request: Any = codec.decode(peer.endpoint, frame)
        if peer.endpoint == "bot":
            return await self._look_of_bot(client)
        if peer.endpoint == "visitor":
            identity, _ = await self.openings.visitor(client.peer, request)
            await self.openings.open_visitor(peer, request, identity, lost=False)
        else:
            await self.openings.open_agent(peer, request, peer.identity)
        self.hub.drop(peer)
        return Reading(peer.frames[0])

    async def _look_of_bot(self, client: Client) -> Reading:
        """Of what this very connection was given: another one would be given something else."""
        peer = client.peer
        mine = self.workers.of(peer)
        seen = await self.store.read(lambda tx: self.openings._see_bot(tx, peer.identity, mine, UNSET))
        return Reading({"v": seen.v, "snapshot": json.loads(codec.encode(seen.snapshot))})

    async def check_router(self) -> None:
        """The router's records are those of the database, and hold among themselves."""
        invariants.check(self.engine.router)
        rows = await self.store.read(lambda tx: tx.all("SELECT agent, conversation, kind, cost, until FROM hold"))
        snapshot = self.engine.router.snapshot()
        holds = {
            (hold.agent, hold.conversation, hold.kind.value, hold.cost, hold.until)
            for agent in snapshot.agents
            for hold in agent.holds
        }
        assert set(rows) == holds
        assert len(rows) == len(holds)
        await self._check_rows(snapshot.conversations)
        pending = {offer.id for each in snapshot.conversations for offer in each.offers}
        stored = await self.store.read(lambda tx: tx.all("SELECT id FROM offer WHERE state = 'pending'"))
        assert {row[0] for row in stored} == pending

    async def _check_rows(self, records: Iterable[Any]) -> None:
        rows = await self.store.read(
            lambda tx: {
                row[0]: row[1:]
                for row in tx.all(
                    "SELECT id, state, owner, department, entries FROM conversation WHERE routing IS NOT NULL"
                )
            }
        )
        found = {each.id: (each.state.value, each.responsible, each.department) for each in records}
        assert {id: row[:3] for id, row in rows.items()} == found

    def check_memory(self) -> None:
        """Nothing is remembered of what has ended, and of nobody who has left."""
        snapshot = self.engine.router.snapshot()
        running = {each.id for each in snapshot.conversations if each.state != "closed"}
        open_ones = self.engine.open
        assert {each.id for each in open_ones.all()} == running
        assert set(open_ones._by_visitor.values()) == {each.id for each in open_ones.all() if not each.left}
        assert [*open_ones._closed, *open_ones._moved, *open_ones._expected, *open_ones._given] == []
        with_bots = {each.id: each.bot for each in open_ones.all() if each.bot is not None}
        assert {each: bot for bot, theirs in open_ones._by_bot.items() for each in theirs} == with_bots
        given = {each: bot for bot, shares in self.workers._shares.items() for each in shares._worker}
        assert given.items() <= with_bots.items()
        assert self.desk.streams._open.keys() | self.desk.streams._thinking.keys() <= with_bots.keys()
        assert set(self.messages._writers.last) <= running
        assert {conversation for conversation, _ in self.desk._everyones._read} <= running
        assert self.hub._turns == {}
        assert self.workers._moving == {}
        here = {client.peer for client in self.clients}
        assert set(self.local._topics) <= here
        assert {peer for peers in self.local._peers.values() for peer in peers} <= here

    async def check_numbers(self) -> None:
        """Entries and notes of every conversation are numbered 1, 2, 3… up to its last number."""
        for log, number in TOP.items():
            rows = await self.store.read(
                lambda tx, log=log, number=number: tx.all(  # type: ignore[misc]
                    f"SELECT id, {number}, (SELECT COUNT(*) FROM {log} e WHERE e.conversation = conversation.n), "
                    f"(SELECT COALESCE(MAX(seq), 0) FROM {log} e WHERE e.conversation = conversation.n) "
                    "FROM conversation"
                )
            )
            for conversation, top, count, newest in rows:
                assert top == count == newest, (conversation, log, top, count, newest)

    async def entries(self, conversation: str, log: str = "entry") -> list[tuple[Any, ...]]:
        """What is in the log: number, kind, role, text."""
        return await self.store.read(
            lambda tx: tx.all(
                f"SELECT seq, kind, role, text FROM {log} "
                "WHERE conversation = (SELECT n FROM conversation WHERE id = ?) ORDER BY seq",
                (conversation,),
            )
        )


def _difference(found: Any, expected: Any, path: str = "") -> str:
    """Where two states differ, for a message that can be read."""
    if isinstance(found, dict) and isinstance(expected, dict):
        parts = [
            _difference(found.get(key, "(nothing)"), expected.get(key, "(nothing)"), f"{path}.{key}")
            for key in dict.fromkeys((*found, *expected))
        ]
        return "; ".join(part for part in parts if part)
    return "" if found == expected else f"{path} is {found}, fresh {expected}"
