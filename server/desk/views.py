"""From rows and router records to what goes over the wire, as each reader may see it.

Snapshots and events are made by the same functions from the same committed data, which is why a snapshot with the later
events applied equals a fresh snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from router import model
from router.snapshot import AgentRecord, ConversationRecord
from server.desk.calendar import Calendar
from server.desk.directory import Bot, Department, Directory
from server.settings.workspace import bot_key
from server.store.rows import ConversationRow, EntryRow, LineRow, RingRow, VisitorRow
from server.wire import events as wire
from server.wire import parts, replies
from server.wire.codec import encode as encode_frame
from server.wire.times import rfc3339

LINE_SHOWN = 50
CANDIDATES_SHOWN = 10  # beside a conversation; an offer shows all that were kept


def time_or_none(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def entry(row: EntryRow) -> parts.Entry:
    """An entry or note as everyone in the conversation sees it."""
    return parts.Entry(**_entry_fields(row))


def entry_event(row: EntryRow) -> wire.EntryEvent:
    return wire.EntryEvent(**_entry_fields(row))


def presence(conversation: str, person: parts.Person, *, here: bool) -> wire.PresenceEvent:
    return wire.PresenceEvent(conversation=conversation, sender=person, here=here)


def note_event(row: EntryRow) -> wire.NoteEvent:
    return wire.NoteEvent(**_entry_fields(row))


def _entry_fields(row: EntryRow) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "conversation": row.conversation,
        "seq": row.seq,
        "kind": row.kind,
        "sender": parts.Person(role=row.role, id=row.sender, name=row.name),  # type: ignore[arg-type] # checked when stored
        "text": row.text,
        "at": rfc3339(row.at),
    }
    if row.client_id is not None:
        fields["client_id"] = row.client_id
    if row.body:
        fields.update(row.body)
        if "to" in row.body:
            fields["to"] = parts.Named(**row.body["to"])
    return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a conversation stands in line and the range its visitor is shown; outside the law of snapshots."""

    place: int
    serving: bool
    wait: parts.Wait | None


def queue(place: Standing | None) -> parts.Queue | None:
    """The same on the wire."""
    if place is None:
        return None
    return parts.Queue(place=place.place, ahead=place.place - 1, wait=place.wait, serving=place.serving)


def conversation_for_visitor(
    row: ConversationRow, visitor: VisitorRow, directory: Directory, place: Standing | None
) -> parts.Conversation:
    """Without notes, tags, page and whatever else is the team's."""
    return parts.Conversation(
        id=row.id,
        state=row.state,  # type: ignore[arg-type] # checked by the table
        department=directory.department_named(row.department),
        visitor=parts.VisitorPart(id=row.visitor, name=visitor.name),
        agent=directory.agent_named(agent_of(row)),
        bot=directory.bot_named(bot_of(row)),
        top=parts.Top(entries=row.entries),
        queue=queue(place),
        started_at=rfc3339(row.started_at),
        left=row.left,
        trial=row.trial or UNSET,
    )


def bot(found: Bot, *, connections: int, conversations: int) -> parts.Bot:
    """A bot, to itself."""
    said = found.settings
    return parts.Bot(
        id=found.id,
        key=said.key,
        name=said.name,
        reply_seconds=said.reply_seconds,
        connections=connections,
        conversations=conversations,
    )


def bot_of(row: ConversationRow) -> str | None:
    """The bot that has it, or had it when it was closed."""
    return row.bot if row.owner == row.bot else None


def agent_of(row: ConversationRow) -> str | None:
    """The same of agents."""
    return None if row.owner == row.bot else row.owner


def conversation_for_bot(row: ConversationRow, visitor: VisitorRow, directory: Directory) -> parts.Conversation:
    """What the visitor sees, and what they said of themselves in the form."""
    return replace(
        conversation_for_visitor(row, visitor, directory, None),
        form=row.form,
        language=row.language,
        page=parts.Page(**row.page),
        tags=row.tags,
    )


