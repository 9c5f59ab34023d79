"""What only the demo shows: visitors who are sent, and the last decision in words. The demo listens on loopback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Protocol

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from server.http import answers
from server.http.killing import Stored
from server.http.loopback import only_here
from server.http.policy import OWN_PAGES, OWN_READING, Doors
from server.wire import codec

MOST_AT_ONCE: Final = 10


class Crowd(Protocol):
    """Simulated visitors."""

    @property
    def here(self) -> int:
        """How many there are now."""

    def send(self, count: int) -> int:
        """Have so many come; the answer is how many there was room for."""


class Decisions(Protocol):
    """The last decision, as an object to be encoded; None before the first."""

    @property
    def value(self) -> Any: ...


class Show(Protocol):
    """The parts of the demo."""

    @property
    def crowd(self) -> Crowd: ...

    @property
    def decisions(self) -> Decisions: ...

    @property
    def stored(self) -> Stored | None:
        """The database, if this process may be killed: somebody starts it again."""

    @property
    def kill(self) -> Callable[[], None] | None:
        """Ends this process without a goodbye, if it may be killed."""


class SendBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How many visitors are to come."""

    count: Annotated[int, Meta(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE


class SentAnswer(Struct, kw_only=True, frozen=True):
    """`sent`: fewer than asked when there was no room for more. `here`: all of them."""

    sent: int
    here: int


class ShowAnswer(Struct, kw_only=True, frozen=True):
    """`latest` is the last decision, or null. `killable`: whether the server may be killed from here."""

    here: int
    killable: bool
    latest: msgspec.Raw


class Showing:
    """The handlers."""

    def __init__(self, show: Show) -> None:
        self._show = show

    def add_to(self, doors: Doors) -> None:
        """Register them; only our own page may send visitors or read decisions."""
        doors.add("POST", "/demo/visitors", self.send, policy=only_here(OWN_PAGES))
        doors.add("GET", "/demo/show", self.show, policy=only_here(OWN_READING))

    async def send(self, request: web.Request) -> web.Response:
        body = codec.decode_body(SendBody, await request.read() or b"{}")
        sent = self._show.crowd.send(body.count)
        return answers.yes(SentAnswer(sent=sent, here=self._show.crowd.here))

    async def show(self, _request: web.Request) -> web.Response:
        latest = msgspec.Raw(msgspec.json.encode(self._show.decisions.value))
        return answers.yes(
            ShowAnswer(here=self._show.crowd.here, killable=self._show.stored is not None, latest=latest)
        )
