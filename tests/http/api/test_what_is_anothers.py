"""What is another's is, over REST and sockets alike, what does not exist; and that somebody reached for it is kept.

The rows for sockets are in tests/desk/test_access.py: every request, person and state. Here is every route that names
something of one person, asked by each role about another's and about nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from server.desk.policy import Policy
from server.store import audit
from tests.http.api.table import operations
from tests.http.api.test_logins_and_audit import console
from tests.http.office import Office

# Routes whose objects belong to somebody: how to make one that is Ada's, and who may not know of it.
OWNED: dict[str, tuple[str, ...]] = {"why": ("ben", "cleo"), "endLogin": ("ben", "cleo", "sue", "root")}


def test_every_route_with_an_id_says_whose_it_is():
    """A new one needs a row; what admins may ask, they may ask of everybody."""
    named = {each.name for each in operations() if "{id}" in each.path and each.who is not Policy.ADMIN}
    assert named == set(OWNED)


async def objects(desk: Office) -> dict[str, str]:
    """Something of Ada's for each of them."""
    await desk.token("ada")
    ((login),) = await desk.get("/logins", who="ada")
    ada = await console(desk, await desk.token("ada"))
    await ada.send_json({"do": "status.set", "id": "2", "status": "available"})
    page = await desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url})
    await page.receive_json()
    await page.send_json({"do": "identify", "id": "1", "protocol": 1, "site": "demo"})
    await page.receive_json()
    await page.send_json({"do": "conversation.start", "id": "2", "client_id": "c", "text": "hello"})
    conversation = ""
    while not conversation:
        frame = await page.receive_json()
        conversation = frame.get("conversation", {}).get("id", "") if frame.get("re") == "2" else ""
    offer = ""
    while not offer:
        frame = await ada.receive_json()
        offer = frame["offer"] if frame.get("on") == "offer" else ""
    await ada.send_json({"do": "offer.accept", "id": "3", "offer": offer})
    while (await ada.receive_json()).get("re") != "3":
        pass
    return {"why": conversation, "endLogin": login["id"]}


async def refusals(desk: Office) -> list[dict[str, Any]]:
    await desk.server.store.write(lambda _tx: None)  # after what is still in the queue
    rows = await desk.server.store.read(audit.since)
    return [{"actor": row.actor, "target": row.target, **row.detail} for row in rows if row.action == "access.refused"]


async def test_anothers_is_as_nothing_and_the_reach_is_recorded(desk: Office):
    theirs = await objects(desk)
    for operation in (each for each in operations() if each.name in OWNED):
        path = operation.path.removeprefix("/api/v1")
        for who in OWNED[operation.name]:
            foreign = await desk.ask(operation.method, path.replace("{id}", theirs[operation.name]), who=who)
            nothing = await desk.ask(operation.method, path.replace("{id}", "c_nothing"), who=who)
            assert (foreign.status, foreign.body) == (nothing.status, nothing.body), (operation.name, who)
            assert foreign.code == (404, "not_found")
    kept = await refusals(desk)
    assert {row["target"] for row in kept} <= set(theirs.values())
    assert {row["actor"] for row in kept} == {desk.id(key) for key in ("ben", "cleo", "sue", "root")}
    # One a minute for each of them: whoever tries a thousand fills nothing.
    assert len(kept) == 4


@pytest.mark.parametrize(("path", "method"), [("/audit", "GET"), ("/settings", "GET"), ("/agents/ada/logout", "POST")])
async def test_what_a_role_may_not_do_is_recorded(desk: Office, path: str, method: str):
    assert (await desk.ask(method, path, who="ben")).code == (403, "forbidden")
    (row,) = await refusals(desk)
    assert (row["actor"], row["code"]) == (desk.id("ben"), "forbidden")


async def test_supervisors_see_which_conversations_are_open(desk: Office):
    theirs = await objects(desk)
    (one,) = await desk.get("/conversations", who="sue")
    assert (one["id"], one["state"], one["agent"]["key"]) == (theirs["why"], "active", "ada")
    assert one["bot"] is None
    assert one["visitor_id"].startswith("v_")
    assert "hello" not in str(one)
    assert (await desk.ask("GET", "/conversations", who="ada")).code == (403, "forbidden")


async def test_over_a_socket_too(desk: Office):
    theirs = await objects(desk)
    ben = await console(desk, await desk.token("ben"))
    answers = []
    for conversation in (theirs["why"], "c_nothing"):
        await ben.send_json({"do": "history", "id": "2", "conversation": conversation})
        frame = await ben.receive_json()
        while frame.get("re") != "2":
            frame = await ben.receive_json()
        answers.append(frame["error"])
    assert answers[0] == answers[1]
    (row,) = await refusals(desk)
    assert row == {"actor": desk.id("ben"), "target": theirs["why"], "asked": "history", "code": "not_found"}
