"""The whole result of a simulation as plain tables: what `frontdesk simulate --json` writes.

Numbers stand under their names; their standard errors under the same names in the table `se`. What has no value (nobody
waited, a single batch) is None. Shares are from 0 to 1, waits in seconds.
"""

from collections.abc import Callable

from router.lab.plan import Plan
from router.lab.reference import reference
from router.lab.result import Figures, Result
from router.lab.tally import LEFT, OPEN, REFUSED, SERVED, Tally
from router.model import DepartmentId

Table = dict[str, object]


def figures(tally: Tally, promise: tuple[Figures, Figures] | None = None) -> Table:
    """All figures of a run, and what theory says of them."""
    result, plan = Result(tally), tally.plan
    wait, wait_se = result.waits()
    used, used_se = result.utilization()
    spread, spread_se = result.gini()
    agents, agents_se = result.agents()
    classes, classes_se = _groups(result, _by_class(plan))
    departments, departments_se = _groups(result, _by_department(plan))
    left_se = wait_se.pop("served")
    wait.pop("served")
    told, told_se = promise or ({}, {})
    return {
        "run": _run(result),
        "wait": wait,
        "abandoned_share": _share(result, LEFT),
        "utilization": used,
        "agents": agents,
        "classes": classes,
        "departments": departments,
        "promise": told or None,
        "fairness": {"gini": spread, "max_skips": tally.longest_skip},
        "reference": reference(plan),
        "router": _router(tally),
        "se": {
            "wait": wait_se,
            "abandoned_share": left_se,
            "utilization": used_se,
            "agents": agents_se,
            "classes": classes_se,
            "departments": departments_se,
            "promise": told_se or None,
            "fairness": {"gini": spread_se},
        },
    }


def _run(result: Result) -> Table:
    tally = result.tally
    counted = max(result.counted, 1)
    return {
        "seed": tally.plan.seed,
        "conversations": tally.came,
        "warm_up": tally.came - result.counted,
        "counted": result.counted,
        "batches": len(result.bounds) - 1,
        "simulated_s": tally.lasted_ms / 1000,
        "refused_share": result.count(REFUSED) / counted,
        "never_served": result.count(OPEN),
        "cpu_s": tally.cpu_s,
    }


def _router(tally: Tally) -> Table:
    """The router's part of the processor's time is its part of the time by the clock, where whoever interrupts us
    interrupts both alike.
    """
    decisions, timed = tally.offers, tally.cpu_s > 0 and tally.wall_s > 0
    router_us = tally.cpu_s * tally.router_s / tally.wall_s * 1e6 if timed else 0.0
    return {
        "decisions": decisions,
        "us_per_decision": router_us / decisions if decisions and timed else None,
        "commands": tally.commands,
        "us_per_command": router_us / tally.commands if timed else None,
        "conversations_per_s": tally.came / tally.cpu_s if timed else None,
    }


def _share(result: Result, end: int, chosen: Callable[[int], bool] | None = None) -> float | None:
    """Of those who came in."""
    came_in = sum(result.count(one, chosen) for one in (OPEN, SERVED, LEFT))
    return result.count(end, chosen) / came_in if came_in else None


def _by_class(plan: Plan) -> dict[str, frozenset[int]]:
    names = dict.fromkeys(kind.name for kind in plan.kinds)
    return {name: frozenset(n for n, kind in enumerate(plan.kinds) if kind.name == name) for name in names}


def _by_department(plan: Plan) -> dict[str, frozenset[int]]:
    """By the department asked for."""
    asked: dict[DepartmentId, set[int]] = {department: set() for department in plan.settings.departments}
    for number, kind in enumerate(plan.kinds):
        asked[kind.department].add(number)
    return {plan.settings.departments[one].key: frozenset(numbers) for one, numbers in asked.items()}


def _groups(result: Result, groups: dict[str, frozenset[int]]) -> tuple[Figures, Figures]:
    """Waits and leavers of each group of classes."""
    figures: Figures = {}
    spread: Figures = {}
    everybody = frozenset(range(len(result.tally.plan.kinds)))
    for name, kinds in groups.items():
        chosen = None if kinds == everybody else kinds.__contains__
        whole, errors = result.waits(chosen)
        whole.pop("served")
        figures[name] = {
            "conversations": sum(result.count(one, chosen) for one in (OPEN, SERVED, LEFT)),
            "wait": whole,
            "abandoned_share": _share(result, LEFT, chosen),
        }
        spread[name] = {"abandoned_share": errors.pop("served"), "wait": errors}
    return figures, spread
