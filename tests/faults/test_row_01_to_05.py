"""Messages whose connection dies: rows 1 to 5."""

from __future__ import annotations

import asyncio

import pytest

from tests.blackbox.people import People
from tests.blackbox.wire import Visitor
from tests.faults.extent import times
from tests.faults.proxy import DOWN, UP, Cut, Direction, Proxy
from tests.faults.serving import Serving
from tests.faults.talking import come_back, judge, through

# One message up is about 200 bytes; its acknowledgement and its entry are about 400 down.
EXCHANGE: dict[Direction, int] = {UP: 260, DOWN: 480}


async def a_page(people: People, proxy: Proxy) -> Visitor:
    page = through(people, proxy)
    await page.enter()
    await page.start("support", "Hello")
    return page


@pytest.mark.row(1)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", list(Cut))
@pytest.mark.parametrize("direction", [UP, DOWN])
async def test_row_1_cut_after_any_byte_a_message_is_there_once(
    people: People, proxy: Proxy, direction: Direction, how: Cut
) -> None:
    page = await a_page(people, proxy)
    unsettled = 0
    for place in range(1, EXCHANGE[direction], times(23, 1)):
        proxy.set(direction, cut_after=place, cut_how=how)
        post = await page.post(page.conversation, f"cut {how.value} {direction} {place}")
        again = await page.post(page.conversation, f"and another {place}")
        if how is not Cut.SILENCE:
            await page.ended()
        # A page that hears nothing gives its connection up.
        await page.leave(abruptly=True)
        unsettled += not again.settled
        proxy.mend()
        await come_back(page)
        await page.settled(post, again)
    assert unsettled > 1, "the cuts came too late"
    assert max(post.attempts for post in page.posts) > 1
    await judge(page.conversation, page=page)


@pytest.mark.row(2)
async def test_row_2_an_acknowledgement_that_was_lost_is_given_again(people: People, proxy: Proxy) -> None:
    page = await a_page(people, proxy)
    beside = await people.visitor(token=page.credentials["token"])
    for number in range(times(10, 100)):
        proxy.set(DOWN, swallowed=True)
        post = await page.post(page.conversation, f"unheard {number}")
        # It is committed: the other tab has it.
        await beside.reach(lambda number=number: f"unheard {number}" in beside.transcript.texts())  # type: ignore[misc]
        assert not post.settled
        seq = next(entry["seq"] for entry in beside.transcript.in_order() if entry.get("client_id") == post.client_id)
        await page.leave(abruptly=True)
        proxy.mend()
        await come_back(page)
        await page.settled(post)
        assert (post.seq, post.attempts) == (seq, 2)
    await judge(page.conversation, page=page)
    assert beside.transcript.entries == page.transcript.entries


@pytest.mark.row(3)
async def test_row_3_one_name_for_two_texts_keeps_the_first(own_people: People, own_serving: Serving) -> None:
    page = await own_people.visitor()
    conversation = await page.start("support", "Hello")
    first = await page.post(conversation, "the first", "a-name")
    await page.settled(first)
    send = {"conversation": conversation, "client_id": "a-name"}
    assert (await page.refused("message.send", **send, text="another"))["code"] == "client_id_conflict"
    own_serving.kill()
    await page.ended()
    await asyncio.to_thread(own_serving.start)
    await come_back(page)
    assert (await page.refused("message.send", **send, text="another"))["code"] == "client_id_conflict"
    assert (await page.request("message.send", **send, text="the first"))["seq"] == first.seq
    assert page.transcript.texts() == ["Hello", "the first"]


@pytest.mark.row(4)
async def test_row_4_a_hundred_at_once_while_another_tab_writes(people: People, proxy: Proxy) -> None:
    page = await a_page(people, proxy)
    beside = await people.visitor(token=page.credentials["token"])
    for number in range(times(2, 20)):
        # Of what goes up, any number of messages has arrived; of the answers none.
        proxy.set(DOWN, swallowed=True)
        proxy.set(UP, cut_after=2_000 + 1_900 * (number % 10), cut_how=Cut.SILENCE)
        posts = [await page.post(page.conversation, f"{number}: {place}") for place in range(100)]
        await beside.say(page.conversation, f"beside {number}")
        await page.leave(abruptly=True)
        proxy.mend()
        coming = asyncio.create_task(come_back(page))
        for place in range(20):
            await beside.post(page.conversation, f"beside {number}: {place}")
        await coming
        await page.settled(*posts)
        await beside.settled()
    history = await judge(page.conversation, page=page, beside=beside)
    assert sum(entry["kind"] == "message" for entry in history) == 1 + times(2, 20) * 121


@pytest.mark.row(5)
async def test_row_5_two_tabs_hold_the_same_whoever_is_cut(people: People, proxy: Proxy) -> None:
    ada = await people.agent("ada")
    page = await a_page(people, proxy)
    await ada.takes(page.conversation)
    tab = through(people, proxy, token=page.credentials["token"])
    await tab.enter()
    for number in range(times(10, 100)):
        await page.post(page.conversation, f"first tab {number}")
        await tab.post(page.conversation, f"second tab {number}")
        await ada.post(page.conversation, f"Ada {number}")
        lost = (page, tab)[number % 2]
        await lost.leave(abruptly=True)
        await come_back(lost)
        await tab.request("read", conversation=page.conversation, seq=number + 1)
        # An older mark, from the other tab, takes nothing back.
        await page.request("read", conversation=page.conversation, seq=1)
    for client in (page, tab, ada):
        await client.settled()
    history = await judge(page.conversation, page=page, tab=tab, ada=ada)
    marks = [event["seq"] for event in ada.heard if event.get("on") == "read"]
    assert marks == sorted(marks)
    assert page.transcript.entries == tab.transcript.entries
    assert len(history) > 3 * times(10, 100)


@pytest.mark.row(2)
@pytest.mark.timeout(300)
async def test_row_2_whose_identification_was_never_answered_stays_who_they_are(people: People, proxy: Proxy) -> None:
    page = await a_page(people, proxy)
    person, conversation = page.me["id"], page.conversation
    for number in range(times(3, 20)):
        await page.leave(abruptly=True)
        # The server hears who it is, and may have given them a new token; the answer never arrives.
        for _ in range(5):
            await page.connect()
            proxy.set(DOWN, swallowed=True)
            await page.tell("identify", id="lost", protocol=1, **page.credentials)
            done, _ = await asyncio.wait([asyncio.create_task(page.line.ended.wait())], timeout=0.05)
            assert not done
            await page.leave(abruptly=True)
            proxy.mend()
        await come_back(page)
        assert (page.me["id"], page.resets) == (person, 0)
        await page.say(conversation, f"still me {number}")
    await judge(conversation, page=page)
