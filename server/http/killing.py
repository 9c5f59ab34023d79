"""The demo's "Kill the server and watch": this process ends without a goodbye; what does the database hold then?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Annotated, Final, Protocol

import structlog
from aiohttp import web
from msgspec import Meta, Struct

from server.http import answers
from server.http.loopback import only_here
from server.http.policy import OWN_PAGES, Doors
from server.wire import codec

log = structlog.get_logger("http")

MOST_CONVERSATIONS: Final = 20
# For the answer to get out.
_AFTER_S: Final = 0.05


class Stored(Protocol):
    """The database, as it is asked here."""

    async def messages(self, named: list[str], /) -> list[str]:
        """The client ids of all messages in these conversations, each as often as it is there."""


class StoredBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Of which conversations."""

    conversations: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=MOST_CONVERSATIONS)]


class StoredAnswer(Struct, kw_only=True, frozen=True):
    """The client ids of their messages, each as often as it is there."""

    messages: list[str]


class KilledAnswer(Struct, kw_only=True, frozen=True):
    """The process that is about to end."""

    process: int


class Killing:
    """The handlers. Made only for a process that somebody starts again."""

    def __init__(self, stored: Stored, kill: Callable[[], None]) -> None:
        """``kill`` ends this process without a goodbye."""
        self._stored = stored
        self._kill = kill

    def add_to(self, doors: Doors) -> None:
        """Register them; only our own page, on this machine, may call them."""
        doors.add("POST", "/demo/kill", self.kill, policy=only_here(OWN_PAGES))
        doors.add("POST", "/demo/stored", self.stored, policy=only_here(OWN_PAGES))

    async def kill(self, _request: web.Request) -> web.Response:
        process = os.getpid()
        log.warning("killed from the demo's page", process=process)
        asyncio.get_running_loop().call_later(_AFTER_S, self._kill)
        return answers.yes(KilledAnswer(process=process))

    async def stored(self, request: web.Request) -> web.Response:
        body = codec.decode_body(StoredBody, await request.read())
        return answers.yes(StoredAnswer(messages=await self._stored.messages(body.conversations)))
