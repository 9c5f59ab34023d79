"""Impossible scenarios are refused as a whole, with the line and the reason; what may be left out is filled in."""

from __future__ import annotations

import pytest

from server.lab.building import plan
from server.lab.reading import read
from server.settings.problem import SettingsError

PLAIN = """seed = 1
conversations = 100
warm_up = 10

[arrivals]
rate_per_min = 2.0

[service]
mean_s = 300

[[department]]
key = "support"

[[agent]]
key = "a{1..10}"
"""


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as error:
        plan(read(text))
    return str(error.value)


def test_what_takes_more_slots_than_anybody_has_is_refused():
    told = refused(PLAIN + '\n[[class]]\nname = "large"\ncost = 4\n')
    assert told == 'line 19: class "large": no agent has 4 slots: nobody could ever take it'
    assert plan(read(PLAIN + "\n[[class]]\ncost = 3\n")).kinds[0].cost == 3


def test_what_is_left_out_has_a_default():
    found = plan(read(PLAIN))
    assert [agent.key for agent in found.settings.agents.values()] == [f"a{number}" for number in range(1, 11)]
    assert all(agent.members[0].department == "support" for agent in found.settings.agents.values())
    assert (found.conversations, found.warm_up, found.patience_ms, found.reaction.at_once) == (100, 10, None, True)
    assert found.settings.confirm_ms == 0
    smallest = plan(read('arrivals.rate_per_min = 1\nservice.mean_s = 60\n[[agent]]\nkey = "a"\n'))
    assert [department.key for department in smallest.settings.departments.values()] == ["support"]


