"""Connections over real sockets, with a desk that does as it is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import uvloop
from aiohttp import WSMsgType, WSServerHandshakeError

from server.session.ports import Peer
from server.session.protocol import Terms
from server.session.timing import Timing
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.requests import IdentifyVisitor, MessageSend, Ping
from tests.session.scripted_desk import IDENTIFY, House, ScriptedDesk, house, sent, yes

QUICK_TERMS = Terms(server="frontdesk/test", identify_within_ms=40, heartbeat_ms=80)


@pytest.fixture
async def server():
    async with house() as made:
        yield made


def send(name: str) -> dict[str, Any]:
    return {"do": "message.send", "id": name, "conversation": "c", "client_id": name, "text": "t"}


# Opening.


@pytest.mark.parametrize("path", ["/ws/visitor", "/ws/agent"])
async def test_a_client_identifies_and_asks(server, path):
    client = await server.identified(path)
    assert {"re": "p", "ok": True} == await client.ask(do="ping", id="p")
    assert path.endswith(server.desk.peers[0].endpoint)


async def test_the_desk_learns_who_is_calling(server):
    server.desk.origins = {"https://shop.example"}
    await server.identified(headers={"Origin": "https://shop.example"})
    peer = server.desk.peers[0]
    assert "127.0.0.1" == peer.address
    assert peer.session.startswith("s_")
    assert peer.identity is None


async def test_another_origin_is_refused_before_the_upgrade(server):
    async with server.http.get(server.url(), headers={"Origin": "https://evil.example"}) as answer:
        assert 403 == answer.status
        assert "forbidden" == (await answer.json())["error"]["code"]


async def test_what_is_no_websocket_is_refused(server):
    async with server.http.get(server.url()) as answer:
        assert (400, "bad_request") == (answer.status, (await answer.json())["error"]["code"])


async def test_a_full_server_says_when_to_come_back():
    async with house(max_connections=1) as server:
        await server.identified()
        with pytest.raises(WSServerHandshakeError) as refused:
            await server.http.ws_connect(server.url())
        assert 503 == refused.value.status
        assert refused.value.headers is not None
        assert 2 <= int(refused.value.headers["Retry-After"]) <= 10


async def test_no_compression_is_agreed_to(server):
    client = await server.connect(compress=15)
    assert not client.ws.compress


async def test_who_does_not_identify_in_time_is_let_go():
    async with house(terms=QUICK_TERMS) as server:
        client = await server.connect()
        assert CloseCode.NOT_IDENTIFIED == await client.closed()
        assert [] == server.desk.lefts


async def test_a_refused_client_may_try_again_and_has_been_heard_of(server):
    refusals = [Refused(ErrorCode.NOT_FOUND, "No such site.", field="site")]

    async def identify(peer: Peer, request: Any) -> None:
        if refusals:
            raise refusals.pop()
        yes(peer, request)

    server.desk.scripts[IdentifyVisitor] = identify
    client = await server.connect()
    assert "not_found" == (await client.ask(**IDENTIFY))["error"]["code"]
    assert (await client.ask(**IDENTIFY))["ok"] is True
    await client.ws.close()
    await server.desk.until(lambda: len(server.desk.lefts) == 1)


async def test_the_desk_may_close_instead_of_answering(server):
    async def identify(peer: Peer, _request: Any) -> None:
        peer.close(CloseCode.BAD_CREDENTIALS, "no such token")
        peer.send(b'{"never":"sent"}')

    server.desk.scripts[IdentifyVisitor] = identify
    client = await server.connect()
    await client.say(**IDENTIFY)
    message = await client.ws.receive(timeout=5)
    assert (WSMsgType.CLOSE, 4500, "no such token") == (message.type, message.data, message.extra)
    await server.desk.until(lambda: len(server.desk.lefts) == 1)


async def test_frames_sent_right_after_identify_wait_for_it(server):
    opened = asyncio.Event()

    async def identify(peer: Peer, request: Any) -> None:
        await opened.wait()
        yes(peer, request)

    server.desk.scripts[IdentifyVisitor] = identify
    client = await server.connect()
    await client.say(**IDENTIFY)
    await client.say(do="ping", id="p")
    opened.set()
    assert ["i", "p"] == [(await client.hear())["re"] for _ in range(2)]


# Asking.


async def test_pipelined_writes_are_performed_in_order_and_answered_as_they_commit(server):
    futures: list[asyncio.Future[None]] = []

    def later(peer: Peer, request: Any) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: sent(peer, request, int(request.id)))
        futures.append(future)
        return future

    server.desk.scripts[MessageSend] = later
    client = await server.identified()
    for n in range(1, 6):
        await client.say(**send(str(n)))
    await server.desk.until(lambda: len(futures) == 5)
    assert ["1", "2", "3", "4", "5"] == [request.id for request in server.desk.told[1:]]
    for future in reversed(futures):
        future.set_result(None)
    assert {1, 2, 3, 4, 5} == {(await client.hear())["seq"] for _ in range(5)}


async def test_a_refusal_is_answered_and_the_connection_lives(server):
    def refuse(_peer: Peer, _request: Any) -> None:
        raise Refused(ErrorCode.RATE_LIMITED, "Slowly.", retry_after_ms=5)

    server.desk.scripts[Ping] = refuse
    client = await server.identified()
    for _ in range(2):
        assert {"code": "rate_limited", "message": "Slowly.", "retry_after_ms": 5} == (
            await client.ask(do="ping", id="p")
        )["error"]


async def test_a_fault_of_ours_is_answered_as_internal_and_the_connection_lives(server):
    def fail(_peer: Peer, _request: Any) -> None:
        raise RuntimeError("the password is 1234")

    server.desk.scripts[Ping] = fail
    client = await server.identified()
    answer = await client.ask(do="ping", id="p")
    assert ("p", "internal") == (answer["re"], answer["error"]["code"])
    assert "1234" not in str(answer)
    server.desk.scripts.clear()
    assert (await client.ask(do="ping", id="p"))["ok"] is True


async def test_a_write_that_failed_for_now_is_answered_and_the_client_resends(server):
    futures: list[asyncio.Future[None]] = []

    def later(_peer: Peer, _request: Any) -> asyncio.Future[None]:
        futures.append(asyncio.get_running_loop().create_future())
        return futures[-1]

    server.desk.scripts[MessageSend] = later
    client = await server.identified()
    await client.say(**send("1"))
    await client.say(**send("2"))
    await server.desk.until(lambda: len(futures) == 2)
    futures[0].set_exception(Refused(ErrorCode.UNAVAILABLE, "Not now."))
    answer = await client.hear()
    assert ("1", "unavailable") == (answer["re"], answer["error"]["code"])
    assert CloseCode.RESEND == await client.closed()
    assert [] == server.desk.lefts
    futures[1].set_result(None)
    await server.desk.until(lambda: len(server.desk.lefts) == 1)


async def test_every_text_frame_is_a_sign_of_life(server):
    client = await server.identified()
    for _ in range(3):
        await client.ask(do="ping", id="p")
    assert 3 == server.desk.heards


# What no honest client does.


@pytest.mark.parametrize(
    "frame",
    ["", "hello", "[]", "null", "{", '{"do":"ping","id":NaN}', '{"do":"fly"}', "[" * 60_000, '{"do":"ping","id":5}'],
)
async def test_wrong_frames_are_answered_and_everybody_lives(server, frame):
    bystander, client = await server.identified(), await server.connect()
    await client.ws.send_str(frame)
    assert "bad_request" == (await client.hear())["error"]["code"]
    assert (await client.ask(**IDENTIFY))["ok"] is True
    await client.ws.send_str(frame)
    assert "bad_request" == (await client.hear())["error"]["code"]
    for each in (client, bystander):
        assert (await each.ask(do="ping", id="p"))["ok"] is True


async def test_bytes_that_are_no_utf8_are_no_text_and_end_the_connection(server):
    bystander = await server.identified()
    client = await server.identified()
    await client.ws.send_frame(b'{"do":"ping","id":"\xff"}', WSMsgType.TEXT)
    assert 1007 == await client.closed()
    assert (await bystander.ask(do="ping", id="p"))["ok"] is True


async def test_a_frame_above_the_limit_is_answered(server):
    client = await server.identified()
    await client.ws.send_str(json.dumps({"do": "ping", "id": "p", "x": "x" * 70_000}))
    assert {"re": "p", "code": "too_large"} == await _refused(client)
    assert (await client.ask(do="ping", id="p"))["ok"] is True


@pytest.mark.parametrize("size", [262_144, 262_145, 3_000_000])
async def test_a_frame_far_above_the_limit_ends_it_with_a_code_that_arrives(server, size):
    client = await server.identified()
    await client.ws.send_str("x" * size)
    assert CloseCode.BAD_FRAME == await client.closed()
    await server.desk.until(lambda: len(server.desk.lefts) == 1)


async def test_a_binary_frame_ends_it(server):
    client = await server.identified()
    await client.ws.send_bytes(b"{}")
    assert CloseCode.BAD_FRAME == await client.closed()


async def test_garbage_without_end_ends_it(server):
    client = await server.identified()
    for _ in range(100):
        await client.ws.send_str("x")
    assert CloseCode.FLOODING == await client.closed()


async def _refused(client: Any) -> dict[str, Any]:
    answer = await client.hear()
    return {"re": answer["re"], "code": answer["error"]["code"]}


# Ending.


async def test_the_desk_hears_once_of_each_way_to_go(server):
    async def politely(client: Any) -> None:
        await client.ws.close(code=4321)

    async def without_a_word(client: Any) -> None:
        _vanish(client)

    async def by_the_desk(client: Any) -> None:
        server.desk.peers[-1].close(CloseCode.REVOKED, "logged out")
        server.desk.peers[-1].close(CloseCode.REVOKED, "logged out")
        assert CloseCode.REVOKED == await client.closed()

    for count, leave in enumerate((politely, without_a_word, by_the_desk), start=1):
        await leave(await server.identified())
        await server.desk.until(lambda count=count: len(server.desk.lefts) == count)
    assert server.desk.peers == server.desk.lefts


def _vanish(client: Any) -> None:
    client.ws._response.connection.transport.abort()


async def test_what_is_queued_arrives_before_the_close_frame(server):
    client = await server.identified()
    peer = server.desk.peers[0]
    for n in range(100):
        peer.send(b'{"n":%d}' % n)
    peer.close(CloseCode.RESTARTING, "bye")
    peer.send(b'{"too":"late"}')
    assert [{"n": n} for n in range(100)] == [await client.hear() for _ in range(100)]
    assert CloseCode.RESTARTING == await client.closed()


async def test_after_the_close_nothing_is_handed_on(server):
    client = await server.identified()
    server.desk.peers[0].close(CloseCode.RESTARTING, "bye")
    for _ in range(10):
        await client.say(do="ping", id="p")
    assert CloseCode.RESTARTING == await client.closed()
    assert [IdentifyVisitor] == list(map(type, server.desk.told))


async def test_a_client_that_ignores_the_close_is_cut_off_soon(server):
    await server.identified(autoclose=False)
    server.desk.peers[0].close(CloseCode.RESTARTING, "bye")
    await server.desk.until(lambda: len(server.desk.lefts) == 1)
    async with asyncio.timeout(3):
        await server.connections.drain()
    assert 0 == len(server.connections)


async def test_left_waits_for_what_is_under_way_but_not_for_ever(server):
    stuck: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    server.desk.scripts[MessageSend] = lambda *_: stuck
    client = await server.identified()
    await client.say(**send("1"))
    await server.desk.until(lambda: len(server.desk.told) == 2)
    await client.ws.close()
    await server.identified()
    assert [] == server.desk.lefts
    await server.desk.until(lambda: len(server.desk.lefts) == 1)
    assert not stuck.done()


async def test_who_goes_while_identifying_has_left_afterwards(server):
    going, order = asyncio.Event(), []

    async def identify(_peer: Peer, _request: Any) -> None:
        await going.wait()
        order.append("identified")

    server.desk.scripts[IdentifyVisitor] = identify
    client = await server.connect()
    await client.say(**IDENTIFY)
    await server.desk.until(lambda: len(server.desk.told) == 1)
    _vanish(client)
    await server.identified("/ws/agent")
    assert [] == server.desk.lefts
    going.set()
    await server.desk.until(lambda: len(server.desk.lefts) == 1)
    assert ["identified"] == order


# Heartbeat.


async def test_a_client_that_answers_pings_lives_and_one_that_does_not_is_let_go():
    async with house(terms=QUICK_TERMS) as server:
        good, dead = await server.identified(autoping=False), await server.identified(autoping=False)
        answering = asyncio.create_task(_pings(good, 5, answer=True))
        assert 1 == await _pings(dead, 5, answer=False)
        assert CloseCode.HEARTBEAT_LOST == dead.ws.close_code
        assert 5 == await answering
        assert [server.desk.peers[1]] == server.desk.lefts


async def _pings(client: Any, most: int, *, answer: bool) -> int:
    """How many pings come, up to a number, before anything else does."""
    for count in range(most):
        if (await client.ws.receive(timeout=5)).type is not WSMsgType.PING:
            return count
        if answer:
            await client.ws.pong()
    return most


async def test_pings_of_the_client_are_answered(server):
    client = await server.identified(autoping=False)
    await client.ws.ping(b"hello")
    message = await client.ws.receive(timeout=5)
    assert (WSMsgType.PONG, b"hello") == (message.type, bytes(message.data))


async def test_a_client_whose_request_takes_long_is_not_lost():
    async with house(terms=QUICK_TERMS) as server:
        going = asyncio.Event()

        async def slowly(peer: Peer, request: Any) -> None:
            await going.wait()
            yes(peer, request)

        server.desk.scripts[Ping] = slowly
        client = await server.identified(autoping=False)
        await client.say(do="ping", id="p")
        assert 4 == await _pings(client, 4, answer=False)
        going.set()
        assert (await client.hear())["ok"] is True


# Slow readers and floods.


async def test_a_reader_who_is_too_slow_is_cut_and_costs_the_others_nothing(server):
    await server.identified(max_msg_size=0)
    slow = server.desk.peers[0]
    other = await server.identified()
    for _ in range(4_000):
        slow.send(b'"' + b"x" * 20_000 + b'"')
        await asyncio.sleep(0)
    assert (await other.ask(do="ping", id="p"))["ok"] is True
    await server.desk.until(lambda: server.desk.lefts == [slow])
    assert CloseCode.SLOW_READER == slow.close_code


async def test_a_flood_of_frames_lets_the_others_have_their_turn(server):
    flooder, other = await server.identified(), await server.identified()
    for _ in range(3_000):
        await flooder.say(do="typing", conversation="c", active=True)
    before = len(server.desk.told)
    assert (await other.ask(do="ping", id="p"))["ok"] is True
    assert len(server.desk.told) - before < 3_000


# Restart.


async def test_draining_tells_everybody_and_lets_them_go_one_by_one(server):
    clients = [await server.identified() for _ in range(5)]
    draining = asyncio.create_task(server.connections.drain())
    for client in clients:
        assert "drain" == (await client.hear())["on"]
        assert CloseCode.RESTARTING == await client.closed()
    await draining
    assert 5 == len(server.desk.lefts)
    assert {"closed_4005": 5} == server.connections.statistics()
    with pytest.raises(WSServerHandshakeError):
        await server.http.ws_connect(server.url())


async def test_draining_does_not_wait_for_the_deaf():
    timing = Timing(farewell_seconds=0.1, drain_seconds=0.0, leave_seconds=0.1)
    async with house(timing=timing) as server:
        await server.identified(autoclose=False)
        async with asyncio.timeout(3):
            await server.connections.drain()


def test_all_of_it_on_uvloop():
    """The server runs on uvloop; the other tests run on asyncio's own loop, which complains more loudly."""

    async def story() -> None:
        async with house() as server:
            await test_a_client_identifies_and_asks(server, "/ws/visitor")
            server.desk = _fresh(server)
            await test_what_is_queued_arrives_before_the_close_frame(server)
        for test in (
            test_pipelined_writes_are_performed_in_order_and_answered_as_they_commit,
            test_the_desk_hears_once_of_each_way_to_go,
            test_a_reader_who_is_too_slow_is_cut_and_costs_the_others_nothing,
            test_draining_tells_everybody_and_lets_them_go_one_by_one,
        ):
            async with house() as server:
                await test(server)
        async with house() as server:
            await test_a_frame_far_above_the_limit_ends_it_with_a_code_that_arrives(server, 3_000_000)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())


def _fresh(server: House) -> ScriptedDesk:
    server.desk.peers.clear()
    return server.desk
