"""What supervisors ask for: to look on, to take over, to set a status, to whisper. All of it is recorded.

That a request of these may be asked at all is the policy's matter (`Policy.SUPERVISOR`); a supervisor may do it with
every conversation and agent of the workspace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from msgspec import UnsetType

from router import commands, model
from server.clock import Clock
from server.desk import views
from server.desk.agent_requests import AgentRequests, Shown, show
from server.desk.asking import ask
from server.desk.engine import Engine
from server.desk.identity import AgentIdentity
from server.desk.ids import Ids
from server.desk.job import Done, Step
from server.desk.messages import Messages, append, check_text
from server.desk.sending import Appended
from server.session.ports import Peer
from server.store import audit, conversations
from server.store.base import Store, StoreUnavailable, Tx
from server.store.entries import Draft
from server.store.rows import ConversationRow
from server.wire import replies
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import AgentSetStatus, ConversationTakeOver, ConversationWatch, Whisper
from server.wire.times import rfc3339


class Supervision:
    """Handlers of `server.desk.desk`'s table."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: Ids,
        engine: Engine,
        agents: AgentRequests,
        messages: Messages,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._engine = engine
        self._agents = agents
        self._messages = messages
        self._watchers = messages.watchers

    def watch(self, peer: Peer, request: ConversationWatch) -> asyncio.Future[None] | None:
        """Look on, or no more. Frames may come ahead of the reply, which has everything up to it."""
        if not request.active:
            self._watchers.remove(request.conversation, peer)
            peer.send(views.received(request.id))
            return None
        return asyncio.ensure_future(self._watch(peer, request))

    async def _watch(self, peer: Peer, request: ConversationWatch) -> None:
        identity: AgentIdentity = peer.identity
        now = self._clock.now()

        def look(tx: Tx) -> Shown | None:
            if conversations.find(tx, request.conversation) is None:
                return None
            _record(tx, identity, "conversation.watched", request.conversation, now)
            return show(tx, request.conversation)

        is_open = self._engine.open.is_open(request.conversation)
        if is_open:
            self._watchers.add(request.conversation, peer)
        try:
            shown = await self._store.write(look)
        except StoreUnavailable:
            self._watchers.remove(request.conversation, peer)
            raise Refused(ErrorCode.UNAVAILABLE, "Not ready. Try again.", retry_after_ms=1000) from None
        if shown is None:
            raise _no_conversation()
        if not self._engine.open.is_open(request.conversation):
            # It ended: what there was is shown, and nothing more will come.
            self._watchers.forget(request.conversation)
        peer.send(encode(self._agents.accepted(request.id, shown, at=now)))

    def take_over(self, peer: Peer, request: ConversationTakeOver) -> asyncio.Future[None]:
        """Out of the line, or from whoever has it."""
        identity: AgentIdentity = peer.identity
        command = commands.Pick(
            agent=model.AgentId(identity.agent),
            conversation=model.ConversationId(request.conversation),
            any_department=True,
            any_owner=True,
        )

        def plan(now: int, seen: ConversationRow | None) -> Step:
            if seen is None:
                raise _no_conversation()
            if not self._engine.open.is_open(request.conversation):
                raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
            return Step(
                command=command,
                before=lambda tx: _record(tx, identity, "conversation.taken_over", request.conversation, now),
                after=lambda tx, _v: show(tx, request.conversation),
                subject=request.conversation,
            )

        self._messages.say_who_wrote(request.conversation)
        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: self._agents.accepted(request.id, done.value, at=done.at),
            look=lambda tx: conversations.find(tx, request.conversation),
            recall=show,
        )

    def set_status(self, peer: Peer, request: AgentSetStatus) -> asyncio.Future[None]:
        """Choose for somebody else."""
        identity: AgentIdentity = peer.identity
        found = self._engine.directory.agent(request.agent)
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.", field="agent")
        agent = model.AgentId(found.id)
        command = commands.SetStatus(agent=agent, status=model.Status(request.status), reason=request.reason)

        def plan(now: int, _seen: None) -> Step:
            detail = {"status": request.status}
            return Step(
                command=command,
                before=lambda tx: _record(tx, identity, "agent.status_set", agent, now, detail),
                after=lambda _tx, _v: None,
            )

        def reply(done: Done) -> replies.AgentReply:
            record = self._engine.router.agent(agent)
            if record is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.", field="agent")
            shown = views.agent(record, self._engine.directory)
            return replies.AgentReply(re=request.id, agent=shown, at=rfc3339(done.at))

        return ask(self._engine, peer, request, plan=plan, reply=reply)

    def whisper(self, peer: Peer, request: Whisper) -> asyncio.Future[None]:
        """A note that is meant for the conversation's agent."""
        identity: AgentIdentity = peer.identity
        text = check_text(request.text, self._messages.text_chars())
        client_id = self._ids.new("w") if isinstance(request.client_id, UnsetType) else request.client_id

        def note(tx: Tx, at: int) -> Appended:
            return append(
                tx,
                request.conversation,
                Draft(
                    kind="whisper",
                    role="agent",
                    sender=identity.agent,
                    name=identity.name,
                    text=text,
                    at=at,
                    client_id=client_id,
                ),
                identity,
                log="note",
            )

        def plan(now: int, seen: ConversationRow | None) -> Step:
            if seen is None:
                raise _no_conversation()
            if not self._engine.open.is_open(request.conversation):
                raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
            if views.agent_of(seen) in (None, identity.agent):
                raise Refused(ErrorCode.CONFLICT, "Nobody else has this conversation.")
            written: list[Appended] = []
            return Step(
                command=None,
                before=lambda tx: written.__setitem__(slice(None), [note(tx, now)]),
                after=lambda _tx, _v: written[0],
                subject=request.conversation,
            )

        def reply(done: Done) -> replies.Sent:
            appended: Appended = done.value
            return replies.Sent(re=request.id, seq=appended.row.seq, at=rfc3339(appended.row.at))

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=reply,
            told=lambda done: self._messages.publish_note(done.value),
            look=lambda tx: conversations.find(tx, request.conversation),
            recall=lambda tx, _conversation: note(tx, 0),
        )


def _record(
    tx: Tx, who: AgentIdentity, action: str, target: str, at: int, detail: Mapping[str, str] | None = None
) -> None:
    audit.append(tx, at=at, actor=who.agent, action=action, target=target, detail=detail)


def _no_conversation() -> Refused:
    return Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
