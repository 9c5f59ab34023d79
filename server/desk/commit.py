"""One engine commit: everything a batch of router events changes, written in one transaction under the next version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from router import events, model
from router.snapshot import AgentRecord, ConversationRecord
from server.desk import promises
from server.desk.bringing import Brought, bring
from server.desk.chronicle import Line
from server.desk.unwritten import conversation_of
from server.desk.views import LINE_SHOWN, encode
from server.store import conversations, entries, routing, visitors, workspaces
from server.store.base import Tx
from server.store.rows import ConversationRow, EntryRow, EventRow, HoldRow, LineRow, OfferRow, RingRow, VisitorRow

# What need not survive: a batch of nothing else is not committed.
VOLATILE = (
    events.MessageWritten,
    events.VisitorConnected,
    events.VisitorDisconnected,
    events.OfferSeen,
    events.PauseEnded,
    events.BotWorked,
)
_IN_LINE = ("waiting", "offered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a conversation ended: who last had it, agent or bot, stays its owner."""

    owner: str | None
    bot: str | None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What the router did in one go, ready to be written.

    ``agents`` and ``conversations`` are the records that changed; None stands for one the router has let go of.
    ``quiet``: of these conversations, those of which nothing that anybody is shown has changed.
    ``visitors``: those whose name or address may have changed. ``learned``: by the estimate (JSON), when it is time.
    ``departments``: those whose line changed. ``to_read``: those whose line is to be read back beside them; None: no
    line is, as nobody is to be told yet.
    """

    workspace: int
    v: int
    at: int
    counters: str
    events: tuple[events.Event, ...]
    agents: dict[str, AgentRecord | None]
    conversations: dict[str, ConversationRecord | None]
    closings: dict[str, Closing]
    departments: frozenset[str]
    to_read: frozenset[str] | None
    lines: tuple[Line, ...]
    visitors: frozenset[str]
    learned: str | None = None
    quiet: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the commit left behind: changed conversations as rows, with their visitors, the entries it added, what began
    to ring, and lines that changed. ``unread``: departments whose lines changed and were not read. ``overtaken``:
    messages left whose visitor has begun something newer since. ``to_bots``: what a bot got by it, with its log.
    """

    v: int
    conversations: dict[str, ConversationRow]
    visitors: dict[str, VisitorRow]
    entries: tuple[EntryRow, ...]
    notes: tuple[EntryRow, ...]
    rings: tuple[RingRow, ...]
    lines: tuple[LineRow, ...]
    unread: frozenset[str] = frozenset()
    overtaken: frozenset[str] = frozenset()
    to_bots: tuple[tuple[str, Brought], ...] = ()


def write(tx: Tx, batch: Batch) -> Written:
    """Write a batch; raises `workspaces.VersionConflict` when another writer came first."""
    v = workspaces.advance(tx, batch.workspace, v=batch.v, counters=batch.counters)
    _write_conversations(tx, batch, v)
    _write_agents(tx, batch)
    made = _write_offers(tx, batch)
    _write_reasons(tx, batch)
    promises.keep(tx, batch.workspace, batch.events)
    if batch.learned is not None:
        promises.keep_learned(tx, batch.workspace, batch.learned, at=batch.at)
    added = [(line.log, row) for line in batch.lines if (row := _append(tx, line)) is not None]
    routing.record_events(tx, batch.workspace, v, [_event_row(event) for event in batch.events])
    rings = _rings(tx, batch, made)
    renamed = {row.id: row for visitor in batch.visitors for row in conversations.routed_of_visitor(tx, visitor)}
    lines = batch.departments | {row.department for row in renamed.values() if row.state in _IN_LINE}
    read = frozenset[str]() if batch.to_read is None else lines | batch.to_read
    touched = {*(batch.conversations.keys() - batch.quiet), *(line.conversation for line in batch.lines), *renamed}
    rows = conversations.find_all(tx, touched.union(offer.conversation for offer in rings))
    people = {row.visitor: visitors.find(tx, row.visitor) for row in rows.values()}
    return Written(
        v=v,
        conversations=rows,
        visitors={visitor: person for visitor, person in people.items() if person is not None},
        entries=tuple(row for log, row in added if log == "entry"),
        notes=tuple(row for log, row in added if log == "note"),
        rings=tuple(routing.ring(tx, offer) for offer in rings),
        overtaken=frozenset(row.id for row in rows.values() if row.left and _is_overtaken(tx, row)),
        to_bots=tuple(_given_to_bots(tx, batch)),
        lines=tuple(conversations.line(tx, department, limit=LINE_SHOWN) for department in sorted(read)),
        unread=lines - read,
    )


def _given_to_bots(tx: Tx, batch: Batch) -> Iterator[tuple[str, Brought]]:
    for event in batch.events:
        if isinstance(event, events.ConversationStarted | events.ConversationGivenToBot) and event.bot is not None:
            brought = bring(tx, event.conversation)
            if brought is not None and brought.row.bot == event.bot:
                yield event.bot, brought


def _is_overtaken(tx: Tx, row: ConversationRow) -> bool:
    return conversations.newest_of_visitor(tx, row.visitor, row.site) != row.id


