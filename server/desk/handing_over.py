"""From a bot to people: the bot hands over, or the visitor asks for somebody, at a press or in so many words.

It comes to one of two ends. `queued`: the conversation is in a line, and the bot only reads. `failed`: it stays with
the bot, and the visitor is told why. Which of them is the router's to say, in the commit of the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec import UNSET, UnsetType

from router import commands, events, model
from server.desk import views
from server.desk.asking import ask
from server.desk.directory import Agent, Department, Directory
from server.desk.engine import Engine
from server.desk.human_words import asks_for_human
from server.desk.identity import BotIdentity, VisitorIdentity
from server.desk.intake import overflow_of, with_substitutes
from server.desk.job import Done, Step
from server.desk.messages import Messages
from server.desk.sending import Appended
from server.session.ports import Peer
from server.store import conversations, entries
from server.store.base import Tx
from server.store.entries import Draft
from server.store.entries import Target as Place
from server.store.rows import ConversationRow
from server.wire import replies
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import ConversationClose, ConversationHuman, Handoff
from server.wire.times import rfc3339

RESERVED_S = 60  # for the agent a bot names, where the department keeps nothing for anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where it goes: the first department of those that is open, and for whom it is kept."""

    department: str
    overflow: tuple[str, ...]
    outside_hours: bool
    reserve_for: tuple[str, ...] = ()
    reserve_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``said``: ``failed:`` and the reason, or else it is queued. ``note``: the summary that was written with it.

    ``late``: it came when the conversation was with people already, and may be ringing.
    """

    said: str
    note: Appended | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the database knew of it. ``taken``: as `entries.taken_from_bot` says."""

    row: ConversationRow | None
    taken: int | None


