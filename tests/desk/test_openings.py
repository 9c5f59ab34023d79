"""Identifying: who one is, what one sees, what one missed; and what happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.desk import history, visitor_tokens
from server.store import conversations, entries
from server.store.base import Tx
from server.store.entries import Draft
from server.wire.codes import CloseCode
from tests.desk.support.bench import settings
from tests.desk.support.client import Client
from tests.desk.support.reading import Reading
from tests.desk.support.story import Story, story, transfer_to

YEAR_S = 365 * 86_400


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def resume(client: Client, **positions: Any) -> dict[str, Any]:
    """``resume(client, c_1=12)`` or with notes ``c_1=(12, 3)``."""
    shown = {
        conversation: {"entries": at} if isinstance(at, int) else {"entries": at[0], "notes": at[1]}
        for conversation, at in positions.items()
    }
    return {"epoch": client.identified["epoch"], "positions": shown}


def seqs(reply: dict[str, Any], conversation: str, log: str = "missed") -> list[int]:
    return [entry["seq"] for entry in reply[log] if entry["conversation"] == conversation]


async def write(it: Story, conversation: str, count: int, text: str = "x") -> None:
    """So many more messages, as fast as a database takes them."""

    def fill(tx: Tx) -> None:
        for _ in range(count):
            place = entries.target(tx, conversation)
            assert place is not None
            entries.append(tx, place, Draft(kind="message", role="agent", sender="a", name="A", text=text, at=1))

    await it.desk.store.write(fill)


# What was missed.


@pytest.mark.parametrize(
    ("position", "missed", "reset"),
    [
        (0, [1, 2, 3, 4], False),
        (2, [3, 4], False),
        (4, [], False),
        (5, [1, 2, 3, 4], True),
        (10**12, [1, 2, 3, 4], True),
        (None, [1, 2, 3, 4], False),
    ],
)
async def test_positions(it: Story, position: int | None, missed: list[int], reset: bool):
    c = await it.talk()
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="One")
    await it.ada.ask("message.send", conversation=c, client_id="m1", text="Two")
    await it.ada.ask("note.add", conversation=c, client_id="n1", text="Three")
    positions = {} if position is None else {c: position}
    vera = await it.desk.again(it.vera, resume=resume(it.vera, **positions))
    assert (seqs(vera.identified, c), vera.identified["reset"]) == (missed, reset)
    assert vera.identified["missed_notes"] == []
    ada = await it.desk.again(it.ada, resume=resume(it.ada, **positions))
    assert (seqs(ada.identified, c), ada.identified["reset"]) == (missed, reset)
    assert seqs(ada.identified, c, "missed_notes") == [1]
    assert vera.identified["more"] == ada.identified["more"] == []
    assert vera.identified["dropped"] == ada.identified["dropped"] == []


async def test_positions_of_notes(it: Story):
    c = await it.talk()
    for number in range(3):
        await it.ada.ask("note.add", conversation=c, client_id=f"n{number}", text="Note")
    for at, missed, reset in ((1, [2, 3], False), (3, [], False), (4, [1, 2, 3], True)):
        ada = await it.desk.again(it.ada, resume=resume(it.ada, **{c: (2, at)}))
        assert (seqs(ada.identified, c, "missed_notes"), ada.identified["reset"]) == (missed, reset)
        # How many there are is not for visitors.
        vera = await it.desk.again(it.vera, resume=resume(it.vera, **{c: (2, at)}))
        assert not vera.identified["reset"]


async def test_a_foreign_epoch_resets(it: Story):
    c = await it.talk()
    for client in (it.vera, it.ada):
        back = await it.desk.again(client, resume={"epoch": "e_other", "positions": {c: {"entries": 2}}})
        assert back.identified["reset"]
        assert seqs(back.identified, c) == [1, 2]
        assert back.identified["dropped"] == []


async def test_without_positions_come_the_last_fifty(it: Story):
    c = await it.talk()
    await write(it, c, 98)
    for client in (it.vera, it.ada):
        back = await it.desk.again(client)
        assert seqs(back.identified, c) == list(range(51, 101))
        assert back.identified["more"] == []


@pytest.mark.parametrize(
    ("text", "count"), [("x", history.MISSED_ENTRIES), ("ø" * 4000, None)], ids=["500 entries", "128 KiB"]
)
async def test_more_is_fetched_by_history(it: Story, text: str, count: int | None):
    c = await it.talk()
    await write(it, c, 700, text)
    back = await it.desk.again(it.vera, resume=resume(it.vera, **{c: 2}))
    got = seqs(back.identified, c)
    assert back.identified["more"] == [c]
    assert got == list(range(3, 3 + len(got)))
    assert len(got) == (count or len(got))
    assert len(str(back.identified["missed"]).encode()) < 1.3 * history.MISSED_BYTES or count
    while got[-1] < 702:
        page = await back.ask("history", conversation=c, after=got[-1], limit=500)
        assert page["entries"], got[-1]
        got += [entry["seq"] for entry in page["entries"]]
    assert got == list(range(3, 703))


async def test_what_just_fits_is_all(it: Story):
    c = await it.talk()
    await write(it, c, 500)
    back = await it.desk.again(it.vera, resume=resume(it.vera, **{c: 2}))
    assert (len(seqs(back.identified, c)), back.identified["more"]) == (500, [])


async def test_dropped_is_what_is_no_longer_theirs(it: Story):
    c = it.more["c"] = await it.talk()
    assert (await transfer_to(it, department="sales"))["ok"]
    ada = await it.desk.again(it.ada, resume=resume(it.ada, **{c: 2, "c_none": 1}))
    assert sorted(ada.identified["dropped"]) == sorted([c, "c_none"])
    assert seqs(ada.identified, c) == []
    nils = await it.desk.visitor()
    other = await it.desk.again(nils, resume=resume(nils, **{c: 1}))
    assert other.identified["dropped"] == [c]
    assert other.snapshot["conversation"] is None
    assert other.identified["missed"] == []


async def test_how_a_conversation_ended_while_its_agent_was_away_is_told(it: Story):
    c = await it.talk()
    before = resume(it.ada, **{c: 2})
    await it.ada.leave()
    await it.vera.ask("message.send", conversation=c, client_id="bye", text="Bye")
    await it.vera.ask("conversation.close", conversation=c)
    ada = await it.desk.again(it.ada, resume=before)
    assert ada.identified["dropped"] == []
    assert [each["kind"] for each in ada.identified["missed"] if each["conversation"] == c][-2:] == [
        "message",
        "closed",
    ]


async def test_two_conversations_share_what_fits(it: Story):
    first = await it.talk()
    await it.vera.ask("conversation.close", conversation=first)
    second = await it.talk()
    await write(it, first, 300)
    await write(it, second, 300)
    back = await it.desk.again(it.vera, resume=resume(it.vera, **{first: 1, second: 1}))
    assert len(back.identified["missed"]) == history.MISSED_ENTRIES
    assert back.identified["more"] == [second]
    assert back.snapshot["conversation"]["id"] == second


# Visitors and their tokens.


async def test_looking_writes_nothing(it: Story):
    async def rows() -> list[Any]:
        return await it.desk.store.read(lambda tx: tx.all("SELECT id FROM visitor"))

    before = it.desk.store.writes
    nils = await it.desk.visitor()
    assert nils.snapshot["conversation"] is None
    assert nils.me.startswith("v_")
    assert not nils.identified["reset"]
    again = await it.desk.again(nils)
    assert again.me == nils.me
    await nils.leave()
    assert (await rows(), it.desk.store.writes) == ([], before)


async def test_a_token_that_is_nobodys_gives_a_fresh_visitor(it: Story):
    c = await it.desk.start_conversation(it.vera)
    good = it.vera.credentials["token"]
    body, _, signature = good.rpartition(".")
    secret = it.desk.installation.secret
    now = it.desk.clock.now()
    bad = [
        "x",
        "....",
        "v2.v_1.demo.0.0.",
        f"{body}.{signature[:-1]}",
        f"{body}.{signature}x",
        f"{body}x.{signature}",
        good.replace("v2.", "v1."),
        visitor_tokens.make(b"other", visitor=it.vera.me, site="demo", now=now),
        visitor_tokens.make(secret, visitor=it.vera.me, site="other", now=now),
        visitor_tokens.make(secret, visitor=it.vera.me, site="demo", now=now - YEAR_S * 1000 - 1000),
        "\u00f8.\u2603.\U0001f600",
    ]
    for token in bad:
        stranger = await it.desk.visitor(token, resume=resume(it.vera, **{c: 1}))
        assert stranger.me != it.vera.me, token
        assert stranger.identified["reset"], token
        assert stranger.snapshot["conversation"] is None
        assert stranger.identified["missed"] == []
        assert stranger.credentials["token"] != token
    assert (await it.desk.visitor(good)).me == it.vera.me


async def test_a_token_is_good_for_a_year(it: Story):
    token = it.vera.credentials["token"]
    it.desk.clock.advance(YEAR_S - 1)
    assert (await it.desk.visitor(token)).me == it.vera.me
    it.desk.clock.advance(1)
    assert (await it.desk.visitor(token)).me != it.vera.me


async def test_what_cannot_be_opened(it: Story):
    stranger = it.desk.stranger("visitor", {"site": "other"})
    assert (await stranger.identify())["error"]["code"] == "not_found"
    signed = it.desk.stranger("visitor", {"site": "demo", "identity": "a.b.c"})
    assert (await signed.identify())["error"]["code"] == "unauthorised"
    agent = it.desk.stranger("agent", {"token": "nothing"})
    await agent.identify()
    assert agent.peer.closed is CloseCode.BAD_CREDENTIALS
    assert agent.peer.frames == []


async def test_a_database_that_is_away_is_retryable(it: Story):
    for client in (it.vera, it.ada):
        stranger = it.desk.stranger(client.peer.endpoint, client.credentials)
        it.desk.store.fail_reads(1)
        assert (await stranger.identify())["error"]["code"] == "unavailable"
        assert it.desk.hub.peers(f"visitor:{it.vera.me}:demo") == (it.vera.peer,)
        assert (await stranger.identify(id="again"))["ok"]
        await stranger.leave()


async def test_a_conversation_that_ended_a_moment_ago_is_still_shown(it: Story):
    c = await it.desk.start_conversation(it.vera)
    await it.vera.ask("conversation.close", conversation=c)
    assert (await it.desk.again(it.vera)).snapshot["conversation"]["state"] == "closed"
    await it.desk.wait(3_601)
    assert (await it.desk.again(it.vera)).snapshot["conversation"] is None


async def test_snapshots_of_agents(it: Story):
    c = it.more["c"] = await it.talk()
    await it.desk.start_conversation(await it.desk.visitor(), department="sales")
    ada = (await it.desk.again(it.ada)).snapshot
    assert [each["id"] for each in ada["conversations"]] == [c]
    assert ada["agent"]["slots"] == {"used": 1, "max": 3}
    assert [each["waiting"] for each in ada["departments"]] == [0, 1]
    assert {each["key"]: (each["status"], each["reachable"]) for each in ada["agents"]} == {
        "ada": ("available", True),
        "ben": ("offline", True),
        "cleo": ("offline", False),
        "sue": ("offline", True),
        "root": ("offline", False),
    }
    assert it.sue.snapshot["conversations"] == []
    assert it.sue.identified["me"]["role"] == "supervisor"


# What happens while one is opening.


async def opening(it: Story, client: Client) -> tuple[Client, asyncio.Event, asyncio.Task[Any]]:
    """A second connection whose snapshot has been read, and is held back."""
    if client.peer.endpoint == "visitor":
        it.desk.store.hold_next_read()[1].set()  # who they are
    has_read, go_on = it.desk.store.hold_next_read()
    credentials = dict(client.credentials)
    twin = it.desk.stranger(client.peer.endpoint, credentials)
    task = asyncio.ensure_future(twin.identify())
    await has_read.wait()
    return twin, go_on, task


async def test_events_committed_while_the_snapshot_is_read_follow_it_once(it: Story):
    c = it.more["c"] = await it.talk()
    twin, go_on, task = await opening(it, it.vera)
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Meanwhile")
    await it.ada.ask("conversation.close", conversation=c)
    assert twin.peer.frames == []
    go_on.set()
    await task
    assert twin.peer.frames[0] is twin.identified
    assert twin.snapshot["conversation"]["state"] == "active"
    assert [event["seq"] for event in twin.told("entry")] == [3, 4]
    assert twin.reading().state() == (await it.desk.look(it.vera)).state()
    await it.vera.ask("conversation.start", client_id="s2", text="Once more")
    await it.desk.check_law()


async def test_an_agents_opening_is_the_same(it: Story):
    await it.ring()
    twin, go_on, task = await opening(it, it.ada)
    offer = it.ada.offer["offer"]
    await it.ada.ask("offer.accept", offer=offer)
    go_on.set()
    await task
    assert [each["offer"] for each in twin.snapshot["offers"]] == [offer]
    assert twin.told("offer.ended")
    await it.desk.settle()
    await it.desk.check_law()


async def test_a_commit_that_is_on_disk_but_not_told_is_in_the_snapshot_and_dropped_afterwards(it: Story):
    await it.ada.ask("status.set", status="available")
    publish = it.desk.engine._publish
    late: list[Any] = []
    it.desk.engine._publish = late.append
    await it.desk.start_conversation(it.vera)
    ada = await it.desk.again(it.ada)
    assert ada.offer
    for told in late:
        publish(told)
    it.desk.engine._publish = publish
    assert len(ada.told("offer")) == 1
    assert Reading(ada.identified).v >= ada.told("offer")[0]["v"]
    await it.desk.check_law()


async def test_settings_on_disk_but_not_told_are_in_the_snapshot(it: Story):
    seen: list[tuple[int, str]] = []

    class Peeking:
        """Identifies in the middle of a commit: on disk, and the engine has not heard of it."""

        def __init__(self) -> None:
            self.submit = it.desk.store.submit

        def __call__(self, transaction: Any, *, then: Any, lane: Any = None) -> None:
            async def look(outcome: Any) -> None:
                reading = await it.desk.look(it.ada)
                seen.append((reading.v, reading.state()["departments"].popitem()[1]["name"]))
                then(outcome)

            def told(outcome: Any) -> None:
                tasks.append(asyncio.ensure_future(look(outcome)))

            self.submit(transaction, then=told, lane=lane)

    tasks: list[asyncio.Future[None]] = []
    it.desk.store.submit = Peeking()  # type: ignore[method-assign]
    await it.desk.configure(settings(support={"name": "Help"}, sales={"name": "Help"}))
    del it.desk.store.submit
    assert seen == [(it.ada.reading().newest, "Help")]
    await it.desk.check_law()


async def test_who_comes_back_while_the_old_connection_ends_is_never_gone(it: Story):
    c = await it.talk()
    for client in (it.ada, it.vera):
        twin, go_on, task = await opening(it, client)
        await client.leave()
        go_on.set()
        await task
        await it.desk.settle()
        assert twin.identified["ok"]
    await it.desk.wait(200)
    assert (await it.desk.entries(c))[-1][1] == "joined"


async def test_who_leaves_before_the_start_is_done_is_gone(it: Story):
    it.vera.begin("conversation.start", client_id="s1", text="Hello")
    # The connection does not wait for ever for what is under way.
    it.desk.clients.remove(it.vera)
    it.vera.peer.close(CloseCode.HEARTBEAT_LOST, "lost")
    await it.desk.desk.left(it.vera.peer)
    await it.desk.settle()
    await it.desk.wait(121)
    rows = await it.desk.store.read(
        lambda tx: conversations.line(tx, it.desk.engine.directory.department_ids["support"], limit=1)
    )
    assert rows.waiting == 0


async def test_the_visitors_language_and_name_follow_them(it: Story):
    nils = it.desk.stranger("visitor", {"site": "demo", "language": "da-DK", "timezone": "Europe/Copenhagen"})
    await nils.identify(page={"url": "http://127.0.0.1:8080/", "title": "Shop", "referrer": ""})
    await it.desk.start_conversation(nils, form={"name": " Nils ", "email": "nils@example.com"})
    twin = await it.desk.again(nils)
    assert twin.identified["me"]["name"] == "Nils"
    entry = nils.told("entry")[0]
    stored = twin.identified["missed"][0]
    assert entry["from"] == stored["from"] == {"role": "visitor", "id": nils.me, "name": "Nils"}
    await it.ada.ask("status.set", status="available")
    shown = it.ada.offer["conversation"]
    assert shown["language"] == "da-DK"
    assert shown["page"]["title"] == "Shop"
    assert shown["visitor"]["email"] == "nils@example.com"
