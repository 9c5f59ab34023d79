"""How much one connection may ask for, and what becomes of what is too much.

Three kinds of requests have buckets of their own:

* *writes*, whatever changes something, by the person (visitor or agent), their address and, of visitors, the site;
  a bot answers many at once, and all that it says has one bucket of its own, beside one for each conversation, in which
  the pieces of a stream count for nothing and its end for one;
  a conversation's beginning (and a message left) has buckets of its own beside the site's;
* *signals* (typing, read), by the person: they are lossy, so what is too much is dropped, and who gave no `id` is not
  told;
* *reads* (history, ping, a ring confirmed), by the connection.

Order is kept. Once a write that names itself (`client_id`) was refused, every later write of the connection is refused
with it, until that very one comes again and is let in. So a client that sends again what was refused, oldest first and
after `retry_after_ms`, loses nothing and nothing overtakes. Should it never come, then what comes after
`PATIENCE_S` closes the connection (4000): the client starts over with the oldest that was not acknowledged.

Who goes on asking all the same is let go with 4008: more than `FLOOD` answers of this kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import ceil
from typing import Any, Final, Literal, Protocol

from msgspec import UNSET

from server.session.buckets import Bucket, Buckets, Rate, take
from server.wire import requests as ask
from server.wire.codes import CloseCode, ErrorCode, Refused

PATIENCE_S: Final = 10.0  # beyond `retry_after_ms`, for the refused write to come again
FLOOD: Final = Rate(500, 300)  # refusals of one connection
BEHIND: Final = "behind_another"

NO_LIMIT: Final = Rate(0, 0)
# A client that comes a hair too early is only refused again.
_LEAST_WAIT_S: Final = 0.05

Kind = Literal["write", "start", "signal", "read"]

_KINDS: Final[dict[type, Kind]] = {
    ask.ConversationStart: "start",
    ask.MessageLeave: "start",
    ask.Typing: "signal",
    ask.Thinking: "signal",
    ask.Read: "signal",
    ask.History: "read",
    ask.Ping: "read",
    ask.OfferSeen: "read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """One rate for each limit, by the names of workspace.toml."""

    messages_per_visitor: Rate = NO_LIMIT
    messages_per_agent: Rate = NO_LIMIT
    messages_per_bot: Rate = NO_LIMIT
    messages_per_bot_conversation: Rate = NO_LIMIT
    messages_per_address: Rate = NO_LIMIT
    messages_per_site: Rate = NO_LIMIT
    starts_per_visitor: Rate = NO_LIMIT
    starts_per_address: Rate = NO_LIMIT
    signals_per_person: Rate = NO_LIMIT
    reads_per_connection: Rate = NO_LIMIT
    requests_per_address: Rate = NO_LIMIT


NAMES: Final = tuple(field.name for field in fields(Rates))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is limited. `address`: what `TrustedProxies.limited_as` says, empty for nobody in particular."""

    person: str
    address: str = ""
    site: str | None = None  # of a visitor
    bot: bool = False


class Identity(Protocol):
    """What the desk knows of who identified, as far as limits go by it."""

    @property
    def person(self) -> str:
        """The id of the visitor, agent or bot."""

    @property
    def of_site(self) -> str | None:
        """The site of a visitor; None for an agent or bot."""

    @property
    def is_bot(self) -> bool:
        """Whether it answers many at once, and has limits of its own."""


