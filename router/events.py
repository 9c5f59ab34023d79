"""What happened in the router. Past tense, frozen, self-contained.

`router.evolve` folds them into the state; the server stores them and derives entries, replies and pushes from them.
Every event names the moment (`at`).
"""

from router.model import (
    NO_NEEDS,
    AgentId,
    ConversationId,
    Decision,
    DepartmentId,
    Needs,
    Offer,
    OfferId,
    OfferState,
    Promise,
    Reservation,
    Status,
    VisitorId,
    WorkspaceSettings,
    Writer,
)
from router.record import record


@record
class Configured:
    at: int
    settings: WorkspaceSettings


@record
class Restarted:
    at: int
    pause_until: int


@record
class PauseEnded:
    at: int


@record
class ConversationStarted:
    """Entered the line of `department` with `key_at`; `arrival` breaks ties. `asked`: the one it overflowed from."""

    at: int
    conversation: ConversationId
    visitor: VisitorId
    department: DepartmentId
    arrival: int
    key_at: int
    head_start_ms: int
    cost: int
    needs: Needs = NO_NEEDS
    reservation: Reservation | None = None
    asked: DepartmentId | None = None
    rules: tuple[str, ...] = ()
    left: bool = False


@record
class OfferMade:
    at: int
    offer: Offer
    decision: Decision


@record
class OfferSeen:
    at: int
    offer: OfferId
    conversation: ConversationId
    agent: AgentId


@record
class OfferMissCounted:
    """A soft offer rang for `ring_ms`: one miss for the agent; it rings on."""

    at: int
    offer: OfferId
    conversation: ConversationId
    agent: AgentId


@record
class OfferEnded:
    """`end` is any state but pending; a directed miss counts for the agent. `rest_until`: no directed offers before."""

    at: int
    offer: OfferId
    conversation: ConversationId
    agent: AgentId
    end: OfferState
    soft: bool
    transfer_from: AgentId | None
    reason: str = ""
    rest_until: int | None = None


@record
class ConversationAssigned:
    """`agent` owns it now. `via`: offer, pick, transfer. `waited_ms`: this time in line (0 on transfer to an agent).

    `confirm`: the offer that the console still has to confirm, of an automatic assignment.
    """

    at: int
    conversation: ConversationId
    department: DepartmentId
    agent: AgentId
    previous: AgentId | None
    via: str
    waited_ms: int
    assign_no: int
    breathing_until: int | None
    confirm: OfferId | None = None


@record
class ConversationReturned:
    """Back in line, owner gone. `reason`: agent_gone (key kept) or transferred (new line, waited time kept)."""

    at: int
    conversation: ConversationId
    department: DepartmentId
    previous: AgentId
    reason: str
    key_at: int
    line_entry: int


@record
class ConversationMoved:
    """A waiting conversation changed department without an owner (settings changed)."""

    at: int
    conversation: ConversationId
    department: DepartmentId


@record
class ConversationClosed:
    """`by`: visitor, agent, idle, abandoned. `agent`: who owned it; `wrap_up_until` when a wrap-up hold began."""

    at: int
    conversation: ConversationId
    by: str
    agent: AgentId | None
    closed_by: AgentId | None
    wrap_up_until: int | None


@record
class WrapUpEnded:
    at: int
    agent: AgentId
    conversation: ConversationId


@record
class StatusChanged:
    """`automatic`: not chosen, but the consequence of missed offers; the agent is told."""

    at: int
    agent: AgentId
    status: Status
    reason: str
    automatic: bool = False


@record
class AgentConnected:
    at: int
    agent: AgentId


@record
class AgentDisconnected:
    at: int
    agent: AgentId


@record
class AgentDeaf:
    """A ring was not confirmed in time: unreachable until the next frame."""

    at: int
    agent: AgentId


@record
class AgentGone:
    """The grace is over: no longer present."""

    at: int
    agent: AgentId


@record
class VisitorConnected:
    at: int
    conversation: ConversationId


@record
class VisitorDisconnected:
    at: int
    conversation: ConversationId


@record
class MessageWritten:
    at: int
    conversation: ConversationId
    writer: Writer


@record
class IdleAsked:
    """The visitor has been silent for `idle_ms` though answered: ask whether they are still there."""

    at: int
    conversation: ConversationId


@record
class NoticeDue:
    """A wait message is due: once per (conversation, line_entry, rule, occurrence).

    `rule` indexes the department's messages.
    """

    at: int
    conversation: ConversationId
    department: DepartmentId
    line_entry: int
    rule: int
    when: str
    occurrence: int
    place: int
    serving: bool


@record
class ConversationWidened:
    """It has waited long enough for widening `step` (1 is the first of the department's)."""

    at: int
    conversation: ConversationId
    step: int


@record
class WaitPromised:
    """The first range told in this line entry. Judged when the conversation is assigned or ends."""

    at: int
    conversation: ConversationId
    department: DepartmentId
    line_entry: int
    place: int
    promise: Promise


@record
class Quarantined:
    at: int
    conversation: ConversationId
    until: int


@record
class QuarantineEnded:
    at: int
    conversation: ConversationId


Event = (
    Configured
    | Restarted
    | PauseEnded
    | ConversationStarted
    | OfferMade
    | OfferSeen
    | OfferMissCounted
    | OfferEnded
    | ConversationAssigned
    | ConversationReturned
    | ConversationMoved
    | ConversationClosed
    | WrapUpEnded
    | StatusChanged
    | AgentConnected
    | AgentDisconnected
    | AgentDeaf
    | AgentGone
    | VisitorConnected
    | VisitorDisconnected
    | MessageWritten
    | IdleAsked
    | NoticeDue
    | ConversationWidened
    | WaitPromised
    | Quarantined
    | QuarantineEnded
)
