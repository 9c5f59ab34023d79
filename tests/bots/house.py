"""The least server that a bot can dial in to, over real sockets: one bot, any number of conversations, no rights.

What the real one does is tested with the real one; this one breaks off, refuses and goes away on demand.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.bots.scripting import AT, ME, Frame, conversation, entry


class House:
    """`logs`: the entries of each conversation. `deaf`: requests are stored and not answered."""

    def __init__(self) -> None:
        self.url = ""
        self.logs: dict[str, list[Frame]] = {}
        self.asked: list[Frame] = []
        self.identified: list[Frame] = []
        self.deaf = False
        self.closes_with = 0  # whoever identifies
        self.news = asyncio.Event()
        self._sockets: list[ServerConnection] = []
        self._v = 1

    # What happens in it.

    async def starts(self, name: str, text: str = "") -> None:
        """A visitor comes, and the bot has them."""
        self.logs[name] = [entry(1, "bot", name=name, kind="joined")]
        if text:
            self.logs[name].append(entry(2, "visitor", text, name=name))
        self._v += 1
        await self._tell({"on": "conversation", "v": self._v, "conversation": self._shown(name)})
        for each in self.logs[name]:
            await self._tell({"on": "entry", **each})

    async def says(self, name: str, text: str) -> None:
        await self._add(name, entry(len(self.logs[name]) + 1, "visitor", text, name=name))

    async def drops(self) -> None:
        """All lines are cut."""
        for socket in self._sockets:
            socket.transport.abort()

    async def closes(self, code: int) -> None:
        for socket in self._sockets:
            await socket.close(code)

    async def reach(self, fact: Any) -> None:
        """Wait until the fact holds; it is looked at whenever something was asked."""
        async with asyncio.timeout(10):
            while not fact():
                self.news.clear()
                await self.news.wait()

    def said(self, name: str) -> list[str]:
        """By the bot."""
        return [each["text"] for each in self.logs[name] if each["from"]["role"] == "bot" and each["kind"] == "message"]

    # What it answers.

    async def receive(self, socket: ServerConnection) -> None:
        limits = {"frame_bytes": 65536, "text_chars": 8000}
        await socket.send(json.dumps({"on": "hello", "protocol": 1, "heartbeat_ms": 25000, "limits": limits}))
        self._sockets.append(socket)
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                frame = json.loads(text)
                self.asked.append(frame)
                await self._answer(socket, frame)
                self.news.set()
        self._sockets.remove(socket)

    async def _answer(self, socket: ServerConnection, frame: Frame) -> None:
        match frame["do"]:
            case "identify" if self.closes_with:
                await socket.close(self.closes_with)
            case "identify":
                self.identified.append(frame)
                await socket.send(json.dumps(self._opening(frame)))
            case "message.send" | "stream" if "id" in frame:
                await self._write(socket, frame)
            case _ if "id" in frame:
                answer = {"re": frame["id"], "ok": True, "handoff": "queued", "at": AT}
                await socket.send(json.dumps(answer))
            case _:
                pass

    async def _write(self, socket: ServerConnection, frame: Frame) -> None:
        name, named = frame["conversation"], frame.get("client_id") or frame["stream_id"]
        log = self.logs[name]
        kept = next((each for each in log if each.get("client_id") == named), None)
        answer: Frame = {"re": frame["id"], "ok": True, "at": AT}
        if kept is not None and kept["text"] != frame["text"]:
            answer = {"re": frame["id"], "ok": False, "error": {"code": "client_id_conflict", "message": "No."}}
        elif kept is None:
            kept = entry(len(log) + 1, "bot", frame["text"], name=name, client_id=named)
            await self._add(name, kept)
        if not self.deaf:
            await socket.send(json.dumps({**answer, "seq": (kept or {}).get("seq")}))

    def _opening(self, frame: Frame) -> Frame:
        positions = frame.get("resume", {}).get("positions", {})
        missed = [
            each for name, log in self.logs.items() for each in log[positions.get(name, {"entries": 0})["entries"] :]
        ]
        snapshot = {"bot": ME, "conversations": [self._shown(name) for name in self.logs]}
        opening = {"re": frame["id"], "ok": True, "session": "s", "epoch": "e", "v": self._v, "me": ME, "now": AT}
        return {**opening, "snapshot": snapshot, "missed": missed, "more": [], "dropped": [], "reset": False}

    def _shown(self, name: str) -> Frame:
        return conversation(name, top=len(self.logs[name]))

    async def _add(self, name: str, kept: Frame) -> None:
        self.logs[name].append(kept)
        await self._tell({"on": "entry", **kept})

    async def _tell(self, frame: Frame) -> None:
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionClosed):
                await socket.send(json.dumps(frame))


@contextlib.asynccontextmanager
async def house() -> AsyncIterator[House]:
    """It listens as long as this lasts."""
    found = House()
    async with serve(found.receive, "127.0.0.1", 0) as server:
        found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield found
