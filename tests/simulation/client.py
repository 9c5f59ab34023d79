"""A page or a program that keeps to the protocol: names what it asks, sends again what was not answered, oldest first,
comes back with its positions, fills gaps from history, and finds a lost last entry by a ping.

No tasks: it acts when it hears something, and when its timer says so.
"""

from __future__ import annotations

import collections
import random
from collections.abc import Callable
from typing import Any, Protocol

import orjson
from aiohttp import WSMsgType

from server.wire.requests import Endpoint
from tests.blackbox.transcript import Frame, Transcript
from tests.history.recorder import ClientRecorder
from tests.simulation.loop import Loop
from tests.simulation.network import CLOSE, PING, TEXT, Frames, Line
from tests.simulation.plan import Plan

RETRYABLE = frozenset({"unavailable", "rate_limited", "internal"})
LOGS = ("entry", "note")


class World(Protocol):
    """What surrounds a client."""

    loop: Loop
    plan: Plan

    def connect(self, client: Client) -> Line | None:
        """A line to the server, if it is up."""

    def trace(self, who: str, what: str, frame: Any = None) -> None: ...

    def complain(self, what: str) -> None: ...


class Request:
    """One that names itself: it is kept until it is answered."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.attempts = 0


class Client:
    """Across its connections."""

    endpoint: Endpoint

    def __init__(self, world: World, name: str, credentials: Frame, account: ClientRecorder, chance: random.Random):
        self.world = world
        self.name = name
        self.credentials = credentials
        self.account = account
        self.chance = chance
        self.line: Line | None = None
        self.wants_to_be_here = True
        self.acts = True
        self.identified: Frame = {}
        self.since: list[Frame] = []  # events of this connection, for the law of snapshots
        self.epoch = ""
        self.v = 0
        self.conversations: dict[str, Frame] = {}
        self.shelves: dict[str, collections.defaultdict[str, Transcript]] = {
            log: collections.defaultdict(Transcript) for log in LOGS
        }
        self.outbox: list[Request] = []
        self.carried: dict[str, Request] = {}
        self.asked: dict[str, str] = {}  # what else was asked on this connection, by id: its verb
        self.flowing = False
        self.refused: list[str] = []
        self._frames = Frames()
        self._numbers = 0
        self._lines = 0
        self._awaited: int | None = None

    # Coming and going.

    def come(self) -> None:
        """Try to connect, again and again while the server is away."""
        if not self.wants_to_be_here or self.line is not None:
            return
        line = self.world.connect(self)
        if line is None:
            self.world.loop.call_later(self.chance.uniform(0.05, 0.5), self.come)
            return
        self.line = line
        self._lines += 1
        self._frames = Frames()
        self.carried.clear()
        self.asked.clear()
        self.since.clear()
        self.identified = {}
        self.flowing = False
        self.account.connected()

    def go(self, *, politely: bool) -> None:
        """Leave; it comes back by itself if it wants to be here."""
        if self.line is not None:
            self.line.hang_up(1001 if politely else None)

    def hears(self, data: bytes) -> None:
        for opcode, payload in self._frames.take(data):
            if opcode == TEXT:
                self._hear(orjson.loads(payload))
            elif opcode == PING and self.line is not None:
                self.line.send(WSMsgType.PONG, b"")
            elif opcode == CLOSE and self.line is not None:
                code = int.from_bytes(payload[:2]) if payload else None
                self.world.trace(self.name, f"is closed with {code}")
                self.line.send(WSMsgType.CLOSE, code)
                if code is not None and code >= 4500:
                    self.world.complain(f"{self.name} is closed for good with {code}")

    def is_lost(self) -> None:
        if self.line is None:
            return
        self.line = None
        self.account.ended()
        self.world.trace(self.name, "is cut off")
        self.world.loop.call_later(self.chance.uniform(0.01, 1.0), self.come)

    # Asking.

    def want(self, do: str, **fields: Any) -> None:
        """A request that names itself, to be sent as often as it takes."""
        request = Request({"do": do, "client_id": f"{self.name}-{len(self.refused)}-{self._number()}", **fields})
        self.outbox.append(request)
        if self.flowing:
            self._carry(request)

    def ask(self, do: str, **fields: Any) -> None:
        """One that does not: if it gets lost, it is lost."""
        if self.identified or do == "identify":
            id = self._number()
            self.asked[id] = do
            self._send({"do": do, "id": id, **fields})

    def tell(self, do: str, **fields: Any) -> None:
        """Without an answer."""
        if self.identified:
            self._send({"do": do, **fields})

    def repeat(self) -> None:
        """Something under way once more, as a page that is too eager."""
        if self.flowing and self.carried:
            self._carry(self.chance.choice(list(self.carried.values())))

    @property
    def settled(self) -> bool:
        return not self.outbox and not self.carried and self.flowing

    def _number(self) -> str:
        self._numbers += 1
        return str(self._numbers)

    def _send(self, frame: Frame) -> None:
        if self.line is None:
            return
        self.account.sent(self.tells_judge(frame))
        self.world.trace(self.name, ">", frame)
        self.line.send(WSMsgType.TEXT, orjson.dumps(self.on_the_wire(frame)))

    def tells_judge(self, frame: Frame) -> Frame:
        """What the judge calls it, where that is something else."""
        return frame

    def on_the_wire(self, frame: Frame) -> Frame:
        """How it is sent, where that is not how it is kept."""
        return frame

    def _carry(self, request: Request) -> None:
        request.attempts += 1
        id = self._number()
        self.carried[id] = request
        self._send({**request.frame, "id": id})

    def _resend(self) -> None:
        for request in list(self.outbox):
            self._carry(request)
        self.flowing = True

    # Hearing.

    def _hear(self, frame: Frame) -> None:
        self.world.trace(self.name, "<", frame)
        self.account.heard(frame)
        if "re" in frame:
            self._hear_reply(frame)
        elif frame["on"] == "hello":
            self._identify()
        else:
            self.since.append(frame)
            if frame["on"] in LOGS:
                self._hear_entry(frame)
            elif frame.get("v") is None or frame["v"] > self.v:
                self.hear_event(frame)

    def _identify(self) -> None:
        fields: Frame = {}
        if self.epoch:
            fields["resume"] = {"epoch": self.epoch, "positions": self._positions()}
        self.ask("identify", protocol=1, **self.credentials, **fields)

    def _positions(self) -> Frame:
        entries, notes = self.shelves["entry"], self.shelves["note"]
        return {
            conversation: {"entries": shelf.last, "notes": notes[conversation].last if conversation in notes else 0}
            for conversation, shelf in entries.items()
        }

    def _hear_reply(self, reply: Frame) -> None:
        request = self.carried.pop(reply["re"], None)
        do = self.asked.pop(reply["re"], "")
        if request is None and not do and reply["re"] is not None:
            self.world.complain(f"{self.name} is answered to what it did not ask: {reply}")
        if not reply["ok"]:
            self._hear_refusal(request, do, reply["error"])
            return
        if request is not None and request in self.outbox:
            self.outbox.remove(request)
        if do == "identify":
            self._hear_identified(reply)
        if "conversation" in reply:
            self.conversations[reply["conversation"]["id"]] = reply["conversation"]
        self._pages(reply)
        if do == "ping":
            self._compare(reply["positions"])
        if request is not None:
            self.hear_answer(request, reply)
        self._dry()

    def _hear_refusal(self, request: Request | None, do: str, error: Frame) -> None:
        if error["code"] == "internal":
            self.world.complain(f"{self.name} is answered with internal: {do if request is None else request.frame}")
        if do == "identify":
            self.world.loop.call_later(0.5, self._identify_again, self._lines)
        elif request is None:
            pass
        elif error["code"] in RETRYABLE:
            # Let what is under way run dry, then send all of it again, in order.
            self.flowing = False
            self._awaited = self._lines
        elif request in self.outbox:
            self.outbox.remove(request)
            self.refused.append(error["code"])
            self.hear_no(request, error["code"])
        self._dry()

    def _identify_again(self, line: int) -> None:
        if self.line is not None and self._lines == line and not self.identified:
            self._identify()

    def _dry(self) -> None:
        if self._awaited == self._lines and not self.carried and self.identified:
            self._awaited = None
            self.world.loop.call_later(0.5, self._again, self._lines)

    def _again(self, line: int) -> None:
        if self.line is not None and self._lines == line and not self.carried and not self.flowing:
            self._resend()

    def _hear_identified(self, reply: Frame) -> None:
        self.identified = reply
        if reply["v"] < self.v and reply["epoch"] == self.epoch:
            self.world.complain(f"{self.name} had {self.v} and gets a snapshot of {reply['v']}")
        self.epoch, self.v = reply["epoch"], reply["v"]
        if reply["reset"]:
            for log in LOGS:
                self.shelves[log].clear()
            self.conversations.clear()
        for conversation in reply["dropped"]:
            for log in LOGS:
                self.shelves[log].pop(conversation, None)
        self._page("entry", reply["missed"])
        self._page("note", reply["missed_notes"])
        self.take_snapshot(reply["me"], reply["snapshot"])
        for conversation in reply["more"]:
            self._catch_up(conversation)
        self._resend()

    def _pages(self, reply: Frame) -> None:
        self._page("entry", reply.get("entries", []))
        self._page("note", reply.get("notes", []))

    def _page(self, log: str, entries: list[Frame]) -> None:
        for entry in entries:
            self.shelves[log][entry["conversation"]].page([entry])
        # A page that filled a part of a gap asks for the next one.
        for conversation in dict.fromkeys(entry["conversation"] for entry in entries):
            if self.shelves[log][conversation].beyond:
                self._catch_up(conversation)

    def _hear_entry(self, event: Frame) -> None:
        entry = {name: value for name, value in event.items() if name != "on"}
        if not self.shelves[event["on"]][event["conversation"]].live(entry):
            self._catch_up(event["conversation"])

    def _catch_up(self, conversation: str) -> None:
        fields: Frame = {"after": self.shelves["entry"][conversation].last}
        if self.endpoint == "agent":
            fields["notes_after"] = self.shelves["note"][conversation].last
        self.ask("history", conversation=conversation, **fields)

    def _compare(self, positions: Frame) -> None:
        for conversation, top in positions.items():
            behind = self.shelves["entry"][conversation].last < top["entries"]
            if behind or (self.endpoint == "agent" and self.shelves["note"][conversation].last < top["notes"]):
                self._catch_up(conversation)

    # What visitors and agents do with it.

    def take_snapshot(self, me: Frame, snapshot: Frame) -> None:
        raise NotImplementedError

    def hear_event(self, event: Frame) -> None:
        if event["on"] == "conversation":
            self.conversations[event["conversation"]["id"]] = event["conversation"]

    def hear_answer(self, request: Request, reply: Frame) -> None:
        """To what named itself."""

    def hear_no(self, request: Request, code: str) -> None:
        """For good."""

    def act(self) -> None:
        raise NotImplementedError


Deed = Callable[[], None]
