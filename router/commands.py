"""What may be asked of the router. Imperative, frozen, plain values: commands with their `now` are a replay."""

from router.model import (
    NO_NEEDS,
    AgentId,
    BotId,
    ConversationId,
    DepartmentId,
    Needs,
    OfferId,
    Status,
    VisitorId,
    WorkspaceSettings,
    Writer,
)
from router.record import Record


class Configure(Record, frozen=True, kw_only=True):
    """Take these settings. Lowered limits only stop new holds.

    Agents and departments that are gone let go in this step: offers withdrawn, conversations of a removed agent back to
    the line, those of a removed department to the default one.
    """

    settings: WorkspaceSettings


class Restart(Record, frozen=True, kw_only=True):
    """First command after a rebuild: withdraw pending offers (no miss), start graces anew, pause dispatch (§5.1 l)."""


class Tick(Record, frozen=True, kw_only=True):
    """Time has passed: do what is due. (Every command does that first; this one does nothing else)."""


class StartConversation(Record, frozen=True, kw_only=True):
    """A visitor's conversation enters a department's line; rules, hours and history have been looked at before.

    `reserve_for`: the agents of its reservation, the named one first; it lasts `reserve_ms` from now.
    `overflow`: departments to try, in order, when the line of `department` is full or nobody serves it; those that are
    closed now are left out. `rules`: names of those that matched, for the record.
    `left`: a message left for later: the visitor is not here, does not have to be, and is told nothing of waiting.
    Rejected `line_full` when no line has room, unless `left`.
    `bot`: goes to this bot instead, if it is connected and below its limit, else on as without one. `spoke`: it came
    with a message, which the bot has to answer in time. `trial`: a try-out of the bot, never for people; rejected
    `conflict` when the bot cannot have it. A message left for later goes to no bot.
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
    bot: BotId | None = None
    spoke: bool = True
    trial: bool = False


class ConnectAgent(Record, frozen=True, kw_only=True):
    """The agent has a live connection, or one thought deaf has spoken. Never changes the status."""

    agent: AgentId


class DisconnectAgent(Record, frozen=True, kw_only=True):
    """The agent's last connection is gone."""

    agent: AgentId


class SetStatus(Record, frozen=True, kw_only=True):
    """The agent (or a supervisor) chose a status."""

    agent: AgentId
    status: Status
    reason: str = ""


class SeeOffer(Record, frozen=True, kw_only=True):
    """The agent's console confirms that it rings. Late or unknown: ignored."""

    agent: AgentId
    offer: OfferId


class AcceptOffer(Record, frozen=True, kw_only=True):
    """Take it. Rejected `gone` when the offer ended, `conflict` when no slot is left, `not_found` if foreign."""

    agent: AgentId
    offer: OfferId


class DeclineOffer(Record, frozen=True, kw_only=True):
    """Let it go to the next agent at once. Rejected `gone` when the offer ended."""

    agent: AgentId
    offer: OfferId
    reason: str = ""


class Pick(Record, frozen=True, kw_only=True):
    """Take a waiting (or softly ringing, or offered to somebody else: then taken from there) conversation by hand.

    Any agent who is a member of its department; `conflict` without a free slot or when not connected and available or
    busy; `gone` when active with another; `closed` after the end. `any_owner`: a supervisor takes it from whoever has
    it, and a transfer that rings elsewhere ends. A bot's conversation is taken from the bot (a try-out: `conflict`).
    """

    agent: AgentId
    conversation: ConversationId
    any_department: bool = False
    any_owner: bool = False


class TransferToAgent(Record, frozen=True, kw_only=True):
    """Offer an active conversation to a colleague while its owner keeps it (§5.4)."""

    agent: AgentId
    conversation: ConversationId
    to: AgentId


class TransferToDepartment(Record, frozen=True, kw_only=True):
    """Put an active conversation into a department's line with what it had waited before."""

    agent: AgentId
    conversation: ConversationId
    to: DepartmentId


class GiveToBot(Record, frozen=True, kw_only=True):
    """The owner gives an active conversation (back) to a bot, `words` for the record.

    `conflict` when the bot is not connected or has as many as it may; `not_found` when there is no such bot.
    """

    agent: AgentId
    conversation: ConversationId
    bot: BotId
    words: str = ""