class HandingOver:
    """Handlers of `server.desk.desk`'s table."""

    def __init__(self, *, engine: Engine, messages: Messages) -> None:
        self._engine = engine
        self._messages = messages

    def hand_over(self, peer: Peer, request: Handoff) -> asyncio.Future[None]:
        """A bot gives its conversation to people; or says what it was about, when they were given it without asking."""
        identity: BotIdentity = peer.identity
        conversation = request.conversation

        def plan(now: int, seen: Seen) -> Step:
            row = self._own(seen.row, identity)
            if seen.taken is not None and _is_summary(request) and not self._with_bot(conversation):
                return _late(request, identity, now)
            to = self._target(row, request, now)
            command = commands.HandOver(
                bot=model.BotId(identity.bot),
                conversation=model.ConversationId(conversation),
                department=model.DepartmentId(to.department),
                reserve_for=tuple(map(model.AgentId, to.reserve_for)),
                reserve_ms=to.reserve_ms,
                overflow=tuple(map(model.DepartmentId, to.overflow)),
                outside_hours=to.outside_hours,
                reason=request.reason,
            )
            return self._step(command, conversation, lambda tx: _summarise(tx, request, identity, now))

        self._messages.say_who_wrote(conversation)
        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: _reply(request.id, done),
            told=self._told,
            look=lambda tx: Seen(
                row=conversations.find(tx, conversation), taken=entries.taken_from_bot(tx, conversation, identity.bot)
            ),
            recall=lambda _tx, said: Outcome(said=said),
        )

    def ask_human(self, peer: Peer, request: ConversationHuman) -> asyncio.Future[None]:
        """A visitor presses the button."""
        identity: VisitorIdentity = peer.identity

        def plan(now: int, seen: ConversationRow | None) -> Step:
            if seen is None or (seen.visitor, seen.site) != (identity.visitor, identity.site):
                raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
            if not self._engine.open.is_open(seen.id):
                raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
            return self._step(self._human(seen.id, now), seen.id, lambda _tx: None)

        self._messages.say_who_wrote(request.conversation)
        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: _reply(request.id, done),
            look=lambda tx: conversations.find(tx, request.conversation),
            recall=lambda _tx, said: Outcome(said=said),
        )

    def asked(self, conversation: str, text: str) -> None:
        """A visitor whom a bot answers wrote this."""
        if self.asks(conversation, text):
            now = self._engine.now
            self._engine.tell_in_turn(
                lambda: self._human(conversation, now()) if self._engine.open.is_open(conversation) else None
            )

    def asks(self, conversation: str, text: str) -> bool:
        """Whether these words ask for a person, as the bot that has the conversation is set."""
        found = self._engine.open.get(conversation)
        bot = None if found is None or found.bot is None else self._engine.directory.bots.get(found.bot)
        if found is None or bot is None:
            return False
        languages = (found.language, self._engine.directory.workspace.language)
        return asks_for_human(text, bot.settings.human_words, languages)

    def close(self, peer: Peer, request: ConversationClose) -> asyncio.Future[None]:
        """The bot ends it."""
        identity: BotIdentity = peer.identity

        def plan(_now: int, seen: ConversationRow | None) -> Step:
            row = self._own(seen, identity)
            return Step(
                command=commands.CloseByBot(bot=model.BotId(identity.bot), conversation=model.ConversationId(row.id)),
                before=lambda tx: _label(tx, request),
                after=lambda _tx, _v: None,
                subject=row.id,
            )

        return ask(
            self._engine,
            peer,
            request,
            plan=plan,
            reply=lambda done: replies.Reply(re=request.id, at=rfc3339(done.at)),
            look=lambda tx: conversations.find(tx, request.conversation),
        )

    def _human(self, conversation: str, now: int) -> commands.AskHuman:
        """To the department that it is in, or the open one that it overflows to."""
        directory = self._engine.directory
        record = self._engine.router.conversation(model.ConversationId(conversation))
        found = None if record is None else directory.departments.get(record.department)
        to = _line(directory, found or directory.default_department, now)
        return commands.AskHuman(
            conversation=model.ConversationId(conversation),
            overflow=tuple(map(model.DepartmentId, to.overflow)),
            outside_hours=to.outside_hours,
        )

    def _own(self, seen: ConversationRow | None, identity: BotIdentity) -> ConversationRow:
        """As far as the database knew; the router says the last word."""
        if seen is None or seen.bot != identity.bot:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
        if not self._engine.open.is_open(seen.id):
            raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
        return seen

    def _with_bot(self, conversation: str) -> bool:
        record = self._engine.router.conversation(model.ConversationId(conversation))
        return record is not None and record.state is model.ConversationState.BOT

    def _target(self, row: ConversationRow, request: Handoff, now: int) -> Target:
        directory = self._engine.directory
        own = directory.departments.get(row.department, directory.default_department)
        to = request.to
        if isinstance(to, UnsetType):
            return _line(directory, own, now)
        if not isinstance(to.agent, UnsetType):
            if not isinstance(to.department, UnsetType):
                raise Refused(ErrorCode.BAD_REQUEST, "Say an agent or a department, not both.", field="to")
            agent = directory.agent(to.agent)
            if agent is None:
                raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.", field="to.agent")
            return _kept_for(directory, own, agent, now)
        if isinstance(to.department, UnsetType):
            return _line(directory, own, now)
        department = directory.department(to.department)
        if department is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such department.", field="to.department")
        return _line(directory, department, now)

    def _step(self, command: commands.Command, conversation: str, queued: Callable[[Tx], Appended | None]) -> Step:
        """`queued` runs ahead of the router's effects, if it comes to that."""
        noted: list[Appended | None] = [None]

        def heard(said: tuple[events.Event, ...]) -> Step:
            failed = next((each for each in said if isinstance(each, events.HandoffFailed)), None)
            if failed is not None:
                outcome = Outcome(said=f"failed:{failed.reason}")
                return Step(command=command, after=lambda _tx, _v: outcome, subject=outcome.said)
            return Step(
                command=command,
                before=lambda tx: noted.__setitem__(0, queued(tx)),
                after=lambda _tx, _v: Outcome(said="queued", note=noted[0]),
                subject="queued",
            )

        return Step(command=command, heard=heard, subject=conversation)

    def _told(self, done: Done) -> None:
        outcome: Outcome = done.value
        if outcome.note is None:
            return
        self._messages.publish_note(outcome.note)
        if outcome.late:
            frame = encode(views.note_event(outcome.note.row))
            for agent in self._engine.ringing(outcome.note.row.conversation):
                self._messages.tell_agent(agent, frame)


