"""The same scenario with one thing changed: `--compare method=max_utilization,average_utilization`.

What is named may be a key of the departments (then of all of them), of the agents, or of the scenario's own tables,
written `arrivals.rate_per_min`.
"""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
from msgspec import Struct

from server.lab.scenario import Accept, Arrivals, Patience, Scenario, Service
from server.lab.tables import Tables
from server.settings.form import nearest
from server.settings.workspace import Agent, Department, Record

_TABLES: dict[str, type[Record]] = {
    "arrivals": Arrivals,
    "service": Service,
    "patience": Patience,
    "accept": Accept,
}
_PLAIN = ("seed", "conversations", "warm_up")


class Comparison(Struct, frozen=True):
    """What is changed, to which values."""

    key: str
    values: tuple[str, ...]


def comparison(said: str) -> Comparison:
    """Raises `ValueError` when it is not `key=value,value`, or the key is none to compare by."""
    key, equals, values = said.partition("=")
    each = tuple(value.strip() for value in values.split(","))
    if not equals or len(each) < 2 or not all(each):
        raise ValueError(f"{said}: write a key and at least two values, as in method=random,round_robin")
    if len(set(each)) < len(each):
        raise ValueError(f"{said}: a value is named twice")
    known = _known()
    if key not in known:
        raise ValueError(f"{said}: there is no key {key} to compare by{nearest(key, known)}")
    return Comparison(key, each)


def changed(tables: Tables, key: str, value: str) -> Tables:
    """The tables of a scenario with this value for this key."""
    read = _value(value)
    table, dot, inner = key.partition(".")
    if dot:
        return tables | {table: _without_rivals(tables.get(table, {}), inner) | {inner: read}}
    if key in _PLAIN:
        return tables | {key: read}
    kind = "department" if key in _keys(Department) else "agent"
    records = tables.get(kind, [{"key": "support"}] if kind == "department" else [])
    return tables | {kind: [record | {key: read} for record in records]}


def _without_rivals(table: Tables, key: str) -> Tables:
    """A rate takes the place of a profile, not a place beside it."""
    rivals = {"rate_per_min", "profile", "trace"}
    return {name: value for name, value in table.items() if key not in rivals or name not in rivals}


def _value(text: str) -> Any:
    """As TOML reads it; what TOML does not read is text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _known() -> list[str]:
    inner = [f"{name}.{key}" for name, kind in _TABLES.items() for key in _keys(kind)]
    records = [key for key in (*_keys(Department), *_keys(Agent)) if key not in {"key", "name", "email"}]
    assert set(_PLAIN) <= set(_keys(Scenario))
    return [*records, *inner, *_PLAIN]


def _keys(kind: type[Record]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))