@pytest.mark.parametrize(
    ("instead", "of", "line", "reason"),
    [
        ("conversations = 0", "conversations = 100", 2, "whole number from 1"),
        ("conversations = 1e5", "conversations = 100", 2, "whole number"),
        ("conversation = 100", "conversations = 100", 2, 'did you mean "conversations"'),
        ("warm_up = 100", "warm_up = 10", 3, "warm_up must leave"),
        ("warm_up = -1", "warm_up = 10", 3, "whole number from 0"),
        ("seed = -1", "seed = 1", 1, "whole number from 0"),
        ("rate_per_min = -2", "rate_per_min = 2.0", 6, "above 0"),
        ("rate_per_min = 0", "rate_per_min = 2.0", 6, "above 0"),
        ("rate_per_min = inf", "rate_per_min = 2.0", 6, "above 0"),
        ("rate_per_min = nan", "rate_per_min = 2.0", 6, "above 0"),
        ('rate_per_min = "2"', "rate_per_min = 2.0", 6, "above 0"),
        ("rate = 2", "rate_per_min = 2.0", 6, 'unknown key "rate"'),
        ("", "rate_per_min = 2.0", 5, "one of rate_per_min, profile and trace"),
        ("rate_per_min = 2\nprofile = [[0, 1]]", "rate_per_min = 2.0", 5, "one of rate_per_min, profile and trace"),
        ("profile = [[0, 1], [0, 2]]", "rate_per_min = 2.0", 6, "one after another"),
        ("profile = [[60, 1]]", "rate_per_min = 2.0", 6, "begins at 0"),
        ("profile = [[0, 0], [60, 0]]", "rate_per_min = 2.0", 6, "nobody ever comes"),
        ("profile = [[0, -1]]", "rate_per_min = 2.0", 6, "none of them negative"),
        ("profile = [[0, 1], [60, 2]]\nperiod = 60", "rate_per_min = 2.0", 7, "period must end after"),
        ("rate_per_min = 1\nperiod = 60", "rate_per_min = 2.0", 7, "period needs a profile"),
        ("", "mean_s = 300", 8, "mean_s is missing"),
        ("mean_s = 0", "mean_s = 300", 9, "above 0"),
        ("mean_s = 300\ncv = 2", "mean_s = 300", 10, "cv is for lognormal"),
        ('mean_s = 300\ndistribution = "lognormal"\ncv = 0', "mean_s = 300", 11, "above 0"),
        ('mean_s = 300\ndistribution = "normal"', "mean_s = 300", 10, "one of"),
        ("mean_s = 300\nslowdown = -0.1", "mean_s = 300", 10, "from 0"),
        ("mean_s = 300\n[patience]\nmean_s = -1", "mean_s = 300", 11, "from 0"),
        ("mean_s = 300\n[accept]\np_miss = 0.5\np_decline = 0.5", "mean_s = 300", 10, "together must be below 1"),
        ("mean_s = 300\n[accept]\np_miss = 1.5", "mean_s = 300", 11, "from 0 to below 1"),
        ("mean_s = 300\n[[class]]\nshare = 0", "mean_s = 300", 11, "add up to 0"),
        ("mean_s = 300\n[[class]]\nshare = -1", "mean_s = 300", 11, "0 or more"),
        ('mean_s = 300\n[[class]]\ndepartment = "suport"', "mean_s = 300", 11, 'did you mean "support"'),
        ("mean_s = 300\n[[class]]\nrequire = { danish = 11 }", "mean_s = 300", 11, "levels from 1 to 10"),
        ("mean_s = 300\n[[class]]\nhead_start = -1", "mean_s = 300", 11, "from 0"),
        ('mean_s = 300\n[[class]]\nname = "a"\n[[class]]\nname = "a"', "mean_s = 300", 13, "used twice"),
        ('key = "support"\nmethod = "fastest"', 'key = "support"', 13, "method must be one of"),
        ('key = "support"\noverflow = ["sales"]', 'key = "support"', 13, 'department "sales" does not exist'),
        ('key = "a{10..1}"', 'key = "a{1..10}"', 15, "a range goes up"),
        ('key = "a{1..100000}"', 'key = "a{1..10}"', 15, "fewer than"),
        ('key = "a{1..10}"\nmax_slots = 0', 'key = "a{1..10}"', 16, "from 1 to 1000"),
        ('key = "a{1..10}"\n[[agent.member]]\ndepartment = "sales"', 'key = "a{1..10}"', 17, "does not exist"),
        ('key = "a{1..3}"\n[[agent]]\nkey = "a2"', 'key = "a{1..10}"', 17, "used twice"),
        ('key = "A B"', 'key = "a{1..10}"', 15, "characters of a-z"),
        ('key = "a"\n[[shift]]\nagents = ["b"]\nend = 60', 'key = "a{1..10}"', 17, 'agent "b" does not exist'),
        ('key = "a"\n[[shift]]\nagents = ["a"]\nstart = 60\nend = 60', 'key = "a{1..10}"', 19, "end after its start"),
        ('key = "a"\n[[shift]]\nagents = ["a"]\nend = 60\nevery = 30', 'key = "a{1..10}"', 19, "before this one"),
        ('key = "a"\n[[rule]]\nname = "r"\nwhen = "nonsense"', 'key = "a{1..10}"', 18, "nonsense"),
        ("[[agent]", "[[agent]]", 14, "not TOML"),
    ],
)
def test_an_impossible_scenario(instead: str, of: str, line: int, reason: str):
    said = refused(PLAIN.replace(of, instead, 1))
    assert said.startswith(f"line {line}: "), said
    assert reason in said


def test_somebody_has_to_serve():
    assert "somebody has to serve" in refused("arrivals.rate_per_min = 1\nservice.mean_s = 60\n")


def test_what_is_wrong_with_ten_agents_of_one_table_is_said_once():
    said = refused(PLAIN + 'substitutes = ["nobody"]\n')
    assert said == 'line 16: agent "a1": agent "nobody" does not exist'


def test_a_trace_brings_its_own_classes():
    text = PLAIN.replace("rate_per_min = 2.0", 'trace = "day.jsonl"') + "[[class]]\nshare = 1\n"
    assert "a trace brings classes of its own" in refused(text)
