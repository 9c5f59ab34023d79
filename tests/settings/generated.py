"""Hypothesis strategies for settings, made from the types themselves: whatever a type allows will turn up."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import inspect

from server.settings.workspace import WorkspaceFile

# A loaded machine is slow at making whole workspaces; how long that takes is not what is tested.
law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def files() -> st.SearchStrategy[WorkspaceFile]:
    """Any file whose form is right, whether or not its records fit together."""
    return _of(inspect.type_info(WorkspaceFile)).map(lambda tables: msgspec.convert(tables, WorkspaceFile))


def _of(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.Metadata(type=inner):
            return _of(inner)
        case inspect.StructType(array_like=True, cls=cls, fields=fields):
            return st.tuples(*(_of(field.type) for field in fields)).filter(lambda values: _is_one(values, cls))
        case inspect.StructType(fields=fields):
            return _table(fields)
        case inspect.VarTupleType(item_type=item):
            return st.lists(_of(item), max_size=2)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_of(key), _of(value), max_size=2)
        case _:
            return _single(kind)


def _is_one(values: tuple[Any, ...], cls: type) -> bool:
    """Whether these values are in range together, too."""
    try:
        msgspec.convert(values, cls)
    except msgspec.ValidationError:
        return False
    return True


def _single(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.UnionType(types=types):  # "or nothing", which a file says by leaving the key out
            return _of(types[0])
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case inspect.FloatType(le=high):
            return st.floats(0, high, exclude_min=True)
        case _:
            assert isinstance(kind, inspect.StrType), f"settings grew a kind of value: {kind}"
            return _text(kind)


def _table(fields: tuple[inspect.Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Required keys and lists are always there (a list may be empty), the others now and then."""
    always = {field.encode_name: _of(field.type) for field in fields if field.required or _is_list(field)}
    sometimes = {field.encode_name: _of(field.type) for field in fields if field.encode_name not in always}
    return st.fixed_dictionaries(always, optional=sometimes)


def _is_list(field: inspect.Field) -> bool:
    return isinstance(field.type, inspect.VarTupleType)


def _text(kind: inspect.StrType) -> st.SearchStrategy[str]:
    if kind.pattern is not None:
        return st.from_regex(kind.pattern).filter(lambda text: kind.max_length is None or len(text) <= kind.max_length)
    return st.text(min_size=kind.min_length or 0, max_size=min(kind.max_length or 40, 40))
