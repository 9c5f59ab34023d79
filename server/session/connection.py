"""One WebSocket connection: with `connections`, the only file of the session that knows aiohttp.

aiohttp does the handshake and cuts frames out of the stream. Closing, pings and writing are ours, so that close codes
are those of the protocol, a dead peer is told from a slow one, and a slow one costs the others nothing.

A connection has one reader, the request's own task, which takes frames in their order. While it waits for the next one,
a request is taken where it is cut out of the stream; what has to be awaited is the reader's. It ends in one way, by
whomever: nothing is taken in or handed on any more, what is queued goes out with the close frame, the desk hears `left`
once everything under way has ended, and after `farewell_seconds` the transport is aborted, whatever is still in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal, TypeAlias

import structlog
from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from aiohttp.base_protocol import BaseProtocol

from server.session import framing
from server.session.calls import Calls
from server.session.limits import Meter, TurnedAway, subject
from server.session.outbox import outbox_of
from server.session.protocol import Answer, End, Phase, Session
from server.session.setting import Caller, Setting
from server.session.writing import Writer
from server.wire import codec
from server.wire.codec import AnyRequest
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.requests import Endpoint

_LOOKS: Final = 50  # for the last answers before a restart
_FAIR: Final = 32  # frames of one connection after which the others get their turn
_QUEUED_BYTES: Final = 65_536  # of frames that wait, twice that much at most
_OPEN: Final = Phase.OPEN
_IDENTIFYING: Final = Phase.IDENTIFYING  # a member reached through its class costs a quarter of a microsecond

# The answer to a close frame is its own code, but for none, and for one that nobody may send and aiohttp lets through.
_RETURNED: Final = {0: None, 1006: 1002}

# Refusals for which there is no error reply, but an end that tells the client whether to come back.
_REFUSALS: Final = {
    CloseCode.ORIGIN: ErrorCode.FORBIDDEN,
    CloseCode.BAD_CREDENTIALS: ErrorCode.UNAUTHORISED,
    CloseCode.TOO_MANY_CONNECTIONS: ErrorCode.RATE_LIMITED,
}

_log = structlog.get_logger("session")


# Takes a text frame where it was cut out of the stream; False: it is to wait for the reader.
Straight: TypeAlias = Callable[[bytes], bool]


class Share:
    """Of the frames that one chunk of bytes may bring straight; those after them let others have their turn.

    A thing of its own, for whoever hears of bytes would otherwise hold on to the queue, and the queue to them.
    """

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = 0

    def begin(self) -> None:
        """More bytes have come."""
        self.left = _FAIR


class Frames(WebSocketDataQueue):
    """Frames that wait for the reader. A text frame that need not wait is handed on where it arrives: the way through
    the queue, a future, the turn of a task and all that await it is a seventh of what a message costs the loop.
    """

    straight: Straight | None = None

    def __init__(self, protocol: BaseProtocol, limit: int, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(protocol, limit, loop=loop)
        self.share = Share()

    def feed_data(self, data: Any, size: int) -> None:
        """The parser has cut out a frame."""
        if (
            self.straight is None
            or self._buffer
            or self.share.left <= 0
            or data.type is not WSMsgType.TEXT
            or not self.straight(data.data)
        ):
            super().feed_data(data, size)
        else:
            self.share.left -= 1


class Socket(web.WebSocketResponse[Literal[False]]):
    """aiohttp's handshake and reader. It never closes anything by itself: `Connection` does."""

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: Any) -> None:
        """As aiohttp's, but for the queue, which is ours. Not public: `tests/session/test_straight.py` sees to it."""
        self._ws_protocol = protocol
        self._writer = writer
        assert self._loop is not None
        self._reader = self._frames = Frames(request.protocol, _QUEUED_BYTES, loop=self._loop)
        self._parser = WebSocketReader(self._frames, self._max_msg_size, compress=False, decode_text=False)
        request.protocol.set_parser(self._parser, data_received_cb=self._frames.share.begin)
        request.protocol.keep_alive(val=False)

    def take_straight(self, straight: Straight | None) -> None:
        """Hand text frames to it from now on, when none waits; None: to nobody any more."""
        self._frames.straight = straight

    def put(self, work: Awaitable[None]) -> None:
        """Have the reader await it before the next frame."""
        WebSocketDataQueue.feed_data(self._frames, WSMessage(WSMsgType.TEXT, work, None), 0)

    async def close(
        self,
        *,
        code: int = WSCloseCode.OK,  # noqa: ARG002 - aiohttp's signature
        message: bytes = b"",  # noqa: ARG002
        drain: bool = True,  # noqa: ARG002
    ) -> bool:
        return False


