"""Scenarios become plans by the code that serves visitors: rules, overflow, reservations, settings."""

from __future__ import annotations

from itertools import islice

import pytest

from router.lab.plan import Visit
from router.lab.traffic import arrivals
from server.lab import traces
from server.lab.building import plan
from server.lab.reading import read
from server.settings.problem import SettingsError

TEAM = """
[service]
mean_s = 300
[[department]]
key = "support"
overflow = ["sales"]
hours = ["mon 08:00-08:01"]
  [[department.widen]]
  after = 60
  any_agent = true
[[department]]
key = "sales"
method = "ring_all"
ring_waves = [[0, 1], [15, 0]]
[[agent]]
key = "ada"
skills = { danish = 5 }
substitutes = ["ben"]
  [[agent.member]]
  department = "support"
  priority = 3
[[agent]]
key = "ben"
  [[agent.member]]
  department = "sales"
  max_slots = 1
"""

RULES = """
[[rule]]
name = "danes"
when = 'visitor.language == "da" && page.path.startsWith("/kob")'
department = "sales"
require = { danish = 3 }
head_start = 60
agent = "ada"
agent_seconds = 45
[[rule]]
name = "urgent words"
when = 'text.contains("now") || ("topic" in form && form["topic"] == "urgent")'
head_start = 120
[[rule]]
name = "fails for most, and is passed over"
when = 'form["nothing"] == "x"'
head_start = 999
[[class]]
name = "danes"
share = 2
language = "da"
page = "https://shop.example/kob?from=ad"
[[class]]
name = "loud"
text = "Help me now"
[[class]]
name = "own words"
form = { topic = "urgent" }
head_start = 5
require = { latin = 2 }
prefer = { greek = 7 }
cost = 2
"""


def test_classes_are_asked_about_as_visitors_are():
    danes, loud, own = plan(read("arrivals.rate_per_min = 1" + TEAM + RULES)).kinds
    assert (danes.name, danes.share, danes.department, danes.head_start_ms) == ("danes", 2, "sales", 60_000)
    assert danes.needs.require == (("danish", 3),)
    assert (danes.reserve_for, danes.reserve_ms) == (("ada", "ben"), 45_000)
    assert danes.rules == ("danes",)
    assert (loud.department, loud.head_start_ms, loud.overflow) == ("support", 120_000, ("sales",))
    assert (own.head_start_ms, own.cost) == (5_000, 2), "what the class says itself stands"
    assert (own.needs.require, own.needs.prefer) == ((("latin", 2),), (("greek", 7),))


def test_settings_are_the_servers():
    found = plan(read("arrivals.rate_per_min = 1" + TEAM)).settings
    support, sales = found.departments.values()
    assert support.widen[0].any_agent
    assert (sales.method, sales.ring_waves) == ("ring_all", ((0, 1), (15_000, 0)))
    ada, ben = found.agents.values()
    assert (ada.members[0].priority, ada.skills, ben.members[0].max_slots) == (3, {"danish": 5}, 1)


def test_a_profile_and_times():
    text = """
arrivals.profile = [[0, 6], [60, 12.0]]
arrivals.period = 120
service = { mean_s = 10, distribution = "lognormal", cv = 0.5, slowdown = 0.1 }
patience.mean_s = 2.5
accept = { mean_s = 3, p_miss = 0.1, p_decline = 0.2, back_s = 30 }
[[agent]]
key = "a"
[[shift]]
agents = ["a"]
start = 1
end = 61
every = 100
"""
    found = plan(read(text))
    assert found.arrivals.pieces == ((0, 1e-4), (60_000, 2e-4))
    assert found.arrivals.period_ms == 120_000
    service = found.service
    assert (service.mean_ms, service.distribution, service.cv, service.slowdown) == (10_000, "lognormal", 0.5, 0.1)
    assert found.patience_ms == 2_500
    assert (found.reaction.mean_ms, found.reaction.p_miss, found.reaction.back_ms) == (3_000, 0.1, 30_000)
    assert [(shift.agent, shift.from_ms, shift.until_ms, shift.every_ms) for shift in found.shifts] == [
        ("a", 1_000, 61_000, 100_000)
    ]


TRACE = """{"frontdesk_trace": 1}
{"at_s": 5, "department": "support", "left": true, "waited_s": 30}
{"at_s": 0, "department": "support", "language": "da", "tags": ["x"], "service_s": 60, "accept_s": 2, "waited_s": 2}
{"at_s": 9, "department": "sales", "head_start_s": 60, "require": {"danish": 3}, "service_s": 120, "wrap_up_s": 4}
"""


def test_recorded_traffic():
    found = plan(read('arrivals.trace = "x"' + TEAM), traces.load(TRACE))
    assert found.conversations == 3
    assert [kind.name for kind in found.kinds] == ["support, da, x", "support", "sales"]
    assert found.kinds[2].needs.require == (("danish", 3),)
    assert found.kinds[0].overflow == ("sales",)
    assert found.arrivals.visits[0] == Visit(at_ms=0, kind=0, service_ms=60_000, waited_ms=2_000, accept_ms=2_000)
    assert found.arrivals.visits[1].patience_ms == 30_000
    assert [each[:2] for each in islice(arrivals(found), 3)] == [(0, 0), (5_000, 1), (9_000, 2)]


def test_who_was_served_may_still_lose_patience_where_others_do():
    """At least as patient as they were, and then without memory."""
    text = 'arrivals.trace = "x"\npatience.mean_s = 10\n' + TEAM
    waits = [each[3] for each in arrivals(plan(read(text), traces.load(TRACE)))]
    assert waits[0] > 2_000
    assert waits[1] == 30_000


@pytest.mark.parametrize(
    ("trace", "reason"),
    [
        ("", "there are no conversations in it"),
        ('{"frontdesk_trace": 2}\n', "line 1"),
        ("nonsense", "line 1: it must begin with"),
        (TRACE + '{"at_s": -1, "department": "support"}', "line 5"),
        (TRACE + '{"at_s": 1, "department": "support", "text": "hello"}', "line 5"),
        (TRACE + '{"at_s": 1}', "line 5"),
    ],
)
def test_a_trace_that_is_none(trace: str, reason: str):
    with pytest.raises(traces.BadTrace, match=reason):
        traces.load(trace)


def test_a_trace_for_departments_that_are_not_there():
    with pytest.raises(SettingsError, match='department "sales", which does not exist'):
        plan(read('arrivals.trace = "x"\n[[agent]]\nkey = "a"\n'), traces.load(TRACE))


def test_a_row_and_its_text_are_the_same():
    rows = traces.load(TRACE)
    assert traces.load(traces.dump(rows)) == rows
