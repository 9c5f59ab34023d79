"""What is wrong with settings, told so that a page can put it beside the right field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from server.http.answers import Answered, Problem
from server.settings import problem
from server.settings.problem import SettingsError
from server.wire.codes import ErrorCode

_KEYED: Final = frozenset({"site", "department", "agent", "bot"})
_HINT: Final = ", did you mean "


def told(problems: Iterable[problem.Problem], tables: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The problems of these tables; a record with a key is named by it, not by its place."""
    return tuple(_told(each, tables) for each in problems)


def refused(problems: tuple[problem.Problem, ...], tables: Mapping[str, Any]) -> Answered:
    """The answer to settings that have problems (at least one)."""
    error = SettingsError.of(problems)
    said = str(error)
    sentence = said if said.endswith(("?", ".")) else f"{said}."
    return Answered(400, ErrorCode.BAD_REQUEST, sentence, field=error.key, problems=told(problems, tables))


def _told(one: problem.Problem, tables: Mapping[str, Any]) -> Problem:
    message, asks, hint = one.message.partition(_HINT)
    return Problem(
        path=_by_key(one.path, tables),
        record=one.record,
        message=message,
        hint=f"{asks.removeprefix(', ')}{hint}",
    )


def _by_key(path: problem.Path, tables: Mapping[str, Any]) -> problem.Path:
    match path:
        case (str(kind), int(place), *rest) if kind in _KEYED:
            record = tables[kind][place]
            key = record.get("key") if isinstance(record, Mapping) else None
            return (kind, key if isinstance(key, str) and key else place, *rest)
        case _:
            return path
