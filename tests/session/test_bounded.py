"""Limits over real sockets: who is turned away before the upgrade, refused after it, and let go in the end."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from server.session.bounds import Bounds
from server.session.buckets import Rate
from server.session.entrance import Most
from server.session.limits import FLOOD, Rates
from server.wire.codes import CloseCode, ErrorCode
from server.wire.requests import Read
from tests.session.scripted_desk import IDENTIFY, house
from tests.support.until import until


class Now:
    at = 1000.0

    def __call__(self) -> float:
        return self.at


def bounded(now: Now | None = None, *, most: Most | None = None, **rates: Rate) -> Bounds:
    return Bounds.make(now or Now(), rates=Rates(**rates), most=most)


def send(name: str) -> dict[str, Any]:
    return {"do": "message.send", "id": name, "conversation": "c", "client_id": name, "text": "t"}


async def refused_upgrade(server: Any) -> WSServerHandshakeError:
    with pytest.raises(WSServerHandshakeError) as refused:
        await server.http.ws_connect(server.url())
    return refused.value


# Before the upgrade.


async def test_too_many_of_one_address_are_told_so_before_the_upgrade():
    bounds = bounded(most=Most(per_address=2, unidentified_per_address=0))
    async with house(bounds=bounds) as server:
        for _ in range(2):
            await server.identified()
        refused = await refused_upgrade(server)
        assert refused.status == 429
        assert refused.headers is not None
        assert int(refused.headers["Retry-After"]) >= 1
        assert bounds.refusals.counts == {("upgrade", ErrorCode.RATE_LIMITED): 1}


async def test_those_who_have_not_said_who_they_are_are_fewer():
    async with house(bounds=bounded(most=Most(unidentified_per_address=1))) as server:
        silent = await server.connect()
        assert (await refused_upgrade(server)).status == 429
        assert (await silent.ask(**IDENTIFY))["ok"]
        await server.connect()


async def test_a_connection_that_ends_makes_room():
    bounds = bounded(most=Most(connections=1))
    async with house(bounds=bounds) as server:
        for _ in range(3):
            client = await server.identified()
            assert (await refused_upgrade(server)).status == 503
            await client.ws.close()
            await until(lambda: bounds.entrance.open == 0)
        assert bounds.entrance.unidentified == 0


async def test_the_place_of_who_never_identified_is_given_back():
    bounds = bounded()
    async with house(bounds=bounds) as server:
        client = await server.connect()
        assert (bounds.entrance.open, bounds.entrance.unidentified) == (1, 1)
        await client.ws.close()
        other = await server.identified()
        assert (bounds.entrance.open, bounds.entrance.unidentified) == (1, 0)
        await other.ws.close()


async def test_attempts_to_identify_are_limited_and_the_next_one_may_succeed():
    now = Now()
    bounds = bounded(now, most=Most(per_address=2))
    async with house(bounds=bounds) as server:
        await server.identified()
        client = await server.connect()
        bounds.entrance.insist_on_identify("127.0.0.1")
        error = (await client.ask(**IDENTIFY))["error"]
        assert (error["code"], error["retry_after_ms"]) == ("rate_limited", 30_000)
        now.at += 30
        assert (await client.ask(**IDENTIFY))["ok"]


# After it.


async def test_too_many_messages_are_refused_in_order_and_taken_in_order_later():
    now = Now()
    bounds = bounded(now, messages_per_agent=Rate(2, 60))
    async with house(bounds=bounds) as server:
        client = await server.identified()
        for name in "12345":
            await client.say(**send(name))
        answers = [await client.hear() for _ in range(5)]
        assert [(answer["re"], answer["ok"]) for answer in answers] == [
            ("1", True),
            ("2", True),
            ("3", False),
            ("4", False),
            ("5", False),
        ]
        assert {(answer["error"]["code"], answer["error"]["retry_after_ms"]) for answer in answers[2:]} == {
            ("rate_limited", 1000)
        }
        now.at += 1
        answers = [await client.ask(**send(name)) for name in ("4", "3", "4")]
        assert [answer["ok"] for answer in answers] == [False, True, False]
        assert [request.client_id for request in server.desk.told[1:]] == ["1", "2", "3"]
        assert bounds.refusals.counts == {("visitor", ErrorCode.RATE_LIMITED): 5}


async def test_who_floods_is_let_go_and_the_neighbour_is_served():
    bounds = bounded(messages_per_agent=Rate(1, 1))
    async with house(bounds=bounds) as server:
        neighbour, flooder = await server.identified(), await server.identified()
        for name in range(2 + FLOOD.at_once):
            await flooder.say(**send(str(name)))
        assert await flooder.closed() == CloseCode.FLOODING
        assert (await neighbour.ask(**send("1")))["ok"]


async def test_signals_without_a_name_are_dropped_and_never_answered():
    bounds = bounded(signals_per_person=Rate(1, 1))
    async with house(bounds=bounds) as server:
        server.desk.scripts[Read] = lambda _peer, _request: None
        client = await server.identified()
        for seq in range(1, 4):
            await client.say(do="read", conversation="c", seq=seq)
        assert (await client.ask(do="ping", id="p"))["re"] == "p"
        assert [request.seq for request in server.desk.told if isinstance(request, Read)] == [1]
        assert bounds.limits.stopped == {"signals_per_person": 2}


async def test_every_refusal_is_counted_where_it_leaves():
    bounds = bounded()
    async with house(bounds=bounds) as server:
        client = await server.connect()
        await client.ask(do="ping", id="1")
        await client.ask(do="fly", id="2")
        await client.ask(**IDENTIFY)
        await client.ask(**{**IDENTIFY, "id": "3"})
        async with server.http.get(server.url(), headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
        assert bounds.refusals.counts == {
            ("visitor", ErrorCode.UNAUTHORISED): 1,
            ("visitor", ErrorCode.BAD_REQUEST): 1,
            ("visitor", ErrorCode.CONFLICT): 1,
            ("upgrade", ErrorCode.FORBIDDEN): 1,
        }


async def test_a_text_may_be_as_long_as_hello_says_now():
    async with house() as server:
        server.connections.text_chars(500)
        client = await server.http.ws_connect(server.url())
        assert (await client.receive_json())["limits"]["text_chars"] == 500