def _write_conversations(tx: Tx, batch: Batch, v: int) -> None:
    for conversation, record in batch.conversations.items():
        closing = batch.closings.get(conversation)
        if closing is not None:
            conversations.close(tx, conversation, owner=closing.owner, bot=closing.bot, at=closing.at)
        if record is None or record.state is model.ConversationState.CLOSED:
            kept = None if record is None else encode(record)
            conversations.put_routing(tx, conversation, routing=kept, version=v)
        else:
            conversations.move(
                tx,
                conversation,
                state=record.state.value,
                department=record.department,
                owner=record.responsible,
                bot=record.bot,
                key_at=record.key_at,
                arrival=record.arrival,
                entered_at=record.entered_line_at,
                assign_no=record.assign_no,
                version=v,
                routing=encode(record),
            )


def _write_agents(tx: Tx, batch: Batch) -> None:
    holds: list[HoldRow] = []
    for agent, record in batch.agents.items():
        if record is None:
            routing.forget_agent(tx, agent)
            continue
        routing.put_agent(tx, batch.workspace, agent=agent, status=record.status.value, record=encode(record))
        holds.extend(_hold_row(each) for each in record.holds)
    routing.replace_holds(tx, batch.workspace, list(batch.agents), holds)


def _hold_row(hold: model.Hold) -> HoldRow:
    return HoldRow(
        agent=hold.agent, conversation=hold.conversation, kind=hold.kind.value, cost=hold.cost, until=hold.until
    )


def _write_offers(tx: Tx, batch: Batch) -> list[OfferRow]:
    """Those that ring now: one that ended in the same commit never rang, unless the server accepted it by itself."""
    made: dict[str, OfferRow] = {}
    for event in batch.events:
        match event:
            case events.OfferMade(offer=offer, decision=decision):
                made[offer.id] = _offer_row(offer, decision)
                routing.make_offer(tx, batch.workspace, made[offer.id])
            case events.OfferEnded():
                if event.offer in made and not made[event.offer].auto:
                    del made[event.offer]
                routing.end_offer(tx, event.offer, state=event.end.value, at=event.at, reason=event.reason)
            case _:
                pass
    return list(made.values())


def _rings(tx: Tx, batch: Batch, made: list[OfferRow]) -> list[OfferRow]:
    """What is to be shown of offers: those that were made, and all of them when the names in them may have changed."""
    if not any(isinstance(event, events.Configured) for event in batch.events):
        return made
    pending = (offer for agent in batch.agents for offer in routing.pending_offers(tx, agent))
    return list({offer.id: offer for offer in (*made, *pending)}.values())


def _write_reasons(tx: Tx, batch: Batch) -> None:
    """Why its agent got it stays with the conversation as long as they have it."""
    for event in batch.events:
        match event:
            case events.OfferEnded(end=model.OfferState.ACCEPTED):
                conversations.put_decision(tx, event.conversation, routing.decision(tx, event.offer))
            case (
                events.ConversationReturned()
                | events.ConversationGivenToBot()
                | events.ConversationAssigned(via="pick")
            ):
                conversations.put_decision(tx, event.conversation, None)
            case _:
                pass


def _offer_row(offer: model.Offer, decision: model.Decision) -> OfferRow:
    return OfferRow(
        id=offer.id,
        conversation=offer.conversation,
        agent=offer.agent,
        soft=offer.soft,
        state="pending",
        made_at=offer.made_at,
        expires_at=offer.expires_at,
        transfer_from=offer.transfer_from,
        auto=offer.auto,
        decision=encode(decision),
    )


def _append(tx: Tx, line: Line) -> EntryRow | None:
    place = entries.target(tx, line.conversation, line.log)
    if place is None:
        raise LookupError(line.conversation)
    draft = line.draft
    if line.wording is not None:
        visitor = visitors.find(tx, place.visitor)
        draft = replace(draft, text=line.wording("" if visitor is None else visitor.name))
        if not draft.text:
            return None
    return entries.entry_of(line.conversation, entries.append(tx, place, draft, line.log), draft)


def _event_row(event: events.Event) -> EventRow:
    # Settings are kept where they are configured, not once more in the log.
    body = "{}" if isinstance(event, events.Configured) else encode(event)
    return EventRow(kind=type(event).__name__, body=body, at=event.at, conversation=conversation_of(event))


def closings(happened: Sequence[events.Event]) -> dict[str, Closing]:
    """Which conversations ended in these events."""
    return {
        event.conversation: Closing(owner=event.agent or event.bot, bot=event.bot, at=event.at)
        for event in happened
        if isinstance(event, events.ConversationClosed)
    }


def lines_changed(happened: Sequence[events.Event], before: Callable[[str], str | None]) -> frozenset[str]:
    """Departments whose line is another one after these events. ``before``: where a conversation stood until now."""
    changed: set[str] = set()
    for event in happened:
        match event:
            case events.ConversationStarted() | events.ConversationReturned() | events.ConversationHandedOver():
                changed.add(event.department)
            case events.ConversationAssigned():
                changed.add(event.department)
            case events.OfferMade(offer=offer) if offer.transfer_from is None:
                changed.update(filter(None, [before(offer.conversation)]))
            case events.OfferEnded(transfer_from=None):
                changed.update(filter(None, [before(event.conversation)]))
            case events.ConversationMoved() | events.ConversationClosed():
                changed.update(filter(None, [before(event.conversation), getattr(event, "department", None)]))
            case _:
                pass
    return frozenset(changed)
