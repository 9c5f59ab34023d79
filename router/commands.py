"""What may be asked of the router. Imperative, frozen, plain values: commands with their `now` are a replay."""

from router.model import (
    NO_NEEDS,
    AgentId,
    ConversationId,
    DepartmentId,
    Needs,
    OfferId,
    Status,
    VisitorId,
    WorkspaceSettings,
    Writer,
)
from router.record import record


@record
class Configure:
    """Take these settings. Lowered limits only stop new holds.

    Agents and departments that are gone let go in this step: offers withdrawn, conversations of a removed agent back to
    the line, those of a removed department to the default one.
    """

    settings: WorkspaceSettings


@record
class Restart:
    """First command after a rebuild: withdraw pending offers (no miss), start graces anew, pause dispatch (§5.1 l)."""


@record
class Tick:
    """Time has passed: do what is due. (Every command does that first; this one does nothing else)."""


@record
class StartConversation:
    """A visitor's conversation enters a department's line; rules, hours and history have been looked at before.

    `reserve_for`: the agents of its reservation, the named one first; it lasts `reserve_ms` from now.
    `overflow`: departments to try, in order, when the line of `department` is full or nobody serves it; those that are
    closed now are left out. `rules`: names of those that matched, for the record.
    `left`: a message left for later: the visitor is not here, does not have to be, and is told nothing of waiting.
    Rejected `line_full` when no line has room.
    """

    conversation: ConversationId
    visitor: VisitorId
    department: DepartmentId
    head_start_ms: int = 0
    cost: int = 1
    needs: Needs = NO_NEEDS
    reserve_for: tuple[AgentId, ...] = ()
    reserve_ms: int = 0
    overflow: tuple[DepartmentId, ...] = ()
    rules: tuple[str, ...] = ()
    left: bool = False


@record
class ConnectAgent:
    """The agent has a live connection, or one thought deaf has spoken. Never changes the status."""

    agent: AgentId


@record
class DisconnectAgent:
    """The agent's last connection is gone."""

    agent: AgentId


@record
class SetStatus:
    """The agent (or a supervisor) chose a status."""

    agent: AgentId
    status: Status
    reason: str = ""


@record
class SeeOffer:
    """The agent's console confirms that it rings. Late or unknown: ignored."""

    agent: AgentId
    offer: OfferId


@record
class AcceptOffer:
    """Take it. Rejected `gone` when the offer ended, `conflict` when no slot is left, `not_found` if foreign."""

    agent: AgentId
    offer: OfferId


@record
class DeclineOffer:
    """Let it go to the next agent at once. Rejected `gone` when the offer ended."""

    agent: AgentId
    offer: OfferId
    reason: str = ""


@record
class Pick:
    """Take a waiting (or softly ringing, or offered to somebody else: then taken from there) conversation by hand.

    Any agent who is a member of its department; `conflict` without a free slot or when not connected and available or
    busy; `gone` when active with another; `closed` after the end.
    """

    agent: AgentId
    conversation: ConversationId
    any_department: bool = False


@record
class TransferToAgent:
    """Offer an active conversation to a colleague while its owner keeps it (§5.4)."""

    agent: AgentId
    conversation: ConversationId
    to: AgentId


@record
class TransferToDepartment:
    """Put an active conversation into a department's line with what it had waited before."""

    agent: AgentId
    conversation: ConversationId
    to: DepartmentId


@record
class CloseByAgent:
    """The owner ends it (`any_owner`: a supervisor may end any). Starts the wrap-up."""

    agent: AgentId
    conversation: ConversationId
    any_owner: bool = False


@record
class CloseByVisitor:
    """The visitor ends it."""

    conversation: ConversationId


@record
class EndWrapUp:
    """Free the slot. Rejected `gone` when there is no such wrap-up."""

    agent: AgentId
    conversation: ConversationId


@record
class ConnectVisitor:
    """The visitor of an open conversation is here."""

    conversation: ConversationId


@record
class DisconnectVisitor:
    """The visitor's last connection is gone."""

    conversation: ConversationId


@record
class Wrote:
    """A message of this conversation was committed. Unknown or closed conversations are ignored."""

    conversation: ConversationId
    writer: Writer


@record
class PromiseWait:
    """The visitor is told this range for the first time in this line entry. Later ones and late ones are ignored."""

    conversation: ConversationId
    low_ms: int
    high_ms: int
    p50_ms: int
    p80_ms: int


@record
class SweepPlaces:
    """Look at the places of those who wait: where one came nearer, `place` messages are due. Every 2 s or rarer."""


@record
class Quarantine:
    """Its handling failed twice: keep this conversation out of routing for `for_ms`."""

    conversation: ConversationId
    for_ms: int = 60_000


Command = (
    Configure
    | Restart
    | Tick
    | StartConversation
    | ConnectAgent
    | DisconnectAgent
    | SetStatus
    | SeeOffer
    | AcceptOffer
    | DeclineOffer
    | Pick
    | TransferToAgent
    | TransferToDepartment
    | CloseByAgent
    | CloseByVisitor
    | EndWrapUp
    | ConnectVisitor
    | DisconnectVisitor
    | Wrote
    | PromiseWait
    | SweepPlaces
    | Quarantine
)
