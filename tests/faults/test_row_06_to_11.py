"""Who was not told, and who comes back: rows 6 to 11."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from server.wire.codes import CloseCode
from tests.blackbox.connection import LostError, RefusedError
from tests.blackbox.people import People, all_have_heard
from tests.blackbox.process import COMMAND
from tests.blackbox.wire import Client
from tests.blackbox.workspace import agent, department, workspace
from tests.faults.extent import times
from tests.faults.proxy import Proxy
from tests.faults.serving import Serving
from tests.faults.talking import come_back, judge, through

DAY_S = 86_400


@pytest.fixture(scope="module")
def faulty() -> bool:
    return True


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "sales"],
        department("support", method="priority"),
        department("sales", method="ring_all"),
        agent("ada", 3, {"support": 1, "sales": 50}),
        agent("ben", 3, {"support": 2, "sales": 50}),
    )


@pytest.mark.row(6)
async def test_row_6_entries_lost_on_the_way_are_asked_for(people: People, serving: Serving) -> None:
    ada = await people.agent("ada")
    page = await people.pair("support", ada)
    serving.cause("entries-lost", "30")
    for number in range(times(60, 1000)):
        await page.say(page.conversation, f"page {number}")
        await ada.say(page.conversation, f"Ada {number}")
    serving.mend("entries-lost")
    await ada.say(page.conversation, "the last one arrives")
    await judge(page.conversation, page=page, ada=ada)
    # How many of those lost are noticed as gaps, and not before by an answer or a ping, is a matter of chance.
    assert page.transcript.gaps
    assert ada.transcripts[page.conversation].gaps


@pytest.mark.row(7)
async def test_row_7_a_ping_finds_the_last_entry_that_nobody_was_told_of(people: People, serving: Serving) -> None:
    ada = await people.agent("ada")
    page = await people.pair("support", ada)
    for number in range(times(3, 30)):
        serving.cause("entries-lost", "100")
        top = await ada.say(page.conversation, f"unheard {number}")
        serving.mend("entries-lost")
        await all_have_heard(page)
        assert page.transcript.last < top
        # What a page that heard nothing for a while does.
        told = (await page.request("ping"))["positions"][page.conversation]["entries"]
        assert told == top
        await page.history(page.conversation, after=page.transcript.last)
        await page.holds(page.conversation, top)
    assert page.transcript.gaps == []


@pytest.mark.row(8)
@pytest.mark.timeout(600)
async def test_row_8_who_was_away_finds_all_of_it_in_pages(people: People, serving: Serving) -> None:
    ada = await people.agent("ada")
    page = await people.pair("support", ada)
    await page.holds(page.conversation, 2)
    await page.leave(abruptly=True)
    missed = times(1_200, 10_000)
    for number in range(missed):
        await ada.post(page.conversation, f"while away {number}")
        if number % 50 == 49:
            await ada.settled()
    before = page.transcript.last
    reply = await page.enter()
    assert reply["reset"] is False
    assert reply["dropped"] == []
    assert 0 < len(reply["missed"]) <= 500
    assert [entry["seq"] for entry in reply["missed"]] == list(range(before + 1, before + 1 + len(reply["missed"])))
    assert reply["more"] == [page.conversation]
    history = await judge(page.conversation, page=page, ada=ada)
    assert len(history) > missed


@pytest.mark.row(8)
async def test_row_8_after_a_day_it_goes_on_where_it_was(own_people: People, own_serving: Serving) -> None:
    ada = await own_people.agent("ada")
    page = await own_people.pair("support", ada)
    await page.say(page.conversation, "good night")
    own_serving.kill()
    await page.ended()
    own_serving.cause("clock", str(DAY_S))
    await asyncio.to_thread(own_serving.start)
    await asyncio.gather(come_back(page), come_back(ada))
    assert (page.resets, ada.resets, page.dropped, ada.dropped) == (0, 0, [], [])
    await ada.say(page.conversation, "good morning")
    await page.say(page.conversation, "at last")
    history = await judge(page.conversation, page=page, ada=ada)
    dates = [str(entry["at"])[:10] for entry in history]
    assert dates == sorted(dates)
    assert len(set(dates)) == 2


@pytest.mark.row(9)
async def test_row_9_a_foreign_epoch_or_a_position_above_the_top_is_no_silence(
    own_people: People, own_serving: Serving
) -> None:
    page = await own_people.visitor()
    await page.start("support", "Hello")
    await page.leave(abruptly=True)
    own_serving.kill()
    await asyncio.to_thread(own_serving.start)
    good = {"epoch": page.epoch, "positions": page.positions()}
    top = page.transcript.last
    for resume, reset in (
        (good, False),
        (good | {"epoch": "e_of_another_server"}, True),
        (good | {"positions": {page.conversation: {"entries": top + 1, "notes": 0}}}, True),
        (good | {"positions": {page.conversation: {"entries": 2**53 - 1, "notes": 0}}}, True),
    ):
        await page.connect()
        reply = await page.identify(resume=resume)
        assert reply["reset"] is reset
        assert page.transcript.texts() == ["Hello"]
        await page.leave(abruptly=True)


@pytest.mark.row(10)
async def test_row_10_who_comes_back_is_asked_anew_what_they_may(people: People, serving: Serving) -> None:
    ada, ben = await people.team("ada", "ben")
    moved = await people.pair("support", ada, "moved")
    closed = await people.pair("support", ada, "closed")
    await ada.all_heard()
    await ada.leave(abruptly=True)
    moved_to = {"conversation": moved.conversation, "to": {"agent": "ben"}}
    # While Ada's console is away, the other one of hers moves one conversation and closes the other.
    other = await people.agent("ada", "")
    await other.request("conversation.transfer", **moved_to)
    await ben.takes(moved.conversation)
    await closed.end_conversation()
    await moved.say(moved.conversation, "for Ben alone")
    await other.leave()
    await ada.enter()
    assert [offer for offer in ada.offers.values() if offer["conversation"]["id"] == moved.conversation] == []
    assert moved.conversation in ada.dropped or "for Ben alone" not in ada.transcripts[moved.conversation].texts()
    said = {"conversation": moved.conversation, "client_id": "late", "text": "may I?"}
    assert (await ada.refused("message.send", **said))["code"] in {"not_owner", "not_found", "forbidden"}
    said["conversation"] = closed.conversation
    assert (await ada.refused("message.send", **said))["code"] in {"closed", "not_found"}


@pytest.mark.row(10)
async def test_row_10_whose_login_is_over_does_not_come_back(own_people: People, own_serving: Serving) -> None:
    here = f"http://{own_serving.address}/api/v1"
    # Cookies of an address in numbers are kept only on request.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": here[:-7]}) as http:
        async with http.post(f"{here}/login", json={"email": "ada@demo.example", "password": "demo"}) as answer:
            own_serving.tokens["ada"] = (await answer.json())["token"]
        ada = await own_people.agent("ada", "")
        await ada.leave(abruptly=True)
        async with http.post(f"{here}/logout", json={"agent": "ada"}) as answer:
            assert answer.status == 204
    await refused_at_the_door(ada)


async def refused_at_the_door(client: Client) -> None:
    await client.connect()
    with pytest.raises((LostError, RefusedError)):
        await client.identify()
    assert await client.ended() in {CloseCode.BAD_CREDENTIALS, CloseCode.REVOKED}


@pytest.mark.row(10)
async def test_row_10_whose_role_is_gone_does_not_come_back(own_people: People, own_serving: Serving) -> None:
    ben = await own_people.agent("ben", "")
    await ben.leave(abruptly=True)
    settings = workspace(["support"], department("support", method="priority"), agent("ada", 3, {"support": 1}))
    file = own_serving.folder / "without-ben.toml"
    file.write_text(settings, encoding="utf-8")
    command = [COMMAND, "apply", str(file), "--data", str(own_serving.data), "--prune", "--yes"]
    done = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-2)
    said, _ = await done.communicate()
    assert done.returncode == 0, said.decode()
    await refused_at_the_door(ben)


@pytest.mark.row(11)
async def test_row_11_who_comes_while_others_write_misses_nothing_and_sees_nothing_twice(
    people: People, serving: Serving, proxy: Proxy
) -> None:
    ada = await people.agent("ada")
    page = await people.pair("support", ada)
    over = asyncio.Event()

    async def write() -> None:
        while not over.is_set():
            await ada.settled(*[await ada.post(page.conversation, f"{len(ada.posts)}") for _ in range(8)])

    writing = asyncio.create_task(write())
    tab = through(people, proxy, token=page.credentials["token"])
    try:
        for _ in range(times(25, 200)):
            await tab.enter()
            await tab.leave(abruptly=True)
    finally:
        over.set()
        await writing
    await ada.settled()
    await tab.enter()
    # A gap would show that something between the snapshot and the first event was missing.
    assert tab.transcript.gaps == []
    await judge(page.conversation, page=page, tab=tab, ada=ada)
