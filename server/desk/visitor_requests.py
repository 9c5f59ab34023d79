"""What visitors ask for: starting and closing a conversation. Messages and history are everyone's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from msgspec import UnsetType

from router import commands, model
from server.desk import views
from server.desk.asking import ask
from server.desk.directory import Department
from server.desk.engine import Engine
from server.desk.identity import VisitorIdentity
from server.desk.ids import Ids
from server.desk.job import Done, Step
from server.desk.messages import Appended, Messages, append, check_text
from server.desk.open import OpenConversation
from server.session.ports import Peer
from server.store import conversations, visitors
from server.store.base import Tx
from server.store.entries import Draft
from server.store.rows import ConversationRow, VisitorRow
from server.wire import replies
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import ConversationStart, VisitorClose
from server.wire.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the reply shows: the conversation with its visitor, and the message that came with the start."""

    row: ConversationRow
    visitor: VisitorRow
    appended: Appended | None = None


class VisitorRequests:
    """Handlers of `server.desk.desk`'s table."""

    def __init__(self, *, engine: Engine, messages: Messages, ids: Ids) -> None:
        self._engine = engine
        self._messages = messages
        self._ids = ids

    def start(self, peer: Peer, request: ConversationStart) -> asyncio.Future[None]:
        """Start a conversation, or append to the open one."""
        identity: VisitorIdentity = peer.identity
        text = None if isinstance(request.text, UnsetType) else check_text(request.text)
        form = {} if isinstance(request.form, UnsetType) else dict(request.form)
        department = self._department(identity, request)

        def plan(now: int, _seen: object) -> Step:
            found = self._engine.open.find(identity.visitor, identity.site)
            if found is not None:
                return self._append(identity, request, found, text, form, now)
            return self._begin(identity, request, department, text, form, now)

        def reply(done: Done) -> replies.ConversationReply:
            shown: Shown = done.value
            identity.known = True
            identity.name = shown.visitor.name
            return self._reply(request.id, shown, done)

        def told(done: Done) -> None:
            if isinstance(done.value, Shown) and done.value.appended is not None and done.value.appended.first:
                self._messages.publish(done.value.appended)

        return ask(self._engine, peer, request, plan=plan, reply=reply, told=told, recall=_show)

    def close(self, peer: Peer, request: VisitorClose) -> asyncio.Future[None]:
        """End the visitor's own conversation."""
        identity: VisitorIdentity = peer.identity
        conversation = model.ConversationId(request.conversation)

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            if seen is None or (seen.visitor, seen.site) != (identity.visitor, identity.site):
                raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
            if self._engine.open.get(conversation) is None:
                raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
            return Step(
                command=commands.CloseByVisitor(conversation=conversation),
                after=lambda tx, _v: _show(tx, conversation),
                subject=conversation,
            )

        def reply(done: Done) -> replies.ConversationReply:
            return self._reply(request.id, done.value, done)

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=reply,
            look=lambda tx: conversations.find(tx, request.conversation),
            recall=_show,
        )

    def _department(self, identity: VisitorIdentity, request: ConversationStart) -> Department:
        directory = self._engine.directory
        if isinstance(request.department, UnsetType):
            choice = directory.site_departments(identity.site)
            default = directory.default_department
            return default if default in choice else choice[0]
        found = directory.department(request.department)
        if found is None or found not in directory.site_departments(identity.site):
            raise Refused(ErrorCode.NOT_FOUND, "There is no such department here.", field="department")
        return found

    def _begin(
        self,
        identity: VisitorIdentity,
        request: ConversationStart,
        department: Department,
        text: str | None,
        form: dict[str, str],
        now: int,
    ) -> Step:
        conversation = self._ids.new("c")
        self._engine.open.expect(
            OpenConversation(
                id=conversation,
                visitor=identity.visitor,
                site=identity.site,
                language=identity.language,
                department=department.id,
            )
        )

        def before(tx: Tx) -> None:
            visitors.put(tx, self._engine.directory.workspace_id, _visitor_row(identity, form), at=now)
            conversations.create(
                tx,
                id=conversation,
                workspace=self._engine.directory.workspace_id,
                site=identity.site,
                visitor=identity.visitor,
                department=department.id,
                started_at=now,
                language=identity.language,
                page=identity.page,
                form=form,
            )
            self._first_message(tx, identity, request, conversation, text, form, now)

        return Step(
            command=commands.StartConversation(
                conversation=model.ConversationId(conversation),
                visitor=model.VisitorId(identity.visitor),
                department=model.DepartmentId(department.id),
            ),
            before=before,
            after=lambda tx, _v: self._started(tx, identity, request, conversation, text),
            subject=conversation,
        )

    def _first_message(  # noqa: PLR0913, PLR0917 - the parts of one message
        self,
        tx: Tx,
        identity: VisitorIdentity,
        request: ConversationStart,
        conversation: str,
        text: str | None,
        form: dict[str, str],
        now: int,
    ) -> Appended | None:
        if text is None:
            return None
        draft = Draft(
            kind="message",
            role="visitor",
            sender=identity.visitor,
            name=form.get("name") or identity.name,
            text=text,
            at=now,
            client_id=request.client_id,
        )
        return append(tx, conversation, draft, identity, log="entry")

    def _started(
        self, tx: Tx, identity: VisitorIdentity, request: ConversationStart, conversation: str, text: str | None
    ) -> Shown:
        """What the reply shows; the message was stored ahead of the router's own entries."""
        shown = _show(tx, conversation)
        if text is None:
            return shown
        draft = Draft(
            kind="message",
            role="visitor",
            sender=identity.visitor,
            name=shown.visitor.name,
            text=text,
            at=shown.row.started_at,
            client_id=request.client_id,
        )
        found = append(tx, conversation, draft, identity, log="entry")
        return Shown(
            row=shown.row,
            visitor=shown.visitor,
            appended=Appended(row=found.row, place=found.place, first=True),
        )

    def _append(
        self,
        identity: VisitorIdentity,
        request: ConversationStart,
        conversation: str,
        text: str | None,
        form: dict[str, str],
        now: int,
    ) -> Step:
        """Onto the open one: the text is one more message."""

        def after(tx: Tx, _v: int) -> Shown | Refused:
            visitors.rename(tx, identity.visitor, name=form.get("name", ""), email=form.get("email", ""))
            try:
                added = self._first_message(tx, identity, request, conversation, text, form, now)
            except Refused as refused:
                return refused
            shown = _show(tx, conversation)
            return Shown(row=shown.row, visitor=shown.visitor, appended=added)

        return Step(command=None, after=after, subject=conversation)

    def _reply(self, re: str, shown: Shown, done: Done) -> replies.ConversationReply:
        place = self._engine.router.queue(model.ConversationId(shown.row.id))
        return replies.ConversationReply(
            re=re,
            conversation=views.conversation_for_visitor(shown.row, shown.visitor, self._engine.directory, place),
            at=rfc3339(done.at),
        )


def _visitor_row(identity: VisitorIdentity, form: dict[str, str]) -> VisitorRow:
    return VisitorRow(
        id=identity.visitor,
        site=identity.site,
        name=form.get("name", "").strip(),
        email=form.get("email", "").strip(),
        language=identity.language,
        timezone=identity.timezone,
        subject=None,
        visits=1,
    )


def _show(tx: Tx, conversation: str) -> Shown:
    row = conversations.find(tx, conversation)
    assert row is not None
    person = visitors.find(tx, row.visitor)
    assert person is not None
    return Shown(row=row, visitor=person)
