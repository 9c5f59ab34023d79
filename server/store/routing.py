"""What the router's memory is rebuilt from: agents' records, holds, offers, and the events in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server.store.base import Row, Tx
from server.store.rows import EventRow, HoldRow, OfferRow, RingRow

_OFFER = "id, conversation, agent, soft, state, made_at, expires_at, transfer_from, auto, decision"


def put_agent(tx: Tx, workspace: int, *, agent: str, status: str, record: str) -> None:
    """The agent's record as the router has it."""
    tx.run(
        "INSERT INTO agent_state (agent, workspace, status, record) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (agent) DO UPDATE SET status = excluded.status, record = excluded.record",
        (agent, workspace, status, record),
    )


def agent_records(tx: Tx, workspace: int) -> dict[str, str]:
    """Every agent's record (JSON), by id."""
    return dict(tx.all("SELECT agent, record FROM agent_state WHERE workspace = ?", (workspace,)))


def forget_agent(tx: Tx, agent: str) -> None:
    """The agent is no more configured."""
    tx.run("DELETE FROM hold WHERE agent = ?", (agent,))
    tx.run("DELETE FROM agent_state WHERE agent = ?", (agent,))


def replace_holds(tx: Tx, workspace: int, agents: Sequence[str], holds: Iterable[HoldRow]) -> None:
    """The holds of these agents become exactly these: all go before any comes, as an owner may have changed."""
    tx.many("DELETE FROM hold WHERE agent = ?", [(agent,) for agent in agents])
    tx.many(
        "INSERT INTO hold (workspace, agent, conversation, kind, cost, until) VALUES (?, ?, ?, ?, ?, ?)",
        [(workspace, hold.agent, hold.conversation, hold.kind, hold.cost, hold.until) for hold in holds],
    )


def holds_of(tx: Tx, agent: str) -> list[HoldRow]:
    """What takes this agent's slots."""
    rows = tx.all("SELECT conversation, kind, cost, until FROM hold WHERE agent = ?", (agent,))
    return [HoldRow(agent=agent, conversation=row[0], kind=row[1], cost=row[2], until=row[3]) for row in rows]


def holds(tx: Tx, agent: str, conversation: str) -> bool:
    """Whether the agent has the conversation, running or in wrap-up."""
    row = tx.one(
        "SELECT 1 FROM hold WHERE agent = ? AND conversation = ? AND kind IN ('active', 'wrap_up')",
        (agent, conversation),
    )
    return row is not None


def make_offer(tx: Tx, workspace: int, offer: OfferRow) -> None:
    """A new pending offer."""
    tx.run(
        f"INSERT INTO offer (workspace, {_OFFER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            workspace,
            offer.id,
            offer.conversation,
            offer.agent,
            int(offer.soft),
            offer.state,
            offer.made_at,
            offer.expires_at,
            offer.transfer_from,
            int(offer.auto),
            offer.decision,
        ),
    )


def end_offer(tx: Tx, offer: str, *, state: str, at: int, reason: str) -> None:
    """An offer ends once: a second end changes nothing."""
    tx.run(
        "UPDATE offer SET state = ?, ended_at = ?, reason = ? WHERE id = ? AND state = 'pending'",
        (state, at, reason, offer),
    )


def pending_offers(tx: Tx, agent: str) -> list[OfferRow]:
    """What rings at this agent."""
    rows = tx.all(f"SELECT {_OFFER} FROM offer WHERE agent = ? AND state = 'pending' ORDER BY made_at, id", (agent,))
    return [_offer(row) for row in rows]


def _offer(row: Row) -> OfferRow:
    return OfferRow(
        id=row[0],
        conversation=row[1],
        agent=row[2],
        soft=bool(row[3]),
        state=row[4],
        made_at=row[5],
        expires_at=row[6],
        transfer_from=row[7],
        auto=bool(row[8]),
        decision=row[9],
    )


def ring(tx: Tx, offer: OfferRow) -> RingRow:
    """An offer with what the agent is shown of it."""
    words = tx.one(
        "SELECT text FROM entry WHERE conversation = (SELECT n FROM conversation WHERE id = ?) "
        "AND kind = 'message' AND role = 'visitor' ORDER BY seq LIMIT 1",
        (offer.conversation,),
    )
    note = None
    if offer.transfer_from is not None:
        note = tx.one(
            "SELECT text FROM note WHERE conversation = (SELECT n FROM conversation WHERE id = ?) "
            "AND kind = 'transferred' AND sender = ? AND at >= ? ORDER BY seq DESC LIMIT 1",
            (offer.conversation, offer.transfer_from, offer.made_at),
        )
    else:
        note = tx.one(
            "SELECT text FROM note WHERE conversation = (SELECT n FROM conversation WHERE id = ?) "
            "AND kind = 'handoff' ORDER BY seq DESC LIMIT 1",
            (offer.conversation,),
        )
    return RingRow(offer=offer, words="" if words is None else words[0], note="" if note is None else note[0])


def record_events(tx: Tx, workspace: int, v: int, events: Iterable[EventRow]) -> None:
    """The events of one commit, in their order."""
    tx.many(
        "INSERT INTO event (workspace, v, n, kind, body, at, conversation) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(workspace, v, n, event.kind, event.body, event.at, event.conversation) for n, event in enumerate(events)],
    )


def is_offered(tx: Tx, agent: str, conversation: str) -> bool:
    """Whether the conversation rings at this agent."""
    row = tx.one(
        "SELECT 1 FROM offer WHERE conversation = ? AND agent = ? AND state = 'pending'", (conversation, agent)
    )
    return row is not None


def had(tx: Tx, agent: str, conversation: str) -> bool:
    """Whether the agent has this conversation or had it at some time: accepted, picked or assigned."""
    if holds(tx, agent, conversation):
        return True
    row = tx.one(
        "SELECT 1 FROM entry WHERE conversation = (SELECT n FROM conversation WHERE id = ?) AND sender = ? "
        "AND kind = 'joined' LIMIT 1",
        (conversation, agent),
    )
    return row is not None


def knows(tx: Tx, agent: str, conversation: str) -> bool:
    """Whether the agent may know that this conversation exists: it rings there, or they had it at some time."""
    return is_offered(tx, agent, conversation) or had(tx, agent, conversation)


def conversation_of_offer(tx: Tx, offer: str, agent: str) -> str | None:
    """The conversation of an offer that was made to this agent, whatever became of it."""
    row = tx.one("SELECT conversation FROM offer WHERE id = ? AND agent = ?", (offer, agent))
    return None if row is None else str(row[0])


def decision(tx: Tx, offer: str) -> str | None:
    """Why this agent was offered it (JSON)."""
    row = tx.one("SELECT decision FROM offer WHERE id = ?", (offer,))
    return None if row is None else str(row[0])