def subject(identity: Identity | None, *, session: str, address: str) -> Subject:
    """Who a connection is to be limited as."""
    if identity is None:
        return Subject(person=session, address=address)
    return Subject(person=identity.person, address=address, site=identity.of_site, bot=identity.is_bot)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Not to be performed. `refused`: the answer; without one, nobody is told. `close`: and this is the end."""

    refused: Refused | None
    close: CloseCode | None = None


class Limits:
    """The limits of this process and who is near them."""

    def __init__(self, now: Callable[[], float], rates: Rates | None = None, buckets: Buckets | None = None) -> None:
        """`now`: seconds that never run backwards."""
        self.now = now
        self.rates = rates or Rates()
        self.buckets = buckets or Buckets()
        self.stopped: Counter[str] = Counter()

    def change(self, rates: Rates) -> None:
        """From now on these, for connections that are open, too. Everybody begins with full buckets."""
        self.rates = rates
        self.buckets.fill()

    def meter(self, subject: Subject) -> Meter:
        """For one connection; to be closed with it."""
        return Meter(self, subject)

    def insist(self, limit: str, subject: str) -> None:
        """Take one from the bucket of that limit (of `NAMES`) and address; raises `Refused` when it is empty."""
        if not subject:
            return
        wait_s = self.buckets.take((limit, subject), getattr(self.rates, limit), self.now())
        if wait_s > 0:
            self.stopped[limit] += 1
            raise _refused(wait_s)


@dataclass(frozen=True, slots=True)
class _Way:
    """What a request of one type has to pass. A gauge: the bucket, the rate's interval and reach, the limit's name."""

    kind: Kind
    gauges: tuple[tuple[Bucket, float, float, str], ...]
    by_talk: bool = False  # and the bucket of the bot's conversation that it is about

    @property
    def writes(self) -> bool:
        return self.kind in ("write", "start")


class Meter:
    """One connection's requests against the limits. Costs well under a microsecond for each that is let in."""

    __slots__ = ("_flood", "_held", "_limits", "_oldest", "_own", "_rates", "_retry_at", "_subject", "_ways")

    def __init__(self, limits: Limits, subject: Subject) -> None:
        self._limits = limits
        self._subject = subject
        self._rates = limits.rates
        self._ways: dict[type, _Way] = {}
        self._held: list[Bucket] = []
        self._own = Bucket("reads_per_connection")
        self._flood = 0.0
        self._oldest: tuple[type, str] | None = None  # the write that was refused first, and did not come again yet
        self._retry_at = 0.0

    def admit(self, request: Any) -> TurnedAway | None:
        """None when it may be performed. To be asked once for each request, in the order of their frames."""
        if self._rates is not self._limits.rates:
            self._follow()
        way = self._ways.get(type(request)) or self._open(type(request))
        now = self._limits.now()
        if self._oldest is not None and way.writes and (away := self._behind(request, now)):
            return away
        for bucket, interval_s, reach_s, limit in way.gauges:
            full_at = bucket.full_at
            if full_at <= now:
                bucket.full_at = now + interval_s
            elif full_at + interval_s <= now + reach_s:
                bucket.full_at = full_at + interval_s
            else:
                return self._over(request, way, now, stopped_by=limit)
        return self._talked_over(request, way, now) if way.by_talk else None

    def close(self) -> None:
        """Nothing more comes."""
        now = self._limits.now()
        held, self._held = self._held, []
        self._ways.clear()
        for bucket in held:
            self._limits.buckets.let_go(bucket, now)

    def _follow(self) -> None:
        """The rates were changed."""
        self.close()
        self._rates = self._limits.rates

    def _open(self, kind_of: type) -> _Way:
        kind = _KINDS.get(kind_of, "write")
        alike = next((way for way in self._ways.values() if way.kind == kind), None)
        by_talk = kind == "write" and self._subject.bot and self._rates.messages_per_bot_conversation.limits
        way = alike or _Way(kind, tuple(self._gauges(kind)), by_talk)
        self._ways[kind_of] = way
        return way

    def _gauges(self, kind: Kind) -> list[tuple[Bucket, float, float, str]]:
        found = []
        for limit, name in _limits_of(kind, self._subject):
            rate: Rate = getattr(self._rates, limit)
            if rate.limits and name != "":
                bucket = self._own if name is None else self._hold((limit, name))
                found.append((bucket, rate.interval_s, rate.reach_s, limit))
        return found

    def _hold(self, name: tuple[str, str]) -> Bucket:
        bucket = self._limits.buckets.hold(name)
        self._held.append(bucket)
        return bucket

    def _behind(self, request: Any, now: float) -> TurnedAway | None:
        """A write was refused: is this the one, or one that would overtake it?"""
        if _named(request) == self._oldest:
            self._oldest = None
            return None
        self._limits.stopped[BEHIND] += 1
        refused = _refused(self._retry_at - now)
        late = now > self._retry_at + PATIENCE_S
        return TurnedAway(refused, CloseCode.RESEND) if late else self._turned_away(refused, now)

    def _over(self, request: Any, way: _Way, now: float, *, stopped_by: str) -> TurnedAway:
        """Of all its buckets, or of none: what was taken from those before the one that is empty is given back."""
        for bucket, interval_s, _, limit in way.gauges:
            if limit == stopped_by:
                break
            bucket.full_at -= interval_s
        wait_s = 0.0
        for bucket, interval_s, reach_s, limit in way.gauges:
            after = max(bucket.full_at, now) + interval_s
            if after > now + reach_s:
                # A bucket of a slower rate may be emptier than empty: see `buckets.take`.
                bucket.full_at = min(bucket.full_at, now + reach_s)
                wait_s = max(wait_s, min(interval_s, after - now - reach_s))
                self._limits.stopped[limit] += 1
        return self._delayed(request, way, now, wait_s)

    def _talked_over(self, request: Any, way: _Way, now: float) -> TurnedAway | None:
        """A bot that says too much in one conversation is not to drown its visitor, however many others it answers."""
        about: str | None = getattr(request, "conversation", None)
        if about is None or (isinstance(request, ask.Stream) and not request.final):
            return None
        limit = "messages_per_bot_conversation"
        name = (limit, self._subject.person, about)
        wait_s = self._limits.buckets.take(name, self._rates.messages_per_bot_conversation, now)
        if wait_s == 0:
            return None
        for bucket, interval_s, _, _ in way.gauges:
            bucket.full_at -= interval_s
        self._limits.stopped[limit] += 1
        return self._delayed(request, way, now, wait_s)

    def _delayed(self, request: Any, way: _Way, now: float, wait_s: float) -> TurnedAway:
        if way.kind == "signal" and request.id is UNSET:
            return self._turned_away(None, now)
        if way.writes and (named := _named(request)) is not None:
            self._oldest, self._retry_at = named, now + wait_s
        return self._turned_away(_refused(wait_s), now)

    def _turned_away(self, refused: Refused | None, now: float) -> TurnedAway:
        self._flood, over_s = take(self._flood, FLOOD, now)
        return TurnedAway(refused, CloseCode.FLOODING if over_s > 0 else None)


