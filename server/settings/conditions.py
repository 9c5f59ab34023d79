"""The rules of a workspace as the router's rules know them, and what is wrong with their conditions."""

from __future__ import annotations

from collections.abc import Iterable

from router.rules.model import Rule as RoutingRule
from router.rules.ruleset import sort_out
from server.settings.workspace import Rule


def as_rule(rule: Rule) -> RoutingRule:
    """One rule of the settings, ready to be compiled."""
    return RoutingRule(
        name=rule.name,
        when=rule.when,
        department=rule.department,
        require=rule.require,
        prefer=rule.prefer,
        head_start=rule.head_start,
        language=rule.language,
        agent=rule.agent,
        agent_seconds=rule.agent_seconds,
        first=rule.first,
        tags=rule.tags,
    )


def complaints(rules: Iterable[Rule]) -> dict[str, str]:
    """By rule, what is wrong with its condition, with the column and perhaps what was meant."""
    _, problems = sort_out(map(as_rule, rules))
    return {problem.rule: str(problem) for problem in problems}
