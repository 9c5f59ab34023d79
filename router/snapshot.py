"""The router's records as plain values, one for each agent and conversation, and back.

Everything else (lines, standings, deadlines, pending offers' index) follows from the settings and these.
"""

from dataclasses import dataclass, replace

from router.agent import Agent
from router.bot import Bot
from router.conversation import Conversation
from router.indexes import rebuild_indexes
from router.model import (
    NO_NEEDS,
    AgentId,
    AgentSettings,
    BotId,
    BotSettings,
    ConversationId,
    ConversationState,
    DepartmentId,
    DepartmentSettings,
    Hold,
    HoldKind,
    Needs,
    Offer,
    OfferId,
    Promise,
    Refusal,
    Reservation,
    Said,
    Status,
    VisitorId,
    WorkspaceSettings,
)
from router.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """An agent, complete. `grace_until`: until then present though not here. `assigned_at` 0: never yet."""

    id: AgentId
    status: Status
    reason: str
    connected: bool
    deaf: bool
    present: bool
    grace_until: int | None
    misses: int
    rest_until: int | None
    breathing_until: int | None
    assigned_at: int
    turns: tuple[tuple[DepartmentId, int], ...]
    holds: tuple[Hold, ...]

    @property
    def used(self) -> int:
        return sum(hold.cost for hold in self.holds)

    @property
    def reachable(self) -> bool:
        return self.connected and not self.deaf


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRecord:
    """A bot, complete. `grace_until`: not connected, but expected back until then; neither: gone."""

    id: BotId
    connected: bool
    grace_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """A conversation, complete; the words are those of `router.conversation.Conversation`."""

    id: ConversationId
    visitor: VisitorId
    department: DepartmentId
    state: ConversationState
    arrival: int
    key_at: int
    entered_line_at: int
    waited_ms: int
    head_start_ms: int
    cost: int
    line_entry: int
    owner: AgentId | None
    previous: AgentId | None
    sender: AgentId | None
    assign_no: int
    offer_no: int
    offers: tuple[Offer, ...]
    refusals: tuple[Refusal, ...]
    awaiting_reply: bool
    quiet_since: int
    asked_at: int | None
    visitor_left_at: int | None
    quarantined_until: int | None
    unconfirmed: OfferId | None
    unconfirmed_at: int | None
    said: tuple[Said, ...] = ()
    needs: Needs = NO_NEEDS
    widening_step: int = 0
    reservation: Reservation | None = None
    promise: Promise | None = None
    told_at: int | None = None
    told_place: int | None = None
    rules: tuple[str, ...] = ()
    left: bool = False
    since_at: int = 0
    returned: bool = False
    bot: BotId | None = None
    bot_asked_at: int | None = None
    bot_until: int | None = None
    trial: bool = False
    started_at: int = 0

    @property
    def responsible(self) -> AgentId | BotId | None:
        """The one owner: the bot while it is with one, else the agent, if any."""
        return self.bot if self.state is ConversationState.BOT else self.owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What belongs to nobody. `awaited`: agents the pause after a restart still waits for."""

    now: int
    arrival: int
    assignments: int
    pause_until: int | None
    awaited: tuple[AgentId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole router but its settings and seed. Sorted by id.

    `bots` need not be stored: after a `Restart` whoever has a conversation is given its grace anew.
    """

    counters: Counters
    agents: tuple[AgentRecord, ...]
    conversations: tuple[ConversationRecord, ...]
    bots: tuple[BotRecord, ...] = ()


def agent_record(agent: Agent) -> AgentRecord:
    return AgentRecord(
        id=agent.id,
        status=agent.status,
        reason=agent.reason,
        connected=agent.connected,
        deaf=agent.deaf,
        present=agent.present,
        grace_until=agent.grace_until,
        misses=agent.misses,
        rest_until=agent.rest_until,
        breathing_until=agent.breathing_until,
        assigned_at=agent.assigned_at,
        turns=tuple(sorted(agent.turns.items())),
        holds=tuple(agent.holds.values()),
    )


def bot_record(bot: Bot) -> BotRecord:
    return BotRecord(id=bot.id, connected=bot.connected, grace_until=bot.grace_until)


def conversation_record(conversation: Conversation) -> ConversationRecord:
    return ConversationRecord(
        id=conversation.id,
        visitor=conversation.visitor,
        department=conversation.department,
        state=conversation.state,
        arrival=conversation.arrival,
        key_at=conversation.key_at,
        entered_line_at=conversation.entered_line_at,
        waited_ms=conversation.waited_ms,
        head_start_ms=conversation.head_start_ms,
        cost=conversation.cost,
        line_entry=conversation.line_entry,
        owner=conversation.owner,
        previous=conversation.previous,
        sender=conversation.sender,
        assign_no=conversation.assign_no,
        offer_no=conversation.offer_no,
        offers=tuple(conversation.offers.values()),
        refusals=tuple(conversation.refusals.values()),
        awaiting_reply=conversation.awaiting_reply,
        quiet_since=conversation.quiet_since,
        asked_at=conversation.asked_at,
        visitor_left_at=conversation.visitor_left_at,
        quarantined_until=conversation.quarantined_until,
        said=tuple(sorted(conversation.said, key=lambda said: said.rule)),
        unconfirmed=conversation.unconfirmed,
        unconfirmed_at=conversation.unconfirmed_at,
        needs=conversation.needs,
        widening_step=conversation.widening_step,
        reservation=conversation.reservation,
        promise=conversation.promise,
        told_at=conversation.told_at,
        told_place=conversation.told_place,
        rules=conversation.rules,
        left=conversation.left,
        since_at=conversation.since_at,
        returned=conversation.returned,
        bot=conversation.bot,
        bot_asked_at=conversation.bot_asked_at,
        bot_until=conversation.bot_until,
        trial=conversation.trial,
        started_at=conversation.started_at,
    )


