"""Routing under kill -9: visitors come, are served, moved and go, while the server dies again and again.

Everybody is served in the end, nobody is served twice at once, no agent has more than the slots allow, and nothing is
left behind: no hold, no offer, no one in a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable

import pytest
from websockets.exceptions import WebSocketException

from tests.blackbox.connection import LostError, RefusedError
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Agent, Client, Visitor, fresh
from tests.blackbox.workspace import agent, department, workspace

KILLS = int(os.environ.get("FRONTDESK_KILLS", "20")) // 2
SEED = int(os.environ.get("FRONTDESK_SEED", "1"))
LONGEST_S = 1.0
VISITORS = 10
SLOTS = {"ada": 1, "ben": 2, "cleo": 3}
OTHER = {"support": "sales", "sales": "support"}
TOO_LATE = {"gone", "conflict", "closed", "not_owner", "not_found", "forbidden"}


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "sales"],
        department("support", method="average_utilization", reject_delay=0),
        department("sales", method="ring_all", reject_delay=0),
        *[agent(key, slots, {"support": 50, "sales": 50}) for key, slots in SLOTS.items()],
    )


class Churn:
    """The signals everybody goes by, and what was seen."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.over = asyncio.Event()
        self.served = 0
        self.moved = 0

    async def stay(self, client: Client) -> None:
        """Comes back as soon as the server is up again."""
        while True:
            await client.line.ended.wait()
            await self.up.wait()
            with contextlib.suppress(LostError, OSError, WebSocketException):
                await client.enter()

    async def serve(self, console: Agent, chance: random.Random) -> None:
        """Takes what rings, declines a little, hands over whoever asks for it, hangs up after a goodbye."""
        handled: set[str] = set()
        while True:
            with contextlib.suppress(LostError):
                try:
                    await self.serve_one(console, chance, handled)
                except RefusedError as late:
                    if late.code not in TOO_LATE:
                        raise
            slots = console.state["slots"]
            assert slots["used"] <= slots["max"], slots

    async def serve_one(self, console: Agent, chance: random.Random, handled: set[str]) -> None:
        wish = next((wish for wish in wishes(console) if wish["client_id"] not in handled), None)
        if not console.flowing or not console.connected:
            await heard(console)
        elif console.offers:
            offer = next(iter(console.offers.values()))
            await (
                console.decline(offer)
                if console.me["key"] == "ada" and chance.random() < 0.1
                else console.accept(offer)
            )
        elif wish is not None:
            await fulfil(console, wish)
            handled.add(wish["client_id"])
        else:
            await heard(console)

    async def visit(self, visitor: Visitor, chance: random.Random) -> None:
        """One visit after the other; each ends closed."""
        while not self.over.is_set():
            division = chance.choice(["support", "sales"])
            start = {"client_id": fresh("start"), "department": division, "text": "Good day"}
            reply = await persist(visitor, "conversation.start", **start)
            visitor.conversation = reply["conversation"]["id"]
            if chance.random() < 0.1:
                close = {"client_id": fresh("close"), "conversation": visitor.conversation}
                await persist(visitor, "conversation.close", **close)
                continue
            await eventually(visitor, lambda: visitor.state == "active")
            if chance.random() < 0.3:
                joined = kinds(visitor).count("joined")
                await visitor.post(visitor.conversation, f"move me to {OTHER[division]}")
                await eventually(visitor, lambda joined=joined: kinds(visitor).count("joined") > joined)  # type: ignore[misc]
                self.moved += 1
            await visitor.post(visitor.conversation, "goodbye")
            await eventually(visitor, lambda: visitor.state == "closed")
            self.served += 1


def kinds(visitor: Visitor) -> list[str]:
    return [entry["kind"] for entry in visitor.transcript.in_order()]


