"""Every legal change of state, as tables; nothing else in the router assigns one.

Rule 1: a change that is not a row here does not happen: `step` raises `IllegalTransition`, which is always our bug,
never the caller's (callers are refused with `CommandRejected` before anything is emitted).

Rule 2: the tables know nothing of time, slots or people. *Whether* a change may happen now is asked in the handlers;
*that* it is possible at all is written here. `python -m router.draw` draws the tables for `docs/state-machines.md`.

Four machines. They are coupled, and the couplings are the events of `router.events`, folded in `router.evolve`:

1. The **conversation**. `BOT`: a bot has it, so it is in no line and nobody's slot. `OFFERED` means that at least one
   offer of a conversation in line is pending. A transfer to an agent rings while the conversation stays `ACTIVE`, so
   offers of an active conversation never move it.
2. The **offer**. Born pending, ends exactly once.
3. The **hold**, one for each (agent, conversation); `None` is "no hold". A soft offer holds nothing until accepted.
4. The **status**. People may choose any status at any time; only missing too many offers changes it for them.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import TypeVar

from router.model import ConversationState, HoldKind, OfferState, Status

BOT, WAITING, OFFERED, ACTIVE, CLOSED = (
    ConversationState.BOT,
    ConversationState.WAITING,
    ConversationState.OFFERED,
    ConversationState.ACTIVE,
    ConversationState.CLOSED,
)


class Cause(StrEnum):
    """What moves a conversation or a hold."""

    STARTED = "started"
    STARTED_WITH_BOT = "started with a bot"
    HANDED_OVER = "handed over to the line"
    GIVEN_TO_BOT = "given to a bot"
    OFFER_MADE = "offer made"
    LAST_OFFER_ENDED = "last offer ended"
    ASSIGNED = "assigned"
    RETURNED = "returned to the line"
    MOVED = "department removed"
    CLOSED = "closed"
    CLOSED_WITH_WRAP_UP = "closed, wrap-up begins"
    LET_GO = "let go"


CONVERSATION: Mapping[ConversationState | None, Mapping[Cause, ConversationState]] = {
    None: {Cause.STARTED: WAITING, Cause.STARTED_WITH_BOT: BOT},
    BOT: {
        Cause.HANDED_OVER: WAITING,  # by the bot, on the visitor's wish, or because the bot is gone or silent
        Cause.ASSIGNED: ACTIVE,  # picked by hand
        Cause.MOVED: BOT,
        Cause.CLOSED: CLOSED,
    },
    WAITING: {
        Cause.OFFER_MADE: OFFERED,
        Cause.ASSIGNED: ACTIVE,  # picked by hand
        Cause.MOVED: WAITING,
        Cause.CLOSED: CLOSED,
    },
    OFFERED: {
        Cause.OFFER_MADE: OFFERED,  # ring_all
        Cause.LAST_OFFER_ENDED: WAITING,
        Cause.ASSIGNED: ACTIVE,
        Cause.CLOSED: CLOSED,
    },
    ACTIVE: {
        Cause.ASSIGNED: ACTIVE,  # a transfer to an agent was accepted
        Cause.RETURNED: WAITING,
        Cause.GIVEN_TO_BOT: BOT,
        Cause.MOVED: ACTIVE,
        Cause.CLOSED: CLOSED,
    },
    CLOSED: {},
}

OFFER: Mapping[OfferState | None, Mapping[OfferState, OfferState]] = {
    None: {OfferState.PENDING: OfferState.PENDING},
    OfferState.PENDING: {end: end for end in OfferState if end is not OfferState.PENDING},
    **{end: {} for end in OfferState if end is not OfferState.PENDING},
}

HOLD: Mapping[HoldKind | None, Mapping[Cause, HoldKind | None]] = {
    None: {Cause.OFFER_MADE: HoldKind.OFFER, Cause.ASSIGNED: HoldKind.ACTIVE},
    HoldKind.OFFER: {Cause.ASSIGNED: HoldKind.ACTIVE, Cause.LET_GO: None},
    HoldKind.ACTIVE: {Cause.CLOSED_WITH_WRAP_UP: HoldKind.WRAP_UP, Cause.LET_GO: None},
    HoldKind.WRAP_UP: {Cause.LET_GO: None},
}


class StatusCause(StrEnum):
    """What moves a status: the person, or missing too many offers."""

    SETS_AVAILABLE = "sets available"
    SETS_BUSY = "sets busy"
    SETS_AWAY = "sets away"
    SETS_OFFLINE = "sets offline"
    MISSED_OFFERS = "missed too many offers"


CHOSEN = {
    Status.AVAILABLE: StatusCause.SETS_AVAILABLE,
    Status.BUSY: StatusCause.SETS_BUSY,
    Status.AWAY: StatusCause.SETS_AWAY,
    Status.OFFLINE: StatusCause.SETS_OFFLINE,
}

STATUS: Mapping[Status | None, Mapping[StatusCause, Status]] = {
    status: {cause: chosen for chosen, cause in CHOSEN.items()}
    | ({StatusCause.MISSED_OFFERS: Status.AWAY} if status is Status.AVAILABLE else {})
    for status in Status
}


class IllegalTransition(Exception):
    """The router tried a change that no table has."""


S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=StrEnum)
R = TypeVar("R", bound=StrEnum | None)


class Column(dict[S | None, R]):
    """What one cause makes of each state, to be looked up at once. A state without a row raises as `step` does."""

    def __init__(self, table: Mapping[S | None, Mapping[C, R]], cause: C) -> None:
        super().__init__({state: row[cause] for state, row in table.items() if cause in row})
        self._refuse = partial(step, table, cause=cause)

    def __missing__(self, state: S | None) -> R:
        return self._refuse(state)


def step(table: Mapping[S | None, Mapping[C, R]], state: S | None, cause: C) -> R:
    """The state that follows. Raises `IllegalTransition` when the table has no such row."""
    try:
        return table[state][cause]
    except KeyError:
        expected = ", ".join(sorted(table[state])) or "nothing"
        raise IllegalTransition(f"in state {state}: expected {expected}, got {cause}") from None
