"""A message left for later: nobody is here, the line is full, or the visitor does not want to wait.

It is a conversation like any other, marked as left: it stands in line without its visitor, is told nothing, and comes
to an agent as soon as one is free. A visitor may leave a few and still begin a conversation of their own. Who leaves
one instead of waiting on gives up the place; what they had written goes along.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace

from router import commands, model
from server.desk import acquaintance, views
from server.desk.acquaintance import as_vouched, asked_by, row_of
from server.desk.asking import ask, still_there
from server.desk.engine import Engine
from server.desk.identity import VisitorIdentity
from server.desk.ids import Ids
from server.desk.intake import History, Intake, Resolved
from server.desk.job import Done, Step
from server.desk.messages import Messages, check_text
from server.desk.open import OpenConversation
from server.desk.sending import Appended
from server.session.ports import Peer
from server.store import conversations, entries, visitors
from server.store.base import Tx
from server.store.entries import Draft
from server.store.rows import ConversationRow, VisitorRow
from server.wire import replies
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import MessageLeave
from server.wire.times import rfc3339

# Something@somewhere.else: whether it is theirs and works, only an answer will show.
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_EMAIL_CHARS = 254
_TAKEN_ALONG = 100
# Of one visitor on one site, unread at the same time.
MOST_LEFT = 5
_RETRY_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The conversation it became, with its visitor and, the first time, what was written into it."""

    row: ConversationRow
    visitor: VisitorRow
    appended: tuple[Appended, ...] = ()


class Leaving:
    """The handler of `message.leave`."""

    def __init__(self, *, engine: Engine, messages: Messages, ids: Ids, intake: Intake) -> None:
        self._engine = engine
        self._messages = messages
        self._ids = ids
        self._intake = intake

    def leave(self, peer: Peer, request: MessageLeave) -> asyncio.Future[None]:
        """Keep the message; answered once it is on disk."""
        identity: VisitorIdentity = peer.identity
        text = check_text(request.text, self._messages.text_chars())
        form = as_vouched(identity, {field: said.strip() for field, said in request.form.items()})
        _insist_on_a_way_back(form)

        def reply(done: Done) -> replies.ConversationReply:
            left: Left = done.value
            self._messages.known_as(identity, left.visitor.name)
            shown = views.conversation_for_visitor(left.row, left.visitor, self._engine.directory, None)
            return replies.ConversationReply(re=request.id, conversation=shown, at=rfc3339(done.at))

        return ask(
            self._engine,
            peer,
            request,
            plan=lambda now, seen: self._step(identity, request, text, form, seen, now),
            reply=reply,
            told=self._told,
            look=lambda tx: acquaintance.history(tx, identity.visitor),
            recall=still_there(_show),
        )

    def _step(
        self,
        identity: VisitorIdentity,
        request: MessageLeave,
        text: str,
        form: dict[str, str],
        seen: History,
        now: int,
    ) -> Step:
        waiting = self._waiting(identity)
        self._insist_on_room(identity)
        conversation = self._ids.new("c")
        resolved = self._resolved(identity, request, text, form, seen, now)
        self._engine.open.expect(
            OpenConversation(
                id=conversation,
                visitor=identity.visitor,
                site=identity.site,
                language=resolved.language,
                department=resolved.department,
                left=True,
            )
        )

        written: list[Appended] = []

        def before(tx: Tx) -> None:
            self._write(tx, identity, conversation, resolved, form, now)
            said = Draft(
                kind="message",
                role="visitor",
                sender=identity.visitor,
                name=form.get("name", "") or identity.name,
                text=text,
                at=now,
                client_id=request.client_id,
            )
            written[:] = [_append(tx, conversation, draft) for draft in (*_written(tx, waiting, identity), said)]

        return Step(
            command=resolved.command(conversation=conversation, visitor=identity.visitor, left=True),
            also=None if waiting is None else commands.CloseByVisitor(conversation=model.ConversationId(waiting)),
            before=before,
            after=lambda tx, _v: replace(_show(tx, conversation), appended=tuple(written)),
            subject=conversation,
            visitor=identity.visitor if identity.known else "",
        )

    def _told(self, done: Done) -> None:
        left: Left = done.value
        for appended in left.appended:
            self._messages.publish(appended)

    def _insist_on_room(self, identity: VisitorIdentity) -> None:
        """Nobody fills the line of others with messages: neither `max_line` nor a wait bounds them."""
        theirs = (identity.visitor, identity.site)
        left = sum(each.left and (each.visitor, each.site) == theirs for each in self._engine.open.all())
        if left >= MOST_LEFT:
            words = "You have left several messages that nobody has read yet. We will get back to you."
            raise Refused(ErrorCode.RATE_LIMITED, words, retry_after_ms=_RETRY_MS)

    def _waiting(self, identity: VisitorIdentity) -> str | None:
        """The conversation in which the visitor waits; raises `Refused` when somebody has it."""
        found = self._engine.open.find(identity.visitor, identity.site)
        record = None if found is None else self._engine.router.conversation(model.ConversationId(found))
        if record is not None and record.owner is not None:
            raise Refused(ErrorCode.CONFLICT, "You are in a conversation: write there.")
        return found

    def _resolved(
        self,
        identity: VisitorIdentity,
        request: MessageLeave,
        text: str,
        form: dict[str, str],
        seen: History,
        now: int,
    ) -> Resolved:
        """Where it goes by the rules, whatever the hour and however long the line; kept for nobody."""
        found = self._intake.resolve(asked_by(identity, request.department, text, form), seen, now=now)
        self._intake.count(found)
        language = found.language or self._engine.directory.workspace.language
        return replace(
            found, department=found.routed, overflow=(), reserve_for=(), reserve_ms=0, language=language, refusal=None
        )

    def _write(
        self, tx: Tx, identity: VisitorIdentity, conversation: str, resolved: Resolved, form: dict[str, str], now: int
    ) -> None:
        workspace = self._engine.directory.workspace_id
        visitors.put(tx, workspace, row_of(identity, form, resolved.language), at=now)
        conversations.create(
            tx,
            id=conversation,
            workspace=workspace,
            site=identity.site,
            visitor=identity.visitor,
            department=resolved.department,
            started_at=now,
            language=resolved.language,
            page=identity.page,
            form=form,
            tags=resolved.tags,
            left=True,
        )


