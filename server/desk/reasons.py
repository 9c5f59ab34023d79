"""Why a conversation went where it went: every decision about it in order, and why it waits if it does.

What was decided is read from the store, as it was recorded in the commit of each decision. Why it still waits is asked
of the router, which may be a moment ahead of what is committed.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from router import model
from server.desk import reason_words, views
from server.desk.directory import Directory, load
from server.desk.identity import AgentIdentity
from server.desk.reading import may_read
from server.desk.story import KINDS, Story, decoded
from server.store import conversations, promises, turns, workspaces
from server.store.base import Store, Tx
from server.wire.codes import ErrorCode, Refused
from server.wire.reasons import Needs, StillWaiting, WhyAnswer
from server.wire.times import rfc3339

_IN_LINE = ("waiting", "offered")


class Router(Protocol):
    """The running one, as far as it is asked here."""

    def explain(self, conversation: model.ConversationId, /) -> model.Decision | None:
        """Why it waits; None when the router does not know it."""

    def queue(self, conversation: model.ConversationId, /) -> model.Queue | None:
        """Its place in line, if it is in one."""


class Engine(Protocol):
    """Where the router is to be found; after a failed commit it is another one."""

    @property
    def router(self) -> Router: ...

    @property
    def directory(self) -> Directory: ...


class Reasons:
    """Reads and words them. ``engine``: None when there is no server, so that nobody knows how things stand now."""

    def __init__(self, *, store: Store, engine: Engine | None) -> None:
        self._store = store
        self._engine = engine

    async def why(self, conversation: str, reader: AgentIdentity | None) -> WhyAnswer:
        """Every decision about it. ``reader`` None: the owner of the installation, who may read everything.

        Raises:
            Refused: `not_found`: there is no such conversation, or it is not theirs to read.
        """
        running = None if self._engine is None else self._engine.directory
        found = await self._store.read(lambda tx: _read(tx, conversation, reader, running))
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
        if self._engine is None or found.state not in _IN_LINE:
            return found
        return msgspec.structs.replace(found, waiting=_waiting(conversation, self._engine))


def _waiting(id: str, engine: Engine) -> StillWaiting | None:
    conversation = model.ConversationId(id)
    decision = engine.router.explain(conversation)
    if decision is None:
        return None
    why = views.why(decision, engine.directory)
    place = engine.router.queue(conversation)
    return StillWaiting(
        says=reason_words.says_waiting(why),
        place=None if place is None else place.place,
        why=why,
        excluded=reason_words.excluded(why),
    )


def needs(found: model.Needs) -> Needs:
    """The same on the wire."""
    return Needs(require=dict(found.require), prefer=dict(found.prefer))


def _read(tx: Tx, conversation: str, reader: AgentIdentity | None, directory: Directory | None) -> WhyAnswer | None:
    """All that is to be said of the past, worded on the reader's thread: a long story holds up nobody."""
    row, home = conversations.find(tx, conversation), workspaces.find(tx)
    if row is None or home is None or (reader is not None and not may_read(tx, row, reader)):
        return None
    directory = directory or load(tx, home)
    happened = tuple(decoded(each) for each in turns.turns(tx, conversation, KINDS))
    story = Story(happened, promises.of_conversations(tx, [conversation]), directory)
    started = story.started
    return WhyAnswer(
        conversation=row.id,
        state=row.state,  # type: ignore[arg-type] # checked by the table
        department=directory.department_named(row.department),
        agent=directory.agent_named(views.agent_of(row)),
        started_at=rfc3339(row.started_at),
        rules=[] if started is None else list(started.rules),
        needs=None if started is None else needs(started.needs),
        turns=story.turns(),
        waiting=None,
    )
