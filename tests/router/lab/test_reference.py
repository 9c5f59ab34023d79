"""Which closed form is put beside a run, and that none is where none holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from router.lab.plan import Arrivals, Kind, Plan, Reaction, Service, Shift
from router.lab.reference import reference
from router.model import AgentId, DepartmentId, Member, Method, Needs
from tests.router.building import agent, department, workspace
from tests.router.lab.plans import SUPPORT, plan

FIRST = Kind(name="first", department=SUPPORT, share=1.0, head_start_ms=60_000)
SECOND = Kind(name="second", department=SUPPORT, share=3.0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"arrivals": Arrivals(pieces=((0.0, 0.1), (1.0, 0.2)))}, "one rate"),
        ({"service": Service(mean_ms=1.0, distribution="deterministic")}, "not exponential"),
        ({"service": Service(mean_ms=1.0, slowdown=0.1)}, "slower"),
        ({"reaction": Reaction(mean_ms=1.0)}, "time to accept"),
        ({"shifts": (Shift(agent=AgentId("a1"), from_ms=0, until_ms=1),)}, "come and go"),
        ({"kinds": (replace(FIRST, cost=2),)}, "cost"),
        ({"kinds": (replace(FIRST, needs=Needs(require=(("danish", 1),))),)}, "everybody"),
        ({"settings": plan(wrap_up_ms=1).settings}, "wrap-up"),
        ({"settings": plan(max_line=1).settings}, "limited line"),
    ],
)
def test_there_is_none(changed: dict[str, Any], reason: str):
    found = reference(replace(plan(), **changed))
    assert found["model"] == "none"
    assert reason in str(found["reason"])


def two_departments(*members: str) -> Plan:
    settings = workspace(
        department("support"), department("sales"), agent("a1", *members), agent("a2", "support", "sales"), confirm_ms=0
    )
    both = (SECOND, Kind(name="other", department=DepartmentId("sales")))
    return replace(plan(), settings=settings, kinds=both)


def test_departments_with_the_same_people_are_one_pool():
    assert reference(two_departments("support", "sales"))["servers"] == 6
    assert reference(two_departments("support"))["model"] == "none"


def test_erlang_c_and_its_classes():
    found = reference(replace(plan(order="strict"), kinds=(SECOND, FIRST)))
    assert found["model"] == "erlang_c"
    assert "p95_s" not in found, "no quantiles where not everybody is served in the order of arrival"
    classes = cast("dict[str, Any]", found["classes"])
    assert classes["first"]["mean_s"] < cast("float", found["mean_s"]) < classes["second"]["mean_s"]
    aged = reference(replace(plan(), kinds=(SECOND, FIRST)))
    assert aged["mean_s"] == found["mean_s"], "the mean of all does not depend on the order"
    assert "classes" not in aged


def test_too_much_load():
    found = reference(plan(rate_per_min=5))
    assert (found["model"], found["stable"], found["utilization"]) == ("erlang_c", False, 1.0)
    assert "mean_s" not in found


def test_nobody_waits():
    found = reference(replace(plan(method=Method.PRIORITY), patience_ms=0.0))
    assert found["model"] == "erlang_b"
    occupied = [cast("float", each["occupancy"]) for each in cast("dict[str, Any]", found["agents"]).values()]
    assert occupied == sorted(occupied, reverse=True)
    assert "agents" not in reference(replace(plan(), patience_ms=0.0)), "only hunting in a known order has them"


def test_a_cap_is_no_pool():
    capped = workspace(department("support"), agent("a1", Member(department=SUPPORT, max_slots=1), max_slots=3))
    assert reference(replace(plan(), settings=capped))["model"] == "none"
