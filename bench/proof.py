"""``python -m bench proof``: docs/routing-proof.md, what the router does beside what theory says it must do.

Every experiment is a scenario as `frontdesk simulate` takes it. A measured figure is judged by its own standard error
(batch means): within three of them it agrees. What does not agree is written down as not agreeing.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from router.lab.erlang import ErlangA, ErlangC, hunting_loads
from router.lab.run import run
from server.lab.simulating import prepare, simulate

PAGE = Path("docs/routing-proof.md")
AGREES = 3.0
Result = dict[str, Any]
METHODS = ["ring_all", "max_utilization", "average_utilization", "priority", "random", "round_robin", "longest_idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure: where it stands in the result, and what it has to be, or the range it has to be in."""

    what: str
    path: str
    expected: float | tuple[float, float]
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One run and what it has to show. `scenario` without its lengths; `length` at scale 1."""

    name: str
    scenario: str
    length: int
    checks: tuple[Check, ...]
    derive: Callable[[Result], Result] = field(default=lambda result: result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    title: str
    text: str
    experiments: tuple[Experiment, ...]


def pool(  # noqa: PLR0913 - the knobs of a pool
    agents: int,
    slots: int,
    *,
    load: float,
    mean_s: float = 600,
    method: str = "average_utilization",
    patience_s: float | None = None,
    department: str = "",
    classes: str = "",
    promises: int = 0,
    arrivals: str = "",
) -> str:
    """Equal agents in one department; `load` is arrivals x mean service time."""
    rate = 60 * load / mean_s
    patience = "" if patience_s is None else f"[patience]\nmean_s = {float(patience_s)}\n"
    return (
        f"[arrivals]\n{arrivals or f'rate_per_min = {rate!r}'}\n[service]\nmean_s = {float(mean_s)}\n{patience}"
        f"[promise]\nsample = {promises}\n{classes}"
        f'[[department]]\nkey = "support"\nmethod = "{method}"\n{department}\n'
        f'[[agent]]\nkey = "a{{1..{agents}}}"\nmax_slots = {slots}\n'
    )


# What theory says, as checks.


def erlang_c(agents: int, slots: int, busy: float, mean_s: float, length: int) -> Experiment:
    servers = agents * slots
    line = ErlangC(servers=servers, arrivals=busy * servers / mean_s, service=1 / mean_s)
    return Experiment(
        name=f"{agents} agents x {slots}, mean {mean_s:g} s, {busy:.0%} busy",
        scenario=pool(agents, slots, load=busy * servers, mean_s=mean_s),
        length=length,
        checks=(
            Check(what="have to wait", path="wait.p_wait", expected=line.p_wait),
            Check(what="mean wait", path="wait.mean_s", expected=line.mean, unit="s"),
            Check(what="mean of those who wait", path="wait.mean_waiting_s", expected=line.mean_waiting, unit="s"),
            Check(what="95th percentile", path="wait.p95_s", expected=line.quantile(0.95), unit="s"),
            Check(what="answered within 30 s", path="wait.within.30", expected=1 - line.beyond(30)),
            Check(what="slots in use", path="utilization", expected=busy),
        ),
    )


def erlang_a(servers: int, load: float, mean_s: float, patience_s: float, length: int) -> Experiment:
    line = ErlangA(servers=servers, arrivals=load / mean_s, service=1 / mean_s, leaving=1 / patience_s)
    return Experiment(
        name=f"{servers} slots, load {load:g}, mean {mean_s:g} s, patience {patience_s:g} s",
        scenario=pool(servers, 1, load=load, mean_s=mean_s, patience_s=patience_s),
        length=length,
        derive=_leaving_identity(patience_s),
        checks=(
            Check(what="leave", path="abandoned_share", expected=line.abandoned),
            Check(what="mean wait of all", path="wait.mean_s", expected=line.mean, unit="s"),
            Check(what="have to wait", path="wait.p_wait", expected=line.p_wait),
            Check(what="90th percentile", path="wait.p90_s", expected=line.quantile(0.9), unit="s"),
            Check(what="slots in use", path="utilization", expected=line.utilization),
            Check(what="leave x patience / mean wait", path="identity", expected=1.0),
        ),
    )


def _leaving_identity(patience_s: float) -> Callable[[Result], Result]:
    """P(leave) = mean wait / mean patience, for whatever happened: both sides of one run, so the error is small."""

    def derive(result: Result) -> Result:
        mean_s, share = result["wait"]["mean_s"], result["abandoned_share"]
        value = share * patience_s / mean_s if mean_s else 0.0
        # The number who leave is Poisson around the time that was waited.
        left = share * result["run"]["counted"]
        return result | {"identity": value, "se": result["se"] | {"identity": value / max(left, 1.0) ** 0.5}}

    return derive


def hunting(agents: int, slots: int, load: float, length: int) -> Experiment:
    members = "".join(
        f'[[agent]]\nkey = "a{one}"\nmax_slots = {slots}\n[[agent.member]]\ndepartment = "support"\npriority = {one}\n'
        for one in range(1, agents + 1)
    )
    text = pool(1, 1, load=load, method="priority", patience_s=0).partition("[[agent]]")[0] + members
    return Experiment(
        name=f"{agents} agents x {slots} by priority, load {load:g}, nobody waits",
        scenario=text,
        length=length,
        checks=tuple(
            Check(what=f"agent {one} occupied", path=f"agents.a{one}.occupancy", expected=carried / slots)
            for one, carried in enumerate(hunting_loads(agents, slots, load), start=1)
        ),
    )


def strict(servers: int, loads: tuple[float, ...], length: int, *, order: str = "strict") -> Experiment:
    line = ErlangC(servers=servers, arrivals=sum(loads) / 600, service=1 / 600)
    classes = "".join(
        f'[[class]]\nname = "c{one}"\nshare = {load}\nhead_start = {600 * (len(loads) - one)}\n'
        for one, load in enumerate(loads, start=1)
    )
    text = pool(servers, 1, load=sum(loads), classes=classes, department=f'order = "{order}"')
    waits = line.by_class(tuple(load / 600 for load in loads)) if order == "strict" else []
    checks = [
        Check(what=f"mean wait of class {one}", path=f"classes.c{one}.wait.mean_s", expected=wait, unit="s")
        for one, wait in enumerate(waits, start=1)
    ]
    conserved = Check(what="mean wait of all, as without classes", path="wait.mean_s", expected=line.mean, unit="s")
    shares = " + ".join(f"{load:g}" for load in loads)
    return Experiment(
        name=f"{servers} slots, load {shares}, order {order}",
        scenario=text,
        length=length,
        checks=(*checks, conserved),
    )


def two_teams(widen: str) -> str:
    """Two departments with five agents of one slot, each 90 % busy; `widen`: what each opens to the other and when."""
    rate = 60 * 9 / 600
    parts = [f"[arrivals]\nrate_per_min = {rate}\n[service]\nmean_s = 600\n[promise]\nsample = 0\n"]
    parts.extend(f'[[class]]\nname = "{one}"\ndepartment = "{one}"\n' for one in ("red", "blue"))
    for one, other in (("red", "blue"), ("blue", "red")):
        parts.append(f'[[department]]\nkey = "{one}"\n')
        if widen:
            parts.append(f'[[department.widen]]\nafter = {widen}\nadd_departments = ["{other}"]\n')
    parts.extend(
        f'[[agent]]\nkey = "{one}{{1..5}}"\nmax_slots = 1\n[[agent.member]]\ndepartment = "{one}"\n'
        for one in ("red", "blue")
    )
    return "".join(parts)


def widening(length: int) -> Iterator[Experiment]:
    apart = ErlangC(servers=5, arrivals=4.5 / 600, service=1 / 600)
    together = ErlangC(servers=10, arrivals=9 / 600, service=1 / 600)
    for name, after, line in (("at once: one pool of ten", "0", together), ("never: two pools of five", "", apart)):
        yield Experiment(
            name=f"two teams of five, each opens to the other {name}",
            scenario=two_teams(after),
            length=length,
            checks=(
                Check(what="have to wait", path="wait.p_wait", expected=line.p_wait),
                Check(what="mean wait", path="wait.mean_s", expected=line.mean, unit="s"),
                Check(what="95th percentile", path="wait.p95_s", expected=line.quantile(0.95), unit="s"),
            ),
        )
    yield Experiment(
        name="two teams of five, each opens to the other after 5 min: between the two",
        scenario=two_teams("300"),
        length=length,
        checks=(Check(what="mean wait", path="wait.mean_s", expected=(together.mean, apart.mean), unit="s"),),
    )


def pooling(length: int) -> Iterator[Experiment]:
    apart = ErlangC(servers=5, arrivals=4.5 / 600, service=1 / 600)
    together = ErlangC(servers=30, arrivals=27 / 600, service=1 / 600)
    classes = "".join(f'[[class]]\nname = "t{one}"\ndepartment = "t{one}"\n' for one in range(1, 7))
    departments = "".join(f'[[department]]\nkey = "t{one}"\n' for one in range(1, 7))
    agents = "".join(
        f'[[agent]]\nkey = "t{one}-{{1..5}}"\nmax_slots = 1\n[[agent.member]]\ndepartment = "t{one}"\n'
        for one in range(1, 7)
    )
    head = "[arrivals]\nrate_per_min = 2.7\n[service]\nmean_s = 600\n[promise]\nsample = 0\n"
    for name, text, line in (
        ("six teams of five", head + classes + departments + agents, apart),
        ("one team of thirty", pool(30, 1, load=27), together),
    ):
        yield Experiment(
            name=name,
            scenario=text,
            length=length,
            checks=(Check(what="mean wait", path="wait.mean_s", expected=line.mean, unit="s"),),
        )


def shares(method: str, length: int) -> Experiment:
    """Every agent carries the same in the long run."""
    return Experiment(
        name=f"10 agents x 3, 90% busy, {method}",
        scenario=pool(10, 3, load=27, method=method),
        length=length,
        derive=_greatest_deviation,
        checks=(
            Check(what="greatest deviation of an agent from 90 %, in its errors", path="deviation", expected=(0, 3.5)),
            Check(what="unevenness of work (Gini)", path="fairness.gini", expected=(0, 0.01)),
        ),
    )


def _greatest_deviation(result: Result) -> Result:
    errors = result["se"]["agents"]
    whole = result["utilization"]
    each = [abs(one["occupancy"] - whole) / errors[key]["occupancy"] for key, one in result["agents"].items()]
    return result | {"deviation": max(each)}


def promises(length: int) -> Iterator[Experiment]:
    urgent = '[[class]]\nname = "plain"\nshare = 7\n[[class]]\nname = "urgent"\nshare = 3\nhead_start = 300\n'
    swings = f"profile = [[0, {1.5!r}], [3600, {4.5!r}], [5400, {1.5!r}]]\nperiod = 7200"
    for name, text, low, high in (
        ("10 agents x 3, 90% busy", pool(10, 3, load=27, promises=length // 20), 0.77, 0.83),
        ("the same, patience 5 min", pool(10, 3, load=28.5, patience_s=300, promises=length // 20), 0.77, 0.83),
        ("30 % with a head start of 300 s", pool(10, 3, load=27, classes=urgent, promises=length // 20), 0.77, 0.83),
        ("the load swings threefold", pool(10, 3, load=27, arrivals=swings, promises=length // 20), 0.75, 0.85),
    ):
        yield Experiment(
            name=name,
            scenario=text,
            length=length,
            checks=(
                Check(what="kept, of promises of 80 %", path="promise.coverage_p80", expected=(low, high)),
                Check(what="kept, of the ranges shown", path="promise.coverage_shown", expected=(0.8, 1.0)),
            ),
        )


_HOURS = 600.0


def sections() -> tuple[Section, ...]:
    return (*_lines(), *_people(), *_pools(), _promised())


def _lines() -> tuple[Section, ...]:
    return (
        Section(
            title="Erlang C: nobody leaves",
            text="n agents with k slots are M/M/(nk), because rates do not depend on an agent's load.",
            experiments=(
                erlang_c(10, 3, 0.9, _HOURS, 2_000_000),
                erlang_c(5, 4, 0.9, _HOURS, 100_000),
                erlang_c(10, 3, 0.95, _HOURS, 300_000),
                erlang_c(20, 3, 0.95, _HOURS, 300_000),
                erlang_c(3, 3, 0.85, _HOURS, 100_000),
                erlang_c(1, 1, 0.8, _HOURS, 100_000),
                erlang_c(3, 1, 2 / 3, _HOURS, 100_000),
                erlang_c(10, 1, 0.9, _HOURS, 100_000),
                erlang_c(100, 1, 0.95, _HOURS, 300_000),
            ),
        ),
        Section(
            title="Erlang A: some leave",
            text="Waits are those of all, served or not. The first row is the published case of 48 calls a minute.",
            experiments=(
                erlang_a(50, 48, 60, 120, 200_000),
                erlang_a(10, 9, 60, 120, 100_000),
                erlang_a(10, 12, 60, 120, 100_000),
                erlang_a(10, 14, 60, 60, 100_000),
                erlang_a(50, 50, 60, 120, 100_000),
            ),
        ),
    )


def _people() -> tuple[Section, ...]:
    return (
        Section(
            title="Hunting by priority, without a line",
            text="Agents asked one after the other: load x (Erlang B before - Erlang B with them).",
            experiments=(hunting(5, 3, 9, 100_000), hunting(5, 2, 6, 100_000), hunting(12, 1, 9, 100_000)),
        ),
        Section(
            title="Longest idle and random",
            text="With equal agents both must share work evenly (and wait the same: see the exact part).",
            experiments=(shares("longest_idle", 100_000), shares("random", 100_000)),
        ),
        Section(
            title="Classes of priority, and what no order changes",
            text="Strict order: Cobham's means. The mean of all is the same under any order.",
            experiments=(
                strict(10, (4.5, 4.5), 100_000),
                strict(10, (3, 3, 3), 100_000),
                strict(5, (1, 3), 100_000),
                strict(1, (0.45, 0.45), 100_000),
                strict(10, (4.5, 4.5), 100_000, order="head_start"),
            ),
        ),
    )


def _pools() -> tuple[Section, ...]:
    return (
        Section(
            title="Widening at its two ends",
            text="Two teams that open to each other at once are one pool; teams that never open are two.",
            experiments=tuple(widening(100_000)),
        ),
        Section(
            title="Pooling", text="What separate teams cost, at the same load.", experiments=tuple(pooling(100_000))
        ),
    )


def _promised() -> Section:
    return Section(
        title="Promises",
        text=(
            "The unrounded p80 given to those who wait, judged with leavers censored (Kaplan-Meier); the range as "
            "shown is rounded up and kept more often. In steady state 77 to 83 %, under swinging load 75 to 85 %."
        ),
        experiments=tuple(promises(60_000)),
    )


# Doing it.


@dataclass(slots=True, kw_only=True)
class Page:
    """The page as it grows."""

    lines: list[str] = field(default_factory=list)
    agreed: int = 0
    checked: int = 0
    failed: list[str] = field(default_factory=list)
    conversations: int = 0
    cpu_s: float = 0.0


def write(*, scale: float, only: str, jobs: int) -> None:
    """Run everything, so many experiments at once, and write the page."""
    page = Page()
    _exact(page, scale)
    chosen = [number for number, section in enumerate(sections()) if only in section.title]
    places = [(number, place) for number in chosen for place in range(len(sections()[number].experiments))]
    with ProcessPoolExecutor(jobs) as pool_of_processes:
        results = iter(pool_of_processes.map(_measure, places, [scale] * len(places)))
        for number in chosen:
            _section(page, sections()[number], results)
    PAGE.write_text(_whole(page, scale), encoding="utf-8")


def _measure(place: tuple[int, int], scale: float) -> Result:
    """In a process of its own."""
    experiment = sections()[place[0]].experiments[place[1]]
    length = max(2_000, round(experiment.length * scale))
    seed = 100 * place[0] + place[1] + 1  # luck of its own: the same for all would make one accident look like many
    text = f"seed = {seed}\nconversations = {length}\nwarm_up = {length // 20}\n{experiment.scenario}"
    result = experiment.derive(simulate(prepare(text, Path())))
    print(f"{experiment.name}: {result['run']['cpu_s']:.0f} s of CPU", file=sys.stderr, flush=True)
    return result


def _section(page: Page, section: Section, results: Iterator[Result]) -> None:
    page.lines += [f"\n## {section.title}\n\n{section.text}\n"]
    page.lines += ["| run | figure | expected | measured | ± | z | |", "|---|---|--:|--:|--:|--:|---|"]
    for experiment in section.experiments:
        result = next(results)
        length = result["run"]["conversations"]
        page.conversations += length
        page.cpu_s += result["run"]["cpu_s"]
        name = f"{experiment.name} ({length:,} conversations)"
        for check in experiment.checks:
            page.lines.append(_row(page, name, check, result, experiment.name))
            name = ""


def _row(page: Page, name: str, check: Check, result: Result, experiment: str) -> str:
    value, error = _of(result, check.path), _of(result["se"], check.path)
    score = ""
    if value is None:
        good, expected = False, ""
    elif isinstance(check.expected, tuple):
        low, high = check.expected
        good, expected = low <= value <= high, f"{_number(low, check)} to {_number(high, check)}"
    else:
        deviation = (value - check.expected) / error if error else float("inf")
        good, expected, score = abs(deviation) <= AGREES, _number(check.expected, check), f"{deviation:+.1f}"
    page.checked += 1
    page.agreed += good
    if not good:
        page.failed.append(f"{experiment}: {check.what} {_number(value, check)}, expected {expected}")
    verdict = "agrees" if good else "**does not agree**"
    cells = (name, check.what, expected, _number(value, check), _number(error, check), score, verdict)
    return f"| {' | '.join(cells)} |"


def _of(tree: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(tree, dict):
            return None
        tree = tree.get(part)
    return tree


def _number(value: float | None, check: Check) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if check.unit == "s" else f"{value:.4f}"


def _exact(page: Page, scale: float) -> None:
    """Conversation by conversation, with common random numbers."""
    length = max(2_000, round(10_000 * scale))
    page.lines += [
        "\n## Exact: seven methods, the same waits\n",
        "Equal agents, instant acceptance, the same traffic: who works changes no wait, not a single one.\n",
        "| run | methods | waits | |",
        "|---|---|---|---|",
    ]
    for name, patience in (("nobody leaves", None), ("patience 2 min", 120.0)):
        found = {}
        for method in METHODS:
            text = f"seed = 3\nconversations = {length}\n" + pool(10, 3, load=27, method=method, patience_s=patience)
            tally = run(prepare(text, Path()).plan, cpu=time.process_time)
            found[method] = (tally.waits.tobytes(), tally.ends.tobytes())
            page.conversations += length
            page.cpu_s += tally.cpu_s
        same = len(set(found.values())) == 1
        page.checked += 1
        page.agreed += same
        if not same:
            page.failed.append(f"seven methods, {name}: waits differ")
        verdict = "agrees" if same else "**does not agree**"
        page.lines.append(
            f"| 10 agents x 3, 90% busy, {name} ({length:,} conversations) | all seven | "
            f"{'identical' if same else 'different'} | {verdict} |"
        )
        print(f"seven methods, {name}", file=sys.stderr)


def _whole(page: Page, scale: float) -> str:
    command = "python -m bench proof" + ("" if scale == 1 else f" --scale {scale:g}")
    head = f"""# What the router does, beside what theory says

Generated by `{command}`; do not edit. The router that serves visitors runs under a virtual clock
(`router/lab`), by the scenarios of `bench/proof.py`; `frontdesk simulate` takes such scenarios from anybody. Without
`--scale` the runs are longer.

A measured figure stands with its standard error (±, from 32 batches in time) and with z, how many of them it lies from
the exact value. Within {AGREES:g} it agrees. Of figures that are right, about one in two hundred lies outside by chance
(t with 31 degrees of freedom): among {page.checked}, one that does not agree is no surprise, several are. Figures of
one run are no independent witnesses. The first 5 % of each run are not counted.

**{page.agreed} of {page.checked} agree.** {page.conversations:,} conversations, {page.cpu_s:.0f} s of CPU, which is
{page.conversations / max(page.cpu_s, 1e-9):,.0f} a second ({platform.python_implementation()} \
{platform.python_version()} on a machine of {os.cpu_count()} CPUs that did other work too).
"""
    failed = "".join(f"\n- does not agree: {each}" for each in page.failed)
    return head + (failed + "\n" if failed else "") + "\n".join(page.lines) + "\n"
