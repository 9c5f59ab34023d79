"""What a decision costs: accept and release, with nobody idle and thousands in line; and a simulated conversation.

Agents sit in three of twelve departments each and have skills; 10,000 conversations wait, a third of them asking for a
skill. One cycle is what a freed slot costs: an agent accepts the conversation that rings, and closes another one, whose
slot is offered to the next at once. Decision records are on. Beside it the same choice by a plain scan over all
agents, as the queue loops of other systems do it; both are CPU time of this process.

The simulator runs the yardstick of research (10 agents with 3 slots, load 0.9, instant accept, no promises) through the
same router with records off; beside it the same arrivals and services in a bare loop that knows servers only as the
moments they come free.

Both builds of the router are measured, one after the other, each in a process of its own: as it lies in the working
tree, and compiled (decisions 19 and 20). The compiled copy is made once for each state of the sources. The budgets are
those of the compiled build, which is what `pip install .` makes where there is a C compiler.
"""

from __future__ import annotations

import gc
import hashlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from heapq import heapify, heapreplace
from pathlib import Path

import hatch_build
from router import commands as c
from router import dispatch
from router.events import OfferMade
from router.lab.plan import Arrivals, Kind, Plan, Service
from router.lab.run import run as simulated
from router.lab.traffic import arrivals as traffic
from router.model import (
    AgentId,
    AgentSettings,
    ConversationId,
    DepartmentId,
    DepartmentSettings,
    Member,
    Method,
    OfferId,
    Status,
    VisitorId,
    WorkspaceSettings,
)
from router.needs import needs_of
from router.router import Router

SIZES = (10, 100, 1_000, 10_000)
WAITING = 10_000
_DEPARTMENTS = 12
_SKILLS = ("danish", "german", "billing", "returns", "api", "legal")
_CYCLES = 4_000
_CONVERSATIONS = 60_000
_NOW = 1_800_000_000_000
_BATCH = 100
_DAY_S = 86_400
_ROOT = Path(__file__).resolve().parent.parent
_COPIES = _ROOT / "bench" / ".compiled"

# What a decision may cost and how it may grow (compiled), and how many conversations a second are simulated at least.
_BUDGET_US, _BUDGET_GROWTH, _BUDGET_SIMULATED = 15.0, 2.0, 30_000


def run() -> None:
    """Both builds; the compiled one where it can be made."""
    _elsewhere(_ROOT)
    missing = hatch_build.what_is_missing()
    if missing is None:
        _elsewhere(compiled_copy())
    else:
        print(f"\nno compiled router to measure: {missing}")


def run_here(*, sizes: tuple[int, ...] = SIZES, cycles: int = _CYCLES) -> None:
    """The router of this process: a row for each size, the growth, what the simulator does, each by its budget."""
    build = "interpreted" if str(dispatch.__file__).endswith(".py") else "compiled"
    print(f"\nthe router, {build}" + ("" if build == "compiled" else " (the budgets are the compiled build's)"))
    _decisions(sizes, cycles)
    _simulator(_CONVERSATIONS)


def compiled_copy(*, optimised: bool = True) -> Path:
    """A folder with a compiled router/ of these sources and this Python, made when there is none: that is a minute.

    Not `optimised`: the same C, from a C compiler that spends less time on it, also none on what a debugger reads.
    """
    digest = hashlib.sha256(f"{sys.version} {optimised}".encode())
    for path in (_ROOT / "hatch_build.py", *sorted((_ROOT / "router").rglob("*.py"))):
        digest.update(path.read_bytes())
    copy = _COPIES / digest.hexdigest()[:16]
    if not copy.is_dir():
        _COPIES.mkdir(exist_ok=True)
        _forget_old_copies()
        print("\ncompiling the router, once for these sources: about a minute", flush=True)
        work = tempfile.mkdtemp(dir=_COPIES, suffix=".new")  # another process may be at it, too
        built = [sys.executable, str(_ROOT / "hatch_build.py"), "--compiled", work]
        level = {} if optimised else {"MYPYC_OPT_LEVEL": "0", "MYPYC_DEBUG_LEVEL": "0"}
        subprocess.run(built, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **level})
        with suppress(OSError):  # the other one was first
            Path(work).rename(copy)
    return copy


