"""Settings over HTTP: what is read back is what was written, a change is whole or not at all, and live at once."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from router.model import DepartmentId
from server.settings.workspace import WorkspaceFile
from tests.http.office import Office


async def test_all_settings_come_with_every_key(desk: Office):
    answer = await desk.ask("GET", "/settings")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.body) == {"workspace", "limits", "site", "department", "agent", "bot", "rule"}
    support = answer.body["department"][0]
    assert (support["key"], support["ring_seconds"], support["hours"]) == ("support", 30, [])
    assert set(support) == {each.encode_name for each in msgspec.structs.fields(_field("departments"))}


def _field(name: str) -> Any:
    (kind,) = [each.type for each in msgspec.structs.fields(WorkspaceFile) if each.name == name]
    return kind.__args__[0]


async def test_what_was_read_changes_nothing_when_it_is_put_back(desk: Office):
    read = await desk.ask("GET", "/settings")
    checked = await desk.ask("POST", "/settings/check?prune=1", read.body)
    assert (checked.status, checked.body) == (200, {"changes": [], "problems": []})
    put = await desk.ask("PUT", "/settings?prune=1", read.body, If_Match=read.tag)
    assert (put.status, put.body, put.tag) == (200, read.body, read.tag)


async def test_a_record_is_read_written_and_removed(desk: Office):
    made = await desk.ask("PUT", "/departments/billing", {"name": "Billing", "ring_seconds": 12})
    assert (made.status, made.body["key"], made.body["ring_seconds"]) == (201, "billing", 12)
    again = await desk.ask("PUT", "/departments/billing", {**made.body, "method": "random"})
    assert (again.status, again.body["method"], again.body["ring_seconds"]) == (200, "random", 12)
    assert again.body == await desk.get("/departments/billing")
    assert [each["key"] for each in await desk.get("/departments")] == ["support", "sales", "billing"]
    gone = await desk.ask("DELETE", "/departments/billing")
    assert (gone.status, gone.body) == (204, None)
    assert (await desk.ask("GET", "/departments/billing")).code == (404, "not_found")
    assert (await desk.ask("DELETE", "/departments/billing")).code == (404, "not_found")


async def test_a_key_that_is_left_out_has_its_default(desk: Office):
    await desk.ask("PUT", "/departments/support", {"name": "Help", "ring_seconds": 12})
    answer = await desk.ask("PUT", "/departments/support", {"name": "Help"})
    assert answer.body["ring_seconds"] == 30


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("/sites/second", {"name": "Second", "origins": ["https://b.example"], "departments": ["sales"]}),
        ("/agents/dora", {"name": "Dora", "email": "dora@demo.example", "skills": {"danish": 3}}),
    ],
)
async def test_sites_and_agents_are_records_like_departments(desk: Office, path: str, record: dict[str, Any]):
    made = await desk.ask("PUT", path, record)
    assert made.status == 201
    assert record.items() <= made.body.items()
    assert made.body == await desk.get(path)
    assert made.body in await desk.get(path.rpartition("/")[0])
    assert (await desk.ask("DELETE", path)).status == 204


async def test_the_workspace_itself(desk: Office):
    before = await desk.get("/workspace")
    answer = await desk.ask("PUT", "/workspace", {**before, "grace_seconds": 7})
    assert (answer.status, answer.body) == (200, {**before, "grace_seconds": 7})
    assert (await desk.get("/settings"))["workspace"] == answer.body


async def test_rules_keep_the_order_they_are_given(desk: Office):
    rules = [
        {"name": "second", "when": "true", "tags": ["b"]},
        {"name": "first", "when": 'page.path.startsWith("/pricing")', "department": "sales"},
    ]
    answer = await desk.ask("PUT", "/rules", rules)
    assert answer.status == 200, answer
    assert [each["name"] for each in answer.body] == ["second", "first"]
    turned = await desk.ask("PUT", "/rules", answer.body[::-1])
    assert [each["name"] for each in turned.body] == ["first", "second"]
    assert turned.body == await desk.get("/rules")
    assert (await desk.ask("PUT", "/rules", [])).body == []


async def test_a_change_is_live_at_once(desk: Office):
    await desk.ask("PUT", "/departments/support", {"name": "Help", "ring_seconds": 12})
    found = desk.server.engine.directory.department("support")
    assert found is not None
    assert (found.settings.name, found.settings.ring_seconds) == ("Help", 12)
    assert desk.server.engine.router.settings.departments[DepartmentId(found.id)].ring_ms == 12_000


# What somebody else has changed since.


async def test_who_has_seen_older_settings_changes_nothing(desk: Office):
    seen = await desk.ask("GET", "/departments/support")
    await desk.ask("PUT", "/departments/sales", {"name": "Shop"})
    late = await desk.ask("PUT", "/departments/support", {"name": "Help"}, If_Match=seen.tag)
    assert late.code == (412, "conflict")
    assert (await desk.get("/departments/support"))["name"] == "Support"
    assert late.tag == (await desk.ask("GET", "/settings")).tag
    again = await desk.ask("PUT", "/departments/support", {"name": "Help"}, If_Match=f'"x", {late.tag}')
    assert again.status == 200
    assert (await desk.ask("DELETE", "/sites/demo", If_Match=late.tag)).code == (412, "conflict")
    assert (await desk.ask("PUT", "/departments/support", {"name": "Any"}, If_Match="*")).status == 200


async def test_of_two_who_saw_the_same_settings_one_changes_them(desk: Office):
    seen = (await desk.ask("GET", "/settings")).tag
    changes = [desk.ask("PUT", "/departments/support", {"ring_seconds": n}, If_Match=seen) for n in (11, 12, 13, 14)]
    answers = await asyncio.gather(*changes)
    assert sorted(answer.status for answer in answers) == [200, 412, 412, 412]
    (done,) = [answer.body["ring_seconds"] for answer in answers if answer.status == 200]
    assert (await desk.get("/departments/support"))["ring_seconds"] == done


async def test_who_means_to_create_replaces_nothing(desk: Office):
    ada = await desk.get("/agents/ada")
    taken = await desk.ask("PUT", "/agents/ada", {"email": "x@demo.example"}, If_None_Match="*")
    assert taken.code == (412, "conflict")
    assert await desk.get("/agents/ada") == ada
    assert (await desk.ask("PUT", "/agents/dora", {"email": "x@demo.example"}, If_None_Match="*")).status == 201


async def test_every_answer_carries_the_tag_of_what_it_leaves(desk: Office):
    put = await desk.ask("PUT", "/departments/support", {"name": "Help"})
    read = await desk.ask("GET", "/rules")
    gone = await desk.ask("DELETE", "/sites/demo")
    assert put.tag == read.tag != gone.tag == (await desk.ask("GET", "/workspace")).tag


# What is wrong.


async def test_every_problem_is_told_with_its_place_and_a_hint(desk: Office):
    before = await desk.get("/settings")
    answer = await desk.ask("PUT", "/departments/support", {"methd": "random", "ring_seconds": 0, "method": "ring_al"})
    assert answer.code == (400, "bad_request")
    problems = {tuple(each["path"]): each for each in answer.body["error"]["problems"]}
    assert set(problems) == {
        ("department", "support", "methd"),
        ("department", "support", "ring_seconds"),
        ("department", "support", "method"),
    }
    assert problems["department", "support", "methd"]["hint"] == 'did you mean "method"?'
    assert problems["department", "support", "method"]["hint"] == 'did you mean "ring_all"?'
    assert "from 1 to" in problems["department", "support", "ring_seconds"]["message"]
    assert answer.body["error"]["field"] in {"methd", "ring_seconds", "method"}
    assert await desk.get("/settings") == before


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/departments/support", {"overflow": ["sale"]}, ["department", "support", "overflow", 0]),
        ("/departments/support", {"hours": ["mon-fri 25:00-26:00"]}, ["department", "support", "hours"]),
        ("/departments/support", {"widen": [{"after": 5}]}, ["department", "support", "widen", 0, "after"]),
        ("/agents/ada", {"email": "ben@demo.example"}, ["agent", "ben", "email"]),
        ("/agents/ada", {"email": "a@b", "member": [{"department": "x"}]}, ["agent", "ada", "member", 0, "department"]),
        ("/sites/demo", {"origins": ["*"]}, ["site", "demo", "origins", 0]),
        ("/workspace", {"timezone": "Europe/Kopenhagen"}, ["workspace", "timezone"]),
        ("/rules", [{"name": "a", "when": "true", "department": "x"}], ["rule", 0, "department"]),
    ],
)
async def test_what_does_not_fit_together_is_refused(desk: Office, path: str, body: Any, where: list[str | int]):
    before = await desk.get("/settings")
    answer = await desk.ask("PUT", path, body)
    assert answer.code == (400, "bad_request")
    assert where in [each["path"] for each in answer.body["error"]["problems"]]
    assert await desk.get("/settings") == before


async def test_what_others_name_cannot_go(desk: Office):
    answer = await desk.ask("DELETE", "/departments/sales")
    assert answer.code == (400, "bad_request")
    paths = [each["path"] for each in answer.body["error"]["problems"]]
    assert ["agent", "ada", "member", 1, "department"] in paths
    assert ["site", "demo", "departments", 1] in paths


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"x"', 400),
        (b"\xff", 400),
        (b'{"name":', 400),
        (b"[" * 100_000, 400),
        (b'{"key":"sales"}', 400),
        (b'{"key":5}', 400),
        (b'{"name":"' + b"x" * 5_000_000 + b'"}', 413),
    ],
)
async def test_a_wrong_body_is_refused(desk: Office, body: bytes, status: int):
    answer = await desk.ask("PUT", "/departments/support", body, Content_Type="application/json")
    assert answer.status == status
    assert "Traceback" not in str(answer.body)


async def test_a_workspace_of_many_people_fits(desk: Office):
    file = await desk.get("/settings")
    more = [{"key": f"a{n}", "email": f"a{n}@demo.example"} for n in range(2_000)]
    answer = await desk.ask("PUT", "/settings", {**file, "agent": [*file["agent"], *more]})
    assert answer.status == 200
    assert len(answer.body["agent"]) == 2_005


# What a whole file would change.


async def test_a_check_tells_changes_and_problems_and_changes_nothing(desk: Office):
    before = await desk.ask("GET", "/settings")
    file = before.body
    file["department"][0]["ring_seconds"] = 12
    file["department"][0]["overflow"] = ["nowhere"]
    answer = await desk.ask("POST", "/settings/check", file)
    assert answer.status == 200
    (ring,) = [each for each in answer.body["changes"] if each["field"] == "ring_seconds"]
    assert (ring["kind"], ring["what"], ring["old"], ring["new"]) == ("changed", 'department "support"', 30, 12)
    assert ring["text"] == '~ department "support": ring_seconds 30 -> 12'
    assert [each["path"] for each in answer.body["problems"]] == [["department", "support", "overflow", 0]]
    assert (await desk.ask("GET", "/settings")).tag == before.tag


async def test_a_check_of_a_wrong_form_tells_its_problems_too(desk: Office):
    answer = await desk.ask("POST", "/settings/check", {"workspace": {"key": "demo"}, "departmnt": []})
    assert answer.status == 200
    assert answer.body["changes"] == []
    assert [(each["path"], each["hint"]) for each in answer.body["problems"]] == [
        (["departmnt"], 'did you mean "department"?')
    ]


async def test_a_file_of_another_workspace_is_refused(desk: Office):
    file = await desk.get("/settings")
    file["workspace"]["key"] = "other"
    assert (await desk.ask("PUT", "/settings", file)).code == (400, "bad_request")
    checked = await desk.ask("POST", "/settings/check", file)
    assert [each["path"] for each in checked.body["problems"]] == [["workspace", "key"]]


async def test_a_body_of_one_record_is_for_the_workspace_there_is(desk: Office):
    body = {"department": [{"key": "support", "method": "random"}]}
    checked = await desk.ask("POST", "/settings/check", body)
    assert checked.body["problems"] == []
    assert len(checked.body["changes"]) > 0
    put = await desk.ask("PUT", "/settings", body)
    assert {each["key"]: each["method"] for each in put.body["department"]}["support"] == "random"


async def test_what_a_body_does_not_name_stays_unless_it_is_pruned(desk: Office):
    await desk.ask("PUT", "/departments/billing", {})
    file = await desk.get("/settings")
    file["department"] = file["department"][:2]
    kept = await desk.ask("PUT", "/settings", file)
    assert [each["key"] for each in kept.body["department"]] == ["support", "sales", "billing"]
    pruned = await desk.ask("PUT", "/settings?prune=1", file)
    assert [each["key"] for each in pruned.body["department"]] == ["support", "sales"]
    assert (await desk.ask("PUT", "/settings?prune=maybe", file)).code == (400, "bad_request")


async def test_without_a_department_there_is_nowhere_to_go(desk: Office):
    file = await desk.get("/settings")
    empty = {**file, "department": [], "site": [], "agent": [{**each, "member": []} for each in file["agent"]]}
    empty["workspace"] = {**file["workspace"], "default_department": ""}
    answer = await desk.ask("PUT", "/settings?prune=1", empty)
    assert answer.code == (400, "bad_request")
    assert ["department"] in [each["path"] for each in answer.body["error"]["problems"]]


# Whoever asks stays in.


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/agents/root", None),
        ("PUT", "/agents/root", {"email": "root@demo.example"}),
        ("PUT", "/agents/root", {"email": "root@demo.example", "role": "supervisor"}),
        ("POST", "/agents/root/disable", None),
    ],
)
async def test_nobody_shuts_themselves_out(desk: Office, method: str, path: str, body: Any):
    assert (await desk.ask(method, path, body)).code == (409, "conflict")
    assert (await desk.get("/agents/root"))["role"] == "admin"


async def test_nobody_shuts_themselves_out_by_the_whole_file(desk: Office):
    file = await desk.get("/settings")
    file["agent"] = [each for each in file["agent"] if each["key"] != "root"]
    assert (await desk.ask("PUT", "/settings?prune=1", file)).code == (409, "conflict")
    assert (await desk.ask("PUT", "/settings", file)).status == 200


async def test_the_methods_are_explained(desk: Office):
    found = await desk.get("/methods", who="ada")
    assert [each["method"] for each in found] == [
        "ring_all",
        "max_utilization",
        "average_utilization",
        "priority",
        "random",
        "round_robin",
        "longest_idle",
    ]
    assert all(each["says"].endswith(".") for each in found)
