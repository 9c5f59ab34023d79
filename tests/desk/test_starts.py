"""A start on the whole desk: what the rules, the hours and the past make of it, and who hears of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from router import events
from server.desk import administration
from server.desk.acquaintance import history
from server.desk.intake import NOBODY_YET, Earlier
from server.desk.job import Job, ignore
from server.settings.workspace import Rule, WorkspaceFile
from server.store import conversations
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.client import Client

PRICING = {"url": "https://shop.example/pricing?utm=mail", "title": "Prices", "referrer": ""}


def ruled(*rules: dict[str, Any], **departments: dict[str, Any]) -> WorkspaceFile:
    """The demo workspace with these rules; Ben knows Danish, Cleo stands in for Ada."""
    file = settings(**departments)
    skills: dict[str, dict[str, Any]] = {"ben": {"skills": {"danish": 8}}, "ada": {"substitutes": ("cleo",)}}
    return replace(
        file,
        agents=tuple(replace(agent, **skills.get(agent.key, {})) for agent in file.agents),
        rules=tuple(msgspec.convert({"name": f"r{n}", "when": "true", **rule}, Rule) for n, rule in enumerate(rules)),
    )


async def team(desk: DeskBench) -> dict[str, Client]:
    return {key: await desk.agent(key, status="available") for key in ("ada", "ben", "cleo")}


def rung(people: dict[str, Client]) -> set[str]:
    return {key for key, client in people.items() if client.reading().offers}


def on_the_wall(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Copenhagen")).timestamp()) * 1000


async def until(desk: DeskBench, text: str) -> None:
    await desk.jump((on_the_wall(text) - desk.clock.now()) / 1000)


# Each action.


async def test_a_rule_sends_it_to_another_department(tmp_path: Path):
    file = ruled({"when": 'page.path.startsWith("/pricing")', "department": "sales"})
    async with bench(tmp_path, file) as desk:
        visitor = await desk.visitor(page=PRICING)
        reply = await visitor.ask("conversation.start", client_id="1", department="support", text="Hi")
        assert reply["conversation"]["department"]["key"] == "sales"
        other = await desk.visitor()
        reply = await other.ask("conversation.start", client_id="1", department="support", text="Hi")
        assert reply["conversation"]["department"]["key"] == "support"


async def test_a_rule_requires_a_skill_and_prefers_another(tmp_path: Path):
    file = ruled({"when": 'visitor.language == "da"', "require": {"danish": 5}, "prefer": {"billing": 2}})
    async with bench(tmp_path, file) as desk:
        people = await team(desk)
        await desk.start_conversation(await desk.visitor(language="da-DK"))
        assert rung(people) == {"ben"}
        shown = people["ben"].offer["conversation"]
        assert shown["needs"] == {"require": {"danish": 5}, "prefer": {"billing": 2}}
        assert people["ben"].offer["why"]["rules"] == ["r0"]


async def test_a_rule_gives_a_head_start(tmp_path: Path):
    file = ruled({"when": 'text == "urgent"', "head_start": 60})
    async with bench(tmp_path, file) as desk:
        await desk.start_conversation(await desk.visitor(), "calm")
        await desk.wait(30)
        urgent = await desk.visitor()
        reply = await urgent.ask("conversation.start", client_id="1", text="urgent")
        assert reply["conversation"]["queue"]["place"] == 1


async def test_a_rule_sets_the_language_of_notices_and_tags(tmp_path: Path):
    file = ruled({"when": 'visitor.country == "DK"', "language": "da", "tags": ["danish"]}, {"tags": ["all", "danish"]})
    async with bench(tmp_path, file) as desk:
        people = await team(desk)
        visitor = await desk.visitor(timezone="Europe/Copenhagen", language="en")
        conversation = await desk.start_conversation(visitor)
        (key,) = rung(people)
        shown = people[key].offer["conversation"]
        assert (shown["language"], shown["tags"]) == ("da", ["danish", "all"])
        await desk.check_law()
        row = await desk.store.read(lambda tx: conversations.find(tx, conversation))
        assert row is not None
        assert (row.language, row.tags) == ("da", ["danish", "all"])


async def test_a_rule_keeps_it_for_an_agent_for_a_while(tmp_path: Path):
    file = ruled({"agent": "ada", "agent_seconds": 20}, support={"ring_seconds": 10})
    async with bench(tmp_path, file) as desk:
        ada = await desk.agent("ada", status="busy")
        ben = await desk.agent("ben", status="available")
        await desk.start_conversation(await desk.visitor())
        assert rung({"ada": ada, "ben": ben}) == set()
        await desk.wait(19)
        assert rung({"ada": ada, "ben": ben}) == set()
        await desk.wait(2)
        assert rung({"ada": ada, "ben": ben}) == {"ben"}


async def test_the_substitute_comes_in_when_the_named_one_is_not_here(tmp_path: Path):
    async with bench(tmp_path, ruled({"agent": "ada"})) as desk:
        people = {key: await desk.agent(key, status="available") for key in ("ben", "cleo")}
        await desk.start_conversation(await desk.visitor())
        assert rung(people) == {"cleo"}


async def test_the_agent_of_the_last_conversation_is_asked_first(tmp_path: Path):
    async with bench(tmp_path, ruled(support={"prefer_last_agent": 30})) as desk:
        ben = await desk.agent("ben", status="available")
        visitor = await desk.visitor()
        conversation = await desk.start_conversation(visitor)
        await desk.accept(ben)
        await ben.ask("conversation.close", conversation=conversation)
        people = {"ben": ben, **{key: await desk.agent(key, status="available") for key in ("ada", "cleo")}}
        for _ in range(3):
            again = await desk.start_conversation(visitor)
            assert rung(people) == {"ben"}
            assert ben.offer["why"]["reason"] == "reserved"
            await visitor.ask("conversation.close", conversation=again)


async def test_who_comes_back_to_the_same_department_can_be_given_an_expert(tmp_path: Path):
    file = ruled({"when": "visitor.repeat && visitor.visits > 1", "require": {"danish": 8}})
    async with bench(tmp_path, file) as desk:
        people = await team(desk)
        visitor = await desk.visitor()
        first = await desk.start_conversation(visitor, department="support")
        assert people[min(rung(people))].offer["conversation"]["needs"] == {}
        await visitor.ask("conversation.close", conversation=first)
        other = await desk.start_conversation(visitor, department="sales")
        await visitor.ask("conversation.close", conversation=other)
        await desk.start_conversation(visitor, department="support")
        assert rung(people) == {"ben"}


async def test_a_rule_that_fails_loses_nothing(tmp_path: Path):
    file = ruled({"when": 'form.missing == "x"', "tags": ["a"]}, {"when": "1 / 0 == 1"}, {"tags": ["b"]})
    async with bench(tmp_path, file) as desk:
        people = await team(desk)
        visitor = await desk.visitor()
        conversation = await desk.start_conversation(visitor, "Hello")
        (key,) = rung(people)
        assert people[key].offer["conversation"]["tags"] == ["b"]
        assert people[key].offer["text"] == "Hello"
        assert dict(desk.intake.failures) == {"r0": 1, "r1": 1}
        await desk.check_law()
        # Onto the open one: no rule is asked.
        await visitor.ask("conversation.start", client_id="more", text="Are you there?")
        assert dict(desk.intake.failures) == {"r0": 1, "r1": 1}
        assert [row[3] for row in await desk.entries(conversation)][-1] == "Are you there?"


async def test_a_resent_start_asks_no_rule_again(tmp_path: Path):
    async with bench(tmp_path, ruled({"when": 'form.missing == "x"'})) as desk:
        visitor = await desk.visitor()
        once = await visitor.ask("conversation.start", client_id="1", text="Hi")
        again = await visitor.ask("conversation.start", client_id="1", text="Hi")
        assert again["conversation"]["id"] == once["conversation"]["id"]
        assert dict(desk.intake.failures) == {"r0": 1}


def change(desk: DeskBench, file: WorkspaceFile) -> None:
    """New settings, in the batch of whatever is asked next."""
    desk.engine.submit(
        Job(
            look=lambda tx: administration.revise(tx, file, desk.ids),
            plan=lambda _now, revision: administration.step(revision, desk.engine.directory),
            then=ignore,
        )
    )


async def test_settings_that_change_under_a_start_lose_nothing(tmp_path: Path):
    """In one batch: whom the rule names goes, then the visitor comes, whose way was decided by the rules of before."""
    file = ruled({"agent": "ada", "tags": ["old"]})
    async with bench(tmp_path, file) as desk:
        ben = await desk.agent("ben", status="available")
        visitor = await desk.visitor()
        without = replace(file, agents=tuple(each for each in file.agents if each.key != "ada"), rules=())
        change(desk, without)
        starting = visitor.begin("conversation.start", client_id="1", text="Hello")
        await desk.settle()
        assert starting.reply["ok"]
        kinds = {type(event) for event in desk.commits[-1].events}
        assert kinds >= {events.Configured, events.ConversationStarted}
        assert ben.offer["conversation"]["tags"] == ["old"]
        await desk.check_law()
        await desk.check_router()


async def test_a_department_that_goes_under_a_start_is_not_there(tmp_path: Path):
    file = ruled({"department": "sales"})
    async with bench(tmp_path, file) as desk:
        visitor = await desk.visitor()
        members = (replace(file.agents[0].members[0], department="support"),)
        without = replace(
            file,
            sites=(replace(file.sites[0], departments=("support",)),),
            departments=file.departments[:1],
            agents=tuple(replace(each, members=members if each.members else ()) for each in file.agents),
            rules=(),
        )
        change(desk, without)
        starting = visitor.begin("conversation.start", client_id="1", text="Hello")
        await desk.settle()
        assert starting.reply["error"]["code"] == "not_found"
        assert await desk.store.read(lambda tx: history(tx, visitor.me)) == NOBODY_YET
        # Asked again, as a client does that chooses anew.
        assert (await visitor.ask("conversation.start", client_id="2", text="Hello"))["ok"]


# What is known of them.


async def test_the_language_of_the_words_where_the_page_says_none(tmp_path: Path):
    async with bench(tmp_path, ruled({"when": 'visitor.language == "da"', "department": "sales"})) as desk:
        people = await team(desk)
        visitor = await desk.visitor()
        await desk.start_conversation(visitor, "Hej, jeg vil gerne have hjælp med min ordre")
        assert people["ada"].offer["conversation"]["language"] == "da"
        assert people["ada"].offer["conversation"]["department"]["key"] == "sales"
        silent = await desk.visitor()
        await desk.start_conversation(silent, None)
        assert {client.reading().offers[-1]["conversation"]["language"] for client in people.values()} >= {"en"}


async def test_the_country_that_a_proxy_told(tmp_path: Path):
    async with bench(tmp_path, ruled({"when": 'visitor.country == "SE"', "department": "sales"})) as desk:
        visitor = desk.stranger("visitor", {"site": "demo"})
        visitor.peer.country = "se"
        await visitor.identify(timezone="Europe/Copenhagen")
        reply = await visitor.ask("conversation.start", client_id="1", text="Hej")
        assert reply["conversation"]["department"]["key"] == "sales"


async def test_what_the_store_knows_of_a_visitor(tmp_path: Path):
    async with bench(tmp_path) as desk:
        ben = await desk.agent("ben", status="available")
        visitor = await desk.visitor()
        assert await desk.store.read(lambda tx: history(tx, visitor.me)) == NOBODY_YET
        first = await desk.start_conversation(visitor, form={"name": "Vera", "email": "v@shop.example"})
        await desk.accept(ben)
        await desk.wait(60)
        await ben.ask("conversation.close", conversation=first)
        closed_at = desk.clock.now()
        await desk.wait(60)
        await desk.start_conversation(visitor, department="sales")
        found = await desk.store.read(lambda tx: history(tx, visitor.me))
        ids = desk.engine.directory.department_ids
        assert (found.visits, found.name, found.email) == (2, "Vera", "v@shop.example")
        assert found.earlier == (
            Earlier(department=ids["sales"], agent=None, at=desk.clock.now()),
            Earlier(department=ids["support"], agent=desk.engine.directory.agent_ids["ben"], at=closed_at),
        )


async def test_the_past_of_a_visitor_is_read_by_an_index(tmp_path: Path):
    async with bench(tmp_path) as desk:
        statement = (
            "EXPLAIN QUERY PLAN SELECT department, owner, COALESCE(closed_at, started_at) FROM conversation "
            "WHERE visitor = ? ORDER BY n DESC LIMIT ?"
        )
        steps = await desk.store.read(lambda tx: [row[3] for row in tx.all(statement, ("v_1", 50))])
        assert steps == ["SEARCH conversation USING INDEX conversation_visitor (visitor=?)"]


# Hours.

OFFICE = {"hours": ("mon-fri 08:00-18:00",)}


async def test_outside_hours_nothing_is_written_and_it_is_said_when_it_opens(tmp_path: Path):
    async with bench(tmp_path, ruled(support=OFFICE)) as desk:
        await until(desk, "2026-01-03 12:00")  # a Saturday
        people = await team(desk)
        visitor = await desk.visitor()
        reply = await visitor.ask("conversation.start", client_id="1", text="Hello")
        assert reply["error"] == {
            "code": "outside_hours",
            "message": "Support is closed. It opens on Monday at 08:00 (Europe/Copenhagen).",
            "field": "department",
        }
        assert rung(people) == set()
        assert await desk.store.read(lambda tx: history(tx, visitor.me)) == NOBODY_YET
        # The same request, sent again on Monday, is a new one: nothing became of the first.
        await until(desk, "2026-01-05 08:00")
        reply = await visitor.ask("conversation.start", client_id="1", text="Hello")
        assert reply["ok"]
        await desk.check_law()


async def test_outside_hours_the_overflow_takes_it(tmp_path: Path):
    async with bench(tmp_path, ruled(support={**OFFICE, "overflow": ("sales",)})) as desk:
        await until(desk, "2026-01-03 12:00")
        visitor = await desk.visitor()
        reply = await visitor.ask("conversation.start", client_id="1", department="support", text="Hello")
        assert reply["conversation"]["department"]["key"] == "sales"


async def test_a_full_line_overflows_and_the_conversation_is_where_it_is_said_to_be(tmp_path: Path):
    async with bench(tmp_path, ruled(support={"max_line": 1, "overflow": ("sales",)})) as desk:
        first, second = await desk.visitor(), await desk.visitor()
        await desk.start_conversation(first)
        reply = await second.ask("conversation.start", client_id="1", text="Hello")
        assert reply["conversation"]["department"]["key"] == "sales"
        found = desk.engine.open.get(reply["conversation"]["id"])
        assert found is not None
        assert found.department == desk.engine.directory.department_ids["sales"]
        await desk.check_law()


def departments(site: dict[str, Any]) -> dict[str, tuple[bool, bool, str | None]]:
    return {each["key"]: (each["open"], each["in_hours"], each["opens_at"]) for each in site["departments"]}


async def test_a_site_tells_who_is_open_and_when_it_opens(tmp_path: Path):
    async with bench(tmp_path, ruled(support=OFFICE)) as desk:
        await until(desk, "2026-01-05 07:59")
        await desk.agent("ada", status="available")
        visitor = await desk.visitor()
        monday = "2026-01-05T07:00:00.000Z"
        assert departments(visitor.snapshot["site"]) == {
            "support": (False, False, monday),
            "sales": (True, True, None),
        }
        desk.hours.look()
        await desk.settle()
        assert desk.hours.seconds() == pytest.approx(30)
        await desk.jump(50)
        assert desk.hours.seconds() == pytest.approx(10.001)
        heard = len(visitor.told("site"))
        desk.hours.look()
        await desk.settle()
        assert len(visitor.told("site")) == heard
        await desk.jump(10)
        desk.hours.look()
        await desk.settle()
        assert departments(visitor.told("site")[-1]["site"]) == {
            "support": (True, True, None),
            "sales": (True, True, None),
        }
        await desk.check_law()
        await until(desk, "2026-01-05 18:00")
        desk.hours.look()
        await desk.settle()
        assert departments(visitor.told("site")[-1]["site"])["support"] == (False, False, "2026-01-06T07:00:00.000Z")
        await desk.check_law()


async def test_an_opening_between_new_settings_and_the_next_look_is_told(tmp_path: Path):
    async with bench(tmp_path, ruled(support=OFFICE)) as desk:
        await until(desk, "2026-01-05 07:59")
        visitor = await desk.visitor()
        desk.hours.look()
        await desk.settle()
        await desk.configure(ruled(support={**OFFICE, "wrap_up": 5}))
        assert departments(visitor.told("site")[-1]["site"])["support"][1] is False
        await desk.jump(60)
        desk.hours.look()
        await desk.settle()
        assert departments(visitor.told("site")[-1]["site"])["support"][1] is True


async def test_new_hours_are_told_at_once(tmp_path: Path):
    async with bench(tmp_path, ruled()) as desk:
        await until(desk, "2026-01-03 12:00")
        visitor = await desk.visitor()
        assert departments(visitor.snapshot["site"])["support"] == (False, True, None)
        await desk.configure(ruled(support=OFFICE))
        assert departments(visitor.told("site")[-1]["site"])["support"] == (False, False, "2026-01-05T07:00:00.000Z")
        reply = await visitor.ask("conversation.start", client_id="1", department="support", text="Hello")
        assert reply["error"]["code"] == "outside_hours"
