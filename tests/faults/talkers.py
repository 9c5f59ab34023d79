"""Visitors and agents who write without a pause, through whatever happens to the server and the cable.

The least that keeps to the protocol: what was not acknowledged is sent again, oldest first, under its name; gaps are
asked for; who is cut off comes back and resumes. Everything sent and heard is recorded. A client of tests/blackbox
costs ten times as much, which a run of a million messages would pay.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Any, Final

import orjson

from bench.sockets import Socket, frame
from tests.history.recorder import ClientRecorder, Recorder

Frame = dict[str, Any]

RETRYABLE: Final = frozenset({"unavailable", "rate_limited", "internal"})
IN_FLIGHT: Final = 6
SILENT_S: Final = 8.0  # without a word although something is asked: the connection is given up


class Line(Socket):
    """One connection that says when it is over, and with which code."""

    def __init__(self, url: str, heard: Callable[[Socket, bytes], None], origin: str) -> None:
        super().__init__(url, heard, origin)
        self.over = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.over.set()


class Talker:
    """One client, across its connections."""

    path = ""

    def __init__(self, name: str, port: Callable[[], int], recorder: Recorder, quota: int) -> None:
        """`quota`: messages in one conversation."""
        self.name = name
        self.port = port
        self.quota = quota
        self.record: ClientRecorder = recorder.client(name)
        self.numbers = itertools.count(1)
        self.line: Line | None = None
        self.flowing = False
        self.done = False
        self.credentials: Frame = {}
        self.epoch = ""
        self.held: dict[str, int] = {}
        self.asking: set[str] = set()
        self.unsettled: dict[str, Frame] = {}  # by client_id, in the order of first sending
        self.awaited: dict[str, Frame] = {}  # by id, on this connection
        self.heard_at = 0.0
        self.acknowledged = 0
        self.returns = 0
        self.final: list[str] = []
        self.turned_away: list[str] = []
        self.news = asyncio.Event()

    # Life.

    async def live(self, up: asyncio.Event) -> None:
        """Comes and comes back until it is done."""
        loop = asyncio.get_running_loop()
        while not self.done:
            await up.wait()
            with contextlib.suppress(OSError):
                await self._one_connection(loop)
            if not self.done:
                await asyncio.sleep(0.05)

    async def _one_connection(self, loop: asyncio.AbstractEventLoop) -> None:
        port = self.port()
        address = f"127.0.0.1:{port}"
        self._forget_connection()
        line = Line(f"ws://{address}{self.path}", self._heard, f"http://{address}")
        await loop.create_connection(lambda: line, "127.0.0.1", port)
        self.heard_at = loop.time()
        try:
            async with asyncio.timeout(SILENT_S):
                await line.opened
            self.line = line
            self.returns += 1
            self.record.connected()
            while not line.over.is_set() and not self.done:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SILENT_S / 4):
                        await line.over.wait()
                if self.awaited and loop.time() - self.heard_at > SILENT_S:
                    self.turned_away.append("silence")
                    break
        except TimeoutError:
            return
        finally:
            if self.line is line:
                self.line = None
                self.record.ended()
            line.close()

    def _forget_connection(self) -> None:
        self.flowing = False
        self.awaited.clear()
        self.asking.clear()

    def hang_up(self) -> None:
        """Ends the connection; `live` comes back."""
        self.flowing = False
        if self.line is not None:
            self.line.close()

    async def reaches(self, fact: Callable[[], bool]) -> None:
        """Until it holds; looked at whenever something was heard."""
        while not fact():
            self.news.clear()
            await self.news.wait()

    def owed(self) -> list[str]:
        """What was asked and is not answered, in words."""
        asked = [*self.unsettled.values(), *self.awaited.values()]
        return [f"{one['do']} {one.get('conversation', '')}".rstrip() for one in asked]

    # Asking.

    def ask(self, asked: Frame) -> None:
        if self.line is None:
            return
        asked = asked | {"id": str(next(self.numbers))}
        self.awaited[asked["id"]] = asked
        self.record.sent(asked)
        self.line.send(frame(orjson.dumps(asked)))

    def commit(self, asked: Frame) -> None:
        """A request that is sent again until it is answered for good."""
        asked |= {"client_id": f"{self.name}-{next(self.numbers)}"}
        self.unsettled[asked["client_id"]] = asked
        if self.flowing:
            self.ask(asked)

    def _identify(self) -> None:
        asked = {"do": "identify", "protocol": 1, **self.credentials}
        if self.epoch:
            asked["resume"] = {
                "epoch": self.epoch,
                "positions": {conversation: {"entries": last, "notes": 0} for conversation, last in self.held.items()},
            }
        self.ask(asked)

    # Hearing.

    def _heard(self, socket: Socket, text: bytes) -> None:
        if self.done or (self.line is not None and socket is not self.line):
            return
        told = orjson.loads(text)
        self.heard_at = asyncio.get_running_loop().time()
        if "re" in told:
            self.record.heard(told)
            self._answered(self.awaited.pop(told["re"] or "", {}), told)
        elif told["on"] == "hello":
            # Heard in the same turn as the upgrade's answer: the line is taken over first.
            asyncio.get_running_loop().call_soon(self._greeted, socket)
        else:
            self.record.heard(told)
            self._happened(told)
        self.news.set()

    def _greeted(self, socket: Socket) -> None:
        if self.line is socket:
            self._identify()
        elif self.line is None and isinstance(socket, Line) and not socket.over.is_set():
            asyncio.get_running_loop().call_soon(self._greeted, socket)

    def _answered(self, asked: Frame, told: Frame) -> None:
        if not told["ok"]:
            self._refused(asked, told["error"]["code"])
            return
        self._take_entries(told.get("entries", ()))
        if "snapshot" in told:
            self._identified(told)
        elif asked.get("do") == "history":
            self._paged(asked["conversation"], told)
        elif asked.get("client_id"):
            self.unsettled.pop(asked["client_id"], None)
            self.settled(asked, told)
        self.pump()

    def _refused(self, asked: Frame, code: str) -> None:
        if code in RETRYABLE or asked.get("do") == "identify":
            self.turned_away.append(f"{asked.get('do')}: {code}")
            self.hang_up()
        elif asked.get("client_id"):
            self.unsettled.pop(asked["client_id"], None)
            self.final.append(f"{asked['do']}: {code}")
            self.refused(asked, code)

    def _identified(self, told: Frame) -> None:
        if told["reset"] and self.epoch:
            self.held.clear()
        for conversation in told["dropped"]:
            self.held.pop(conversation, None)
        self.epoch = told["epoch"]
        self._take_entries(told["missed"])
        for conversation in told["more"]:
            self._ask_history(conversation)
        self.flowing = True
        for asked in list(self.unsettled.values()):
            self.ask(asked)
        self.arrived(told)

    def _take_entries(self, entries: Any) -> None:
        for entry in entries:
            self._take(entry)

    def _take(self, entry: Frame) -> bool:
        """False when something before it is missing."""
        conversation, seq = entry["conversation"], entry["seq"]
        last = self.held.get(conversation, 0)
        if last and seq > last + 1:
            return False
        if seq > last:
            self.held[conversation] = seq
            self.entry(entry)
        return True

    def _happened(self, told: Frame) -> None:
        if told["on"] == "entry":
            if not self._take(told):
                self._ask_history(told["conversation"])
            self.pump()
        else:
            self.happened(told)

    def _ask_history(self, conversation: str) -> None:
        if conversation not in self.asking:
            self.asking.add(conversation)
            self.ask({"do": "history", "conversation": conversation, "after": self.held.get(conversation, 0)})

    def _paged(self, conversation: str, told: Frame) -> None:
        self.asking.discard(conversation)
        if told["entries"]:
            self._ask_history(conversation)

    # What visitors and agents do differently.

    def arrived(self, told: Frame) -> None: ...

    def settled(self, asked: Frame, told: Frame) -> None: ...

    def refused(self, asked: Frame, code: str) -> None: ...

    def entry(self, entry: Frame) -> None: ...

    def happened(self, told: Frame) -> None: ...

    def pump(self) -> None: ...


class TalkingVisitor(Talker):
    """Starts a conversation, writes its messages, waits for as many of the agent's, and closes it."""

    path = "/ws/visitor"

    def __init__(self, name: str, port: Callable[[], int], recorder: Recorder, quota: int) -> None:
        super().__init__(name, port, recorder, quota)
        self.credentials = {"site": "demo"}
        self.conversation = ""
        self.begun = False
        self.written = 0
        self.stored = 0
        self.answers = 0
        self.joined = False
        self.closing = False

    def arrived(self, told: Frame) -> None:
        self.credentials["token"] = told["me"]["token"]
        if not self.begun:
            self.begun = True
            self.commit({"do": "conversation.start", "department": "support", "text": f"{self.name}: hello"})

    def settled(self, asked: Frame, told: Frame) -> None:
        match asked["do"]:
            case "conversation.start":
                self.conversation = told["conversation"]["id"]
                self.held.setdefault(self.conversation, 0)
            case "message.send":
                self.stored += 1
                self.acknowledged += 1
            case "conversation.close":
                self.done = True
                if self.line is not None:
                    self.line.over.set()
            case _:
                pass

    def refused(self, asked: Frame, code: str) -> None:  # noqa: ARG002 - as its base
        if code == "closed":
            self.done = True
            if self.line is not None:
                self.line.over.set()

    def entry(self, entry: Frame) -> None:
        if entry["from"]["role"] == "agent" and entry["kind"] == "message":
            self.answers += 1
        elif entry["kind"] == "joined":
            self.joined = True
        elif entry["kind"] == "closed" and not self.closing:
            self.done = True

    def pump(self) -> None:
        if not self.flowing or not self.joined or not self.conversation:
            return
        while self.written < self.quota and len(self.unsettled) < IN_FLIGHT:
            self.written += 1
            text = f"{self.name} {self.written}: {'where is my parcel? ' * (self.written % 4)}"
            self.commit({"do": "message.send", "conversation": self.conversation, "text": text})
        if self.stored >= self.quota and self.answers >= self.quota and not self.closing:
            self.closing = True
            self.commit({"do": "conversation.close", "conversation": self.conversation})

    def happened(self, told: Frame) -> None:  # noqa: ARG002 - as its base
        self.pump()


