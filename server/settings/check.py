"""Whether the records of a whole workspace fit together.

Each function looks at one kind of record and yields what is wrong; nothing stops at the first. Every value is looked
at once more for its form too, so that a value made by code is held to what a file is held to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from server.settings.conditions import complaints
from server.settings.dump import literal
from server.settings.form import form_problems, label, nearest
from server.settings.hours import parse_days, parse_hours
from server.settings.origin import ANY_ORIGIN, parse_origin
from server.settings.problem import Path, Problem
from server.settings.workspace import (
    Agent,
    Department,
    NamedRecord,
    RingWave,
    Rule,
    Site,
    WaitMessage,
    WidenStep,
    WorkspaceFile,
    bot_key,
)

PLACEHOLDERS = frozenset({"place", "wait", "name", "agent", "department"})
"""What the text of a wait message may hold in braces."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class _Known(Struct, frozen=True):
    """The keys other records may name."""

    departments: tuple[str, ...]
    agents: tuple[str, ...]
    bots: tuple[str, ...]


class _Place(Struct, frozen=True):
    """A record that may turn out wrong: where it stands and what it is called."""

    path: Path
    record: str

    def wrong(self, message: str, *inside: str | int) -> Problem:
        return Problem((*self.path, *inside), self.record, message)

    def inner(self, kind: str, position: int, name: str = "") -> _Place:
        """A record inside this one."""
        own = label(kind, {"key": name}, position)
        return _Place((*self.path, kind, position), f"{self.record}, {own}")


