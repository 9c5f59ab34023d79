"""Anything in any order: two visitors, three agents, clock jumps, failing commits, restarts; the laws hold."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.desk.passwords import Passwords
from tests.desk.support.bench import CHEAP, DeskBench, open_store
from tests.desk.support.bench import settings as workspace
from tests.desk.support.client import Client, Pending
from tests.support.clock import FakeClock

AGENTS = ("ada", "ben", "sue")
VISITORS = ("vera", "nils")
WORKSPACE = workspace(support={"wrap_up": 20, "miss_limit": 2}, sales={"wrap_up": 0})

agents = st.sampled_from(AGENTS)
visitors = st.sampled_from(VISITORS)
departments = st.sampled_from(("support", "sales"))
everybody = st.sampled_from((*AGENTS, *VISITORS))
which = st.integers(min_value=0, max_value=3)
often = st.sampled_from((True, True, False))
AGENTS_DO = ("conversation.pick", "conversation.pick", "note.add", "wrap_up.end")


class DeskMachine(RuleBasedStateMachine):
    """Everybody asks anything of anything they know of, alone or in one batch with others."""

    workspace = WORKSPACE
    crowd: ClassVar[tuple[str, ...]] = (*AGENTS, *VISITORS)

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.tokens: dict[str, str] = {}
        self.people: dict[str, Client | None] = {}
        self.conversations: list[str] = []
        self.wishes: list[tuple[Client, str, dict[str, Any]]] = []
        self.numbers = 0
        self.do(self._begin())

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _begin(self) -> None:
        self.store = await open_store(Path(self.folder.name))
        self.passwords = Passwords(CHEAP)
        self.desk = DeskBench(self.store, FakeClock(), self.passwords, seed=1)
        await self.desk.found(self.workspace)
        await self.desk.settle()
        for who in self.crowd:
            await self._come(who)
        for who in ("ada", "ben"):
            self.ask(who, "status.set", status="available")
        self.ask("vera", "conversation.start", client_id=self.name(), text="Hello")
        await self._settle()

    def teardown(self) -> None:
        self.passwords.close()
        self.do(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    # Coming, going, asking.

    async def _come(self, who: str) -> None:
        if who in AGENTS:
            self.people[who] = await self.desk.agent(who)
        else:
            client = await self.desk.visitor(self.tokens.get(who))
            self.tokens[who] = client.credentials["token"]
            self.people[who] = client

    def ask(self, who: str, do: str, **fields: Any) -> None:
        client = self.people[who]
        if client is not None:
            self.wishes.append((client, do, fields))

    def name(self) -> str:
        self.numbers += 1
        return f"n{self.numbers}"

    def conversation(self, number: int) -> str:
        newest = self.conversations[::-1]
        return newest[number % len(newest)] if newest else "c_none"

    async def _settle(self) -> None:
        asked: list[Pending] = [client.begin(do, **fields) for client, do, fields in self.wishes]
        self.wishes.clear()
        await self.desk.settle()
        for each in asked:
            if each.cut:
                continue
            reply = each.reply  # there is exactly one
            if reply["ok"] and "conversation" in reply and reply["conversation"]["id"] not in self.conversations:
                self.conversations.append(reply["conversation"]["id"])
            assert reply["ok"] or reply["error"]["code"] != "internal", reply
        for who, client in self.people.items():
            if client is not None and client.peer.closed is not None:
                # A connection that was cut comes back.
                await self.desk.leave(client)
                await self._come(who)

    @rule()
    def settle(self) -> None:
        """What was asked until now is one batch."""
        self.do(self._settle())

    @rule(who=everybody, back=often)
    def come_or_go(self, who: str, back: bool) -> None:
        """``back``: at once, as when a page is changed."""

        async def turn() -> None:
            await self._settle()
            client = self.people[who]
            if client is not None:
                self.people[who] = None
                await self.desk.leave(client)
            if client is None or back:
                await self._come(who)

        self.do(turn())

    @rule(seconds=st.sampled_from((0.5, 4, 11, 21, 31, 61, 121, 700)), step=st.booleans())
    def pass_time(self, seconds: float, step: bool) -> None:
        async def turn() -> None:
            await self._settle()
            await (self.desk.wait if step else self.desk.jump)(seconds)

        self.do(turn())

    @precondition(lambda self: self.numbers > 5)
    @rule(fault=st.sampled_from(("fails", "fails", "is kept, and told to have failed", "restarts")))
    def harm(self, fault: str) -> None:
        """The next write fails, or only its answer is lost, or the process dies."""
        if fault == "restarts":
            self.restart()
        else:
            self.desk.store.fail_writes(1, committed="engine" if fault != "fails" else False)

    def restart(self) -> None:
        async def turn() -> None:
            await self._settle()
            here = [who for who, client in self.people.items() if client is not None]
            self.desk.store.mend()
            await self.desk.restart()
            for who in here:
                await self._come(who)

        self.do(turn())

    # What people ask; ``alone``: in a batch of its own.

    def done(self, alone: bool) -> None:
        if alone:
            self.do(self._settle())

    @rule(who=visitors, department=departments, text=st.booleans(), named=st.booleans(), alone=often)
    def start(self, who: str, department: str, text: bool, named: bool, alone: bool) -> None:
        fields: dict[str, Any] = {"text": "Hello"} if text else {}
        if named:
            fields["form"] = {"name": f"{who} {self.numbers}"}
        self.ask(who, "conversation.start", client_id=self.name(), department=department, **fields)
        self.done(alone)

    @rule(who=visitors, department=departments, alone=often)
    def leave(self, who: str, department: str, alone: bool) -> None:
        form = {"email": f"{who}@example.org"}
        self.ask(who, "message.leave", client_id=self.name(), department=department, text="Later", form=form)
        self.done(alone)

    @rule()
    def sweep(self) -> None:
        """Whatever is asked and not yet done."""
        self.desk.queues.sweep()

    @rule(who=everybody, number=which, alone=often)
    def write(self, who: str, number: int, alone: bool) -> None:
        self.ask(who, "message.send", conversation=self.conversation(number), client_id=self.name(), text="x")
        self.done(alone)

    @rule(who=everybody, number=which, alone=often)
    def close(self, who: str, number: int, alone: bool) -> None:
        self.ask(who, "conversation.close", conversation=self.conversation(number))
        self.done(alone)

    @rule(who=agents, status=st.sampled_from(("available", "available", "busy", "away", "offline")), alone=often)
    def set_status(self, who: str, status: str, alone: bool) -> None:
        self.ask(who, "status.set", status=status)
        self.done(alone)

    @rule(do=st.sampled_from(("offer.seen", "offer.accept", "offer.accept", "offer.decline")), alone=often)
    def answer(self, do: str, alone: bool) -> None:
        """Everybody, what rings there by what they were told."""
        for who in AGENTS:
            client = self.people[who]
            for offer in [] if client is None else client.reading().offers:
                self.ask(who, do, offer=offer["offer"])
        self.done(alone)

    @rule(who=agents, number=which, do=st.sampled_from(AGENTS_DO), alone=often)
    def steer(self, who: str, number: int, do: str, alone: bool) -> None:
        fields: dict[str, Any] = {"conversation": self.conversation(number)}
        if do == "note.add":
            fields |= {"client_id": self.name(), "text": "y"}
        elif do == "wrap_up.end":
            fields |= {"outcome": "solved"}
        self.ask(who, do, **fields)
        self.done(alone)

    @rule(number=which, to=st.sampled_from(("ada", "ben", "sue", "support", "sales")), note=st.booleans(), alone=often)
    def transfer(self, number: int, to: str, note: bool, alone: bool) -> None:
        """By whoever may."""
        kind = "agent" if to in AGENTS else "department"
        words = self.name() if note else ""
        for who in AGENTS:
            self.ask(who, "conversation.transfer", conversation=self.conversation(number), to={kind: to}, note=words)
        self.done(alone)

    # What holds.

    @invariant()
    def the_laws_hold(self) -> None:
        if not self.wishes:
            self.do(self._check())

    async def _check(self) -> None:
        await self.desk.settle()
        await self.desk.check_law()
        await self.desk.check_router()
        await self.desk.check_numbers()
        self.desk.check_memory()
        assert "telling" not in self.desk.alarms
        await self._check_logs()
        for client in self.desk.clients:
            _check_replies_first(client)

    async def _check_logs(self) -> None:
        """Whoever was told of an entry was told the one that is stored, and visitors of each without a gap."""
        for client in self.desk.clients:
            told: dict[tuple[str, int], str] = {}
            for event in client.told("entry"):
                place = (event["conversation"], event["seq"])
                # What a bot's connection loses to another and gets back comes with its log again.
                assert place not in told or client.peer.endpoint == "bot", "told twice"
                told[place] = event["text"]
            for conversation in {conversation for conversation, _ in told}:
                stored = {row[0]: row[3] for row in await self.desk.entries(conversation)}
                seqs = [seq for each, seq in told if each == conversation]
                assert all(stored[seq] == told[conversation, seq] for seq in seqs)
                if client.peer.endpoint == "visitor":
                    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), f"told {seqs}"
                    assert seqs[-1] == max(stored)


AGAIN = "re-1-0"  # what is said more than once, under this name


def _check_replies_first(client: Client) -> None:
    """The reply to a message stands ahead of its own entry or note, the first time."""
    told: set[str] = set()
    for frame in client.peer.frames:
        if frame.get("on") in ("entry", "note") and frame["from"]["id"] == client.me:
            told.add(frame.get("client_id", ""))
        elif frame.get("ok"):
            assert client.named.get(frame["re"]) not in told - {AGAIN}


TestDeskMachine = DeskMachine.TestCase
TestDeskMachine.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
