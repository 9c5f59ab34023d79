"""Who takes part in an open conversation, as the router has it at this moment: for what is not worth a transaction."""

from __future__ import annotations

from router import model
from server.desk import audience
from server.desk.engine import Engine
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.desk.open import OpenConversation
from server.wire import parts
from server.wire.codes import ErrorCode, Refused

Identity = VisitorIdentity | AgentIdentity | BotIdentity


class Partaking:
    """Asks the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def owner(self, conversation: str) -> str | None:
        """Who answers there: an agent or a bot, by id."""
        record = self._engine.router.conversation(model.ConversationId(conversation))
        return None if record is None else record.responsible

    def topic_of_owner(self, conversation: OpenConversation) -> str | None:
        """Where whoever answers hears of it."""
        owner = self.owner(conversation.id)
        if owner is None:
            return None
        return audience.of_talk(conversation.id) if owner == conversation.bot else audience.of_agent(owner)

    def mine(self, identity: Identity, conversation: str) -> OpenConversation:
        """The open conversation, if this identity takes part in it; what is not theirs does not exist for them.

        A bot that had it and reads on is told that it is not its own any more.
        """
        found = self._engine.open.get(conversation)
        if found is not None:
            match identity:
                case VisitorIdentity() if (found.visitor, found.site) == (identity.visitor, identity.site):
                    return found
                case AgentIdentity() if self.owner(conversation) == identity.agent:
                    return found
                case BotIdentity() if found.bot == identity.bot:
                    if self.owner(conversation) != identity.bot:
                        raise Refused(ErrorCode.NOT_OWNER, "This conversation is not yours.")
                    return found
                case _:
                    pass
        if self._had(identity, conversation):
            raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
        raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")

    def _had(self, identity: Identity, conversation: str) -> bool:
        """Whether they took part in it when it was closed, not long ago."""
        ended = self._engine.open.ended(conversation)
        match identity:
            case _ if ended is None:
                return False
            case VisitorIdentity():
                return (ended.conversation.visitor, ended.conversation.site) == (identity.visitor, identity.site)
            case AgentIdentity():
                return ended.agent == identity.agent
            case BotIdentity():
                return ended.conversation.bot == identity.bot


def person(identity: Identity) -> parts.Person:
    """How others see them."""
    match identity:
        case VisitorIdentity():
            return parts.Person(role="visitor", id=identity.visitor, name=identity.name)
        case AgentIdentity():
            return parts.Person(role="agent", id=identity.agent, name=identity.name)
        case BotIdentity():
            return parts.Person(role="bot", id=identity.bot, name=identity.name)
