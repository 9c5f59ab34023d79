"""Who can serve which pool, and how fast: agents with equal possibilities are one group."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from router.estimate.follow import Account
from router.estimate.followed import PoolKey
from router.model import AgentId, AgentSettings, DepartmentId, Status, WorkspaceSettings
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

    def refresh(self) -> None:
        settings = self._router.settings
        if settings is not self.settings:
            self.settings = settings
            self._eligible.clear()
            self._desks.clear()
            self._account.touched.update(settings.agents)
        for agent in self._account.touched:
            self._desks[agent] = self._read(agent)
        self._account.touched.clear()

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
        if held:
            return sum(paces[department] * slots for department, slots in held) / sum(slots for _, slots in held)
        own = [paces[member.department] for member in self.settings.agents[agent].members if member.department in paces]
        return sum(own) / len(own) if own else max(paces.values())

    def groups(self, pools: Sequence[PoolKey], paces: Mapping[DepartmentId, float]) -> list[Group]:
        """Of these pools; a pool that nobody serves is in none."""
        open_to: dict[AgentId, list[int]] = {}
        for number, pool in enumerate(pools):
            for agent in self.eligible(pool):
                open_to.setdefault(agent, []).append(number)
        merged: dict[tuple[int, ...], Group] = {}
        for agent, numbers in open_to.items():
            desk = self.desk(agent)
            if desk.serving and desk.slots:
                pace = self.pace(agent, paces)
                free = desk.free
                for among, slots in self._layers(agent, desk, numbers, pools):
                    _merge(merged, Group(among, pace * slots, min(free, slots), int(free > 0)))
                    free -= min(free, slots)
        return list(merged.values())

    def _layers(
        self, agent: AgentId, desk: Desk, numbers: list[int], pools: Sequence[PoolKey]
    ) -> Iterable[tuple[tuple[int, ...], int]]:
        """The agent's slots by what they may be used for: a member's cap keeps the rest from that department."""
        caps = {member.department: member.max_slots for member in self.settings.agents[agent].members}
        reach = {number: caps.get(pools[number][0], 0) or desk.slots for number in numbers}
        done = 0
        for upto in sorted({min(slots, desk.slots) for slots in reach.values()}):
            yield tuple(number for number in numbers if reach[number] >= upto), upto - done
            done = upto


def _merge(merged: dict[tuple[int, ...], Group], more: Group) -> None:
    known = merged.get(more.pools)
    if known is not None:
        more = Group(more.pools, known.rate + more.rate, known.free + more.free, known.ringers + more.ringers)
    merged[more.pools] = more
