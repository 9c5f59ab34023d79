"""The one place that knows the library which runs conditions: compiled once, run with facts, errors in plain words.

The library (`common-expression-language`, the Rust crate `cel`) is bounded by itself: no loops but over lists and maps,
nesting limited, regular expressions that never backtrack. Its errors may quote the values at hand, so none of their
text goes on at run time: a visitor's words do not belong into logs.
"""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType
from typing import Any

_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]*)")


@cache
def _library() -> ModuleType:
    """Importing it loads a command-line interface along, 0.15 s of it: only who has rules pays that."""
    from cel import cel  # noqa: PLC0415

    return cel


class UnusableCondition(Exception):
    """The library does not take it; `position` is line and column, from 1."""

    def __init__(self, position: tuple[int, int], message: str) -> None:
        super().__init__(position, message)
        self.position = position
        self.message = message


class RuleFailed(Exception):
    """It could not be decided; `reason` says why without any of the values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def context(seen: dict[str, Any]) -> Any:
    """Values made ready for any number of programs. Raises `RuleFailed` for what is no value of CEL."""
    try:
        return _library().Context(seen)
    except (ValueError, TypeError, OverflowError):
        raise RuleFailed("a value no condition can look at") from None


class Program:
    """One compiled condition."""

    def __init__(self, source: str) -> None:
        """Compile. Raises `UnusableCondition`."""
        try:
            self._program = _library().compile(source)
        except ValueError as error:
            raise _unusable(str(error)) from None

    def holds(self, seen: Any) -> bool:
        """Whether the condition is true of what `context` made. Raises `RuleFailed`."""
        try:
            found = self._program.execute(seen)
        except Exception as error:  # noqa: BLE001 - whatever it is: it is this rule's, and the rest goes on
            raise RuleFailed(_reason(error)) from None
        except BaseException as error:
            # A panic of the library is no Exception for Python.
            if type(error).__name__ != "PanicException":
                raise
            raise RuleFailed("the expression library gave up") from None
        if found is True or found is False:
            return bool(found)
        raise RuleFailed("it came to neither true nor false")


def pattern_complaint(pattern: str) -> str:
    """Why a regular expression cannot be used, or nothing."""
    try:
        _library().evaluate('"".matches(pattern)', {"pattern": pattern})
    except RuntimeError as error:
        found: list[str] = re.findall(r"error: ([^\n.']+)", str(error))
        return found[-1] if found else "it is no regular expression"
    return ""


def _unusable(said: str) -> UnusableCondition:
    place = _PLACE.search(said)
    if place is None:
        return UnusableCondition((1, 1), "the condition cannot be used")
    return UnusableCondition((int(place[1]), int(place[2])), place[3].removeprefix("Syntax error: "))


def _reason(error: Exception) -> str:
    match error:
        case KeyError():
            return "a key it asks for is not there"
        case IndexError():
            return "a list is shorter than it expects"
        case ZeroDivisionError():
            return "a division by zero"
        case OverflowError():
            return "a number too large"
        case TypeError():
            return "values of kinds that do not go together"
        case _:
            return "a value it cannot use"
