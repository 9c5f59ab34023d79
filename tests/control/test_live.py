"""What is asked of a running server is done at once, and everybody who is connected sees it."""

from __future__ import annotations

import json

import pytest

from server.control import requests as ask
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.wire import Agent, login
from tests.control.asking import applied, asked, done, exported, without


async def fresh_console(people: People, key: str) -> Agent:
    return await people.agent(key, status="")


def named(records: list[dict[str, object]], key: str) -> dict[str, object]:
    (found,) = [record for record in records if record["key"] == key]
    return found


async def test_a_round_trip_changes_nothing(server: Server):
    assert await applied(server.data, await exported(server.data), prune=True) == ()


async def test_a_change_is_seen_at_once_and_a_fresh_snapshot_says_the_same(own_server: Server, own_people: People):
    ada = await own_people.agent("ada")
    visitor = await own_people.visitor()
    await visitor.start("sales", "Hello")
    text = await exported(own_server.data)
    text = text.replace('name = "Sales"', 'name = "Shop"').replace(
        'email = "ada@demo.example"', 'email = "ada@demo.example"\nskills = { danish = 8 }\nbreathing = 5'
    )
    text += '\n[[department]]\nkey = "billing"\nname = "Billing"\n'
    lines = await applied(own_server.data, text)
    assert '~ department "sales": name "Sales" -> "Shop"' in lines
    assert '+ department "billing"' in lines

    seen = await ada.until(lambda event: event["on"] == "department" and event["department"]["name"] == "Shop")
    assert [each["visitor"]["id"] for each in seen["department"]["line"]] == [visitor.me["id"]]
    added = await ada.until(lambda event: event["on"] == "department" and event["department"]["key"] == "billing")
    await ada.reach(lambda: ada.state["skills"] == {"danish": 8})
    await visitor.reach(lambda: visitor.conversations[visitor.conversation]["department"]["name"] == "Shop")
    site = await visitor.until(lambda event: event["on"] == "site")
    assert [each["name"] for each in site["site"]["departments"]] == ["Support", "Shop"]

    again = await fresh_console(own_people, "ada")
    assert named(again.snapshot["departments"], "sales") == seen["department"]
    assert named(again.snapshot["departments"], "billing") == added["department"]
    assert again.snapshot["agent"] == ada.state
    newcomer = await own_people.visitor()
    assert newcomer.snapshot["site"] == site["site"]


async def test_more_slots_take_more_at_once(own_server: Server, own_people: People):
    text = await exported(own_server.data)
    text = text.replace('email = "ada@demo.example"', 'email = "ada@demo.example"\nmax_slots = 1')
    await applied(own_server.data, text)
    ada = await own_people.agent("ada")
    await own_people.pair("support", ada)
    waiting = await own_people.visitor()
    conversation = await waiting.start("support", "Me too")
    await ada.all_heard()
    assert ada.ringing(conversation) is None
    await applied(own_server.data, text.replace("max_slots = 1", "max_slots = 2"))
    await ada.takes(conversation)
    assert (await fresh_console(own_people, "ada")).state["slots"] == {"used": 2, "max": 2}


async def test_a_broken_file_changes_nothing(server: Server):
    before = await exported(server.data)
    answer = await asked(server.data, ask.Apply(text=before.replace("ring_all", "ring_al")))
    assert not answer.ok
    assert answer.in_file
    assert answer.error.startswith("line ")
    assert "ring_all" in answer.error
    assert await exported(server.data) == before


async def test_a_dry_run_says_what_would_change_and_changes_nothing(server: Server):
    before = await exported(server.data)
    lines = await applied(server.data, before.replace('name = "Sales"', 'name = "Shop"'), dry_run=True)
    assert lines == ('~ department "sales": name "Sales" -> "Shop"',)
    assert await exported(server.data) == before


async def test_what_was_agreed_to_is_what_is_done(server: Server):
    before = await exported(server.data)
    answer = await asked(server.data, ask.Apply(text=before.replace('"Sales"', '"Shop"'), expected=("+ nonsense",)))
    assert not answer.ok
    assert "changed meanwhile" in answer.error
    assert await exported(server.data) == before


async def test_the_workspace_keeps_a_department(server: Server):
    text = '[workspace]\nkey = "demo"\nname = "Demo"\n'
    answer = await asked(server.data, ask.Apply(text=text, prune=True))
    assert not answer.ok
    assert "department" in answer.error


async def test_a_disabled_agent_is_out_until_enabled(own_server: Server, own_people: People):
    ada = await own_people.agent("ada")
    second = await fresh_console(own_people, "ada")
    ben = await own_people.agent("ben")
    await done(own_server.data, ask.AgentDisable(agent="ada"))
    assert await ada.ended() == 4501
    assert await second.ended() == 4501
    await ben.all_heard()
    assert (await login(own_server.address, "ada@demo.example"))[0] == 401
    await done(own_server.data, ask.AgentEnable(agent="ada"))
    status, body = await login(own_server.address, "ada@demo.example")
    assert status == 200
    own_people.server.tokens["ada"] = json.loads(body)["token"]
    for console in (ada, second):
        console.credentials["token"] = own_people.server.tokens["ada"]


