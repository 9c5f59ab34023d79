"""Counting while a simulation runs: what each conversation met, what each agent carried, who was passed over.

Everything is an integral or a count, kept up to date by differences, so that counting costs the same with ten agents
and with ten thousand. At the ends of equal batches of conversations the integrals are noted: what differs between
batches says how far a figure can be trusted.
"""

from array import array
from dataclasses import dataclass, field

from router.lab.plan import Plan
from router.model import AgentId, AgentSettings, DepartmentId

BATCHES = 32
_LEAST_BATCH = 30  # conversations; with fewer, an error of a batch means nothing

# What became of a conversation.
OPEN, SERVED, LEFT, REFUSED = 0, 1, 2, 3


class Desk:
    """One agent, as counted."""

    __slots__ = ("area", "assigned", "capacity", "on", "open", "settings", "since", "skips", "used")

    def __init__(self, settings: AgentSettings) -> None:
        self.settings = settings
        self.used = self.assigned = self.since = 0
        self.area = self.capacity = 0  # slots used, slots there: each times milliseconds
        self.on = self.open = False
        # By department: (passed over before, the department's count when they came to be free).
        self.skips: dict[DepartmentId, list[int]] = {member.department: [0, 0] for member in settings.members}

    def bring_up(self, now: int) -> None:
        """Count up to now."""
        passed = now - self.since
        if passed:
            used = self.used
            self.area += used * passed
            self.capacity += (self.settings.max_slots if self.on else used) * passed
            self.since = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The counts at the end of a batch."""

    areas: dict[AgentId, tuple[int, int, int]]  # area, capacity, assigned


@dataclass(slots=True, kw_only=True, eq=False)
class Tally:
    """All counts of one run. The arrays go by the number of the conversation."""

    plan: Plan
    desks: dict[AgentId, Desk]
    waits: "array[int]"
    ends: "array[int]"
    kinds: "array[int]"
    marks: list[Mark] = field(default_factory=list)
    turns: dict[DepartmentId, int] = field(default_factory=dict)
    longest_skip: int = 0
    offers: int = 0
    assignments: int = 0
    commands: int = 0
    router_s: float = 0.0  # in the router, by a sample of its steps
    wall_s: float = 0.0
    cpu_s: float = 0.0
    came: int = 0
    lasted_ms: int = 0

    @classmethod
    def of(cls, plan: Plan) -> "Tally":
        count = plan.conversations
        return cls(
            plan=plan,
            desks={agent: Desk(settings) for agent, settings in plan.settings.agents.items()},
            waits=array("q", bytes(8 * count)),
            ends=array("b", bytes(count)),
            kinds=array("i", bytes(4 * count)),
            turns=dict.fromkeys(plan.settings.departments, 0),
        )

    # Agents.

    def available(self, agent: AgentId, now: int, *, on: bool) -> None:
        desk = self.desks[agent]
        desk.bring_up(now)
        desk.on = on
        self._open_or_not(desk)

    def took(self, agent: AgentId, department: DepartmentId, cost: int, now: int, *, special: bool) -> None:
        """An assignment. `special`: of a conversation that not every member could have taken, so nobody was skipped."""
        desk = self.desks[agent]
        desk.bring_up(now)
        desk.used += cost
        desk.assigned += 1
        self.assignments += 1
        turns = self.turns
        skips = desk.skips.get(department)
        if skips is not None:
            count = turns[department]
            passed_over = skips[0] + count - skips[1]
            self.longest_skip = max(self.longest_skip, passed_over)
            turns[department] = count = count if special else count + 1
            skips[0], skips[1] = 0, count
        if desk.used >= desk.settings.max_slots:
            self._open_or_not(desk)

    def freed(self, agent: AgentId, cost: int, now: int) -> None:
        desk = self.desks[agent]
        desk.bring_up(now)
        desk.used -= cost
        if not desk.open:
            self._open_or_not(desk)

    def _open_or_not(self, desk: Desk) -> None:
        is_open = desk.on and desk.used < desk.settings.max_slots
        if is_open is desk.open:
            return
        desk.open = is_open
        for department, skips in desk.skips.items():
            count = self.turns[department]
            if is_open:
                skips[1] = count
            else:
                skips[0] += count - skips[1]

    # Time.

    def mark(self, now: int) -> None:
        """The end of a batch (or of the warm-up)."""
        if not self.marks:
            self._forget_skips()
        for desk in self.desks.values():
            desk.bring_up(now)
        self.marks.append(
            Mark(areas={agent: (desk.area, desk.capacity, desk.assigned) for agent, desk in self.desks.items()})
        )

    def _forget_skips(self) -> None:
        self.longest_skip = 0
        for desk in self.desks.values():
            for department, skips in desk.skips.items():
                skips[0], skips[1] = 0, self.turns[department]

    def finish(self) -> None:
        """Those still being passed over count with what they have seen so far."""
        for desk in self.desks.values():
            for department, (before, since) in desk.skips.items():
                skipped = before + (self.turns[department] - since if desk.open else 0)
                self.longest_skip = max(self.longest_skip, skipped)


def batch_bounds(plan: Plan) -> list[int]:
    """The numbers of the conversations at which batches begin, and the end; what was warm-up is in none."""
    counted = plan.conversations - plan.warm_up
    batches = max(1, min(BATCHES, counted // _LEAST_BATCH))
    return [plan.warm_up + counted * number // batches for number in range(batches + 1)]
