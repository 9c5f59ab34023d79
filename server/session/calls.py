"""The requests of one connection that the desk has not answered yet, and what becomes of those that fail.

Requests are performed in the order of their frames. A request that pipelines takes its place in that order before the
next one is performed, and may be answered later; up to `MAX_PIPELINED` of them are under way at once. Any other request
waits until those have ended, and is awaited before the next frame is read.

The way of a pipelined request costs no task: its end arrives by its ticket, or as the callback of a future.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

import structlog
from msgspec import UNSET

from server.session.ports import Desk, Peer, Ticket
from server.wire.codec import AnyRequest
from server.wire.codes import ErrorCode, Refused

MAX_PIPELINED: Final = 64

_log = structlog.get_logger("session")

# Who a failed request is told to: the request, why, and whether later writes of this connection must not overtake it.
OnFailure = Callable[[AnyRequest, Refused, bool], None]


class Calls:
    """One connection's requests under way."""

    __slots__ = ("_desk", "_in_flight", "_on_failure", "_over", "_peer", "_stopped", "_tasks", "_waiting", "identified")

    def __init__(self, desk: Desk, peer: Peer, on_failure: OnFailure) -> None:
        self._desk = desk
        self._peer = peer
        self._on_failure = on_failure
        self._in_flight = 0
        self._stopped = False
        self._over = False  # whose they are is forgotten when the last one ends
        self.identified = False  # the desk has been asked to; it will hear `left`
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def in_flight(self) -> int:
        """How many have not ended."""
        return self._in_flight

    def perform(self, request: AnyRequest) -> Coroutine[Any, Any, None] | None:
        """Have a request done; what is returned must be awaited before the next frame is taken."""
        if self._in_flight:
            room = MAX_PIPELINED if self._desk.pipelines(request) else 1
            if self._in_flight >= room:
                return self._perform_later(request, room)
        if self._stopped:
            return None
        try:
            work: Awaitable[Any] | None = self._desk.perform(self._peer, request)
        except Exception as error:  # noqa: BLE001 - answered as `internal` and logged
            self._fail(request, error)
            return None
        if isinstance(work, Ticket):  # only what pipelines has one
            self._in_flight += 1
            work.follower = self
        elif work is not None:
            if not self._desk.pipelines(request):
                return self._finish(request, work)
            self._follow(request, work)
        return None

    async def identify(self, request: AnyRequest, origin: str | None) -> bool:
        """Have the desk open this session; False when it refused."""
        self.identified = True
        self._in_flight += 1
        try:
            await self._desk.identify(self._peer, request, origin)
        except Exception as error:  # noqa: BLE001 - answered as `internal` and logged
            self._fail(request, error)
            return False
        else:
            return True
        finally:
            self._ended()

    def stop(self) -> None:
        """Perform nothing more; what is under way goes on."""
        self._stopped = True

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await self._fewer_than(1)

    def let_go(self) -> None:
        """Forget whose they are, as soon as nothing is under way any more."""
        self._over = True
        self._forget()

    def cancel(self) -> None:
        """Give up what is still under way. A future of the store is left alone: its write happens or not."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _perform_later(self, request: AnyRequest, room: int) -> None:
        await self._fewer_than(room)
        work = self.perform(request)
        if work is not None:
            await work

    async def _finish(self, request: AnyRequest, work: Awaitable[Any]) -> None:
        self._in_flight += 1
        try:
            await work
        except Exception as error:  # noqa: BLE001 - answered as `internal` and logged
            self._fail(request, error)
        finally:
            self._ended()

    def _follow(self, request: AnyRequest, work: Awaitable[Any]) -> None:
        self._in_flight += 1
        if not isinstance(work, asyncio.Future):
            work = asyncio.ensure_future(work)
            self._tasks.add(work)
        work.add_done_callback(partial(self._followed, request))

    def ended(self, ticket: Ticket, error: Exception | None) -> None:
        """As a `Follower`."""
        self._in_flight -= 1
        if self._waiting:
            self._wake()
        if error is not None:
            self._fail(ticket.request, error)
        if self._over:
            self._forget()

    def _followed(self, request: AnyRequest, work: asyncio.Future[Any]) -> None:
        self._ended()
        self._tasks.discard(work)
        if work.cancelled():
            self._fail(request, Refused(ErrorCode.UNAVAILABLE, "Interrupted. Send it again."))
        elif (error := work.exception()) is not None:
            self._fail(request, error)
        if self._over:
            self._forget()

    def _forget(self) -> None:
        if not self._in_flight:
            del self._peer, self._on_failure

    def _ended(self) -> None:
        self._in_flight -= 1
        if self._waiting:
            self._wake()

    def _wake(self) -> None:
        for waiting in tuple(self._waiting):
            below, future = waiting
            if self._in_flight < below:
                self._waiting.remove(waiting)
                if not future.done():
                    future.set_result(None)

    async def _fewer_than(self, below: int) -> None:
        while self._in_flight >= below:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((below, future))
            await future

    def _fail(self, request: AnyRequest, error: BaseException) -> None:
        refused = error if isinstance(error, Refused) else self._internal(request, error)
        self._desk.refused(self._peer, request, refused)
        ordered = self._desk.pipelines(request) or _says_something(request)
        overtaken = refused.code.retryable and _is_write(request) and ordered
        self._on_failure(request, refused, overtaken)

    def _internal(self, request: AnyRequest, error: BaseException) -> Refused:
        _log.error("request failed", session=self._peer.session, request=type(request).__name__, exc_info=error)
        return Refused(ErrorCode.INTERNAL, "Something went wrong on the server. Send it again.")


def _is_write(request: AnyRequest) -> bool:
    """A request that names itself commits something."""
    return getattr(request, "client_id", UNSET) is not UNSET


def _says_something(request: AnyRequest) -> bool:
    """Its text becomes an entry: what its sender writes next must not come before it."""
    return bool(getattr(request, "text", UNSET))