def wishes(console: Agent) -> list[Frame]:
    """What visitors of this agent's own conversations asked for last."""
    own = [hold["conversation"] for hold in console.state["holds"] if hold["kind"] == "active"]
    said = [[entry for entry in console.transcripts[name].in_order() if entry.get("client_id")] for name in own]
    return [spoken[-1] for spoken in said if spoken and spoken[-1]["text"].startswith(("move", "goodbye"))]


async def fulfil(console: Agent, wish: Frame) -> None:
    conversation = wish["conversation"]
    if wish["text"] == "goodbye":
        await console.request("conversation.close", conversation=conversation, client_id="close-" + wish["client_id"])
    else:
        to = {"department": wish["text"].removeprefix("move me to ")}
        await console.request(
            "conversation.transfer", conversation=conversation, to=to, client_id="move-" + wish["client_id"]
        )


async def heard(client: Client) -> None:
    client.news.clear()
    await client.news.wait()


async def eventually(client: Client, fact: Callable[[], bool]) -> None:
    """Waits across lost connections."""
    while not fact():
        await heard(client)


async def persist(client: Client, do: str, **fields: object) -> Frame:
    """Asks until it is answered, across lost connections."""
    while True:
        await eventually(client, lambda: client.connected and client.flowing)
        with contextlib.suppress(LostError):
            return await client.request(do, **fields)


@pytest.mark.slow
@pytest.mark.timeout(60 + 8 * KILLS)
async def test_everybody_is_served_once_whatever_dies(own_server: Server, own_people: People) -> None:
    churn = Churn()
    moments = random.Random(SEED)
    team = await own_people.team(*SLOTS)
    visitors = [await own_people.visitor() for _ in range(VISITORS)]
    everybody: list[Client] = [*team, *visitors]
    staying = [asyncio.create_task(churn.stay(client)) for client in everybody]
    serving = [
        asyncio.create_task(churn.serve(console, random.Random(f"{SEED} {console.me['key']}"))) for console in team
    ]
    visiting = [
        asyncio.create_task(churn.visit(visitor, random.Random(f"{SEED} {number}")))
        for number, visitor in enumerate(visitors)
    ]
    try:
        churn.up.set()
        for _ in range(KILLS):
            await asyncio.wait(
                [*staying, *serving, *visiting], timeout=moments.uniform(0.05, LONGEST_S), return_when="FIRST_COMPLETED"
            )
            churn.up.clear()
            own_server.kill()
            await asyncio.to_thread(own_server.start)
            churn.up.set()
        churn.over.set()
        async with asyncio.timeout(40):
            await asyncio.gather(*visiting)
    finally:
        for task in [*staying, *serving, *visiting]:
            task.cancel()
        ends = await asyncio.gather(*staying, *serving, *visiting, return_exceptions=True)
        assert [end for end in ends if isinstance(end, Exception)] == []
    print(f"{KILLS} kills, {churn.served} conversations served, {churn.moved} of them moved")
    assert churn.served > KILLS
    assert churn.moved > 0
    await nothing_is_left(own_people, visitors)


async def nothing_is_left(people: People, visitors: list[Visitor]) -> None:
    for key, slots in SLOTS.items():
        console = await people.agent(key, "")
        assert console.state["slots"] == {"used": 0, "max": slots}
        assert (console.snapshot["offers"], console.snapshot["conversations"]) == ([], [])
        assert [division["waiting"] for division in console.snapshot["departments"]] == [0, 0]
    for visitor in visitors:
        for conversation in visitor.transcripts:
            one_after_the_other(await visitor.whole_history(conversation))


def one_after_the_other(history: list[Frame]) -> None:
    """Numbered without gaps, closed once at the end, and nobody joins before the one before has gone."""
    told = [(entry["kind"], entry["from"]["id"]) for entry in history]
    assert [entry["seq"] for entry in history] == list(range(1, len(history) + 1))
    assert [kind for kind, _ in told].count("closed") == 1, told
    present = ""
    for kind, who in told:
        if kind == "joined":
            assert present in {"", who}, told
            present = who
        elif kind in {"left", "transferred"}:
            present = ""
