"""What may happen on a connection, and when. Knows frames, but neither sockets nor clocks.

A connection passes through four phases, never backwards but for one step:

    opening --identify--> identifying --accepted--> open
       ^                      |
       +-------refused--------+          and from anywhere: --closed--> closed

`Session` is told what arrived and says what is to be done about it: hand a request to the desk, answer with a frame
(`Answer`), or end the connection (`End`). Two rules stand above the table:

* Before `open` there is no request but `identify`; everything else is answered with `unauthorised`.
* A frame that is wrong is answered and the connection lives; only what no honest client does ends it: a binary frame, a
  frame of four times the limit, a hundred wrong frames in a row, silence instead of `identify`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from server.wire import codec
from server.wire.codec import AnyRequest, BadFrame
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.events import Hello, Limits
from server.wire.requests import Endpoint, IdentifyAgent, IdentifyBot, IdentifyVisitor

PROTOCOL: Final = 1
OVERSIZE: Final = 4  # times the limit: no longer answered, but ended


class Phase(StrEnum):
    """Where the connection stands."""

    OPENING = "opening"
    IDENTIFYING = "identifying"
    OPEN = "open"
    CLOSED = "closed"


class Step(StrEnum):
    """What moves a connection from one phase to the next."""

    IDENTIFY = "identify"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CLOSE = "close"


# Whatever is not in this table is a fault of this program, not of the client.
TRANSITIONS: Final[dict[tuple[Phase, Step], Phase]] = {
    (Phase.OPENING, Step.IDENTIFY): Phase.IDENTIFYING,
    (Phase.IDENTIFYING, Step.ACCEPTED): Phase.OPEN,
    (Phase.IDENTIFYING, Step.REFUSED): Phase.OPENING,
    (Phase.OPENING, Step.CLOSE): Phase.CLOSED,
    (Phase.IDENTIFYING, Step.CLOSE): Phase.CLOSED,
    (Phase.OPEN, Step.CLOSE): Phase.CLOSED,
    (Phase.CLOSED, Step.CLOSE): Phase.CLOSED,
    # The desk may have closed the connection before it answered.
    (Phase.CLOSED, Step.ACCEPTED): Phase.CLOSED,
    (Phase.CLOSED, Step.REFUSED): Phase.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every client is told in `hello`, and what it may do."""

    server: str
    heartbeat_ms: int = 25_000
    identify_within_ms: int = 10_000
    frame_bytes: int = 65_536
    text_chars: int = 8_000
    bad_frames: int = 100  # in a row
    features: tuple[str, ...] = ()

    def hello(self) -> bytes:
        """The first frame of every connection."""
        return codec.encode(
            Hello(
                protocol=PROTOCOL,
                server=self.server,
                heartbeat_ms=self.heartbeat_ms,
                identify_within_ms=self.identify_within_ms,
                limits=Limits(frame_bytes=self.frame_bytes, text_chars=self.text_chars),
                features=list(self.features),
            )
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Refuse the request of this id; nothing else happens."""

    re: str | None
    refused: Refused


@dataclass(frozen=True, slots=True)
class End:
    """Close with this code, ours or one of RFC 6455; `answer` goes before."""

    code: int
    reason: str
    answer: Answer | None = field(default=None)


Outcome: TypeAlias = AnyRequest | Answer | End

# Under names of the module: through their class, members of an enumeration cost a quarter of a microsecond each.
_CLOSED: Final = Phase.CLOSED
_OPEN: Final = Phase.OPEN
_IDENTIFY: Final = frozenset({IdentifyVisitor, IdentifyAgent, IdentifyBot})
_BINARY: Final = End(CloseCode.BAD_FRAME, "binary frames are not understood")
_OVERSIZE: Final = End(CloseCode.BAD_FRAME, "frame too large")
NOT_TEXT: Final = End(1007, "text that is not UTF-8")  # RFC 6455 §8.1: such a connection must be failed
_FLOOD: Final = "too many bad frames"


class Session:
    """The protocol of one connection. After `CLOSED` nothing is handed on any more."""

    __slots__ = ("_bad", "_endpoint", "_late", "_terms", "phase")

    def __init__(self, endpoint: Endpoint, terms: Terms) -> None:
        self.phase = Phase.OPENING
        self._endpoint = endpoint
        self._terms = terms
        self._bad = 0
        self._late = False

    def receive(self, frame: bytes) -> Outcome | None:
        """What to do about a text frame. A returned `identify` has begun: end it with `accepted` or `refused`."""
        phase = self.phase
        if phase is _CLOSED:
            return None
        if len(frame) > self._terms.frame_bytes:
            return self._too_large(frame)
        try:
            request = codec.decode(self._endpoint, frame)
        except BadFrame as bad:
            # Without the calls that it and its cause went through: one of them holds on to the answer, and so to it.
            bad.__traceback__ = bad.__context__ = None
            return self._wrong(bad.re, bad) if is_text(frame) else NOT_TEXT
        if phase is _OPEN and type(request) not in _IDENTIFY:
            self._bad = 0
            return request
        return self._around_identify(request)

    def receive_binary(self) -> End | None:
        """What to do about a binary frame."""
        return None if self.phase is Phase.CLOSED else _BINARY

    def oversize(self) -> End | None:
        """What to do about a frame that was not even read to its end."""
        return None if self.phase is Phase.CLOSED else _OVERSIZE

    def deadline(self) -> End | None:
        """The time to identify is over. An attempt under way is spared until it fails: that is the desk's time."""
        self._late = True
        return self._not_identified() if self.phase is Phase.OPENING else None

    def accepted(self) -> None:
        """The desk knows who this is."""
        self._go(Step.ACCEPTED)

    def refused(self) -> End | None:
        """The desk refused; the client may try again within its time."""
        self._go(Step.REFUSED)
        return self._not_identified() if self._late and self.phase is Phase.OPENING else None

    def closed(self) -> None:
        """The connection ends, by either side. Idempotent."""
        self._go(Step.CLOSE)

    def _go(self, step: Step) -> None:
        self.phase = TRANSITIONS[self.phase, step]

    def _around_identify(self, request: AnyRequest) -> Outcome:
        if not isinstance(request, IdentifyVisitor | IdentifyAgent | IdentifyBot):
            return self._wrong(_id(request), Refused(ErrorCode.UNAUTHORISED, "Identify first."))
        if self.phase is not Phase.OPENING:
            return self._wrong(request.id, Refused(ErrorCode.CONFLICT, "This connection has identified already."))
        if request.protocol != PROTOCOL:
            return End(CloseCode.PROTOCOL_VERSION, f"protocol {PROTOCOL} is spoken here")
        self._bad = 0
        self._go(Step.IDENTIFY)
        return request

    def _too_large(self, frame: bytes) -> Answer | End:
        if len(frame) >= OVERSIZE * self._terms.frame_bytes:
            return _OVERSIZE
        limit = self._terms.frame_bytes
        return self._wrong(codec.frame_id(frame), Refused(ErrorCode.TOO_LARGE, f"A frame has at most {limit} bytes."))

    def _wrong(self, re: str | None, refused: Refused) -> Answer | End:
        self._bad += 1
        answer = Answer(re, refused)
        return End(CloseCode.FLOODING, _FLOOD, answer) if self._bad >= self._terms.bad_frames else answer

    @staticmethod
    def _not_identified() -> End:
        return End(CloseCode.NOT_IDENTIFIED, "not identified in time")


def is_text(payload: bytes) -> bool:
    """Whether this may be the payload of a text frame."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def _id(request: AnyRequest) -> str | None:
    return request.id if isinstance(request.id, str) else None
