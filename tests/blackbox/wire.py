"""Visitors and agents written by hand from the protocol's page: raw JSON objects, no code of the project.

A `Client` lives across connections: it keeps its positions, resumes with them, and sends
again what was not acknowledged, oldest first, before anything new. Entries and objects are taken over in the order of
the frames, replies included, so what a test sees after a reply is what a page would show then.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import itertools
import uuid
from collections.abc import Callable, Coroutine

from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.blackbox.connection import WITHIN_S, Connection, LostError, RefusedError, encoded, login
from tests.blackbox.transcript import Frame, Transcript
from tests.history.recorder import ClientRecorder

__all__ = ["Agent", "Client", "Post", "Visitor", "fresh", "login"]

RETRYABLE = {"unavailable", "rate_limited", "internal"}


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def fresh(prefix: str) -> str:
    """A client_id nobody used before, or a text: in letters, as digits may be those of a card, which is masked."""
    return f"{prefix}-{uuid.uuid4().hex.translate(_LETTERS)}"


@dataclasses.dataclass(eq=False)
class Post:
    """A message of the outbox: from the first attempt until the server says that it is committed."""

    conversation: str
    client_id: str
    text: str
    seq: int | None = None
    refused: Frame | None = None
    carried_by: Connection | None = None
    attempts: int = 0

    @property
    def settled(self) -> bool:
        return self.seq is not None or self.refused is not None


class Client:
    """One browser tab or program, across its connections."""

    path = ""
    account: ClientRecorder | None = None  # who writes down what this client says and hears

    def __init__(self, address: str, credentials: Frame, origin: str | None = None) -> None:
        self.address = address
        self.credentials = credentials
        self.origin = origin
        self.numbers = itertools.count(1)
        self.connection: Connection | None = None
        self.news = asyncio.Event()
        self.hello: Frame = {}
        self.me: Frame = {}
        self.snapshot: Frame = {}
        self.epoch = ""
        self.v = 0
        self.resets = 0
        self.dropped: list[str] = []
        self.events: list[Frame] = []
        self.heard: collections.deque[Frame] = collections.deque(maxlen=5000)
        self.conversations: dict[str, Frame] = {}
        self.transcripts: collections.defaultdict[str, Transcript] = collections.defaultdict(Transcript)
        self.notes: collections.defaultdict[str, Transcript] = collections.defaultdict(Transcript)
        self.openings: list[str] = []
        self.posts: list[Post] = []
        self.carried: dict[str, Post] = {}
        self.flowing = False
        self.errands: set[asyncio.Task[None]] = set()
        self.faults: list[str] = []

    # Opening and ending.

    @property
    def connected(self) -> bool:
        return self.connection is not None and not self.connection.ended.is_set()

    @property
    def line(self) -> Connection:
        if self.connection is None:
            raise LostError("not connected")
        return self.connection

    async def connect(self) -> Frame:
        """Opens a socket and hears the server's hello; says nothing yet."""
        self.flowing = False
        self.carried.clear()
        origin = None if self.origin is None else Origin(self.origin)
        socket = await connect(
            f"ws://{self.address}{self.path}",
            origin=origin,
            compression=None,
            proxy=None,
            ping_interval=None,
            max_size=None,
            max_queue=None,
        )
        self.connection = Connection(socket, self._hear, self.news, self.account)
        self.hello = await self.until(lambda frame: frame.get("on") == "hello")
        return self.hello

    async def identify(self, **fields: object) -> Frame:
        """Says who this is and where it stood; takes the answer's snapshot and entries over."""
        frame: Frame = {"do": "identify", "protocol": 1, **self.credentials}
        if self.epoch:
            frame["resume"] = {"epoch": self.epoch, "positions": self.positions()}
        reply = await self.request(**(frame | fields))
        for conversation in reply["more"]:
            await self._catch_up(conversation)
        return reply

    async def enter(self) -> Frame:
        """Connects, identifies, resumes, and sends again what was not acknowledged."""
        await self.connect()
        reply = await self.identify()
        await self._resend()
        return reply

    async def leave(self, *, abruptly: bool = False) -> None:
        if self.connection is not None:
            await self.connection.end(abruptly=abruptly)
        for errand in list(self.errands):
            errand.cancel()
        await asyncio.gather(*self.errands, return_exceptions=True)

    async def ended(self, within_s: float = WITHIN_S) -> int | None:
        """Waits until the server has ended the connection; its close code."""
        async with asyncio.timeout(within_s):
            await self.line.ended.wait()
        return self.line.close_code

    def positions(self) -> Frame:
        """Of the newest: a request names a thousand at most, and those before them have long been closed."""
        return {
            conversation: {"entries": transcript.last, "notes": self.notes[conversation].last}
            for conversation, transcript in list(self.transcripts.items())[-1_000:]
        }

    # Requests.

    async def ask(self, do: str, **fields: object) -> Frame:
        """The reply as it came, be it an error."""
        return await self.line.ask({"do": do, "id": str(next(self.numbers)), **fields})

    async def request(self, do: str, **fields: object) -> Frame:
        reply = await self.ask(do, **fields)
        if not reply["ok"]:
            raise RefusedError(reply["error"])
        return reply

    async def refused(self, do: str, **fields: object) -> Frame:
        """The error of a request that must not succeed."""
        reply = await self.ask(do, **fields)
        assert reply["ok"] is False, f"{do} {fields} should have been refused: {reply}"
        error: Frame = reply["error"]
        return error

    async def tell(self, do: str, **fields: object) -> None:
        """A frame without an id: nothing is answered."""
        await self.line.send(encoded({"do": do, **fields}))

    async def history(self, conversation: str, **fields: object) -> list[Frame]:
        entries: list[Frame] = (await self.request("history", conversation=conversation, **fields))["entries"]
        return entries

    async def whole_history(self, conversation: str) -> list[Frame]:
        """All entries from the first on, page by page, as the server holds them."""
        entries: list[Frame] = []
        while page := await self.history(conversation, after=entries[-1]["seq"] if entries else 0):
            entries += page
        return entries

    # Waiting.

    async def until(self, wanted: Callable[[Frame], bool], within_s: float = WITHIN_S) -> Frame:
        """The first event that is wanted and was not taken yet; the others stay for whoever asks for them."""
        found: list[Frame] = []

        def taken() -> bool:
            for place, frame in enumerate(self.events):
                if wanted(frame):
                    found.append(self.events.pop(place))
                    return True
            return False

        await self.reach(taken, within_s)
        return found[0]

    async def reach(self, fact: Callable[[], bool], within_s: float = WITHIN_S) -> None:
        """Waits until the fact holds; it is looked at whenever something was heard."""
        try:
            async with asyncio.timeout(within_s):
                while not fact():
                    if not self.connected:
                        raise LostError(f"closed with {self.line.close_code}")
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            waiting = [frame for frame in self.events if frame.get("on") not in {"queue", "agents", "department"}]
            raise AssertionError(f"did not come about within {within_s} s; events not taken: {waiting[-8:]}") from None

    async def holds(self, conversation: str, seq: int) -> None:
        """Waits until the entry of this number, and all before it, are here."""
        await self.reach(lambda: self.transcripts[conversation].last >= seq)

    async def sees_the_close(self, conversation: str) -> None:
        await self.reach(
            lambda: "closed" in [entry["kind"] for entry in self.transcripts[conversation].in_order()[-1:]]
        )

    async def all_heard(self) -> None:
        """Everything the server had sent before it answered this is here."""
        await self.request("ping")

    # The outbox.

    async def post(self, conversation: str, text: str, client_id: str = "") -> Post:
        """Puts a message into the outbox and sends it, unless older ones have to be sent again first."""
        post = Post(conversation, client_id or fresh("m"), text)
        self.posts.append(post)
        if self.flowing:
            await self._carry(post)
        return post

    async def say(self, conversation: str, text: str) -> int:
        """Sends one message and waits until it is committed."""
        post = await self.post(conversation, text)
        await self.settled(post)
        assert post.seq is not None, f"refused: {post.refused}"
        return post.seq

    async def settled(self, *posts: Post, within_s: float = WITHIN_S) -> None:
        await self.reach(lambda: all(post.settled for post in posts or self.posts), within_s)

    def contradictions(self) -> list[str]:
        """What this client was told twice in different words, and what went wrong behind its back."""
        shelves = [*self.transcripts.values(), *self.notes.values()]
        return self.faults + [fault for shelf in shelves for fault in shelf.contradictions]

    def unsettled(self, conversation: str = "") -> list[Post]:
        return [post for post in self.posts if not post.settled and conversation in {"", post.conversation}]

    async def _carry(self, post: Post) -> None:
        request = str(next(self.numbers))
        self.carried[request] = post
        post.carried_by = self.line
        post.attempts += 1
        frame = {"do": "message.send", "id": request, "conversation": post.conversation}
        with contextlib.suppress(LostError):
            await self.line.send(encoded(frame | {"client_id": post.client_id, "text": post.text}))

    async def _resend(self) -> None:
        """Oldest first; what is posted meanwhile queues up behind it."""
        line = self.line
        while waiting := [post for post in self.unsettled() if post.carried_by is not line]:
            await self._carry(waiting[0])
        self.flowing = line is self.connection

    async def _retry(self, after_s: float) -> None:
        """After a refusal for now: lets the pipeline run dry, waits as told, and sends all of it again in order."""
        line = self.line
        with contextlib.suppress(LostError):
            await self.reach(lambda: not self.carried)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(after_s):
                    await line.ended.wait()
            if line is not self.connection or line.ended.is_set():
                return
            for post in self.unsettled():
                post.carried_by = None
            await self._resend()

    def _answered(self, post: Post, reply: Frame) -> None:
        if reply["ok"]:
            post.seq = reply["seq"]
        elif reply["error"]["code"] not in RETRYABLE:
            post.refused = reply["error"]
        elif self.flowing:
            self.flowing = False
            self._errand(self._retry(reply["error"].get("retry_after_ms", 50) / 1000))

    # Hearing.

    def _hear(self, frame: Frame) -> None:
        self.heard.append(frame)
        if "re" in frame:
            self._hear_reply(frame)
        elif frame["on"] in {"entry", "note"}:
            self._hear_entry(frame)
        elif frame.get("v") is None or frame["v"] > self.v:
            self._hear_event(frame)
            self.events.append(frame)

    def _hear_reply(self, reply: Frame) -> None:
        post = self.carried.pop(reply["re"] or "", None)
        if post is not None:
            self._answered(post, reply)
        elif reply["re"] not in self.line.asked:
            self.events.append(reply)
        if not reply["ok"]:
            return
        if "snapshot" in reply:
            self._identified(reply)
        if "conversation" in reply:
            self.conversations[reply["conversation"]["id"]] = reply["conversation"]
        self._pages(self.transcripts, reply.get("entries", []))
        self._pages(self.notes, reply.get("notes", []))

    def _identified(self, reply: Frame) -> None:
        self.me, self.snapshot = reply["me"], reply["snapshot"]
        self.epoch, self.v = reply["epoch"], reply["v"]
        if reply["reset"]:
            self.resets += 1
            self.transcripts.clear()
            self.notes.clear()
            self.conversations.clear()
        for conversation in reply["dropped"]:
            self.transcripts.pop(conversation, None)
            self.notes.pop(conversation, None)
        self.dropped += reply["dropped"]
        self._pages(self.transcripts, reply["missed"])
        self._pages(self.notes, reply.get("missed_notes", []))
        self._take_snapshot()

    def _take_snapshot(self) -> None:
        raise NotImplementedError

    def _hear_event(self, event: Frame) -> None:
        if event["on"] == "conversation":
            self.conversations[event["conversation"]["id"]] = event["conversation"]
        elif event["on"] == "queue":
            self.conversations.setdefault(event["conversation"], {})["queue"] = event["queue"]

    def _hear_entry(self, event: Frame) -> None:
        shelf = self.transcripts if event["on"] == "entry" else self.notes
        conversation = event["conversation"]
        entry = {name: value for name, value in event.items() if name != "on"}
        if not shelf[conversation].live(entry):
            self._errand(self._catch_up(conversation))

    @staticmethod
    def _pages(shelf: collections.defaultdict[str, Transcript], entries: list[Frame]) -> None:
        for entry in entries:
            shelf[entry["conversation"]].page([entry])

    async def _catch_up(self, conversation: str) -> None:
        """Asks for pages until nothing new comes: after a gap, or where the answer to identify was not enough."""
        with contextlib.suppress(LostError):
            last = -1
            while (transcript := self.transcripts[conversation]).last > last:
                last = transcript.last
                await self.request("history", conversation=conversation, after=last)

    def _errand(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.errands.add(task)
        task.add_done_callback(self._errand_done)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self.errands.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self.faults.append(repr(fault))


class Visitor(Client):
    """A visitor's page."""

    path = "/ws/visitor"

    def __init__(self, address: str, site: str = "demo", **credentials: object) -> None:
        super().__init__(address, {"site": site, **credentials}, origin=f"http://{address}")
        self.conversation = ""

    @property
    def state(self) -> str:
        return str(self.conversations[self.conversation]["state"])

    @property
    def queue(self) -> Frame:
        return self.conversations[self.conversation]["queue"] or {}

    @property
    def transcript(self) -> Transcript:
        return self.transcripts[self.conversation]

    async def start(self, department: str, text: str = "Hello", **fields: object) -> str:
        """Starts a conversation, or finds the open one; its id."""
        asked = {"client_id": fresh("start"), "department": department, "text": text, **fields}
        self.openings.append(text)
        reply = await self.request("conversation.start", **asked)
        self.conversation = reply["conversation"]["id"]
        return self.conversation

    async def active(self) -> None:
        await self.reach(lambda: self.state == "active")

    async def end_conversation(self) -> None:
        with contextlib.suppress(RefusedError):
            await self.request("conversation.close", conversation=self.conversation)

    def _take_snapshot(self) -> None:
        self.credentials["token"] = self.me["token"]
        conversation = self.snapshot["conversation"]
        if conversation is not None:
            self.conversations[conversation["id"]] = conversation
            self.conversation = conversation["id"]


class Agent(Client):
    """An agent's console: confirms every ring by itself, unless told not to."""

    path = "/ws/agent"

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address, {"token": token})
        self.offers: dict[str, Frame] = {}
        self.state: Frame = {}
        self.confirms = True

    async def set_status(self, status: str, **fields: object) -> Frame:
        self.state = (await self.request("status.set", status=status, **fields))["agent"]
        return self.state

    async def uses(self, slots: int) -> None:
        """Waits until so many slots are in use, by what the console is told."""
        await self.reach(lambda: bool(self.state["slots"]["used"] == slots))

    def ringing(self, conversation: str) -> Frame | None:
        """The pending offer of this conversation to this agent."""
        for offer in self.offers.values():
            if offer["conversation"]["id"] == conversation:
                return offer
        return None

    async def rings(self, conversation: str, within_s: float = WITHIN_S) -> Frame:
        await self.reach(lambda: self.ringing(conversation) is not None, within_s)
        return self.ringing(conversation) or {}

    async def offer_ended(self, offer: Frame, within_s: float = WITHIN_S) -> str:
        """Why the offer ended."""
        ended = await self.until(
            lambda event: event.get("on") == "offer.ended" and event["offer"] == offer["offer"], within_s
        )
        return str(ended["why"])

    async def accept(self, offer: Frame) -> Frame:
        self.offers.pop(offer["offer"], None)
        return await self.request("offer.accept", offer=offer["offer"])

    async def decline(self, offer: Frame) -> Frame:
        self.offers.pop(offer["offer"], None)
        return await self.request("offer.decline", offer=offer["offer"])

    async def takes(self, conversation: str) -> Frame:
        """Waits for the ring and accepts it."""
        return await self.accept(await self.rings(conversation))

    def _take_snapshot(self) -> None:
        self.state = self.snapshot["agent"]
        self.offers = {offer["offer"]: offer for offer in self.snapshot["offers"]}
        for conversation in self.snapshot["conversations"]:
            self.conversations[conversation["id"]] = conversation
        for offer in self.snapshot["offers"]:
            self._confirm(offer)

    def _hear_event(self, event: Frame) -> None:
        super()._hear_event(event)
        if event["on"] == "offer":
            self.offers[event["offer"]] = event
            self._confirm(event)
        elif event["on"] == "offer.ended":
            self.offers.pop(event["offer"], None)
        elif event["on"] == "agent":
            self.state = event["agent"]

    def _confirm(self, offer: Frame) -> None:
        if self.confirms:
            self._errand(self._seen(offer))

    async def _seen(self, offer: Frame) -> None:
        with contextlib.suppress(LostError):
            await self.tell("offer.seen", offer=offer["offer"])
