"""What goes into rules and what comes out of them. Departments, agents and sites are named by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.model import Skills


class RuleProblem(Exception):
    """A rule that cannot be used. `line` and `column` count from 1 inside its condition; `hint` may be empty."""

    def __init__(self, rule: str, position: tuple[int, int], message: str, hint: str = "") -> None:
        super().__init__(rule, position, message, hint)
        self.rule = rule
        self.line, self.column = position
        self.message = message
        self.hint = hint

    @property
    def position(self) -> tuple[int, int]:
        """Line and column."""
        return self.line, self.column

    def __str__(self) -> str:
        """One sentence, with the line only if the condition has several."""
        place = f"column {self.column}" if self.line == 1 else f"line {self.line}, column {self.column}"
        return f"{self.message} at {place}{f', {self.hint}' if self.hint else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition and its actions. `None` says nothing about an aspect, so that a later rule may decide it.

    `head_start` and `agent_seconds` in seconds; `agent_seconds`: how long the agent named is waited for.
    """

    name: str
    when: str
    department: str | None = None
    require: Mapping[str, int] | None = None
    prefer: Mapping[str, int] | None = None
    head_start: int | None = None
    language: str | None = None
    agent: str | None = None
    agent_seconds: int = 60
    first: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The visitor's page; `query` holds the parameters of its address."""

    url: str = ""
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    referrer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The visitor; what is not known is empty. `visits` counts this one; `repeat`: the same department again, soon."""

    language: str = ""
    timezone: str = ""
    country: str = ""
    name: str = ""
    email: str = ""
    visits: int = 1
    returning: bool = False
    repeat: bool = False
    verified: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The time on the workspace's clock: weekday "mon" to "sun", date "2026-12-25"."""

    weekday: str
    hour: int
    minute: int
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a condition may look at. `department`: what the visitor asked for, or the default."""

    page: Page
    visitor: Visitor
    now: Now
    site: str
    department: str
    text: str = ""
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that was passed over, and why, without a word of the visitor's."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What the rules that matched decide: of each action the first, of tags all. `None`: no rule says so."""

    department: str | None = None
    require: Skills = ()
    prefer: Skills = ()
    head_start_s: int = 0
    language: str | None = None
    agent: str | None = None
    agent_seconds: int = 0
    first: str | None = None
    tags: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
