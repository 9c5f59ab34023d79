"""What those who run a bot see of it: its connections, what went over them, how fast it answers, what it came to.

Everything is counted since the server started and kept in memory only. A try-out counts nowhere, but its frames are in
the log of the connection like all others.

The log of frames never holds a token: whatever looks like one is masked before it is kept, and the frame in which a bot
said who it is comes before there is a log. Card numbers, which a bot may write as anybody may, are masked when it is
shown. It ends an hour after its connection.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from router import events
from router.model import HandOverReason
from server.clock import Clock
from server.desk.masking import mask

FRAMES: Final = 200  # of one connection
MAX_FRAME: Final = 2_048  # bytes of one frame
KEPT_MS: Final = 3_600_000  # after the end of a connection
ANSWERS: Final = 1_000  # the last ones, of which the times are known
_GONE: Final = 50  # connections of one bot that ended and are still shown
_TOKEN: Final = re.compile(rb"fdb_[A-Za-z0-9_-]+")
_MARK: Final = b"fdb_"
REASONS: Final[tuple[str, ...]] = get_args(HandOverReason)  # why a conversation went to people
_BY_BOT_OR_VISITOR: Final = ("bot", "visitor")

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame: ``at`` in milliseconds since 1970, its beginning, and how many bytes it had."""

    at: int
    direction: Direction
    text: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """The last error reply or close code, and when."""

    code: str
    at: int


class BotLine:
    """One connection of a bot. Each call costs about as much as putting something into a list."""

    __slots__ = (
        "_begun",
        "_clock",
        "_frames",
        "_last",
        "_monotonic",
        "_of",
        "address",
        "bot",
        "gone_at",
        "lag_ms",
        "session",
        "since",
        "worker",
    )

    def __init__(self, of: _Bot, clock: Clock, *, bot: str, session: str, address: str, worker: str) -> None:
        self._of = of
        self._clock = clock
        self._monotonic = clock.monotonic
        self.bot = bot
        self.session = session
        self.address = address
        self.worker = worker
        self.since = clock.now()
        # Frames are timed by the hand that costs nothing.
        self._begun = clock.monotonic()
        self._last: float | None = None  # a frame came
        self.lag_ms: int | None = None
        self.gone_at: int | None = None
        self._frames: deque[tuple[float, Direction, bytes, int]] = deque(maxlen=FRAMES)

    @property
    def last_at(self) -> int | None:
        """When the last frame came."""
        return None if self._last is None else self._at(self._last)

    def heard(self, frame: bytes) -> None:
        """This frame came."""
        self._last = at = self._monotonic()
        self._frames.append((at, "in", _kept(frame), len(frame)))

    def said(self, frame: bytes) -> None:
        """This frame went."""
        self._frames.append((self._monotonic(), "out", _kept(frame), len(frame)))

    def lag(self, milliseconds: int) -> None:
        """How long a heartbeat took to come back."""
        self.lag_ms = milliseconds

    def refused(self, code: str) -> None:
        """An error reply, or a close code."""
        self._of.last_error = LastError(code=code, at=self._clock.now())

    def left(self) -> None:
        """It is gone."""
        if self.gone_at is None:
            self.gone_at = self._clock.now()
            self._of.left(self)

    def frames(self) -> list[Frame]:
        """The last ones, in order, without card numbers."""
        return [
            Frame(at=self._at(at), direction=direction, text=mask(kept.decode(errors="replace")), size=size)
            for at, direction, kept, size in self._frames
        ]

    def erase(self, names: Iterable[bytes]) -> None:
        """Drop the frames that name one of these, or may have in what was cut off."""
        names = tuple(names)
        left = [
            frame for frame in self._frames if frame[3] <= MAX_FRAME and not any(name in frame[2] for name in names)
        ]
        if len(left) < len(self._frames):
            self._frames = deque(left, maxlen=FRAMES)

    def _at(self, moment: float) -> int:
        return self.since + int((moment - self._begun) * 1000)


@dataclass(slots=True, kw_only=True)
class _Talk:
    """A conversation that a bot has or had. ``handed``: people had it since."""

    bot: str
    asked_at: int | None = None
    wrote: bool = False
    handed: bool = False


