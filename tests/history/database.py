"""The database at the end of a run, as the checker needs it. Plain SQL on the file: none of the server's own code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import apsw

Row = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Connection(Protocol):
    """What a connection of apsw or sqlite3 is to us."""

    def execute(self, sql: str, params: Any = ..., /) -> Iterable[Row]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a log."""

    seq: int
    kind: str
    role: str
    sender: str
    client_id: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as it stands in the end."""

    n: int
    id: str
    visitor: str
    state: str
    owner: str
    tops: dict[str, int]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the router."""

    v: int
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """What takes an agent's slots."""

    agent: str
    conversation: str
    kind: str
    cost: int


# Events that say who has a conversation; the others are not read.
OF_OWNERS = (
    "ConversationStarted",
    "ConversationAssigned",
    "ConversationReturned",
    "ConversationHandedOver",
    "ConversationGivenToBot",
    "ConversationClosed",
)


class Database:
    """Reads one workspace's end; logs are streamed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def conversations(self) -> Iterator[Conversation]:
        """The counters of a conversation may lag behind its log, but never be ahead of it."""
        rows = self._all(
            "SELECT n, id, visitor, state, owner, entries, notes,"
            " (SELECT COALESCE(MAX(seq), 0) FROM entry WHERE conversation = c.n),"
            " (SELECT COALESCE(MAX(seq), 0) FROM note WHERE conversation = c.n) FROM conversation c ORDER BY n"
        )
        for n, id, visitor, state, owner, *counters, entries, notes in rows:
            tops = {"entry": max(counters[0], entries), "note": max(counters[1], notes)}
            yield Conversation(n, id, visitor, state, owner or "", tops)

    def log(self, conversation: Conversation, log: str) -> Iterator[Entry]:
        assert log in {"entry", "note"}
        rows = self._connection.execute(
            f"SELECT seq, kind, role, sender, client_id, text, at FROM {log} WHERE conversation = ? ORDER BY seq",
            (conversation.n,),
        )
        for seq, kind, role, sender, client_id, text, at in rows:
            yield Entry(seq, kind, role, sender, client_id or "", text, time(at))

    def holds(self) -> list[Hold]:
        return [Hold(*row) for row in self._all("SELECT agent, conversation, kind, cost FROM hold")]

    def slots(self) -> dict[str, int]:
        """Of each agent who is configured."""
        rows = self._all("SELECT id, body FROM setting WHERE kind = 'agent'")
        return {id: json.loads(body).get("max_slots", 3) for id, body in rows}

    def offers(self) -> set[tuple[str, str]]:
        """(agent, conversation): what rang at whom, at any time."""
        return {(agent, conversation) for agent, conversation in self._all("SELECT agent, conversation FROM offer")}

    def events(self) -> Iterator[Happened]:
        """In the order of commits."""
        marks = ", ".join("?" * len(OF_OWNERS))
        rows = self._connection.execute(
            f"SELECT v, kind, body FROM event WHERE kind IN ({marks}) ORDER BY workspace, v, n", OF_OWNERS
        )
        for v, kind, body in rows:
            yield Happened(v, kind, json.loads(body))

    def version(self) -> int:
        """The largest of the workspaces'."""
        return max((row[0] for row in self._all("SELECT v FROM workspace")), default=0)

    def epoch(self) -> str:
        return str(next(iter(self._all("SELECT epoch FROM installation")), ("",))[0])

    def _all(self, sql: str) -> list[Row]:
        return list(self._connection.execute(sql))


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The file of a server that runs no more (or still does: then as it stands now). It is not changed."""
    connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
    try:
        connection.execute("BEGIN")
        yield Database(connection)
    finally:
        connection.close()


def time(at_ms: int) -> str:
    """As it is written on the wire."""
    second, millisecond = divmod(at_ms, 1000)
    return f"{_second(second)}.{millisecond:03d}Z"


@lru_cache(maxsize=1024)
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