def counters(state: State) -> Counters:
    return Counters(
        now=state.now,
        arrival=state.arrival,
        assignments=state.assignments,
        pause_until=state.pause_until,
        awaited=tuple(sorted(state.awaited)),
    )


def take_snapshot(state: State) -> Snapshot:
    return Snapshot(
        counters=counters(state),
        agents=tuple(agent_record(state.agents[agent]) for agent in sorted(state.agents)),
        conversations=tuple(conversation_record(state.conversations[one]) for one in sorted(state.conversations)),
        bots=tuple(bot_record(state.bots[bot]) for bot in sorted(state.bots)),
    )


def settings_knowing(settings: WorkspaceSettings, snapshot: Snapshot) -> WorkspaceSettings:
    """The settings, and for agents, bots and departments of the snapshot that they no longer have, a stand-in.

    They differ when settings were changed while no router ran. The very same object when nothing is missing.
    """
    agents = {
        record.id: AgentSettings(id=record.id, key=record.id, name=record.id, max_slots=0)
        for record in snapshot.agents
        if record.id not in settings.agents
    }
    departments = {
        record.department: DepartmentSettings(id=record.department, key=record.department, name=record.department)
        for record in snapshot.conversations
        if record.department not in settings.departments and record.state is not ConversationState.CLOSED
    }
    needed = {record.id for record in snapshot.bots} | {
        record.bot for record in snapshot.conversations if record.state is ConversationState.BOT
    }
    bots = {
        bot: BotSettings(id=bot, key=bot, name=bot) for bot in needed if bot is not None and bot not in settings.bots
    }
    if not agents and not departments and not bots:
        return settings
    return replace(
        settings,
        agents={**settings.agents, **agents},
        departments={**settings.departments, **departments},
        bots={**settings.bots, **bots},
    )


def restore(settings: WorkspaceSettings, snapshot: Snapshot) -> State:
    """The state this snapshot was taken from. `settings` must be those of its moment.

    Everybody is looked at in the next step: after a whole step that finds nothing, but a caller that does not store
    every event may have lost some.
    """
    state = State(settings)
    nobodys = snapshot.counters
    state.now = nobodys.now
    state.arrival = nobodys.arrival
    state.assignments = nobodys.assignments
    state.pause_until = nobodys.pause_until
    state.awaited = set(nobodys.awaited)
    for agent in snapshot.agents:
        state.agents[agent.id] = _restore_agent(settings, agent)
    for record in snapshot.bots:
        bot = state.bots[record.id] = Bot(settings.bots[record.id])
        bot.connected = record.connected
        bot.grace_until = record.grace_until
    for conversation in snapshot.conversations:
        _restore_conversation(state, conversation)
    rebuild_indexes(state)
    state.wake_everybody()
    state.changed_agents.clear()
    return state


def _restore_agent(settings: WorkspaceSettings, record: AgentRecord) -> Agent:
    agent = Agent(settings.agents[record.id], {})
    agent.status = record.status
    agent.reason = record.reason
    agent.connected = record.connected
    agent.deaf = record.deaf
    agent.present = record.present
    agent.grace_until = record.grace_until
    agent.misses = record.misses
    agent.rest_until = record.rest_until
    agent.breathing_until = record.breathing_until
    agent.assigned_at = record.assigned_at
    agent.turns = dict(record.turns)
    agent.holds = {hold.conversation: hold for hold in record.holds}
    agent.used = record.used
    agent.directed = sum(hold.kind is HoldKind.OFFER for hold in record.holds)
    return agent


def _restore_conversation(state: State, record: ConversationRecord) -> None:
    conversation = Conversation(
        record.id,
        visitor=record.visitor,
        department=record.department,
        arrival=record.arrival,
        key_at=record.key_at,
        head_start_ms=record.head_start_ms,
        cost=record.cost,
        needs=record.needs,
        rules=record.rules,
        left=record.left,
        trial=record.trial,
    )
    conversation.state = record.state
    conversation.entered_line_at = record.entered_line_at
    conversation.waited_ms = record.waited_ms
    conversation.line_entry = record.line_entry
    conversation.owner = record.owner
    conversation.previous = record.previous
    conversation.sender = record.sender
    conversation.assign_no = record.assign_no
    conversation.offer_no = record.offer_no
    conversation.offers = {offer.agent: offer for offer in record.offers}
    conversation.refusals = {refusal.agent: refusal for refusal in record.refusals}
    conversation.awaiting_reply = record.awaiting_reply
    conversation.quiet_since = record.quiet_since
    conversation.asked_at = record.asked_at
    conversation.visitor_left_at = record.visitor_left_at
    conversation.quarantined_until = record.quarantined_until
    conversation.said = record.said
    conversation.unconfirmed = record.unconfirmed
    conversation.unconfirmed_at = record.unconfirmed_at
    conversation.widening_step = record.widening_step
    conversation.reservation = record.reservation
    conversation.promise = record.promise
    conversation.told_at = record.told_at
    conversation.told_place = record.told_place
    # Recorded before it was kept: its key says it.
    conversation.since_at = record.since_at or record.key_at + record.head_start_ms
    conversation.started_at = record.started_at or conversation.since_at
    conversation.returned = record.returned
    conversation.bot = record.bot
    conversation.bot_asked_at = record.bot_asked_at
    conversation.bot_until = record.bot_until
    state.conversations[conversation.id] = conversation
    state.costly = state.costly or conversation.cost > 1
    for offer in record.offers:
        agent = state.agents[offer.agent]
        state.offers[offer.id] = agent.rings[conversation.id] = offer
        if offer.soft and offer.miss_at is not None:
            state.add_fresh(agent, conversation.order)
