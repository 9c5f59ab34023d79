"""What a condition can see, and of what kind it is: the variables with their fields, and the functions.

Kinds are CEL's, with one more: a *record* is a map whose keys are known, so that a field it does not have is found when
settings are checked and not when a visitor comes. `size` bounds how much of a text, list or map there can be: `Facts`
are cut to it before rules see them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

TEXT_SIZE = 4_000
"""Characters of any text a rule sees."""
MAP_SIZE = 64
"""Entries of any map a rule sees."""


class Kind(StrEnum):
    """The value is what people are told."""

    BOOL = "true or false"
    INT = "a whole number"
    UINT = "an unsigned number"
    DOUBLE = "a number with a point"
    TEXT = "a text"
    BYTES = "bytes"
    NULL = "null"
    LIST = "a list"
    MAP = "a map"
    RECORD = "a record"
    TIME = "a time"
    DURATION = "a duration"
    ANY = "anything"


@dataclass(frozen=True, slots=True)
class Type:
    """A kind with what is inside it: `item` of a list or map, `fields` of a record."""

    kind: Kind
    item: Type | None = None
    fields: Mapping[str, Type] | None = None


ANY = Type(Kind.ANY)
BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
UINT = Type(Kind.UINT)
DOUBLE = Type(Kind.DOUBLE)
TEXT = Type(Kind.TEXT)
BYTES = Type(Kind.BYTES)
NULL = Type(Kind.NULL)
TIME = Type(Kind.TIME)
DURATION = Type(Kind.DURATION)
NUMBERS = frozenset({Kind.INT, Kind.UINT, Kind.DOUBLE})


def list_of(item: Type) -> Type:
    return Type(Kind.LIST, item)


def map_of(item: Type) -> Type:
    """Keys are texts."""
    return Type(Kind.MAP, item)


def record(**fields: Type) -> Type:
    return Type(Kind.RECORD, None, fields)


VARIABLES: Mapping[str, Type] = {
    "page": record(url=TEXT, path=TEXT, query=map_of(TEXT), title=TEXT, referrer=TEXT),
    "visitor": record(
        language=TEXT,
        timezone=TEXT,
        country=TEXT,
        name=TEXT,
        email=TEXT,
        visits=INT,
        returning=BOOL,
        repeat=BOOL,
        verified=BOOL,
        attributes=map_of(ANY),
    ),
    "form": map_of(TEXT),
    "text": TEXT,
    "now": record(weekday=TEXT, hour=INT, minute=INT, date=TEXT),
    "site": TEXT,
    "department": TEXT,
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function: on a target or not, with arguments of these types."""

    target: Type | None
    arguments: tuple[Type, ...]
    result: Type


def _on_text(*arguments: Type, result: Type = BOOL) -> tuple[Signature, ...]:
    return (Signature(TEXT, arguments, result),)


def _from(*sources: Type, result: Type) -> tuple[Signature, ...]:
    return tuple(Signature(None, (source,), result) for source in (*sources, ANY))


def _of_time() -> tuple[Signature, ...]:
    return (Signature(TIME, (), INT),)


_SIZED = (TEXT, BYTES, list_of(ANY), map_of(ANY))

FUNCTIONS: Mapping[str, tuple[Signature, ...]] = {
    "size": tuple(Signature(None, (each,), INT) for each in _SIZED)
    + tuple(Signature(each, (), INT) for each in _SIZED),
    "contains": _on_text(TEXT),
    "startsWith": _on_text(TEXT),
    "endsWith": _on_text(TEXT),
    "matches": _on_text(TEXT),
    "int": _from(INT, UINT, DOUBLE, TEXT, result=INT),
    "uint": _from(INT, UINT, DOUBLE, TEXT, result=UINT),
    "double": _from(INT, UINT, DOUBLE, TEXT, result=DOUBLE),
    "string": _from(INT, UINT, DOUBLE, TEXT, BYTES, TIME, DURATION, result=TEXT),
    "timestamp": _from(TEXT, result=TIME),
    "duration": _from(TEXT, result=DURATION),
    "getFullYear": _of_time(),
    "getMonth": _of_time(),
    "getDayOfMonth": _of_time(),
    "getDayOfWeek": _of_time(),
    "getDayOfYear": _of_time(),
    "getHours": _of_time(),
    "getMinutes": _of_time(),
}
MACROS: Mapping[str, tuple[int, ...]] = {
    "all": (2,),
    "exists": (2,),
    "exists_one": (2,),
    "filter": (2,),
    "map": (2, 3),
}
"""Functions that bind a name, with how many arguments they take; `has` is one more, of one argument."""


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value of the one type may stand where the other is wanted."""
    if Kind.ANY in {given.kind, wanted.kind}:
        return True
    if given.kind is Kind.RECORD and wanted.kind is Kind.MAP:
        return all(fits(each, wanted.item or ANY) for each in (given.fields or {}).values())
    if given.kind is not wanted.kind:
        return False
    return fits(given.item or ANY, wanted.item or ANY)


def comparable(one: Type, other: Type) -> bool:
    """Whether values of these types can ever be equal; numbers of all kinds compare."""
    return {one.kind, other.kind} <= NUMBERS or fits(one, other) or fits(other, one)


def joined(types: list[Type]) -> Type:
    """One type for all of them; anything if they differ."""
    first = types[0] if types else ANY
    return first if all(each == first for each in types) else ANY
