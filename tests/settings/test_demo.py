from __future__ import annotations

from server.settings.change import merge
from server.settings.check import check
from server.settings.demo import demo
from server.settings.dump import dump
from server.settings.parse import parse

DEMO = demo(origins=["http://127.0.0.1:8080"])


def test_the_demo_is_sound_and_complete():
    assert check(DEMO) == ()
    assert merge(None, DEMO) == DEMO
    assert parse(dump(DEMO)) == DEMO


def test_the_demo_is_the_documented_one():
    assert (DEMO.workspace.key, DEMO.workspace.default_department) == ("demo", "support")
    (site,) = DEMO.sites
    assert (site.key, site.name, site.origins) == ("demo", "Demo shop", ("http://127.0.0.1:8080",))
    assert {one.key: one.method for one in DEMO.departments} == {
        "support": "average_utilization",
        "sales": "ring_all",
    }


def test_the_people_of_the_demo():
    roles = {agent.key: agent.role for agent in DEMO.agents}
    assert roles == {"ada": "agent", "ben": "agent", "cleo": "agent", "sue": "supervisor", "root": "admin"}
    for agent in DEMO.agents:
        assert agent.email == f"{agent.key}@demo.example"
        departments = [member.department for member in agent.members]
        assert departments == (["support", "sales"] if agent.role == "agent" else [])
        assert agent.max_slots == 3


def test_support_speaks_three_languages_to_those_who_wait():
    messages = {message.when: message for message in DEMO.departments[0].messages}
    assert set(messages) == {"queued", "nobody"}
    for message in messages.values():
        assert set(message.text) == {"en", "da", "de"}
