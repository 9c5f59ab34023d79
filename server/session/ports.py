"""What a session needs of the desk, and what the desk sees of a session: neither imports the other."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any, Protocol

from msgspec import Struct

from server.wire.codes import CloseCode, Refused
from server.wire.requests import Endpoint


class Peer(Protocol):
    """A connection, identified or not, as the desk sees it. Methods return at once; none raises for a dead socket."""

    endpoint: Endpoint
    session: str  # s_…, made anew for each connection
    address: str  # of the client, as far as it is known
    host: str  # that the client asked for
    country: str  # of the client, if a trusted proxy said so; unchecked
    identity: Any  # the desk's; None until identified

    @property
    def unsent(self) -> int:
        """How many bytes of what it was sent have not left yet."""

    def send(self, frame: bytes) -> None:
        """Queue a frame. A reader too slow for it is cut with `CloseCode.SLOW_READER` and resumes."""

    def send_lossy(self, key: str, frame: bytes) -> None:
        """Queue a frame that replaces an unsent one of the same key, and is dropped when the outbox is half full."""

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what is queued, then close; nothing is queued or handled after this."""


class Follower(Protocol):
    """Who waits for a ticket's end."""

    def ended(self, ticket: Ticket, error: Exception | None) -> None:
        """It has been answered (None), or is to be answered with this error."""


class Ticket(Struct, kw_only=True, eq=False):
    """A pipelined request under way: what a future would be, at a tenth of its price. It can be awaited, too."""

    request: Any
    follower: Follower | None = None
    done: bool = False
    error: Exception | None = None

    def finish(self, error: Exception | None = None) -> None:
        """The desk: it has ended. Once."""
        self.done = True
        self.error = error
        if self.follower is not None:
            self.follower.ended(self, error)

    def __await__(self) -> Generator[Any, None, None]:
        if not self.done:
            waiting = _Waiting(asyncio.get_running_loop().create_future())
            self.follower = waiting
            yield from waiting.future
        if self.error is not None:
            raise self.error


class _Waiting:
    def __init__(self, future: asyncio.Future[None]) -> None:
        self.future = future

    def ended(self, _ticket: Ticket, _error: Exception | None) -> None:
        if not self.future.done():
            self.future.set_result(None)


class Desk(Protocol):
    """What a connection hands to the desk. One call at a time for each connection, in the order of its frames."""

    def accepts_origin(self, endpoint: Endpoint, origin: str | None, host: str) -> bool:
        """Whether an upgrade from this Origin may go on. Sites' own lists are checked again at `identify`."""

    async def identify(self, peer: Peer, request: Any, origin: str | None) -> None:
        """Authenticate, subscribe, answer with the snapshot; raises `Refused` or closes the peer."""

    def perform(self, peer: Peer, request: Any) -> Any:
        """Do one request. Returns None when answered already, or an awaitable that ends when it has been answered.

        May raise `Refused` (also out of the awaitable): the session answers with the error. A pipelined write returns
        an awaitable too, at best a `Ticket`, but has taken its place in the order before `perform` returns:
        `pipelines(request)` tells. No other request returns a `Ticket`.
        """

    def pipelines(self, request: Any) -> bool:
        """Whether the next request may be performed before this one's answer."""

    def refused(self, peer: Peer, request: Any, refused: Refused) -> None:
        """This request is answered with an error, also where it came to no `perform`. Never raises."""

    def heard(self, peer: Peer) -> None:
        """A frame arrived (proof of life)."""

    async def left(self, peer: Peer) -> None:
        """The connection is gone. Called once for every peer for which `identify` was called."""
