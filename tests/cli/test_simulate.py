"""`frontdesk simulate`: what people and programs are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.cli import frontdesk

SCENARIO = """
conversations = 600
warm_up = 100
arrivals.rate_per_min = 0.9
service.mean_s = 300
promise.sample = 50

[[class]]
name = "plain"
share = 3
[[class]]
name = "urgent"
head_start = 120

[[department]]
key = "support"

[[agent]]
key = "a{1..3}"
max_slots = 2
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def simulate(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(frontdesk, ["simulate", *map(str, arguments)], input=given)


def as_json(*arguments: object) -> dict[str, Any]:
    done = simulate(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert done.stderr == "", "a bar is for terminals"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_all_that_was_measured(scenario: Path):
    found = as_json(scenario)
    waits = {"p_wait", "mean_s", "mean_waiting_s", "p50_s", "p90_s", "p95_s", "within"}
    assert set(found["wait"]) == set(found["se"]["wait"]) == waits
    assert set(found["wait"]["within"]) == {"20", "30", "60"}
    assert set(found["agents"]) == {"a1", "a2", "a3"}
    assert set(found["agents"]["a1"]) == {"occupancy", "assigned"}
    assert set(found["classes"]) == {"plain", "urgent"}
    assert set(found["classes"]["plain"]["wait"]) == waits
    assert found["departments"]["support"]["conversations"] == 500
    assert {"coverage_p80", "coverage_shown", "bias_s", "rase"} <= set(found["promise"])
    assert set(found["fairness"]) == {"gini", "max_skips"}
    assert {"decisions", "us_per_decision", "conversations_per_s"} <= set(found["router"])
    assert (found["reference"]["model"], found["reference"]["servers"]) == ("erlang_c", 6)
    assert found["abandoned_share"] == 0
    assert 0.5 < found["utilization"] < 1
    assert found["se"]["utilization"] > 0
    assert sum(each["assigned"] for each in found["agents"].values()) in range(490, 511)


def test_a_table_for_people(scenario: Path):
    done = simulate(scenario)
    assert done.exit_code == 0
    assert "600 conversations, 100 of them warm-up; seed 1" in done.stdout
    for words in ("have to wait", "mean wait", "19 of 20", "Erlang C", "slots in use", "a3", "urgent", "±"):
        assert words in done.stdout


def test_methods_side_by_side(scenario: Path):
    compared = ("--compare", "method=max_utilization,average_utilization")
    found = as_json(scenario, *compared)
    assert found["compare"] == "method"
    one, two = found["results"]["max_utilization"], found["results"]["average_utilization"]
    assert one["wait"] == two["wait"], "the same traffic, the same waits"
    assert one["fairness"]["gini"] > two["fairness"]["gini"]
    table = simulate(scenario, *compared).stdout
    assert "max_utilization  average_utilization" in table


@pytest.mark.parametrize("key", ["max_slots=2,3", "arrivals.rate_per_min=0.5,0.9", "service.cv=0.5,2", "seed=1,2"])
def test_what_can_be_compared(scenario: Path, key: str):
    if key.startswith("service"):
        scenario.write_text(SCENARIO + '[service]\nmean_s = 300\ndistribution = "lognormal"\n')
        scenario.write_text(scenario.read_text().replace("service.mean_s = 300\n", ""))
    one, two = as_json(scenario, "--compare", key)["results"].values()
    assert one["wait"] != two["wait"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("method", "at least two values"),
        ("method=random", "at least two values"),
        ("method=random,", "at least two values"),
        ("method=random,random", "named twice"),
        ("methods=random,priority", "did you mean"),
        ("name=a,b", "no key name"),
    ],
)
def test_what_cannot_be_compared(scenario: Path, said: str, reason: str):
    done = simulate(scenario, "--compare", said)
    assert done.exit_code == 2
    assert reason in " ".join(done.stderr.split())


def test_a_value_that_is_not_possible_is_refused_before_anything_runs(scenario: Path):
    done = simulate(scenario, "--compare", "method=random,fastest")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "method must be one of" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_scenario_is_one_sentence_with_its_place(scenario: Path):
    scenario.write_text(SCENARIO.replace("rate_per_min = 0.9", "rate_per_min = -1"))
    done = simulate(scenario)
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"{scenario}" in done.stderr
    assert "line 4" in done.stderr
    assert "above 0" in done.stderr


def test_a_trace_is_found_beside_the_scenario(scenario: Path):
    scenario.write_text(SCENARIO.replace("rate_per_min = 0.9", 'trace = "day.jsonl"').split("[[class]]")[0])
    with scenario.open("a") as more:
        more.write('[[agent]]\nkey = "a"\n')
    missing = simulate(scenario)
    assert missing.exit_code == 1
    assert "day.jsonl cannot be read" in missing.stderr
    rows = [f'{{"at_s": {at}, "department": "support", "service_s": 60}}' for at in range(0, 6000, 50)]
    (scenario.parent / "day.jsonl").write_text("\n".join(['{"frontdesk_trace": 1}', *rows]))
    assert as_json(scenario)["run"]["conversations"] == 120


def test_standard_input():
    done = simulate("-", given=SCENARIO)
    assert done.exit_code == 0


def test_more_than_can_be_served_is_said(scenario: Path):
    scenario.write_text(SCENARIO.replace("rate_per_min = 0.9", "rate_per_min = 3"))
    done = simulate(scenario)
    assert "the line grows without end" in done.stdout


def test_a_picture(scenario: Path, tmp_path: Path):
    pytest.importorskip("matplotlib")
    done = simulate(scenario, "--plot", tmp_path / "waits.png", "--compare", "method=random,priority")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "waits.png").read_bytes().startswith(b"\x89PNG")
    nowhere = simulate(scenario, "--plot", tmp_path / "nowhere" / "waits.png")
    assert nowhere.exit_code == 1
    assert "cannot be written" in nowhere.stderr


def test_without_what_draws(scenario: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    done = simulate(scenario, "--plot", "waits.png")
    assert done.exit_code == 1
    assert "frontdesk[plot]" in done.stderr


@pytest.mark.parametrize("path", sorted(Path("docs/scenarios").glob("*.toml")), ids=lambda path: path.name)
def test_the_examples_run(path: Path, tmp_path: Path):
    short = tmp_path / path.name
    text = path.read_text()
    lines = ["conversations = 300" if line.startswith("conversations") else line for line in text.splitlines()]
    short.write_text("\n".join("warm_up = 30" if line.startswith("warm_up") else line for line in lines))
    assert as_json(short)["run"]["counted"] == 270
