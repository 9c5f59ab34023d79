"""One step of the router: the handlers' way to the state. They look, they emit; the fold changes."""

from typing import Final

from router.agent import Agent
from router.bot import Bot
from router.compiling import mypyc_attr
from router.conversation import Conversation
from router.errors import CommandRejected, Rejection
from router.events import Event
from router.evolve import FOLDS
from router.model import AgentId, BotId, ConversationId, ConversationState
from router.state import State

# Members of enumerations under names of this module: to look one up costs a quarter of a microsecond.
_CLOSED: Final = ConversationState.CLOSED


@mypyc_attr(acyclic=True, free_list_len=1)
class Step:
    """What is being done now: the state, and the events so far. Handlers refuse before they emit anything."""

    __slots__ = ("events", "now", "records", "seed", "state", "sweeps")

    def __init__(self, state: State, seed: int, *, records: bool = True) -> None:
        self.state = state
        self.now = state.now  # stands still while a step is done
        self.seed = seed
        self.records = records
        self.events: list[Event] = []
        self.sweeps = False  # places are looked at in this step

    def emit(self, event: Event) -> None:
        """Happened: fold it and tell it."""
        FOLDS[type(event)](self.state, event)
        self.events.append(event)

    def agent(self, agent: AgentId) -> Agent:
        """The agent, or a refusal."""
        found = self.state.agents.get(agent)
        if found is None:
            raise CommandRejected(Rejection.NOT_FOUND, "no such agent")
        return found

    def bot(self, bot: BotId) -> Bot:
        """The bot, or a refusal."""
        found = self.state.bots.get(bot)
        if found is None:
            raise CommandRejected(Rejection.NOT_FOUND, "no such bot")
        return found

    def open_conversation(self, conversation: ConversationId) -> Conversation:
        """The conversation if it is not closed, or a refusal."""
        found = self.state.conversations.get(conversation)
        if found is None:
            raise CommandRejected(Rejection.NOT_FOUND, "no such open conversation")
        if found.state is _CLOSED:
            raise CommandRejected(Rejection.CLOSED, "the conversation is closed")
        return found
