"""The text of `workspace.toml` as a value, or an error that says where and why not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any

import msgspec

from server.settings.form import form_problems
from server.settings.positions import line_of, positions
from server.settings.problem import Path, Problem, SettingsError
from server.settings.workspace import Workspace, WorkspaceFile

_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse(text: str, *, of: Workspace | None = None) -> WorkspaceFile:
    """The file this text says. Only its form is judged; `check` judges whether the records fit together.

    `of`: the workspace it is for, where the text does not say: what a file does not name stays as it is.

    Raises:
        SettingsError: no TOML, or keys that are unknown, missing, of the wrong type or out of range; it speaks of the
            first by line, and holds them all.
    """
    try:
        return _parse(text, of)
    except RecursionError:
        raise SettingsError("not TOML: nested too deeply") from None


def locate(problems: Iterable[Problem], *, whole: WorkspaceFile, text: str) -> tuple[Problem, ...]:
    """The problems of a whole workspace, with their lines in the text of the file that led to it.

    A record the text does not name has no line there.
    """
    lines = positions(text)
    whole_tables = msgspec.to_builtins(whole)
    places = _places(tables_of(text))
    return tuple(_located(problem, whole_tables, places, lines) for problem in problems)


def _parse(text: str, of: Workspace | None) -> WorkspaceFile:
    tables = completed(tables_of(text), of)
    if problems := form_problems(tables):
        lines = positions(text)
        raise SettingsError.of(
            [msgspec.structs.replace(problem, line=line_of(problem.path, lines)) for problem in problems]
        )
    return msgspec.convert(tables, WorkspaceFile)


def completed(tables: dict[str, Any], of: Workspace | None) -> dict[str, Any]:
    """The tables of a file with those of the workspace it is for, if it leaves them out."""
    return tables if of is None or "workspace" in tables else {"workspace": msgspec.to_builtins(of), **tables}


def tables_of(text: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        SettingsError: it is no TOML; with the line.
    """
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise _syntax_error(str(error), text) from None


def _syntax_error(said: str, text: str) -> SettingsError:
    """The parser ends its sentence with the place; we begin with it."""
    place = _PLACE.search(said)
    reason = _PLACE.sub("", said).strip()
    reason = reason[:1].lower() + reason[1:]
    if place is None:
        return SettingsError(f"not TOML: {reason}")
    if place[1] is None:
        return SettingsError(f"not TOML: {reason} at the end of the file", text.rstrip("\n").count("\n") + 1)
    return SettingsError(f"not TOML: {reason}, column {place[2]}", int(place[1]))


def _places(tables: dict[str, Any]) -> dict[tuple[str, str], int]:
    """Which record of its list each name stands for in the text; of two with one name the later."""
    return {
        (kind, _name(record)): place
        for kind, records in tables.items()
        if isinstance(records, list)
        for place, record in enumerate(records)
    }


def _name(record: dict[str, Any]) -> str:
    return str(record.get("key") or record.get("name"))


def _located(
    problem: Problem, whole: dict[str, Any], places: dict[tuple[str, str], int], lines: dict[Path, int]
) -> Problem:
    match problem.path:
        case (str(kind), int(place), *rest):
            name = _name(whole[kind][place])
            if (kind, name) not in places:
                return problem
            path: Path = (kind, places[kind, name], *rest)
        case path:
            pass
    return msgspec.structs.replace(problem, line=line_of(path, lines))
