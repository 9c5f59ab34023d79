"""A violation for people: what is wrong, and the shortest part of the history that shows it, line by line."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from tests.history import record
from tests.history.record import Record
from tests.history.violation import Violation

SHOWN = 40
_TEXT = 60


def report(history: Iterable[Record], violations: Sequence[Violation], *, most: int = 5) -> str:
    """`history` must be one that can be gone through again, once for each violation that is shown."""
    if not violations:
        return "Nothing is wrong."
    parts = [f"{len(violations)} found; the shortest prefixes first."]
    for violation in violations[:most]:
        parts += ["", str(violation), *shortest(history, violation)]
    return "\n".join(parts)


def shortest(history: Iterable[Record], violation: Violation) -> Iterator[str]:
    """The records up to the one that shows it, and of those the ones that concern it: the last of them, in words."""
    kept: deque[str] = deque(maxlen=SHOWN)
    concerned = 0
    for number, each in enumerate(history, start=1):
        if number > violation.at:
            break
        if _concerns(each, violation):
            concerned += 1
            kept.append(f"{number:>8}  {words(each)}")
    if concerned > len(kept):
        yield f"          … {concerned - len(kept)} before that"
    yield from kept


def _concerns(each: Record, violation: Violation) -> bool:
    if isinstance(each, record.Server | record.Quiet):
        return True
    theirs = not violation.by or each.by == violation.by
    if isinstance(each, record.Connected | record.Identifying | record.Identified | record.Ended):
        return theirs and bool(violation.by)
    conversation = getattr(each, "conversation", "") or getattr(each, "became", "")
    if violation.conversation:
        return conversation == violation.conversation or (not conversation and theirs and bool(violation.by))
    return theirs


def words(each: Record) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind
    """One record."""
    match each:
        case record.Connected():
            return f"{each.by} connects ({each.line})"
        case record.Identifying():
            return f"{each.by} identifies, having read {each.entries} {each.notes}".rstrip(" {}")
        case record.Identified():
            said = f"{each.by} is {each.person} at v {each.v}"
            return said + f"{', reset' * each.reset}{f', dropped {each.dropped}' if each.dropped else ''}"
        case record.Ended():
            return f"{each.by} is cut off" if each.code is None else f"{each.by} is closed with {each.code}"
        case record.Withheld():
            return f"{each.by} is told no history of {each.conversation}"
        case record.Said():
            return f"{each.by} says {each.client_id} {_short(each.text)} ({each.do} {each.conversation})"
        case record.Acked():
            return f"{each.by} is told yes to {each.client_id}: {each.seq or each.became} at {each.at}"
        case record.Refused():
            return f"{each.by} is told no to {each.client_id}: {each.code}"
        case record.Heard():
            what = f"{each.kind} of {each.sender or each.role} {each.client_id} {_short(each.text)}"
            return f"{each.by} hears {each.log} {each.seq} ({each.way}): {what}"
        case record.Shown():
            return f"{each.by} is shown {each.conversation} {each.state} with {each.agent or 'nobody'} at v {each.v}"
        case record.Slots():
            return f"{each.by} is shown {each.used} of {each.limit} slots of {each.agent} at v {each.v}"
        case record.Read():
            return f"{each.by} is told that {each.reader} has seen {each.seq} of {each.conversation}"
        case record.Compared():
            return f"{each.by} compares what it holds with a fresh snapshot"
        case record.Server():
            return f"-- the server: {each.event} {each.detail}".rstrip()
        case record.Quiet():
            return "-- quiet"


def _short(text: str) -> str:
    return repr(text if len(text) <= _TEXT else text[: _TEXT - 1] + "…")
