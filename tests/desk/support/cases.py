"""Stories that put the law of snapshots to the test, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.settings.workspace import WorkspaceFile
from tests.desk.support.story import Story

Deed = Callable[[Story], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """What is given, what is done, and which router events must have come of it."""

    deed: Deed
    produces: frozenset[type]
    given: Deed | None = None
    file: WorkspaceFile | None = None


CASES: dict[str, Case] = {}


def case(*produces: type, given: Deed | None = None, file: WorkspaceFile | None = None) -> Callable[[Deed], Deed]:
    def register(deed: Deed) -> Deed:
        CASES[deed.__name__] = Case(deed, frozenset(produces), given, file)
        return deed

    return register
