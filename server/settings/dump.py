"""A workspace as the text of `workspace.toml`: `parse(dump(file)) == file`.

Keys that have their default are left out; required keys and those that differ are written in the order of the structs.
Writing is this short because the shape is known: tables, lists of tables, and values on one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import FieldInfo

from server.settings.workspace import Record, WorkspaceFile

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dump(file: WorkspaceFile) -> str:
    """The TOML text of the file."""
    blocks = [_block("[workspace]", file.workspace, "workspace", "")]
    for field in msgspec.structs.fields(file):
        value = getattr(file, field.name)
        if isinstance(value, tuple):
            blocks += _blocks(value, field.encode_name, "")
    if file.limits is not None:
        blocks.insert(1, _block("[limits]", file.limits, "limits", ""))
    return "\n".join(blocks)


def literal(value: Any) -> str:
    """A value as TOML writes it on one line; dates and times as they are printed."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case Mapping():
            pairs = ", ".join(f"{_key(key)} = {literal(item)}" for key, item in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case Sequence():
            return f"[{', '.join(literal(item) for item in value)}]"
        case _:
            return str(value)


def _blocks(records: Sequence[Record], header: str, indent: str) -> list[str]:
    return [_block(f"[[{header}]]", record, header, indent) for record in records]


def _block(title: str, record: Record, header: str, indent: str) -> str:
    """One record: its title, its values, then its own lists of records, deeper by two blanks."""
    lines = [f"{indent}{title}"]
    inner: list[str] = []
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        if _is_default(value, field):
            continue
        if _is_records(value):
            inner += _blocks(value, f"{header}.{field.encode_name}", f"{indent}  ")
        else:
            lines += [f"{indent}{pair}" for pair in _pairs(field.encode_name, msgspec.to_builtins(value))]
    return "\n".join([*lines, *(f"\n{block.rstrip()}" for block in inner)]) + "\n"


def _is_default(value: Any, field: FieldInfo) -> bool:
    if field.default_factory is not msgspec.NODEFAULT:
        return bool(value == field.default_factory())
    return bool(value == field.default)


def _is_records(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Record) for item in value)


def _pairs(key: str, value: Any) -> Iterator[str]:
    """`key = value`; texts by language stand each on a line of their own, since they are long."""
    if key == "text":
        for language, text in value.items():
            yield f"{key}.{_key(language)} = {literal(text)}"
    else:
        yield f"{key} = {literal(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """Literal quotes where they spare escapes, as in CEL; else JSON's escapes, which are TOML's but for DEL."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
