"""What must come out, where theory has a closed form: one pool of equal servers, exponential times, Poisson arrivals.

Slots are the servers (rates do not depend on an agent's load), so n agents with k slots are M/M/(n·k), under every
method. How many are in the system, and so who waits, who leaves and the mean of all waits, does not depend on the order
of serving either; quantiles do, and are given where everybody is served in the order of arrival.
"""

from math import isinf

from router.lab.erlang import ErlangA, ErlangC, erlang_b, hunting_loads
from router.lab.plan import Plan
from router.lab.result import WITHIN_S, Figures
from router.model import AgentSettings, DepartmentId, Method

_LONGEST_LINE = 100_000
Reference = dict[str, "str | bool | float | Figures | None"]


def reference(plan: Plan) -> Reference:
    """The closed form's figures under the names the measured ones have; model "none" and why where there is none."""
    why_not = _why_not(plan)
    if why_not:
        return {"model": "none", "reason": why_not}
    servers = sum(agent.max_slots for agent in _pool(plan))
    if plan.patience_ms is None:
        return _erlang_c(plan, servers)
    return _erlang_a(plan, servers) if plan.patience_ms else _erlang_b(plan, servers)


def _why_not(plan: Plan) -> str:
    """The first thing that the closed forms know nothing of, or nothing."""
    kinds = plan.kinds
    told = (
        (len(plan.arrivals.pieces) != 1, "arrivals are no Poisson process of one rate"),
        (plan.service.distribution != "exponential", "service times are not exponential"),
        (plan.service.slowdown != 0, "agents get slower under load"),
        (not plan.reaction.at_once, "agents take time to accept"),
        (bool(plan.shifts), "agents come and go"),
        (any(kind.cost != 1 for kind in kinds), "conversations cost different slots"),
        (any(kind.needs.require or kind.reserve_for for kind in kinds), "not everybody may serve everybody"),
        (not _is_one_pool(plan), "departments do not share one pool of agents"),
        (_has_limits(plan), "breathing, wrap-up, caps or a limited line"),
    )
    return next((reason for true, reason in told if true), "") or _too_long(plan)


def _too_long(plan: Plan) -> str:
    """Erlang A sums over the states of the line, up to where leaving balances the overload and beyond."""
    if not plan.patience_ms:
        return ""
    slots = sum(agent.max_slots for agent in _pool(plan))
    surplus = plan.arrivals.pieces[0][1] - slots / plan.service.mean_ms
    return "the line is too long to reckon with" if surplus * plan.patience_ms > _LONGEST_LINE else ""


def _departments(plan: Plan) -> set[DepartmentId]:
    return {kind.department for kind in plan.kinds}


def _pool(plan: Plan) -> list[AgentSettings]:
    used = _departments(plan)
    return [
        agent for agent in plan.settings.agents.values() if any(member.department in used for member in agent.members)
    ]


def _is_one_pool(plan: Plan) -> bool:
    used = _departments(plan)
    pool = _pool(plan)
    return bool(pool) and all(used <= {member.department for member in agent.members} for agent in pool)


def _has_limits(plan: Plan) -> bool:
    departments = [plan.settings.departments[each] for each in _departments(plan)]
    pool = _pool(plan)
    return (
        any(department.wrap_up_ms or department.max_line for department in departments)
        or any(agent.breathing_ms for agent in pool)
        or any(0 < member.max_slots < agent.max_slots for agent in pool for member in agent.members)
    )


def _in_order(plan: Plan) -> bool:
    return len({kind.head_start_ms for kind in plan.kinds}) == 1


def _rates(plan: Plan) -> tuple[float, float]:
    """Arrivals and services a second."""
    return plan.arrivals.pieces[0][1] * 1000, 1000 / plan.service.mean_ms


def _erlang_c(plan: Plan, servers: int) -> Reference:
    arrivals, service = _rates(plan)
    line = ErlangC(servers=servers, arrivals=arrivals, service=service)
    found: Reference = {"model": "erlang_c", "servers": servers, "load": line.load, "stable": line.stable}
    if not line.stable:
        return found | {"utilization": 1.0}
    found |= {
        "p_wait": line.p_wait,
        "mean_s": line.mean,
        "mean_waiting_s": line.mean_waiting,
        "abandoned_share": 0.0,
        "utilization": line.load / servers,
    }
    if _in_order(plan):
        found |= {"p50_s": line.quantile(0.5), "p90_s": line.quantile(0.9), "p95_s": line.quantile(0.95)}
        found["within"] = {str(limit_s): 1.0 - line.beyond(limit_s) for limit_s in WITHIN_S}
    elif all(plan.settings.departments[each].order == "strict" for each in _departments(plan)):
        found["classes"] = _cobham(plan, line)
    return found


def _cobham(plan: Plan, line: ErlangC) -> Figures:
    """Mean waits by class under strict order: the greater head start first."""
    whole = sum(kind.share for kind in plan.kinds)
    ranks = sorted({kind.head_start_ms for kind in plan.kinds}, reverse=True)
    shares = [sum(kind.share for kind in plan.kinds if kind.head_start_ms == rank) / whole for rank in ranks]
    waits = line.by_class(tuple(share * line.arrivals for share in shares))
    by_rank = dict(zip(ranks, waits, strict=True))
    return {
        kind.name: {"mean_s": None if isinf(by_rank[kind.head_start_ms]) else by_rank[kind.head_start_ms]}
        for kind in plan.kinds
    }


def _erlang_a(plan: Plan, servers: int) -> Reference:
    arrivals, service = _rates(plan)
    assert plan.patience_ms is not None
    line = ErlangA(servers=servers, arrivals=arrivals, service=service, leaving=1000 / plan.patience_ms)
    found: Reference = {
        "model": "erlang_a",
        "servers": servers,
        "load": arrivals / service,
        "stable": True,
        "p_wait": line.p_wait,
        "mean_s": line.mean,
        "mean_waiting_s": line.mean_waiting,
        "abandoned_share": line.abandoned,
        "utilization": line.utilization,
    }
    if _in_order(plan):
        found |= {"p50_s": line.quantile(0.5), "p90_s": line.quantile(0.9), "p95_s": line.quantile(0.95)}
        found["within"] = {str(limit_s): line.within(limit_s) for limit_s in WITHIN_S}
    return found


def _erlang_b(plan: Plan, servers: int) -> Reference:
    arrivals, service = _rates(plan)
    load = arrivals / service
    lost = erlang_b(servers, load)
    found: Reference = {
        "model": "erlang_b",
        "servers": servers,
        "load": load,
        "stable": True,
        "p_wait": lost,
        "abandoned_share": lost,
        "utilization": load * (1.0 - lost) / servers,
    }
    hunted = _hunted(plan)
    if hunted:
        slots = hunted[0].max_slots
        loads = hunting_loads(len(hunted), slots, load)
        found["agents"] = {agent.key: {"occupancy": one / slots} for agent, one in zip(hunted, loads, strict=True)}
    return found


def _hunted(plan: Plan) -> list[AgentSettings]:
    """The agents in the order in which they are asked, if there is one for all, and they have equally many slots."""
    departments = _departments(plan)
    if len(departments) != 1:
        return []
    (department,) = departments
    pool = _pool(plan)
    by_priority = {
        member.priority: agent for agent in pool for member in agent.members if member.department == department
    }
    settled = plan.settings.departments[department].method is Method.PRIORITY and len(by_priority) == len(pool)
    equal = len({agent.max_slots for agent in pool}) == 1
    return [by_priority[priority] for priority in sorted(by_priority)] if settled and equal else []
