"""What happened in the router. Past tense, frozen, self-contained.

`router.evolve` folds them into the state; the server stores them and derives entries, replies and pushes from them.
Every event names the moment (`at`).
"""

from router.model import (
    NO_NEEDS,
    AgentId,
    BotId,
    ConversationId,
    Decision,
    DepartmentId,
    HandoffFailure,
    HandOverReason,
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
from router.record import Record


class Configured(Record, frozen=True, kw_only=True):
    at: int
    settings: WorkspaceSettings


class Restarted(Record, frozen=True, kw_only=True):
    at: int
    pause_until: int


class PauseEnded(Record, frozen=True, kw_only=True):
    at: int


class ConversationStarted(Record, frozen=True, kw_only=True):
    """Entered the line of `department` with `key_at`; `arrival` breaks ties. `asked`: the one it overflowed from.

    `bot`: it went to this bot instead, into no line; the key is for later. `spoke`: the bot has something to answer.
    """

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
    bot: BotId | None = None
    spoke: bool = True
    trial: bool = False


class OfferMade(Record, frozen=True, kw_only=True):
    at: int
    offer: Offer
    decision: Decision


class OfferSeen(Record, frozen=True, kw_only=True):
    at: int
    offer: OfferId
    conversation: ConversationId
    agent: AgentId


class OfferMissCounted(Record, frozen=True, kw_only=True):
    """A soft offer rang for `ring_ms`: one miss for the agent; it rings on."""

    at: int
    offer: OfferId
    conversation: ConversationId
    agent: AgentId


class OfferEnded(Record, frozen=True, kw_only=True):
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


class ConversationAssigned(Record, frozen=True, kw_only=True):
    """`agent` owns it now. `via`: offer, pick, transfer. `waited_ms`: this time in line (0 on transfer to an agent).

    `confirm`: the offer that the console still has to confirm, of an automatic assignment. `bot`: picked from it.
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
    bot: BotId | None = None


class ConversationReturned(Record, frozen=True, kw_only=True):
    """Back in line, owner gone. `reason`: agent_gone (key kept) or transferred (new line, waited time kept)."""

    at: int
    conversation: ConversationId
    department: DepartmentId
    previous: AgentId
    reason: str
    key_at: int
    line_entry: int


class ConversationMoved(Record, frozen=True, kw_only=True):
    """A waiting or active conversation changed department because the settings did; `key_at` in the new line.

    0 in events that were recorded before it was: they are only told, never folded.
    """

    at: int
    conversation: ConversationId
    department: DepartmentId
    key_at: int = 0


class ConversationClosed(Record, frozen=True, kw_only=True):
    """`by`: visitor, agent, bot, idle, abandoned. `agent`, `bot`: who had it; `wrap_up_until` when a wrap-up began."""

    at: int
    conversation: ConversationId
    by: str
    agent: AgentId | None
    closed_by: AgentId | None
    wrap_up_until: int | None
    bot: BotId | None = None


class ConversationHandedOver(Record, frozen=True, kw_only=True):
    """A bot's conversation entered the line of `department`, with the key of its start. `words`: why, in the bot's.

    `instead_of`: the department it overflowed from.
    """

    at: int
    conversation: ConversationId
    department: DepartmentId
    bot: BotId
    reason: HandOverReason
    key_at: int
    line_entry: int
    reservation: Reservation | None = None
    words: str = ""
    instead_of: DepartmentId | None = None


class HandoffFailed(Record, frozen=True, kw_only=True):
    """It stays with the bot. `asked`: the visitor had asked, not the bot."""

    at: int
    conversation: ConversationId
    bot: BotId
    reason: HandoffFailure
    asked: bool


class ConversationGivenToBot(Record, frozen=True, kw_only=True):
    """`agent` gave it to the bot."""

    at: int
    conversation: ConversationId
    bot: BotId
    agent: AgentId
    words: str = ""


class BotConnected(Record, frozen=True, kw_only=True):
    at: int
    bot: BotId


class BotDisconnected(Record, frozen=True, kw_only=True):
    """Its last connection went; the grace runs until `grace_until`."""

    at: int
    bot: BotId
    grace_until: int


class BotGone(Record, frozen=True, kw_only=True):
    """The grace is over: what it has goes to the line."""

    at: int
    bot: BotId


class BotWorked(Record, frozen=True, kw_only=True):
    """The bot is at it: the visitor's message may stay unanswered until `until`."""

    at: int
    conversation: ConversationId
    until: int


class WrapUpEnded(Record, frozen=True, kw_only=True):
    at: int
    agent: AgentId
    conversation: ConversationId


class StatusChanged(Record, frozen=True, kw_only=True):
    """`automatic`: not chosen, but the consequence of missed offers; the agent is told."""

    at: int
    agent: AgentId
    status: Status
    reason: str
    automatic: bool = False


class AgentConnected(Record, frozen=True, kw_only=True):
    at: int
    agent: AgentId


class AgentDisconnected(Record, frozen=True, kw_only=True):
    at: int
    agent: AgentId


class AgentDeaf(Record, frozen=True, kw_only=True):
    """A ring was not confirmed in time: unreachable until the next frame."""

    at: int
    agent: AgentId


class AgentGone(Record, frozen=True, kw_only=True):
    """The grace is over: no longer present."""

    at: int
    agent: AgentId


class VisitorConnected(Record, frozen=True, kw_only=True):
    at: int
    conversation: ConversationId


class VisitorDisconnected(Record, frozen=True, kw_only=True):
    at: int
    conversation: ConversationId


class MessageWritten(Record, frozen=True, kw_only=True):
    """`written_at`: when it was, where that is told later."""

    at: int
    conversation: ConversationId
    writer: Writer
    written_at: int | None = None


class IdleAsked(Record, frozen=True, kw_only=True):
    """The visitor has been silent for `idle_ms` though answered: ask whether they are still there."""

    at: int
    conversation: ConversationId


class NoticeDue(Record, frozen=True, kw_only=True):
    """A wait message is due: once per (conversation, line_entry, rule, occurrence).

    `rule` indexes the department's messages as configured now; how often it was said goes by its name
    (`router.wait_rules`), so that changed settings repeat nothing. `previous`: the agent who was lost, for `returned`.
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
    previous: AgentId | None = None


class ConversationWidened(Record, frozen=True, kw_only=True):
    """It has waited long enough for widening `step` (1 is the first of the department's)."""

    at: int
    conversation: ConversationId
    step: int


class WaitPromised(Record, frozen=True, kw_only=True):
    """The first range told in this line entry. Judged when the conversation is assigned or ends."""

    at: int
    conversation: ConversationId
    department: DepartmentId
    line_entry: int
    place: int
    promise: Promise


class Quarantined(Record, frozen=True, kw_only=True):
    at: int
    conversation: ConversationId
    until: int


class QuarantineEnded(Record, frozen=True, kw_only=True):
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
    | ConversationHandedOver
    | HandoffFailed
    | ConversationGivenToBot
    | WrapUpEnded
    | StatusChanged
    | AgentConnected
    | AgentDisconnected
    | AgentDeaf
    | AgentGone
    | BotConnected
    | BotDisconnected
    | BotGone
    | BotWorked
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
