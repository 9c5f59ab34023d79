"""What nobody should send: each is answered as the protocol says, and somebody else's conversation goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from http import HTTPStatus

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.connection import LostError, encoded
from tests.blackbox.people import People, whoever_rings
from tests.blackbox.process import Server
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Agent, Client, Visitor, fresh, login
from tests.blackbox.workspace import agent, department, workspace

FRAME_BYTES = 65536
TEXT_CHARS = 8000


@pytest.fixture(scope="module")
def workspace_file() -> str:
    """As the demo's, but a site that lists its origins."""
    return workspace(
        ["support"],
        department("support"),
        agent("ada", 3, {"support": 50}),
        agent("ben", 3, {"support": 50}),
        origins=["https://shop.example"],
    )


@pytest.fixture(autouse=True)
async def bystander(people: People) -> AsyncIterator[Visitor]:
    """Another connection, which must not notice anything."""
    visitor = await people.visitor()
    await visitor.start("support", "do not disturb")
    yield visitor
    assert visitor.connected
    top = await visitor.say(visitor.conversation, "undisturbed")
    await visitor.holds(visitor.conversation, top)


async def answer(client: Client, data: str) -> Frame:
    """The server's answer to a text that has no id it could read."""
    await client.line.send(data)
    return await client.until(lambda frame: frame.get("re", "") is None)


async def works(client: Client) -> None:
    """The connection lives: it answers, and answers are still matched."""
    assert (await client.request("ping"))["ok"] is True


async def somebody(people: People, kind: type[Client]) -> Client:
    """Identified, with nothing else done yet."""
    return await (people.visitor() if kind is Visitor else people.agent("ada", ""))


async def stranger(people: People, kind: type[Client] = Visitor) -> Client:
    """Not even connected."""
    return (
        Visitor(people.server.address) if kind is Visitor else Agent(people.server.address, await people.token("ada"))
    )


async def turned_away(client: Client, **fields: object) -> int | None:
    """How an opening ends that must not succeed: the HTTP status instead of a socket, or the close code."""
    try:
        with contextlib.suppress(LostError):
            await client.connect()
            reply = await client.ask("identify", **({"protocol": 1} | client.credentials | fields))
            assert reply["ok"] is False
        return await client.ended()
    except InvalidStatus as refused:
        return refused.response.status_code
    finally:
        await client.leave()


@pytest.mark.parametrize("kind", [Visitor, Agent])
async def test_before_identify_nothing_is_answered_but_identify(people: People, kind: type[Client]) -> None:
    client = await stranger(people, kind)
    await client.connect()
    for frame in (
        {"do": "ping"},
        {"do": "history", "conversation": "c_1"},
        {"do": "message.send", "conversation": "c_1", "client_id": "m", "text": "hi"},
        {"do": "conversation.close", "conversation": "c_1"},
    ):
        assert (await client.refused(**frame))["code"] == "unauthorised", frame
    await client.identify()
    await works(client)
    await client.leave()


async def test_identifying_twice_is_refused(people: People) -> None:
    visitor = await people.visitor()
    error = await visitor.refused("identify", protocol=1, site="demo")
    assert error["code"] in {"bad_request", "conflict", "forbidden"}
    await works(visitor)


UNREADABLE = ["", "hello", "{", "[]", "[1,2]", "null", "true", "7", '"ping"', "{}", '{"do":null}', '{"do":["ping"]}']
UNREADABLE += ['{"do":"ping"}', '{"do":"ping","id":7}', '{"do":"ping","id":null}', '{"do":"ping","id":["1"]}']
UNREADABLE += ['{"do":"message.send"}', '{"do":"ping","id":"1"', '{"do":"ping","id":NaN}', "[" * 5000, '{"a":' * 5000]


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:30] or "empty")
@pytest.mark.parametrize("kind", [Visitor, Agent])
async def test_what_cannot_be_read_is_a_bad_request(people: People, kind: type[Client], text: str) -> None:
    client = await somebody(people, kind)
    reply = await answer(client, text)
    assert (reply["re"], reply["ok"], reply["error"]["code"]) == (None, False, "bad_request")
    assert reply["error"]["message"]
    await works(client)


