"""A bot's conversation from its start to its end, over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from server.settings.workspace import Bot, WorkspaceFile
from server.wire.codes import CloseCode
from tests.desk.support.bench import settings
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story

WITH_BOT: WorkspaceFile = replace(
    settings(support={"first": "bot:faq"}),
    bots=(Bot(key="faq", name="Fay", reply_seconds=30, grace_seconds=20),),
)


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, WITH_BOT) as told:
        yield told


def texts(client: Client) -> list[str]:
    return [entry["text"] for entry in client.told("entry") if entry["kind"] == "message"]


async def fay_again(it: Story) -> Client:
    """Another connection, which hears of everything that the bot has or had."""
    return await it.desk.bot()


async def test_it_gets_new_conversations_and_answers(it: Story):
    fay = await it.desk.bot()
    assert fay.snapshot["bot"]["key"] == "faq"
    assert fay.snapshot["conversations"] == []
    c = await it.desk.start_conversation(it.vera, "Where is my order?", form={"name": "Vera"})
    first = fay.told("conversation")[0]["conversation"]
    assert (first["id"], first["state"], first["bot"]["name"], first["agent"]) == (c, "bot", "Fay", None)
    assert first["form"] == {"name": "Vera"}
    assert [entry["seq"] for entry in fay.told("entry")] == [1, 2]
    assert texts(fay) == ["Where is my order?"]
    reply = await fay.ask(
        "message.send",
        conversation=c,
        client_id="re-1-0",
        text="On its way.",
        replies=["Thanks"],
        cards=[{"title": "T"}],
    )
    assert reply["seq"] == 3
    said = it.vera.told("entry")[-1]
    assert (said["from"]["role"], said["from"]["name"], said["text"]) == ("bot", "Fay", "On its way.")
    assert (said["replies"], said["cards"]) == (["Thanks"], [{"title": "T"}])
    rich = {"replies": ["Thanks"], "cards": [{"title": "T"}]}
    again = await fay.ask("message.send", conversation=c, client_id="re-1-0", text="On its way.", **rich)
    assert again["seq"] == 3
    await fay.ask("message.send", conversation=c, client_id="re-1-1", text="Anything else?")
    await it.vera.ask("message.send", conversation=c, client_id="m2", text="No")
    assert texts(fay) == ["Where is my order?", "On its way.", "Anything else?", "No"]
    found = await it.vera.ask("history", conversation=c)
    assert found["entries"][2]["cards"] == [{"title": "T"}]
    assert it.ada.told("offer") == []
    await fay.ask("conversation.close", conversation=c, outcome="answered")
    assert it.vera.told("conversation")[-1]["conversation"]["state"] == "closed"
    assert fay.reading().state()["conversations"] == {}


@pytest.mark.parametrize(
    "other",
    [{}, {"replies": ["Thanks"]}, {"replies": ["No"], "cards": [{"title": "T"}]}, {"cards": [{"title": "U"}]}],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_same_words_with_other_replies_or_cards_are_not_the_same(it: Story, other: Any, streamed: bool):
    fay = await it.desk.bot()
    c = await it.desk.start_conversation(it.vera, "Where is my order?")
    do, name = ("stream", "stream_id") if streamed else ("message.send", "client_id")
    said: dict[str, Any] = {"conversation": c, name: "re-1-0", "text": "On its way.", "replies": ["Thanks"]}
    said |= {"cards": [{"title": "T"}], **({"final": True} if streamed else {})}
    assert (await fay.ask(do, **said))["seq"] == (await fay.ask(do, **said))["seq"] == 3
    bare = {key: value for key, value in said.items() if key not in ("replies", "cards")}
    assert (await fay.ask(do, **bare, **other))["error"]["code"] == "client_id_conflict"
    plain = await fay.ask("message.send", conversation=c, client_id="re-1-1", text="Soon.")
    assert plain["seq"] == 4
    dressed = await fay.ask("message.send", conversation=c, client_id="re-1-1", text="Soon.", replies=["Thanks"])
    assert dressed["error"]["code"] == "client_id_conflict"


async def test_it_hands_over_with_a_summary(it: Story):
    fay = await it.desk.bot()
    c = await it.desk.start_conversation(it.vera, "I want a red bike")
    failed = await fay.ask("handoff", conversation=c, summary="A red bike")
    assert (failed["handoff"], failed["reason"]) == ("failed", "nobody")
    assert it.vera.told("entry")[-1]["notice"] == "handoff_failed"
    await it.ada.ask("status.set", status="available")
    queued = await fay.ask("handoff", conversation=c, summary="A red bike, size 54", reason="wants to buy")
    assert queued["handoff"] == "queued"
    assert it.ada.offer["note"] == "A red bike, size 54"
    assert [event["on"] for event in fay.events if event["on"].startswith("handoff")] == [
        "handoff.failed",
        "handoff.queued",
    ]
    refused = await fay.ask("message.send", conversation=c, client_id="re-9", text="Wait!")
    assert refused["error"]["code"] == "not_owner"
    await it.desk.accept(it.ada)
    assert fay.told("handoff.accepted")[0]["agent"]["key"] == "ada"
    await it.ada.ask("message.send", conversation=c, client_id="m1", text="Hello, this is Ada")
    assert texts(fay)[-1] == "Hello, this is Ada"
    back = await it.ada.ask("conversation.transfer", conversation=c, to={"bot": "faq"})
    assert back["conversation"]["bot"]["key"] == "faq"
    assert fay.told("handoff.returned")[0]["agent"]["key"] == "ada"
    assert (await fay.ask("message.send", conversation=c, client_id="re-10", text="Me again"))["ok"]
    refused = await it.ada.ask("message.send", conversation=c, client_id="m2", text="Wait!")
    assert refused["error"]["code"] == "not_owner"


async def test_words_and_the_button_ask_for_a_person(it: Story):
    fay = await it.desk.bot()
    c = await it.desk.start_conversation(it.vera, "Hello")
    asked = await it.vera.ask("conversation.human", conversation=c)
    assert (asked["handoff"], asked["reason"]) == ("failed", "nobody")
    await it.ada.ask("status.set", status="available")
    await it.vera.ask("message.send", conversation=c, client_id="m2", text="Can I talk to a human, please?")
    assert it.ada.offer["conversation"]["id"] == c
    assert fay.told("handoff.queued")[0]["reason"] == "asked"
    assert (await it.vera.ask("conversation.human", conversation=c))["error"]["code"] == "conflict"


async def test_gone_beyond_its_grace_or_without_an_answer_it_goes_to_the_line(it: Story):
    fay = await it.desk.bot()
    await it.ada.ask("status.set", status="available")
    c = await it.desk.start_conversation(it.vera, "Hello")
    await it.desk.wait(31)
    assert it.ada.offer["conversation"]["id"] == c
    assert fay.told("handoff.queued")[0]["reason"] == "unanswered"
    nils = await it.desk.visitor()
    d = await it.desk.start_conversation(nils, "Hello")
    await it.desk.leave(fay)
    await it.desk.wait(19)
    assert nils.told("conversation")[-1]["conversation"]["state"] == "bot"
    await it.desk.wait(2)
    assert nils.told("conversation")[-1]["conversation"]["state"] in ("waiting", "offered")
    # Said also where nobody is: it promises a place in line and no person.
    assert nils.told("entry")[-2]["text"] == "Fay does not answer. You are in line for a person from Support."
    assert (await fay_again(it)).reading().conversation_ids() == [c, d]


async def test_an_answer_in_time_is_one_also_where_there_is_little_of_it(tmp_path: Path):
    hasty = replace(WITH_BOT, bots=(Bot(key="faq", reply_seconds=3),))
    async with story(tmp_path, hasty) as it:
        fay = await it.desk.bot()
        told_late(it)
        await it.ada.ask("status.set", status="available")
        c = await it.desk.start_conversation(it.vera, None, form={"name": "Vera"})
        await it.desk.wait(10)
        await it.vera.ask("message.send", conversation=c, client_id="m1", text="Quick, please")
        await it.desk.wait(1.5)
        await fay.ask("message.send", conversation=c, client_id="re-3-0", text="Here")
        await it.desk.wait(10)
        assert fay.told("handoff.queued") == []


def told_late(it: Story) -> None:
    """As the server has it: in the thick of a talk the router is told up to two seconds late."""
    it.desk.messages._writers._later = it.desk.later


@pytest.mark.parametrize("seconds", [1, 3, 10])
async def test_the_time_to_answer_begins_when_the_visitor_writes(tmp_path: Path, seconds: int):
    async with story(tmp_path, replace(WITH_BOT, bots=(Bot(key="faq", reply_seconds=seconds),))) as it:
        fay = await it.desk.bot()
        told_late(it)
        await it.ada.ask("status.set", status="available")
        c = await it.desk.start_conversation(it.vera, "Hello")
        await fay.ask("message.send", conversation=c, client_id="re-1-0", text="Yes?")
        await it.desk.jump(0.5)
        await it.vera.ask("message.send", conversation=c, client_id="m1", text="Where is it?")
        for _ in range(10 * seconds - 1):
            await it.desk.jump(0.1)
        assert fay.told("handoff.queued") == []
        await it.desk.jump(0.1)
        assert [event["reason"] for event in fay.told("handoff.queued")] == ["unanswered"]


async def test_an_answer_at_the_last_moment_counts_though_somebody_has_just_written(it: Story):
    fay = await it.desk.bot()
    told_late(it)
    await it.ada.ask("status.set", status="available")
    c = await it.desk.start_conversation(it.vera, "Hello")
    await it.desk.wait(29)
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Hello?")
    await it.desk.wait(0.9)
    await fay.ask("message.send", conversation=c, client_id="re-1-0", text="Here I am")
    for _ in range(100):
        await it.desk.wait(0.1)
    assert fay.told("handoff.queued") == []


@pytest.mark.parametrize("answers", [False, True])
async def test_who_asked_a_bot_while_a_commit_failed_is_not_left_waiting(it: Story, answers: bool):
    fay = await it.desk.bot()
    told_late(it)
    await it.ada.ask("status.set", status="available")
    c = await it.desk.start_conversation(it.vera, "Hello")
    await it.desk.wait(5)
    await fay.ask("message.send", conversation=c, client_id="re-1-0", text="Yes?")
    await it.sue.ask("status.set", status="away")  # with which it is stored that nothing is to be answered
    await it.desk.wait(1)
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Where is it?")
    if answers:
        await fay.ask("message.send", conversation=c, client_id="re-4-0", text="Here.")
    # The router has not been told of that yet, and begins anew from what is stored.
    it.desk.store.fail_writes()
    assert (await it.ben.ask("status.set", status="available"))["error"]["code"] == "unavailable"
    await it.desk.check_router()
    for _ in range(32):
        await it.desk.wait(1)
    assert [event["reason"] for event in fay.told("handoff.queued")] == ([] if answers else ["unanswered"])


async def test_a_bot_that_reads_on_is_told_that_it_is_not_its_own(it: Story):
    fay = await it.desk.bot()
    await it.ada.ask("status.set", status="available")
    c = await it.desk.start_conversation(it.vera, "Hello")
    await fay.ask("handoff", conversation=c)
    for do, fields in (("typing", {"active": True}), ("read", {"seq": 1}), ("thinking", {"active": True})):
        mine = await fay.ask(do, conversation=c, **fields)
        other = await fay.ask(do, conversation="c_other", **fields)
        assert (mine["error"]["code"], other["error"]["code"]) == ("not_owner", "not_found")
    assert it.vera.told("typing") == it.vera.told("read") == it.vera.told("thinking") == []


async def test_two_connections_share_and_what_one_leaves_goes_to_the_other(it: Story):
    one, two = await it.desk.bot(), await it.desk.bot()
    visitors = [await it.desk.visitor() for _ in range(4)]
    started = [await it.desk.start_conversation(each, f"Hello {n}") for n, each in enumerate(visitors)]
    assert [sorted(texts(each)) for each in (one, two)] == [["Hello 0", "Hello 2"], ["Hello 1", "Hello 3"]]
    await visitors[0].ask("message.send", conversation=started[0], client_id="m2", text="More")
    assert texts(one)[-1] == "More"
    await it.desk.leave(one)
    assert sorted(texts(two)) == ["Hello 0", "Hello 1", "Hello 2", "Hello 3", "More"]
    await visitors[0].ask("message.send", conversation=started[0], client_id="m3", text="Still there?")
    assert texts(two)[-1] == "Still there?"
    await it.desk.leave(two)
    await visitors[1].ask("message.send", conversation=started[1], client_id="m2", text="And you?")
    back = await it.desk.bot(
        resume={"epoch": two.identified["epoch"], "positions": {c: {"entries": 2} for c in started}}
    )
    assert set(back.reading().conversation_ids()) == set(started)
    assert "And you?" in [entry["text"] for entry in back.identified["missed"]]


async def test_a_connection_from_which_another_claims_is_told(it: Story):
    one = await it.desk.bot()
    c = await it.desk.start_conversation(it.vera, "Hello")
    two = await it.desk.bot(resume={"epoch": one.identified["epoch"], "positions": {c: {"entries": 2}}})
    assert one.told("dropped") == [{"on": "dropped", "conversation": c}]
    assert two.reading().conversation_ids() == [c]
    await it.vera.ask("message.send", conversation=c, client_id="m2", text="And now?")
    assert (texts(one), texts(two)) == (["Hello"], ["And now?"])
    # Both may believe that it is theirs to answer this: it is answered once.
    assert (await one.ask("message.send", conversation=c, client_id="re-3-0", text="Yes"))["ok"]
    late = await two.ask("message.send", conversation=c, client_id="re-3-0", text="No")
    assert late["error"]["code"] == "client_id_conflict"
    await it.desk.check_law()
    await it.desk.leave(two)
    assert one.reading().conversation_ids() == [c]
    assert one.told("entry")[-1]["text"] == "Yes"


async def test_a_stream_grows_and_ends_as_an_entry(it: Story):
    fay = await it.desk.bot()
    c = await it.desk.start_conversation(it.vera, "Hello")
    for piece in ("Let ", "me ", "see"):
        assert (await fay.ask("stream", conversation=c, stream_id="s1", delta=piece))["ok"]
    assert it.vera.told("stream")[0]["text"] == "Let "
    await it.desk.jump(0.11)
    assert it.vera.told("stream")[-1] == {
        "on": "stream",
        "conversation": c,
        "from": {"role": "bot", "id": fay.me, "name": "Fay"},
        "stream_id": "s1",
        "text": "Let me see",
        "active": True,
    }
    end = await fay.ask("stream", conversation=c, stream_id="s1", delta=".", final=True, offset=10)
    assert end["seq"] == 3
    assert (it.vera.told("entry")[-1]["text"], it.vera.told("entry")[-1]["client_id"]) == ("Let me see.", "s1")
    again = await fay.ask("stream", conversation=c, stream_id="s1", delta=".", final=True, offset=10)
    assert again["seq"] == 3
    await fay.ask("stream", conversation=c, stream_id="s2", delta="And")
    await it.desk.leave(fay)
    assert (it.vera.told("stream")[-1]["stream_id"], it.vera.told("stream")[-1]["active"]) == ("s2", False)
    back = await it.desk.bot()
    gone = await back.ask("stream", conversation=c, stream_id="s2", delta=" more")
    assert gone["error"]["code"] == "gone"
    end = await back.ask("stream", conversation=c, stream_id="s2", text="And more", final=True)
    assert end["seq"] == 4


async def test_what_grows_is_cut_when_another_connection_claims_the_conversation(it: Story):
    one = await it.desk.bot()
    c = await it.desk.start_conversation(it.vera, "Hello")
    await one.ask("stream", conversation=c, stream_id="re-1-0", delta="Half of")
    await one.ask("thinking", conversation=c, active=True)
    two = await it.desk.bot(resume={"epoch": one.identified["epoch"], "positions": {c: {"entries": 2}}})
    shown, at_work = it.vera.told("stream")[-1], it.vera.told("thinking")
    assert (shown["text"], shown["active"], [each["active"] for each in at_work]) == ("Half of", False, [True, False])
    gone = await one.ask("stream", conversation=c, stream_id="re-1-0", delta=" it")
    assert gone["error"]["code"] == "gone"
    assert (await two.ask("stream", conversation=c, stream_id="re-1-0", text="All of it", final=True))["ok"]
    assert texts(two) == ["All of it"]


@pytest.mark.parametrize("what", ["token", "bot"])
async def test_what_ends_while_a_bot_comes_in_does_not_let_it_stay(it: Story, monkeypatch, what: str):
    openings = it.desk.openings
    opened = openings.open_bot

    async def meanwhile(peer, request, identity):
        await opened(peer, request, identity)
        if what == "token":
            (token,) = await it.desk.bots.tokens(identity.bot)
            await it.desk.bots.revoke(token.id)
        else:
            await it.desk.configure(settings())

    monkeypatch.setattr(openings, "open_bot", meanwhile)
    made = await it.desk.bots.create(it.desk.engine.directory.workspace_id, it.desk.engine.directory.bot_ids["faq"])
    fay = it.desk._client("bot", {"token": made.token})
    await fay.identify()
    assert fay.peer.closed is CloseCode.REVOKED
    assert it.desk.bot_watch.connections() == {}


async def test_outside_hours_a_bot_that_is_here_answers_and_says_when_people_cannot(tmp_path: Path):
    # The bench's clock stands still on a moment of its own: an hour of the week that it is not in.
    closed = replace(
        WITH_BOT, departments=tuple(replace(each, hours=("mon 03:00-03:01",)) for each in WITH_BOT.departments)
    )
    async with story(tmp_path, closed) as it:
        refused = await it.vera.ask("conversation.start", client_id="s1", text="Hello")
        assert refused["error"]["code"] == "outside_hours"
        assert [each["bot"] for each in it.vera.snapshot["site"]["departments"]] == [False, False]
        fay = await it.desk.bot()
        shown = {each["key"]: each for each in it.vera.reading().state()["site"]["departments"]}
        assert (shown["support"]["bot"], shown["support"]["open"], shown["sales"]["bot"]) == (True, False, False)
        await it.ada.ask("status.set", status="available")
        c = await it.desk.start_conversation(it.vera, "Hello")
        reply = await fay.ask("handoff", conversation=c)
        assert (reply["handoff"], reply["reason"]) == ("failed", "outside_hours")
        assert it.vera.told("entry")[-1]["reason"] == "outside_hours"
        await it.desk.leave(fay)
        assert {each["bot"] for each in it.vera.reading().state()["site"]["departments"]} == {False}


async def test_a_page_hears_that_the_bot_is_back_though_the_commit_of_it_failed(it: Story):
    def answering() -> set[bool]:
        return {each["bot"] for each in it.vera.reading().state()["site"]["departments"]}

    fay = await it.desk.bot()
    assert True in answering()
    await it.desk.leave(fay)
    assert answering() == {False}
    it.desk.store.fail_writes()
    before = it.desk.engine.router
    await it.desk.again(fay)
    assert it.desk.engine.router is not before  # rebuilt: by then it was back, and the router says nothing about it
    assert True in answering()


async def test_a_bot_that_has_as_many_as_it_may_gets_no_more(tmp_path: Path):
    small = replace(WITH_BOT, bots=(replace(WITH_BOT.bots[0], max_conversations=1),))
    async with story(tmp_path, small) as it:
        await it.desk.bot()
        await it.desk.start_conversation(it.vera, "Hello")
        nils = await it.desk.visitor()
        await it.desk.start_conversation(nils, "Hello")
        states = [each.told("conversation")[-1]["conversation"]["state"] for each in (it.vera, nils)]
        assert states == ["bot", "waiting"]


async def test_a_try_out_comes_back_after_a_lost_connection_and_after_a_restart(it: Story):
    fay = await it.desk.bot()
    ticket = it.desk.bots.trial(it.desk.engine.directory.bot_ids["faq"], "demo")
    page = it.desk.stranger("visitor", {"site": "demo"})
    assert (await page.identify(trial=ticket))["ok"]
    c = await it.desk.start_conversation(page, "Hello")
    await it.desk.leave(page)
    await fay.ask("message.send", conversation=c, client_id="re-1", text="Still here?")
    back = await it.desk.again(page, trial=ticket, resume=positions(it, page, c, 2))
    assert [entry["text"] for entry in back.identified["missed"]] == ["Still here?"]
    assert (await back.ask("message.send", conversation=c, client_id="m2", text="Yes"))["ok"]
    stranger = it.desk.stranger("visitor", {"site": "demo"})
    assert (await stranger.identify(trial=ticket))["error"]["code"] == "unauthorised"

    await it.desk.restart()
    it.desk.bots._trials.clear()
    fay = await it.desk.bot()
    back = await it.desk.again(back, trial=ticket, resume=positions(it, back, c, 4))
    assert back.reading().state()["conversation"]["trial"] is True
    await fay.ask("conversation.close", conversation=c)
    d = await it.desk.start_conversation(back, "Once more")
    assert back.reading().state()["conversation"]["trial"] is True
    assert fay.reading().conversation_ids()[-1] == d
    stranger = it.desk.stranger("visitor", {"site": "demo"})
    assert (await stranger.identify(trial=ticket))["error"]["code"] == "unauthorised"


def positions(it: Story, page: Client, conversation: str, entries: int) -> dict[str, object]:
    return {"epoch": page.identified["epoch"], "positions": {conversation: {"entries": entries}}}
