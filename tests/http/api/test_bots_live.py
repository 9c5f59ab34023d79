"""What is seen of a bot that talks over a real socket, and tried out over another."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from tests.http.office import Office


@pytest.fixture
async def bots(desk: Office) -> Office:
    support = await desk.get("/departments/support")
    assert (await desk.ask("PUT", "/departments/support", {**support, "first": "bot:faq"})).status == 200
    return desk


class Socket:
    """A connection that asks and waits."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self._number = 0

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        self._number += 1
        await self.socket.send_json({"do": do, "id": str(self._number), **fields})
        return await self.until(lambda frame: frame.get("re") == str(self._number))

    async def until(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while not (self.heard and wanted(self.heard[-1])):
                self.heard.append(await self.socket.receive_json())
        return self.heard[-1]


async def bot(desk: Office, token: str, **more: Any) -> Socket:
    made = Socket(await desk.http.ws_connect(f"{desk.url}/ws/bot"))
    assert (await made.ask("identify", protocol=1, token=token, **more))["ok"]
    return made


async def visitor(desk: Office, **more: Any) -> Socket:
    made = Socket(await desk.http.ws_connect(f"{desk.url}/ws/visitor", headers={"Origin": desk.url}))
    assert (await made.ask("identify", protocol=1, site="demo", **more))["ok"]
    return made


async def token(desk: Office) -> dict[str, Any]:
    made = await desk.ask("POST", "/bots/faq/tokens", {})
    assert made.status == 201
    found: dict[str, Any] = made.body
    return found


async def seen(desk: Office) -> dict[str, Any]:
    (found,) = await desk.get("/bots")
    assert isinstance(found, dict)
    return found


async def started(page: Socket) -> str:
    return str((await page.ask("conversation.start", client_id="s", text="Hello"))["conversation"]["id"])


async def test_an_answer_is_counted_and_a_chat_that_ends_with_the_bot_is_deflected(bots: Office):
    made = await token(bots)
    program = await bot(bots, made["token"], name="laptop")
    page = await visitor(bots)
    conversation = await started(page)
    before = await seen(bots)
    assert (before["started"], before["conversations"], before["waiting"]) == (1, 1, 1)
    assert before["oldest_unanswered_at"] is not None
    assert [each["name"] for each in before["connections"]] == ["laptop"]
    await program.ask("message.send", conversation=conversation, client_id="a", text="An answer")
    await page.ask("conversation.close", conversation=conversation)
    after = await seen(bots)
    assert (after["answered"], after["deflected"], after["conversations"], after["waiting"]) == (1, 1, 0, 0)
    assert 0 <= after["answer_p50_ms"] <= after["answer_p95_ms"] < 10_000
    *_, today = await bots.get("/bots/faq/days")
    assert (today["ended"], today["deflected"]) == (1, 1)
    refused = await program.ask("message.send", conversation=conversation, client_id="b", text="Still there?")
    assert (await seen(bots))["last_error"]["code"] == refused["error"]["code"] == "closed"


async def test_frames_are_as_they_were_sent_without_the_token(bots: Office):
    made = await token(bots)
    program = await bot(bots, made["token"])
    page = await visitor(bots)
    conversation = await started(page)
    said = f"I am {made['token']}, do not tell"
    await program.ask("message.send", conversation=conversation, client_id="a", text=said)
    (log,) = await bots.get("/bots/faq/frames")
    assert made["token"] not in json.dumps(log)
    frames = [(each["dir"], json.loads(each["frame"])) for each in log["frames"] if each["bytes"] < 2048]
    sent = [frame for direction, frame in frames if direction == "in"]
    assert [(each["do"], each["text"]) for each in sent] == [("message.send", "I am fdb_..., do not tell")]
    came = [frame for direction, frame in frames if direction == "out"]
    assert any(each.get("on") == "entry" and each["text"] == "Hello" for each in came)
    assert any(each.get("re") == sent[0]["id"] and each["ok"] for each in came)


async def test_a_token_that_is_revoked_closes_its_socket(bots: Office):
    made = await token(bots)
    program = await bot(bots, made["token"])
    assert (await bots.ask("DELETE", f"/bots/faq/tokens/{made['id']}")).status == 204
    async with asyncio.timeout(1):
        while not program.socket.closed:
            await program.socket.receive()
    assert program.socket.close_code == 4501
    (log,) = await bots.get("/bots/faq/frames")
    assert log["ended"] is not None
    assert (await seen(bots))["connections"] == []


async def test_why_a_connection_was_ended_is_its_last_error(bots: Office):
    program = await bot(bots, (await token(bots))["token"])
    await program.socket.send_bytes(b"no text")
    async with asyncio.timeout(10):
        while not program.socket.closed:
            await program.socket.receive()
    assert (await seen(bots))["last_error"]["code"] == str(program.socket.close_code) == "4505"


async def test_a_bot_that_leaves_by_itself_has_no_error(bots: Office):
    program = await bot(bots, (await token(bots))["token"])
    await program.socket.close()
    assert (await seen(bots))["last_error"] is None


async def test_a_try_out_goes_to_its_bot_and_counts_nowhere(bots: Office):
    made = await token(bots)
    program = await bot(bots, made["token"])
    ticket = (await bots.ask("POST", "/bots/faq/trial", {"site": "demo"})).body["ticket"]
    page = await visitor(bots, trial=ticket)
    conversation = await started(page)
    event = await program.until(lambda frame: frame.get("on") == "conversation")
    assert (event["conversation"]["id"], event["conversation"]["trial"]) == (conversation, True)
    await program.ask("message.send", conversation=conversation, client_id="a", text="An answer")
    human = await page.ask("conversation.human", conversation=conversation)
    assert (human["handoff"], human["reason"]) == ("failed", "trial")
    await page.ask("conversation.close", conversation=conversation)
    found = await seen(bots)
    assert {found[key] for key in ("started", "answered", "deflected", "conversations", "waiting")} == {0}
    assert found["failed"] == {}
    assert {each["ended"] for each in await bots.get("/bots/faq/days")} == {0}
    again = Socket(await bots.http.ws_connect(f"{bots.url}/ws/visitor", headers={"Origin": bots.url}))
    assert (await again.ask("identify", protocol=1, site="demo", trial=ticket))["error"]["code"] == "unauthorised"


async def test_what_an_erased_visitor_said_is_in_no_log(bots: Office):
    made = await token(bots)
    program = await bot(bots, made["token"])
    page = await visitor(bots)
    conversation = await started(page)
    await program.ask("message.send", conversation=conversation, client_id="a", text="An answer")
    await page.ask("conversation.close", conversation=conversation)
    (me,) = [frame["me"]["id"] for frame in page.heard if "me" in frame]
    assert (await bots.ask("DELETE", f"/visitors/{me}")).status == 200
    (log,) = await bots.get("/bots/faq/frames")
    assert conversation not in json.dumps(log)
