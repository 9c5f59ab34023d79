"""Who can serve which pool, and how fast: agents with equal possibilities are one group."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from router.estimate.follow import Account
from router.estimate.followed import PoolKey
from router.model import AgentId, AgentSettings, DepartmentId, Member, Status, WorkspaceSettings
from router.needs import meets
from router.router import Router


class Desk(NamedTuple):
    """An agent as far as slots go. `free`: usable at once; `held`: slots taken, by department."""

    serving: bool
    slots: int
    free: int
    held: tuple[tuple[DepartmentId, int], ...]


class Group(NamedTuple):
    """Slots that serve the same pools: `rate` departures a millisecond when all are taken; `free` now, at `ringers`."""

    pools: tuple[int, ...]
    rate: float
    free: int
    ringers: int


_NOBODY = Desk(serving=False, slots=0, free=0, held=())


def eligible(settings: WorkspaceSettings, pool: PoolKey) -> tuple[AgentId, ...]:
    """Members and those whom widening added, with the required skills (DESIGN §5.1 a, e)."""
    department, opening = pool
    open_to = {department, *opening.departments}
    return tuple(
        agent.id
        for agent in settings.agents.values()
        if (opening.any_agent or _is_member(agent, open_to)) and meets(agent.skills, opening.require)
    )


def _is_member(agent: AgentSettings, departments: set[DepartmentId]) -> bool:
    return any(member.department in departments for member in agent.members)


class Staff:
    """The desks, read anew when their agent was touched, and who is eligible under the present settings."""

    def __init__(self, router: Router, account: Account) -> None:
        self._router = router
        self._account = account
        self.settings = router.settings
        self._desks: dict[AgentId, Desk] = {}
        self._eligible: dict[PoolKey, tuple[AgentId, ...]] = {}
        self._reach: tuple[tuple[PoolKey, ...], Collection[tuple[AgentId, tuple[int, ...]]]] = ((), ())
        self._makeup = _makeup(self.settings)

    def refresh(self, most: int | None = None) -> bool:
        """Read what was touched; with `most`, no more desks than that. True when some are left for another call."""
        settings = self._router.settings
        if settings is not self.settings:
            self.settings = settings
            self._eligible.clear()
            self._reach = ((), ())
            self._makeup = _makeup(settings)
            self._desks.clear()
            self._account.touched.update(settings.agents)
        touched = self._account.touched
        for _ in range(len(touched) if most is None else min(most, len(touched))):
            agent = touched.pop()
            self._desks[agent] = self._read(agent)
        return bool(touched)

    def _read(self, agent: AgentId) -> Desk:
        record = self._router.agent(agent)
        if record is None:
            return _NOBODY
        held: dict[DepartmentId, int] = {}
        for hold in record.holds:
            one = self._account.conversations.get(hold.conversation)
            if one is not None:
                held[one.department] = held.get(one.department, 0) + hold.cost
        slots = self.settings.agents[agent].max_slots
        serving = record.status is Status.AVAILABLE and record.present and not record.deaf
        free = max(slots - record.used, 0) if record.connected else 0
        return Desk(serving=serving, slots=slots, free=free, held=tuple(held.items()))

    def desk(self, agent: AgentId) -> Desk:
        return self._desks.get(agent, _NOBODY)

    def eligible(self, pool: PoolKey) -> tuple[AgentId, ...]:
        found = self._eligible.get(pool)
        if found is None:
            if len(self._eligible) > 512:
                self._eligible.clear()
            found = self._eligible[pool] = eligible(self.settings, pool)
        return found

    def served(self, pool: PoolKey) -> bool:
        """Somebody eligible is present and available, with slots of their own."""
        return any(desk.serving and desk.slots for desk in map(self.desk, self.eligible(pool)))

    def pace(self, agent: AgentId, paces: Mapping[DepartmentId, float]) -> float:
        """Departures each millisecond of one slot of this agent, by what the agent has now or could have."""
        # What is wrapped up may be of a department that is no more.
        held = [(department, slots) for department, slots in self.desk(agent).held if department in paces]
        if len(held) == 1:
            return paces[held[0][0]]
        if held:
            return sum(paces[department] * slots for department, slots in held) / sum(slots for _, slots in held)
        own = [paces[member.department] for member in self.settings.agents[agent].members if member.department in paces]
        return sum(own) / len(own) if own else max(paces.values())

    def groups(self, pools: Sequence[PoolKey], paces: Mapping[DepartmentId, float]) -> list[Group]:
        """Of these pools; a pool that nobody serves is in none. Agents who are alike are counted, not looked at."""
        alike: dict[tuple[tuple[int, ...], Desk, int], list[AgentId]] = {}
        desks = self._desks
        for agent, numbers in self._open_to(pools):
            desk = desks.get(agent, _NOBODY)
            if desk.serving and desk.slots:
                alike.setdefault((numbers, desk, self._makeup[agent]), []).append(agent)
        merged: dict[tuple[int, ...], Group] = {}
        for (numbers, desk, _), agents in alike.items():
            count = len(agents)
            pace = self.pace(agents[0], paces) * count
            free = desk.free
            for among, slots in self._layers(agents[0], desk, numbers, pools):
                usable = min(free, slots)
                _merge(merged, Group(among, pace * slots, usable * count, count if free > 0 else 0))
                free -= usable
        return list(merged.values())

    def _open_to(self, pools: Sequence[PoolKey]) -> Collection[tuple[AgentId, tuple[int, ...]]]:
        """Who may serve which of these pools. Remembered, as the next look most often is at the same ones."""
        key = tuple(pools)
        if self._reach[0] != key:
            open_to: dict[AgentId, list[int]] = {}
            for number, pool in enumerate(pools):
                for agent in self.eligible(pool):
                    open_to.setdefault(agent, []).append(number)
            self._reach = key, [(agent, tuple(numbers)) for agent, numbers in open_to.items()]
        return self._reach[1]

    def _layers(
        self, agent: AgentId, desk: Desk, numbers: tuple[int, ...], pools: Sequence[PoolKey]
    ) -> Iterable[tuple[tuple[int, ...], int]]:
        """The agent's slots by what they may be used for: a member's cap keeps the rest from that department."""
        caps = {each.department: each.max_slots for each in self.settings.agents[agent].members if each.max_slots}
        if not caps:
            yield numbers, desk.slots
            return
        reach = {number: caps.get(pools[number][0], 0) or desk.slots for number in numbers}
        done = 0
        for upto in sorted({min(slots, desk.slots) for slots in reach.values()}):
            yield tuple(number for number in numbers if reach[number] >= upto), upto - done
            done = upto


def _makeup(settings: WorkspaceSettings) -> dict[AgentId, int]:
    """A number for each way of being a member: those with the same one are alike."""
    numbers: dict[tuple[Member, ...], int] = {}
    return {agent.id: numbers.setdefault(agent.members, len(numbers)) for agent in settings.agents.values()}


def _merge(merged: dict[tuple[int, ...], Group], more: Group) -> None:
    known = merged.get(more.pools)
    if known is not None:
        more = Group(more.pools, known.rate + more.rate, known.free + more.free, known.ringers + more.ringers)
    merged[more.pools] = more