async def test_an_id_that_can_be_read_is_echoed(people: People) -> None:
    visitor = await people.visitor()
    for text in ('{"id":"one"}', '{"id":"one","do":"fly"}', '{"id":"one","do":7}', '{"id":"one","do":"history"}'):
        await visitor.line.send(text)
        reply = await visitor.until(lambda frame: frame.get("re") == "one")
        assert reply["error"]["code"] == "bad_request", text


@pytest.mark.parametrize(
    "text",
    [
        '{"do":"ping","id":"\\ud800"}',
        '\ufeff{"do":"ping","id":"1"}',
        '{"do":"ping","id":"1","id":"2"}',
        '{"do":"ping","id":"\\u0000"}',
        ' \n{"do":"ping" , "id":"1"}\n',
    ],
    ids=["surrogate", "mark", "twice", "null", "blanks"],
)
async def test_what_is_odd_does_no_harm(people: People, text: str) -> None:
    visitor = await people.visitor()
    await visitor.line.send(text)
    reply = await visitor.until(lambda frame: "re" in frame)
    assert reply["ok"] or reply["error"]["code"] == "bad_request"
    await works(visitor)


WRONG: list[Frame] = [
    {"do": "message.sent"},
    {"do": "conversation"},
    {"do": "__class__"},
    {"do": "ping", "colour": "red"},
    {"do": "history", "conversation": ["c_1"]},
    {"do": "history", "conversation": {"$regex": ".*"}},
    {"do": "history"},
    {"do": "history", "conversation": "c_1", "limit": "ten"},
    {"do": "history", "conversation": "c_1", "after": -1},
    {"do": "history", "conversation": "c_1", "after": 1.5},
    {"do": "message.send", "conversation": "c_1", "client_id": "m", "text": 5},
    {"do": "message.send", "conversation": "c_1", "client_id": "m", "text": None},
    {"do": "message.send", "conversation": "c_1", "text": "no client_id"},
    {"do": "message.send", "conversation": "c_1", "client_id": "", "text": "an empty client_id"},
    {"do": "message.send", "conversation": "c_1", "client_id": "m", "text": "x", "seq": 5},
    {"do": "message.send", "conversation": "c_1", "client_id": "m", "text": "x", "from": {"role": "agent"}},
    {"do": "typing", "conversation": "c_1", "active": "yes"},
    {"do": "read", "conversation": "c_1", "seq": True},
]


@pytest.mark.parametrize("frame", WRONG, ids=json.dumps)
@pytest.mark.parametrize("kind", [Visitor, Agent])
async def test_what_is_not_in_the_protocol_is_a_bad_request(people: People, kind: type[Client], frame: Frame) -> None:
    client = await somebody(people, kind)
    reply = await client.ask(**frame)
    assert (reply["ok"], reply["error"]["code"]) == (False, "bad_request"), reply
    assert "Traceback" not in str(reply)
    await works(client)


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "status.set", "status": "available"},
        {"do": "offer.seen", "offer": "o_1"},
        {"do": "offer.accept", "offer": "o_1"},
        {"do": "offer.decline", "offer": "o_1"},
        {"do": "wrap_up.end", "conversation": "own"},
        {"do": "conversation.transfer", "conversation": "own", "to": {"agent": "ada"}},
        {"do": "conversation.pick", "conversation": "own"},
        {"do": "note.add", "conversation": "own", "client_id": "n", "text": "noted"},
        {"do": "conversation.close", "conversation": "own", "outcome": "mine"},
        {"do": "conversation.watch", "conversation": "own"},
        {"do": "conversation.take_over", "conversation": "own"},
        {"do": "agent.set_status", "agent": "ada", "status": "available"},
        {"do": "whisper", "conversation": "own", "text": "psst"},
        {"do": "handoff", "conversation": "own"},
    ],
    ids=lambda frame: frame["do"],
)
async def test_a_visitor_may_not_ask_what_agents_ask(people: People, bystander: Visitor, request_: Frame) -> None:
    frame = {name: bystander.conversation if value == "own" else value for name, value in request_.items()}
    assert (await bystander.refused(**frame))["code"] in {"bad_request", "forbidden"}
    await bystander.all_heard()
    assert bystander.state in {"waiting", "offered"}


