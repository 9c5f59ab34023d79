"""One look at everybody in line and everybody who serves: from places to waits."""

from collections.abc import Mapping, Sequence
from math import log

from router.estimate.follow import Account
from router.estimate.followed import Followed, PoolKey
from router.estimate.ledger import (
    PATIENCE_PRIOR,
    PATIENCE_PRIOR_MS,
    SERVICE_PRIOR,
    SERVICE_PRIOR_MS,
    Ledger,
    own,
    shared,
)
from router.estimate.rehearsal import Scene, rehearse_line
from router.estimate.staff import Group, Staff
from router.estimate.stages import Moments, quantiles, queue_ahead
from router.estimate.wait import Wait, wait
from router.model import ConversationId, DepartmentId, Method
from router.needs import opening

# Later arrivals that go first count when they are more than this share of the departures.
_JUMPING = 0.01


class Lineup:
    """The present, for one question. All rates are events each millisecond."""

    def __init__(self, account: Account, staff: Staff, now: int, seed: int) -> None:
        self.account = account
        self.staff = staff
        self.now = now
        self.seed = seed
        self.settings = staff.settings
        ledgers = [account.ledger(department) for department in self.settings.departments]
        for ledger in ledgers:
            ledger.advance(now)
        self.ledgers: dict[DepartmentId, Ledger] = {ledger.department: ledger for ledger in ledgers}
        self.served: dict[PoolKey, bool] = {}
        self.opens_at: dict[ConversationId, int] = {}
        self.paces = self._paces()
        patience = shared([one.leaving for one in ledgers], PATIENCE_PRIOR_MS, PATIENCE_PRIOR)
        self.leaving = {one.department: own(one.leaving, patience) for one in ledgers}
        self.rings = {one.department: one.ring() for one in ledgers}

    def _paces(self) -> Mapping[DepartmentId, float]:
        """Departures of one taken slot. Under ring_all a free slot is empty until somebody answers."""
        ledgers = self.ledgers.values()
        service = shared([one.service for one in ledgers], SERVICE_PRIOR_MS, SERVICE_PRIOR)
        paces = {one.department: one.pace(service) for one in ledgers}
        for department, settings in self.settings.departments.items():
            if settings.method is Method.RING_ALL:
                paces[department] = 1.0 / (1.0 / paces[department] + self.ledgers[department].ring()[0])
        return paces

    def waits(self, line: Sequence[Followed], only: Followed | None = None) -> dict[ConversationId, Wait]:
        """`line` by key. With `only`, the last of it alone."""
        told: dict[ConversationId, Wait] = {}
        wanted = line if only is None else (only,)
        found = self._for_a_slot(line)
        for one in wanted:
            moments = found.get(one.id)
            if moments is not None and not one.left:
                told[one.id] = self._wait(one, moments)
        return told

    def _wait(self, one: Followed, moments: Moments) -> Wait:
        ring, ring_variance = self.rings[one.department]
        p50, p80 = quantiles(moments[0] + ring, moments[1] + ring_variance)
        if one.reservation is not None and one.reservation.until > self.now:
            p50, p80 = self._reserved(one, 0.5, p50), self._reserved(one, 0.8, p80)
        earliest = self._not_before(one)
        return wait(max(p50, earliest), max(p80, earliest))

    def _not_before(self, one: Followed) -> float:
        """Out of routing until then, or waiting for the widening that lets somebody serve."""
        quarantined = 0 if one.quarantined_until is None else one.quarantined_until - self.now
        return max(quarantined, self.opens_at.get(one.id, 0) - self.now, 0)

    def _reserved(self, one: Followed, share: float, otherwise: float) -> float:
        """A quantile: a slot of the reserved agents while it lasts, then that of the line."""
        assert one.reservation is not None
        named = [agent for agent in one.reservation.agents if self.staff.desk(agent).serving]
        if not named:
            return otherwise
        rate = sum(self.staff.pace(agent, self.paces) * self.staff.desk(agent).slots for agent in named)
        lasts = one.reservation.until - self.now
        if any(self.staff.desk(agent).free for agent in named):
            return self.rings[one.department][0]
        soon = -log(1.0 - share) / rate if rate else lasts
        return soon if soon < lasts else max(otherwise, lasts)

    # For a slot.

    def _for_a_slot(self, line: Sequence[Followed]) -> dict[ConversationId, Moments]:
        """Mean and variance of everybody's wait until a slot is free for them. Missing: nobody serves them."""
        found: dict[ConversationId, Moments] = {one.id: (0.0, 0.0) for one in line if one.holding}
        waiting = [one for one in line if not one.holding]
        pools = _Pools()
        numbers = [pools.number(self._pool(one)) for one in waiting]
        streams = self._streams(waiting, pools) if waiting else []
        groups = self.staff.groups(pools.keys, self.paces)
        for part in _connected(len(pools.keys), groups):
            served = [group for group in groups if group.pools[0] in part]
            if served:
                mine = [(one, number) for one, number in zip(waiting, numbers, strict=True) if number in part]
                coming = [stream for stream in streams if stream[0] in part]
                self._part(mine, served, coming, len(pools.keys), found)
        return found

    def _pool(self, one: Followed) -> PoolKey:
        """Whose eligible agents it waits for: as it stands, or as it will once somebody there serves."""
        widen = self.settings.departments[one.department].widen
        if one.pool is None:
            one.pool = (one.department, opening(one.needs, widen[: one.step]))
        if not widen[one.step :] or self._served(one.pool):
            return one.pool
        for step in range(one.step + 1, len(widen) + 1):
            wider = (one.department, opening(one.needs, widen[:step]))
            if self._served(wider):
                self.opens_at[one.id] = one.entered_at - one.waited_ms + widen[step - 1].after_ms
                return wider
        return one.pool

    def _served(self, pool: PoolKey) -> bool:
        found = self.served.get(pool)
        if found is None:
            found = self.served[pool] = self.staff.served(pool)
        return found

    def _streams(self, waiting: Sequence[Followed], pools: "_Pools") -> list[tuple[int, int, float]]:
        """Pool, head start and rate of those who may come and go before the last in line."""
        youngest = self.now - waiting[-1].key_at
        streams: list[tuple[int, int, float]] = []
        for ledger in self.ledgers.values():
            for needs, head_start, rate in ledger.arriving():
                if head_start > youngest:
                    streams.append((pools.number((ledger.department, opening(needs, ()))), head_start, rate))
        return streams

    def _part(
        self,
        mine: list[tuple[Followed, int]],
        groups: list[Group],
        streams: list[tuple[int, int, float]],
        pool_count: int,
        found: dict[ConversationId, Moments],
    ) -> None:
        """Everybody of one connected part, by key."""
        queued = self._at_once(mine, groups, found)
        if not queued:
            return
        rate = sum(group.rate for group in groups)
        leaving = sum(self.leaving[one.department] for one, _ in queued) / len(queued)
        jumping = sum(coming for _, _, coming in streams)
        there = [self._there(one) for one, _ in queued]
        if len(groups) == 1 and jumping <= _JUMPING * rate:
            weights = [one.cost * chance for (one, _), chance in zip(queued, there, strict=True)]
            moments = list(queue_ahead(weights, rate, leaving))
        else:
            scene = Scene(
                keys=[self.now - one.key_at for one, _ in queued],
                pools=[number for _, number in queued],
                costs=[one.cost for one, _ in queued],
                there=there,
                leaves=[not one.left and not one.away for one, _ in queued],
                groups=groups,
                streams=streams,
                leaving=leaving,
                pool_count=pool_count,
            )
            moments = rehearse_line(scene, seed=self.seed)
        for (one, _), each in zip(queued, moments, strict=True):
            found[one.id] = each

    def _there(self, one: Followed) -> float:
        return self.ledgers[one.department].returning() if one.away else 1.0

    def _at_once(
        self, mine: list[tuple[Followed, int]], groups: list[Group], found: dict[ConversationId, Moments]
    ) -> list[tuple[Followed, int]]:
        """The first in line take the slots that are free; who is left queues. One agent rings for one at a time."""
        free = [group.free for group in groups]
        if not any(free):
            return mine
        queued: list[tuple[Followed, int]] = []
        taken = [0] * len(groups)
        for one, number in mine:
            fitting = [each for each, group in enumerate(groups) if free[each] >= one.cost and number in group.pools]
            if not fitting:
                queued.append((one, number))
                continue
            if one.away:
                found[one.id] = (0.0, 0.0)
                continue
            each = min(fitting, key=lambda index: (len(groups[index].pools), index))
            free[each] -= one.cost
            ring, variance = self.rings[one.department]
            rounds = taken[each] // max(groups[each].ringers, 1)
            taken[each] += 1
            found[one.id] = (rounds * ring, rounds * variance)
        return queued


class _Pools:
    """Numbers for the pools that are looked at."""

    def __init__(self) -> None:
        self.keys: list[PoolKey] = []
        self._numbers: dict[PoolKey, int] = {}

    def number(self, key: PoolKey) -> int:
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.keys)
            self.keys.append(key)
        return found


def _connected(count: int, groups: Sequence[Group]) -> list[set[int]]:
    """Which pools share an agent with each other, directly or by way of others."""
    part = list(range(count))

    def root(number: int) -> int:
        while part[number] != number:
            part[number] = number = part[part[number]]
        return number

    for group in groups:
        for number in group.pools[1:]:
            part[root(number)] = root(group.pools[0])
    parts: dict[int, set[int]] = {}
    for number in range(count):
        parts.setdefault(root(number), set()).add(number)
    return list(parts.values())
