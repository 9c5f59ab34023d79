"""What agents ask for: status, offers, picking, transferring, closing, wrapping up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from msgspec import UnsetType

from router import commands, model
from server.desk import history, views
from server.desk.asking import ask
from server.desk.engine import Engine
from server.desk.history import Page
from server.desk.identity import AgentIdentity
from server.desk.job import Done, Step
from server.desk.messages import Messages
from server.desk.sending import Appended
from server.session.ports import Peer
from server.store import conversations, entries, routing, visitors
from server.store.base import Tx
from server.store.entries import Draft, Target
from server.store.rows import ConversationRow, VisitorRow
from server.wire import parts, replies
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import (
    ConversationClose,
    ConversationPick,
    ConversationTransfer,
    OfferAccept,
    OfferDecline,
    OfferSeen,
    StatusSet,
    WrapUpEnd,
)
from server.wire.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the reply shows: the conversation with its visitor, the last entries and notes, a note that was added."""

    row: ConversationRow
    visitor: VisitorRow
    page: Page
    note: Appended | None = None


class AgentRequests:
    """Handlers of `server.desk.desk`'s table."""

    def __init__(self, *, engine: Engine, messages: Messages) -> None:
        self._engine = engine
        self._messages = messages

    def set_status(self, peer: Peer, request: StatusSet) -> asyncio.Future[None]:
        """The agent's own choice; open conversations go on under `busy` and `away`."""
        agent = model.AgentId(peer.identity.agent)
        command = commands.SetStatus(agent=agent, status=model.Status(request.status), reason=request.reason)

        def reply(done: Done) -> replies.AgentReply:
            record = self._engine.router.agent(agent)
            assert record is not None
            return replies.AgentReply(
                re=request.id, agent=views.agent(record, self._engine.directory), at=rfc3339(done.at)
            )

        step = Step(command=command, after=lambda _tx, _v: None)
        return ask(self._engine, peer, request, plan=lambda _now, _seen: step, reply=reply)

    def see_offer(self, peer: Peer, request: OfferSeen) -> None:
        """It rings. Late or unknown: nothing to do."""
        agent = model.AgentId(peer.identity.agent)
        self._engine.tell(commands.SeeOffer(agent=agent, offer=model.OfferId(request.offer)))
        if not isinstance(request.id, UnsetType):
            peer.send(views.received(request.id))

    def accept(self, peer: Peer, request: OfferAccept) -> asyncio.Future[None]:
        """Take it."""
        agent = model.AgentId(peer.identity.agent)
        command = commands.AcceptOffer(agent=agent, offer=model.OfferId(request.offer))

        def plan(_now: int, seen: str | None) -> Step:
            if seen is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such offer.", field="offer")
            return Step(command=command, after=lambda tx, _v: show(tx, seen), subject=seen)

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: self.accepted(request.id, done.value, at=done.at),
            look=lambda tx: routing.conversation_of_offer(tx, request.offer, agent),
            recall=lambda tx, conversation: _shown_again(tx, conversation, peer.identity),
        )

    def decline(self, peer: Peer, request: OfferDecline) -> asyncio.Future[None]:
        """Let it go to the next."""
        agent = model.AgentId(peer.identity.agent)
        command = commands.DeclineOffer(agent=agent, offer=model.OfferId(request.offer), reason=request.reason)

        def plan(_now: int, seen: str | None) -> Step:
            if seen is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such offer.", field="offer")
            return Step(command=command, after=lambda _tx, _v: None, subject=seen)

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: replies.Reply(re=request.id, at=rfc3339(done.at)),
            look=lambda tx: routing.conversation_of_offer(tx, request.offer, agent),
        )

    def pick(self, peer: Peer, request: ConversationPick) -> asyncio.Future[None]:
        """Take a waiting one out of the line by hand."""
        identity: AgentIdentity = peer.identity
        command = commands.Pick(
            agent=model.AgentId(identity.agent),
            conversation=model.ConversationId(request.conversation),
            any_department=identity.supervises,
        )
        step = Step(command=command, after=lambda tx, _v: show(tx, request.conversation), subject=request.conversation)

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            if seen is None or not self._may_see(identity, seen):
                raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
            self._check_open(seen)
            return step

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: self.accepted(request.id, done.value, at=done.at),
            look=lambda tx: conversations.find(tx, request.conversation),
            recall=lambda tx, conversation: _shown_again(tx, conversation, identity),
        )

    def transfer(self, peer: Peer, request: ConversationTransfer) -> asyncio.Future[None]:
        """Hand it to a department's line, or offer it to a colleague."""
        identity: AgentIdentity = peer.identity
        command = self._transfer_command(identity, request)

        noted: list[Appended] = []

        def before(tx: Tx) -> None:
            noted.clear()
            if request.note.strip():
                noted.append(_add_transfer_note(tx, request.conversation, identity, request.note, self._engine.now()))

        def after(tx: Tx, _v: int) -> Shown:
            return replace(show(tx, request.conversation), note=noted[0] if noted else None)

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            self._check_own(seen, identity)
            return Step(command=command, before=before, after=after, subject=request.conversation)

        def told(done: Done) -> None:
            if done.value.note is not None:
                self._messages.publish_note(done.value.note)

        self._messages.say_who_wrote(request.conversation)
        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: self._shown(request.id, done),
            told=told,
            look=lambda tx: self._own(tx, request.conversation, identity),
            recall=show,
        )

    def close(self, peer: Peer, request: ConversationClose) -> asyncio.Future[None]:
        """End it, with outcome and tags."""
        identity: AgentIdentity = peer.identity
        command = commands.CloseByAgent(
            agent=model.AgentId(identity.agent),
            conversation=model.ConversationId(request.conversation),
            any_owner=identity.supervises,
        )

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            self._check_own(seen, identity)
            return Step(
                command=command,
                before=lambda tx: _label(tx, request),
                after=lambda tx, _v: show(tx, request.conversation),
                subject=request.conversation,
            )

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: self._shown(request.id, done),
            look=lambda tx: self._own(tx, request.conversation, identity),
            recall=show,
        )

    def end_wrap_up(self, peer: Peer, request: WrapUpEnd) -> asyncio.Future[None]:
        """Free the slot."""
        agent = model.AgentId(peer.identity.agent)
        command = commands.EndWrapUp(agent=agent, conversation=model.ConversationId(request.conversation))
        step = Step(command=command, before=lambda tx: _label(tx, request))

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            if seen is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
            return step

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: replies.Reply(re=request.id, at=rfc3339(done.at)),
            look=lambda tx: self._own(tx, request.conversation, peer.identity),
        )

    def _own(self, tx: Tx, conversation: str, identity: AgentIdentity) -> ConversationRow | None:
        """The conversation, if this agent may know of it."""
        row = conversations.find(tx, conversation)
        if row is None:
            return None
        knows = identity.supervises or row.owner == identity.agent or routing.knows(tx, identity.agent, conversation)
        return row if knows else None

    def _check_own(self, row: ConversationRow | None, identity: AgentIdentity) -> None:
        if row is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
        self._check_open(row)
        if row.owner != identity.agent and not identity.supervises:
            raise Refused(ErrorCode.NOT_OWNER, "This conversation is not yours.")

    def _check_open(self, row: ConversationRow) -> None:
        """It may have been closed since it was looked up, in this very batch."""
        if row.state == "closed" or not self._engine.open.is_open(row.id):
            raise Refused(ErrorCode.CLOSED, "This conversation is closed.")

    def _may_see(self, identity: AgentIdentity, row: ConversationRow) -> bool:
        directory = self._engine.directory
        return identity.supervises or (
            row.department in directory.departments and identity.agent in directory.members(row.department)
        )

    def _transfer_command(self, identity: AgentIdentity, request: ConversationTransfer) -> commands.Command:
        agent, department, bot = request.to.agent, request.to.department, request.to.bot
        conversation = model.ConversationId(request.conversation)
        sender = model.AgentId(identity.agent)
        if sum(not isinstance(each, UnsetType) for each in (agent, department, bot)) != 1:
            raise Refused(ErrorCode.BAD_REQUEST, "Say an agent, a department or a bot.", field="to")
        if not isinstance(bot, UnsetType):
            robot = self._engine.directory.bot(bot)
            if robot is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such bot.", field="to.bot")
            return commands.GiveToBot(
                agent=sender, conversation=conversation, bot=model.BotId(robot.id), words=request.note
            )
        if not isinstance(agent, UnsetType):
            target = self._engine.directory.agent(agent)
            if target is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.", field="to.agent")
            return commands.TransferToAgent(agent=sender, conversation=conversation, to=model.AgentId(target.id))
        assert not isinstance(department, UnsetType)
        line = self._engine.directory.department(department)
        if line is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such department.", field="to.department")
        return commands.TransferToDepartment(agent=sender, conversation=conversation, to=model.DepartmentId(line.id))

    def _part(self, shown: Shown) -> parts.Conversation:
        place = self._engine.standing(shown.row.id)
        return views.conversation_for_agent(shown.row, shown.visitor, self._engine.directory, place)

    def _shown(self, re: str, done: Done) -> replies.ConversationReply:
        return replies.ConversationReply(re=re, conversation=self._part(done.value), at=rfc3339(done.at))

    def accepted(self, re: str, shown: Shown, *, at: int) -> replies.AcceptedReply:
        """The reply to whoever is given a conversation to look at."""
        return replies.AcceptedReply(
            re=re,
            conversation=self._part(shown),
            entries=shown.page.entries,
            notes=shown.page.notes,
            at=rfc3339(at),
        )