class CloseByAgent(Record, frozen=True, kw_only=True):
    """The owner ends it (`any_owner`: a supervisor may end any). Starts the wrap-up."""

    agent: AgentId
    conversation: ConversationId
    any_owner: bool = False


class CloseByVisitor(Record, frozen=True, kw_only=True):
    """The visitor ends it."""

    conversation: ConversationId


class CloseByBot(Record, frozen=True, kw_only=True):
    """The bot ends it. `not_owner` when it does not have it."""

    bot: BotId
    conversation: ConversationId


class EndWrapUp(Record, frozen=True, kw_only=True):
    """Free the slot. Rejected `gone` when there is no such wrap-up."""

    agent: AgentId
    conversation: ConversationId


class ConnectBot(Record, frozen=True, kw_only=True):
    """The bot has a live connection (its first, or again)."""

    bot: BotId


class DisconnectBot(Record, frozen=True, kw_only=True):
    """The bot's last connection is gone: after its grace all its conversations go to the line."""

    bot: BotId


class HandOver(Record, frozen=True, kw_only=True):
    """The bot hands a conversation of its own to people: to the line of `department` (None: of the conversation's).

    `reserve_for`, `reserve_ms` and `overflow` as of a start. `outside_hours`: the department is closed now, and so
    would everybody be. `reason`: the bot's own word for it. Rejected `not_owner` when the bot does not have it,
    `not_found` for an unknown department. `events.HandoffFailed` when nobody serves, no line has room, it is outside
    hours or a try-out: then the bot keeps it.
    """

    bot: BotId
    conversation: ConversationId
    department: DepartmentId | None = None
    reserve_for: tuple[AgentId, ...] = ()
    reserve_ms: int = 0
    overflow: tuple[DepartmentId, ...] = ()
    outside_hours: bool = False
    reason: str = ""


class AskHuman(Record, frozen=True, kw_only=True):
    """The visitor of a bot's conversation asks for a human: as `HandOver` to the conversation's department.

    When the bot is not connected it always goes to the line. Rejected `conflict` when no bot has it.
    """

    conversation: ConversationId
    reserve_for: tuple[AgentId, ...] = ()
    reserve_ms: int = 0
    overflow: tuple[DepartmentId, ...] = ()
    outside_hours: bool = False


class BotWorking(Record, frozen=True, kw_only=True):
    """The bot thinks or streams: more time to answer, up to four times its `reply_ms` since it was asked.

    Ignored when it does not have the conversation, or nothing is to be answered.
    """

    bot: BotId
    conversation: ConversationId


class ConnectVisitor(Record, frozen=True, kw_only=True):
    """The visitor of an open conversation is here."""

    conversation: ConversationId


class DisconnectVisitor(Record, frozen=True, kw_only=True):
    """The visitor's last connection is gone."""

    conversation: ConversationId


class Wrote(Record, frozen=True, kw_only=True):
    """A message of this conversation was committed. Unknown or closed conversations are ignored.

    `written_at`: when, where that is told later than it was. The time that a bot has to answer begins then.
    """

    conversation: ConversationId
    writer: Writer
    written_at: int | None = None


class PromiseWait(Record, frozen=True, kw_only=True):
    """The visitor is told this range for the first time in this line entry. Later ones and late ones are ignored."""

    conversation: ConversationId
    low_ms: int
    high_ms: int
    p50_ms: int
    p80_ms: int


class SweepPlaces(Record, frozen=True, kw_only=True):
    """Look at the places of those who wait: where one came nearer, `place` messages are due. Every 2 s or rarer."""


class Quarantine(Record, frozen=True, kw_only=True):
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
    | GiveToBot
    | CloseByAgent
    | CloseByVisitor
    | CloseByBot
    | EndWrapUp
    | ConnectBot
    | DisconnectBot
    | HandOver
    | AskHuman
    | BotWorking
    | ConnectVisitor
    | DisconnectVisitor
    | Wrote
    | PromiseWait
    | SweepPlaces
    | Quarantine
)
