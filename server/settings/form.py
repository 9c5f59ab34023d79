"""Whether tables have the form of a workspace: known keys, right types, values in range.

msgspec stops at the first thing it dislikes and names it by a JSON path. A person who wrote a file wants all of it, in
their own words, so this asks msgspec key by key and says what the key should have been.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo

from server.settings.dump import literal
from server.settings.problem import Path, Problem
from server.settings.workspace import Record, WorkspaceFile

Table = Mapping[str, Any]

_SHOWN = 60
_IDENTITY = ("key", "name", "department")


def form_problems(tables: Table, kind: type[Record] = WorkspaceFile) -> tuple[Problem, ...]:
    """Everything about these tables (as `tomllib` or `msgspec.to_builtins` makes them) that is not the right form."""
    return tuple(_table(tables, kind, (), ""))


def nearest(name: str, known: Iterable[str]) -> str:
    """`, did you mean "…"?` with the nearest known name, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f', did you mean "{found[0]}"?' if found else ""


def label(kind: str, table: Any, place: int) -> str:
    """What people call a record: `department "support"`, or `department 2` while it has no usable key."""
    if isinstance(table, Mapping):
        for identity in _IDENTITY:
            if isinstance(name := table.get(identity), str) and name:
                return f"{kind} {literal(name)}"
    return f"{kind} {place + 1}"


def _table(table: Table, kind: type[Record], path: Path, record: str) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key, value in table.items():
        if key in fields:
            yield from _field(value, fields[key], (*path, key), record)
        else:
            hint = nearest(key, fields) or f"; known are {', '.join(fields)}"
            yield Problem((*path, key), record, f"unknown key {literal(key)}{hint}")
    for key, field in fields.items():
        if field.required and key not in table:
            yield Problem((*path, key), record, f"{key} is missing")


def _field(value: Any, field: FieldInfo, path: Path, record: str) -> Iterator[Problem]:
    name = field.encode_name
    if table := _single(field.type):
        if isinstance(value, Mapping):
            yield from _table(value, table, path, name)
        elif value is not None or field.required:
            yield Problem(path, record, f"{name} must be one table, written [{name}]")
    elif element := _element(field.type):
        yield from _tables(value, element, path, record)
    elif complaint := _complaint(value, field):
        yield Problem(path, record, complaint)


def _single(kind: Any) -> type[Record] | None:
    """The record that a field holds, if it holds one, or one or none."""
    for each in (kind,) if get_origin(kind) is tuple else (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, Record):
            return each
    return None


def _element(kind: Any) -> type[Record] | None:
    """The record a list consists of, if it is a list of records."""
    if get_origin(kind) is not tuple:
        return None
    element = get_args(kind)[0]
    return element if isinstance(element, type) and issubclass(element, Record) else None


def _tables(value: Any, kind: type[Record], path: Path, record: str) -> Iterator[Problem]:
    name = str(path[-1])
    header = ".".join(str(part) for part in path if isinstance(part, str))
    if not isinstance(value, Sequence) or not all(isinstance(table, Mapping) for table in value):
        yield Problem(path, record, f"{name} must be a list of tables, each written [[{header}]]")
        return
    for place, table in enumerate(value):
        own = label(name, table, place)
        yield from _table(table, kind, (*path, place), f"{record}, {own}" if record else own)


def _complaint(value: Any, field: FieldInfo) -> str:
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        pass
    else:
        return ""
    wanted = inspect.type_info(field.type)
    return f"{field.encode_name} must be {_says(wanted)}, not {_shown(value)}{_choice_hint(value, wanted)}"


def _choice_hint(value: Any, wanted: inspect.Type) -> str:
    if isinstance(value, str) and isinstance(wanted, inspect.LiteralType):
        return nearest(value, [str(choice) for choice in wanted.values])
    return ""


def _shown(value: Any) -> str:
    text = literal(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _says(wanted: inspect.Type) -> str:
    match wanted:
        case inspect.Metadata(extra_json_schema={"description": str(words)}):
            return words
        case inspect.IntType(ge=low, le=high):
            return f"a whole number from {low} to {high}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(str(value) for value in values)}"
        case inspect.UnionType(types=types):
            return _says(types[0])
        case _:
            return "text"
