"""What events say to the server."""

from __future__ import annotations

import asyncio

import pytest

import bots
from bots.address import endpoint, is_open
from bots.errors import Refused, SetupError
from tests.bots.paper import Paper


@pytest.fixture
def paper() -> Paper:
    return Paper()


async def test_answers_are_named_after_what_they_answer(paper):
    message = paper.message("a")
    assert await message.reply("A", replies=["Yes"])
    assert await message.reply("B")
    assert await paper.message("b").reply("C")
    assert [(each["client_id"], each["text"]) for each in paper.asked] == [
        ("re-1-0", "A"),
        ("re-1-1", "B"),
        ("re-4-0", "C"),
    ]
    assert paper.asked[0]["replies"] == ["Yes"]


async def test_a_card_is_as_the_wire_has_it(paper):
    link = bots.Link(text="Here", url="https://a.example/")
    cards = [bots.Card(title="T"), bots.Card(title="U", text="V", links=[link], replies=["W"])]
    await paper.message("a").reply("A", cards=cards)
    assert paper.asked[0]["cards"] == [
        {"title": "T"},
        {"title": "U", "text": "V", "links": [{"text": "Here", "url": "https://a.example/"}], "replies": ["W"]},
    ]


@pytest.mark.parametrize("code", ["not_owner", "closed", "client_id_conflict", "gone", "not_found"])
async def test_what_nobody_could_foresee_is_told_and_not_raised(paper, code):
    paper.answers = dict.fromkeys(("message.send", "handoff", "conversation.close"), Refused(code, "No."))
    message = paper.message("a")
    written = await message.reply("A")
    assert (bool(written), written.refused) == (False, code)
    handed = await message.handoff()
    assert (bool(handed), handed.reason) == (False, code)
    assert not await message.close()


async def test_what_was_taken_from_it_is_summarised(paper):
    taken = paper.handed_over("asked")
    assert await taken.summarise("Wants a pen")
    assert paper.asked == [{"do": "handoff", "client_id": "handoff.queued-7-0", "summary": "Wants a pen"}]
    paper.answers["handoff"] = Refused("not_owner", "No.")
    again = await taken.summarise("Wants a pen")
    assert (bool(again), again.refused) == (False, "not_owner")


async def test_what_is_wrong_by_itself_is_raised(paper):
    paper.answers = dict.fromkeys(("message.send", "handoff"), Refused("bad_request", "No.", field="cards"))
    message = paper.message("a")
    for asking in (message.reply("A"), message.handoff(summary="x")):
        with pytest.raises(Refused) as told:
            await asking
        assert told.value.field == "cards"


async def test_a_hand_over_says_where_to_and_why(paper):
    handed = await paper.message("a").handoff(department="sales", summary="S", reason="R")
    assert handed
    paper.answers["handoff"] = {"ok": True, "handoff": "failed", "reason": "nobody"}
    failed = await paper.message("b").handoff(agent="ada")
    assert (bool(failed), failed.reason) == (False, "nobody")
    assert paper.asked == [
        {"do": "handoff", "client_id": "re-1-0", "to": {"department": "sales"}, "summary": "S", "reason": "R"},
        {"do": "handoff", "client_id": "re-2-0", "to": {"agent": "ada"}},
    ]


async def test_it_is_over_when_the_bot_says_so(paper):
    assert await paper.message("a").close(outcome="helped", tags=["x"])
    assert paper.asked == [
        {"do": "conversation.close", "client_id": "re-1-0", "outcome": "helped", "tags": ["x"]},
    ]


async def test_signs_of_work_are_not_answered(paper):
    message = paper.message("a")
    await message.thinking("Looking it up")
    await message.thinking(active=False)
    await message.typing()
    assert paper.told == [
        {"do": "thinking", "active": True, "title": "Looking it up"},
        {"do": "thinking", "active": False},
        {"do": "typing", "active": True},
    ]


async def test_a_stream_shows_pieces_ten_times_a_second_and_ends_as_one_message(paper):
    message = paper.message("a")
    async with message.stream(replies=["Yes"]) as out:
        assert await out.write("Once")
        await out.write(" upon")
        await out.write(" a")
        paper.ring()
        await out.write(" time")
    assert out.written.seq == 2
    shown = [each.get("text", each.get("delta")) for each in paper.told]
    assert shown == ["Once", " upon a"]
    assert paper.asked == [
        {"do": "stream", "stream_id": "re-1-0", "text": "Once upon a time", "final": True, "replies": ["Yes"]},
    ]
    assert paper.alarms == []


async def test_a_stream_begins_anew_on_another_connection(paper):
    async with paper.message("a").stream() as out:
        await out.write("a")
        paper.connection = 0
        await out.write("b")
        paper.ring()
        paper.connection = 2
        paper.ring()
        await out.write("c")
        paper.ring()
    assert [{name: each[name] for name in each if name in ("text", "delta")} for each in paper.told] == [
        {"text": "a"},
        {"text": "ab"},
        {"delta": "c"},
    ]


async def test_a_stream_says_when_there_is_no_point_in_going_on(paper):
    async with paper.message("a").stream() as out:
        paper.mine = False
        assert not await out.write("a")
    assert (paper.asked, out.written.refused) == ([], "not_owner")


async def test_a_stream_without_a_word_is_none(paper):
    async with paper.message("a").stream() as out:
        await out.write(" ")
    assert (paper.asked, bool(out.written)) == ([], False)
    assert paper.told[-1] == {"do": "stream", "stream_id": "re-1-0", "text": ""}
    async with paper.message("a").stream():
        pass
    assert len(paper.told) == 2


async def test_what_was_shown_stays_when_the_handler_fails(paper):
    async def fail() -> None:
        async with paper.message("a").stream() as out:
            await out.write("so far")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert paper.said() == ["so far"]


@pytest.mark.parametrize("connection", [1, 2])
async def test_what_was_shown_is_taken_back_when_the_handler_is_cancelled(paper, connection: int):
    async def hang() -> None:
        async with paper.message("a").stream() as out:
            await out.write("so far")
            paper.connection = connection
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await hang()
    assert paper.asked == []
    assert ({"do": "stream", "stream_id": "re-1-0", "text": ""} in paper.told) is (connection == 1)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws/bot"),
        ("https://chat.example.org/", "wss://chat.example.org/ws/bot"),
        ("wss://example.org/desk/ws/bot", "wss://example.org/desk/ws/bot"),
        ("https://example.org/desk", "wss://example.org/desk/ws/bot"),
        ("localhost:8080", "ws://localhost:8080/ws/bot"),
    ],
)
def test_addresses_are_written_in_many_ways(url, found):
    assert endpoint(url) == found


@pytest.mark.parametrize("url", ["ftp://a.example", "http://", "http://a:99999", "https:///x", "http://a:b"])
def test_some_are_none(url):
    with pytest.raises(SetupError):
        endpoint(url)


@pytest.mark.parametrize(
    ("url", "told"), [("ws://a.example", True), ("ws://127.0.0.1", False), ("ws://[::1]:1", False), ("wss://a", False)]
)
def test_a_token_in_the_open_is_noticed(url, told):
    assert is_open(url) is told
