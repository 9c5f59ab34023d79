"""Reasons, dry runs and promises over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from server.store import conversations, visitors
from server.store.base import Tx
from server.store.rows import VisitorRow
from tests.http.office import Office


async def test_a_dry_run_says_where_a_visitor_would_go(desk: Office):
    rule = {"name": "pricing", "when": 'page.path.startsWith("/pricing")', "department": "sales", "head_start": 60}
    await desk.ask("PUT", "/rules", [rule])
    visitor = {"page": {"url": "https://shop.example/pricing"}, "language": "da", "text": "Hvad koster det?"}
    answer = await desk.ask("POST", "/route", visitor, who="sue")
    assert answer.status == 200
    assert answer.body["rules"] == [{"rule": "pricing", "outcome": "matched", "reason": ""}]
    assert (answer.body["asked"]["key"], answer.body["department"]["key"]) == ("support", "sales")
    assert (answer.body["head_start_s"], answer.body["language"]) == (60, "da")
    assert answer.body["queue"] == {"place": 1, "ahead": 0, "wait": None, "serving": False}
    assert [each["agent"]["key"] for each in answer.body["why"]["candidates"]] == ["ada", "ben", "cleo"]
    assert answer.body["excluded"] == [{"clause": "status", "count": 3, "says": "Has not set the status to available."}]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"site": "nowhere"}, (404, "not_found")),
        ({"department": "nowhere"}, (404, "not_found")),
        ({"country": "Denmark"}, (400, "bad_request")),
        ({"text": "x" * 8_001}, (400, "bad_request")),
        ({"form": {str(n): "x" for n in range(33)}}, (400, "bad_request")),
        ({"visitor": "v_1"}, (400, "bad_request")),
        ([], (400, "bad_request")),
        ({"text": "x" * 70_000}, (413, "too_large")),
    ],
    ids=range(8),
)
async def test_a_visitor_who_cannot_be_is_refused(desk: Office, body: Any, code: tuple[int, str]):
    assert (await desk.ask("POST", "/route", body)).code == code


async def test_reasons_of_what_is_not_there(desk: Office):
    for who in ("ada", "sue", "root"):
        answer = await desk.ask("GET", "/conversations/c_nothing/why", who=who)
        assert answer.code == (404, "not_found")


async def test_reasons_are_read_by_supervisors_and_by_nobody_else_whose_it_is_not(desk: Office):
    workspace, department = desk.server.engine.directory.workspace_id, "support"
    found = desk.server.engine.directory.department(department)
    assert found is not None

    def kept(tx: Tx) -> None:
        vera = VisitorRow(
            id="v_1", site="demo", name="Vera", email="", language="en", timezone="", subject=None, visits=1
        )
        visitors.put(tx, workspace, vera, at=1)
        conversations.create(
            tx,
            id="c_1",
            workspace=workspace,
            site="demo",
            visitor="v_1",
            department=found.id,
            started_at=1,
            language="en",
            page={},
            form={},
        )
        conversations.close(tx, "c_1", owner=desk.id("ada"), at=2)

    await desk.server.store.write(kept)
    allowed = {who: (await desk.ask("GET", "/conversations/c_1/why", who=who)).status for who in ("ada", "ben", "sue")}
    assert allowed == {"ada": 200, "ben": 404, "sue": 200}
    answer = await desk.get("/conversations/c_1/why")
    assert (answer["state"], answer["department"]["key"], answer["agent"]["key"]) == ("closed", "support", "ada")
    assert (answer["turns"], answer["waiting"]) == ([], None)


async def test_promises_that_nobody_made_have_no_figures(desk: Office):
    answer = await desk.get("/promises", who="sue")
    assert (answer["window"], answer["whole"], answer["departments"]) == ("24h", True, [])
    assert (answer["all"]["told"], answer["all"]["coverage_p80"], answer["all"]["bias_s"]) == (0, None, None)
    assert (await desk.get("/promises?window=7d"))["window"] == "7d"


async def test_promises_of_no_such_window(desk: Office):
    answer = await desk.ask("GET", "/promises?window=1y")
    assert answer.code == (400, "bad_request")
    assert answer.body["error"]["field"] == "window"
