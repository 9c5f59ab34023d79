"""The fold of a router's events into ledgers and followed conversations.

Every fold may be told again what it knows: after new settings everything is read anew from the router, which may be
ahead of the events.
"""

from collections.abc import Callable
from typing import Any

from router import events as e
from router.estimate.followed import Followed
from router.estimate.learned import Learned
from router.estimate.ledger import Ledger
from router.model import AgentId, ConversationId, ConversationState, DepartmentId, OfferState
from router.snapshot import ConversationRecord, Snapshot

_IN_LINE = (ConversationState.WAITING, ConversationState.OFFERED)
# Seniority by waiting or talking before is no head start that somebody chose: counted in steps of this.
_RETURNED_STEP_MS = 30_000


class Account:
    """All departments' ledgers and all conversations, as of the last event."""

    def __init__(self, learned: Learned | None, at: int) -> None:
        self.at = at
        self.ledgers: dict[DepartmentId, Ledger] = {}
        if learned is not None:
            self.ledgers = {known.department: Ledger.resumed(known, at) for known in learned.departments}
        self.conversations: dict[ConversationId, Followed] = {}
        self.line: dict[ConversationId, Followed] = {}
        self.touched: set[AgentId] = set()
        self.outdated = False

    def follow(self, event: e.Event) -> None:
        fold = _FOLDS.get(type(event))
        if fold is not None:
            self.at = max(self.at, event.at)
            fold(self, event)

    def read(self, snapshot: Snapshot) -> None:
        """Forget the conversations and take those of the router."""
        at = max(self.at, snapshot.counters.now)
        for known in list(self.conversations.values()):
            self.forget(known, at)
        for record in snapshot.conversations:
            self.conversations[record.id] = _followed(record)
        for agent in snapshot.agents:
            self.touched.add(agent.id)
            for hold in agent.holds:
                held = self.conversations.get(hold.conversation)
                if held is not None:
                    held.holding.add(agent.id)
        for one in self.conversations.values():
            self.count(one, at)
        self.outdated = False

    def ledger(self, department: DepartmentId) -> Ledger:
        found = self.ledgers.get(department)
        if found is None:
            found = self.ledgers[department] = Ledger(department, self.at)
        return found

    def count(self, one: Followed, at: int) -> None:
        """Bring its department's exposures in line with it, from now on."""
        if one.in_line:
            self.line[one.id] = one
        else:
            self.line.pop(one.id, None)
        before, now = one.counted, one.counts
        if before == now:
            return
        one.counted = now
        if before[0] != now[0]:
            self._expose(before[0], at, -before[1], -before[2])
            self._expose(now[0], at, now[1], now[2])
        else:
            self._expose(now[0], at, now[1] - before[1], now[2] - before[2])

    def _expose(self, department: DepartmentId, at: int, slots: int, waiting: int) -> None:
        self.ledger(department).expose(at, slots=slots, waiting=waiting)

    def forget(self, one: Followed, at: int) -> None:
        one.in_line = False
        one.holding.clear()
        self.count(one, at)
        self.conversations.pop(one.id, None)


def _followed(record: ConversationRecord) -> Followed:
    one = Followed(record.id, record.department, key_at=record.key_at, arrival=record.arrival, cost=record.cost)
    one.entered_at, one.waited_ms, one.head_start_ms = record.entered_line_at, record.waited_ms, record.head_start_ms
    one.needs, one.step, one.reservation = record.needs, record.widening_step, record.reservation
    one.left, one.away = record.left, record.visitor_left_at is not None
    one.in_line = record.state in _IN_LINE
    one.quarantined_until = record.quarantined_until
    one.ringing = {offer.agent: (offer.made_at, offer.soft) for offer in record.offers}
    return one


def _started(account: Account, event: e.ConversationStarted) -> None:
    one = Followed(event.conversation, event.department, key_at=event.key_at, arrival=event.arrival, cost=event.cost)
    one.entered_at, one.head_start_ms = event.at, event.head_start_ms
    one.needs, one.reservation, one.left = event.needs, event.reservation, event.left
    account.conversations[one.id] = one
    one.in_line = event.bot is None  # a bot has it: nobody waits
    if one.in_line:
        account.ledger(event.department).entered(event.at, event.needs, event.at - event.key_at)
    account.count(one, event.at)


def _offer_made(account: Account, event: e.OfferMade) -> None:
    offer = event.offer
    account.touched.add(offer.agent)
    one = account.conversations.get(offer.conversation)
    if one is None:
        return
    one.ringing[offer.agent] = (event.at, offer.soft)
    if not offer.soft:
        one.holding.add(offer.agent)
        account.count(one, event.at)


def _offer_ended(account: Account, event: e.OfferEnded) -> None:
    account.touched.add(event.agent)
    one = account.conversations.get(event.conversation)
    if one is None:
        return
    made_at, _ = one.ringing.pop(event.agent, (event.at, event.soft))
    accepted = event.end is OfferState.ACCEPTED
    if event.soft:
        one.rung_ms = event.at - made_at if accepted else one.rung_ms
    else:
        one.rung_ms += event.at - made_at
        if not accepted:
            one.holding.discard(event.agent)
            account.count(one, event.at)


