"""One's own logins over REST, and for admins the log of what was done."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import ClientWebSocketResponse

from tests.http.office import Office

PATIENCE_S = 5.0  # the bound of every way in which a login ends


async def console(desk: Office, token: str) -> ClientWebSocketResponse:
    ws = await desk.http.ws_connect(f"{desk.url}/ws/agent")
    await ws.receive_json()
    await ws.send_json({"do": "identify", "id": "1", "protocol": 1, "token": token})
    assert (await ws.receive_json())["ok"]
    return ws


async def closed(ws: ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        while not ws.closed:
            await ws.receive()
    return ws.close_code


async def test_one_login_is_ended_and_the_other_goes_on(desk: Office):
    mine = await desk.token("ada")
    other = (await desk.accounts.log_in(desk.id("ada"))).token
    kept, ended = await console(desk, mine), await console(desk, other)
    found: list[dict[str, Any]] = await desk.get("/logins", who="ada")
    assert [one["current"] for one in found] in ([False, True], [True, False])
    elsewhere = next(one["id"] for one in found if not one["current"])
    assert (await desk.ask("DELETE", f"/logins/{elsewhere}", who="ada")).status == 204
    assert await closed(ended) == 4501
    assert [one["current"] for one in await desk.get("/logins", who="ada")] == [True]
    assert not kept.closed
    await kept.close()


async def test_another_agents_login_is_not_there(desk: Office):
    await desk.token("ada")
    (adas,) = await desk.get("/logins", who="ada")
    real, unreal = [await desk.ask("DELETE", f"/logins/{each}", who="ben") for each in (adas["id"], "l_none")]
    assert (real.code, real.body) == (unreal.code, unreal.body) == ((404, "not_found"), unreal.body)
    assert len(await desk.get("/logins", who="ada")) == 1


async def test_whatever_ends_a_login_closes_its_sockets(desk: Office):
    ways: list[tuple[str, Any]] = [
        ("password", {"password": "a new one entirely"}),
        ("logout", None),
        ("disable", None),
    ]
    for way, body in ways:
        ws = await console(desk, (await desk.accounts.log_in(desk.id("ben"))).token)
        assert (await desk.ask("POST", f"/agents/ben/{way}", body)).status == 204
        assert await closed(ws) == 4501, way


async def test_ones_own_password_closes_the_sockets_of_other_logins(desk: Office):
    mine = await desk.token("ben")
    assert (await desk.ask("POST", "/agents/ben/password", {"password": "the first one"})).status == 204
    desk.tokens["ben"] = mine = (await desk.accounts.log_in(desk.id("ben"))).token
    kept, ended = await console(desk, mine), await console(desk, (await desk.accounts.log_in(desk.id("ben"))).token)
    wrong = await desk.ask("POST", "/password", {"current": "a guess", "password": "the second one"}, who="ben")
    assert (wrong.code, wrong.body["error"]["field"]) == ((400, "bad_request"), "current")
    short = await desk.ask("POST", "/password", {"current": "the first one", "password": "short"}, who="ben")
    assert short.code == (400, "bad_request")
    changed = {"current": "the first one", "password": "the second one"}
    assert (await desk.ask("POST", "/password", changed, who="ben")).status == 204
    assert await closed(ended) == 4501
    assert not kept.closed
    assert (await desk.ask("GET", "/logins", who="ben")).status == 200
    await kept.close()


async def test_a_role_is_another_at_once(desk: Office):
    ws = await console(desk, await desk.token("sue"))
    assert (await desk.ask("GET", "/promises", who="sue")).status == 200
    record = await desk.get("/agents/sue")
    assert (await desk.ask("PUT", "/agents/sue", {**record, "role": "agent"})).status == 200
    assert (await desk.ask("GET", "/promises", who="sue")).code == (403, "forbidden")
    assert await closed(ws) == 4000  # to come back as who they are now


async def test_admins_read_who_did_what(desk: Office):
    record = await desk.get("/agents/cleo")
    await desk.ask("PUT", "/agents/cleo", {**record, "role": "supervisor"})
    await desk.ask("POST", "/agents/cleo/disable")
    rows = (await desk.get("/audit?after=1"))["rows"]
    done = [(row["actor"], row["action"], row["target"]) for row in rows]
    assert ("owner", "login", desk.id("root")) in done
    assert (desk.id("root"), "agent.role", desk.id("cleo")) in done
    assert done[-1] == (desk.id("root"), "agent.disabled", desk.id("cleo"))
    assert (await desk.get(f"/audit?since={rows[-1]['at']}&limit=1"))["rows"][0]["number"] >= rows[0]["number"]
    for query in ("since=yesterday", "after=-1", "after=x", f"limit={'9' * 30}", "since=9999-12-31T23:59:59-14:00"):
        assert (await desk.ask("GET", f"/audit?{query}")).status in {200, 400}
    assert (await desk.ask("GET", "/audit?after=x")).code == (400, "bad_request")
