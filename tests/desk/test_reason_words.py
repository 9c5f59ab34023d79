"""The words of a decision: none is missing, and the sentences read as such."""

from __future__ import annotations

import pytest

from router.model import Clause, Method, OfferState
from server.desk import reason_words
from server.wire import parts


def named(key: str) -> parts.Named:
    return parts.Named(id=f"a_{key}", key=key, name=key.title())


def candidate(key: str, *, excluded: str | None = None, measure: str = "") -> parts.Candidate:
    return parts.Candidate(agent=named(key), excluded=excluded, running=0, used=0, max=3, priority=50, measure=measure)


def why(**said: object) -> parts.Why:
    usual: dict[str, object] = {
        "method": "average_utilization",
        "reason": "method",
        "takeable": 1,
        "chosen": None,
        "runner_up": None,
        "excluded": {},
        "candidates": [],
        "widening_step": 0,
        "rules": [],
    }
    return parts.Why(**{**usual, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize("clause", list(Clause))
def test_every_clause_is_a_sentence(clause: Clause):
    said = reason_words.says_clause(clause.value)
    assert said[0].isupper()
    assert said.endswith(".")


def test_no_two_clauses_say_the_same():
    assert len(set(reason_words.CLAUSES.values())) == len(Clause)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("end", list(OfferState))
def test_every_method_and_every_end_has_words(method: Method, end: OfferState):
    said = reason_words.says_offer("Ada", why(method=method.value, chosen=candidate("ada")), end.value)
    assert said.startswith("Rang at Ada: ")
    assert said.endswith(".")
    assert "  " not in said


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            why(chosen=candidate("ada", measure="running 0"), runner_up=candidate("ben", measure="running 2")),
            "Rang at Ada: the fewest running conversations (running 0). Next was Ben (running 2). They took it.",
        ),
        (why(reason="reserved", chosen=candidate("ada")), "Rang at Ada: it is reserved for them. They took it."),
        (why(reason="previous_agent", chosen=candidate("ada")), "Rang at Ada: they had it before. They took it."),
        (why(reason="transfer", chosen=candidate("ada")), "Rang at Ada: it was handed to them. They took it."),
        (
            why(method="longest_idle", chosen=candidate("ada", measure="assigned_at 0")),
            "Rang at Ada: the longest without an assignment (none yet). They took it.",
        ),
        (
            why(method="longest_idle", chosen=candidate("ada", measure="assigned_at 1767225600123")),
            "Rang at Ada: the longest without an assignment (the last at 2026-01-01T00:00:00.123Z). They took it.",
        ),
    ],
)
def test_why_it_rang(said: parts.Why, sentence: str):
    assert reason_words.says_offer("Ada", said, "accepted") == sentence


@pytest.mark.parametrize(
    ("takeable", "excluded", "sentence"),
    [
        (0, {}, "Nobody is there to take it: the department has no members."),
        (0, {"full": 1}, "Nobody can take it now. For the only agent: has no free slot."),
        (0, {"full": 2}, "Nobody can take it now. For everybody: has no free slot."),
        (0, {"status": 1, "full": 2}, "Nobody can take it now. For 2 of 3: has no free slot."),
        (1, {"full": 2}, "It can be taken, and rings or is about to."),
    ],
)
def test_why_it_waits(takeable: int, excluded: dict[str, int], sentence: str):
    assert reason_words.says_waiting(why(takeable=takeable, excluded=excluded)) == sentence


def test_clauses_are_told_in_the_order_in_which_they_are_tried():
    told = reason_words.excluded(why(excluded={"wave": 1, "full": 3, "not_member": 2}))
    assert [(each.clause, each.count) for each in told] == [("not_member", 2), ("full", 3), ("wave", 1)]
