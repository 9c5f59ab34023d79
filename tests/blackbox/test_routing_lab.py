"""`frontdesk simulate` and `frontdesk export-trace` as somebody uses them who has only read what they take and give."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import COMMAND, Server, refused_start
from tests.blackbox.workspace import agent, department, workspace

PLAIN = """
seed = 3
conversations = 5000
warm_up = 500
[arrivals]
rate_per_min = 2.7
[service]
mean_s = 600
[[department]]
key = "support"
method = "average_utilization"
[[agent]]
key = "a{1..10}"
max_slots = 3
  [[agent.member]]
  department = "support"
"""
RICH = """
seed = 3
conversations = 3000
warm_up = 500
[arrivals]
profile = [[0, 2.0], [600, 6.0], [1200, 0.5]]
period = 1800
[service]
mean_s = 120
distribution = "lognormal"
cv = 1.2
slowdown = 0.1
[patience]
mean_s = 120
[[class]]
name = "danish"
share = 0.3
head_start = 300
require = { danish = 3 }
prefer = { billing = 2 }
[[class]]
name = "prices"
share = 0.2
page = "https://shop.example/pricing"
[[class]]
name = "else"
share = 0.5
[[department]]
key = "support"
method = "longest_idle"
[[department]]
key = "sales"
method = "ring_all"
[[agent]]
key = "dane-{1..2}"
max_slots = 3
skills = { danish = 5, billing = 1 }
  [[agent.member]]
  department = "support"
[[agent]]
key = "both-{1..2}"
max_slots = 2
  [[agent.member]]
  department = "support"
  priority = 10
  [[agent.member]]
  department = "sales"
