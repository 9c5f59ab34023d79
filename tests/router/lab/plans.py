"""Plans for the lab's tests: small teams, short days."""

from __future__ import annotations

from typing import Any

from router import commands as c
from router import events as e
from router import invariants
from router.lab.plan import Arrivals, Kind, Plan, Service
from router.lab.run import Lab, no_clock, no_progress
from router.lab.tally import Tally
from router.model import AgentSettings, DepartmentId, Member, Method
from router.router import Router
from tests.router.building import agent, department, workspace

MINUTE_MS = 60_000
SUPPORT = DepartmentId("support")


def plan(  # the knobs the tests turn
    *,
    method: Method = Method.AVERAGE_UTILIZATION,
    agents: int = 3,
    slots: int = 2,
    rate_per_min: float = 1.0,
    mean_ms: float = 5 * MINUTE_MS,
    conversations: int = 400,
    seed: int = 1,
    patience_ms: float | None = None,
    **settings: Any,
) -> Plan:
    """Equal agents in one department."""
    support = department("support", method=method, idle_ms=0, **settings)
    return Plan(
        settings=workspace(support, *team(agents, slots), confirm_ms=0),
        seed=seed,
        conversations=conversations,
        arrivals=Arrivals(pieces=((0.0, rate_per_min / MINUTE_MS),)),
        service=Service(mean_ms=mean_ms),
        kinds=(Kind(name="all", department=SUPPORT),),
        patience_ms=patience_ms,
    )


def team(agents: int, slots: int) -> list[AgentSettings]:
    """Their priorities are 1, 2, 3 and so on."""
    return [
        agent(f"a{number}", Member(department=SUPPORT, priority=number), max_slots=slots)
        for number in range(1, agents + 1)
    ]


def waits_of(tally: Tally) -> list[int]:
    return list(tally.waits)


class Seen:
    """Everything that happened; `checked`: the router's invariants hold after every step."""

    def __init__(self, router: Router, *, checked: bool = False) -> None:
        self.router = router
        self.checked = checked
        self.events: list[e.Event] = []
        self.told: list[tuple[int, int, bool]] = []

    def arriving(self, number: int, command: c.StartConversation, now: int) -> None:
        pass

    def happened(self, events: tuple[e.Event, ...]) -> None:
        self.events.extend(events)
        if self.checked:
            invariants.check(self.router)

    def settled(self, now: int) -> None:
        pass

    def waited(self, number: int, wait_ms: int, *, served: bool) -> None:
        self.told.append((number, wait_ms, served))


def seen_run(what: Plan, *, checked: bool = False) -> tuple[Tally, Seen]:
    """Let it happen and keep everything."""
    lab = Lab(what, no_clock, no_progress)
    seen = Seen(lab.router, checked=checked)
    lab.watchers.append(seen)
    return lab.run(), seen
