"""Putting a file onto a workspace, and saying what that changes.

Records are told apart by their key (rules by their name). A record the file does not name stays, unless the rest is
pruned; a record it names becomes what the file says, defaults included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from server.settings.dump import literal
from server.settings.problem import SettingsError
from server.settings.workspace import Agent, Bot, Department, Limits, Member, Record, Rule, Site, WorkspaceFile, bot_key

_SHOWN = 60

ListedT = TypeVar("ListedT", Site, Department, Agent, Bot, Rule)


class Change(Struct, frozen=True):
    """One difference. `old` and `new` are plain values (text, numbers, lists, tables), `None` where there is none.

    `what` is a record, `department "support"`; `field` the key in it, or "" where the record came or went.
    """

    kind: Literal["added", "changed", "removed"]
    what: str
    field: str
    old: Any
    new: Any

    def describe(self) -> str:
        """One line for a person: `~ department "support": ring_seconds 30 -> 20`."""
        match self.kind:
            case "added":
                return f"+ {self.what}"
            case "removed":
                return f"- {self.what}"
            case "changed":
                return f"~ {self.what}: {self.field} {_shown(self.old)} -> {_shown(self.new)}"


def merge(current: WorkspaceFile | None, file: WorkspaceFile, *, prune: bool = False) -> WorkspaceFile:
    """The whole workspace after the file was applied; putting the same file on again changes nothing.

    Records keep their place and new ones follow. The rules a file names come in the order the file has them, in the
    places they had among rules it does not name. A workspace that names no default department gets its first one.

    Two records of one key both remain, for `check` to refuse. A bot that `first` names belongs to what is named: it
    stays, and comes with its defaults where there was none.

    Raises:
        SettingsError: the file is for another workspace.
    """
    if current is None:
        return with_named_bots(_with_default_department(file))
    if current.workspace.key != file.workspace.key:
        raise SettingsError(
            f"the file is for workspace {literal(file.workspace.key)}, and this is {literal(current.workspace.key)}",
            key="key",
        )
    merged = _with_default_department(
        WorkspaceFile(
            workspace=file.workspace,
            limits=file.limits or (None if prune else current.limits),
            sites=_merged(current.sites, file.sites, prune=prune),
            departments=_merged(current.departments, file.departments, prune=prune),
            agents=_merged(current.agents, file.agents, prune=prune),
            bots=_merged(current.bots, file.bots, prune=prune),
            rules=_merged_rules(current.rules, file.rules, prune=prune),
        )
    )
    return with_named_bots(merged, known=current.bots)


def with_named_bots(
    file: WorkspaceFile, *, known: Sequence[Bot] = (), only: Collection[str] | None = None
) -> WorkspaceFile:
    """The file with every bot (or `only` those) that a `first` of it names: as it is `known`, or with its defaults."""
    there = {bot.key for bot in file.bots}
    before = {bot.key: bot for bot in known}
    missing = [key for key in named_bots(file) if key not in there and (only is None or key in only)]
    if not missing:
        return file
    return msgspec.structs.replace(file, bots=(*file.bots, *(before.get(key) or Bot(key=key) for key in missing)))


def named_bots(file: WorkspaceFile) -> tuple[str, ...]:
    """The keys of the bots to which conversations go first, each once, in the order of the file."""
    records: tuple[Department | Rule, ...] = (*file.departments, *file.rules)
    return tuple(dict.fromkeys(bot_key(record.first) for record in records if record.first))


def changes(old: WorkspaceFile | None, new: WorkspaceFile) -> tuple[Change, ...]:
    """What is different, in the order of the file's tables. The order of records counts for rules alone."""
    found: list[Change] = []
    if old is None:
        found.append(_came("added", f"workspace {literal(new.workspace.key)}", new.workspace))
    else:
        found += _fields("workspace", old.workspace, new.workspace)
        found += _fields("limits", old.limits or Limits(), new.limits or Limits())
    for kind in ("sites", "departments", "agents", "bots", "rules"):
        found += _records(kind[:-1], getattr(old, kind, ()), getattr(new, kind))
    found += _rule_order(old.rules if old else (), new.rules)
    return tuple(found)


def identity(record: Site | Department | Agent | Bot | Rule) -> str:
    """What tells a record from others of its kind."""
    return record.name if isinstance(record, Rule) else record.key


def _with_default_department(file: WorkspaceFile) -> WorkspaceFile:
    if file.workspace.default_department or not file.departments:
        return file
    workspace = msgspec.structs.replace(file.workspace, default_department=file.departments[0].key)
    return msgspec.structs.replace(file, workspace=workspace)


def _merged(current: Sequence[ListedT], named: Sequence[ListedT], *, prune: bool) -> tuple[ListedT, ...]:
    """The named records, each in the place its key had, the others behind."""
    rest = list(named)
    result: list[ListedT] = []
    for record in current:
        place = next((i for i, one in enumerate(rest) if identity(one) == identity(record)), None)
        if place is not None:
            result.append(rest.pop(place))
        elif not prune:
            result.append(record)
    return tuple(result + rest)


def _merged_rules(current: Sequence[Rule], named: Sequence[Rule], *, prune: bool) -> tuple[Rule, ...]:
    """The named rules in their own order, filling the places the named ones had before."""
    if prune:
        return tuple(named)
    names = {rule.name for rule in named}
    rest = iter(named)
    kept = chain.from_iterable(islice(rest, 1) if rule.name in names else (rule,) for rule in current)
    return (*kept, *rest)


def _records(kind: str, old: Sequence[ListedT], new: Sequence[ListedT]) -> Iterator[Change]:
    before = {identity(record): record for record in old}
    after = {identity(record): record for record in new}
    for name, record in before.items():
        if name not in after:
            yield _came("removed", f"{kind} {literal(name)}", record)
    for name, record in after.items():
        if name in before:
            yield from _fields(f"{kind} {literal(name)}", before[name], record)
        else:
            yield _came("added", f"{kind} {literal(name)}", record)


def _came(kind: Literal["added", "removed"], what: str, record: Record) -> Change:
    plain = msgspec.to_builtins(record)
    return Change(kind, what, "", *((None, plain) if kind == "added" else (plain, None)))


def _fields(what: str, old: Record, new: Record) -> Iterator[Change]:
    for field in msgspec.structs.fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        if isinstance(new, Agent) and field.name == "members":
            yield from _members(what, before, after)
        else:
            plain = msgspec.to_builtins(before), msgspec.to_builtins(after)
            yield Change("changed", what, field.encode_name, *plain)


def _members(what: str, old: Sequence[Member], new: Sequence[Member]) -> Iterator[Change]:
    before = {member.department: member for member in old}
    after = {member.department: member for member in new}
    if before.keys() == after.keys() and tuple(before) != tuple(after):
        yield Change("changed", what, "order of members", list(before), list(after))
    for department in before | after:
        place = f"{what}, member {literal(department)}"
        if department not in after:
            yield _came("removed", place, before[department])
        elif department not in before:
            yield _came("added", place, after[department])
        else:
            yield from _fields(place, before[department], after[department])


def _rule_order(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Change]:
    """Rules are tried in order, so that two which changed places are a change."""
    before = [rule.name for rule in old if rule.name in {one.name for one in new}]
    after = [rule.name for rule in new if rule.name in {one.name for one in old}]
    if before != after:
        yield Change("changed", "rules", "order", before, after)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = literal(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
