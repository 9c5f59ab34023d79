"""A bot's connection to the server: what the session wants done, done on a WebSocket of `websockets`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from bots.actions import Action, Deliver, Drop, End, Forget, Ready, Send, Settle
from bots.address import endpoint, is_local, is_open
from bots.dispatcher import Dispatcher, Handler
from bots.errors import BotError, Ended, Refused, SetupError
from bots.events import Event
from bots.line import Line
from bots.records import Entry, Named
from bots.session import Extra, Session
from bots.stream import Stream

log = logging.getLogger("bots")

CONNECT_WITHIN_S: Final = 10.0
LEAVE_WITHIN_S: Final = 5.0


class Bot(Line):
    """A bot of a Frontdesk server, connected as long as this context lasts.

        async with Bot("https://chat.example.org", token=token) as bot:
            async for event in bot:
                match event:
                    case Message():
                        await event.reply("…")

    Entering waits until the server knows the bot. From then on lost connections are mended behind the scenes: whatever
    was asked for is asked again, what was missed is told, and nothing is told twice. Iterating gives the events of all
    conversations one after the other; `each` handles conversations side by side. Raises `Denied` wherever one waits
    once the server does not want this bot any more, and `SetupError` for a token or an address that cannot be right.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str,
        name: str = "",
        also: frozenset[Extra] = frozenset(),
        chance: random.Random | None = None,
    ) -> None:
        """`name`: of this worker, for those who run it; `also`: events only told to who wants them."""
        if not token.strip():
            raise SetupError("There is no token. Make one with `frontdesk token create BOT`")
        self.url = endpoint(url)
        self._session = Session(
            token=token.strip(),
            line=self,
            name=name,
            also=also,
            chance=chance or random.Random(),  # noqa: S311 - jitter
        )
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._settled: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._to_send: asyncio.Queue[str] = asyncio.Queue()
        self._ready = asyncio.Event()
        self._idle = asyncio.Event()
        self._over: BotError | None = None
        self._socket: ClientConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._living: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if is_open(self.url):
            log.warning("%s is not encrypted: anybody on the way can read the token", self.url)
        self._living = asyncio.create_task(self._live(), name="bot")
        try:
            await self._ready.wait()
        except BaseException:
            await self._leave()
            raise
        if self._over is not None:
            await self._leave()
            raise self._over
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._over is None and self._socket is not None:
            # What was said is still to be said.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_WITHIN_S):
                    while len(self._session.outbox) and self._over is None:
                        self._idle.clear()
                        await self._idle.wait()
        await self._leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while (event := await self._next()) is not None:
            if self._session.begins(event):
                return event
        raise StopAsyncIteration

    async def each(self, handler: Handler) -> None:
        """Have every event handled: conversations side by side, the events of one in order. Returns after `stop`.

        A handler that raises is logged, and its conversation is given to people, with the reason ``bot_failed``.
        """
        dispatcher = Dispatcher(handler, self._session.begins)
        try:
            while (event := await self._next()) is not None:
                dispatcher.give(event)
            await dispatcher.finish()
        finally:
            await dispatcher.cancel()

    def stop(self) -> None:
        """Take no more events: iterating ends, and `each` once what has begun is finished. Entering raises `Ended`."""
        if self._ready.is_set():
            self._events.put_nowait(None)
        else:
            self._finish(Ended("The bot was stopped."))

    def stream(self, event: Event, **offered: Any) -> Stream:
        """Answer piece by piece; as `event.stream`."""
        return event.stream(**offered)

    @property
    def me(self) -> Named | None:
        """Who the server says this bot is."""
        return self._session.me

    # What events need.

    @property
    def text_chars(self) -> int:
        return self._session.text_chars

    @property
    def connection(self) -> int:
        return self._session.connection

    async def ask(self, do: str, conversation: str, **fields: Any) -> dict[str, Any]:
        if self._over is not None:
            raise self._over
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        ticket, actions = self._session.ask(do, conversation, fields, self._now())
        self._settled[ticket] = answer
        self._do(actions)
        try:
            return await answer
        finally:
            self._settled.pop(ticket, None)

    def tell(self, do: str, conversation: str, **fields: Any) -> None:
        self._do(self._session.tell(do, conversation, fields))

    def entries(self, conversation: str) -> tuple[Entry, ...]:
        return self._session.entries(conversation)

    def owns(self, conversation: str) -> bool:
        return self._over is None and self._session.owns(conversation)

    def later(self, seconds: float, do: Callable[[], None]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, do).cancel

    # The connections.

    async def _next(self) -> Event | None:
        event = None if self._over is not None else await self._events.get()
        if self._over is not None:
            raise self._over
        return event

    async def _live(self) -> None:
        try:
            while self._over is None:
                pause_s = self._session.reconnecting.at - self._now()
                if pause_s > 0:
                    await asyncio.sleep(pause_s)
                await self._once()
        except Exception as fault:
            log.exception("the bot's connection failed by a fault of this client")
            self._finish(BotError(f"The client failed: {fault!r}"))
            raise

    async def _once(self) -> None:
        """One connection, from the attempt to its end."""
        try:
            socket = await connect(
                self.url,
                compression=None,
                max_size=None,
                ping_interval=None,  # the protocol's own pings also tell what was lost
                open_timeout=CONNECT_WITHIN_S,
                close_timeout=1,
                proxy=None if is_local(self.url) else True,
            )
        except InvalidStatus as answer:
            log.warning("%s answered the upgrade with HTTP %d", self.url, answer.response.status_code)
            self._do(self._session.not_upgraded(self._now(), answer.response.status_code))
            return
        except (OSError, TimeoutError, WebSocketException) as fault:
            log.warning("cannot reach %s: %s", self.url, str(fault) or type(fault).__name__)
            self._do(self._session.lost(self._now()))
            return
        self._socket, self._to_send = socket, asyncio.Queue()
        writing = asyncio.create_task(self._write(socket, self._to_send), name="bot writing")
        self._do(self._session.opened(self._now()))
        try:
            while True:
                frame = await socket.recv()
                if isinstance(frame, str):
                    self._do(self._session.received(frame, self._now()))
        except ConnectionClosed:
            pass
        finally:
            self._socket = None
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await socket.close()
        code = socket.close_code or 0
        log.info("the connection ended (%s %s)", code, socket.close_reason or "")
        self._do(self._session.lost(self._now(), code))

    async def _write(self, socket: ClientConnection, to_send: asyncio.Queue[str]) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.send(await to_send.get())

    async def _leave(self) -> None:
        self._over = self._over or Ended("The bot has left.")
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            await self._socket.close()
        if self._living is not None:
            self._living.cancel()
            await asyncio.gather(self._living, return_exceptions=True)
        self._finish(self._over)

    # What the session wants.

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Send(text):
                    self._to_send.put_nowait(text)
                case Deliver(event):
                    self._events.put_nowait(event)
                case Settle(ticket, outcome):
                    self._settle(ticket, outcome)
                case Ready():
                    log.info("the server knows this bot as %s", self.me.key if self.me else "?")
                    self._ready.set()
                case Forget():
                    self._forget()
                case Drop(why):
                    self._drop(why)
                case End(error):
                    self._finish(error)
        self._arm()

    def _forget(self) -> None:
        told = [self._events.get_nowait() for _ in range(self._events.qsize())]
        if None in told:
            self._events.put_nowait(None)

    def _drop(self, why: str) -> None:
        log.warning("letting go of the connection: %s", why)
        if self._socket is not None:
            self._socket.transport.abort()

    def _settle(self, ticket: int, outcome: dict[str, Any] | Refused) -> None:
        self._idle.set()
        waiting = self._settled.get(ticket)
        if waiting is None or waiting.done():  # whoever asked was cancelled
            return
        if isinstance(outcome, Refused):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)

    def _finish(self, error: BotError) -> None:
        self._over = self._over or error
        self._ready.set()
        self._idle.set()
        self._events.put_nowait(None)
        for waiting in self._settled.values():
            if not waiting.done():
                waiting.set_exception(self._over)
        if self._socket is not None:
            self._socket.transport.abort()

    def _arm(self) -> None:
        """One timer, which may come too early and then looks again."""
        due = self._session.due
        if due is None or self._over is not None:
            return
        if self._timer is None or self._timer.cancelled() or self._timer.when() > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._do(self._session.tick(self._now()))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
