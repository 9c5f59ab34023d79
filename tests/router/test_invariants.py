"""The watchman is awake: each kind of damage is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from router import invariants
from router.deadlines import Due
from router.invariants import Violated
from router.model import AgentId, BotId, ConversationId, ConversationState, DepartmentId, Method, Status
from router.state import State
from tests.router.building import Desk, agent, bot, department

ADA, FAQ, SUPPORT = AgentId("ada"), BotId("faq"), DepartmentId("support")
TALKS, RINGS, ASKS = ConversationId("c_1"), ConversationId("c_2"), ConversationId("c_4")


def desk() -> Desk:
    """Ada talks to c_1, c_2 rings at her, c_3 rings softly at Ben, the bot has c_4."""
    found = Desk(
        department(),
        department("sales", method=Method.RING_ALL),
        agent("ada", max_slots=2),
        agent("ben", "sales"),
        bot(),
    )
    found.bot_comes()
    found.comes("ada", "ben")
    found.served_by("ada", "c_1")
    found.start("c_2")
    found.start("c_3", "sales")
    found.asks_bot("c_4")
    return found


def _forget_the_ring(state: State) -> None:
    state.deadlines.clear()


def _lose_the_place(state: State) -> None:
    state.lines[SUPPORT].base.held.clear()


DAMAGE: dict[str, tuple[Callable[[State], object], str]] = {
    "slots": (lambda state: setattr(state.agents[ADA], "used", 1), "slots used"),
    "limit": (
        lambda state: setattr(state.agents[ADA], "settings", agent("ada", max_slots=1)),
        "2 of 1 slots used",
    ),
    "a hold without a conversation": (lambda state: state.agents[ADA].holds.pop(TALKS), "slots used"),
    "an offer nobody holds": (lambda state: state.conversations[RINGS].offers.clear(), "c_2"),
    "two places": (
        lambda state: setattr(state.conversations[TALKS], "state", ConversationState.WAITING),
        "held by",
    ),
    "an offer to somebody away": (lambda state: setattr(state.agents[ADA], "status", Status.AWAY), "the agent is away"),
    "an offer to somebody unreachable": (lambda state: setattr(state.agents[ADA], "deaf", True), "unreachable"),
    "a lost place": (_lose_the_place, "held|place"),
    "a stale standing": (lambda state: state.lines[SUPPORT].base.standing.pop(ADA), "standing"),
    "a lost timer": (_forget_the_ring, "looked at None"),
    "a lost fresh ring": (lambda state: state.keeping_room.clear(), "keep room"),
    "a bot that lost count": (lambda state: state.bots[FAQ].has.clear(), "has not got it"),
    "a conversation stranded with a bot": (lambda state: setattr(state.bots[FAQ], "connected", False), "stranded"),
    "an answer nobody waits for": (
        lambda state: setattr(state.conversations[ASKS], "awaiting_reply", False),
        "asked at",
    ),
    "a try-out among people": (lambda state: setattr(state.conversations[RINGS], "trial", True), "a try-out"),
    "an answer owed by nobody": (lambda state: setattr(state.conversations[RINGS], "bot_until", 9), "an answer is due"),
    "a wrong timer": (lambda state: state.deadlines.want(1, Due.PAUSE), ""),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(name):
    damaged = desk()
    invariants.check(damaged.router)
    damage, message = DAMAGE[name]
    damage(damaged.router._state)
    if not message:  # looked at too early is no harm
        invariants.check(damaged.router)
        return
    with pytest.raises(Violated, match=message):
        invariants.check(damaged.router)


def test_a_takeable_pair_that_is_left_is_found():
    damaged = Desk(department(), agent("ada"))
    damaged.comes("ada")
    damaged.start("c_1")
    damaged.decline("ada")
    state = damaged.router._state
    state.conversations[TALKS].refusals.clear()
    state.agents[ADA].rest_until = None
    with pytest.raises(Violated):
        invariants.check(damaged.router)