async def test_an_agent_may_not_ask_what_visitors_ask(people: People) -> None:
    ada = await people.agent("ada", "")
    error = await ada.refused("conversation.start", client_id=fresh("start"), department="support", text="hi")
    assert error["code"] in {"bad_request", "forbidden"}


@pytest.mark.parametrize("do", ["message.send", "history", "typing", "read", "conversation.close"])
async def test_another_visitors_conversation_is_not_found(people: People, bystander: Visitor, do: str) -> None:
    fields: dict[str, Frame] = {
        "message.send": {"client_id": "m", "text": "let me in"},
        "typing": {"active": True},
        "read": {"seq": 1},
    }
    visitor = await people.visitor()
    await visitor.start("support")
    foreign = await visitor.refused(do, conversation=bystander.conversation, **fields.get(do, {}))
    nowhere = await visitor.refused(do, conversation="c_nowhere", **fields.get(do, {}))
    assert foreign["code"] == "not_found"
    assert foreign == nowhere


async def test_an_agent_who_has_no_part_in_it_cannot_write(people: People) -> None:
    ada, ben = await people.team("ada", "ben")
    visitor = await people.visitor()
    conversation = await visitor.start("support")
    owner, offer = await whoever_rings([ada, ben], conversation)
    other = ben if owner is ada else ada
    await owner.accept(offer)
    for do, fields in (
        ("message.send", {"client_id": fresh("m"), "text": "me too"}),
        ("note.add", {"client_id": fresh("n"), "text": "me too"}),
        ("conversation.close", {}),
        ("conversation.transfer", {"to": {"agent": "ben"}}),
        ("wrap_up.end", {}),
    ):
        error = await other.refused(do, conversation=conversation, **fields)
        assert error["code"] in {"not_found", "forbidden", "not_owner"}, do
    await owner.say(conversation, "alone with you")
    await visitor.reach(lambda: visitor.transcript.texts()[-1:] == ["alone with you"])


async def test_too_long_a_text_is_too_large(people: People, bystander: Visitor) -> None:
    conversation = bystander.conversation
    assert bystander.hello["limits"]["text_chars"] == TEXT_CHARS
    for letter in ("a", "\u044f"):
        message = {"conversation": conversation, "client_id": fresh("m")}
        error = await bystander.refused("message.send", **message, text=letter * (TEXT_CHARS + 1))
        assert error["code"] == "too_large"
        # Nothing was stored under that client_id; the longest that is allowed goes.
        await bystander.request("message.send", **message, text=letter * TEXT_CHARS)


async def test_a_frame_over_the_limit_is_too_large_and_the_connection_lives(people: People) -> None:
    visitor = await people.visitor()
    assert visitor.hello["limits"]["frame_bytes"] == FRAME_BYTES
    for size in (FRAME_BYTES + 1, 4 * FRAME_BYTES - 1):
        frame = encoded({"do": "ping", "id": "big", "colour": ""})
        await visitor.line.send(frame[:-2] + "x" * (size - len(frame)) + frame[-2:])
        reply = await visitor.until(lambda told: "re" in told)
        assert reply["error"]["code"] == "too_large"
        assert reply["re"] in {None, "big"}
    await works(visitor)


async def test_a_frame_of_exactly_the_limit_is_read(people: People) -> None:
    visitor = await people.visitor()
    frame = encoded({"do": "ping", "id": "1", "colour": ""})
    reply = await visitor.line.ask({"do": "ping", "id": "1", "colour": "x" * (FRAME_BYTES - len(frame))})
    assert reply["error"]["code"] == "bad_request"


