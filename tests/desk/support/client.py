"""A page or console: what it asks, and what it knows from what it was told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any, Protocol

from server.desk.desk import Desk
from server.wire import codec
from server.wire.codes import Refused
from tests.desk.support.peer import Frame, ScriptedPeer
from tests.desk.support.reading import Reading

ORIGIN = "http://127.0.0.1:8080"


class Bench(Protocol):
    """What a client needs of the bench it sits at."""

    desk: Desk
    under_way: list[Pending]

    async def settle(self) -> None: ...

    async def leave(self, client: Client) -> None: ...


class Pending:
    """A request under way."""

    def __init__(self, client: Client, id: str, work: Awaitable[None] | None) -> None:
        self._client = client
        self._id = id
        self._work = work

    async def ended(self) -> None:
        """Wait for its end, as a connection does: a refusal becomes an answer."""
        if self._work is None:
            return
        work, self._work = self._work, None
        try:
            await work
        except Refused as refused:
            self._client.peer.send(codec.error_reply(self._id, refused))

    @property
    def cut(self) -> bool:
        """Whether the connection ended before the answer."""
        return self._client.peer.closed is not None

    @property
    def reply(self) -> Frame:
        """The one answer."""
        found = [frame for frame in self._client.peer.frames if "re" in frame and frame["re"] == self._id]
        assert len(found) == 1, f"{len(found)} answers to {self._id}"
        return found[0]


class Client:
    """A page or console: what it asks, and what it knows from what it was told."""

    def __init__(self, bench: Bench, peer: ScriptedPeer, credentials: Frame) -> None:
        self.bench = bench
        self.peer = peer
        self.credentials = credentials
        # Of the newest identification.
        self.identified: Frame = {}
        self._asked = 0
        self.named: dict[str, str] = {}  # the client_id of each request that named itself, by its id

    async def identify(self, **more: Any) -> Frame:
        """Open the session; the reply."""
        pending = self.begin("identify", protocol=1, **self.credentials, **more)
        await pending.ended()
        if self.peer.closed is not None:
            return {}
        self.identified = pending.reply
        if self.identified["ok"] and "token" in self.identified["me"]:
            self.credentials["token"] = self.identified["me"]["token"]
        return self.identified

    def begin(self, do: str, *, id: str | None = None, **fields: Any) -> Pending:
        """Ask without waiting."""
        self._asked += 1
        request_id = id or f"{self._asked}"
        if "client_id" in fields:
            self.named[request_id] = fields["client_id"]
        frame = json.dumps({"do": do, "id": request_id, **fields})
        request = codec.decode(self.peer.endpoint, frame)
        if do == "identify":
            return Pending(self, request_id, self._opened(request))
        self.bench.desk.heard(self.peer)
        try:
            work = self.bench.desk.perform(self.peer, request)
        except Refused as refused:
            self.peer.send(codec.error_reply(request_id, refused))
            work = None
        if work is not None:
            work = asyncio.ensure_future(work)
        pending = Pending(self, request_id, work)
        self.bench.under_way.append(pending)
        return pending

    async def ask(self, do: str, **fields: Any) -> Frame:
        """Ask, let everything happen that follows, and hear the answer."""
        pending = self.begin(do, **fields)
        await self.bench.settle()
        return pending.reply

    async def leave(self) -> None:
        """The connection is lost."""
        await self.bench.leave(self)

    async def _opened(self, request: Any) -> None:
        await self.bench.desk.identify(self.peer, request, ORIGIN if self.peer.endpoint == "visitor" else None)

    # What it was told.

    @property
    def me(self) -> str:
        return str(self.identified["me"]["id"])

    @property
    def snapshot(self) -> Frame:
        found: Frame = self.identified["snapshot"]
        return found

    @property
    def events(self) -> list[Frame]:
        """Everything told unasked since it identified."""
        return [frame for frame in self.peer.frames if "on" in frame]

    def told(self, kind: str) -> list[Frame]:
        return [event for event in self.events if event["on"] == kind]

    def reading(self) -> Reading:
        """The snapshot with the events since."""
        found = Reading(self.identified)
        opened = self.peer.frames.index(self.identified)
        for frame in self.peer.frames[opened + 1 :]:
            if "on" in frame:
                found.hear(frame)
        return found

    @property
    def offer(self) -> Frame:
        """The one that rings."""
        ringing = self.reading().offers
        assert len(ringing) == 1, f"{len(ringing)} offers"
        return ringing[0]
