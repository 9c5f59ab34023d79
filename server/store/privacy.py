"""What is stored of one visitor: all of it read, erased for good, or removed because it is old.

Erasing and removing is done in portions of a bounded number of rows, each a transaction of its own, so that no message
waits for it. What is cut off between two portions goes on where it was: `erasing` names who is not finished, and old
conversations are found again.

An erased entry keeps its number and kind, so that the log has no gap. The promises of a removed conversation stay: they
name nobody, and how well promises are kept is counted from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from server.store.base import Row, Tx
from server.store.entries import Log
from server.store.rows import EventRow, VisitorRow

PORTION = 200
"""Rows of the log in one transaction: about 2 ms of the writer's time."""

_SAID = frozenset({"replies", "cards"})
# Events that hold what somebody said, and under which name.
_WORDS = {"OfferEnded": "reason", "ConversationHandedOver": "words", "ConversationGivenToBot": "words"}
_ERASED_BODY = '{"erased":true}'
_LOGS: tuple[Log, ...] = ("entry", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A visitor with the times of the first and the newest visit. ``attributes``: JSON, what the site vouched for."""

    visitor: VisitorRow
    attributes: str
    created_at: int
    seen_at: int
    erased_at: int | None
    conversations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation of theirs: its inner number, public id and state."""

    n: int
    id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What the visitor thought of a conversation."""

    score: int | None
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An agent was asked to take a conversation. ``reason``: what they said when they declined."""

    agent: str
    state: str
    made_at: int
    ended_at: int | None
    reason: str


_KNOWN = (
    "id, site, name, email, language, timezone, subject, visits, attributes, created_at, seen_at, erased_at, "
    "(SELECT COUNT(*) FROM conversation WHERE conversation.visitor = visitor.id)"
)


def _known(row: Row) -> Known:
    return Known(
        visitor=VisitorRow(
            id=row[0],
            site=row[1],
            name=row[2],
            email=row[3],
            language=row[4],
            timezone=row[5],
            subject=row[6],
            visits=row[7],
        ),
        attributes=row[8],
        created_at=row[9],
        seen_at=row[10],
        erased_at=row[11],
        conversations=row[12],
    )


# Finding and reading.


def find(tx: Tx, visitor: str) -> Known | None:
    """The visitor of that id."""
    row = tx.one(f"SELECT {_KNOWN} FROM visitor WHERE id = ?", (visitor,))
    return None if row is None else _known(row)


def find_by_email(tx: Tx, workspace: int, email: str, *, limit: int) -> list[Known]:
    """Everybody who gave this address, in whatever case; the newest visit first.

    A visitor has the last address they gave; those of before stand in what they filled in then. Asked seldom: it reads
    all conversations.
    """
    rows = tx.all(
        f"SELECT {_KNOWN} FROM visitor WHERE id IN ("
        "SELECT id FROM visitor WHERE workspace = ?1 AND lower(email) = ?2 AND email <> '' UNION "
        "SELECT visitor FROM conversation WHERE workspace = ?1 AND ?2 <> '' AND lower(trim(form ->> '$.email')) = ?2) "
        "ORDER BY seen_at DESC, id LIMIT ?3",
        (workspace, email.lower(), limit),
    )
    return [_known(row) for row in rows]


def talks(tx: Tx, visitor: str) -> list[Talk]:
    """All conversations of the visitor, the oldest first."""
    rows = tx.all("SELECT n, id, state FROM conversation WHERE visitor = ? ORDER BY n", (visitor,))
    return [Talk(n=row[0], id=row[1], state=row[2]) for row in rows]


def rating(tx: Tx, n: int) -> Rating:
    """What the visitor thought of this conversation."""
    row = tx.one("SELECT score, comment FROM conversation WHERE n = ?", (n,))
    return Rating(score=None, comment="") if row is None else Rating(score=row[0], comment=row[1])


def asked(tx: Tx, conversation: str) -> list[Asked]:
    """Whom the conversation was offered to, in that order."""
    rows = tx.all(
        "SELECT agent, state, made_at, ended_at, reason FROM offer WHERE conversation = ? ORDER BY made_at, id",
        (conversation,),
    )
    return [Asked(agent=row[0], state=row[1], made_at=row[2], ended_at=row[3], reason=row[4]) for row in rows]


def events(tx: Tx, conversation: str) -> list[EventRow]:
    """What happened to the conversation, in that order."""
    rows = tx.all("SELECT kind, body, at FROM event WHERE conversation = ? ORDER BY v, n", (conversation,))
    return [EventRow(kind=row[0], body=row[1], at=row[2], conversation=conversation) for row in rows]


def requests(tx: Tx, visitor: str) -> list[tuple[str, int]]:
    """What the visitor asked for under a name of its own: verb and time. Of its content only a hash is kept."""
    return [(row[0], row[1]) for row in tx.all("SELECT verb, at FROM request WHERE sender = ? ORDER BY at", (visitor,))]


# Erasing.


_BLANK = (
    "name = '', email = '', language = '', timezone = '', subject = NULL, attributes = '{}', tokens_ending = '[]', "
    "visits = 0"
)


def begin(tx: Tx, visitor: str, *, at: int) -> None:
    """From here on nobody is this visitor; `finish` says that all of it is gone."""
    tx.run(f"UPDATE visitor SET erased_at = ?, erasing = 1, {_BLANK} WHERE id = ?", (at, visitor))


def erasing(tx: Tx) -> list[str]:
    """Visitors of whom not all is gone yet."""
    return [str(row[0]) for row in tx.all("SELECT id FROM visitor WHERE erasing = 1 ORDER BY id")]


def finish(tx: Tx, visitor: str) -> None:
    """Nothing of this visitor is left, nor of what came in while they were being erased."""
    forget_requests_of(tx, visitor)
    tx.run(f"UPDATE visitor SET erasing = 0, {_BLANK} WHERE id = ?", (visitor,))


def erase_log(tx: Tx, n: int, log: Log, *, after: int) -> tuple[int, int] | None:
    """Empty the next entries or notes of a conversation; how many and the last number, None when there were no more."""
    rows = tx.all(
        f"SELECT seq, body FROM {log} WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?", (n, after, PORTION)
    )
    tx.many(
        f"UPDATE {log} SET text = '', client_id = NULL, body = ?, "
        "name = CASE role WHEN 'visitor' THEN '' ELSE name END WHERE conversation = ? AND seq = ?",
        [(_erased(row[1]), n, row[0]) for row in rows],
    )
    return (len(rows), int(rows[-1][0])) if rows else None


def _erased(body: str | None) -> str:
    """What the kind adds says who joined and for how long somebody waited; that stays, but not what a bot said."""
    if body is None:
        return _ERASED_BODY
    kept = {name: said for name, said in orjson.loads(body).items() if name not in _SAID}
    return orjson.dumps({**kept, "erased": True}).decode()


def erase_conversation(tx: Tx, talk: Talk) -> None:
    """What stands about the person outside the log: page, form, labels, ratings, reasons, names of requests."""
    tx.run(
        "UPDATE conversation SET page = '{}', form = '{}', tags = '[]', outcome = NULL, comment = '' WHERE n = ?",
        (talk.n,),
    )
    tx.run("UPDATE offer SET reason = '' WHERE conversation = ? AND reason <> ''", (talk.id,))
    for kind, words in _WORDS.items():
        rows = tx.all("SELECT workspace, v, n, body FROM event WHERE conversation = ? AND kind = ?", (talk.id, kind))
        tx.many(
            "UPDATE event SET body = ? WHERE workspace = ? AND v = ? AND n = ?",
            [(_without(row[3], words), *row[:3]) for row in rows],
        )
    forget_requests(tx, talk)


def _without(body: str, words: str) -> str:
    said = orjson.loads(body)
    said.pop(words, None)
    return orjson.dumps(said).decode()


def forget_requests(tx: Tx, talk: Talk) -> None:
    """First outcomes of what agents and bots asked for about it, which have a hash of what they wrote.

    Who took part stands in its log. The names of requests begin with the conversation.
    """
    agents = tx.all(
        "SELECT agent FROM offer WHERE conversation = ? UNION SELECT sender FROM entry WHERE conversation = ? "
        "AND role IN ('agent', 'bot') UNION SELECT sender FROM note WHERE conversation = ? "
        "AND role IN ('agent', 'bot')",
        (talk.id, talk.n, talk.n),
    )
    tx.many(
        "DELETE FROM request WHERE sender = ? AND client_id >= ? AND client_id < ?",
        [(row[0], f"{talk.id}/", f"{talk.id}0") for row in agents],  # "0" is what follows "/"
    )


def forget_requests_of(tx: Tx, visitor: str) -> None:
    """First outcomes of what the visitor asked for."""
    tx.run("DELETE FROM request WHERE sender = ?", (visitor,))


# Removing what is old.


def old(tx: Tx, workspace: int, *, before: int, limit: int) -> list[Talk]:
    """Conversations that were closed before then and that the router has let go, the oldest first."""
    rows = tx.all(
        "SELECT n, id, state FROM conversation WHERE workspace = ? AND state = 'closed' AND closed_at < ? "
        "AND routing IS NULL ORDER BY closed_at LIMIT ?",
        (workspace, before, limit),
    )
    return [Talk(n=row[0], id=row[1], state=row[2]) for row in rows]


def count_old(tx: Tx, workspace: int, *, before: int) -> tuple[int, int]:
    """How many conversations `old` would come to, and how many visitors `remove_visitors`, when they are gone."""
    found = tx.one(
        "SELECT COUNT(*) FROM conversation WHERE workspace = ? AND state = 'closed' AND closed_at < ? "
        "AND routing IS NULL",
        (workspace, before),
    )
    people = tx.one(
        "SELECT COUNT(*) FROM visitor WHERE workspace = ? AND seen_at < ? AND erased_at IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM conversation c WHERE c.visitor = visitor.id AND NOT (c.state = 'closed' AND c.closed_at < ? "
        "AND c.routing IS NULL))",
        (workspace, before, before),
    )
    assert found is not None
    assert people is not None
    return int(found[0]), int(people[0])


def remove_log(tx: Tx, n: int, log: Log) -> int:
    """Remove some entries or notes of a conversation, the newest first; how many. Its counters keep the last number."""
    rows = tx.all(f"SELECT seq FROM {log} WHERE conversation = ? ORDER BY seq DESC LIMIT ?", (n, PORTION))
    if rows:
        tx.run(f"DELETE FROM {log} WHERE conversation = ? AND seq >= ?", (n, rows[-1][0]))
    return len(rows)


def remove_events(tx: Tx, conversation: str) -> int:
    """Remove some of what happened to a conversation; how many."""
    rows = tx.all("SELECT workspace, v, n FROM event WHERE conversation = ? LIMIT ?", (conversation, PORTION))
    tx.many("DELETE FROM event WHERE workspace = ? AND v = ? AND n = ?", rows)
    return len(rows)


def remove_conversation(tx: Tx, talk: Talk) -> bool:
    """Remove what is left of it: False when it has come back to the router, or has a log or events still."""
    if any(tx.one(f"SELECT 1 FROM {log} WHERE conversation = ? LIMIT 1", (talk.n,)) for log in _LOGS):
        return False
    tx.run("DELETE FROM offer WHERE conversation = ? AND state <> 'pending'", (talk.id,))
    return bool(tx.run("DELETE FROM conversation WHERE n = ? AND state = 'closed' AND routing IS NULL", (talk.n,)))


def remove_visitors(tx: Tx, workspace: int, *, before: int) -> int:
    """Remove visitors who have no conversation and were not seen since then, at most a portion; how many."""
    rows: Sequence[Row] = tx.all(
        "SELECT id FROM visitor WHERE workspace = ? AND seen_at < ? AND erased_at IS NULL AND "
        "NOT EXISTS (SELECT 1 FROM conversation WHERE conversation.visitor = visitor.id) LIMIT ?",
        (workspace, before, PORTION),
    )
    for row in rows:
        forget_requests_of(tx, row[0])
    tx.many("DELETE FROM visitor WHERE id = ?", rows)
    return len(rows)