def conversation_for_agent(
    row: ConversationRow, visitor: VisitorRow, directory: Directory, place: Standing | None
) -> parts.Conversation:
    """With everything the team may know."""
    record = decode_conversation(row.routing)
    return parts.Conversation(
        id=row.id,
        state=row.state,  # type: ignore[arg-type] # checked by the table
        department=directory.department_named(row.department),
        visitor=visitor_for_agent(row, visitor),
        agent=directory.agent_named(agent_of(row)),
        bot=directory.bot_named(bot_of(row)),
        top=parts.Top(entries=row.entries, notes=row.notes),
        queue=queue(place),
        started_at=rfc3339(row.started_at),
        left=row.left,
        trial=row.trial or UNSET,
        language=row.language,
        page=parts.Page(**row.page),
        tags=row.tags,
        needs={} if record is None else needs(record.needs),
        outcome=row.outcome,
        rating=None if row.score is None else parts.Rating(score=row.score, comment=row.comment),
        entered_line_at=rfc3339(row.entered_at),
        waited_ms=0 if record is None else record.waited_ms,
        previous_agent=None if record is None else directory.agent_named(record.previous),
        transfer=None if record is None else transfer(record, directory),
        why=None if row.decision is None else why(decode_decision(row.decision), directory, shown=CANDIDATES_SHOWN),
    )


def needs(found: model.Needs) -> dict[str, dict[str, int]]:
    """Levels of skills by what is asked of them: `require`, `prefer`; what is not asked is left out."""
    asked = {"require": dict(found.require), "prefer": dict(found.prefer)}
    return {kind: skills for kind, skills in asked.items() if skills}


def transfer(record: ConversationRecord, directory: Directory) -> parts.Transfer | None:
    """The colleague at whom it rings while its agent keeps it."""
    for offer in record.offers:
        to = directory.agent_named(offer.agent)
        if offer.transfer_from is not None and to is not None:
            return parts.Transfer(to=to, expires_at=time_or_none(offer.expires_at))
    return None


def visitor_for_agent(row: ConversationRow, visitor: VisitorRow) -> parts.VisitorPart:
    return parts.VisitorPart(
        id=row.visitor,
        name=visitor.name,
        email=visitor.email,
        language=visitor.language,
        timezone=visitor.timezone,
        verified=visitor.subject is not None,
        visits=visitor.visits,
        attributes=visitor.attributes,
    )


def agent(record: AgentRecord, directory: Directory) -> parts.Agent:
    """The agent's own state."""
    found = directory.agents[record.id]
    return parts.Agent(
        id=record.id,
        key=found.settings.key,
        name=found.settings.name,
        status=record.status.value,
        reason=record.reason,
        slots=parts.Slots(used=record.used, max=found.settings.max_slots),
        holds=[hold(each) for each in sorted(record.holds, key=lambda each: each.conversation)],
        skills=dict(found.settings.skills),
        role=found.settings.role,
    )


def hold(each: model.Hold) -> parts.Hold:
    return parts.Hold(
        conversation=each.conversation, kind=each.kind.value, cost=each.cost, until=time_or_none(each.until)
    )


def colleague(record: AgentRecord, directory: Directory) -> parts.Colleague:
    """The agent as others see them."""
    found = directory.agents[record.id]
    return parts.Colleague(
        id=record.id,
        key=found.settings.key,
        name=found.settings.name,
        status=record.status.value,
        reachable=record.reachable,
        free=max(0, found.settings.max_slots - record.used),
    )


def department(line: LineRow, directory: Directory) -> parts.Department:
    """A line as agents see it."""
    named = directory.department_named(line.department)
    return parts.Department(
        id=named.id,
        key=named.key,
        name=named.name,
        waiting=line.waiting,
        oldest_at=time_or_none(line.oldest_at),
        line=[
            parts.LineItem(
                conversation=conversation,
                visitor=parts.VisitorPart(id=visitor, name=name),
                entered_at=rfc3339(entered_at),
                ringing=state == "offered",
            )
            for conversation, visitor, name, entered_at, state in line.first
        ],
    )


def offer(ring: RingRow, conversation: parts.Conversation, directory: Directory) -> parts.Offer:
    """What rings at an agent."""
    return parts.Offer(**_offer_fields(ring, conversation, directory))


def offer_event(ring: RingRow, conversation: parts.Conversation, directory: Directory, v: int) -> wire.OfferEvent:
    return wire.OfferEvent(v=v, **_offer_fields(ring, conversation, directory))


def _offer_fields(ring: RingRow, conversation: parts.Conversation, directory: Directory) -> dict[str, Any]:
    decision = decode_decision(ring.offer.decision)
    return {
        "offer": ring.offer.id,
        "conversation": conversation,
        "method": decision.method.value,
        "soft": ring.offer.soft,
        "auto": ring.offer.auto,
        "expires_at": time_or_none(ring.offer.expires_at),
        "why": why(decision, directory),
        "text": ring.words,
        "transfer_from": directory.agent_named(ring.offer.transfer_from),
        "note": ring.note,
    }


