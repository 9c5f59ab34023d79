"""A conversation at run time: where it stands, who was asked, who refused."""

from enum import Enum
from typing import Final

from router.compiling import mypyc_attr
from router.line import Pool
from router.model import (
    NO_NEEDS,
    AgentId,
    BotId,
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


_WAITING: Final = ConversationState.WAITING
_OFFERED: Final = ConversationState.OFFERED
_HELD: Final = Shelf.HELD


@mypyc_attr(acyclic=True)
class Conversation:
    """A conversation at run time.

    `waited_ms`: before this line entry. `previous` lost it and comes first, `sender` gave it to this line and comes
    last. `since_at`: from when it counts as waiting (`router.order`). `returned`: this line entry began because its
    agent was lost. `said`: the wait messages of this line entry, by the name of their rule, `told_at` when the last of
    all was, `told_place` the place that was told last, at first the one it entered with. `unconfirmed`,
    `unconfirmed_at`: the offer by which it was assigned automatically, and when, until the console confirms it.
    `widening_step`: how many of the department's steps have come. `left`: a message left by a visitor who went.
    `order`: its place in the one order of the workspace, by its key.

    `bot`: who has it or had it last; while it does (state `bot`), `entered_line_at` is since when, `bot_asked_at` since
    when it owes an answer, `bot_until` until when it may give it. `trial`: a try-out of the bot, never for people.

    For the indexes, kept by `State.shelve`: `pool`, in which it stands, `shelf`, how, and `placed`, under which order.
    """

    __slots__ = (
        "arrival",
        "asked_at",
        "assign_no",
        "awaiting_reply",
        "bot",
        "bot_asked_at",
        "bot_until",
        "cost",
        "department",
        "entered_line_at",
        "head_start_ms",
        "id",
        "key_at",
        "left",
        "line_entry",
        "needs",
        "offer_no",
        "offers",
        "order",
        "owner",
        "placed",
        "pool",
        "previous",
        "promise",
        "quarantined_until",
        "quiet_since",
        "refusals",
        "reservation",
        "returned",
        "rules",
        "said",
        "sender",
        "shelf",
        "since_at",
        "started_at",
        "state",
        "told_at",
        "told_place",
        "trial",
        "unconfirmed",
        "unconfirmed_at",
        "visitor",
        "visitor_left_at",
        "waited_ms",
        "widening_step",
    )

    def __init__(  # noqa: PLR0913 - what is known when it begins
        self,
        conversation: ConversationId,
        *,
        visitor: VisitorId,
        department: DepartmentId,
        arrival: int,
        key_at: int,
        head_start_ms: int,
        cost: int,
        needs: Needs = NO_NEEDS,
        rules: tuple[str, ...] = (),
        left: bool = False,
        trial: bool = False,
    ) -> None:
        self.id = conversation
        self.visitor = visitor
        self.department = department
        self.arrival = arrival
        self.head_start_ms = head_start_ms
        self.cost = cost
        self.needs = needs
        self.rules = rules
        self.left = left
        self.trial = trial
        self.key_at = key_at
        self.order = Order((key_at, arrival, conversation))
        self.state: ConversationState = _WAITING
        self.entered_line_at = self.since_at = self.started_at = self.quiet_since = self.waited_ms = 0
        self.line_entry = 1
        self.assign_no = self.offer_no = self.widening_step = 0
        self.awaiting_reply = True
        self.returned = False
        self.owner: AgentId | None = None
        self.bot: BotId | None = None
        self.bot_asked_at: int | None = None
        self.bot_until: int | None = None
        self.previous: AgentId | None = None
        self.sender: AgentId | None = None
        self.offers: dict[AgentId, Offer] = {}
        self.refusals: dict[AgentId, Refusal] = {}
        self.said: tuple[Said, ...] = ()
        self.asked_at: int | None = None
        self.visitor_left_at: int | None = None
        self.quarantined_until: int | None = None
        self.told_at: int | None = None
        self.told_place: int | None = None
        self.unconfirmed: OfferId | None = None
        self.unconfirmed_at: int | None = None
        self.reservation: Reservation | None = None
        self.promise: Promise | None = None
        self.pool: Pool | None = None
        self.shelf: Shelf = _HELD
        self.placed: Order | None = None

    def rekey(self, key_at: int) -> None:
        """Another key, and the order that follows from it."""
        self.key_at = key_at
        self.order = Order((key_at, self.arrival, self.id))

    @property
    def in_line(self) -> bool:
        return self.state is _WAITING or self.state is _OFFERED

    @property
    def ready(self) -> bool:
        """In line, and may be proposed to somebody."""
        return self.pool is not None and self.shelf is not _HELD

    def said_of(self, rule: str) -> Said | None:
        """What was said in this line entry by the rule of this name."""
        return next((said for said in self.said if said.rule == rule), None)

    @property
    def directed_offer(self) -> Offer | None:
        """The one pending offer that is not soft, if any (a transfer's included)."""
        for offer in self.offers.values():
            return None if offer.soft else offer
        return None
