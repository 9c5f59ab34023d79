"""Beyond the numbered plan: a process that is stopped, clocks that jump, cables that are merely bad. Rows 75 to 77."""

from __future__ import annotations

import asyncio
import itertools
import signal

import pytest

from tests.blackbox.people import People
from tests.blackbox.wire import Client
from tests.faults.extent import FULL, promised_within, times
from tests.faults.proxy import DOWN, UP, Cut, Direction, Proxy
from tests.faults.serving import Serving
from tests.faults.talking import come_back, console_through, judge, through

HOUR_S = 3_600


@pytest.fixture(scope="module")
def faulty() -> bool:
    return True


@pytest.mark.row(75)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [1.0, pytest.param(45.0, marks=pytest.mark.full)])
async def test_row_75_stopped_and_continued_it_loses_nothing(
    own_people: People, own_serving: Serving, seconds: float
) -> None:
    ada = await own_people.agent("ada")
    page = await own_people.pair("support", ada)
    for number in range(times(2, 4)):
        posts = []
        own_serving.signal(signal.SIGSTOP)
        for client, place in itertools.product((page, ada), range(40)):
            posts.append((client, await client.post(page.conversation, f"{number} {place}")))
        with_it = asyncio.create_task(asyncio.sleep(seconds))
        await with_it
        assert [post.settled for _, post in posts] == [False] * len(posts)
        own_serving.signal(signal.SIGCONT)
        with promised_within(10, "stopped, it goes on"):
            # Longer than a heartbeat, some may have been taken for lost: they come back.
            for client in (page, ada):
                await back_and_settled(client)
    await judge(page.conversation, page=page, ada=ada)


async def back_and_settled(client: Client) -> None:
    while client.unsettled():
        if not client.connected:
            await come_back(client)
        client.news.clear()
        if client.unsettled() and client.connected:
            await client.news.wait()


@pytest.mark.row(76)
async def test_row_76_when_the_clock_jumps_times_do_not_run_backwards_and_nothing_is_lost(
    own_people: People, own_serving: Serving
) -> None:
    ada = await own_people.agent("ada")
    page = await own_people.pair("support", ada)
    for jump_s in (0, HOUR_S, -HOUR_S, 7 * 24 * HOUR_S, 0):
        own_serving.cause("clock", str(jump_s))
        # A jump forwards makes silence long: whoever is asked whether they are there says so.
        for number in range(times(5, 50)):
            await page.say(page.conversation, f"{jump_s} {number}")
            await ada.say(page.conversation, f"{jump_s} {number}")
    assert page.connected
    assert ada.connected
    own_serving.kill()
    # The clock is where it was before the jumps: behind what is in the database.
    own_serving.mend("clock")
    await page.ended()
    await ada.ended()
    await asyncio.to_thread(own_serving.start)
    await asyncio.gather(come_back(page), come_back(ada))
    await page.say(page.conversation, "afterwards")
    await judge(page.conversation, page=page, ada=ada)
    before = [str(entry["at"]) for entry in page.transcript.in_order() if entry["text"] != "afterwards"]
    assert before == sorted(before)


@pytest.mark.row(77)
async def test_row_77_byte_by_byte_everything_works_as_ever(people: People, serving: Serving, proxy: Proxy) -> None:
    for direction in (UP, DOWN):
        proxy.set(direction, piece=1)
    ada = await console_through(people, proxy, "ada")
    await ada.enter()
    await ada.set_status("available")
    page = through(people, proxy)
    await page.enter()
    await page.start("sales", "Grüße 👋")
    await ada.takes(page.conversation)
    for number in range(times(5, 100)):
        await page.say(page.conversation, f"page {number} ✓")
        await ada.say(page.conversation, f"Ada {number} ✓")
    await judge(page.conversation, page=page, ada=ada)


@pytest.mark.row(77)
@pytest.mark.timeout(300)
async def test_row_77_a_far_away_page_is_slow_and_complete(people: People, serving: Serving, proxy: Proxy) -> None:
    for direction in (UP, DOWN):
        proxy.set(direction, delay_s=0.1)
    page = through(people, proxy)
    await page.enter()
    await page.start("support", "Hello")
    posts = [await page.post(page.conversation, f"{number}") for number in range(100)]
    with promised_within(3, "a hundred messages in one breath, over 100 ms each way"):
        await page.settled(*posts)
    await judge(page.conversation, page=page)


@pytest.mark.row(77)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_row_77_a_cable_that_carries_one_way_only(
    people: People, serving: Serving, proxy: Proxy, direction: Direction
) -> None:
    page = through(people, proxy)
    await page.enter()
    await page.start("support", "Hello")
    for number in range(times(3, 30)):
        proxy.set(direction, swallowed=True)
        post = await page.post(page.conversation, f"{direction} {number}")
        asked = asyncio.create_task(page.line.ask({"do": "ping", "id": f"ping {number}"}))
        done, _ = await asyncio.wait([asked], timeout=0.1)
        assert not done
        assert not post.settled
        # The page gives it up; on the next one everything is as it was.
        proxy.mend()
        await page.leave(abruptly=True)
        await asyncio.gather(asked, return_exceptions=True)
        await come_back(page)
        await page.settled(post)
    await judge(page.conversation, page=page)


@pytest.mark.row(77)
@pytest.mark.timeout(300)
async def test_row_77_a_flapping_cable_costs_nothing_but_time(
    own_people: People, own_serving: Serving, own_proxy: Proxy
) -> None:
    ada = await own_people.agent("ada")
    page = through(own_people, own_proxy)
    await page.enter()
    await page.start("support", "Hello")
    await ada.takes(page.conversation)
    for number in range(times(20, 300)):
        how = (Cut.RESET, Cut.CLOSE, Cut.SILENCE)[number % 3]
        for place in range(3):
            await page.post(page.conversation, f"{number} {place}")
            await ada.post(page.conversation, f"{number} {place}")
        own_proxy.cut(how)
        if how is Cut.SILENCE:
            await page.leave(abruptly=True)
        await page.ended()
        own_proxy.mend()
        await come_back(page)
    for client in (page, ada):
        await client.settled()
    assert ada.connected
    assert ada.state["slots"]["used"] == 1
    await judge(page.conversation, page=page, ada=ada)
    assert not FULL or max(post.attempts for post in page.posts) > 1
