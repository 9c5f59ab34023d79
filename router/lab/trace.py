"""Recorded traffic: what came when, asked for what, and took how long, without a word that was said.

A recorder folds the router's events, in the order they happened, into `Recorded` rows; a plan made of them lets the
same traffic meet other settings. With the same settings, and agents who were there all the time, the waits are the
recorded ones.

Left out on purpose: who it was, what was written, and what agents did beyond accepting and closing. A conversation that
was handed on counts as one, from the first acceptance to the close. What a bot has is no traffic: it begins when the
bot hands it over, with the seniority of the time spent there, and ends when an agent gives it to a bot.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from router import events as e
from router.model import AgentId, ConversationId, DepartmentId, Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One conversation that is over, as far as its traffic goes. Times in milliseconds.

    `waited_ms`: until accepted, or until it left (`left`). `accept_ms`: how long the accepted offer rang, or a ring had
    gone unanswered when the visitor left (None: it did not ring). `service_ms`: from acceptance to close, `wrap_up_ms`:
    from the close until the slot was free.
    """

    conversation: ConversationId
    at: int
    department: DepartmentId
    head_start_ms: int
    cost: int
    needs: Needs
    waited_ms: int
    left: bool
    accept_ms: int | None = None
    service_ms: int | None = None
    wrap_up_ms: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class _Open:
    started: e.ConversationStarted
    rang_at: dict[AgentId, int]
    accepted_at: int | None = None
    accept_ms: int | None = None
    unanswered: tuple[int, int] = (0, 0)  # when a ring ended that nobody had answered, and how long it had rung
    closed_at: int | None = None


class Recorder:
    """A fold over events; ask for `over` now and then."""

    def __init__(self) -> None:
        self._open: dict[ConversationId, _Open] = {}
        self._with_bots: dict[ConversationId, e.ConversationStarted] = {}
        self._over: list[Recorded] = []

    def over(self) -> Iterator[Recorded]:
        """The rows that are complete since the last time, in the order of their ends."""
        rows, self._over = self._over, []
        yield from rows

    def happened(self, event: e.Event) -> None:
        """The next event."""
        self._follow_bots(event)
        match event:
            case e.ConversationStarted():
                if event.bot is None and not event.left:
                    self._open[event.conversation] = _Open(started=event, rang_at={})
            case e.OfferMade():
                if (known := self._open.get(event.offer.conversation)) is not None:
                    known.rang_at[event.offer.agent] = event.at
            case e.OfferEnded():
                if (known := self._open.get(event.conversation)) is not None and event.agent in known.rang_at:
                    known.unanswered = (event.at, event.at - known.rang_at[event.agent])
            case e.ConversationAssigned():
                self._assigned(event)
            case e.ConversationClosed():
                self._closed(event)
            case e.WrapUpEnded():
                self._finished(event.conversation, event.at)
            case _:
                pass

    def _follow_bots(self, event: e.Event) -> None:
        """What comes from a bot begins there, what goes to one ends."""
        match event:
            case e.ConversationStarted() if event.bot is not None:
                self._with_bots[event.conversation] = event
            case e.ConversationGivenToBot():
                if (known := self._open.get(event.conversation)) is not None:
                    self._with_bots[event.conversation] = known.started
                    known.closed_at = event.at
                    self._finished(event.conversation, event.at)
            case e.ConversationHandedOver():
                if (began := self._with_bots.pop(event.conversation, None)) is not None:
                    self._open[event.conversation] = _Open(started=_handed_over(began, event), rang_at={})
            case e.ConversationAssigned():  # picked from a bot: it came at that moment and did not wait
                if (began := self._with_bots.pop(event.conversation, None)) is not None:
                    self._open[event.conversation] = _Open(started=replace(began, at=event.at), rang_at={})
            case e.ConversationClosed():
                self._with_bots.pop(event.conversation, None)
            case _:
                pass

    def _assigned(self, event: e.ConversationAssigned) -> None:
        known = self._open.get(event.conversation)
        if known is not None and known.accepted_at is None:
            known.accepted_at = event.at
            known.accept_ms = event.at - known.rang_at.get(event.agent, event.at)

    def _closed(self, event: e.ConversationClosed) -> None:
        known = self._open.get(event.conversation)
        if known is None:
            return
        known.closed_at = event.at
        if known.accepted_at is None and known.unanswered[0] == event.at:
            known.accept_ms = known.unanswered[1]
        if event.agent is None or event.wrap_up_until is None:
            self._finished(event.conversation, event.at)

    def _finished(self, conversation: ConversationId, at: int) -> None:
        known = self._open.pop(conversation, None)
        if known is None or known.closed_at is None:
            return
        started, accepted_at = known.started, known.accepted_at
        left = accepted_at is None
        self._over.append(
            Recorded(
                conversation=conversation,
                at=started.at,
                department=started.asked or started.department,
                head_start_ms=started.head_start_ms,
                cost=started.cost,
                needs=started.needs,
                waited_ms=(known.closed_at if accepted_at is None else accepted_at) - started.at,
                left=left,
                accept_ms=known.accept_ms,
                service_ms=None if accepted_at is None else known.closed_at - accepted_at,
                wrap_up_ms=0 if left else at - known.closed_at,
            )
        )


def _handed_over(began: e.ConversationStarted, event: e.ConversationHandedOver) -> e.ConversationStarted:
    """As if it started now, with the seniority that its key has. In a strict line a head start is a rank, no age."""
    aged = event.key_at == began.at - began.head_start_ms
    return replace(
        began,
        at=event.at,
        department=event.department,
        asked=event.instead_of,
        head_start_ms=event.at - event.key_at if aged else began.head_start_ms,
    )
