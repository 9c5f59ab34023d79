"""What visitors ask for: starting and closing a conversation. Messages and history are everyone's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from msgspec import UnsetType

from router import commands, model
from server.desk import acquaintance, views
from server.desk.acquaintance import as_vouched, asked_by, row_of
from server.desk.asking import ask, still_there
from server.desk.engine import Engine
from server.desk.human_words import asks_for_human
from server.desk.identity import VisitorIdentity
from server.desk.ids import Ids
from server.desk.intake import History, Intake, Resolved
from server.desk.job import Done, Step
from server.desk.messages import Messages, append, check_text
from server.desk.open import OpenConversation
from server.desk.sending import Appended
from server.session.ports import Peer
from server.store import conversations, visitors
from server.store.base import Tx
from server.store.entries import Draft
from server.store.rows import ConversationRow, VisitorRow
from server.wire import replies
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.events import ConversationEvent
from server.wire.requests import ConversationRate, ConversationStart, VisitorClose
from server.wire.times import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the reply shows: the conversation with its visitor, and the message that came with the start."""

    row: ConversationRow
    visitor: VisitorRow
    appended: Appended | None = None


class VisitorRequests:
    """Handlers of `server.desk.desk`'s table."""

    def __init__(self, *, engine: Engine, messages: Messages, ids: Ids, intake: Intake) -> None:
        self._engine = engine
        self._intake = intake
        self._messages = messages
        self._ids = ids

    def start(self, peer: Peer, request: ConversationStart) -> asyncio.Future[None]:
        """Start a conversation, or append to the open one."""
        identity: VisitorIdentity = peer.identity
        text = None if isinstance(request.text, UnsetType) else check_text(request.text, self._messages.text_chars())
        form = as_vouched(identity, {} if isinstance(request.form, UnsetType) else dict(request.form))
        asked = asked_by(identity, request.department, text or "", form)
        self._intake.insist_there(asked)

        def plan(now: int, seen: History) -> Step:
            found = self._engine.open.find(identity.visitor, identity.site)
            if found is not None:
                return self._append(identity, request, found, text, form, now)
            resolved = self._intake.resolve(asked, seen, now=now)
            if identity.trial is None and resolved.refusal is not None and not self._bot_takes(resolved.bot):
                raise resolved.refusal
            return self._begin(identity, request, resolved, text, form, now)

        def reply(done: Done) -> replies.ConversationReply:
            shown: Shown = done.value
            self._messages.known_as(identity, shown.visitor.name)
            return self._reply(request.id, shown, done)

        def told(done: Done) -> None:
            if isinstance(done.value, Shown) and done.value.appended is not None and done.value.appended.first:
                self._messages.publish(done.value.appended)

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=reply,
            told=told,
            look=lambda tx: acquaintance.history(tx, identity.visitor),
            recall=still_there(_show),
        )

    def close(self, peer: Peer, request: VisitorClose) -> asyncio.Future[None]:
        """End the visitor's own conversation."""
        identity: VisitorIdentity = peer.identity
        conversation = model.ConversationId(request.conversation)

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            if seen is None or (seen.visitor, seen.site) != (identity.visitor, identity.site):
                raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
            if not self._engine.open.is_open(conversation):
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
            recall=still_there(_show),
        )

    def rate(self, peer: Peer, request: ConversationRate) -> asyncio.Future[None]:
        """What they thought of it. Its agent is told, after its end too."""
        identity: VisitorIdentity = peer.identity

        def told(done: Done) -> None:
            row: ConversationRow = done.value.row
            agent = views.agent_of(row)
            # Of one that is not over, the commit itself tells.
            if row.state == "closed" and agent is not None:
                now = views.conversation_for_agent(row, done.value.visitor, self._engine.directory, None)
                self._messages.tell_agent(agent, encode(ConversationEvent(v=done.v, conversation=now)))

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            if seen is None or (seen.visitor, seen.site) != (identity.visitor, identity.site):
                raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
            return Step(
                command=None,
                before=lambda tx: conversations.rate(
                    tx, request.conversation, score=request.score, comment=request.comment.strip()
                ),
                after=lambda tx, _v: _show(tx, request.conversation),
                subject=request.conversation,
                visitor=identity.visitor,
            )

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: replies.Reply(re=request.id, at=rfc3339(done.at)),
            told=told,
            look=lambda tx: conversations.find(tx, request.conversation),
            recall=still_there(_show),
        )

    def _bot_takes(self, bot: str | None) -> bool:
        """Whether it answers now, whatever the hour."""
        found = self._engine.directory.bots.get(bot or "")
        if found is None or found.id not in self._engine.bots_here:
            return False
        most = found.settings.max_conversations
        return not most or len(self._engine.router.conversations_of(model.BotId(found.id))) < most

    def _also(
        self, resolved: Resolved, bot: str | None, conversation: str, text: str | None
    ) -> commands.Command | None:
        """Their first words may ask for a person already."""
        found = self._engine.directory.bots.get(bot or "")
        languages = (resolved.language, self._engine.directory.workspace.language)
        if found is None or text is None or not asks_for_human(text, found.settings.human_words, languages):
            return None
        return commands.AskHuman(
            conversation=model.ConversationId(conversation),
            overflow=tuple(map(model.DepartmentId, resolved.overflow)),
            outside_hours=resolved.refusal is not None,
        )

    def _begin(
        self,
        identity: VisitorIdentity,
        request: ConversationStart,
        resolved: Resolved,
        text: str | None,
        form: dict[str, str],
        now: int,
    ) -> Step:
        conversation = self._ids.new("c")
        workspace = self._engine.directory.workspace_id
        language = resolved.language or self._engine.directory.workspace.language
        self._intake.count(resolved)
        bot = resolved.bot if identity.trial is None else identity.trial
        self._engine.open.expect(
            OpenConversation(
                id=conversation,
                visitor=identity.visitor,
                site=identity.site,
                language=language,
                department=resolved.department,
            )
        )

        def before(tx: Tx) -> None:
            visitors.put(tx, workspace, row_of(identity, form, language), at=now)
            conversations.create(
                tx,
                id=conversation,
                workspace=workspace,
                site=identity.site,
                visitor=identity.visitor,
                department=resolved.department,
                started_at=now,
                language=language,
                page=identity.page,
                form=form,
                tags=resolved.tags,
                trial=identity.trial is not None,
            )
            self._first_message(tx, identity, request, conversation, text, form, now)

        return Step(
            command=resolved.command(
                conversation=conversation,
                visitor=identity.visitor,
                bot=bot,
                spoke=text is not None,
                trial=identity.trial is not None,
            ),
            also=self._also(resolved, bot, conversation, text),
            before=before,
            after=lambda tx, _v: self._started(tx, identity, request, conversation, text, form),
            subject=conversation,
            visitor=identity.visitor if identity.known else "",
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
            name=_told(form, "name") or _known_name(tx, identity),
            text=text,
            at=now,
            client_id=request.client_id,
        )
        return append(tx, conversation, draft, identity, log="entry")

    def _started(
        self,
        tx: Tx,
        identity: VisitorIdentity,
        request: ConversationStart,
        conversation: str,
        text: str | None,
        form: dict[str, str],
    ) -> Shown:
        """What the reply shows; the message was stored ahead of the router's own entries."""
        shown = _show(tx, conversation)
        found = self._first_message(tx, identity, request, conversation, text, form, shown.row.started_at)
        if found is None:
            return shown
        return replace(shown, appended=replace(found, first=True))

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
        name, email = _told(form, "name"), _told(form, "email")
        appended: list[Appended | Refused | None] = []

        def before(tx: Tx) -> None:
            try:
                appended.append(self._first_message(tx, identity, request, conversation, text, form, now))
            except Refused as refused:
                appended.append(refused)
            else:
                visitors.rename(tx, identity.visitor, name=name, email=email)

        def after(tx: Tx, _v: int) -> Shown | Refused:
            match appended[-1]:
                case Refused() as refused:
                    return refused
                case message:
                    return replace(_show(tx, conversation), appended=message)

        renamed = identity.visitor if name or email else ""
        return Step(command=None, before=before, after=after, subject=conversation, visitor=renamed)

    def _reply(self, re: str, shown: Shown, done: Done) -> replies.ConversationReply:
        place = self._engine.standing(shown.row.id)
        return replies.ConversationReply(
            re=re,
            conversation=views.conversation_for_visitor(shown.row, shown.visitor, self._engine.directory, place),
            at=rfc3339(done.at),
        )


def _told(form: dict[str, str], field: str) -> str:
    """What the visitor wrote into a field, or nothing."""
    return form.get(field, "").strip()


def _known_name(tx: Tx, identity: VisitorIdentity) -> str:
    found = visitors.find(tx, identity.visitor)
    return identity.name if found is None else found.name


def _show(tx: Tx, conversation: str) -> Shown:
    row = conversations.find(tx, conversation)
    assert row is not None
    person = visitors.find(tx, row.visitor)
    assert person is not None
    return Shown(row=row, visitor=person)
