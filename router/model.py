"""The nouns of routing and what the workspace has configured. Plain data: nothing here decides or changes anything.

Times (`..._at`, `now`) are whole milliseconds since 1970 UTC, durations (`..._ms`) whole milliseconds, so that a state
written to the database and read back is equal to the last bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NewType

from router.record import Record

AgentId = NewType("AgentId", str)
BotId = NewType("BotId", str)
ConversationId = NewType("ConversationId", str)
DepartmentId = NewType("DepartmentId", str)
OfferId = NewType("OfferId", str)
VisitorId = NewType("VisitorId", str)

WaitEvent = Literal["queued", "every", "place", "waited", "estimate_passed", "nobody", "returned"]
LineOrder = Literal["head_start", "strict"]
# Why a bot lost a conversation to the line: it handed it over, the visitor asked for a human, it was gone beyond its
# grace, it left the visitor without an answer, the settings no longer have it.
HandOverReason = Literal["handoff", "asked", "bot_gone", "unanswered", "bot_removed"]
# Why a hand-over came to nothing. `trial`: a try-out, which never goes to people.
HandoffFailure = Literal["nobody", "line_full", "outside_hours", "trial"]

# The one order of the workspace: key_at, then arrival number; the id only finds the conversation. A type of its own, so
# that compiled code hands on the tuple it has, and does not take it apart and build it anew.
Order = NewType("Order", tuple[int, int, ConversationId])


class Method(StrEnum):
    """How a department chooses among the agents who can take a conversation (DESIGN §5.2)."""

    RING_ALL = "ring_all"
    MAX_UTILIZATION = "max_utilization"
    AVERAGE_UTILIZATION = "average_utilization"
    PRIORITY = "priority"
    RANDOM = "random"
    ROUND_ROBIN = "round_robin"
    LONGEST_IDLE = "longest_idle"


class Status(StrEnum):
    """What the agent chose."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


class ConversationState(StrEnum):
    """Where a conversation stands; legal changes are rows of `router.transitions`."""

    BOT = "bot"
    WAITING = "waiting"
    OFFERED = "offered"
    ACTIVE = "active"
    CLOSED = "closed"


class OfferState(StrEnum):
    """Life of an offer; every state but `PENDING` is an end."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    TAKEN = "taken"
    DECLINED = "declined"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class HoldKind(StrEnum):
    """Why an agent's slot is taken."""

    OFFER = "offer"
    ACTIVE = "active"
    WRAP_UP = "wrap_up"


class Writer(StrEnum):
    """Who wrote a message, as far as routing cares."""

    VISITOR = "visitor"
    AGENT = "agent"
    BOT = "bot"


class Clause(StrEnum):
    """Why an agent cannot take a conversation: the closed list of DESIGN §5.1, in the order it is tried."""

    NOT_MEMBER = "not_member"  # (a)
    STATUS = "status"  # (b)
    UNREACHABLE = "unreachable"  # (c)
    FULL = "full"  # (d)
    CAP = "cap"  # (d) the member's cap inside the department
    ROOM_FOR_OLDER = "room_for_older"  # (d) the last slot is kept for an older conversation ringing softly there
    SKILLS = "skills"  # (e)
    BREATHING = "breathing"  # (f)
    RESTING = "resting"  # (f)
    RINGING = "ringing"  # (g)
    REFUSED = "refused"  # (h)
    RESERVED = "reserved"  # (i)
    VISITOR_GONE = "visitor_gone"  # (j)
    WAVE = "wave"  # (k)
    PAUSE = "pause"  # (l)
    QUARANTINED = "quarantined"  # (m)


# Skills with levels (1-10) or weights, sorted by skill, so that equal needs are equal values.
Skills = tuple[tuple[str, int], ...]


class Needs(Record, frozen=True, kw_only=True, cache_hash=True):
    """What a conversation asks of its agent: `require` levels, `prefer` weights (a preferred skill is met or not)."""

    require: Skills = ()
    prefer: Skills = ()


NO_NEEDS = Needs()


class Reservation(Record, frozen=True, kw_only=True):
    """Until `until` only these agents, the named one first, then the substitutes in their order (DESIGN §5.2).

    Void while none of them is present and eligible. Whoever is on leave is left out by the one who makes it.
    """

    agents: tuple[AgentId, ...]
    until: int


class Promise(Record, frozen=True, kw_only=True):
    """What a visitor was first told in this line entry: the range as shown, and the quantiles it was made from."""

    at: int
    low_ms: int
    high_ms: int
    p50_ms: int
    p80_ms: int


