"""Conversations as rows: created once, moved by the engine's commits, read by everyone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from server.store import entries
from server.store.base import Row, Tx
from server.store.rows import ConversationRow, LineRow

_COLUMNS = (
    "n, id, site, visitor, department, state, owner, entered_at, assign_no, version, "
    f"{entries.TOP['entry']}, {entries.TOP['note']}, started_at, "
    "closed_at, language, page, form, tags, outcome, decision, routing, left_message, score, comment, bot, trial"
)


def _row(row: Row) -> ConversationRow:
    return ConversationRow(
        n=row[0],
        id=row[1],
        site=row[2],
        visitor=row[3],
        department=row[4],
        state=row[5],
        owner=row[6],
        entered_at=row[7],
        assign_no=row[8],
        version=row[9],
        entries=row[10],
        notes=row[11],
        started_at=row[12],
        closed_at=row[13],
        language=row[14],
        page=orjson.loads(row[15]),
        form=orjson.loads(row[16]),
        tags=orjson.loads(row[17]),
        outcome=row[18],
        decision=row[19],
        routing=row[20],
        left=bool(row[21]),
        score=row[22],
        comment=row[23],
        bot=row[24],
        trial=bool(row[25]),
    )


def create(  # noqa: PLR0913 - one argument per column
    tx: Tx,
    *,
    id: str,
    workspace: int,
    site: str,
    visitor: str,
    department: str,
    started_at: int,
    language: str,
    page: dict[str, str],
    form: dict[str, str],
    tags: Sequence[str] = (),
    left: bool = False,
    trial: bool = False,
) -> None:
    """A new conversation, waiting, without entries. ``left``: a message left for later. ``trial``: it is no visitor's.

    Who has it, and that it does not wait at all, is for `move` to say in the same transaction.
    """
    tx.run(
        "INSERT INTO conversation (id, workspace, site, visitor, department, state, owner, assign_no, version, "
        "entries, notes, key_at, arrival, entered_at, started_at, language, page, form, tags, left_message, trial) "
        "VALUES (?, ?, ?, ?, ?, 'waiting', NULL, 0, 0, 0, 0, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            id,
            workspace,
            site,
            visitor,
            department,
            started_at,
            started_at,
            started_at,
            language,
            orjson.dumps(page).decode(),
            orjson.dumps(form).decode(),
            orjson.dumps(list(tags)).decode(),
            int(left),
            int(trial),
        ),
    )


def move(  # noqa: PLR0913 - one argument per column
    tx: Tx,
    conversation: str,
    *,
    state: str,
    department: str,
    owner: str | None,
    bot: str | None,
    key_at: int,
    arrival: int,
    entered_at: int,
    assign_no: int,
    version: int,
    routing: str,
) -> None:
    """Routing moved an open conversation on; ``version`` is the ``v`` of this commit. ``owner``: an agent or a bot."""
    tx.run(
        "UPDATE conversation SET state = ?, department = ?, owner = ?, bot = ?, key_at = ?, arrival = ?, "
        "entered_at = ?, assign_no = ?, version = ?, routing = ? WHERE id = ?",
        (state, department, owner, bot, key_at, arrival, entered_at, assign_no, version, routing, conversation),
    )


def put_decision(tx: Tx, conversation: str, decision: str | None) -> None:
    """Why its agent got it (JSON); None while nobody has it."""
    tx.run("UPDATE conversation SET decision = ? WHERE id = ?", (decision, conversation))


def put_routing(tx: Tx, conversation: str, *, routing: str | None, version: int) -> None:
    """What the router still knows of a closed conversation; None: it has let go."""
    tx.run("UPDATE conversation SET routing = ?, version = ? WHERE id = ?", (routing, version, conversation))


def label(tx: Tx, conversation: str, *, outcome: str | None, tags: Sequence[str] | None) -> None:
    """The agent's outcome and tags; None leaves what is there."""
    if outcome is not None:
        tx.run("UPDATE conversation SET outcome = ? WHERE id = ?", (outcome, conversation))
    if tags is not None:
        tx.run("UPDATE conversation SET tags = ? WHERE id = ?", (orjson.dumps(list(tags)).decode(), conversation))


