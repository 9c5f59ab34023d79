"""Messages that grow before the visitor's eyes: how often they are told, how they end, how they are cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from server.desk import streams
from server.wire import requests
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.bot_cases import WITH_BOT, asked, fay
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, WITH_BOT) as told:
        await asked(told)
        yield told


async def grow(it: Story, delta: str, stream: str = "s1", **more: Any) -> dict[str, Any]:
    return await fay(it).ask("stream", conversation=it.more["c"], stream_id=stream, delta=delta, **more)


def shown(it: Story) -> list[tuple[str, bool]]:
    return [(event["text"], event["active"]) for event in it.vera.told("stream")]


async def test_the_page_is_told_at_most_ten_times_a_second_and_all_of_it(it: Story):
    for n in range(30):
        await grow(it, f"{n % 10}")
        await it.desk.jump(0.02)
    await it.desk.jump(0.2)
    told = shown(it)
    assert 6 <= len(told) <= 8
    assert told[-1] == ("0123456789" * 3, True)
    assert all(later.startswith(earlier) for (earlier, _), (later, _) in pairwise(told))


async def test_what_was_not_told_in_time_is_not_told_after_the_end(it: Story):
    await grow(it, "One ")
    await grow(it, "two ")
    await grow(it, "three", final=True)
    await it.desk.jump(1)
    assert shown(it) == [("One ", True)]
    assert it.vera.told("entry")[-1]["text"] == "One two three"


async def test_a_piece_that_does_not_fit_is_refused_and_the_whole_mends_it(it: Story):
    await grow(it, "One", offset=0)
    assert (await grow(it, "four", offset=9))["error"]["code"] == "conflict"
    assert (await grow(it, "", text="One, two"))["ok"]
    end = await grow(it, ".", offset=8, final=True)
    assert end["ok"]
    assert it.vera.told("entry")[-1]["text"] == "One, two."


async def test_what_is_taken_back_is_shown_no_more_and_leaves_room_for_others(it: Story):
    for n in range(streams.MOST + 2):
        await grow(it, "Half a ", f"s{n}")
        assert (await grow(it, "", f"s{n}", text=""))["ok"]
        assert shown(it)[-1] == ("Half a ", False)
    assert (await grow(it, "word", "s0"))["error"]["code"] == "gone"
    assert (await grow(it, "", "s0", final=True))["error"]["code"] == "gone"
    assert (await grow(it, "", "never", text=""))["ok"]
    assert (await grow(it, "", "s0", text="All of it", final=True))["ok"]
    assert [entry["text"] for entry in it.vera.told("entry") if entry["from"]["role"] == "bot"][-1] == "All of it"


async def test_card_numbers_are_masked_also_across_pieces(it: Story):
    await grow(it, "Card 4242 4242 ")
    await it.desk.jump(1)
    await grow(it, "4242 4242 it is")
    await grow(it, "", final=True)
    assert shown(it)[-1] == ("Card •••• 4242 it is", True)
    assert it.vera.told("entry")[-1]["text"] == "Card •••• 4242 it is"
    cards = [
        {"title": "Paid with 4242424242424242", "links": [{"text": "4242424242424242", "url": "https://x.example"}]}
    ]
    await fay(it).ask("message.send", conversation=it.more["c"], client_id="m", text="4242424242424242", cards=cards)
    said = it.vera.told("entry")[-1]
    assert (said["text"], said["cards"][0]["title"], said["cards"][0]["links"][0]["text"]) == (
        "•••• 4242",
        "Paid with •••• 4242",
        "•••• 4242",
    )


async def test_a_stream_with_cards_ends_with_them(it: Story):
    await grow(it, "Look")
    await grow(it, "", final=True, replies=["Buy"], cards=[{"title": "A bike"}])
    said = it.vera.told("entry")[-1]
    assert (said["text"], said["replies"], said["cards"]) == ("Look", ["Buy"], [{"title": "A bike"}])


async def test_an_empty_one_and_one_without_an_id_do_not_end(it: Story):
    assert (await grow(it, "", final=True))["error"]["code"] in ("bad_request", "gone")
    await grow(it, "x")
    assert (await grow(it, "y" * 8000))["error"]["code"] == "too_large"
    assert shown(it)[-1] == ("x", False)
    assert (await grow(it, "more"))["error"]["code"] == "gone"


@pytest.mark.parametrize("how", ["handoff", "closed by the visitor", "picked"])
async def test_it_is_cut_when_the_bot_loses_the_conversation(it: Story, how: str):
    await grow(it, "I was about to")
    await fay(it).ask("thinking", conversation=it.more["c"], active=True, title="Looking")
    c = it.more["c"]
    match how:
        case "handoff":
            await fay(it).ask("handoff", conversation=c)
        case "picked":
            await it.ada.ask("conversation.pick", conversation=c)
        case _:
            await it.vera.ask("conversation.close", conversation=c)
    assert shown(it)[-1] == ("I was about to", False)
    assert at_work(it) == [True, False]
    code = "closed" if how == "closed by the visitor" else "not_owner"
    assert (await grow(it, " say"))["error"]["code"] == code
    assert (await grow(it, "I was about to say", final=True))["error"]["code"] == code
    assert it.desk.desk.streams._open == {}


def at_work(it: Story) -> list[bool]:
    return [event["active"] for event in it.vera.told("thinking")]


async def test_nobody_is_shown_at_work_whose_connection_is_gone(it: Story):
    c, second = it.more["c"], await it.desk.bot()
    await fay(it).ask("thinking", conversation=c, active=True, title="Looking")
    await it.desk.leave(second)
    assert at_work(it) == [True]
    await it.desk.leave(fay(it))
    assert at_work(it) == [True, False]
    # Another connection is at it: the first one has no say in that any more.
    one, two = await it.desk.bot(), await it.desk.bot()
    await one.ask("thinking", conversation=c, active=True)
    await two.ask("thinking", conversation=c, active=True)
    await it.desk.leave(one)
    assert at_work(it)[-1] is True
    await two.ask("handoff", conversation=c)
    assert at_work(it)[-1] is False
    assert it.desk.desk.streams._thinking == {}


async def test_a_commit_that_fails_is_made_good_with_the_whole(it: Story):
    """The connection is closed with it, as for any write; on the next one there is nothing of the stream."""
    await grow(it, "One ")
    it.desk.store.fail_writes(1)
    assert (await grow(it, "two", final=True))["error"]["code"] == "unavailable"
    await it.desk.leave(fay(it))
    it.more["fay"] = await it.desk.bot()
    assert (await grow(it, "two", final=True))["error"]["code"] == "gone"
    assert (await grow(it, "", text="One two", final=True))["ok"]
    assert it.vera.told("entry")[-1]["text"] == "One two"
    again = await grow(it, "two", final=True)
    assert again["seq"] == it.vera.told("entry")[-1]["seq"]


async def test_four_at_a_time(it: Story):
    for n in range(streams.MOST):
        assert (await grow(it, "x", stream=f"s{n}"))["ok"]
    assert (await grow(it, "x", stream="s9"))["error"]["code"] == "conflict"
    await grow(it, "x", stream="s0", final=True)
    assert (await grow(it, "x", stream="s9"))["ok"]


async def test_another_connection_goes_on_with_the_whole_only(it: Story):
    await grow(it, "One")
    second = await it.desk.bot()
    c = it.more["c"]
    assert (await second.ask("stream", conversation=c, stream_id="s1", delta=" two"))["error"]["code"] == "gone"
    assert (await second.ask("stream", conversation=c, stream_id="s1", text="One two"))["ok"]
    assert (await grow(it, " three"))["error"]["code"] == "gone"
    assert (await second.ask("stream", conversation=c, stream_id="s1", delta="!", final=True))["ok"]
    assert it.vera.told("entry")[-1]["text"] == "One two!"


def turned_away(it: Story, delta: str, **more: Any) -> None:
    """A piece that a limit has kept from the desk, as the session tells it."""
    piece = requests.Stream(conversation=it.more["c"], stream_id="s1", delta=delta, **more)
    it.desk.desk.refused(fay(it).peer, piece, Refused(ErrorCode.RATE_LIMITED, "Too much at once."))


async def said(it: Story) -> list[str]:
    entries = [event for event in it.vera.told("entry") if event["kind"] == "message"]
    return [entry["text"] for entry in entries if entry["from"]["role"] == "bot"]


async def test_no_text_with_a_hole_is_stored(it: Story):
    await grow(it, "One ")
    turned_away(it, "two ")
    assert (await grow(it, "three"))["error"]["code"] == "gone"
    assert (await grow(it, "", final=True))["error"]["code"] == "gone"
    assert shown(it)[-1] == ("One ", False)
    assert (await grow(it, "three", final=True))["error"]["code"] == "gone"
    assert await said(it) == []
    assert (await grow(it, "", text="One two three", final=True))["ok"]
    assert await said(it) == ["One two three"]


async def test_a_first_piece_that_was_refused_is_missed_too(it: Story):
    turned_away(it, "One ")
    assert (await grow(it, "two"))["error"]["code"] == "gone"
    assert (await grow(it, "two", final=True))["error"]["code"] == "gone"
    assert (await grow(it, "One ", offset=0))["ok"]
    assert (await grow(it, "two", final=True))["ok"]
    assert await said(it) == ["One two"]


async def test_what_was_refused_may_come_again_by_its_offset(it: Story):
    await grow(it, "One ", offset=0)
    turned_away(it, "two ", offset=4)
    assert (await grow(it, "three", offset=8))["error"]["code"] == "conflict"
    assert (await grow(it, "two ", offset=4))["ok"]
    assert (await grow(it, "three", final=True))["ok"]
    assert await said(it) == ["One two three"]


async def test_a_bot_can_break_no_streams_but_its_own(it: Story):
    other = await it.desk.bot("other")
    piece = requests.Stream(conversation=it.more["c"], stream_id="s1", delta="x")
    for code in (ErrorCode.RATE_LIMITED, ErrorCode.NOT_OWNER):
        it.desk.desk.refused(other.peer, piece, Refused(code, "No."))
    assert (await grow(it, "One"))["ok"]
    it.desk.desk.refused(other.peer, piece, Refused(ErrorCode.RATE_LIMITED, "No."))
    assert (await grow(it, " two", final=True))["ok"]
    assert await said(it) == ["One two"]
