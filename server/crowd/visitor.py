"""One simulated visitor: asks, waits as long as their patience lasts, answers what the agent says, leaves."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from server.crowd.stories import Story

PROTOCOL: Final = 1
# From then on nobody is expected to answer any more: they close the page.
SILENCE_S: Final = 240.0


class Line(Protocol):
    """A socket to the server; frames are objects."""

    async def send(self, frame: Mapping[str, Any]) -> None: ...

    async def receive(self) -> dict[str, Any] | None:
        """The next frame; None when the server has ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one visitor behaves, drawn beforehand. ``think_s``: before each answer, half of it typing."""

    patience_s: float
    think_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Where they come to: the key of the site, and the address of its pages."""

    site: str
    url: str


class Ended(Exception):
    """The conversation is over, or the line is cut."""


class Visitor:
    """Lives for one conversation."""

    def __init__(
        self,
        line: Line,
        story: Story,
        manner: Manner,
        *,
        shop: Shop,
        pause: Callable[[float], Awaitable[None]],
        client_id: Callable[[], str],
    ) -> None:
        self._line = line
        self._story = story
        self._manner = manner
        self._shop = shop
        self._pause = pause
        self._client_id = client_id
        self._asked = 0
        self._conversation = ""
        self._met = False
        self._answered = False

    async def visit(self) -> None:
        """From opening the chat to leaving it."""
        with contextlib.suppress(Ended):
            with contextlib.suppress(TimeoutError):
                await self._talk()
            await self._leave()

    async def _talk(self) -> None:
        """Raises `TimeoutError` when they have had enough, `Ended` when others end it."""
        async with asyncio.timeout(self._manner.patience_s):
            await self._ask()
            await self._until(lambda: self._met)
        for answer, think_s in zip(self._story.answers, itertools.cycle(self._manner.think_s), strict=False):
            async with asyncio.timeout(SILENCE_S):
                await self._until(lambda: self._answered)
            await self._answer(answer, think_s)

    # What they do.

    async def _ask(self) -> None:
        story = self._story
        await self._request(
            {
                "do": "identify",
                "protocol": PROTOCOL,
                "site": self._shop.site,
                "page": {"url": self._shop.url + story.page, "title": story.title, "referrer": ""},
                "language": story.language,
                "timezone": story.timezone,
            }
        )
        reply = await self._reply()
        offered = [each["key"] for each in reply["snapshot"]["site"]["departments"]]
        chosen = {"department": story.department} if story.department in offered else {}
        await self._request(
            {
                "do": "conversation.start",
                "client_id": self._client_id(),
                "form": {"name": story.name},
                "text": story.question,
                **chosen,
            }
        )
        reply = await self._reply()
        self._conversation = reply["conversation"]["id"]

    async def _answer(self, text: str, think_s: float) -> None:
        """One answer to one message, typed as people type."""
        await self._pause(think_s / 2)
        await self._line.send({"do": "typing", "conversation": self._conversation, "active": True})
        await self._pause(think_s / 2)
        self._answered = False
        await self._request(
            {
                "do": "message.send",
                "conversation": self._conversation,
                "client_id": self._client_id(),
                "text": text,
            }
        )

    async def _leave(self) -> None:
        if self._conversation:
            await self._request({"do": "conversation.close", "conversation": self._conversation})

    # What they hear.

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            await self._hear()

    async def _reply(self) -> dict[str, Any]:
        """The answer to the last request; raises `Ended` when it is a refusal."""
        while True:
            frame = await self._hear()
            if frame.get("re") == str(self._asked):
                if not frame.get("ok"):
                    raise Ended
                return frame

    async def _hear(self) -> dict[str, Any]:
        frame = await self._line.receive()
        if frame is None:
            raise Ended
        if frame.get("on") == "entry":
            self._heard(frame)
        return frame

    def _heard(self, entry: Mapping[str, Any]) -> None:
        role, kind = entry["from"]["role"], entry["kind"]
        if kind == "closed":
            raise Ended
        if role in {"agent", "bot"} and kind in {"joined", "message"}:
            self._met = True
            self._answered = self._answered or kind == "message"

    async def _request(self, frame: Mapping[str, Any]) -> None:
        self._asked += 1
        await self._line.send({"id": str(self._asked), **frame})
