"""The router: commands in, events out, nothing else.

`handle` is one step: what is due fires, the command is done or refused, those who wait are brought to those who can
serve. After it no takeable pair is left. The caller commits the events (and the records named by `take_changes`) and
arms one timer for `next_deadline`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from router import commands as c
from router.bots import (
    ask_human,
    close_by_bot,
    connect_bot,
    disconnect_bot,
    give_to_bot,
    hand_over,
    working,
)
from router.configure import configure
from router.conversations import (
    close_by_agent,
    close_by_visitor,
    connect_visitor,
    disconnect_visitor,
    end_wrap_up,
    quarantine,
    start,
    transfer_to_department,
    wrote,
)
from router.decisions import explain
from router.dispatch import dispatch
from router.due import fire_due
from router.entrance import bot_for
from router.errors import CommandRejected
from router.events import Event, OfferMade
from router.indexes import rebuild_indexes
from router.model import AgentId, BotId, ConversationId, Decision, DepartmentId, Queue, WorkspaceSettings
from router.notices import promise_wait, sweep_places, tell
from router.offers import accept, decline, pick, see, transfer_to_agent
from router.presence import connect, disconnect, end_pause_early, restart, set_status
from router.snapshot import (
    AgentRecord,
    BotRecord,
    ConversationRecord,
    Counters,
    Snapshot,
    agent_record,
    bot_record,
    conversation_record,
    counters,
    restore,
    settings_knowing,
    take_snapshot,
)
from router.state import State
from router.step import Step
from router.watch import due_at

LISTED: Final = 50
# A restart forgives what became due while we were down, a quarantine is for what cannot be done when due.
_LENIENT: Final = frozenset({c.Restart, c.Quarantine})


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The ids whose records changed. What is no longer there (`agent()`, `conversation()` say None) is deleted.

    ``written``: of these conversations nothing changed but who wrote last, and when; they are not among the others.
    """

    agents: tuple[AgentId, ...]
    conversations: tuple[ConversationId, ...]
    written: tuple[ConversationId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A department's line for showing: how many are in line, since when the first by key, and the first 50 by key."""

    department: DepartmentId
    waiting: int
    oldest_at: int | None
    first: tuple[ConversationId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a start would lead to: where it would stand, to whom it would be offered, and why (or why to nobody).

    `bot`: it would go to this bot; the rest then says what would meet it if the bot handed it over as things stand.
    """

    department: DepartmentId
    queue: Queue
    offered_to: tuple[AgentId, ...]
    decision: Decision
    bot: BotId | None = None


class Router:
    """The routing of one workspace. Settings, seed and the commands with their `now` decide everything."""

    def __init__(self, settings: WorkspaceSettings, *, seed: int, records: bool = True) -> None:
        """`records`: whether offers carry their decision in full; the lab, which reads none, goes without."""
        self._seed = seed
        self._records = records
        self._configured = settings
        self._state = State(settings)
        rebuild_indexes(self._state)

    @classmethod
    def rebuild(cls, settings: WorkspaceSettings, snapshot: Snapshot, *, seed: int) -> "Router":
        """A router that goes on as the one the snapshot was taken from. After a restart, handle `Restart` first.

        Agents and departments that the settings no longer have let go in the first step, as with `Configure`.
        """
        known = settings_knowing(settings, snapshot)
        router = cls(known, seed=seed)
        router._state = restore(known, snapshot)
        router._configured = settings
        return router

    # Doing.

    def handle(self, command: c.Command, now: int) -> tuple[Event, ...]:
        """One step. `now` that runs backwards counts as the largest seen.

        Raises `CommandRejected` with the command undone; what was due before it happened nevertheless, and its events
        are the exception's `events`: they must be committed like those of any step.
        """
        state = self._state
        state.now = max(state.now, now)
        step = Step(state, self._seed, records=self._records)
        rejection = None
        if self._configured is not state.settings:  # they changed while no router ran
            configure(step, c.Configure(settings=self._configured))
        if state.deadlines.soonest <= state.now and type(command) not in _LENIENT:
            fire_due(step)
        try:
            _DEEDS[type(command)](step, command)
        except CommandRejected as error:
            rejection = error
        self._configured = state.settings
        if state.deadlines.soonest <= state.now:
            fire_due(step)
        if state.pause_until is not None:
            end_pause_early(step)
        if state.woken_agents or state.woken_conversations:
            dispatch(step)
        if state.untold:
            tell(step)
        if rejection is not None:
            rejection.events = tuple(step.events)
            raise rejection
        return tuple(step.events)

    def advance(self, now: int) -> tuple[Event, ...]:
        """Time has passed: do what is due."""
        return self.handle(c.Tick(), now)

    def next_deadline(self) -> int | None:
        """When `advance` has something to do, if nothing happens before."""
        return self._state.deadlines.next(partial(due_at, self._state))

    def take_changes(self, *, written: int | None = None) -> Changes:
        """What changed since the last call, for storing.

        ``written``: at most so many of the conversations of which nothing changed but who wrote last, those that have
        waited longest first; others are left for later calls. Who wrote last is in the log as well.
        """
        state = self._state
        for conversation in state.changed_conversations:
            state.written_conversations.pop(conversation, None)
        changes = Changes(
            agents=tuple(sorted(state.changed_agents)),
            conversations=tuple(sorted(state.changed_conversations)),
            written=tuple(islice(state.written_conversations, written)),
        )
        state.changed_agents.clear()
        state.changed_conversations.clear()
        for conversation in changes.written:
            del state.written_conversations[conversation]
        return changes

    # Asking.

    @property
    def now(self) -> int:
        return self._state.now

    @property
    def settings(self) -> WorkspaceSettings:
        return self._state.settings

    def queue(self, conversation: ConversationId) -> Queue | None:
        """Where it stands in line; None when it is not in line."""
        found = self._state.conversations.get(conversation)
        if found is None or not found.in_line:
            return None
        return Queue(place=self._state.place(found), serving=self._state.serving(found))

    def queues(self, department: DepartmentId) -> LineView:
        """The department's line. KeyError for one that does not exist."""
        line = self._state.lines[department]
        first = line.first(LISTED)
        oldest = self._state.conversations[first[0]].entered_line_at if first else None
        return LineView(
            department=department,
            waiting=len(line),
            oldest_at=oldest,
            first=tuple(first),
        )

    def serving(self, department: DepartmentId) -> bool:
        """An eligible agent is present and available."""
        return self._state.lines[department].base.serving > 0

    def ringing(self, conversation: ConversationId) -> tuple[AgentId, ...]:
        """The agents at whom it rings."""
        found = self._state.conversations.get(conversation)
        return () if found is None else tuple(found.offers)

    def explain(self, conversation: ConversationId) -> Decision | None:
        """Why it still waits: the clause that keeps it from each agent. None when it is not in line."""
        found = self._state.conversations.get(conversation)
        return explain(self._state, found) if found is not None and found.in_line else None

    def preview(self, command: c.StartConversation, now: int) -> Preview:
        """What `handle` would do with this start, tried on a copy. Raises `CommandRejected` as it would."""
        return self.previewing(self.snapshot(), command, now)

    def previewing(self, snapshot: Snapshot, command: c.StartConversation, now: int) -> Preview:
        """The same of the router as it was in a snapshot; it looks at nothing that changes, so any thread may ask."""
        copy = Router.rebuild(self.settings, snapshot, seed=self._seed)
        offers = [
            event
            for event in copy.handle(command, now)
            if isinstance(event, OfferMade) and event.offer.conversation == command.conversation
        ]
        state = copy._state  # noqa: SLF001 - our own kind
        conversation = state.conversations[command.conversation]
        return Preview(
            department=conversation.department,
            queue=Queue(place=state.place(conversation), serving=state.serving(conversation)),
            offered_to=tuple(event.offer.agent for event in offers),
            decision=offers[0].decision if offers else explain(state, conversation),
            bot=conversation.bot,
        )

    def agent(self, agent: AgentId) -> AgentRecord | None:
        found = self._state.agents.get(agent)
        return None if found is None else agent_record(found)

    def bot(self, bot: BotId) -> BotRecord | None:
        found = self._state.bots.get(bot)
        return None if found is None else bot_record(found)

    def bot_for(self, command: c.StartConversation) -> BotId | None:
        """The bot that this start would go to now; None when it would go to people."""
        return bot_for(self._state, command)

    def conversations_of(self, bot: BotId) -> tuple[ConversationId, ...]:
        """What it has now, oldest first."""
        found = self._state.bots.get(bot)
        had = () if found is None else (self._state.conversations[one] for one in found.has)
        return tuple(one.id for one in sorted(had, key=lambda conversation: conversation.order))

    def conversation(self, conversation: ConversationId) -> ConversationRecord | None:
        """None when it is unknown or closed and no wrap-up needs it."""
        found = self._state.conversations.get(conversation)
        return None if found is None else conversation_record(found)

    def answer_by(self, conversation: ConversationId) -> int | None:
        """Until when its bot may answer, as far as the router knows of something to be answered."""
        found = self._state.conversations.get(conversation)
        return None if found is None else found.bot_until

    def counters(self) -> Counters:
        return counters(self._state)

    def snapshot(self) -> Snapshot:
        return take_snapshot(self._state)


def _tick(step: Step, command: c.Tick) -> None:
    """What is due has been done."""


_DEEDS: Final[dict[type[c.Command], Callable[[Step, Any], None]]] = {
    c.Configure: configure,
    c.Restart: lambda step, _command: restart(step),
    c.Tick: _tick,
    c.StartConversation: start,
    c.ConnectAgent: connect,
    c.DisconnectAgent: disconnect,
    c.SetStatus: set_status,
    c.SeeOffer: see,
    c.AcceptOffer: accept,
    c.DeclineOffer: decline,
    c.Pick: pick,
    c.TransferToAgent: transfer_to_agent,
    c.TransferToDepartment: transfer_to_department,
    c.CloseByAgent: close_by_agent,
    c.CloseByVisitor: close_by_visitor,
    c.CloseByBot: close_by_bot,
    c.GiveToBot: give_to_bot,
    c.ConnectBot: connect_bot,
    c.DisconnectBot: disconnect_bot,
    c.HandOver: hand_over,
    c.AskHuman: ask_human,
    c.BotWorking: working,
    c.EndWrapUp: end_wrap_up,
    c.ConnectVisitor: connect_visitor,
    c.DisconnectVisitor: disconnect_visitor,
    c.Wrote: wrote,
    c.PromiseWait: promise_wait,
    c.SweepPlaces: lambda step, _command: sweep_places(step),
    c.Quarantine: quarantine,
}