class Said(Record, frozen=True, kw_only=True):
    """A wait message (by the name of its rule) was said so often in this line entry, the last time at `at`."""

    rule: str
    count: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WidenStep:
    """What opens for a conversation that has waited `after_ms` in all. The steps that have come add up."""

    after_ms: int
    drop_preferred: bool = False
    lower_levels: int = 0
    add_departments: tuple[DepartmentId, ...] = ()
    any_agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An agent's place in a department: `priority` 1 best … 100; `max_slots` 0 = no cap of its own."""

    department: DepartmentId
    priority: int = 50
    max_slots: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """One agent as configured."""

    id: AgentId
    key: str
    name: str
    max_slots: int = 3
    breathing_ms: int = 0
    rings_at_once: int = 1
    skills: Mapping[str, int] = field(default_factory=dict)
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSettings:
    """One bot as configured.

    `reply_ms`: a visitor's message unanswered so long sends the conversation to the line (0: never). `grace_ms`: so
    long after its last connection went, all its conversations go there. `max_conversations` 0: no limit.
    """

    id: BotId
    key: str
    name: str
    reply_ms: int = 30_000
    grace_ms: int = 20_000
    max_conversations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRule:
    """One automated wait message (`router.wait_rules`); its texts live outside the router."""

    when: WaitEvent
    seconds_ms: int = 0
    min_ahead: int = 0
    min_interval_ms: int = 20_000
    max_count: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentSettings:
    """One department as configured."""

    id: DepartmentId
    key: str
    name: str
    method: Method = Method.AVERAGE_UTILIZATION
    measure: str = "count"
    tiers: bool = False
    accept: str = "ring"
    ring_ms: int = 30_000
    ring_waves: tuple[tuple[int, int], ...] = ()
    reject_delay_ms: int = 5_000
    miss_delay_ms: int = 10_000
    miss_limit: int = 3
    wrap_up_ms: int = 0
    order: LineOrder = "head_start"
    max_line: int = 0
    idle_ms: int = 600_000
    idle_close_ms: int = 300_000
    messages: tuple[MessageRule, ...] = ()
    widen: tuple[WidenStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """All that routing needs to know of a workspace. Replaced whole by `commands.Configure`."""

    departments: Mapping[DepartmentId, DepartmentSettings]
    agents: Mapping[AgentId, AgentSettings]
    default_department: DepartmentId
    grace_ms: int = 20_000
    blip_ms: int = 10_000
    hold_place_ms: int = 120_000
    reoffer_ms: int = 60_000
    confirm_ms: int = 3_000
    restart_pause_ms: int = 5_000
    bots: Mapping[BotId, BotSettings] = field(default_factory=dict)


class Hold(Record, frozen=True, kw_only=True):
    """What takes `cost` of an agent's slots because of one conversation. `until`: end of ring or wrap-up."""

    agent: AgentId
    conversation: ConversationId
    kind: HoldKind
    cost: int
    until: int | None = None
    since: int = 0


class Offer(Record, frozen=True, kw_only=True):
    """A conversation proposed to an agent.

    Directed offers hold slots and end at `expires_at`; soft ones hold nothing, count one miss at `miss_at` and ring on.
    `transfer_from`: the agent who keeps the conversation while the offer rings. `seen`: the console confirmed the ring.
    """

    id: OfferId
    conversation: ConversationId
    agent: AgentId
    soft: bool
    made_at: int
    expires_at: int | None
    miss_at: int | None = None
    seen: bool = False
    transfer_from: AgentId | None = None
    auto: bool = False


class Refusal(Record, frozen=True, kw_only=True):
    """An agent declined or missed this conversation. Lapses after the workspace's `reoffer_ms` (as an exclusion)."""

    agent: AgentId
    kind: OfferState
    at: int


class Queue(Record, frozen=True, kw_only=True):
    """Where a conversation in line stands. `place` counts from 1; `serving`: an eligible agent is available."""

    place: int
    serving: bool


class Candidate(Record, frozen=True, kw_only=True):
    """One agent looked at in a decision: takeable (`excluded` is None) or the first clause that excluded them."""

    agent: AgentId
    excluded: Clause | None
    running: int
    used: int
    max_slots: int
    priority: int
    measure: str = ""
    preference: int = 0


class Decision(Record, frozen=True, kw_only=True):
    """Why this agent (DESIGN §5.9). `candidates`: up to 50 agents. `rules`: the names of those that matched.

    `reason`: method, reserved, previous_agent, transfer, pick. A candidate's `preference` sums the weights they meet.
    """

    method: Method
    reason: str
    takeable: int
    chosen: Candidate | None
    runner_up: Candidate | None
    excluded: tuple[tuple[Clause, int], ...]
    candidates: tuple[Candidate, ...]
    widening_step: int = 0
    rules: tuple[str, ...] = ()