def _insist_on_a_way_back(form: dict[str, str]) -> None:
    """An address, or a name and how to reach them otherwise; raises `Refused`."""
    email = form.get("email", "")
    if email and (len(email) > _EMAIL_CHARS or _EMAIL.fullmatch(email) is None):
        raise Refused(ErrorCode.BAD_REQUEST, "This is not an e-mail address.", field="form.email")
    if not email and not (form.get("name") and form.get("contact")):
        raise Refused(
            ErrorCode.BAD_REQUEST,
            "Please leave an e-mail address, or a name and a contact, so that you can be answered.",
            field="form",
        )


def _written(tx: Tx, waiting: str | None, identity: VisitorIdentity) -> list[Draft]:
    """What the visitor wrote where they waited until now."""
    row = None if waiting is None else conversations.find(tx, waiting)
    if row is None:
        return []
    said = entries.last(tx, row.id, row.n, limit=_TAKEN_ALONG)
    # Without their names: a resend of theirs is answered where they were sent.
    return [
        Draft(kind=each.kind, role=each.role, sender=each.sender, name=each.name, text=each.text, at=each.at)
        for each in said
        if each.kind == "message" and each.sender == identity.visitor
    ]


def _append(tx: Tx, conversation: str, draft: Draft) -> Appended:
    place = entries.target(tx, conversation, "entry")
    assert place is not None
    seq = entries.append(tx, place, draft, "entry")
    return Appended(row=entries.entry_of(conversation, seq, draft), place=place, first=True)


def _show(tx: Tx, conversation: str) -> Left:
    row = conversations.find(tx, conversation)
    assert row is not None
    person = visitors.find(tx, row.visitor)
    assert person is not None
    return Left(row=row, visitor=person)
