"""The words for a decision: a sentence for each clause of the closed list, for each reason and each end of an offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.model import Clause, Method, OfferState
from server.wire import parts
from server.wire.reasons import Excluded
from server.wire.times import rfc3339

CLAUSES: Final[Mapping[Clause, str]] = {
    Clause.NOT_MEMBER: "Is no member of the department, and it has not opened to others.",
    Clause.STATUS: "Has not set the status to available.",
    Clause.UNREACHABLE: "Is not connected, or does not confirm rings.",
    Clause.FULL: "Has no free slot.",
    Clause.CAP: "Has as many conversations of this department as the member may have.",
    Clause.ROOM_FOR_OLDER: "Keeps the last slot for an older conversation that rings there.",
    Clause.SKILLS: "Does not have the required skills at the level needed.",
    Clause.BREATHING: "Rests after an assignment.",
    Clause.RESTING: "Rests after an offer that was declined or missed.",
    Clause.RINGING: "Is being rung for another conversation.",
    Clause.REFUSED: "Declined or missed this conversation a short while ago.",
    Clause.RESERVED: "It is reserved for somebody else.",
    Clause.VISITOR_GONE: "The visitor is not connected at the moment.",
    Clause.WAVE: "The ring wave has not come to this agent yet.",
    Clause.PAUSE: "The server has just started and lets agents come back first.",
    Clause.QUARANTINED: "The conversation is kept out of routing for a minute, after a fault.",
}

_METHODS: Final[Mapping[Method, str]] = {
    Method.RING_ALL: "it rings at everybody who can take it",
    Method.MAX_UTILIZATION: "the most running conversations with a slot free",
    Method.AVERAGE_UTILIZATION: "the fewest running conversations",
    Method.PRIORITY: "the best priority with a slot free",
    Method.RANDOM: "drawn by lot",
    Method.ROUND_ROBIN: "next in turn",
    Method.LONGEST_IDLE: "the longest without an assignment",
}

_REASONS: Final[Mapping[str, str]] = {
    "reserved": "it is reserved for them",
    "previous_agent": "they had it before",
    "transfer": "it was handed to them",
}

_ENDS: Final[Mapping[str, str]] = {
    OfferState.PENDING: "It still rings.",
    OfferState.ACCEPTED: "They took it.",
    OfferState.TAKEN: "Somebody else took it.",
    OfferState.DECLINED: "They declined.",
    OfferState.MISSED: "They missed it.",
    OfferState.WITHDRAWN: "It was withdrawn.",
}


def excluded(why: parts.Why) -> list[Excluded]:
    """What kept agents out, with a sentence each, in the order in which the clauses are tried."""
    return [
        Excluded(clause=clause.value, count=why.excluded[clause.value], says=CLAUSES[clause])
        for clause in Clause
        if clause.value in why.excluded
    ]


def says_clause(clause: str | None) -> str:
    """Why an agent cannot take it; nothing for one who can."""
    return "" if clause is None else CLAUSES[Clause(clause)]


def says_offer(agent: str, why: parts.Why, outcome: str) -> str:
    """That it rang, why there, who was next and how it ended."""
    return f"Rang at {agent}: {_because(why)}. {_next(why)}{_ENDS[outcome]}"


def says_choice(why: parts.Why) -> str:
    """Who is chosen, and why."""
    if why.chosen is not None:
        return f"{why.chosen.agent.name}: {_because(why)}. {_next(why)}".rstrip()
    return "Rings at everybody who can take it." if why.takeable else says_waiting(why)


def says_waiting(why: parts.Why) -> str:
    """Why nobody has it."""
    if why.takeable:
        return "It can be taken, and rings or is about to."
    if not why.excluded:
        return "Nobody is there to take it: the department has no members."
    most = max(why.excluded, key=lambda clause: why.excluded[clause])
    count, everybody = why.excluded[most], sum(why.excluded.values())
    of = f"{count} of {everybody}" if count < everybody else "everybody" if everybody > 1 else "the only agent"
    return f"Nobody can take it now. For {of}: {CLAUSES[Clause(most)][0].lower()}{CLAUSES[Clause(most)][1:]}"


def _because(why: parts.Why) -> str:
    said = _REASONS.get(why.reason) or _METHODS[Method(why.method)]
    measure = _measure(why.chosen) if why.reason == "method" else ""
    return f"{said} ({measure})" if measure else said


def _next(why: parts.Why) -> str:
    if why.runner_up is None:
        return ""
    measure = _measure(why.runner_up)
    return f"Next was {why.runner_up.agent.name}{f' ({measure})' if measure else ''}. "


def _measure(candidate: parts.Candidate | None) -> str:
    """What the method compared. A moment is told as one."""
    if candidate is None:
        return ""
    name, _, value = candidate.measure.partition(" ")
    if name != "assigned_at":
        return candidate.measure
    return "none yet" if value == "0" else f"the last at {rfc3339(int(value))}"
