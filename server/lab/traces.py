"""Recorded traffic as a file: a line of JSON for each conversation, without a word of anybody's.

    {"frontdesk_trace": 1}
    {"at_s": 0.0, "department": "support", "language": "da", "waited_s": 2.5, "service_s": 341.2}

Times are seconds since the first arrival. What is left out has its default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from router.lab.trace import Recorded
from server.settings.workspace import Label

_LONG_S = 3_650 * 86_400
Seconds = Annotated[float, Meta(ge=0, le=_LONG_S)]
Text = Annotated[str, Meta(max_length=64)]
Levels = Mapping[Label, Annotated[int, Meta(ge=1, le=1_000)]]


class Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line: which form the rest has."""

    frontdesk_trace: Annotated[int, Meta(ge=1, le=1)]


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One conversation. `left`: nobody had accepted it when it ended, after `waited_s`.

    `accept_s`: how long it rang where it was accepted, or had rung when the visitor left; `service_s`: from acceptance
    to the close; `wrap_up_s`: from then on until the slot was free. Head start and needs are what rules had made of it.
    """

    at_s: Seconds
    department: Annotated[str, Meta(min_length=1, max_length=64)]
    head_start_s: Seconds = 0.0
    cost: Annotated[int, Meta(ge=1, le=1_000)] = 1
    require: Levels = {}
    prefer: Levels = {}
    language: Text = ""
    tags: tuple[Label, ...] = ()
    waited_s: Seconds = 0.0
    left: bool = False
    accept_s: Seconds | None = None
    service_s: Seconds | None = None
    wrap_up_s: Seconds = 0.0


class BadTrace(Exception):
    """A file that is no trace. Its text is one sentence that begins with the line."""


def row(recorded: Recorded, *, since: int, department: str, language: str, tags: tuple[str, ...]) -> Row:
    """A recorded conversation as a line of the file; `since`: the moment that is 0 there."""
    return Row(
        at_s=(recorded.at - since) / 1000,
        department=department,
        head_start_s=recorded.head_start_ms / 1000,
        cost=recorded.cost,
        require=dict(recorded.needs.require),
        prefer=dict(recorded.needs.prefer),
        language=language,
        tags=tags,
        waited_s=recorded.waited_ms / 1000,
        left=recorded.left,
        accept_s=recorded.accept_ms / 1000 if recorded.accept_ms is not None else None,
        service_s=recorded.service_ms / 1000 if recorded.service_ms is not None else None,
        wrap_up_s=recorded.wrap_up_ms / 1000,
    )


def dump(rows: Iterable[Row]) -> str:
    """The text of the file."""
    lines = [msgspec.json.encode(Head(frontdesk_trace=1)), *map(msgspec.json.encode, rows)]
    return b"\n".join([*lines, b""]).decode()


def load(text: str) -> list[Row]:
    """The rows of a file, in the order of their arrival.

    Raises:
        BadTrace: it is no trace, or a line has not the form.
    """
    lines = text.splitlines()
    head, decoder = msgspec.json.Decoder(Head), msgspec.json.Decoder(Row)
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            if number == 1:
                head.decode(line)
            else:
                rows.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            wanted = 'it must begin with {"frontdesk_trace": 1}' if number == 1 else _plain(str(error))
            raise BadTrace(f"line {number}: {wanted}") from None
    if not rows:
        raise BadTrace("there are no conversations in it")
    return sorted(rows, key=lambda each: each.at_s)


def _plain(said: str) -> str:
    return said[:1].lower() + said[1:]