@pytest.mark.parametrize("data", [b"", b'{"do":"ping","id":"1"}', b"\x00\xff"], ids=["empty", "json", "garbage"])
@pytest.mark.parametrize("identified", [True, False])
async def test_a_binary_frame_ends_the_connection(people: People, data: bytes, identified: bool) -> None:
    visitor = await stranger(people)
    await visitor.connect()
    if identified:
        await visitor.identify()
    await visitor.line.send(data)
    assert await visitor.ended() == 4505
    await visitor.leave()


async def test_a_frame_of_four_times_the_limit_ends_the_connection(people: People) -> None:
    visitor = await people.visitor()
    frame = encoded({"do": "ping", "id": "huge", "colour": "x" * (4 * FRAME_BYTES)})
    await visitor.line.send(frame)
    assert await visitor.ended() == 4505


@pytest.mark.parametrize("kind", [Visitor, Agent])
@pytest.mark.parametrize("protocol", [0, 2, 999])
async def test_another_version_of_the_protocol_ends_it(people: People, kind: type[Client], protocol: int) -> None:
    assert await turned_away(await stranger(people, kind), protocol=protocol) == 4502


@pytest.mark.parametrize("token", ["wrong", "a" * 4000, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."])
async def test_bad_credentials_end_the_connection(people: People, token: str) -> None:
    assert await turned_away(Agent(people.server.address, token)) == 4500


async def test_a_visitors_token_is_no_agents_token(people: People, bystander: Visitor) -> None:
    assert await turned_away(Agent(people.server.address, bystander.credentials["token"])) == 4500


async def test_an_agents_token_is_no_visitors_token(people: People) -> None:
    visitor = await people.visitor(token=await people.token("ada"))
    assert (visitor.resets, visitor.me["token"] != await people.token("ada")) == (1, True)


@pytest.mark.slow
async def test_who_does_not_identify_is_sent_away(people: People) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    visitor = await stranger(people)
    await visitor.connect()
    within_s = visitor.hello["identify_within_ms"] / 1000
    assert await visitor.ended(within_s + 5) == 4001
    assert loop.time() - begun >= within_s * 0.9
    await visitor.leave()


@pytest.mark.parametrize("kind", [Visitor, Agent])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://sub.shop.example",
        "https://shop.example.evil.example",
        "https://notshop.example",
        "https://shop.example@evil.example",
        "http://127.0.0.1:1",
        "http://localhost:1",
        "null",
        "file://",
    ],
)
async def test_a_foreign_origin_is_refused(people: People, kind: type[Client], origin: str) -> None:
    client = await stranger(people, kind)
    client.origin = origin
    assert await turned_away(client) in {HTTPStatus.FORBIDDEN, 4503}


async def test_the_sites_origin_is_for_visitors_only(people: People) -> None:
    visitor = await stranger(people)
    visitor.origin = "https://shop.example"
    await visitor.enter()
    await visitor.leave()
    console = await stranger(people, Agent)
    console.origin = "https://shop.example"
    assert await turned_away(console) in {HTTPStatus.FORBIDDEN, 4503}


async def test_the_bots_endpoint_lets_nobody_in(people: People) -> None:
    bot = Agent(people.server.address, "no-such-bot")
    bot.path = "/ws/bot"
    assert await turned_away(bot) in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, 4500}


async def test_wrong_password_and_unknown_agent_answer_alike(server: Server) -> None:
    wrong = await login(server.address, "ada@demo.example", "guess")
    unknown = await login(server.address, "nobody@demo.example", "guess")
    assert wrong == unknown
    assert wrong[0] == HTTPStatus.UNAUTHORIZED
    assert "token" not in wrong[1]
    assert (await login(server.address, "ada@demo.example"))[0] == HTTPStatus.OK


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '{"email":"ada@demo.example"}',
        '{"email":["ada@demo.example"],"password":"demo"}',
        '{"email":"ada@demo.example","password":{"$ne":""}}',
        '{"email":"ada@demo.example","password":null}',
    ],
)
async def test_a_login_that_cannot_be_read_is_a_client_error(server: Server, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://{server.address}/api/v1/login", data=body, headers=headers) as answer,
    ):
        assert HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        assert "Traceback" not in await answer.text()