async def test_a_new_password_ends_every_login(own_server: Server, own_people: People):
    ada = await own_people.agent("ada")
    await done(own_server.data, ask.AgentPassword(agent="ada", password="correct horse"))
    assert await ada.ended() == 4501
    await ada.connect()
    await ada.tell("identify", id="old", protocol=1, **ada.credentials)
    assert await ada.ended() == 4500
    assert (await login(own_server.address, "ada@demo.example"))[0] == 401
    status, body = await login(own_server.address, "ada@demo.example", "correct horse")
    assert status == 200
    ada.credentials["token"] = own_server.tokens["ada"] = json.loads(body)["token"]


async def test_a_new_agent_can_log_in_and_is_seen(own_server: Server, own_people: People):
    ada = await fresh_console(own_people, "ada")
    await done(
        own_server.data,
        ask.AgentAdd(
            key="dan",
            name="Dan",
            email="dan@demo.example",
            role="agent",
            departments=("support",),
            max_slots=2,
            password="correct horse",
        ),
    )
    told = await ada.until(lambda event: event["on"] == "agents" and "dan" in [one["key"] for one in event["agents"]])
    assert named(told["agents"], "dan")["status"] == "offline"
    status, body = await login(own_server.address, "dan@demo.example", "correct horse")
    assert status == 200
    own_server.tokens["dan"] = json.loads(body)["token"]
    await own_people.pair("support", await own_people.agent("dan"))
    lines = (await done(own_server.data, ask.AgentList())).lines
    assert "dan\tDan\tdan@demo.example\tagent\tsupport\t" in lines


async def test_the_conversation_of_a_removed_agent_goes_on_with_another(own_server: Server, own_people: People):
    ada = await own_people.agent("ada")
    visitor = await own_people.pair("support", ada)
    ben = await own_people.agent("ben")
    text = without(await exported(own_server.data), "agent", "ada")
    # The member tables of the agent went with it: they follow their agent in the file.
    lines = await applied(own_server.data, text, prune=True)
    assert lines == ('- agent "ada"',)
    assert await ada.ended() == 4501
    own_people.agents.remove(ada)
    removed = await ben.until(lambda event: event["on"] == "removed")
    assert (removed["agents"], removed["departments"]) == ([ada.me["id"]], [])
    again = await fresh_console(own_people, "ben")
    assert [each["key"] for each in again.snapshot["agents"]] == ["ben", "cleo", "sue", "root"]
    await ben.takes(visitor.conversation)
    await visitor.reach(lambda: (visitor.conversations[visitor.conversation]["agent"] or {}).get("key") == "ben")
    entries = await visitor.whole_history(visitor.conversation)
    assert [(entry["kind"], entry["from"]["name"]) for entry in entries if entry["kind"] in {"joined", "left"}] == [
        ("joined", "Ada"),
        ("left", "Ada"),
        ("joined", "Ben"),
    ]
    assert (await login(own_server.address, "ada@demo.example"))[0] == 401


async def test_the_line_of_a_removed_department_moves_to_the_default_one(own_server: Server, own_people: People):
    visitor = await own_people.visitor()
    conversation = await visitor.start("sales", "Hello")
    ben = await fresh_console(own_people, "ben")
    text = without(await exported(own_server.data), "department", "sales")
    text = text.replace('departments = ["support", "sales"]', 'departments = ["support"]')
    text = text.replace('\n  [[agent.member]]\n  department = "sales"\n', "")
    await applied(own_server.data, text, prune=True)
    await visitor.reach(lambda: visitor.conversations[conversation]["department"]["key"] == "support")
    removed = await ben.until(lambda event: event["on"] == "removed")
    assert removed["departments"] == [named(ben.snapshot["departments"], "sales")["id"]]
    ada = await own_people.agent("ada")
    await ada.takes(conversation)


async def test_an_agent_with_another_role_comes_back_with_it(own_server: Server, own_people: People):
    ada, ben = await own_people.team("ada", "ben")
    text = (await exported(own_server.data)).replace(
        'email = "ada@demo.example"', 'email = "ada@demo.example"\nrole = "supervisor"'
    )
    await applied(own_server.data, text)
    assert await ada.ended() == 4000
    await ada.enter()
    assert ada.me["role"] == "supervisor"
    await ben.all_heard()
    assert ben.connected


@pytest.mark.parametrize(
    "request_", [ask.AgentDisable(agent="adda"), ask.AgentPassword(agent="adda", password="p" * 9)]
)
async def test_an_unknown_agent_is_named_with_the_nearest(server: Server, request_: ask.AnyRequest):
    answer = await asked(server.data, request_)
    assert answer.error == 'There is no agent "adda", did you mean "ada"?'


async def test_a_short_password_is_refused(server: Server):
    answer = await asked(server.data, ask.AgentPassword(agent="ada", password="short"))
    assert not answer.ok
    assert "8 characters" in answer.error
