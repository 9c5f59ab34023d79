"""Rules made ready to be asked, and what they say about one conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from router.model import Skills
from router.rules.checking import MOST, check
from router.rules.kinds import MAP_SIZE, TEXT_SIZE
from router.rules.lexer import BadCondition
from router.rules.model import Facts, Failure, Resolution, Rule, RuleProblem
from router.rules.program import Program, RuleFailed, UnusableCondition, context
from router.rules.syntax import parse


@dataclass(frozen=True, slots=True)
class _Ready:
    rule: Rule
    program: Program


class RuleSet:
    """Compiled rules in their order. Made by `compile_rules`; holds nothing of what it was asked."""

    def __init__(self, ready: Iterable[_Ready] = ()) -> None:
        self._ready = tuple(ready)

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(each.rule for each in self._ready)

    def evaluate(self, facts: Facts) -> Resolution:
        """Ask every rule once. One that fails at run time is passed over and named in `failed`."""
        if not self._ready:
            return Resolution()
        try:
            seen = context(_seen(facts))
        except RuleFailed as failure:
            names = (each.rule.name for each in self._ready)
            return Resolution(failed=tuple(Failure(rule=name, reason=failure.reason) for name in names))
        matched: list[Rule] = []
        failed: list[Failure] = []
        for each in self._ready:
            try:
                if each.program.holds(seen):
                    matched.append(each.rule)
            except RuleFailed as failure:
                failed.append(Failure(rule=each.rule.name, reason=failure.reason))
        return _resolution(matched, failed)


def compile_rules(rules: Iterable[Rule]) -> RuleSet:
    """Make rules ready.

    Raises:
        RuleProblem: the first rule whose condition cannot be used.
    """
    ready, problems = sort_out(rules)
    if problems:
        raise problems[0]
    return ready


def sort_out(rules: Iterable[Rule]) -> tuple[RuleSet, tuple[RuleProblem, ...]]:
    """Those that can be used, and what is wrong with the others, both in their order."""
    ready: list[_Ready] = []
    problems: list[RuleProblem] = []
    left = MOST  # every rule is asked at every start: they share what one may cost
    for rule in rules:
        try:
            program, cost = _program(rule)
        except RuleProblem as problem:
            problems.append(problem)
            continue
        left -= cost
        if left < 0:
            problems.append(RuleProblem(rule.name, (1, 1), _TOGETHER))
        else:
            ready.append(_Ready(rule, program))
    return RuleSet(ready), tuple(problems)


_TOGETHER = "the conditions could take too long together: fewer or shorter lists, texts or patterns are needed"


def _program(rule: Rule) -> tuple[Program, int]:
    """Ready to be asked, and what it may cost."""
    try:
        cost = check(parse(rule.when))
        return Program(rule.when), cost
    except BadCondition as bad:
        raise RuleProblem(rule.name, _position(rule.when, bad.at), bad.message, bad.hint) from None
    except UnusableCondition as unusable:
        raise RuleProblem(rule.name, unusable.position, unusable.message) from None


def _position(source: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset."""
    before = source[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _resolution(matched: list[Rule], failed: list[Failure]) -> Resolution:
    def first(aspect: str) -> Any:
        return next((value for rule in matched if (value := getattr(rule, aspect)) is not None), None)

    naming = next((rule for rule in matched if rule.agent is not None), None)
    return Resolution(
        department=first("department"),
        require=_skills(first("require")),
        prefer=_skills(first("prefer")),
        head_start_s=first("head_start") or 0,
        language=first("language"),
        agent=None if naming is None else naming.agent,
        agent_seconds=0 if naming is None else naming.agent_seconds,
        first=first("first"),
        tags=tuple(dict.fromkeys(tag for rule in matched for tag in rule.tags)),
        matched=tuple(rule.name for rule in matched),
        failed=tuple(failed),
    )


def _skills(said: Mapping[str, int] | None) -> Skills:
    return tuple(sorted((said or {}).items()))


def _seen(facts: Facts) -> dict[str, Any]:
    """The facts as a condition sees them, cut to the sizes its cost was reckoned with."""
    page, visitor, now = facts.page, facts.visitor, facts.now
    return {
        "page": {
            "url": _cut(page.url),
            "path": _cut(page.path),
            "query": _cut(page.query),
            "title": _cut(page.title),
            "referrer": _cut(page.referrer),
        },
        "visitor": {
            "language": visitor.language,
            "timezone": visitor.timezone,
            "country": visitor.country,
            "name": _cut(visitor.name),
            "email": _cut(visitor.email),
            "visits": visitor.visits,
            "returning": visitor.returning,
            "repeat": visitor.repeat,
            "verified": visitor.verified,
            "attributes": _cut(visitor.attributes),
        },
        "form": _cut(facts.form),
        "text": _cut(facts.text),
        "now": {"weekday": now.weekday, "hour": now.hour, "minute": now.minute, "date": now.date},
        "site": facts.site,
        "department": facts.department,
    }


def _cut(value: Any) -> Any:
    """Texts, lists and maps no larger than a condition may expect."""
    match value:
        case str():
            return value[:TEXT_SIZE]
        case Mapping():
            return {_cut(key): _cut(inner) for key, inner in list(value.items())[:MAP_SIZE]}
        case list() | tuple():
            return [_cut(inner) for inner in value[:MAP_SIZE]]
        case _:
            return value
