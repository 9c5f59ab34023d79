"""The tables: every state is reachable, has a way out unless it is an end, and nothing else is a state."""

from __future__ import annotations

import pytest

from router.model import ConversationState, HoldKind, OfferState, Status
from router.transitions import CONVERSATION, HOLD, OFFER, STATUS, Cause, IllegalTransition, StatusCause, step


@pytest.mark.parametrize(
    ("table", "states", "ends"),
    [
        (CONVERSATION, set(ConversationState), {ConversationState.CLOSED}),
        (OFFER, set(OfferState), set(OfferState) - {OfferState.PENDING}),
        (HOLD, set(HoldKind), set()),
        (STATUS, set(Status), set()),
    ],
)
def test_every_state_is_a_row_reachable_and_left_again(table, states, ends):
    assert set(table) - {None} == states
    assert {then for row in table.values() for then in row.values()} - {None} == states
    assert {state for state, row in table.items() if not row} == ends


def test_a_change_without_a_row_says_what_was_expected():
    with pytest.raises(IllegalTransition, match="in state closed: expected nothing, got assigned"):
        step(CONVERSATION, ConversationState.CLOSED, Cause.ASSIGNED)
    with pytest.raises(IllegalTransition, match=r"in state busy: expected .*, got missed too many offers"):
        step(STATUS, Status.BUSY, StatusCause.MISSED_OFFERS)


def test_only_the_available_can_be_sent_away():
    senders = {state for state, row in STATUS.items() if StatusCause.MISSED_OFFERS in row}
    assert senders == {Status.AVAILABLE}
