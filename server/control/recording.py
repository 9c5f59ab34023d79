"""What the audit log says of a change of settings: which sections, who came and went, whose role is another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from server.desk.directory import Directory
from server.settings.change import Change
from server.settings.workspace import Agent, WorkspaceFile
from server.store import audit
from server.store.base import Tx

_SHOWN: Final = 50

Entry = tuple[str, str, dict[str, Any]]
"""What happened, to whom, and more of it."""


def of_settings(
    before: WorkspaceFile | None, after: WorkspaceFile, changes: Sequence[Change], *, at: int, by: str
) -> Callable[[Tx, Directory], None]:
    """To be called in the transaction that makes these settings hold, with the directory they make."""

    def record(tx: Tx, directory: Directory) -> None:
        for action, target, detail in _entries(before, after, changes):
            # Who is gone is in no directory any more: their key is what is left to name them by.
            ids = directory.bot_ids if action.startswith("bot.") else directory.agent_ids
            found = ids.get(target, target)
            audit.append(tx, at=at, actor=by, action=action, target=found, detail=detail)

    return record


def _entries(before: WorkspaceFile | None, after: WorkspaceFile, changes: Sequence[Change]) -> Iterator[Entry]:
    if before is None:
        yield "workspace.founded", after.workspace.key, {}
    else:
        sections = sorted({change.what for change in changes})
        more = {"more": len(sections) - _SHOWN} if len(sections) > _SHOWN else {}
        yield "settings.applied", after.workspace.key, {"sections": sections[:_SHOWN], **more}
    yield from _people(_by_key(before), _by_key(after))
    known = () if before is None else before.bots
    yield from _bots({bot.key for bot in known}, {bot.key for bot in after.bots})


def _people(before: dict[str, Agent], after: dict[str, Agent]) -> Iterator[Entry]:
    for key, agent in after.items():
        if key not in before:
            yield "agent.added", key, {"key": key, "role": agent.role}
        elif before[key].role != agent.role:
            yield "agent.role", key, {"key": key, "from": before[key].role, "to": agent.role}
    for key in sorted(before.keys() - after.keys()):
        yield "agent.removed", key, {"key": key}


def _bots(before: set[str], after: set[str]) -> Iterator[Entry]:
    for key in sorted(after - before):
        yield "bot.added", key, {"key": key}
    for key in sorted(before - after):
        yield "bot.removed", key, {"key": key}


def _by_key(file: WorkspaceFile | None) -> dict[str, Agent]:
    return {} if file is None else {agent.key: agent for agent in file.agents}