def _limits_of(kind: Kind, subject: Subject) -> tuple[tuple[str, str | None], ...]:
    """The limits a request of this kind has to keep, each with the name of its bucket; None: the connection's own."""
    visitor = subject.site is not None
    match kind:
        case "write" | "start" | "signal" if subject.bot:
            return (("messages_per_bot", subject.person),)
        case "write" if visitor:
            return (
                ("messages_per_visitor", subject.person),
                ("messages_per_address", subject.address),
                ("messages_per_site", subject.site),
            )
        case "write":
            return (("messages_per_agent", subject.person), ("messages_per_address", subject.address))
        case "start":
            return (
                ("starts_per_visitor", subject.person),
                ("starts_per_address", subject.address),
                ("messages_per_site", subject.site),
            )
        case "signal":
            return (("signals_per_person", subject.person),)
        case "read":
            return (("reads_per_connection", None),)


def _named(request: Any) -> tuple[type, str] | None:
    """What a write is known by when it comes again, if it has a name."""
    client_id = getattr(request, "client_id", UNSET)
    return None if client_id is UNSET else (type(request), client_id)


def _refused(wait_s: float) -> Refused:
    wait_ms = ceil(1000 * max(wait_s, _LEAST_WAIT_S))
    return Refused(ErrorCode.RATE_LIMITED, "Too much at once. Wait, then send the same again.", retry_after_ms=wait_ms)
