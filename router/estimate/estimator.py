"""The estimate of waits for one router (DESIGN §5.8).

Theory
======

Not the past of the waits but the present of the line: who is ahead by the real key, which slots can serve them, and how
fast slots come free. Only slow things are learned (`learned`), so a load that swings needs no catching up.

1. Conversations in line are put into *pools* of equal eligible agents, agents into *groups* of equal pools (`staff`).
   Pools connected by a shared agent are looked at together, in one order.
2. Slots that are free now go to the first in that order; they wait for a ring only.
3. The others wait for departures. One group that serves all of the pools, and nobody who could jump the line: `stages`,
   exact under exponential times. Otherwise `rehearsal`.
4. A ring lies between slot and acceptance; its mean and variance are added.
5. The .5 and .8 quantiles of a gamma distribution with these moments are told as a range (`wait`).

A slot's departures come from what it holds: the completions per occupied slot-second of those departments, wrap-ups and
rings counted as occupied. Agents who are away, drain (`busy`) or do not answer rings serve nobody.
"""

from collections.abc import Iterable

from router.commands import StartConversation
from router.estimate.follow import Account
from router.estimate.followed import Followed
from router.estimate.learned import Learned
from router.estimate.lineup import Lineup
from router.estimate.staff import Staff
from router.estimate.wait import Wait
from router.events import Event
from router.model import ConversationId, Order, Reservation
from router.order import key_at
from router.router import Router


class Estimator:
    """Follows a router and says how long everybody will wait. Reads the router, changes nothing in it."""

    def __init__(self, router: Router, *, learned: Learned | None = None, seed: int = 0) -> None:
        self._router = router
        self._seed = seed
        self._account = Account(learned, router.now)
        self._account.read(router.snapshot())
        self._staff = Staff(router, self._account)

    def follow(self, events: Iterable[Event]) -> None:
        """Every event of the router, in its order, once."""
        for event in events:
            self._account.follow(event)
        if self._account.outdated:
            self._account.read(self._router.snapshot())

    def learned(self) -> Learned:
        """What was learned up to the last event, to be stored and given to the next one."""
        account = self._account
        for ledger in account.ledgers.values():
            ledger.advance(account.at)
        return Learned(at=account.at, departments=tuple(one.learned() for one in account.ledgers.values()))

    def prepare(self, most: int) -> bool:
        """Do a part of the next look: up to so many desks that have changed. True when there is more to do."""
        return self._staff.refresh(most)

    def waits(self, now: int) -> dict[ConversationId, Wait]:
        """Of everybody in line whom somebody serves. Who is missing has no number: say that nobody is there."""
        return self._lineup(now).waits(sorted(self._account.line.values(), key=_order))

    def wait_of(self, conversation: ConversationId, now: int) -> Wait | None:
        """Of one in line; None when it is not in line, or nobody serves it."""
        one = self._account.line.get(conversation)
        return None if one is None else self._alone(one, now)

    def wait_on_entry(self, command: StartConversation, now: int) -> Wait | None:
        """Of whoever would enter now; None when nobody serves them, nobody could, or it goes to a bot. Nothing is
        changed.
        """
        department = self._router.settings.departments.get(command.department)
        if department is None:  # gone by settings that came just before; the router refuses it
            return None
        if self._router.bot_for(command) is not None:
            return None
        one = Followed(
            command.conversation,
            command.department,
            key_at=key_at(department, since_at=now, head_start_ms=command.head_start_ms),
            arrival=1 << 62,
            cost=command.cost,
        )
        one.entered_at, one.needs = now, command.needs
        if command.reserve_for:
            one.reservation = Reservation(agents=command.reserve_for, until=now + command.reserve_ms)
        return self._alone(one, now)

    def _alone(self, one: Followed, now: int) -> Wait | None:
        order = one.order
        ahead = sorted((each for each in self._account.line.values() if each.order < order), key=_order)
        return self._lineup(now).waits([*ahead, one], only=one).get(one.id)

    def _lineup(self, now: int) -> Lineup:
        self._staff.refresh()
        return Lineup(self._account, self._staff, max(now, self._account.at), self._seed)


def _order(one: Followed) -> Order:
    return one.order
