"""What rules are asked about in these tests: one visitor, with whatever is different about them."""

from __future__ import annotations

from typing import Any

from router.rules.model import Facts, Now, Page, Resolution, Rule, Visitor
from router.rules.ruleset import compile_rules

PAGE = Page(
    url="https://shop.example/pricing/team?utm=mail&q=",
    path="/pricing/team",
    query={"utm": "mail", "q": ""},
    title="Prices",
    referrer="https://search.example/",
)
VISITOR = Visitor(
    language="da",
    timezone="Europe/Copenhagen",
    country="DK",
    name="Vera",
    email="vera@shop.example",
    visits=3,
    returning=True,
    repeat=True,
    attributes={"plan": "gold", "seats": 12, "tags": ["beta", "eu"]},
)
FRIDAY_EVENING = Now(weekday="fri", hour=18, minute=30, date="2026-12-25")


def facts(**other: Any) -> Facts:
    known: dict[str, Any] = {
        "page": PAGE,
        "visitor": VISITOR,
        "now": FRIDAY_EVENING,
        "site": "shop",
        "department": "support",
        "text": "I want a Refund, please",
        "form": {"topic": "billing"},
    }
    return Facts(**(known | other))


def ask(when: str, **other: Any) -> Resolution:
    """What one rule of that condition comes to."""
    return compile_rules([Rule(name="r", when=when)]).evaluate(facts(**other))
