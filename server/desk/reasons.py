"""Why a conversation went where it went: every decision about it in order, and why it waits if it does.

What was decided is read from the store, as it was recorded in the commit of each decision. Why it still waits is asked
of the router, which may be a moment ahead of what is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from router import model
from server.desk import reason_words, views
from server.desk.directory import Directory, load
from server.desk.identity import AgentIdentity
from server.desk.reading import may_read
from server.store import conversations, promises, turns, workspaces
from server.store.base import Store, Tx
from server.store.rows import ConversationRow, PromiseRow
from server.wire import parts
from server.wire.codes import ErrorCode, Refused
from server.wire.reasons import Needs, PromiseTold, StillWaiting, Turn, WhyAnswer
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
        row, told, directory = found
        record = views.decode_conversation(row.routing)
        first = next((turn.why for turn in told if isinstance(turn.why, parts.Why)), None)
        return WhyAnswer(
            conversation=row.id,
            state=row.state,  # type: ignore[arg-type]
            department=directory.department_named(row.department),
            agent=directory.agent_named(row.owner),
            started_at=rfc3339(row.started_at),
            rules=list(record.rules) if record is not None else first.rules if first is not None else [],
            needs=None if record is None else needs(record.needs),
            turns=told,
            waiting=None if self._engine is None else _waiting(row, self._engine),
        )


def _waiting(row: ConversationRow, engine: Engine) -> StillWaiting | None:
    conversation = model.ConversationId(row.id)
    decision = engine.router.explain(conversation) if row.state in _IN_LINE else None
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


def _read(
    tx: Tx, conversation: str, reader: AgentIdentity | None, directory: Directory | None
) -> tuple[ConversationRow, list[Turn], Directory] | None:
    """On the reader's thread, with all that is to be said of the past."""
    row, home = conversations.find(tx, conversation), workspaces.find(tx)
    if row is None or home is None or (reader is not None and not may_read(tx, row, reader)):
        return None
    directory = directory or load(tx, home)
    offers = turns.offers(tx, conversation)
    told = [
        *(_offer(each, directory) for each in offers),
        *_entries(turns.entries(tx, row.n), offers, directory),
        *(_promise(each) for each in promises.of_conversations(tx, [conversation])),
    ]
    return row, sorted(told, key=lambda turn: (turn.at, _rank(turn, offers))), directory


def _rank(turn: Turn, offers: Iterable[turns.OfferTurn]) -> int:
    """Of one moment: what was asked comes before what came of it."""
    match turn.what:
        case "transferred" if isinstance(turn.to, parts.Named):
            # To an agent it rings first, to a department afterwards.
            return 3 if any(offer.agent == turn.to.id and offer.state == "accepted" for offer in offers) else 0
        case "left" | "transferred":
            return 0
        case "promised":
            return 1
        case "offer":
            return 2
        case "assigned":
            return 4
        case "closed":
            return 5


def _offer(offer: turns.OfferTurn, directory: Directory) -> Turn:
    agent = _named(offer.agent, directory)
    why = views.why(views.decode_decision(offer.decision), directory)
    return Turn(
        at=rfc3339(offer.made_at),
        what="offer",
        says=reason_words.says_offer(agent.name or agent.id, why, offer.state),
        agent=agent,
        offer=offer.id,
        soft=offer.soft,
        auto=offer.auto,
        outcome=offer.state,
        ended_at=None if offer.ended_at is None else rfc3339(offer.ended_at),
        why=why,
        excluded=reason_words.excluded(why),
    )


def _entries(
    found: Iterable[turns.EntryTurn], offers: Iterable[turns.OfferTurn], directory: Directory
) -> Iterator[Turn]:
    accepted = {(offer.agent, offer.ended_at): offer for offer in offers if offer.state == "accepted"}
    for entry in found:
        agent = _named(entry.sender, directory) if entry.sender else None
        match entry.kind:
            case "joined":
                yield _assigned(entry, accepted.get((entry.sender, entry.at)), _named(entry.sender, directory))
            case "transferred":
                to = parts.Named(**entry.body["to"])
                yield Turn(at=rfc3339(entry.at), what="transferred", says=entry.text, agent=agent, to=to)
            case "left":
                yield Turn(at=rfc3339(entry.at), what="left", says=entry.text, agent=agent)
            case _:
                yield Turn(at=rfc3339(entry.at), what="closed", says=entry.text, agent=agent)


def _assigned(entry: turns.EntryTurn, offer: turns.OfferTurn | None, agent: parts.Named) -> Turn:
    waited = entry.body.get("waited_ms", 0) / 1000
    name = agent.name or agent.id
    if offer is None:
        says = f"{name} picked it from the line."
        return Turn(at=rfc3339(entry.at), what="assigned", says=says, agent=agent, via="pick", waited_s=waited)
    if offer.transfer_from is not None:
        says = f"{name} took it over."
        return Turn(at=rfc3339(entry.at), what="assigned", says=says, agent=agent, via="transfer", waited_s=waited)
    how = "was given it" if offer.auto else "accepted"
    says = f"{name} {how} after {waited:.0f} s in line."
    return Turn(at=rfc3339(entry.at), what="assigned", says=says, agent=agent, via="offer", waited_s=waited)


def _promise(row: PromiseRow) -> Turn:
    waited = None if row.realised_ms is None else row.realised_ms / 1000
    kept = None if row.realised_ms is None else row.realised_ms <= row.high_ms
    low, high = row.low_ms // 1000, -(-row.high_ms // 1000)
    became = "" if waited is None else f" It was {waited:.0f} s{'' if kept else ', longer than that'}."
    return Turn(
        at=rfc3339(row.at),
        what="promised",
        says=f"The visitor was told {low} to {high} s, at place {row.place}.{became}",
        promise=PromiseTold(
            place=row.place,
            low_s=low,
            high_s=high,
            p50_s=row.p50_ms / 1000,
            p80_s=row.p80_ms / 1000,
            waited_s=waited,
            kept=kept,
        ),
    )


def _named(agent: str, directory: Directory) -> parts.Named:
    found = directory.agent_named(agent)
    assert found is not None
    return found
