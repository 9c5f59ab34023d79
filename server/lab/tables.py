"""The tables of a scenario before they are judged: what it may leave out is filled in, `a{1..10}` becomes ten agents.

Every table that is made here remembers which one of the text it came from, so that what is wrong with it is said of the
line somebody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from server.settings.problem import Path, Problem

Tables = dict[str, Any]

MOST_AGENTS = 20_000
_RANGE = re.compile(r"^([^{}]*)\{(\d{1,9})\.\.(\d{1,9})\}([^{}]*)$")
_NO_LETTERS = re.compile(r"[^a-z0-9.-]+")


class Filled(Struct, frozen=True):
    """Tables in the form of a workspace, and which agent of the text each of their agents is."""

    tables: Tables
    agents: tuple[int, ...]


def fill(tables: Tables) -> Filled | Problem:
    """What may be left out of a scenario but not of a workspace."""
    filled = dict(tables)
    workspace = tables.get("workspace", {})
    if isinstance(workspace, Mapping):
        filled["workspace"] = {"key": "lab", **workspace}
    departments = filled.setdefault("department", [{"key": "support"}])
    only = _only_key(departments)
    first = _first_key(departments)
    if isinstance(filled["workspace"], Mapping) and first is not None:
        filled["workspace"] = {"default_department": first, **filled["workspace"]}
    agents = tables.get("agent", [])
    if not isinstance(agents, list) or not all(isinstance(agent, Mapping) for agent in agents):
        return Filled(filled, ())
    made: list[Tables] = []
    origins: list[int] = []
    for place, agent in enumerate(agents):
        many = _expand(agent, place)
        if isinstance(many, Problem):
            return many
        if len(made) + len(many) > MOST_AGENTS:
            return Problem(("agent", place, "key"), "", f"more than {MOST_AGENTS} agents are too many")
        made.extend(_complete(one, only) for one in many)
        origins.extend([place] * len(many))
    filled["agent"] = made
    return Filled(filled, tuple(origins))


def as_written(path: Path, agents: tuple[int, ...]) -> Path:
    """The path of the table in the text that this one came from."""
    match path:
        case ("agent", int(place), *rest) if place < len(agents):
            return ("agent", agents[place], *rest)
        case _:
            return path


def numbers(key: str) -> list[str] | None:
    """`a{1..3}` is a1, a2, a3; nothing else is many. Nothing at all when it counts backwards or has no end."""
    found = _RANGE.match(key)
    if found is None:
        return [key]
    before, low, high, after = found[1], int(found[2]), int(found[3]), found[4]
    if high < low or high - low >= MOST_AGENTS:
        return None
    return [f"{before}{number}{after}" for number in range(low, high + 1)]


def _expand(agent: Tables, place: int) -> list[Tables] | Problem:
    key = agent.get("key")
    if not isinstance(key, str):
        return [agent]
    keys = numbers(key)
    if keys is None:
        return Problem(
            ("agent", place, "key"), "", f'agent "{key}": a range goes up, by fewer than {MOST_AGENTS} agents'
        )
    if keys == [key]:
        return [agent]
    return [agent | {"key": one, "name": one} for one in keys]


def _complete(agent: Tables, only: str | None) -> Tables:
    """An address nobody writes to, and a place in the only department there is."""
    key = agent.get("key")
    filled: Tables = {}
    if isinstance(key, str):
        filled["email"] = f"{_NO_LETTERS.sub('', key) or 'agent'}@lab.example"
    if only is not None:
        filled["member"] = [{"department": only}]
    return filled | agent


def _first_key(departments: Any) -> str | None:
    if not isinstance(departments, list) or not departments or not isinstance(departments[0], Mapping):
        return None
    key = departments[0].get("key")
    return key if isinstance(key, str) else None


def _only_key(departments: Any) -> str | None:
    return _first_key(departments) if isinstance(departments, list) and len(departments) == 1 else None
