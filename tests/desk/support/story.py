"""Four people and what they may be in the middle of: what the tests of the desk begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from server.settings.workspace import Rule, WidenStep, WorkspaceFile
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.client import Client

WRAP_UP = settings(support={"wrap_up": 30})
AUTO = settings(support={"accept": "auto"})
_BILLING = settings(support={"widen": (WidenStep(after=60, lower_levels=2),)})
# Who writes "Hej" wants somebody who knows billing well; Ada knows a little.
RULED = replace(
    _BILLING,
    agents=tuple(replace(each, skills={"billing": 1} if each.key == "ada" else {}) for each in _BILLING.agents),
    rules=(Rule(name="hej", when='text == "Hej"', require={"billing": 3}, language="da", tags=("danish",)),),
)


@dataclass
class Story:
    """Ada, Ben and Sue at their desks, Vera on the page."""

    desk: DeskBench
    ada: Client
    ben: Client
    sue: Client
    vera: Client
    more: dict[str, Any] = field(default_factory=dict)

    async def gone(self, *clients: Client) -> None:
        """Every connection of these people is lost."""
        people = {client.me for client in clients}
        for client in [each for each in self.desk.clients if each.me in people]:
            await self.desk.leave(client)

    async def talk(self) -> str:
        """Ada has Vera's conversation."""
        await self.ada.ask("status.set", status="available")
        await self.desk.start_conversation(self.vera)
        return await self.desk.accept(self.ada)

    async def ring(self) -> str:
        """Vera's conversation rings at Ada."""
        await self.ada.ask("status.set", status="available")
        return await self.desk.start_conversation(self.vera)

    async def another(self, text: str | None = "Another", **more: Any) -> str:
        """One more visitor's conversation."""
        nils = await self.desk.visitor()
        self.more["nils"] = nils
        return await self.desk.start_conversation(nils, text, **more)


@asynccontextmanager
async def story(folder: Path, file: WorkspaceFile | None = None) -> AsyncIterator[Story]:
    async with bench(folder, file) as desk:
        ada, ben, sue = [await desk.agent(key) for key in ("ada", "ben", "sue")]
        yield Story(desk, ada, ben, sue, await desk.visitor())


# What may be given.


async def ada_available(it: Story) -> None:
    await it.ada.ask("status.set", status="available")


async def both_available(it: Story) -> None:
    await it.ada.ask("status.set", status="available")
    await it.ben.ask("status.set", status="available")


async def ringing(it: Story) -> None:
    it.more["c"] = await it.ring()


async def ringing_softly(it: Story) -> None:
    await both_available(it)
    it.more["c"] = await it.desk.start_conversation(it.vera, department="sales")


async def talking(it: Story) -> None:
    it.more["c"] = await it.talk()


async def talking_ben_available(it: Story) -> None:
    await talking(it)
    await it.ben.ask("status.set", status="available")


async def transferring(it: Story) -> None:
    await talking_ben_available(it)
    await transfer_to(it, agent="ben")


async def waiting(it: Story) -> None:
    it.more["c"] = await it.desk.start_conversation(it.vera)


async def wrapping_up(it: Story) -> None:
    await talking(it)
    await it.ada.ask("conversation.close", conversation=it.more["c"])


async def transfer_to(it: Story, *, note: str = "", **to: str) -> dict[str, Any]:
    return await it.ada.ask("conversation.transfer", conversation=it.more["c"], to=to, note=note)


def taken(it: Story, client: Client) -> None:
    """She has it, and nobody else."""
    assert client.reading().conversation_ids() == [it.more["c"]]