def check(file: WorkspaceFile, *, any_origin: bool = False) -> tuple[Problem, ...]:
    """Everything wrong with a whole workspace, record by record; empty if it can be put to use.

    Args:
        file: the workspace as `merge` makes it, not a file that names only some of its records.
        any_origin: whether a site may allow every origin with "*", as the demo does.
    """
    if wrong := form_problems(msgspec.to_builtins(file)):
        return wrong
    known = _Known(_keys(file.departments), _keys(file.agents), _keys(file.bots))
    return tuple(_problems(file, known, any_origin=any_origin))


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces in the text of a wait message, known or not."""
    return tuple(_PLACEHOLDER.findall(text))


def _problems(file: WorkspaceFile, known: _Known, *, any_origin: bool) -> Iterator[Problem]:
    yield from _workspace(file, known)
    yield from _twice("site", "key", _keys(file.sites))
    for position, site in enumerate(file.sites):
        yield from _site(site, _place("site", position, site.key), known, any_origin=any_origin)
    yield from _twice("department", "key", known.departments)
    for position, department in enumerate(file.departments):
        yield from _department(department, _place("department", position, department.key), known)
    yield from _overflow_circle(file.departments)
    yield from _twice("agent", "key", known.agents)
    yield from _emails(file.agents)
    for position, agent in enumerate(file.agents):
        yield from _agent(agent, _place("agent", position, agent.key), known)
    yield from _twice("bot", "key", known.bots)
    yield from _twice("rule", "name", tuple(rule.name for rule in file.rules))
    members = frozenset(agent.key for agent in file.agents if agent.members)
    unusable = complaints(file.rules)
    for position, rule in enumerate(file.rules):
        place = _place("rule", position, rule.name)
        if rule.name in unusable:
            yield place.wrong(f"when: {unusable[rule.name]}", "when")
        yield from _rule(rule, place, known, members)


def _place(kind: str, position: int, name: str) -> _Place:
    return _Place((kind, position), label(kind, {"key": name}, position))


def _keys(records: Iterable[NamedRecord]) -> tuple[str, ...]:
    return tuple(record.key for record in records)


def _twice(kind: str, identity: str, names: tuple[str, ...]) -> Iterator[Problem]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield _place(kind, position, name).wrong(f"the {identity} is used twice", identity)


def _references(
    names: Iterable[str], known: tuple[str, ...], what: str, place: _Place, *inside: str | int
) -> Iterator[Problem]:
    """Names in a list of keys must be those of records, each once."""
    names = tuple(names)
    for position, name in enumerate(names):
        if name not in known:
            hint = nearest(name, known)
            yield place.wrong(f"{what} {literal(name)} does not exist{hint}", *inside, position)
        elif name in names[:position]:
            yield place.wrong(f"{what} {literal(name)} is named twice", *inside, position)


def _reference(name: str, known: tuple[str, ...], what: str, place: _Place, key: str) -> Iterator[Problem]:
    if name not in known:
        yield place.wrong(f"{what} {literal(name)} does not exist{nearest(name, known)}", key)


def _workspace(file: WorkspaceFile, known: _Known) -> Iterator[Problem]:
    place = _Place(("workspace",), "workspace")
    workspace = file.workspace
    if not _is_timezone(workspace.timezone):
        yield place.wrong(f"there is no time zone {literal(workspace.timezone)}", "timezone")
    if workspace.default_department:
        yield from _reference(
            workspace.default_department, known.departments, "department", place, "default_department"
        )
    elif known.departments:
        yield place.wrong("default_department must name a department", "default_department")


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a key at all; a folder of the database
        return False
    return True


def _site(site: Site, place: _Place, known: _Known, *, any_origin: bool) -> Iterator[Problem]:
    for position, origin in enumerate(site.origins):
        if origin == ANY_ORIGIN and any_origin:
            continue
        if complaint := _origin_complaint(origin):
            yield place.wrong(complaint, "origins", position)
    yield from _references(site.departments, known.departments, "department", place, "departments")


def _origin_complaint(origin: str) -> str:
    if origin == ANY_ORIGIN:
        return 'origin "*" would let every website in; name the ones that may embed the widget'
    try:
        parse_origin(origin)
    except ValueError as error:
        return f"origin {error}"
    return ""


def _department(department: Department, place: _Place, known: _Known) -> Iterator[Problem]:
    yield from _waves(department, place)
    yield from _first(department, place, known)
    yield from _references(department.overflow, known.departments, "department", place, "overflow")
    yield from _calendar(department, place)
    yield from _widening(department, place, known)
    for position, message in enumerate(department.messages):
        yield from _message(message, place.inner("message", position))


def _first(record: Department | Rule, place: _Place, known: _Known) -> Iterator[Problem]:
    if record.first and (key := bot_key(record.first)) not in known.bots:
        yield place.wrong(f"conversations go to bot {literal(key)} first, so it cannot be removed", "first")


def _waves(department: Department, place: _Place) -> Iterator[Problem]:
    waves = department.ring_waves
    if waves and department.method != "ring_all":
        yield place.wrong('ring_waves need method = "ring_all"', "ring_waves")
    for position, (one, other) in enumerate(pairwise(waves)):
        if other.after <= one.after:
            yield place.wrong("ring_waves must come one after another", "ring_waves", position + 1)
        if not _rings_more(one, other):
            yield place.wrong("ring_waves must each ring more agents", "ring_waves", position + 1)


def _rings_more(one: RingWave, other: RingWave) -> bool:
    """0 stands for all of them, so nothing comes after it."""
    return one.agents != 0 and (other.agents == 0 or other.agents > one.agents)


def _calendar(department: Department, place: _Place) -> Iterator[Problem]:
    try:
        parse_hours(department.hours)
    except ValueError as error:
        yield place.wrong(f"hours: {error}", "hours")
    yield from _days(department.holidays, "holidays", place)


def _days(lines: Iterable[str], key: str, place: _Place) -> Iterator[Problem]:
    try:
        parse_days(lines)
    except ValueError as error:
        yield place.wrong(f"{key}: {error}", key)


def _widening(department: Department, place: _Place, known: _Known) -> Iterator[Problem]:
    for position, step in enumerate(department.widen):
        inside = place.inner("widen", position)
        if not _opens(step):
            yield inside.wrong("the step opens nothing", "after")
        if position and step.after < department.widen[position - 1].after:
            yield inside.wrong("steps must stand in the order of their time", "after")
        yield from _references(step.add_departments, known.departments, "department", inside, "add_departments")


def _opens(step: WidenStep) -> bool:
    return step.drop_preferred or step.any_agent or step.lower_levels > 0 or step.add_departments != ()


def _message(message: WaitMessage, place: _Place) -> Iterator[Problem]:
    if not message.text:
        yield place.wrong("text is needed in at least one language", "text")
    for language, text in message.text.items():
        for name in placeholders(text):
            if name not in PLACEHOLDERS:
                known = ", ".join(f"{{{one}}}" for one in sorted(PLACEHOLDERS))
                yield place.wrong(f"unknown placeholder {{{name}}}; known are {known}", "text", language)


def _overflow_circle(departments: Iterable[Department]) -> Iterator[Problem]:
    """Overflow that leads back would send a conversation round and round."""
    by_key = {department.key: (position, department) for position, department in enumerate(departments)}
    graph = {key: department.overflow for key, (_, department) in by_key.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = tuple(reversed(error.args[1]))
        way = " to ".join(literal(key) for key in circle)
        position = by_key[circle[0]][0]
        yield _place("department", position, circle[0]).wrong(f"overflow leads in a circle: {way}", "overflow")


def _emails(agents: Iterable[Agent]) -> Iterator[Problem]:
    """Mail boxes do not tell capitals apart, and people log in by them."""
    owners: dict[str, str] = {}
    for position, agent in enumerate(agents):
        owner = owners.setdefault(agent.email.casefold(), agent.key)
        if owner != agent.key:
            place = _place("agent", position, agent.key)
            yield place.wrong(f"email {literal(agent.email)} is that of agent {literal(owner)} too", "email")


def _agent(agent: Agent, place: _Place, known: _Known) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, member in enumerate(agent.members):
        inside = place.inner("member", position, member.department)
        yield from _reference(member.department, known.departments, "department", inside, "department")
        if member.department in seen:
            yield inside.wrong("the agent is a member twice", "department")
        seen.add(member.department)
    yield from _references(agent.substitutes, known.agents, "agent", place, "substitutes")
    if agent.key in agent.substitutes:
        yield place.wrong("nobody can be their own substitute", "substitutes")
    yield from _days(agent.leave, "leave", place)


def _rule(rule: Rule, place: _Place, known: _Known, members: frozenset[str]) -> Iterator[Problem]:
    yield from _first(rule, place, known)
    if rule.department is not None:
        yield from _reference(rule.department, known.departments, "department", place, "department")
    if rule.agent is not None:
        yield from _reference(rule.agent, known.agents, "agent", place, "agent")
        if rule.agent in known.agents and rule.agent not in members:
            complaint = f"agent {literal(rule.agent)} is in no department, so nothing can be kept for them"
            yield place.wrong(complaint, "agent")
