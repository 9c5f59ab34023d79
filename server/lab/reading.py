"""From the text of a scenario to its records, or to a sentence that says where it is impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import msgspec
from msgspec import Struct

from server.lab.scenario import Arrivals, Class, Scenario, Service
from server.lab.tables import Tables, as_written, fill
from server.settings.check import check
from server.settings.dump import literal
from server.settings.form import form_problems, label, nearest
from server.settings.parse import tables_of
from server.settings.positions import line_of, positions
from server.settings.problem import Path, Problem, SettingsError
from server.settings.workspace import WorkspaceFile


def read(text: str, change: Callable[[Tables], Tables] | None = None) -> Scenario:
    """The scenario this text is; `change` is made to its tables first.

    Raises:
        SettingsError: it cannot be simulated; it speaks of the first reason by line, and holds them all.
    """
    try:
        return _read(text, change)
    except RecursionError:
        raise SettingsError("not TOML: nested too deeply") from None


def _read(text: str, change: Callable[[Tables], Tables] | None) -> Scenario:
    tables = tables_of(text)
    if change is not None:
        tables = change(tables)
    filled = fill(tables)
    if isinstance(filled, Problem):
        raise _refused([filled], text)
    if wrong := form_problems(filled.tables, Scenario):
        raise _refused(_written(wrong, filled.agents), text)
    scenario = msgspec.convert(filled.tables, Scenario)
    if wrong := tuple(_written(check(_workspace(scenario), any_origin=True), filled.agents)):
        raise _refused(wrong, text)
    if wrong := tuple(_problems(scenario)):
        raise _refused(wrong, text)
    return scenario


def _workspace(scenario: Scenario) -> WorkspaceFile:
    return WorkspaceFile(
        workspace=scenario.workspace,
        sites=scenario.sites,
        departments=scenario.departments,
        agents=scenario.agents,
        rules=scenario.rules,
    )


def _written(problems: Iterable[Problem], agents: tuple[int, ...]) -> Iterator[Problem]:
    """Each once, though ten agents were made of one table."""
    seen: set[tuple[Path, str]] = set()
    for problem in problems:
        path = as_written(problem.path, agents)
        said = problem.message
        if (path, said) not in seen:
            seen.add((path, said))
            yield msgspec.structs.replace(problem, path=path)


def _refused(problems: Iterable[Problem], text: str) -> SettingsError:
    lines = positions(text)
    return SettingsError.of([msgspec.structs.replace(each, line=line_of(each.path, lines)) for each in problems])


# What numbers cannot be.


class _Keys(Struct, frozen=True):
    departments: tuple[str, ...]
    agents: tuple[str, ...]


def _problems(scenario: Scenario) -> Iterator[Problem]:
    keys = _Keys(
        tuple(department.key for department in scenario.departments), tuple(agent.key for agent in scenario.agents)
    )
    if not keys.agents:
        yield Problem(("agent",), "", 'agent is missing: somebody has to serve, as in [[agent]] with key = "a{1..10}"')
    if scenario.warm_up >= scenario.conversations:
        yield Problem(("warm_up",), "", "warm_up must leave conversations to count: it is not below conversations")
    yield from _arrivals(scenario.arrivals)
    yield from _service(scenario)
    if scenario.accept.p_miss + scenario.accept.p_decline >= 1:
        yield Problem(("accept",), "accept", "p_miss and p_decline together must be below 1, or nobody ever accepts")
    yield from _classes(scenario.classes, keys)
    yield from _costs(scenario)
    if scenario.arrivals.trace and scenario.classes:
        yield Problem(("class", 0), "", "a trace brings classes of its own: leave [[class]] out")
    yield from _shifts(scenario, keys)


def _arrivals(arrivals: Arrivals) -> Iterator[Problem]:
    def wrong(message: str, *inside: str | int) -> Problem:
        return Problem(("arrivals", *inside), "arrivals", message)

    said = [arrivals.rate_per_min is not None, bool(arrivals.profile), bool(arrivals.trace)]
    if sum(said) != 1:
        yield wrong("one of rate_per_min, profile and trace must say when conversations come")
        return
    profile = arrivals.profile
    if profile and profile[0].start != 0:
        yield wrong("the first piece of a profile begins at 0", "profile", 0)
    for place, (one, other) in enumerate(pairwise(profile), start=1):
        if other.start <= one.start:
            yield wrong("the pieces of a profile must come one after another", "profile", place)
    if profile and all(piece.rate == 0 for piece in profile):
        yield wrong("nobody ever comes: one of the rates must be above 0", "profile")
    if arrivals.period and not profile:
        yield wrong("a period needs a profile", "period")
    elif arrivals.period and arrivals.period <= profile[-1].start:
        yield wrong("a period must end after its last piece has begun", "period")


def _service(scenario: Scenario) -> Iterator[Problem]:
    service: Service = scenario.service
    if service.mean_s is None and not scenario.arrivals.trace:
        yield Problem(("service",), "service", "mean_s is missing: how long does a conversation take?")
    if service.cv is not None and service.distribution != "lognormal":
        yield Problem(
            ("service", "cv"), "service", f"cv is for lognormal times: {service.distribution} ones have their own"
        )


def _classes(classes: tuple[Class, ...], keys: _Keys) -> Iterator[Problem]:
    if classes and sum(each.share for each in classes) == 0:
        yield Problem(("class", 0, "share"), "", "the shares of all classes add up to 0: nobody ever comes")
    for place, each in enumerate(classes):
        record = label("class", {"name": each.name}, place)
        if each.department and each.department not in keys.departments:
            yield Problem(
                ("class", place, "department"),
                record,
                f"department {literal(each.department)} does not exist{nearest(each.department, keys.departments)}",
            )
        if each.name and each.name in [other.name for other in classes[:place]]:
            yield Problem(("class", place, "name"), record, "the name is used twice")


def _costs(scenario: Scenario) -> Iterator[Problem]:
    most = max((agent.max_slots for agent in scenario.agents), default=None)
    for place, each in enumerate(scenario.classes):
        if most is not None and each.cost > most:
            record = label("class", {"name": each.name}, place)
            yield Problem(
                ("class", place, "cost"), record, f"no agent has {each.cost} slots: nobody could ever take it"
            )


def _shifts(scenario: Scenario, keys: _Keys) -> Iterator[Problem]:
    for place, shift in enumerate(scenario.shifts):
        record = f"shift {place + 1}"
        for position, agent in enumerate(shift.agents):
            if agent not in keys.agents:
                yield Problem(
                    ("shift", place, "agents", position),
                    record,
                    f"agent {literal(agent)} does not exist{nearest(agent, keys.agents)}",
                )
        if shift.end <= shift.start:
            yield Problem(("shift", place, "end"), record, "a shift must end after its start")
        elif shift.every and shift.every < shift.end - shift.start:
            yield Problem(("shift", place, "every"), record, "the next shift begins before this one has ended")