def _assigned(account: Account, event: e.ConversationAssigned) -> None:
    account.touched.add(event.agent)
    one = account.conversations.get(event.conversation)
    if one is None:
        return
    if event.previous is not None:
        account.touched.add(event.previous)
        one.holding.discard(event.previous)
    if one.in_line:
        one.in_line = False
        one.waited_ms += event.waited_ms
        account.ledger(one.department).rang(one.rung_ms)
    one.rung_ms = 0
    one.holding.add(event.agent)
    account.count(one, event.at)


def _returned(account: Account, event: e.ConversationReturned) -> None:
    account.touched.add(event.previous)
    one = account.conversations.get(event.conversation)
    if one is None:
        return
    if event.reason == "transferred" and one.holding:
        account.ledger(one.department).completed(event.at, one.cost)
    one.holding.discard(event.previous)
    _enter(account, one, event)


def _handed_over(account: Account, event: e.ConversationHandedOver) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None:
        one.step, one.reservation = 0, event.reservation
        _enter(account, one, event)


def _enter(account: Account, one: Followed, event: e.ConversationReturned | e.ConversationHandedOver) -> None:
    """Into a line, from an agent or a bot."""
    one.department, one.key_at, one.entered_at = event.department, event.key_at, event.at
    one.in_line, one.rung_ms, one.pool = True, 0, None
    seniority = (event.at - event.key_at) // _RETURNED_STEP_MS * _RETURNED_STEP_MS
    account.ledger(one.department).entered(event.at, one.needs, seniority)
    account.count(one, event.at)


def _given_to_bot(account: Account, event: e.ConversationGivenToBot) -> None:
    account.touched.add(event.agent)
    one = account.conversations.get(event.conversation)
    if one is not None:
        account.ledger(one.department).completed(event.at, one.cost)
        one.holding.discard(event.agent)
        account.count(one, event.at)


def _moved(account: Account, event: e.ConversationMoved) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None:
        one.department, one.pool = event.department, None
        account.count(one, event.at)


def _closed(account: Account, event: e.ConversationClosed) -> None:
    one = account.conversations.get(event.conversation)
    if event.agent is not None:
        account.touched.add(event.agent)
    if one is None:
        return
    ledger = account.ledger(one.department)
    if one.in_line and not one.left:
        ledger.leaving.happened(event.at)
        ledger.absences += one.away
    if event.agent is None or event.wrap_up_until is None:
        if event.agent is not None:
            ledger.completed(event.at, one.cost)
        account.forget(one, event.at)
    else:
        one.in_line = False
        account.count(one, event.at)


def _wrap_up_ended(account: Account, event: e.WrapUpEnded) -> None:
    account.touched.add(event.agent)
    one = account.conversations.get(event.conversation)
    if one is not None:
        account.ledger(one.department).completed(event.at, one.cost)
        account.forget(one, event.at)


def _visitor_connected(account: Account, event: e.VisitorConnected) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None and one.away:
        one.away = False
        if one.in_line:
            ledger = account.ledger(one.department)
            ledger.returns += 1
            ledger.absences += 1
        account.count(one, event.at)


def _visitor_disconnected(account: Account, event: e.VisitorDisconnected) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None:
        one.away = True
        account.count(one, event.at)


def _widened(account: Account, event: e.ConversationWidened) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None:
        one.step, one.pool = event.step, None


def _quarantined(account: Account, event: e.Quarantined) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None:
        one.quarantined_until = event.until


def _quarantine_ended(account: Account, event: e.QuarantineEnded) -> None:
    one = account.conversations.get(event.conversation)
    if one is not None:
        one.quarantined_until = None


def _of_agent(
    account: Account, event: e.StatusChanged | e.AgentConnected | e.AgentDisconnected | e.AgentDeaf | e.AgentGone
) -> None:
    account.touched.add(event.agent)


def _configured(account: Account, event: e.Configured) -> None:  # noqa: ARG001 - one signature
    account.outdated = True


_FOLDS: dict[type[e.Event], Callable[[Account, Any], None]] = {
    e.Configured: _configured,
    e.ConversationStarted: _started,
    e.OfferMade: _offer_made,
    e.OfferEnded: _offer_ended,
    e.ConversationAssigned: _assigned,
    e.ConversationReturned: _returned,
    e.ConversationHandedOver: _handed_over,
    e.ConversationGivenToBot: _given_to_bot,
    e.ConversationMoved: _moved,
    e.ConversationClosed: _closed,
    e.WrapUpEnded: _wrap_up_ended,
    e.ConversationWidened: _widened,
    e.VisitorConnected: _visitor_connected,
    e.VisitorDisconnected: _visitor_disconnected,
    e.Quarantined: _quarantined,
    e.QuarantineEnded: _quarantine_ended,
    e.StatusChanged: _of_agent,
    e.AgentConnected: _of_agent,
    e.AgentDisconnected: _of_agent,
    e.AgentDeaf: _of_agent,
    e.AgentGone: _of_agent,
}