class Connection:
    """A `Peer`. Made for an accepted upgrade; `run` lives as long as the connection."""

    __slots__ = (
        "_alarm",
        "_calls",
        "_desk",
        "_heard",
        "_identify_alarm",
        "_jitter",
        "_leaving",
        "_loop",
        "_meter",
        "_origin",
        "_protocol",
        "_sent_off",
        "_setting",
        "_socket",
        "_transport",
        "_unsent",
        "_working",
        "_writer",
        "address",
        "close_code",
        "country",
        "endpoint",
        "host",
        "identified",
        "identity",
        "limited_as",
        "session",
    )

    def __init__(  # noqa: PLR0913 - what a connection is made of
        self,
        setting: Setting,
        caller: Caller,
        *,
        ws: Socket,
        transport: asyncio.Transport,
        drain: Callable[[], Awaitable[None]],
        session: str,
        jitter: float,
    ) -> None:
        """`jitter` is this connection's share of `Timing.jitter`, from -1 to 1."""
        self.endpoint: Endpoint = caller.endpoint
        self.session = session
        self.address = caller.address
        self.host = caller.host
        self.country = caller.country
        self.limited_as = caller.limited_as
        self.identified = False
        self.identity: Any = None
        self.close_code: int | None = None
        self._setting = setting
        self._desk = setting.desk
        self._socket = ws
        self._transport = transport
        self._origin = caller.origin
        self._jitter = jitter
        self._loop = asyncio.get_running_loop()
        self._protocol = Session(caller.endpoint, setting.terms)
        stall_seconds = setting.timing.stall_seconds
        self._writer = Writer(
            transport, drain, stall_seconds=stall_seconds, outbox=outbox_of(caller.endpoint), turn=setting.turn
        )
        self._calls = Calls(setting.desk, self, self._request_failed)
        self._meter: Meter | None = None
        self._heard = self._working = self._sent_off = False
        self._unsent = 0
        self._leaving: asyncio.Task[None] | None = None
        self._identify_alarm: asyncio.TimerHandle | None = None
        self._alarm: asyncio.TimerHandle | None = None

    # What the desk asks of a peer.

    @property
    def unsent(self) -> int:
        return self._writer.outbox.size + self._transport.get_write_buffer_size()

    def send(self, frame: bytes) -> None:
        # The answer to `identify` is as large as what was missed; everything else has to fit.
        identifying = self._protocol.phase is _IDENTIFYING
        if not (self._writer.send_exempt(frame) if identifying else self._writer.send(frame)):
            self._writer.outbox.clear()
            self.close(CloseCode.SLOW_READER, "too slow; resume")

    def send_lossy(self, key: str, frame: bytes) -> None:
        self._writer.send_lossy(key, frame)

    def close(self, code: CloseCode, reason: str) -> None:
        if code in _REFUSALS and self._protocol.phase is not Phase.CLOSED:
            # Which origin it was is looked for by whoever forgot to list it.
            example = (self._origin or "")[:200] if code is CloseCode.ORIGIN else self.session
            self._setting.bounds.refusals.note(self.endpoint, _REFUSALS[code], example=example)
        self._finish(code, reason)

    def send_off(self, looks: int = _LOOKS) -> None:
        """Close it for a restart, once what is under way is answered. What comes in from now on is sent again."""
        self._sent_off = True
        if self._calls.in_flight and looks:
            self._loop.call_later(self._setting.timing.answer_seconds / _LOOKS, self.send_off, looks - 1)
        else:
            self.close(CloseCode.RESTARTING, "restarting")

    # The life of the connection.

    async def run(self) -> None:
        """From `hello` to the end of the transport."""
        self._writer.send(self._setting.hello)
        self._identify_alarm = self._loop.call_later(
            self._setting.terms.identify_within_ms / 1000, self._not_identified
        )
        self._alarm = self._loop.call_later(self._until_ping, self._ping)
        self._socket.take_straight(self._straight)
        try:
            await self._read()
        finally:
            self._finish(None)
            self._transport.close()
            await self._writer.stopped()
            if self._leaving is not None:
                await asyncio.shield(self._leaving)
            self._let_go()

    async def _read(self) -> None:
        """Take frames in their order until one side has closed and the other has heard of it."""
        taken = 0
        while True:
            message = await self._socket.receive()
            self._heard = True
            match message.type:
                case WSMsgType.TEXT:
                    work = self._take(message.data) if isinstance(message.data, bytes) else message.data
                    if work is not None:
                        await self._work(work)
                case WSMsgType.PONG:
                    self._ponged()
                case WSMsgType.PING:
                    self._writer.control(framing.pong(message.data))
                case WSMsgType.BINARY:
                    self._obey(self._protocol.receive_binary())
                case WSMsgType.CLOSE:
                    self._finish(_RETURNED.get(message.data, message.data))
                    return
                case WSMsgType.ERROR if isinstance(message.data, WebSocketError):
                    await self._unreadable(message.data)
                    return
                case _:
                    return  # The transport is gone.
            # `receive` does not wait while frames are there: nobody else would get a turn.
            taken += 1
            if taken % _FAIR == 0:
                await asyncio.sleep(0)

    def _straight(self, frame: bytes) -> bool:
        """Take a frame where it arrives, as the reader would, unless the reader is at work or somebody identifies."""
        if self._working or self._protocol.phase is not _OPEN:
            return False
        self._heard = True
        try:
            work = self._take(frame)
        except Exception:  # noqa: BLE001 - our bug; out of here it would go to the parser, which passes it over
            _log.exception("a frame could not be taken", session=self.session)
            self._finish(WSCloseCode.INTERNAL_ERROR)
            self._transport.close()
            return True
        if work is not None:
            self._socket.put(work)
        return True

    def _take(self, frame: bytes) -> Awaitable[None] | None:
        """Do what a frame asks for; what is returned must end before the next one is taken."""
        if self._sent_off:
            return None
        outcome = self._protocol.receive(frame)
        if outcome is None:
            return None
        if isinstance(outcome, Answer | End):
            self._obey(outcome)
            return None
        if self._protocol.phase is _IDENTIFYING:
            return self._identify(outcome)
        self._desk.heard(self)
        away = (self._meter or self._begin_meter()).admit(outcome)
        if away is not None:
            self._turn_away(outcome, away)
            return None
        return self._calls.perform(outcome)

    def _begin_meter(self) -> Meter:
        """Only with the first request: most connections are idle."""
        who = subject(self.identity, session=self.session, address=self.limited_as)
        self._meter = self._setting.bounds.limits.meter(who)
        return self._meter

    def _turn_away(self, request: AnyRequest, away: TurnedAway) -> None:
        if away.refused is not None:
            self._desk.refused(self, request, away.refused)
            self._refuse(request.id, away.refused)
        if away.close is not None:
            self.close(away.close, "too much at once")

    async def _work(self, work: Awaitable[None]) -> None:
        self._working = True
        try:
            await work
        finally:
            self._working = False

    async def _identify(self, request: AnyRequest) -> None:
        entrance = self._setting.bounds.entrance
        try:
            entrance.insist_on_identify(self.limited_as)
            accepted = await self._calls.identify(request, self._origin)
        except Refused as refused:
            accepted = False
            self._refuse(request.id, refused)
        if not accepted:
            self._obey(self._protocol.refused())
            return
        self._protocol.accepted()
        self.identified = True
        entrance.identified(self.limited_as)
        if self._identify_alarm is not None:
            self._identify_alarm.cancel()

    def _obey(self, outcome: Answer | End | None) -> None:
        match outcome:
            case Answer():
                self._refuse(outcome.re, outcome.refused)
            case End():
                self._obey(outcome.answer)
                self._finish(outcome.code, outcome.reason)
            case None:
                pass

    def _not_identified(self) -> None:
        self._obey(self._protocol.deadline())

    def _request_failed(self, request: AnyRequest, refused: Refused, overtaken: bool) -> None:  # noqa: FBT001
        self._refuse(request.id, refused)
        if overtaken:
            # What was sent after it must not come before it: the client resends both, in order.
            self.close(CloseCode.RESEND, "a write failed; send again")

    def _refuse(self, re: Any, refused: Refused) -> None:
        """The one place where an error reply leaves. `re`: the id of the request, if it has one."""
        self._setting.bounds.refusals.note(self.endpoint, refused.code, example=self.session)
        self.send(codec.error_reply(re if isinstance(re, str) else None, refused))

    async def _unreadable(self, error: WebSocketError) -> None:
        """What came is no WebSocket, or larger than anything we read. The rest of it is thrown away for a while."""
        error.__traceback__ = None  # calls that hold on to the socket; and the socket's parser holds on to the error
        if error.code == WSCloseCode.MESSAGE_TOO_BIG:
            self._obey(self._protocol.oversize())
        else:
            self._finish(error.code, "not a WebSocket frame")
        # To close while bytes are still coming in would tear the close frame out of the client's hands.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._setting.timing.farewell_seconds):
                await self._loop.create_future()

    # Heartbeat: one timer; the flag costs less than moving the timer with each frame.

    @property
    def _until_ping(self) -> float:
        timing = self._setting.timing
        return self._setting.terms.heartbeat_ms / 1000 * (1 + timing.jitter * self._jitter) - timing.pong_seconds

    def _ping(self) -> None:
        self._heard = False
        self._unsent = self._transport.get_write_buffer_size()
        self._writer.control(framing.PING)
        self._alarm = self._loop.call_later(self._setting.timing.pong_seconds, self._check)

    def _ponged(self) -> None:
        """A ping was answered."""

    def _check(self) -> None:
        """Alive is who was heard of, who waits for us, and who is still reading what lies before the ping."""
        unsent = self._transport.get_write_buffer_size()
        if self._heard or self._working:
            self._alarm = self._loop.call_later(self._until_ping, self._ping)
        elif unsent < self._unsent:
            self._unsent = unsent
            self._alarm = self._loop.call_later(self._setting.timing.pong_seconds, self._check)
        else:
            self.close(CloseCode.HEARTBEAT_LOST, "no answer to a ping")

    # The end.

    def _finish(self, code: int | None, reason: str = "") -> None:
        """End the connection, once, whoever asked for it; see the top of this file."""
        if self._protocol.phase is Phase.CLOSED:
            return
        self.close_code = None if code is None else int(code)
        known = self._protocol.phase is not Phase.OPENING or self._calls.identified
        self._protocol.closed()
        self._calls.stop()
        self._writer.finish(framing.close(code, reason))
        for alarm in (self._identify_alarm, self._alarm):
            if alarm is not None:
                alarm.cancel()
        if self._meter is not None:
            self._meter.close()
        self._loop.call_later(self._setting.timing.farewell_seconds, self._transport.abort)
        if known:
            self._leaving = self._loop.create_task(self._leave(), name=f"leave {self.session}")

    async def _leave(self) -> None:
        """Tell the desk, after everything under way: what ends late must not bring back somebody who has left."""
        try:
            async with asyncio.timeout(self._setting.timing.leave_seconds):
                await self._calls.settled()
        except TimeoutError:
            self._calls.cancel()
            _log.warning("requests outlive their connection", session=self.session, count=self._calls.in_flight)
        finally:
            await self._tell_left()

    def _let_go(self) -> None:
        """Nothing of it may hold on to what holds on to it: rubbish that goes in circles is only found by a look at
        everything, for which all connections have to wait.
        """
        self._socket.take_straight(None)
        self._calls.let_go()

    async def _tell_left(self) -> None:
        try:
            await self._desk.left(self)
        except Exception:  # noqa: BLE001 - nobody is left to hear of it
            _log.exception("left failed", session=self.session)