def site(
    key: str, directory: Directory, serving: frozenset[str], *, now: int, bots_here: frozenset[str] = frozenset()
) -> parts.Site:
    """A site; a department is open within its hours when somebody serves it."""
    found = directory.sites[key]
    return parts.Site(
        key=found.key,
        name=found.name,
        look={"hold_place_seconds": directory.workspace.hold_place_seconds},
        departments=[
            _site_department(
                each, directory.calendars[each.id], serving, now, bot=first_bot(each, directory) in bots_here
            )
            for each in directory.site_departments(key)
        ],
    )


def first_bot(department: Department, directory: Directory) -> str | None:
    """The bot that answers first there, by id."""
    return directory.bot_ids.get(bot_key(department.settings.first) or "")


def _site_department(
    found: Department, calendar: Calendar, serving: frozenset[str], now: int, *, bot: bool
) -> parts.SiteDepartment:
    in_hours = calendar.is_open(now)
    return parts.SiteDepartment(
        id=found.id,
        key=found.settings.key,
        name=found.settings.name,
        open=in_hours and found.id in serving,
        in_hours=in_hours,
        opens_at=None if in_hours else time_or_none(calendar.opens_at(now)),
        bot=bot,
    )


def serving_departments(records: Iterable[AgentRecord], directory: Directory) -> frozenset[str]:
    """Departments in which a member is present and available."""
    serving: set[str] = set()
    for record in records:
        if record.status is model.Status.AVAILABLE and record.present:
            serving.update(
                directory.department_ids[member.department] for member in directory.agents[record.id].settings.members
            )
    return frozenset(serving)


def why(decision: model.Decision, directory: Directory, *, shown: int | None = None) -> parts.Why:
    """The stored reason, with names; at most so many candidates."""

    def candidate(one: model.Candidate | None) -> parts.Candidate | None:
        if one is None:
            return None
        named = directory.agent_named(one.agent)
        assert named is not None
        return parts.Candidate(
            agent=named,
            excluded=None if one.excluded is None else one.excluded.value,
            running=one.running,
            used=one.used,
            max=one.max_slots,
            priority=one.priority,
            measure=one.measure,
            preference=one.preference,
        )

    return parts.Why(
        method=decision.method.value,
        reason=decision.reason,
        takeable=decision.takeable,
        chosen=candidate(decision.chosen),
        runner_up=candidate(decision.runner_up),
        excluded={clause.value: count for clause, count in decision.excluded},
        candidates=[each for each in map(candidate, decision.candidates[:shown]) if each is not None],
        widening_step=decision.widening_step,
        rules=list(decision.rules),
    )


_conversation_decoder = msgspec.json.Decoder(ConversationRecord)
_agent_decoder = msgspec.json.Decoder(AgentRecord)
_decision_decoder = msgspec.json.Decoder(model.Decision)


def decode_conversation(routing: str | None) -> ConversationRecord | None:
    """The router's record as the database keeps it."""
    return None if routing is None else _conversation_decoder.decode(routing)


def decode_agent(record: str) -> AgentRecord:
    return _agent_decoder.decode(record)


def decode_decision(decision: str) -> model.Decision:
    return _decision_decoder.decode(decision)


def encode(value: object) -> str:
    """A router record or event as the database keeps it."""
    return msgspec.json.encode(value).decode()


def new_agent(agent_id: str, directory: Directory) -> parts.Agent:
    """An agent who has not set a status yet."""
    said = directory.agents[agent_id].settings
    return parts.Agent(
        id=agent_id,
        key=said.key,
        name=said.name,
        status="offline",
        reason="",
        slots=parts.Slots(used=0, max=said.max_slots),
        holds=[],
        skills=dict(said.skills),
        role=said.role,
    )


def new_colleague(agent_id: str, directory: Directory) -> parts.Colleague:
    """The same as others see them."""
    said = directory.agents[agent_id].settings
    return parts.Colleague(
        id=agent_id, key=said.key, name=said.name, status="offline", reachable=False, free=said.max_slots
    )


def received(re: str) -> bytes:
    """A yes that commits nothing."""
    return encode_frame(replies.Reply(re=re))