@dataclass(slots=True, kw_only=True)
class _Bot:
    lines: dict[str, BotLine] = field(default_factory=dict)
    gone: deque[BotLine] = field(default_factory=lambda: deque(maxlen=_GONE))
    last_error: LastError | None = None
    answers_ms: deque[int] = field(default_factory=lambda: deque(maxlen=ANSWERS))
    answered: int = 0
    started: int = 0
    deflected: int = 0
    handed_over: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def left(self, line: BotLine) -> None:
        if self.lines.pop(line.session, None) is not None:
            self.gone.append(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotFigures:
    """A bot since the server started. Answer times are of the last `ANSWERS`, None before the first.

    ``deflected``: ended by the bot or the visitor after the bot wrote, and never with people. ``failed``: hand-overs
    that came to nothing, by reason.
    """

    last_error: LastError | None
    answered: int
    p50_ms: int | None
    p95_ms: int | None
    started: int
    deflected: int
    handed_over: dict[str, int]
    failed: dict[str, int]


class BotWatch:
    """All bots of a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.now = clock.now
        self._bots: dict[str, _Bot] = {}
        self._talks: dict[str, _Talk] = {}
        self.handoffs: Counter[str] = Counter()  # by reason, of all bots

    # What happens.

    def connected(self, bot: str, *, session: str, address: str, worker: str = "") -> BotLine:
        """A connection of this bot (id) has identified itself; ``address`` as far as it may be kept."""
        of = self._bot(bot)
        line = BotLine(of, self._clock, bot=bot, session=session, address=address, worker=worker)
        of.lines[session] = line
        return line

    def asked(self, bot: str, conversation: str) -> None:
        """The visitor wrote, and the bot has the conversation."""
        talk = self._talks.get(conversation)
        if talk is not None and talk.bot == bot and talk.asked_at is None:
            talk.asked_at = self.now()

    def answered(self, bot: str, conversation: str) -> None:
        """The bot wrote."""
        talk = self._talks.get(conversation)
        if talk is None or talk.bot != bot:
            return
        talk.wrote = True
        if talk.asked_at is not None:
            of = self._bot(bot)
            of.answers_ms.append(max(0, self.now() - talk.asked_at))
            of.answered += 1
            talk.asked_at = None

    def refused(self, bot: str, code: str) -> None:
        """An error reply to one of its connections, or a close code."""
        self._bot(bot).last_error = LastError(code=code, at=self.now())

    def erase(self, conversations: Collection[str]) -> None:
        """Drop the frames that name one of these conversations: their visitor was erased."""
        names = tuple(each.encode() for each in conversations)
        for line in self._lines():
            line.erase(names)

    def happened(self, committed: Iterable[events.Event]) -> None:
        """These events were committed."""
        for event in committed:
            match event:
                case events.ConversationStarted(bot=str(bot), trial=False):
                    asked_at = event.at if event.spoke else None
                    self._talks[event.conversation] = _Talk(bot=bot, asked_at=asked_at)
                    self._bot(bot).started += 1
                case events.ConversationGivenToBot():
                    self._given(event.conversation, event.bot)
                case events.ConversationHandedOver():
                    self._taken(event.conversation)
                    self.handoffs[event.reason] += 1
                    self._bot(event.bot).handed_over[event.reason] += 1
                case events.HandoffFailed() if event.reason != "trial":
                    self._bot(event.bot).failed[event.reason] += 1
                case events.ConversationAssigned():
                    self._taken(event.conversation)
                case events.ConversationClosed():
                    self._closed(event)
                case _:
                    pass

    def configured(self, bots: Collection[str]) -> None:
        """These bots there are, and no others: what is known of others is forgotten."""
        for bot in self._bots.keys() - frozenset(bots):
            del self._bots[bot]

    # How it stands.

    def figures(self, bot: str) -> BotFigures:
        """What it came to."""
        of = self._bots.get(bot) or _Bot()
        times = sorted(of.answers_ms)
        return BotFigures(
            last_error=of.last_error,
            answered=of.answered,
            p50_ms=_quantile(times, 0.5),
            p95_ms=_quantile(times, 0.95),
            started=of.started,
            deflected=of.deflected,
            handed_over=dict(of.handed_over),
            failed=dict(of.failed),
        )

    def lines(self, bot: str) -> list[BotLine]:
        """Its open connections, the oldest first."""
        of = self._bots.get(bot)
        return [] if of is None else list(of.lines.values())

    def logs(self, bot: str) -> list[BotLine]:
        """The same, after those that ended within the last hour."""
        of = self._bots.get(bot)
        if of is None:
            return []
        self._sweep(of)
        return [*of.gone, *of.lines.values()]

    def connections(self) -> dict[str, int]:
        """By bot, how many connections are open."""
        return {bot: len(of.lines) for bot, of in self._bots.items()}

    def sweep(self) -> None:
        """Forget the logs whose hour is over."""
        for of in self._bots.values():
            self._sweep(of)

    def _sweep(self, of: _Bot) -> None:
        while of.gone and (of.gone[0].gone_at or 0) + KEPT_MS <= self.now():
            of.gone.popleft()

    def _bot(self, bot: str) -> _Bot:
        found = self._bots.get(bot)
        if found is None:
            found = self._bots[bot] = _Bot()
        return found

    def _lines(self) -> Iterator[BotLine]:
        for of in self._bots.values():
            yield from of.lines.values()
            yield from of.gone

    def _given(self, conversation: str, bot: str) -> None:
        talk = self._talks.get(conversation)
        if talk is None:
            self._talks[conversation] = _Talk(bot=bot, handed=True)
        else:
            talk.bot, talk.asked_at, talk.handed = bot, None, True

    def _taken(self, conversation: str) -> None:
        talk = self._talks.get(conversation)
        if talk is not None:
            talk.asked_at, talk.handed = None, True

    def _closed(self, event: events.ConversationClosed) -> None:
        talk = self._talks.pop(event.conversation, None)
        if talk is None or event.bot != talk.bot:
            return
        if talk.wrote and not talk.handed and event.by in _BY_BOT_OR_VISITOR:
            self._bot(talk.bot).deflected += 1


def _kept(frame: bytes) -> bytes:
    if _MARK in frame:
        frame = _TOKEN.sub(b"fdb_...", frame)
    return frame[:MAX_FRAME]


def _quantile(ordered: list[int], share: float) -> int | None:
    """The smallest value that so large a share of them is at most."""
    if not ordered:
        return None
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]