def open_ones(tx: Tx, workspace: int, *, limit: int) -> list[Row]:
    """Id, state, site, department, owner, visitor's id and name, and start of the newest open ones; no try-outs."""
    return tx.all(
        "SELECT c.id, c.state, c.site, c.department, c.owner, v.id, v.name, c.started_at FROM conversation c "
        "JOIN visitor v ON v.id = c.visitor WHERE c.workspace = ? AND c.state <> 'closed' AND c.trial = 0 "
        "ORDER BY c.n DESC LIMIT ?",
        (workspace, limit),
    )


def rate(tx: Tx, conversation: str, *, score: int, comment: str) -> None:
    """What the visitor thought of it; the last word counts."""
    tx.run("UPDATE conversation SET score = ?, comment = ? WHERE id = ?", (score, comment, conversation))


def find(tx: Tx, conversation: str) -> ConversationRow | None:
    """The conversation of that public id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM conversation WHERE id = ?", (conversation,))
    return None if row is None else _row(row)


def find_all(tx: Tx, conversations: Iterable[str]) -> dict[str, ConversationRow]:
    """Those that exist, by public id."""
    found = (find(tx, conversation) for conversation in conversations)
    return {row.id: row for row in found if row is not None}


def last_of_visitor(tx: Tx, visitor: str, site: str) -> ConversationRow | None:
    """The visitor's newest conversation on this site."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM conversation WHERE visitor = ? AND site = ? ORDER BY n DESC LIMIT 1",
        (visitor, site),
    )
    return None if row is None else _row(row)


def earlier_of_visitor(tx: Tx, visitor: str, *, limit: int) -> list[tuple[str, str | None, int]]:
    """The visitor's newest conversations: department, who had it last, when it ended or, if it has not, began."""
    rows = tx.all(
        "SELECT department, owner, COALESCE(closed_at, started_at) FROM conversation WHERE visitor = ? "
        "ORDER BY n DESC LIMIT ?",
        (visitor, limit),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def newest_of_visitor(tx: Tx, visitor: str, site: str) -> str | None:
    """The id of the same."""
    row = tx.one("SELECT id FROM conversation WHERE visitor = ? AND site = ? ORDER BY n DESC LIMIT 1", (visitor, site))
    return None if row is None else str(row[0])


def routed(tx: Tx, workspace: int) -> list[ConversationRow]:
    """All that the router knows: open ones, and closed ones with a wrap-up."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM conversation WHERE workspace = ? AND routing IS NOT NULL ORDER BY n", (workspace,)
    )
    return [_row(row) for row in rows]


def routed_of_visitor(tx: Tx, visitor: str) -> list[ConversationRow]:
    """The same of one visitor."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM conversation WHERE visitor = ? AND routing IS NOT NULL ORDER BY n", (visitor,)
    )
    return [_row(row) for row in rows]


def line(tx: Tx, department: str, *, limit: int) -> LineRow:
    """A department's line, ringing or not: the first by key."""
    counted = tx.one(
        "SELECT COUNT(*), MIN(entered_at) FROM conversation WHERE department = ? AND state IN ('waiting', 'offered')",
        (department,),
    )
    assert counted is not None
    first = tx.all(
        "SELECT c.id, c.visitor, v.name, c.entered_at, c.state FROM conversation c JOIN visitor v ON v.id = c.visitor "
        "WHERE c.department = ? AND c.state IN ('waiting', 'offered') ORDER BY c.key_at, c.arrival LIMIT ?",
        (department, limit),
    )
    return LineRow(department=department, waiting=counted[0], oldest_at=counted[1], first=tuple(first))


def close(tx: Tx, conversation: str, *, owner: str | None, at: int, bot: str | None = None) -> None:
    """It ended; whoever had it last, an agent or ``bot``, stays its owner.

    From here on the counters stand for what may be deleted.
    """
    tx.run(
        "UPDATE conversation SET state = 'closed', owner = ?, bot = COALESCE(?, bot), closed_at = ?, "
        f"entries = {entries.TOP['entry']}, notes = {entries.TOP['note']} WHERE id = ?",
        (owner, bot, at, conversation),
    )