class TalkingAgent(Talker):
    """Accepts what rings, and writes as many messages as each visitor does."""

    path = "/ws/agent"

    def __init__(self, name: str, port: Callable[[], int], recorder: Recorder, quota: int, token: str) -> None:
        super().__init__(name, port, recorder, quota)
        self.credentials = {"token": token}
        self.me = ""
        self.mine: dict[str, int] = {}  # conversation: messages written
        self.kept: dict[str, int] = {}
        self.in_flight: dict[str, int] = {}

    def arrived(self, told: Frame) -> None:
        self.me = told["me"]["id"]
        if told["snapshot"]["agent"]["status"] != "available":
            self.ask({"do": "status.set", "status": "available"})
        self.kept |= self.mine
        self.mine = {}
        for conversation in told["snapshot"]["conversations"]:
            self._shown(conversation)
        for offer in told["snapshot"]["offers"]:
            self._accept(offer["offer"])

    def _shown(self, conversation: Frame) -> None:
        """Mine as long as it is active with me."""
        name = conversation["id"]
        with_me = conversation["state"] == "active" and (conversation["agent"] or {}).get("id") == self.me
        if with_me:
            self.mine.setdefault(name, self.kept.pop(name, 0))
        elif name in self.mine:
            self.kept[name] = self.mine.pop(name)

    def _accept(self, offer: str) -> None:
        self.ask({"do": "offer.seen", "offer": offer})
        self.ask({"do": "offer.accept", "offer": offer})

    def _answered(self, asked: Frame, told: Frame) -> None:
        if asked.get("do") == "offer.accept" and told["ok"]:
            self._shown(told["conversation"])
        super()._answered(asked, told)

    def settled(self, asked: Frame, told: Frame) -> None:  # noqa: ARG002 - as its base
        self.acknowledged += 1
        self.in_flight[asked["conversation"]] -= 1

    def refused(self, asked: Frame, code: str) -> None:  # noqa: ARG002 - as its base
        self.in_flight[asked["conversation"]] -= 1

    def entry(self, entry: Frame) -> None:
        if entry["kind"] == "closed":
            self.mine.pop(entry["conversation"], None)

    def happened(self, told: Frame) -> None:
        match told["on"]:
            case "offer":
                self._accept(told["offer"])
            case "conversation":
                self._shown(told["conversation"])
                self.pump()
            case _:
                pass

    def pump(self) -> None:
        if not self.flowing:
            return
        for conversation, written in self.mine.items():
            room = IN_FLIGHT - self.in_flight.get(conversation, 0)
            for number in range(written + 1, min(self.quota, written + room) + 1):
                self.mine[conversation] = number
                self.in_flight[conversation] = self.in_flight.get(conversation, 0) + 1
                text = f"{self.name} {number}: {'we are looking into it. ' * (number % 3)}"
                self.commit({"do": "message.send", "conversation": conversation, "text": text})
