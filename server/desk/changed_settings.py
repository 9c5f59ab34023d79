"""New settings change what pages show of records that the router did not touch: these are told anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from router import model
from router.snapshot import ConversationRecord
from server.desk.directory import Agent, Bot, Department, Directory


class Records(Protocol):
    """The router, as far as it is asked here."""

    def conversation(self, conversation: model.ConversationId) -> ConversationRecord | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAnew:
    """Ids of what is shown differently now."""

    agents: tuple[str, ...] = ()
    departments: frozenset[str] = frozenset()
    conversations: tuple[str, ...] = ()


def told_anew(before: Directory, after: Directory, open_conversations: Iterable[str], records: Records) -> ToldAnew:
    """Every agent and department when settings changed, and the conversations that name one with another name."""
    if after is before:
        return ToldAnew()
    renamed = {
        *_renamed(before.departments, after.departments),
        *_renamed(before.agents, after.agents),
        *_renamed(before.bots, after.bots),
    }
    return ToldAnew(
        agents=tuple(after.agents),
        departments=frozenset(after.departments),
        conversations=tuple(_naming(renamed, open_conversations, records)) if renamed else (),
    )


_Named = Mapping[str, Agent] | Mapping[str, Bot] | Mapping[str, Department]


def _renamed(before: _Named, after: _Named) -> Iterator[str]:
    for id, now in after.items():
        if id in before and before[id].named() != now.named():
            yield id


def _naming(names: set[str], conversations: Iterable[str], records: Records) -> Iterator[str]:
    for conversation in conversations:
        record = records.conversation(model.ConversationId(conversation))
        if record is not None and (record.department in names or record.responsible in names):
            yield conversation
