"""Many at once, the end of a server, and what is broken off: rows 16 to 19."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal

import aiohttp
import pytest

from server.wire.codes import CloseCode
from tests.blackbox.connection import encoded
from tests.blackbox.people import People
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Agent, Client, Visitor, fresh
from tests.faults.extent import SEED, promised_within, times
from tests.faults.proxy import Cut, Proxy
from tests.faults.serving import Serving
from tests.faults.talking import come_back, judge, through

EXITS_WITHIN_S = 20
IN_FLIGHT = 8


@pytest.fixture(scope="module")
def faulty() -> bool:
    return True


@pytest.mark.row(16)
@pytest.mark.timeout(900)
async def test_row_16_after_a_crash_everybody_comes_back_at_once(own_serving: Serving, own_people: People) -> None:
    pages = [await own_people.visitor() for _ in range(times(60, 2000))]
    writers = pages[:: len(pages) // 20]
    for page in writers:
        await page.start("support", "Hello")
    own_serving.kill()
    for page in pages:
        await page.ended()
    # They wait for the port to open, and come all at once.
    await asyncio.to_thread(own_serving.start)
    with promised_within(30, f"{len(pages)} pages are back"):
        coming = [asyncio.create_task(come_back(page)) for page in pages]
        # Who is back already is not forgotten while the others come.
        first = writers[0]
        while not all(one.done() for one in coming):
            if first.connected and first.flowing:
                await first.say(first.conversation, "still there?")
            else:
                await asyncio.sleep(0)
        await asyncio.gather(*coming)
    for page in writers:
        await page.say(page.conversation, "back")
        await judge(page.conversation, page=page)
    assert [page.resets for page in pages if page in writers] == [0] * len(writers)
    attempts = sum(one.result() for one in coming)
    print(f"{attempts} attempts of {len(pages)} pages")


@pytest.mark.row(16)
async def test_row_16_who_is_turned_away_is_told_when_to_come_back(own_serving: Serving, own_people: People) -> None:
    pages = [await own_people.visitor() for _ in range(times(50, 300))]
    own_serving.signal(signal.SIGTERM)
    await pages[0].until(lambda frame: frame.get("on") == "drain")
    async with aiohttp.ClientSession() as http:
        headers = {"Origin": f"http://{own_serving.address}", "Upgrade": "websocket", "Connection": "Upgrade"}
        try:
            async with http.get(f"http://{own_serving.address}/ws/visitor", headers=headers) as answer:
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) >= 1
                assert (await answer.json())["error"]["retry_after_ms"] >= 1000
        except aiohttp.ClientConnectionError:
            pytest.fail("the port is closed while there are connections to drain")
    assert await asyncio.to_thread(own_serving.wait) == 0


async def writing(client: Client, conversation: str, over: asyncio.Event) -> None:
    """As fast as it is acknowledged, as long as the connection lasts."""
    for number in itertools.count():
        if over.is_set() or not client.connected:
            return
        await client.post(conversation, f"{client.path} {number}")
        while len(client.unsettled(conversation)) >= IN_FLIGHT:
            if over.is_set() or not client.connected:
                return
            client.news.clear()
            await client.news.wait()


@pytest.mark.row(17)
@pytest.mark.timeout(300)
async def test_row_17_asked_to_end_under_load_it_ends_well(own_serving: Serving, own_people: People) -> None:
    agents = await own_people.team("ada", "ben", "cleo")
    pairs: list[tuple[Visitor, Agent]] = []
    for number in range(6):
        agent = agents[number % 3]
        page = await own_people.visitor()
        await page.start("sales", "Hello")
        await agent.takes(page.conversation)
        pairs.append((page, agent))
    everybody: list[Client] = [*agents, *(page for page, _ in pairs)]
    for _ in range(times(1, 10)):
        over = asyncio.Event()
        work = [
            asyncio.create_task(writing(client, page.conversation, over))
            for pair in pairs
            for client in pair
            for page in pair[:1]
        ]
        for page, _ in pairs:
            await page.holds(page.conversation, page.transcript.last + 20)
        own_serving.signal(signal.SIGTERM)
        with promised_within(EXITS_WITHIN_S, "the server ends"):
            assert await asyncio.to_thread(own_serving.wait) == 0, own_serving.tail()
        over.set()
        for client in everybody:
            client.news.set()
            await client.ended()
        await asyncio.gather(*work)
        assert {client.line.close_code for client in everybody} == {CloseCode.RESTARTING}
        drains = [[frame for frame in client.events if frame.get("on") == "drain"] for client in everybody]
        assert [len(told) for told in drains] == [1] * len(everybody)
        for client in everybody:
            client.events.clear()
        await asyncio.to_thread(own_serving.start)
        await asyncio.gather(*[come_back(client) for client in everybody])
        for client in everybody:
            await client.settled()
    for page, agent in pairs:
        await judge(page.conversation, page=page, agent=agent)


@pytest.mark.row(18)
@pytest.mark.timeout(300)
async def test_row_18_who_goes_in_the_middle_of_a_request_leaves_no_half(
    own_people: People, own_serving: Serving, own_proxy: Proxy
) -> None:
    chance = random.Random(SEED)
    ada = await own_people.agent("ada")
    for number in range(times(30, 400)):
        page = through(own_people, own_proxy)
        await page.enter()
        start = {"do": "conversation.start", "id": "s", "client_id": fresh("s"), "department": "support", "text": "a"}
        start_again = start | {"id": "t"}
        await page.line.send(encoded(start))
        if chance.random() < 0.7:
            # Some go with the request, some while it is being done, some with its answer on the way.
            await asyncio.sleep(chance.uniform(0, 0.012))
        own_proxy.cut(Cut.RESET)
        await page.ended()
        own_proxy.mend()
        await come_back(page)
        answer = await page.line.ask(start_again)
        assert answer["ok"], answer
        page.conversation = answer["conversation"]["id"]
        assert page.transcript.texts().count("a") <= 1
        await page.history(page.conversation)
        assert page.transcript.texts() == ["a"]
        assert [event["kind"] for event in page.transcript.in_order()].count("closed") == 0
        if number % 2:
            await ada.takes(page.conversation)
            await ada.request("conversation.close", conversation=page.conversation)
        else:
            await page.end_conversation()
        await page.leave(abruptly=True)
        own_people.visitors.remove(page)
    await ada.uses(0)


@pytest.mark.row(19)
async def test_row_19_a_handler_that_raises_fails_its_own_request_only(people: People, serving: Serving) -> None:
    bystander = await people.visitor()
    await bystander.start("support", "Hello")
    ada = await people.agent("ada")
    page = await people.visitor()
    await page.start("sales", "Hello")
    await ada.takes(page.conversation)
    requests: list[tuple[Client, Frame]] = [
        (page, {"do": "message.send", "client_id": "marked-1", "text": "a"}),
        (page, {"do": "history", "after": 0, "limit": 77}),
        (ada, {"do": "note.add", "client_id": "marked-2", "text": "a"}),
        (page, {"do": "conversation.close", "client_id": "marked-3"}),
        (ada, {"do": "conversation.close", "client_id": "marked-4"}),
    ]
    for client, frame in requests:
        serving.cause("handler-raises", frame.get("client_id", "limit=77"))
        error = await client.refused(**frame, conversation=page.conversation)
        assert error["code"] == "internal"
        assert "raised" not in json.dumps(error)
        # A write that may be sent again must not be overtaken: the connection ends, and comes back.
        if frame["do"] in {"message.send", "note.add"}:
            assert await client.ended() == CloseCode.RESEND
            await client.enter()
        await client.all_heard()
        await bystander.say(bystander.conversation, "not concerned")
        serving.mend("handler-raises")
    assert serving.log.read_text(encoding="utf-8").count("RuntimeError: raised by the test") >= len(requests)
    # What was refused has left nothing behind, and is done when it is sent again.
    for client, frame in requests[:-1]:
        assert (await client.request(**frame, conversation=page.conversation))["ok"]
    await judge(bystander.conversation, page=bystander)
