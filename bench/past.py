"""A data directory with a past: a long log of closed conversations, and many open ones as the router left them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import apsw

from router import commands as c
from router.events import Event, OfferMade
from router.model import AgentId, ConversationId, DepartmentId, Status, VisitorId
from router.router import Router
from server.app import offline
from server.clock import SystemClock
from server.desk import commit
from server.desk.directory import Directory, load, router_settings
from server.desk.views import encode
from server.store import conversations, workspaces
from server.store.base import Tx
from server.store.sqlite.connection import SqliteTx, connect_writer
from server.store.sqlite.directory import DATABASE

_SAID = "The quick brown fox jumps over the lazy dog, twice a day."
_LENGTH = 20  # messages of a closed conversation
_OPEN_LENGTH = 4

_HEAD = """
[workspace]
key = "demo"
default_department = "support"
[[site]]
key = "demo"
origins = ["https://shop.example"]
departments = ["support"]
[[department]]
key = "support"
method = "average_utilization"
"""
_AGENT = """
[[agent]]
key = "agent{n}"
email = "agent{n}@demo.example"
max_slots = {slots}
  [[agent.member]]
  department = "support"
"""


def workspace(agents: int, *, slots: int) -> str:
    """The settings: one department, agents `agent0`, `agent1`, … in it."""
    return _HEAD + "".join(_AGENT.format(n=n, slots=slots) for n in range(agents))


def fill(data: Path, *, messages: int, waiting: int, active: int, agents: int, slots: int) -> None:
    """Make the directory. `active` conversations are with agents, who are all available."""
    asyncio.run(_found(data, workspace(agents, slots=slots)))
    connection = connect_writer(data / DATABASE)
    connection.execute("BEGIN")
    tx = SqliteTx(connection)
    row = workspaces.find(tx)
    assert row is not None
    directory = load(tx, row)
    now = SystemClock().now()
    _close_many(tx, directory, messages // _LENGTH, now - 86_400_000)
    _open_many(tx, directory, waiting=waiting, active=active, now=now - 60_000)
    connection.execute("COMMIT")
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()


async def _found(data: Path, text: str) -> None:
    async with offline(data, create=True) as operations:
        await operations.apply(text)


def _close_many(tx: Tx, directory: Directory, count: int, at: int) -> None:
    if not count:
        return
    department = directory.default_department.id
    tx.many(
        "INSERT INTO visitor (id, workspace, site, name, email, language, timezone, visits, created_at, seen_at) "
        "VALUES (?, ?, 'demo', '', '', 'en', 'UTC', 1, ?, ?)",
        ((f"v_past{n}", directory.workspace_id, at, at) for n in range(count)),
    )
    tx.many(
        "INSERT INTO conversation (id, workspace, site, visitor, department, state, owner, assign_no, version, "
        "entries, notes, key_at, arrival, entered_at, started_at, closed_at, language, page, form, tags) "
        "VALUES (?, ?, 'demo', ?, ?, 'closed', NULL, 1, 0, ?, 0, ?, 0, ?, ?, ?, 'en', '{}', '{}', '[]')",
        (
            (f"c_past{n}", directory.workspace_id, f"v_past{n}", department, _LENGTH, at, at, at, at + 60_000)
            for n in range(count)
        ),
    )
    first = tx.one("SELECT MIN(n) FROM conversation")
    assert first is not None
    tx.many(_MESSAGE, _messages(range(first[0], first[0] + count), "v_past", _LENGTH, at))


_MESSAGE = (
    "INSERT INTO entry (conversation, seq, kind, role, sender, name, client_id, text, at) "
    "VALUES (?, ?, 'message', 'visitor', ?, '', ?, ?, ?)"
)


def _messages(inner: range, sender: str, length: int, at: int) -> Iterator[tuple[int, int, str, str, str, int]]:
    for place, n in enumerate(inner):
        for seq in range(1, length + 1):
            yield n, seq, f"{sender}{place}", f"m{n}-{seq}", _SAID, at + seq


def _open_many(tx: Tx, directory: Directory, *, waiting: int, active: int, now: int) -> None:
    router = Router(router_settings(directory), seed=1)
    agents = [AgentId(each) for each in directory.agents]
    happened: list[Event] = []
    for agent in agents:
        happened += router.handle(c.ConnectAgent(agent=agent), now)
    if active:
        for agent in agents:
            happened += router.handle(c.SetStatus(agent=agent, status=Status.AVAILABLE), now)
    happened += _start(tx, directory, router, range(active), now)
    if not active:
        for agent in agents:
            happened += router.handle(c.SetStatus(agent=agent, status=Status.BUSY), now)
    happened += _start(tx, directory, router, range(active, active + waiting), now)
    changes = router.take_changes()
    row = workspaces.find(tx)
    assert row is not None
    commit.write(
        tx,
        commit.Batch(
            workspace=directory.workspace_id,
            v=row.v,
            at=now,
            counters=encode(router.counters()),
            events=tuple(happened),
            agents={each: router.agent(AgentId(each)) for each in changes.agents},
            conversations={each: router.conversation(ConversationId(each)) for each in changes.conversations},
            closings={},
            departments=frozenset(),
            to_read=None,
            lines=(),
            visitors=frozenset(),
        ),
    )


def _start(tx: Tx, directory: Directory, router: Router, numbers: range, now: int) -> list[Event]:
    """Each is begun; what rings is accepted at once, so that nothing rings in the end."""
    happened: list[Event] = []
    department = directory.default_department.id
    for n in numbers:
        visitor = f"v_open{n}"
        tx.run(
            "INSERT INTO visitor (id, workspace, site, name, email, language, timezone, visits, created_at, seen_at) "
            "VALUES (?, ?, 'demo', ?, '', 'en', 'UTC', 1, ?, ?)",
            (visitor, directory.workspace_id, f"Visitor {n}", now, now),
        )
        conversations.create(
            tx,
            id=f"c_open{n}",
            workspace=directory.workspace_id,
            site="demo",
            visitor=visitor,
            department=department,
            started_at=now,
            language="en",
            page={"url": "https://shop.example/", "title": "Shop", "referrer": ""},
            form={},
        )
        inner = tx.one("SELECT n FROM conversation WHERE id = ?", (f"c_open{n}",))
        assert inner is not None
        tx.many(_MESSAGE, _messages(range(inner[0], inner[0] + 1), visitor, _OPEN_LENGTH, now))
        tx.run("UPDATE conversation SET entries = ? WHERE n = ?", (_OPEN_LENGTH, inner[0]))
        start = c.StartConversation(
            conversation=ConversationId(f"c_open{n}"), visitor=VisitorId(visitor), department=DepartmentId(department)
        )
        made = list(router.handle(start, now))
        for event in tuple(made):
            if isinstance(event, OfferMade):
                happened += made
                made = []
                happened += router.handle(c.AcceptOffer(agent=event.offer.agent, offer=event.offer.id), now)
        happened += made
    return happened
