"""From a scenario to what `router.lab` runs: the router's settings, the classes with what rules say of them, traffic.

Settings become the router's, and rules are asked, by the very code that does it for a server. What only matters to
people on a screen is left out: consoles that confirm rings, wait messages, visitors who fall silent, opening hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import fmean

import msgspec

from router import model
from router.lab import plan as lab
from server.desk.directory import Directory, build, router_settings
from server.desk.intake import NOBODY_YET, Asked, Intake, overflow_of
from server.lab.scenario import Class, Scenario
from server.lab.traces import Row
from server.settings import workspace as settings
from server.settings.dump import literal
from server.settings.form import nearest
from server.settings.problem import SettingsError
from server.store.workspaces import SettingRow

_SITE = "lab-site"


def plan(scenario: Scenario, trace: Sequence[Row] = ()) -> lab.Plan:
    """What to run. `trace`: the rows that `arrivals.trace` names.

    Raises:
        SettingsError: rules or recorded traffic do not fit the departments.
    """
    directory = _directory(scenario)
    kinds, visits = _recorded(directory, trace) if trace else (_classes(scenario, directory), ())
    count = min(scenario.conversations, len(trace)) if trace else scenario.conversations
    if scenario.warm_up >= count:
        raise SettingsError(f"warm_up leaves nothing to count: the trace has {count} conversations")
    said = scenario.accept
    reaction = lab.Reaction(
        mean_ms=said.mean_s * 1000, p_miss=said.p_miss, p_decline=said.p_decline, back_ms=_ms(said.back_s)
    )
    return lab.Plan(
        settings=_router_settings(directory, at_once=reaction.at_once and not trace),
        seed=scenario.seed,
        conversations=count,
        warm_up=scenario.warm_up,
        arrivals=_arrivals(scenario, visits),
        service=_service(scenario, trace),
        kinds=kinds,
        patience_ms=None if scenario.patience.mean_s is None else scenario.patience.mean_s * 1000,
        reaction=reaction,
        shifts=tuple(
            lab.Shift(
                agent=model.AgentId(agent),
                from_ms=_ms(shift.start),
                until_ms=_ms(shift.end),
                every_ms=_ms(shift.every),
            )
            for shift in scenario.shifts
            for agent in shift.agents
        ),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


# Settings.


def _directory(scenario: Scenario) -> Directory:
    """As a server has it; keys are ids."""
    departments = [msgspec.structs.replace(each, hours=(), holidays=(), messages=()) for each in scenario.departments]
    choice = settings.Site(key=_SITE, departments=tuple(each.key for each in departments))
    rows = [
        *_rows("site", [*scenario.sites, choice]),
        *_rows("department", departments),
        *_rows("agent", scenario.agents),
        *(
            SettingRow(kind="rule", key=each.name, id=each.name, position=place, body=settings.to_json(each).decode())
            for place, each in enumerate(scenario.rules)
        ),
    ]
    return build(0, scenario.workspace, rows)


def _rows(kind: str, records: Iterable[settings.NamedRecord]) -> list[SettingRow]:
    return [
        SettingRow(kind=kind, key=each.key, id=each.key, position=place, body=settings.to_json(each).decode())
        for place, each in enumerate(records)
    ]


def _router_settings(directory: Directory, *, at_once: bool) -> model.WorkspaceSettings:
    """`at_once`: a ring that is accepted the moment it rings is an assignment, which is one step of the router less."""
    found = router_settings(directory)
    departments = {one: replace(department, idle_ms=0) for one, department in found.departments.items()}
    if at_once:
        departments = {
            one: department if department.method is model.Method.RING_ALL else replace(department, accept="auto")
            for one, department in departments.items()
        }
    return replace(found, departments=departments, confirm_ms=0)


# Who comes.


def _classes(scenario: Scenario, directory: Directory) -> tuple[lab.Kind, ...]:
    classes = scenario.classes or (Class(name="all"),)
    return tuple(_kind(each, place, directory) for place, each in enumerate(classes))


def _kind(said: Class, place: int, directory: Directory) -> lab.Kind:
    """What its conversations ask for, by rules where it does not say so itself. Rules that fail are passed over."""
    asked = Asked(
        site=said.site or _SITE,
        department=said.department or None,
        page={"url": said.page},
        language=said.language,
        country=said.country,
        text=said.text,
        form=said.form,
    )
    noon = int(datetime(2024, 1, 1, 12, tzinfo=directory.zone).timestamp() * 1000)  # a Monday: the lab has no date
    resolved = Intake(lambda: directory).resolve(asked, NOBODY_YET, now=noon)
    require, prefer = said.require, said.prefer
    return lab.Kind(
        name=said.name or f"class {place + 1}",
        department=model.DepartmentId(resolved.department),
        share=said.share,
        head_start_ms=resolved.head_start_ms if said.head_start is None else _ms(said.head_start),
        cost=said.cost,
        needs=_needs(
            resolved.needs.require if require is None else tuple(sorted(require.items())),
            resolved.needs.prefer if prefer is None else tuple(sorted(prefer.items())),
        ),
        reserve_for=tuple(map(model.AgentId, resolved.reserve_for)),
        reserve_ms=resolved.reserve_ms,
        overflow=tuple(map(model.DepartmentId, resolved.overflow)),
        rules=resolved.resolution.matched,
    )


def _needs(require: model.Skills, prefer: model.Skills) -> model.Needs:
    return model.Needs(require=require, prefer=prefer) if require or prefer else model.NO_NEEDS


# When, and for how long.


def _arrivals(scenario: Scenario, visits: tuple[lab.Visit, ...]) -> lab.Arrivals:
    said = scenario.arrivals
    if visits:
        return lab.Arrivals(visits=visits)
    if said.rate_per_min is not None:
        return lab.Arrivals(pieces=((0.0, said.rate_per_min / 60_000),))
    return lab.Arrivals(
        pieces=tuple((piece.start * 1000, piece.rate / 60_000) for piece in said.profile),
        period_ms=said.period * 1000,
    )


def _service(scenario: Scenario, trace: Sequence[Row]) -> lab.Service:
    """Of a trace, for those whose time it does not know: the mean of the others."""
    said = scenario.service
    known = [row.service_s for row in trace if row.service_s is not None]
    mean_s = said.mean_s if said.mean_s is not None else fmean(known) if known else 0.0
    if mean_s == 0:
        raise SettingsError("service: mean_s is missing, and nobody in the trace was served")
    return lab.Service(
        mean_ms=mean_s * 1000,
        distribution=said.distribution,
        cv=1.0 if said.cv is None else said.cv,
        slowdown=said.slowdown,
    )


def _recorded(directory: Directory, trace: Sequence[Row]) -> tuple[tuple[lab.Kind, ...], tuple[lab.Visit, ...]]:
    """Rows that ask for the same are one class."""
    kinds: dict[lab.Kind, int] = {}
    visits = []
    for row in trace:
        kind = _recorded_kind(directory, row)
        visits.append(
            lab.Visit(
                at_ms=_ms(row.at_s),
                kind=kinds.setdefault(kind, len(kinds)),
                service_ms=None if row.service_s is None else _ms(row.service_s),
                patience_ms=_ms(row.waited_s) if row.left else None,
                waited_ms=_ms(row.waited_s),
                accept_ms=None if row.accept_s is None else _ms(row.accept_s),
                wrap_up_ms=_ms(row.wrap_up_s) or None,  # none at all may have been the settings of that time
            )
        )
    return tuple(kinds), tuple(visits)


def _recorded_kind(directory: Directory, row: Row) -> lab.Kind:
    department = directory.department(row.department)
    if department is None:
        hint = nearest(row.department, directory.department_ids)
        raise SettingsError(f"the trace asks for department {literal(row.department)}, which does not exist{hint}")
    return lab.Kind(
        name=", ".join(filter(None, [row.department, row.language, *row.tags])),
        department=model.DepartmentId(department.id),
        head_start_ms=_ms(row.head_start_s),
        cost=row.cost,
        needs=_needs(tuple(sorted(row.require.items())), tuple(sorted(row.prefer.items()))),
        overflow=tuple(model.DepartmentId(each.id) for each in overflow_of(directory, department)),
    )
