"""A conversation at run time: where it stands, who was asked, who refused."""

from dataclasses import dataclass, field
from enum import Enum

from router.line import Pool
from router.model import (
    NO_NEEDS,
    AgentId,
    ConversationId,
    ConversationState,
    DepartmentId,
    Needs,
    Offer,
    OfferId,
    Order,
    Promise,
    Refusal,
    Reservation,
    Said,
    VisitorId,
)


class Shelf(Enum):
    """How a conversation stands in its pool: for any eligible agent, for those of its reservation, for nobody now."""

    READY = 1
    RESERVED = 2
    HELD = 3


IN_LINE = frozenset({ConversationState.WAITING, ConversationState.OFFERED})


@dataclass(slots=True, kw_only=True, eq=False)
class Conversation:
    """A conversation at run time.

    `waited_ms`: before this line entry. `previous` lost it and comes first, `sender` gave it to this line and comes
    last. `since_at`: from when it counts as waiting (`router.order`). `returned`: this line entry began because its
    agent was lost. `said`: the wait messages of this line entry by the name of their rule, `told_at` when the last of
    all was, `told_place` the place that was told last, at first the one it entered with. `unconfirmed`,
    `unconfirmed_at`: the offer by which it was assigned automatically, and when, until the console confirms it.
    `widening_step`: how many of the department's steps have come. `left`: a message left by a visitor who went.
    """

    id: ConversationId
    visitor: VisitorId
    department: DepartmentId
    arrival: int
    key_at: int
    entered_line_at: int
    head_start_ms: int
    cost: int
    state: ConversationState = ConversationState.WAITING
    waited_ms: int = 0
    line_entry: int = 1
    owner: AgentId | None = None
    previous: AgentId | None = None
    sender: AgentId | None = None
    assign_no: int = 0
    offer_no: int = 0
    offers: dict[AgentId, Offer] = field(default_factory=dict)
    refusals: dict[AgentId, Refusal] = field(default_factory=dict)
    awaiting_reply: bool = True
    quiet_since: int = 0
    asked_at: int | None = None
    visitor_left_at: int | None = None
    quarantined_until: int | None = None
    said: dict[str, Said] = field(default_factory=dict)
    unconfirmed: OfferId | None = None
    unconfirmed_at: int | None = None
    needs: Needs = NO_NEEDS
    widening_step: int = 0
    reservation: Reservation | None = None
    promise: Promise | None = None
    told_at: int | None = None
    told_place: int | None = None
    rules: tuple[str, ...] = ()
    left: bool = False
    since_at: int = 0
    returned: bool = False
    # Where it stands in the indexes: pool, how, under which order. Kept by `State.shelve`.
    shelf: tuple[Pool, Shelf, Order] | None = None

    @property
    def order(self) -> Order:
        return (self.key_at, self.arrival, self.id)

    @property
    def in_line(self) -> bool:
        return self.state in IN_LINE

    @property
    def ready(self) -> bool:
        """In line, and may be proposed to somebody."""
        return self.shelf is not None and self.shelf[1] is not Shelf.HELD

    @property
    def directed_offer(self) -> Offer | None:
        """The one pending offer that is not soft, if any (a transfer's included)."""
        for offer in self.offers.values():
            return None if offer.soft else offer
        return None
