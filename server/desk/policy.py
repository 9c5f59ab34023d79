"""Who may ask for what: one row per request, under WebSocket and REST alike. A handler without a policy does not start.

A policy says who may ask at all; whether this conversation is theirs is checked where the answer cannot go stale: in
the transaction (messages, notes, history) or in the router (offers, transfer, close).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.wire.codes import ErrorCode, Refused


class Policy(StrEnum):
    """Who may ask, and what makes the object theirs."""

    ANYONE_IDENTIFIED = "anyone identified"
    VISITOR = "a visitor, of themselves"
    VISITOR_OF_CONVERSATION = "a visitor, of their own conversation"
    PARTICIPANT = "whoever takes part in the conversation"
    AGENT = "an agent, of themselves"
    OFFERED_AGENT = "the agent at whom it rings"
    OWNER = "the agent who has the conversation, or a supervisor"
    MEMBER = "an agent of the conversation's department, or a supervisor"
    READER = "whoever may read the conversation: its agent, one at whom it rings, or a supervisor"
    BOT = "a bot, within its conversations"
    BOT_OWNER = "the bot that has the conversation"
    SUPERVISOR = "a supervisor or an admin"
    ADMIN = "an admin"


_VISITORS = frozenset({Policy.VISITOR, Policy.VISITOR_OF_CONVERSATION})
# Under names of the module: through their class, members of an enumeration cost a quarter of a microsecond each.
_ADMIN = Policy.ADMIN
_SUPERVISOR = Policy.SUPERVISOR
_BOTS = frozenset({Policy.BOT, Policy.BOT_OWNER})
_EVERYBODY = frozenset({Policy.ANYONE_IDENTIFIED, Policy.PARTICIPANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """``run(peer, request)`` answers by itself and returns None or an awaitable that ends when it has.

    ``pipelines``: it takes its place in the order of writes before it returns.
    """

    policy: Policy
    run: Callable[[Any, Any], Any]
    pipelines: bool = False


class Handlers:
    """The table of one endpoint. Raises `TypeError` at start when a request has no handler (and so no policy)."""

    def __init__(self, requests: Any, table: Mapping[type, Handler], *, opening: type) -> None:
        missing = [kind.__name__ for kind in get_args(requests) if kind not in table and kind is not opening]
        if missing:
            raise TypeError(f"no handler for {', '.join(missing)}")
        self._table = dict(table)

    def find(self, kind: type, identity: Any) -> Handler:
        """The handler, if this identity may ask; raises `Refused`."""
        handler = self._table.get(kind)
        if handler is None:
            raise Refused(ErrorCode.BAD_REQUEST, "This cannot be asked here.", field="do")
        if not _may_ask(handler.policy, identity):
            raise _forbidden()
        return handler

    @property
    def pipelined(self) -> frozenset[type]:
        """The requests whose handlers pipeline."""
        return frozenset(kind for kind, handler in self._table.items() if handler.pipelines)


def insist(policy: Policy, identity: Any) -> None:
    """Raise `Refused` (forbidden) unless this identity may ask for what has this policy."""
    if not _may_ask(policy, identity):
        raise _forbidden()


def _forbidden() -> Refused:
    return Refused(ErrorCode.FORBIDDEN, "You may not do this.")


def _may_ask(policy: Policy, identity: Any) -> bool:
    if policy in _EVERYBODY:
        return isinstance(identity, (VisitorIdentity, AgentIdentity, BotIdentity))
    if policy in _BOTS:
        return isinstance(identity, BotIdentity)
    if policy is _ADMIN:
        return isinstance(identity, AgentIdentity) and identity.role == "admin"
    if policy is _SUPERVISOR:
        return isinstance(identity, AgentIdentity) and identity.supervises
    return isinstance(identity, VisitorIdentity if policy in _VISITORS else AgentIdentity)