def _line(directory: Directory, department: Department, now: int) -> Target:
    """The department, or the first that it overflows to which is open; itself, when none is."""
    chain = [department, *overflow_of(directory, department)]
    in_hours = [each for each in chain if directory.calendars[each.id].is_open(now)]
    start = in_hours[0] if in_hours else department
    return Target(department=start.id, overflow=tuple(each.id for each in in_hours[1:]), outside_hours=not in_hours)


def _kept_for(directory: Directory, own: Department, agent: Agent, now: int) -> Target:
    """A line that the agent serves, kept for them and their substitutes for a while."""
    theirs = [found for each in agent.settings.members if (found := directory.department(each.department)) is not None]
    department = own if own in theirs or not theirs else theirs[0]
    seconds = department.settings.prefer_last_agent or RESERVED_S
    return replace(
        _line(directory, department, now),
        reserve_for=with_substitutes(directory, agent, now),
        reserve_ms=seconds * 1000,
    )


def _summarise(tx: Tx, request: Handoff, identity: BotIdentity, now: int) -> Appended | None:
    """What the agent sees first: a note of the bot."""
    if not request.summary.strip():
        return None
    place = entries.target(tx, request.conversation, "note")
    assert place is not None
    return _note(tx, request, identity, place, now)


def _is_summary(request: Handoff) -> bool:
    """Whether there is something to tell those who have it, and no wish about who that should be."""
    return bool(request.summary.strip()) and isinstance(request.to, UnsetType)


def _late(request: Handoff, identity: BotIdentity, now: int) -> Step:
    """The one thing that a bot may still say of what was taken from it. It routes nothing."""
    noted: list[Outcome | Refused] = []

    def before(tx: Tx) -> None:
        noted[:] = [_summarise_late(tx, request, identity, now)]

    return Step(command=None, before=before, after=lambda _tx, _v: noted[0], subject=request.conversation)


def _summarise_late(tx: Tx, request: Handoff, identity: BotIdentity, now: int) -> Outcome | Refused:
    place = entries.target(tx, request.conversation, "note")
    taken = entries.taken_from_bot(tx, request.conversation, identity.bot)
    if place is None or taken is None:  # somebody was quicker, in this very commit
        return Refused(ErrorCode.NOT_OWNER, "This conversation is not yours.")
    # Named after the entry by which the bot left: so there is one of it.
    note = _note(tx, request, identity, place, now, client_id=entries.name_of_summary(taken))
    return Outcome(said="queued", note=note, late=True)


def _note(
    tx: Tx, request: Handoff, identity: BotIdentity, place: Place, now: int, *, client_id: str | None = None
) -> Appended:
    draft = Draft(
        kind="handoff",
        role="bot",
        sender=identity.bot,
        name=identity.name,
        text=request.summary,
        at=now,
        client_id=client_id,
    )
    seq = entries.append(tx, place, draft, "note")
    return Appended(row=entries.entry_of(request.conversation, seq, draft), place=place, first=True)


def _reply(re: str, done: Done) -> replies.HandoffReply:
    what, _, reason = done.value.said.partition(":")
    return replies.HandoffReply(
        re=re,
        handoff="failed" if what == "failed" else "queued",
        reason=reason or UNSET,
        at=rfc3339(done.at),
    )


def _label(tx: Tx, request: ConversationClose) -> None:
    conversations.label(
        tx,
        request.conversation,
        outcome=None if isinstance(request.outcome, UnsetType) else request.outcome,
        tags=None if isinstance(request.tags, UnsetType) else request.tags,
    )