def _forget_old_copies() -> None:
    """Of other sources. Somebody may be using those of today."""
    for copy in _COPIES.iterdir():
        if copy.stat().st_mtime < time.time() - _DAY_S:
            shutil.rmtree(copy, ignore_errors=True)


def _elsewhere(folder: Path) -> None:
    """Measure the router of this folder: what lies in the working directory is found first."""
    program = [sys.executable, "-m", "bench", "routing", "--here"]
    sys.stdout.flush()
    subprocess.run(program, check=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(_ROOT)})


def _decisions(sizes: tuple[int, ...], cycles: int) -> None:
    """`least` is the median of the hundred cycles in a row that were disturbed least."""
    print(f"accept + release, {WAITING:,} waiting, decision records on, CPU time; budget {_BUDGET_US:.0f} µs")
    print(f"{'agents':>8} {'median':>10} {'of budget':>10} {'least':>10} {'p99':>10} {'plain scan':>12} {'ratio':>8}")
    medians = []
    for agents in sizes:
        spent = _measure(agents, cycles)
        scanned = _scan(agents)
        median = statistics.median(spent)
        medians.append(median)
        least = min(statistics.median(spent[at : at + _BATCH]) for at in range(0, cycles, _BATCH))
        p99 = sorted(spent)[int(len(spent) * 0.99)]
        print(
            f"{agents:>8,} {median:>8.1f}µs {median / _BUDGET_US:>10.2f} {least:>8.1f}µs {p99:>8.1f}µs"
            f" {scanned:>10.1f}µs {median / scanned:>8.3f}"
        )
    growth = medians[-1] / medians[0]
    print(
        f"growth from {sizes[0]:,} to {sizes[-1]:,} agents: {growth:.2f} x, budget {_BUDGET_GROWTH:.0f} x,"
        f" of budget {growth / _BUDGET_GROWTH:.2f}"
    )


def _simulator(conversations: int) -> None:
    """Conversations a second of processor time, here and in the bare loop."""
    plan = _yardstick(conversations)
    began = time.process_time()
    tally = simulated(plan)
    spent = time.process_time() - began
    began = time.process_time()
    waits = _bare(plan)
    bare = time.process_time() - began
    assert waits == sum(tally.waits), "one and the same queue"
    rate = conversations / spent
    print(f"simulator: {rate:,.0f} conversations a second; a bare loop: {conversations / bare:,.0f}")
    print(f"budget {_BUDGET_SIMULATED:,} conversations a second, of budget {rate / _BUDGET_SIMULATED:.2f}")


def _yardstick(conversations: int) -> Plan:
    department = DepartmentId("support")
    agents = [AgentId(f"a{number}") for number in range(10)]
    return Plan(
        settings=WorkspaceSettings(
            departments={department: DepartmentSettings(id=department, key="support", name="Support", idle_ms=0)},
            agents={
                each: AgentSettings(
                    id=each, key=each, name=each, max_slots=3, members=(Member(department=department, priority=50),)
                )
                for each in agents
            },
            default_department=department,
            confirm_ms=0,
        ),
        seed=7,
        conversations=conversations,
        arrivals=Arrivals(pieces=((0.0, 2.7 / 60_000),)),
        service=Service(mean_ms=600_000),
        kinds=(Kind(name="all", department=department),),
    )


def _bare(plan: Plan) -> int:
    """The waits of all, added up: first come, first served by thirty slots."""
    free = [0] * 30
    heapify(free)
    waited = 0
    for at, _, service_ms, *_ in traffic(plan):
        begins = max(at, free[0])
        waited += begins - at
        heapreplace(free, begins + service_ms)
    return waited


