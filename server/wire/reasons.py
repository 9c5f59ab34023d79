"""Reasons as the API and the command line tell them: of each decision, of waiting, of a dry run.

Codes are for programs; every code comes with a sentence for people in `says`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from server.wire import parts

TurnKind = Literal[
    "started",
    "widened",
    "promised",
    "offer",
    "assigned",
    "left",
    "transferred",
    "moved",
    "kept_out",
    "closed",
    "handed_over",
    "kept_by_bot",
    "given_to_bot",
]


class Excluded(Struct, kw_only=True, frozen=True):
    """How many agents this clause kept out."""

    clause: str
    count: int
    says: str


class PromiseTold(Struct, kw_only=True, frozen=True):
    """The range that the visitor was first told in one stay in line, and what became of it.

    ``low_s`` to ``high_s`` was shown; ``p50_s`` and ``p80_s`` are what it was made from. ``waited_s`` and ``kept`` (not
    later than ``high_s``) are null while nobody has answered.
    """

    place: int
    low_s: int
    high_s: int
    p50_s: float
    p80_s: float
    waited_s: float | None
    kept: bool | None


class Turn(Struct, kw_only=True, frozen=True):
    """One thing that happened to a conversation on its way, in the order in which it happened.

    ``started``: it entered the line of ``to``. ``offer``: it rang at ``agent``, because of ``why``, and ended as
    ``outcome`` (``pending``: it still rings). ``assigned``: ``agent`` has it, ``via`` an offer, a pick or a transfer.
    ``left`` and ``transferred`` (``to`` an agent or department): ``agent`` has it no more. ``handed_over``: a bot has
    it no more; ``kept_by_bot``: it was to, but has; ``given_to_bot``: ``agent`` gave it to a bot. ``promised``: the
    visitor was told ``promise``. ``moved``: settings put it into another department. ``kept_out``: quarantined after a
    fault.
    """

    at: parts.Time
    what: TurnKind
    says: str
    agent: parts.Named | None = None
    offer: str | UnsetType = UNSET
    soft: bool | UnsetType = UNSET
    auto: bool | UnsetType = UNSET
    outcome: str | UnsetType = UNSET
    ended_at: parts.Time | UnsetType | None = UNSET
    why: parts.Why | UnsetType = UNSET
    excluded: list[Excluded] | UnsetType = UNSET
    via: Literal["offer", "pick", "transfer"] | UnsetType = UNSET
    to: parts.Named | UnsetType = UNSET
    waited_s: float | UnsetType = UNSET
    promise: PromiseTold | UnsetType = UNSET


class StillWaiting(Struct, kw_only=True, frozen=True):
    """Why nobody has it yet: what keeps each agent out, as things stand now."""

    says: str
    place: int | None
    why: parts.Why
    excluded: list[Excluded]


class Needs(Struct, kw_only=True, frozen=True):
    """Levels that are required, weights of what is preferred."""

    require: dict[str, int]
    prefer: dict[str, int]


class WhyAnswer(Struct, kw_only=True, frozen=True):
    """Every decision about a conversation. ``needs`` are those it began with; null if that is too long ago."""

    conversation: str
    state: parts.ConversationState
    department: parts.Named
    agent: parts.Named | None
    started_at: parts.Time
    rules: list[str]
    needs: Needs | None
    turns: list[Turn]
    waiting: StillWaiting | None


class RouteBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A visitor who might come: whatever is left out is as with somebody unknown on the first site.

    ``department``: what the visitor chooses, by key. ``country``: two capital letters; else it follows from the zone.
    """

    page: parts.Page = parts.Page()
    site: Annotated[str, Meta(max_length=64)] = ""
    department: Annotated[str, Meta(max_length=64)] | None = None
    language: Annotated[str, Meta(max_length=64)] = ""
    timezone: Annotated[str, Meta(max_length=64)] = ""
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$(?!\n)")] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    text: Annotated[str, Meta(max_length=8_000)] = ""
    form: Annotated[dict[str, Annotated[str, Meta(max_length=2_000)]], Meta(max_length=32)] = {}


class RuleTold(Struct, kw_only=True, frozen=True):
    """What became of a rule; ``reason``: why it could not be decided, else empty."""

    rule: str
    outcome: Literal["matched", "not_matched", "failed"]
    reason: str = ""


class ReservationTold(Struct, kw_only=True, frozen=True):
    """Who it would be kept for, the named agent first, and how long."""

    agents: list[parts.Named]
    seconds: int


class NotNow(Struct, kw_only=True, frozen=True):
    """What the visitor would be told instead of a place in line."""

    code: str
    message: str
    opens_at: parts.Time | None


class RouteAnswer(Struct, kw_only=True, frozen=True):
    """What a start would come to at this moment; nothing was started and nothing changed.

    ``asked``: what the visitor chose, or the default; ``routed``: where rules send it; ``department``: where it would
    begin, after hours, full lines and overflow. ``language``: in which the visitor would be spoken to. ``bot``: the
    one that would answer first, whatever the hour; there is no line then, and ``why`` is what a hand-over would meet.
    """

    site: str
    asked: parts.Named
    routed: parts.Named
    department: parts.Named
    rules: list[RuleTold]
    needs: Needs
    head_start_s: int
    reservation: ReservationTold | None
    language: str
    first: str
    tags: list[str]
    bot: parts.Named | None
    refused: NotNow | None
    queue: parts.Queue | None
    says: str
    why: parts.Why | None
    excluded: list[Excluded]
