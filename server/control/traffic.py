"""The recorded traffic of an installation, for a simulation under other settings: when, what for, how long.

No word of a conversation, no name, address or id is in it. Tags are given only where they are those of rules: what
agents type may be anything.
"""

from __future__ import annotations

from typing import Any

import msgspec

from router import events
from router.lab.trace import Recorded, Recorder
from server.control.failure import Failure
from server.lab.traces import Row, dump, row
from server.settings import workspace as settings
from server.store import traffic, workspaces
from server.store.base import Store, Transaction, Tx

_PAGE = 2_000
_KINDS: dict[str, msgspec.json.Decoder[Any]] = {
    kind.__name__: msgspec.json.Decoder(kind)
    for kind in (
        events.ConversationStarted,
        events.OfferMade,
        events.OfferEnded,
        events.ConversationHandedOver,
        events.ConversationGivenToBot,
        events.ConversationAssigned,
        events.ConversationClosed,
        events.WrapUpEnded,
    )
}


async def trace(store: Store, *, since: int) -> str:
    """The text of a trace of the conversations that began at `since` or later and are over.

    It is read in pages, so that nobody who writes has to wait for it.

    Raises:
        Failure: there are none, or there is no workspace.
    """
    workspace = await store.read(workspaces.find)
    if workspace is None:
        raise Failure('There is no workspace here yet. Run "frontdesk init" first, or choose another --data.')
    recorder, place = Recorder(), traffic.BEGINNING
    found: list[tuple[Recorded, traffic.ClassRow]] = []
    while True:
        page = await store.read(_page(workspace.id, place, since))
        for happened in page:
            recorder.happened(_KINDS[happened.kind].decode(happened.body))
        over = list(recorder.over())
        known = await store.read(_classes([each.conversation for each in over]))
        found += [(each, known[each.conversation]) for each in over if each.conversation in known]
        if len(page) < _PAGE:
            break
        place = page[-1].place
    if not found:
        raise Failure("No conversation has begun and ended in that time, so there is nothing to replay.")
    return dump(_rows(found, await store.read(_configured(workspace.id))))


def _page(workspace: int, place: traffic.Place, since: int) -> Transaction[list[traffic.Happened]]:
    def read(tx: Tx) -> list[traffic.Happened]:
        return traffic.events_after(tx, workspace, place, since=since, kinds=tuple(_KINDS), limit=_PAGE)

    return read


def _classes(conversations: list[str]) -> Transaction[dict[str, traffic.ClassRow]]:
    return lambda tx: traffic.classes(tx, conversations)


class _Configured(msgspec.Struct, frozen=True):
    """Departments' keys by id, and the tags of rules. `default`: where the conversations of a removed one went."""

    departments: dict[str, str]
    default: str
    tags: frozenset[str]


def _configured(workspace: int) -> Transaction[_Configured]:
    def read(tx: Tx) -> _Configured:
        rows = workspaces.settings(tx, workspace)
        found = workspaces.find(tx)
        assert found is not None
        departments = {one.id: one.key for one in rows if one.kind == "department"}
        said, _ = settings.from_stored(found.settings)
        rules = [settings.from_json(one.body, settings.Rule) for one in rows if one.kind == "rule"]
        return _Configured(
            departments=departments,
            default=said.default_department or next(iter(departments.values())),
            tags=frozenset(tag for rule in rules for tag in rule.tags),
        )

    return read


def _rows(found: list[tuple[Recorded, traffic.ClassRow]], configured: _Configured) -> list[Row]:
    found = sorted(found, key=lambda each: each[0].at)
    first = found[0][0].at
    return [
        row(
            recorded,
            since=first,
            department=configured.departments.get(recorded.department, configured.default),
            language=like.language,
            tags=tuple(tag for tag in like.tags if tag in configured.tags),
        )
        for recorded, like in found
    ]
