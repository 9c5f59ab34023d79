"""Asking why, asking what would be, and settings by REST: live at once on open sockets, refused to whoever may not."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import validate

from tests.blackbox.people import People, all_have_heard, whoever_rings
from tests.blackbox.process import COMMAND, Server
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import fresh
from tests.blackbox.workspace import agent, department, table, workspace


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "sales"],
        department("support", method="priority", reject_delay=0),
        department("sales", method="ring_all"),
        agent("ada", 1, {"support": 1, "sales": 50}),
        agent("ben", 3, {"support": 100, "sales": 50}),
        agent("sue", 1, {}, role="supervisor"),
        agent("root", 1, {}, role="admin"),
        table("[[rule]]", name="prices", when='page.path.startsWith("/pricing")', department="sales", tags=["gold"]),
        table("[[rule]]", name="danish", when='visitor.language == "da"') + "require = { danish = 3 }\n",
    )


class Rest:
    """Requests with a Bearer token, as a program makes them."""

    def __init__(self, people: People) -> None:
        self.people = people

    async def ask(self, method: str, path: str, who: str = "root", body: object = None) -> tuple[int, Any]:
        token = await self.people.token(who) if who else ""
        headers = {"Authorization": f"Bearer {token}"} if who else {}
        address = f"http://{self.people.server.address}/api/v1{path}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, address, headers=headers, json=body) as answer,
        ):
            return answer.status, json.loads(await answer.text() or "null")

    async def got(self, method: str, path: str, who: str = "root", body: object = None) -> Any:
        status, answer = await self.ask(method, path, who, body)
        assert status == 200, answer
        return answer

    async def refused(self, method: str, path: str, who: str = "root", body: object = None) -> tuple[int, Frame]:
        status, answer = await self.ask(method, path, who, body)
        assert status >= 400, answer
        error: Frame = answer["error"]
        return status, error


@pytest.fixture
def rest(people: People) -> Rest:
    return Rest(people)


def command(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words, "--data", str(server.data)], capture_output=True, text=True, timeout=60, check=False
    )


async def test_why_is_told_to_whom_it_concerns(people: People, rest: Rest, server: Server) -> None:
    ada, ben = await people.team("ada", "ben")
    visitor = await people.visitor(page={"url": "https://shop.example/help", "title": "Help", "referrer": ""})
    conversation = await visitor.start("support")
    await ada.decline(await ada.rings(conversation))
    await ben.takes(conversation)
    path = f"/conversations/{conversation}/why"
    why = await rest.got("GET", path)
    offers = [turn for turn in why["turns"] if turn["what"] == "offer"]
    assert [(offer["agent"]["key"], offer["outcome"]) for offer in offers] == [("ada", "declined"), ("ben", "accepted")]
    assert [offer["why"]["method"] for offer in offers] == ["priority", "priority"]
    assert all(turn["says"] for turn in why["turns"])
    assert await rest.got("GET", path, "ben") == await rest.got("GET", path, "sue") == why
    assert (await rest.refused("GET", path, ""))[1]["code"] == "unauthorised"
    assert (await rest.refused("GET", "/conversations/c_none/why"))[0] == 404
    told = command(server, "why", conversation)
    assert told.returncode == 0
    assert "Rang at Ada" in told.stdout
    assert json.loads(command(server, "why", conversation, "--json").stdout) == why
    assert command(server, "why", "c_none").returncode == 1


async def test_why_it_still_waits(people: People, rest: Rest) -> None:
    await people.team("ada", "ben")
    visitor = await people.visitor(language="da")
    conversation = await visitor.start("support", "Hej")
    why = await rest.got("GET", f"/conversations/{conversation}/why")
    assert (why["state"], why["rules"], why["needs"]["require"]) == ("waiting", ["danish"], {"danish": 3})
    assert {each["clause"]: each["count"] for each in why["waiting"]["excluded"]}["skills"] == 2


def matched(dry: Frame) -> list[str]:
    return [each["rule"] for each in dry["rules"] if each["outcome"] == "matched"]


async def test_a_dry_run_says_what_would_be_and_touches_nothing(people: People, rest: Rest, server: Server) -> None:
    ada, ben = await people.team("ada", "ben")
    before = await rest.got("GET", "/promises")
    body = {"page": {"url": "https://shop.example/pricing?x=1"}, "language": "en", "text": "How much?"}
    dry = await rest.got("POST", "/route", "sue", body)
    assert (dry["department"]["key"], matched(dry), dry["tags"]) == ("sales", ["prices"], ["gold"])
    assert (dry["queue"]["place"], dry["queue"]["serving"], dry["refused"]) == (1, True, None)
    plain = await rest.got("POST", "/route", "root", {})
    assert plain["why"]["chosen"]["agent"]["key"] == "ada"
    danish = await rest.got("POST", "/route", "root", {"language": "da", "text": "Hej"})
    assert (danish["needs"]["require"], danish["queue"]["serving"]) == ({"danish": 3}, False)
    await all_have_heard(ada, ben)
    assert (ada.offers, ben.offers) == ({}, {})
    assert (await rest.got("GET", "/promises"))["all"] == before["all"]
    assert (await rest.refused("POST", "/route", "ada", {}))[1]["code"] == "forbidden"
    mistakes: list[object] = [{"department": "nope"}, {"pag": {}}, {"page": "x"}, []]
    for wrong in mistakes:
        assert (await rest.refused("POST", "/route", "root", wrong))[0] in {400, 404}
    words = ("--page", "https://shop.example/pricing", "--language", "da", "--text", "Hvad koster det?")
    shown = command(server, "route", *words, "--json")
    asked = json.loads(shown.stdout)
    assert (asked["department"]["key"], matched(asked)) == ("sales", ["prices", "danish"])
    assert "Sales" in command(server, "route", *words).stdout
    assert command(server, "route", "--department", "nope").returncode == 1
    # And a real start goes the way that was told.
    visitor = await people.visitor()
    await ada.rings(await visitor.start("support"))


async def test_settings_are_the_admins_and_live_at_once(people: People, rest: Rest) -> None:
    ada, ben = await people.team("ada", "ben")
    visitor = await people.pair("support", ada)
    for path in ("/settings", "/departments/support", "/rules", "/agents"):
        assert (await rest.refused("GET", path, "ada"))[0] == (await rest.refused("GET", path, "sue"))[0] == 403
        assert (await rest.refused("GET", path, ""))[0] == 401
    record = await rest.got("GET", "/departments/support")
    assert (await rest.refused("PUT", "/departments/support", "sue", record))[0] == 403
    changed = record | {"name": "Helpers", "method": "ring_all"}
    assert await rest.got("PUT", "/departments/support", "root", changed) == changed
    try:
        await visitor.until(
            lambda event: (
                event.get("on") == "site" and any(each["name"] == "Helpers" for each in event["site"]["departments"])
            )
        )
        await ada.until(lambda event: event.get("on") == "department" and event["department"]["name"] == "Helpers")
        slots = await rest.got("GET", "/agents/ada")
        await rest.got("PUT", "/agents/ada", "root", slots | {"max_slots": 2})
        await ada.reach(lambda: ada.state["slots"] == {"used": 1, "max": 2})
        # Two slots now, and the new method: it rings at both.
        second = await people.visitor()
        conversation = await second.start("support")
        assert (await ada.rings(conversation))["method"] == "ring_all"
        await ben.takes(conversation)
        await rest.got("PUT", "/agents/ada", "root", slots)
    finally:
        await rest.got("PUT", "/departments/support", "root", record)


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"method": "longest_idel"}, "method", "longest_idle"),
    ({"max_line": -1}, "max_line", "not -1"),
    ({"ring_seconds": 0}, "ring_seconds", "not 0"),
    ({"ring_seconds": "30"}, "ring_seconds", "whole number"),
    ({"ring_waves": [[0, 3], [5, 1]], "method": "ring_all"}, "ring_waves", "more agents"),
    ({"overflow": ["sales"], "max_line": 1}, "overflow", ""),
    ({"overflow": ["support"]}, "overflow", "circle"),
    ({"overflow": ["slaes"]}, "overflow", "sales"),
    ({"hours": ["mon-fri 08:00-08:00"]}, "hours", "never open"),
    ({"holidays": ["2026-02-30"]}, "holidays", "2026-02-30"),
    ({"service_level": [1.5, 60]}, "service_level", "share"),
    ({"ring_second": 3}, "ring_second", "ring_seconds"),
    ({"widen": [{"after": 5}]}, "", "opens nothing"),
    ({"widen": [{"after": 5, "add_departments": ["slaes"]}]}, "", "sales"),
    ({"message": [{"when": "queud", "text": {"en": "x"}}]}, "", "queued"),
    ({"message": [{"when": "queued", "text": {}}]}, "", "text"),
]


async def test_a_wrong_department_is_refused_with_field_and_reason(rest: Rest) -> None:
    record = await rest.got("GET", "/departments/support")
    sales = await rest.got("GET", "/departments/sales")
    await rest.got("PUT", "/departments/sales", "root", sales | {"overflow": ["support"]})
    for change, field, word in WRONG:
        status, error = await rest.refused("PUT", "/departments/support", "root", record | change)
        assert (status, error["code"]) == (400, "bad_request"), change
        assert error["problems"][0]["path"][:2] == ["department", "support"], error
        assert field in error["problems"][0]["path"] or not field, error
        assert word in json.dumps(error), error
    assert await rest.got("GET", "/departments/support") == record
    await rest.got("PUT", "/departments/sales", "root", sales)


async def test_a_wrong_rule_is_refused_and_the_old_ones_stay(rest: Rest, people: People) -> None:
    rules = await rest.got("GET", "/rules")
    for when, word in (("page.path ==", "column 13"), ("pag.path == 'x'", "page"), ("1 + 1", "true or false")):
        status, error = await rest.refused("PUT", "/rules", "root", [*rules, {"name": "wrong", "when": when}])
        assert status == 400
        assert word in error["problems"][0]["message"] + error["problems"][0]["hint"], error
        assert error["problems"][0]["path"] == ["rule", len(rules), "when"]
    assert await rest.got("GET", "/rules") == rules
    # One that fails when it is asked is passed over; the conversation is there, and so are the other rules.
    broken = {"name": "broken", "when": "int(form.age) / 0 > 1", "tags": ["never"]}
    last = {"name": "last", "when": "true", "tags": ["always"]}
    await rest.got("PUT", "/rules", "root", [broken, *rules, last])
    team = await people.team("ada", "ben")
    visitor = await people.visitor()
    start = {"client_id": fresh("start"), "department": "support", "text": "Hi", "form": {"age": "7"}}
    visitor.openings.append("Hi")
    reply = await visitor.request("conversation.start", **start)
    visitor.conversation = reply["conversation"]["id"]
    chosen, offer = await whoever_rings(team, visitor.conversation)
    assert offer["conversation"]["tags"] == ["always"]
    await chosen.accept(offer)
    await rest.got("PUT", "/rules", "root", rules)
    assert visitor.transcript.texts() == ["Hi"]


async def test_the_description_describes_what_is_there(rest: Rest) -> None:
    described = await rest.got("GET", "/openapi.json", "")
    assert described["openapi"].startswith("3.1")
    paths = " ".join(described["paths"])
    for path in ("/conversations/{", "/route", "/promises", "/settings", "/login", "/departments/{"):
        assert path in paths, path
    validate(described)
