"""The server's tasks step by step: where each of them waits, and one of them cancelled there.

A task is cancelled as anybody would do it, by `Task.cancel`, at one of two moments of a wait: *early*, as soon as it
waits, so that what it waits for is given up; or *late*, when what it waits for has come and the task has not gone on
yet, so that it never learns what has been done. What is in between is one of the two.
"""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import functools
import types
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
When = Literal["early", "late"]


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of the server's code at which a task waits, by itself or for what it calls."""

    file: str
    function: str
    line: int


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """One wait of one task: the places of it, from the outermost to where it really waits."""

    task: str
    places: tuple[Place, ...]
    ends: bool  # False: nothing has come of it while we looked


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """Which task is cancelled: the one that waits for the so-manyth time of all, and when."""

    at: int
    when: When


class Stepping:
    """Follows all tasks of a simulated server. Counts their waits while it is `armed`, and makes the cut."""

    def __init__(self, loop: asyncio.AbstractEventLoop, cut: Cut | None, cancelled: Callable[[str], None]) -> None:
        """`cancelled` hears the name of the task that is."""
        self.armed = False
        self._loop = loop
        self.waits: list[Wait] = []
        self.done: tuple[Place, ...] | None = None  # where the cut was made
        self._cut = cut
        self._cancelled = cancelled
        self._count = 0
        self._waiting: dict[asyncio.Task[Any], Any] = {}  # what each task is made of

    def arm(self) -> None:
        """From now on. Those that wait already count first, in the order of their coming."""
        self.armed = True
        for task, work in self._waiting.items():
            if not task.done():
                number = self._count
                self._count += 1
                if self._cut is None:
                    self.waits.append(Wait(task.get_name(), places(work), ends=False))
                elif number == self._cut.at:
                    self._make("early", task, places(work), None)

    def follow(self, work: Any) -> Any:
        """What a task is made of, followed."""
        return Followed(work, self.waits_for)

    def waits_for(self, work: Any, awaited: Any) -> None:
        """A task has come to a wait."""
        task = asyncio.current_task(self._loop)
        assert task is not None
        if not self.armed:
            self._waiting[task] = work
            return
        number = self._count
        self._count += 1
        if self._cut is None:
            self._note(number, task, work, awaited)
        elif number == self._cut.at:
            self._make(self._cut.when, task, places(work), awaited)

    def _note(self, number: int, task: asyncio.Task[Any], work: Any, awaited: Any) -> None:
        self.waits.append(Wait(task.get_name(), places(work), ends=awaited is None))
        if awaited is not None:
            awaited.add_done_callback(functools.partial(self._ended, number))

    def _ended(self, number: int, _awaited: object) -> None:
        if self.armed:
            self.waits[number] = dataclasses.replace(self.waits[number], ends=True)

    def _make(self, when: When, task: asyncio.Task[Any], found: tuple[Place, ...], awaited: Any) -> None:
        def cancel(_awaited: object = None) -> None:
            self.done = found
            task.cancel()
            self._cancelled(task.get_name())

        if when == "early" or awaited is None:
            cancel()
        else:
            # Ahead of the task's own callback, which is added when this wait has been handed to it.
            awaited.add_done_callback(cancel)


class Followed(Coroutine[Any, Any, Any]):
    """A coroutine that says when it waits."""

    def __init__(self, work: Any, waits: Callable[[Any, Any], None]) -> None:
        self._work = work
        self._waits = waits
        self.__name__ = self.__qualname__ = getattr(work, "__qualname__", type(work).__name__)

    def send(self, value: Any) -> Any:
        awaited = self._work.send(value)
        self._waits(self._work, awaited)
        return awaited

    def throw(self, *error: Any) -> Any:
        awaited = self._work.throw(*error)
        self._waits(self._work, awaited)
        return awaited

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Any:
        return self._work.__await__()


def places(work: Any) -> tuple[Place, ...]:
    """Where in the server's code a coroutine waits."""
    return tuple(_places(work))


def _places(work: Any) -> Iterator[Place]:
    while work is not None:
        match work:
            case types.CoroutineType():
                frame, work = work.cr_frame, work.cr_await
            case types.GeneratorType():
                frame, work = work.gi_frame, work.gi_yieldfrom
            case _:
                return
        if frame is not None and (file := _file(frame.f_code.co_filename)):
            yield Place(file, frame.f_code.co_qualname, frame.f_lineno)


@functools.lru_cache(maxsize=1000)
def _file(path: str) -> str:
    """Within the server; empty for what is not of it."""
    path = str(Path(path).resolve())
    return path[len(str(ROOT)) + 1 :] if path.startswith(f"{ROOT}/server/") else ""


# All the waits there are in a folder.


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Site:
    """An `await`, `async with` or `async for` in the source."""

    file: str
    function: str
    first: int
    last: int
    text: str

    def has(self, place: Place) -> bool:
        return place.file == self.file and self.first <= place.line <= self.last

    def __str__(self) -> str:
        return f"{self.file}:{self.first} {self.function}: {self.text}"


def sites(folder: str) -> list[Site]:
    """All of them in the modules of this folder."""
    return sorted(
        site
        for path in (ROOT / folder).glob("*.py")
        for site in _sites(ast.parse(path.read_text()), str(path.relative_to(ROOT)), ())
    )


def _sites(node: ast.AST, file: str, inside: tuple[str, ...]) -> Iterator[Site]:
    for child in ast.iter_child_nodes(node):
        name = getattr(child, "name", "")
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        within = (*inside, name) if named else inside
        match child:
            case ast.Await():
                yield Site(file, ".".join(within), child.lineno, child.end_lineno or 0, _text(child))
            case ast.AsyncWith() if all(_is_timeout(item.context_expr) for item in child.items):
                pass  # waits for nothing by itself
            case ast.AsyncWith() | ast.AsyncFor():
                last = child.items[-1].context_expr.end_lineno if isinstance(child, ast.AsyncWith) else child.lineno
                yield Site(file, ".".join(within), child.lineno, last or 0, _text(child))
            case _:
                pass
        yield from _sites(child, file, within)


def _is_timeout(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and ast.unparse(expression.func) == "asyncio.timeout"


def _text(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]
