"""The router's memory, read back from the database, and what has to be told to it anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from router import commands, model
from router.snapshot import BotRecord, ConversationRecord, Counters, Snapshot
from server.desk import views
from server.desk.directory import Bot, Directory, load
from server.store import promises, routed, routing, workspaces
from server.store.base import Tx
from server.store.routed import RoutedRow


class Presence(Protocol):
    """Who has a live connection to this installation."""

    def agent_is_here(self, agent: str) -> bool: ...

    def visitor_is_here(self, visitor: str, site: str) -> bool: ...

    def bot_is_here(self, bot: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``writers``: who wrote last in each open conversation that has a message, and when. ``learned``: by the
    estimate, when it was last kept (JSON).
    """

    v: int
    directory: Directory
    snapshot: Snapshot
    conversations: tuple[RoutedRow, ...]
    writers: Mapping[str, tuple[model.Writer, int]]
    learned: str | None = None


_counters = msgspec.json.Decoder(Counters)


def read(tx: Tx, directory: Directory) -> Found:
    """Everything the router knew at the last commit."""
    workspace = workspaces.find(tx, directory.workspace.key)
    assert workspace is not None
    directory = load(tx, workspace)
    rows = tuple(routed.routed(tx, workspace.id))
    records = [views.decode_conversation(row.routing) for row in rows]
    agents = [
        views.decode_agent(record)
        for agent, record in sorted(routing.agent_records(tx, workspace.id).items())
        if agent in directory.agents
    ]
    return Found(
        v=workspace.v,
        directory=directory,
        snapshot=Snapshot(
            counters=_counters.decode(workspace.counters) if workspace.counters else _nothing(),
            agents=tuple(agents),
            conversations=tuple(sorted((record for record in records if record is not None), key=lambda each: each.id)),
        ),
        conversations=rows,
        writers={each: (model.Writer(role), at) for each, (role, at) in routed.last_writers(tx, workspace.id).items()},
        learned=promises.learned(tx, workspace.id),
    )


def _nothing() -> Counters:
    return Counters(now=0, arrival=0, assignments=0, pause_until=None, awaited=())


def as_it_is(found: Found, presence: Presence, seen: Collection[str], *, now: int) -> Snapshot:
    """The records with what happened since they were written and is known elsewhere: who came back, who wrote, what was
    confirmed. It will be told again, but the first step does what is due before it hears of anything.
    """
    visitors = {row.id: (row.visitor, row.site) for row in found.conversations}
    bots = found.directory.bots.values()
    return replace(
        found.snapshot,
        bots=tuple(_bot_as_it_is(each, presence, now) for each in sorted(bots, key=lambda bot: bot.id)),
        agents=tuple(
            replace(agent, grace_until=max(agent.grace_until, now + 1))
            if agent.grace_until is not None and presence.agent_is_here(agent.id)
            else agent
            for agent in found.snapshot.agents
        ),
        conversations=tuple(
            _as_it_is(each, found, seen, here=presence.visitor_is_here(*visitors[each.id]), now=now)
            for each in found.snapshot.conversations
        ),
    )


def _bot_as_it_is(bot: Bot, presence: Presence, now: int) -> BotRecord:
    here = presence.bot_is_here(bot.id)
    grace_until = None if here else now + bot.settings.grace_seconds * 1000
    return BotRecord(id=model.BotId(bot.id), connected=here, grace_until=grace_until)


def _as_it_is(
    record: ConversationRecord, found: Found, seen: Collection[str], *, here: bool, now: int
) -> ConversationRecord:
    writer, at = found.writers.get(record.id, (None, 0))
    if writer is not None and record.responsible is not None and at > record.quiet_since:
        record = replace(record, awaiting_reply=writer is model.Writer.VISITOR, quiet_since=at, asked_at=None)
        if record.state is model.ConversationState.BOT:
            record = _owing(record, found.directory, at, now)
    if record.unconfirmed in seen:
        record = replace(record, unconfirmed=None, unconfirmed_at=None)
    offers = tuple(msgspec.structs.replace(offer, seen=offer.seen or offer.id in seen) for offer in record.offers)
    return replace(record, visitor_left_at=None if here else record.visitor_left_at, offers=offers)


def _owing(record: ConversationRecord, directory: Directory, at: int, now: int) -> ConversationRecord:
    """A bot that was asked meanwhile owes an answer, and has all its time: it may have been kept from giving it."""
    if not record.awaiting_reply:
        return replace(record, bot_asked_at=None, bot_until=None)
    # What the record says it owes may have been answered, and this be another question.
    bot = directory.bots.get(record.bot or "")
    reply_ms = 0 if bot is None else bot.settings.reply_seconds * 1000
    return replace(record, bot_asked_at=at, bot_until=now + reply_ms if reply_ms else None)


def tell_again(found: Found, presence: Presence) -> Iterator[commands.Command]:
    """Presence and who wrote last are not committed for their own sake: they are told again."""
    for agent in found.snapshot.agents:
        if presence.agent_is_here(agent.id):
            yield commands.ConnectAgent(agent=agent.id)
        else:
            yield commands.DisconnectAgent(agent=agent.id)
    for bot in map(model.BotId, found.directory.bots):
        yield commands.ConnectBot(bot=bot) if presence.bot_is_here(bot) else commands.DisconnectBot(bot=bot)
    for row in found.conversations:
        if row.state == "closed":
            continue
        conversation = model.ConversationId(row.id)
        if presence.visitor_is_here(row.visitor, row.site):
            yield commands.ConnectVisitor(conversation=conversation)
        else:
            yield commands.DisconnectVisitor(conversation=conversation)
        if row.id in found.writers:
            yield commands.Wrote(conversation=conversation, writer=found.writers[row.id][0])
