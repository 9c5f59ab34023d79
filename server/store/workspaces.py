"""Workspaces and their configured records (sites, departments, agents, bots, rules)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.base import Tx


class VersionConflict(Exception):
    """Another writer moved the workspace on: nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRow:
    """One workspace: ``settings`` and ``counters`` are JSON, ``v`` the version of its routing state."""

    id: int
    key: str
    settings: str
    v: int
    counters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One configured record: ``kind`` is site, department, agent, bot or rule; ``body`` is JSON."""

    kind: str
    key: str
    id: str
    position: int
    body: str


def find(tx: Tx, key: str | None = None) -> WorkspaceRow | None:
    """The workspace of that key; without one, the first."""
    where, params = ("WHERE key = ?", (key,)) if key is not None else ("", ())
    row = tx.one(f"SELECT id, key, settings, v, counters FROM workspace {where} ORDER BY id LIMIT 1", params)
    return None if row is None else WorkspaceRow(id=row[0], key=row[1], settings=row[2], v=row[3], counters=row[4])


def put(tx: Tx, *, key: str, settings: str) -> int:
    """Create the workspace or replace its settings; its id."""
    tx.run(
        "INSERT INTO workspace (key, settings, v, counters) VALUES (?, ?, 0, '') "
        "ON CONFLICT (key) DO UPDATE SET settings = excluded.settings",
        (key, settings),
    )
    found = find(tx, key)
    assert found is not None
    return found.id


def settings(tx: Tx, workspace: int) -> list[SettingRow]:
    """Every configured record, in the order of the file."""
    rows = tx.all(
        "SELECT kind, key, id, position, body FROM setting WHERE workspace = ? ORDER BY kind, position", (workspace,)
    )
    return [SettingRow(kind=row[0], key=row[1], id=row[2], position=row[3], body=row[4]) for row in rows]


def replace_settings(tx: Tx, workspace: int, rows: Iterable[SettingRow]) -> None:
    """The records become exactly these; a key that stays keeps its id because the caller hands it back."""
    tx.run("DELETE FROM setting WHERE workspace = ?", (workspace,))
    tx.many(
        "INSERT INTO setting (workspace, kind, key, id, position, body) VALUES (?, ?, ?, ?, ?, ?)",
        [(workspace, row.kind, row.key, row.id, row.position, row.body) for row in rows],
    )


def advance(tx: Tx, workspace: int, *, v: int, counters: str) -> int:
    """Compare-and-set of the version: ``v`` becomes ``v + 1``; raises `VersionConflict` when it was not ``v``."""
    changed = tx.run("UPDATE workspace SET v = ?, counters = ? WHERE id = ? AND v = ?", (v + 1, counters, workspace, v))
    if changed != 1:
        raise VersionConflict
    return v + 1


def version(tx: Tx, workspace: int) -> int:
    """The version of the routing state as this transaction sees it."""
    row = tx.one("SELECT v FROM workspace WHERE id = ?", (workspace,))
    return 0 if row is None else int(row[0])
