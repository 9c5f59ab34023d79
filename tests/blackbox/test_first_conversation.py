"""One conversation from hello to closed, on the demo's own workspace: messages, pages of history, places, statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.blackbox.people import People, all_have_heard
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Agent, Client, Visitor, fresh

# Several scripts, a character beyond 16 bits, line breaks, and what JSON and HTML escape.
WORLDLY = 'Za\u017c\u00f3\u0142\u0107 \u4f60\u597d \U0001f642\r\n\t"quoted" \\ <b>&amp;</b>'


async def say_all(client: Client, conversation: str, name: str, count: int) -> None:
    """Pipelined: nothing is waited for between two messages."""
    for number in range(count):
        await client.post(conversation, f"{name} {number}")


async def up_to_date(*clients: Client, conversation: str) -> int:
    """Everybody holds the entry that the server says is the last; its number."""
    pong = await clients[0].request("ping")
    top: int = pong["positions"][conversation]["entries"]
    for client in clients:
        await client.holds(conversation, top)
    return top


async def test_a_conversation_from_start_to_close(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.visitor()
    assert visitor.hello["protocol"] == 1
    assert visitor.hello["limits"] == {"frame_bytes": 65536, "text_chars": 8000}
    assert visitor.snapshot["conversation"] is None

    conversation = await visitor.start("support", "Is anybody there?")
    assert visitor.state in {"waiting", "offered"}
    offer = await ada.rings(conversation)
    assert (offer["method"], offer["soft"], offer["auto"]) == ("average_utilization", False, False)
    accepted = await ada.accept(offer)
    assert accepted["conversation"]["state"] == "active"
    assert accepted["conversation"]["agent"]["key"] == "ada"
    assert "Is anybody there?" in [entry["text"] for entry in accepted["entries"]]
    assert await ada.offer_ended(offer) == "accepted"
    await visitor.active()
    assert visitor.conversations[conversation]["agent"]["name"] == "Ada"

    await asyncio.gather(
        say_all(visitor, conversation, "visitor", 100),
        say_all(ada, conversation, "ada", 100),
    )
    await visitor.settled(within_s=30)
    await ada.settled(within_s=30)

    closed = await ada.request("conversation.close", conversation=conversation, outcome="solved", tags=["greeting"])
    assert closed["at"]
    await visitor.reach(lambda: visitor.state == "closed")
    for client in (visitor, ada):
        await client.sees_the_close(conversation)
    assert visitor.transcript.gaps == ada.transcripts[conversation].gaps == []
    assert visitor.transcript.entries == ada.transcripts[conversation].entries
    assert len(visitor.transcript.texts()) == 201
    kinds = [entry["kind"] for entry in visitor.transcript.in_order()]
    assert kinds.index("joined") < kinds.index("closed")
    await people.agree(conversation, visitor, ada)
    holds = (await ada.set_status("available"))["holds"]
    assert [hold for hold in holds if hold["conversation"] == conversation and hold["kind"] == "active"] == []


async def test_the_acknowledgement_says_what_is_committed(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    sent = await visitor.request("message.send", conversation=visitor.conversation, client_id=fresh("m"), text=WORLDLY)
    await ada.holds(visitor.conversation, sent["seq"])
    entry = ada.transcripts[visitor.conversation].entries[sent["seq"]]
    assert entry["text"] == WORLDLY
    assert entry["at"] == sent["at"]
    assert entry["from"]["role"] == "visitor"
    assert sent["at"].endswith("Z")


async def test_resending_is_answered_with_the_first_outcome(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    message = {"conversation": visitor.conversation, "client_id": fresh("m"), "text": "only once"}
    first = await visitor.request("message.send", **message)
    await ada.say(visitor.conversation, "in between")
    again = await visitor.request("message.send", **message)
    assert (again["seq"], again["at"]) == (first["seq"], first["at"])
    error = await visitor.refused("message.send", **(message | {"text": "something else"}))
    assert error["code"] == "client_id_conflict"
    # The name belongs to the sender: another one's message of the same name is another message.
    own = await ada.request("message.send", **(message | {"text": "mine"}))
    assert own["seq"] > first["seq"]
    await up_to_date(visitor, ada, conversation=visitor.conversation)
    assert visitor.transcript.texts()[-3:] == ["only once", "in between", "mine"]


async def test_after_the_close_nothing_can_be_written(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    conversation = visitor.conversation
    message = {"conversation": conversation, "client_id": fresh("m"), "text": "in time"}
    seq = (await visitor.request("message.send", **message))["seq"]
    await visitor.request("conversation.close", conversation=conversation)
    await ada.sees_the_close(conversation)
    for client in (visitor, ada):
        late = {"conversation": conversation, "client_id": fresh("m"), "text": "too late"}
        assert (await client.refused("message.send", **late))["code"] == "closed"
    assert (await visitor.request("message.send", **message))["seq"] == seq
    assert [entry["kind"] for entry in await visitor.whole_history(conversation)].count("closed") == 1

    another = await visitor.start("support", "Me again")
    assert another != conversation


async def test_starting_twice_is_one_conversation(people: People) -> None:
    visitor = await people.visitor()
    start = {"client_id": fresh("start"), "department": "support", "text": "first"}
    first = await visitor.request("conversation.start", **start)
    again = await visitor.request("conversation.start", **start)
    second = await visitor.request("conversation.start", **(start | {"client_id": fresh("start"), "text": "second"}))
    visitor.conversation = first["conversation"]["id"]
    assert {reply["conversation"]["id"] for reply in (first, again, second)} == {visitor.conversation}
    history = await visitor.whole_history(visitor.conversation)
    assert [entry["text"] for entry in history if entry["kind"] == "message"] == ["first", "second"]


async def test_starting_at_once_from_two_tabs_is_one_conversation(people: People) -> None:
    # The token is the first tab's; the visitor exists from the first start on, whichever of the two that is.
    tab = await people.visitor()
    other_tab = await people.visitor(token=tab.credentials["token"])
    assert other_tab.me["id"] == tab.me["id"]
    started = await asyncio.gather(tab.start("support", "left"), other_tab.start("support", "right"))
    assert started[0] == started[1]
    history = await tab.whole_history(tab.conversation)
    assert sorted(entry["text"] for entry in history if entry["kind"] == "message") == ["left", "right"]


async def test_two_tabs_see_the_same(people: People) -> None:
    ada = await people.agent("ada")
    tab = await people.pair("support", ada)
    other_tab = await people.visitor(token=tab.credentials["token"])
    assert other_tab.conversation == tab.conversation
    await other_tab.say(tab.conversation, "from the other tab")
    await ada.say(tab.conversation, "to both")
    await up_to_date(tab, other_tab, ada, conversation=tab.conversation)
    assert tab.transcript.entries == other_tab.transcript.entries == ada.transcripts[tab.conversation].entries


async def test_a_reload_brings_the_conversation_back(people: People) -> None:
    visitor = await people.visitor()
    conversation = await visitor.start("support", "the first one")
    await say_all(visitor, conversation, "more", 70)
    await visitor.settled()
    top = await up_to_date(visitor, conversation=conversation)

    page = Visitor(people.server.address, token=visitor.credentials["token"])
    people.visitors.append(page)
    reply = await page.enter()
    assert (reply["reset"], page.me["id"], page.conversation) == (False, visitor.me["id"], conversation)
    assert [entry["seq"] for entry in reply["missed"]] == list(range(top - 49, top + 1))
    assert await page.history(conversation, before=top - 49, limit=100) == visitor.transcript.in_order()[: top - 50]
    assert page.transcript.entries == visitor.transcript.entries


async def test_a_reconnect_brings_what_was_missed(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    await visitor.leave(abruptly=True)
    await say_all(ada, visitor.conversation, "meanwhile", 7)
    await ada.settled()
    reply = await visitor.enter()
    assert [entry["text"] for entry in reply["missed"] if entry["kind"] == "message"] == [
        f"meanwhile {number}" for number in range(7)
    ]
    assert (reply["reset"], reply["more"], reply["dropped"]) == (False, [], [])
    await up_to_date(visitor, ada, conversation=visitor.conversation)
    assert visitor.transcript.entries == ada.transcripts[visitor.conversation].entries


async def test_more_than_a_reply_may_hold_is_fetched_page_by_page(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    await visitor.leave(abruptly=True)
    await say_all(ada, visitor.conversation, "meanwhile", 620)
    await ada.settled(within_s=30)
    reply = await visitor.enter()
    assert len(reply["missed"]) <= 500
    assert reply["more"] == [visitor.conversation]
    await up_to_date(visitor, ada, conversation=visitor.conversation)
    assert visitor.transcript.entries == ada.transcripts[visitor.conversation].entries


async def test_what_waits_in_the_outbox_is_sent_again_in_order(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    await say_all(visitor, visitor.conversation, "before", 50)
    await visitor.leave(abruptly=True)
    visitor.flowing = False
    await say_all(visitor, visitor.conversation, "offline", 10)
    await visitor.enter()
    await visitor.settled()
    await up_to_date(visitor, ada, conversation=visitor.conversation)
    await people.agree(visitor.conversation, visitor, ada)
    assert len(visitor.transcript.texts()) == 61


async def test_an_unknown_token_is_a_fresh_visitor(people: People) -> None:
    known = await people.visitor()
    conversation = await known.start("support")
    for token in ("gone-long-ago", known.credentials["token"][:-4] + "AAAA"):
        stranger = Visitor(people.server.address, token=token)
        people.visitors.append(stranger)
        reply = await stranger.enter()
        assert reply["reset"] is True
        assert reply["snapshot"]["conversation"] is None
        assert reply["me"]["token"] not in {token, known.credentials["token"]}
        assert reply["me"]["id"] != known.me["id"]
        assert (await stranger.refused("history", conversation=conversation))["code"] == "not_found"


async def test_a_foreign_epoch_or_a_position_above_the_top_resets(people: People) -> None:
    visitor = await people.visitor()
    conversation = await visitor.start("support")
    top = await up_to_date(visitor, conversation=conversation)
    for resume in (
        {"epoch": "e-another-life", "positions": {conversation: {"entries": top, "notes": 0}}},
        {"epoch": visitor.epoch, "positions": {conversation: {"entries": top + 1, "notes": 0}}},
    ):
        page = Visitor(people.server.address, token=visitor.credentials["token"])
        people.visitors.append(page)
        await page.connect()
        reply = await page.identify(resume=resume)
        assert reply["reset"] is True
        assert page.transcript.entries == visitor.transcript.entries


async def test_positions_of_somebody_elses_conversation_are_dropped(people: People) -> None:
    other = await people.visitor()
    foreign = await other.start("support", "private")
    visitor = await people.visitor()
    page = Visitor(people.server.address, token=visitor.credentials["token"])
    people.visitors.append(page)
    await page.connect()
    positions = {name: {"entries": 0, "notes": 0} for name in (foreign, "c_nowhere")}
    reply = await page.identify(resume={"epoch": visitor.epoch, "positions": positions})
    assert sorted(reply["dropped"]) == sorted([foreign, "c_nowhere"])
    assert reply["missed"] == []


async def test_history_comes_in_pages(people: People) -> None:
    visitor = await people.visitor()
    conversation = await visitor.start("support")
    await say_all(visitor, conversation, "line", 60)
    await visitor.settled()
    await up_to_date(visitor, conversation=conversation)
    whole = visitor.transcript.in_order()
    numbers = [entry["seq"] for entry in whole]

    async def page(**fields: int) -> list[int]:
        return [entry["seq"] for entry in await visitor.history(conversation, **fields)]

    assert await page(after=0, limit=10) == numbers[:10]
    assert await page(after=10, limit=10) == numbers[10:20]
    assert await page(before=31, limit=10) == numbers[20:30]
    assert await page(before=4, limit=10) == numbers[:3]
    assert await page(after=numbers[-1]) == []
    assert await page(before=1) == []
    assert await visitor.whole_history(conversation) == whole


async def test_notes_never_reach_the_visitor(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    conversation = visitor.conversation
    secret = "the customer of the red bicycle"
    note = {"conversation": conversation, "client_id": fresh("note"), "text": secret}
    added = await ada.request("note.add", **note)
    assert (await ada.request("note.add", **note))["seq"] == added["seq"] == 1
    error = await ada.refused("note.add", **(note | {"text": "another"}))
    assert error["code"] == "client_id_conflict"
    await ada.reach(lambda: ada.notes[conversation].last == 1)
    assert ada.notes[conversation].entries[1]["text"] == secret
    # Its number is its own: the entries go on where they were.
    before = visitor.transcript.last
    assert await ada.say(conversation, "something public") == before + 1
    assert (await ada.request("ping"))["positions"][conversation] == {"entries": before + 1, "notes": 1}

    await visitor.history(conversation)
    await visitor.leave()
    await visitor.enter()
    await visitor.all_heard()
    assert [frame for frame in visitor.heard if secret in str(frame)] == []
    told = await visitor.request("history", conversation=conversation)
    assert told.get("notes", []) == []
    assert visitor.conversations[conversation]["top"].get("notes", 0) == 0
    assert (await visitor.request("ping"))["positions"][conversation].get("notes", 0) == 0

    reply = await reopened(people, ada)
    assert [entry["text"] for entry in reply["missed_notes"]] == [secret]


async def reopened(people: People, agent: Agent) -> Frame:
    """The console in another tab, which holds nothing yet; the answer to its identify."""
    tab = Agent(people.server.address, agent.credentials["token"])
    reply = await tab.enter()
    await tab.leave()
    return reply


async def test_the_other_tab_of_a_console_holds_the_same(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    await visitor.say(visitor.conversation, "hello again")
    await up_to_date(visitor, ada, conversation=visitor.conversation)
    reply = await reopened(people, ada)
    assert reply["missed"] == visitor.transcript.in_order()
    assert [held["id"] for held in reply["snapshot"]["conversations"]] == [visitor.conversation]
    assert reply["snapshot"]["agent"]["slots"]["used"] == 1


async def test_typing_and_read_marks_reach_the_other_side(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    conversation = visitor.conversation

    def told(on: str, role: str, **fields: object) -> Callable[[Frame], bool]:
        return lambda event: (
            event.get("on") == on
            and event["conversation"] == conversation
            and event["from"]["role"] == role
            and all(event[name] == value for name, value in fields.items())
        )

    for writer, reader, role in ((visitor, ada, "visitor"), (ada, visitor, "agent")):
        await writer.tell("typing", conversation=conversation, active=True)
        await reader.until(told("typing", role, active=True))
        await writer.tell("typing", conversation=conversation, active=False)
        await reader.until(told("typing", role, active=False))
        seq = await reader.say(conversation, "read this")
        await writer.tell("read", conversation=conversation, seq=seq)
        await reader.until(told("read", role, seq=seq))


async def test_a_ping_tells_the_top_of_every_conversation(people: People) -> None:
    ada = await people.agent("ada")
    one = await people.pair("support", ada)
    other = await people.pair("sales", ada)
    top = await one.say(one.conversation, "the last one")
    assert (await one.request("ping"))["positions"][one.conversation]["entries"] == top
    positions = (await ada.request("ping"))["positions"]
    assert positions[one.conversation]["entries"] == top
    assert set(positions) >= {one.conversation, other.conversation}
    assert other.conversation not in (await one.request("ping"))["positions"]


async def test_places_are_told_and_true(people: People) -> None:
    first = await people.visitor()
    await first.start("support")
    await first.reach(lambda: first.queue != {})
    assert (first.queue["place"], first.queue["ahead"], first.queue["serving"]) == (1, 0, False)
    second = await people.visitor()
    await second.start("support")
    third = await people.visitor()
    await third.start("support")
    await third.reach(lambda: third.queue.get("place") == 3)
    await second.reach(lambda: second.queue.get("place") == 2)
    assert (third.queue["ahead"], third.queue["serving"]) == (2, False)

    # Somebody in front gives up.
    await second.request("conversation.close", conversation=second.conversation)
    await third.reach(lambda: third.queue.get("place") == 2)

    # An agent comes: it is served, one rings, the other waits behind it.
    ada = await people.agent("ada")
    offer = await ada.rings(first.conversation)
    await third.reach(lambda: third.queue.get("serving") is True)
    assert third.queue["place"] == 2
    await ada.accept(offer)
    await first.active()
    assert first.conversations[first.conversation]["queue"] is None
    await ada.takes(third.conversation)
    await third.active()


async def test_nobody_serving_is_said(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    waiting = await people.visitor()
    await ada.set_status("busy")
    await waiting.start("support")
    await waiting.reach(lambda: waiting.queue.get("serving") is False)
    await ada.set_status("available")
    await ada.rings(waiting.conversation)
    await ada.set_status("away", reason="lunch")
    await waiting.reach(lambda: waiting.queue.get("serving") is False)
    # What runs goes on.
    await visitor.say(visitor.conversation, "still here?")
    await ada.say(visitor.conversation, "yes")


async def test_an_agents_status_is_chosen_kept_and_seen(people: People) -> None:
    ada = await people.agent("ada", "")
    ben = await people.agent("ben", "")

    def seen(status: str) -> Callable[[Frame], bool]:
        return lambda event: (
            event.get("on") == "agents"
            and any(other["key"] == "ada" and other["status"] == status for other in event["agents"])
        )

    assert ada.snapshot["agent"]["status"] == "offline"
    for status, reason in (("available", ""), ("busy", ""), ("away", "lunch")):
        told = await ada.set_status(status, **({"reason": reason} if reason else {}))
        assert (told["status"], told["reason"] or "", told["key"]) == (status, reason, "ada")
        assert told["slots"] == {"used": 0, "max": 3}
        await ben.until(seen(status))
    assert (await ada.refused("status.set", status="on the moon"))["code"] == "bad_request"

    await ada.leave(abruptly=True)
    reply = await ada.enter()
    assert (reply["snapshot"]["agent"]["status"], reply["snapshot"]["agent"]["reason"]) == ("away", "lunch")


async def test_a_busy_agent_gets_nothing_new(people: People) -> None:
    ada = await people.agent("ada", "busy")
    visitor = await people.visitor()
    conversation = await visitor.start("support")
    await visitor.reach(lambda: visitor.queue != {})
    await all_have_heard(ada)
    assert ada.offers == {}
    await ada.set_status("available")
    await ada.takes(conversation)


async def test_the_first_of_all_who_ring_takes_it(people: People) -> None:
    team = await people.team("ada", "ben", "cleo")
    visitor = await people.visitor()
    conversation = await visitor.start("sales")
    offers = [await agent.rings(conversation) for agent in team]
    assert {(offer["method"], offer["soft"]) for offer in offers} == {("ring_all", True)}
    replies = await asyncio.gather(
        *[agent.ask("offer.accept", offer=offer["offer"]) for agent, offer in zip(team, offers, strict=True)]
    )
    assert sorted(reply["ok"] for reply in replies) == [False, False, True]
    assert [reply["error"]["code"] for reply in replies if not reply["ok"]] == ["gone", "gone"]
    await visitor.active()
    whys = [await agent.offer_ended(offer) for agent, offer in zip(team, offers, strict=True)]
    assert [why == "accepted" for why in whys] == [reply["ok"] for reply in replies]
    assert sorted(whys) == ["accepted", "taken", "taken"]