def show(tx: Tx, conversation: str) -> Shown:
    """A conversation that is there, as a reply shows it."""
    row = conversations.find(tx, conversation)
    assert row is not None
    person = visitors.find(tx, row.visitor)
    assert person is not None
    return Shown(row=row, visitor=person, page=history.newest(tx, row, with_notes=True))


def _shown_again(tx: Tx, conversation: str, identity: AgentIdentity) -> Shown | Refused:
    """To whoever took it once and asks again: what was said since is theirs only if it still is.

    Supervisors, too: what they read of others' is asked for in another way, and recorded.
    """
    row = conversations.find(tx, conversation)
    if row is None or row.owner != identity.agent:
        return Refused(ErrorCode.GONE, "This conversation is no longer yours.")
    return show(tx, conversation)


def _label(tx: Tx, request: ConversationClose | WrapUpEnd) -> None:
    conversations.label(
        tx,
        request.conversation,
        outcome=None if isinstance(request.outcome, UnsetType) else request.outcome,
        tags=None if isinstance(request.tags, UnsetType) else request.tags,
    )


def _add_transfer_note(tx: Tx, conversation: str, identity: AgentIdentity, text: str, at: int) -> Appended:
    place = _place(tx, conversation)
    draft = Draft(kind="transferred", role="agent", sender=identity.agent, name=identity.name, text=text, at=at)
    seq = entries.append(tx, place, draft, "note")
    return Appended(row=entries.entry_of(conversation, seq, draft), place=place, first=True)


def _place(tx: Tx, conversation: str) -> Target:
    place = entries.target(tx, conversation, "note")
    assert place is not None
    return place