[[rule]]
name = "prices"
when = 'page.path.startsWith("/pricing")'
department = "sales"
"""
WAIT = {"p_wait", "mean_s", "mean_waiting_s", "p50_s", "p90_s", "p95_s", "within"}


def simulate(folder: Path, scenario: str, *more: str) -> subprocess.CompletedProcess[str]:
    file = folder / "scenario.toml"
    file.write_text(scenario, encoding="utf-8")
    command = [COMMAND, "simulate", str(file), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def result(folder: Path, scenario: str, *more: str) -> Any:
    done = simulate(folder, scenario, "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_figure_is_there_with_its_standard_error(tmp_path: Path) -> None:
    got = result(tmp_path, PLAIN)
    assert set(got["wait"]) >= WAIT
    assert set(got["wait"]["within"]) >= {"20", "30", "60"}
    assert set(got["agents"]) == {f"a{n}" for n in range(1, 11)}
    assert all(set(each) >= {"occupancy", "assigned"} for each in got["agents"].values())
    assert sum(each["assigned"] for each in got["agents"].values()) == pytest.approx(4500, abs=40)
    assert set(got["promise"]) >= {"coverage_p80", "coverage_shown", "bias_s", "rase"}
    assert set(got["fairness"]) >= {"gini", "max_skips"}
    assert set(got["router"]) >= {"decisions", "us_per_decision"}
    assert got["abandoned_share"] == 0
    assert len(got["classes"]) == 1
    # The closed form, to the digits of the literature; the run is within four of its own standard errors of it.
    reference = got["reference"]
    assert reference["model"] == "erlang_c"
    assert reference["p_wait"] == pytest.approx(0.4714, abs=0.0001)
    assert reference["mean_s"] == pytest.approx(94.28, abs=0.01)
    assert reference["p95_s"] == pytest.approx(448.74, abs=0.01)
    assert abs(got["wait"]["p_wait"] - reference["p_wait"]) < 4 * got["se"]["wait"]["p_wait"]
    assert abs(got["wait"]["mean_s"] - reference["mean_s"]) < 4 * got["se"]["wait"]["mean_s"]
    assert got["se"]["utilization"] > 0
    assert got["se"]["agents"]["a1"]["occupancy"] > 0
    again = result(tmp_path, PLAIN)
    assert (again["wait"], again["agents"]) == (got["wait"], got["agents"]), "the same seed is the same traffic"
    assert result(tmp_path, PLAIN.replace("seed = 3", "seed = 4"))["wait"] != got["wait"]


def test_equal_agents_and_instant_accept_give_every_method_the_same_waits(tmp_path: Path) -> None:
    methods = (
        "ring_all",
        "max_utilization",
        "average_utilization",
        "priority",
        "random",
        "round_robin",
        "longest_idle",
    )
    got = result(tmp_path, PLAIN, "--compare", "method=" + ",".join(methods))
    assert (got["compare"], tuple(got["results"])) == ("method", methods)
    first = got["results"]["ring_all"]["wait"]
    assert first["mean_s"] > 0
    assert all(each["wait"] == first for each in got["results"].values())
    table = simulate(tmp_path, PLAIN.replace("5000", "1000"))
    assert table.returncode == 0
    assert "Erlang C" in table.stdout


def test_classes_rules_and_the_rest_of_the_keys(tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    got = result(tmp_path, RICH, "--plot", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert set(got["classes"]) == {"danish", "prices", "else"}
    counted = {name: each["conversations"] for name, each in got["classes"].items()}
    assert sum(counted.values()) == 2500
    assert counted["danish"] == pytest.approx(750, abs=100)
    assert set(got["classes"]["danish"]["wait"]) >= WAIT
    assert 0 < got["abandoned_share"] < 0.5
    assert got["reference"]["model"] == "none"
    assert got["reference"]["reason"]
    assert got["departments"]["sales"]["conversations"] > 0
    assert all(0 < each["occupancy"] < 1 for each in got["agents"].values())


IMPOSSIBLE = {
    ("rate_per_min = 2.7", "rate_per_min = 0"): (6, "rate_per_min"),
    ("mean_s = 600", "mean = 1"): (8, 'did you mean "mean_s"?'),
    ("warm_up = 500", "warm_up = 5000"): (4, "warm_up"),
    ('department = "support"', 'department = "suport"'): (16, 'did you mean "support"?'),
}


def test_impossible_numbers_are_refused_with_their_line(tmp_path: Path) -> None:
    for (old, new), (line, word) in IMPOSSIBLE.items():
        done = simulate(tmp_path, PLAIN.replace(old, new), "--json")
        assert (done.returncode, done.stdout) == (1, ""), new
        assert f"line {line}:" in done.stderr, done.stderr
        assert word in done.stderr
        assert "Traceback" not in done.stderr
    assert simulate(tmp_path, PLAIN, "--compare", "method=random,nothing").returncode != 0


@pytest.fixture(scope="module")
def workspace_file() -> str:
    members = {"support": 50, "sales": 50}
    return workspace(["support", "sales"], *[department(key) for key in members], agent("ada", 3, members))


async def test_recorded_traffic_is_replayed_under_other_settings(
    people: People, server: Server, tmp_path: Path
) -> None:
    ada = await people.agent("ada")
    for number in range(4):
        visitor = await people.pair("support" if number % 2 else "sales", ada, "a secret of mine")
        await ada.request("conversation.close", conversation=visitor.conversation)
    await ada.set_status("away", reason="lunch")
    gone = await people.visitor()
    await gone.start("support", "a secret of mine", form={"name": "Zo\u00eb", "email": "zoe@example.org"})
    await gone.end_conversation()
    trace = tmp_path / "trace.jsonl"
    done = refused_start([COMMAND, "export-trace", "--since", "1h", "--out", str(trace), "--data", str(server.data)])
    assert done.returncode == 0, done.stderr
    lines = trace.read_text(encoding="utf-8")
    assert len(lines.splitlines()) >= 5
    assert not [word for word in ("secret", "Zo", "zoe@", gone.conversation) if word in lines]
    scenario = """
[arrivals]
trace = "trace.jsonl"
[[department]]
key = "support"
method = "priority"
[[department]]
key = "sales"
[[agent]]
key = "new-{1..2}"
  [[agent.member]]
  department = "support"
  [[agent.member]]
  department = "sales"
"""
    got = result(tmp_path, scenario)
    assert got["departments"]["sales"]["conversations"] == 2
    assert got["departments"]["support"]["conversations"] == 3
    assert sum(each["assigned"] for each in got["agents"].values()) >= 4
    lost = scenario.replace('key = "sales"', 'key = "shop"').replace('department = "sales"', 'department = "shop"')
    refused = simulate(tmp_path, lost, "--json")
    assert refused.returncode == 1
    assert "sales" in refused.stderr
