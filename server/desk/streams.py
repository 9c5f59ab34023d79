"""What a bot says while it is still saying it: shown growing to the visitor, stored as one entry at its end.

A stream belongs to the connection on which it grows. When that goes, or the bot loses the conversation, the stream is
cut: the page is told, and whoever goes on with it elsewhere has to send the whole (``text``), or is answered `gone`.
Nothing of a stream is stored before its end, when it is a message like any other, whose name is the stream's.
Whoever thinks better of it takes it back, with an empty ``text``: the page is told, and there is no message.
Once a piece was refused, by a limit or for what it said, no text with a hole is stored: what comes then says where it
belongs (``offset``) or is the whole (``text``), or it is answered `gone`.

The page is told at most `A_SECOND` times a second of each stream, always of all that is there by then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET, UnsetType

from router import commands, model
from server.clock import Clock
from server.desk import audience, masking, views
from server.desk.audience import Hub
from server.desk.engine import Engine
from server.desk.identity import BotIdentity
from server.desk.messages import Messages, check_text
from server.desk.open import OpenConversation
from server.session.ports import Peer, Ticket
from server.wire import events as wire
from server.wire import parts
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import Stream, Thinking

A_SECOND: Final = 10
MOST: Final = 4  # open streams of one conversation
_PAUSE_S: Final = 1 / A_SECOND
_WORKING_MS: Final = 1_000
_CUT_KNOWN: Final = 10_000

# Calls back after so many seconds.
Later = Callable[[float, Callable[[], None]], object]
# The open conversation, if this bot has it; raises `Refused`.
Own = Callable[[BotIdentity, str], OpenConversation]


@dataclass(slots=True, kw_only=True)
class _Growing:
    session: str
    person: parts.Person
    conversation: OpenConversation
    id: str
    text: str = ""
    told_at: float = -1.0
    holed: bool = False  # a piece was refused
    waits: bool = False  # for its turn to be told
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thinking:
    """Who is shown to be at work, and the connection that said so."""

    session: str
    person: parts.Person
    conversation: OpenConversation


class Streams:
    """Those of all bots. `own` as in `Own`."""

    def __init__(self, *, hub: Hub, engine: Engine, messages: Messages, clock: Clock, later: Later, own: Own) -> None:
        self._hub = hub
        self._engine = engine
        self._messages = messages
        self._clock = clock
        self._later = later
        self._own = own
        self._open: dict[str, dict[str, _Growing]] = {}  # by conversation and name
        self._cut: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._worked: dict[str, int] = {}
        self._thinking: dict[str, _Thinking] = {}  # by conversation

    def grow(self, peer: Peer, request: Stream) -> Ticket | None:
        """One piece more, or the end."""
        identity: BotIdentity = peer.identity
        if request.final:
            return self._finish(peer, request)
        conversation = self._own(identity, request.conversation)
        if request.text == "":
            self._take_back(peer, request)
        else:
            self._add(peer, request, conversation)
        if not isinstance(request.id, UnsetType):
            peer.send(views.received(request.id))
        return None

    def _add(self, peer: Peer, request: Stream, conversation: OpenConversation) -> None:
        stream = self._stream(peer, request, conversation)
        text = _text(stream, request)
        try:
            stream.text = self._checked(text)
        except Refused:
            self._end(stream)
            raise
        stream.holed = False
        self._working(peer.identity, conversation.id)
        self._tell(stream)

    def _take_back(self, peer: Peer, request: Stream) -> None:
        stream = self._open.get(request.conversation, {}).get(request.stream_id)
        if stream is not None and stream.session == peer.session:
            self._end(stream)

    def lost(self, peer: Peer, request: Stream) -> None:
        """This piece was refused. The end is one write with its own name, which is sent again like any other."""
        if request.final:
            return
        stream = self._open.get(request.conversation, {}).get(request.stream_id)
        if stream is None:
            with suppress(Refused):
                self._own(peer.identity, request.conversation)
                self._remember_cut(request.conversation, request.stream_id)
        elif stream.session == peer.session:
            stream.holed = True

    def think(self, peer: Peer, request: Thinking) -> None:
        """It is at it, or no longer."""
        identity: BotIdentity = peer.identity
        conversation = self._own(identity, request.conversation)
        known = _Thinking(session=peer.session, person=_person(identity), conversation=conversation)
        if request.active:
            self._working(identity, conversation.id)
            self._thinking[conversation.id] = known
        else:
            self._thinking.pop(conversation.id, None)
        self._tell_thinking(known, active=request.active, title=request.title)
        if not isinstance(request.id, UnsetType):
            peer.send(views.received(request.id))

    def left(self, session: str) -> None:
        """A connection is gone: what grew on it is cut, and it is at work on nothing any more."""
        for conversation in {**self._open, **self._thinking}:
            self.dropped(session, conversation)

    def dropped(self, session: str, conversation: str) -> None:
        """The same of one conversation, which another connection has now."""
        for stream in tuple(self._open.get(conversation, {}).values()):
            if stream.session == session:
                self._end(stream)
        known = self._thinking.get(conversation)
        if known is not None and known.session == session:
            self._rest(conversation)

    def forget(self, conversation: str) -> None:
        """The bot has it no longer, or it was closed."""
        for stream in tuple(self._open.get(conversation, {}).values()):
            self._end(stream)
        self._worked.pop(conversation, None)
        self._rest(conversation)

    def _rest(self, conversation: str) -> None:
        known = self._thinking.pop(conversation, None)
        if known is not None:
            self._tell_thinking(known, active=False)

    def _tell_thinking(self, known: _Thinking, *, active: bool, title: str | UnsetType = UNSET) -> None:
        id = known.conversation.id
        event = wire.ThinkingEvent(conversation=id, sender=known.person, active=active, title=title)
        self._publish(known.conversation, f"thinking:{id}", encode(event))

    def _finish(self, peer: Peer, request: Stream) -> Ticket:
        if isinstance(request.id, UnsetType):
            raise Refused(ErrorCode.BAD_REQUEST, "At its end a stream needs an id.", field="id")
        stream = self._open.get(request.conversation, {}).get(request.stream_id)
        if stream is not None and stream.session != peer.session:
            stream = None
        if stream is not None and stream.holed and not _placed(request):
            self._end(stream)
            stream = None
        cut = (request.conversation, request.stream_id) in self._cut
        text = None
        if not isinstance(request.text, UnsetType) or stream is not None or (request.delta and not request.offset):
            text = None if cut and isinstance(request.text, UnsetType) else _text(stream, request)
        if text is not None:
            text = self._checked(check_text(self._masked(text), self._messages.text_chars()))
        return self._messages.send_streamed(peer, request, text, lambda error: self._finished(stream, error))

    def _finished(self, stream: _Growing | None, error: Exception | None) -> None:
        """The entry is there, and ends it for whoever reads; or it was refused, for good or to be sent again."""
        if stream is None:
            return
        if error is None:
            self._drop(stream)
        elif not (isinstance(error, Refused) and error.code.retryable):
            self._end(stream)

    def _stream(self, peer: Peer, request: Stream, conversation: OpenConversation) -> _Growing:
        streams = self._open.setdefault(conversation.id, {})
        found = streams.get(request.stream_id)
        whole = not isinstance(request.text, UnsetType)
        if found is not None and found.session == peer.session:
            return found
        name = (conversation.id, request.stream_id)
        begins = request.offset == 0
        begun = not isinstance(request.offset, UnsetType) and not begins
        if not whole and (found is not None or (name in self._cut and not begins) or begun):
            raise Refused(ErrorCode.GONE, "Of this stream nothing is known here: send its text.", field="text")
        if found is None and len(streams) >= MOST:
            raise Refused(ErrorCode.CONFLICT, f"A conversation has at most {MOST} streams at a time.")
        self._cut.pop(name, None)
        stream = _Growing(
            session=peer.session, person=_person(peer.identity), conversation=conversation, id=request.stream_id
        )
        if found is not None:
            found.ended = True
        streams[request.stream_id] = stream
        return stream

    def _checked(self, text: str) -> str:
        most = self._messages.text_chars()
        if len(text) > most:
            raise Refused(ErrorCode.TOO_LARGE, f"A message may have {most} characters.", field="text")
        return text

    def _masked(self, text: str) -> str:
        """A number may have come in pieces."""
        return masking.mask(text) if self._engine.directory.workspace.mask_cards else text

    def _tell(self, stream: _Growing) -> None:
        if stream.waits:
            return
        wait_s = stream.told_at + _PAUSE_S - self._clock.monotonic()
        if wait_s > 0:
            stream.waits = True
            self._later(wait_s, lambda: self._tell_late(stream))
        else:
            self._tell_now(stream, active=True)

    def _tell_late(self, stream: _Growing) -> None:
        stream.waits = False
        if not stream.ended:
            self._tell_now(stream, active=True)

    def _tell_now(self, stream: _Growing, *, active: bool) -> None:
        stream.told_at = self._clock.monotonic()
        event = wire.StreamEvent(
            conversation=stream.conversation.id,
            sender=stream.person,
            stream_id=stream.id,
            text=self._masked(stream.text),
            active=active,
        )
        self._publish(stream.conversation, f"stream:{stream.conversation.id}:{stream.id}", encode(event))

    def _publish(self, conversation: OpenConversation, key: str, frame: bytes) -> None:
        self._hub.publish_lossy(audience.of_visitor(conversation.visitor, conversation.site), key, frame)
        self._messages.watchers.tell_lossy(conversation.id, key, frame)

    def _end(self, stream: _Growing) -> None:
        """Without an entry."""
        if self._drop(stream):
            self._remember_cut(stream.conversation.id, stream.id)
            self._tell_now(stream, active=False)

    def _remember_cut(self, conversation: str, stream: str) -> None:
        self._cut[conversation, stream] = None
        while len(self._cut) > _CUT_KNOWN:
            self._cut.popitem(last=False)

    def _drop(self, stream: _Growing) -> bool:
        stream.ended = True
        streams = self._open.get(stream.conversation.id, {})
        if streams.get(stream.id) is not stream:
            return False
        del streams[stream.id]
        if not streams:
            del self._open[stream.conversation.id]
        return True

    def _working(self, identity: BotIdentity, conversation: str) -> None:
        now = self._clock.now()
        if now - self._worked.get(conversation, -_WORKING_MS) >= _WORKING_MS:
            self._worked[conversation] = now
            self._messages.say_who_wrote(conversation)  # a question that the router does not know of gets no time
            self._engine.tell(
                commands.BotWorking(bot=model.BotId(identity.bot), conversation=model.ConversationId(conversation))
            )


def _text(stream: _Growing | None, request: Stream) -> str:
    """All of it, with what has come now. Raises `Refused` when that does not fit to what is there."""
    if not isinstance(request.text, UnsetType):
        return request.text
    known = "" if stream is None else stream.text
    if stream is not None and stream.holed and not _placed(request):
        raise Refused(ErrorCode.GONE, "A piece of this stream was refused: send its text.", field="text")
    if not isinstance(request.offset, UnsetType) and request.offset != len(known):
        raise Refused(ErrorCode.CONFLICT, f"The next piece begins at {len(known)}.", field="offset")
    return known + request.delta


def _placed(request: Stream) -> bool:
    """Whether it says where it belongs."""
    return not isinstance(request.text, UnsetType) or not isinstance(request.offset, UnsetType)


def _person(identity: BotIdentity) -> parts.Person:
    return parts.Person(role="bot", id=identity.bot, name=identity.name)