def _collect_as_the_server_does() -> None:
    """What stays is not looked through for rubbish, and rubbish is looked for rarely: `server/app/serving.py`."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _measure(agents: int, cycles: int) -> list[float]:
    """Microseconds of each cycle."""
    router, talking = _busy(agents)
    now = router.now
    spent = []
    chance = random.Random(agents + 1)  # noqa: S311 - luck, no secret
    starts = [_start(WAITING + 3 * agents + number, chance) for number in range(cycles)]
    clock = time.process_time_ns
    _collect_as_the_server_does()
    for following in starts:
        now += 5
        agent, conversation = talking.popleft()
        started = clock()
        happened = router.handle(c.CloseByAgent(agent=agent, conversation=conversation), now)
        (offered,) = _made(happened)
        router.handle(c.AcceptOffer(agent=offered[0], offer=offered[1]), now)
        spent.append((clock() - started) / 1000)
        talking.append((offered[0], offered[2]))
        router.take_changes()
        router.handle(following, now)  # the line stays as long
    return spent


def _made(happened: tuple[object, ...]) -> list[tuple[AgentId, OfferId, ConversationId]]:
    return [(e.offer.agent, e.offer.id, e.offer.conversation) for e in happened if isinstance(e, OfferMade)]


def _busy(agents: int) -> tuple[Router, deque[tuple[AgentId, ConversationId]]]:
    """Everybody available and full, and more waiting than they can take; and who talks with whom."""
    chance = random.Random(agents)  # noqa: S311 - luck, no secret
    departments = [DepartmentId(f"d_{number}") for number in range(_DEPARTMENTS)]
    methods = (Method.AVERAGE_UTILIZATION, Method.LONGEST_IDLE, Method.PRIORITY, Method.MAX_UTILIZATION)
    settings = WorkspaceSettings(
        departments={
            each: DepartmentSettings(id=each, key=each, name=each, method=methods[number % len(methods)])
            for number, each in enumerate(departments)
        },
        agents={
            AgentId(f"a_{number}"): AgentSettings(
                id=AgentId(f"a_{number}"),
                key=f"a{number}",
                name=f"Agent {number}",
                max_slots=3,
                skills={skill: chance.randint(1, 10) for skill in chance.sample(_SKILLS, 2)},
                members=tuple(
                    Member(department=each, priority=chance.choice((10, 50, 90)))
                    for each in chance.sample(departments, 3)
                ),
            )
            for number in range(agents)
        },
        default_department=departments[0],
    )
    router = Router(settings, seed=1)
    for agent in settings.agents:
        router.handle(c.ConnectAgent(agent=agent), _NOW)
        router.handle(c.SetStatus(agent=agent, status=Status.AVAILABLE), _NOW)
    talking: deque[tuple[AgentId, ConversationId]] = deque()
    for number in range(WAITING + 3 * agents):
        ringing = deque(_made(router.handle(_start(number, chance), _NOW + 1 + number)))
        while ringing:
            agent, offer, conversation = ringing.popleft()
            ringing.extend(_made(router.handle(c.AcceptOffer(agent=agent, offer=offer), _NOW + 1 + number)))
            talking.append((agent, conversation))
    return router, talking


def _start(number: int, chance: random.Random) -> c.StartConversation:
    """A third asks for a skill, a few of them for a level of it; one in ten has a head start."""
    needs = needs_of()
    if chance.random() < 1 / 3:
        needs = needs_of(require=[(chance.choice(_SKILLS), chance.choice((1, 1, 1, 5)))])
    return c.StartConversation(
        conversation=ConversationId(f"c_{number}"),
        visitor=VisitorId(f"v_{number}"),
        department=DepartmentId(f"d_{chance.randrange(_DEPARTMENTS)}"),
        head_start_ms=60_000 if chance.random() < 0.1 else 0,
        needs=needs,
    )


# The baseline: look at everybody, every time.


def _scan(agents: int) -> float:
    """Microseconds of one choice by a plain scan over all (least running, then longest idle) and both updates."""
    chance = random.Random(agents)  # noqa: S311 - luck, no secret
    team = [
        {
            "status": "available",
            "slots": 3,
            "running": 3,
            "idle": chance.random(),
            "departments": set(chance.sample(range(_DEPARTMENTS), 3)),
            "skills": dict.fromkeys(chance.sample(_SKILLS, 2), 5),
        }
        for _ in range(agents)
    ]
    spent = []
    for number in range(200):
        freed = team[chance.randrange(agents)]
        department = next(iter(freed["departments"]))  # type: ignore[call-overload]
        started = time.process_time_ns()
        freed["running"] -= 1  # type: ignore[operator]
        free = [
            agent
            for agent in team
            if agent["status"] == "available"
            and agent["running"] < agent["slots"]  # type: ignore[operator]
            and department in agent["departments"]  # type: ignore[operator]
        ]
        chosen = min(free, key=lambda agent: (agent["running"], agent["idle"]))
        chosen["running"] += 1  # type: ignore[operator]
        chosen["idle"] = number
        spent.append((time.process_time_ns() - started) / 1000)
    return statistics.median(spent)
