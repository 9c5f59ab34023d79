"""The engine: batches, commits that fail, handlers that raise, deadlines, what a rebuild must not forget."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from router import commands, events, model
from router.router import Router
from server.desk.job import Done, Job, Step
from server.wire.codes import CloseCode, Refused
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.client import Client, Pending
from tests.desk.support.story import Story, story
from tests.support.until import until


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def version(desk: DeskBench) -> int:
    found: int = await desk.store.read(lambda tx: tx.all("SELECT v FROM workspace")[0][0])
    return found


async def count(desk: DeskBench, what: str) -> int:
    found: int = await desk.store.read(lambda tx: tx.all(f"SELECT COUNT(*) FROM {what}")[0][0])
    return found


def codes(*asked: Pending) -> list[str]:
    return ["ok" if each.reply["ok"] else each.reply["error"]["code"] for each in asked]


def start(client: Client, client_id: str = "s1", **more: Any) -> Pending:
    return client.begin("conversation.start", client_id=client_id, text="Hello", **more)


class Raising:
    """A router that has a bug with some commands; `left`: how often it shows."""

    def __init__(
        self, patch: pytest.MonkeyPatch, at: Callable[[commands.Command], bool], left: int = 1_000_000
    ) -> None:
        self.left = left
        handle = Router.handle

        def raising(router: Router, command: commands.Command, now: int) -> tuple[events.Event, ...]:
            if self.left and at(command):
                self.left -= 1
                raise ZeroDivisionError("a bug of ours")
            return handle(router, command, now)

        patch.setattr(Router, "handle", raising)


# Batches.


async def test_what_waits_is_one_commit(it: Story):
    before = await version(it.desk)
    visitors = [await it.desk.visitor() for _ in range(5)]
    asked = [start(each) for each in visitors]
    asked.append(it.ada.begin("status.set", status="available"))
    await it.desk.settle()
    assert codes(*asked) == ["ok"] * 6
    assert await version(it.desk) == before + 1


async def test_a_refusal_harms_no_neighbour(tmp_path: Path):
    async with bench(tmp_path, settings(support={"max_line": 1})) as desk:
        first, second = await desk.visitor(), await desk.visitor()
        ada = await desk.agent("ada")
        asked = [
            start(first),
            start(second),
            ada.begin("wrap_up.end", conversation="c_none"),
            ada.begin("status.set", status="busy"),
        ]
        await desk.settle()
        assert codes(*asked) == ["ok", "line_full", "not_found", "ok"]
        await desk.check_law()


async def test_two_starts_of_one_visitor_in_one_batch_are_one_conversation(it: Story):
    twin = await it.desk.again(it.vera)
    asked = [start(it.vera, "s1"), start(twin, "s2")]
    await it.desk.settle()
    assert len({each.reply["conversation"]["id"] for each in asked}) == 1
    log = await it.desk.entries(asked[0].reply["conversation"]["id"])
    assert [row[1] for row in log] == ["message", "message", "notice"]
    assert [event["seq"] for event in it.vera.told("entry")] == [1, 2, 3]


async def test_the_very_same_start_twice_in_one_batch_is_done_once(it: Story):
    twin = await it.desk.again(it.vera)
    asked = [start(it.vera), start(twin)]
    await it.desk.settle()
    assert codes(*asked) == ["ok", "ok"]
    again = start(twin)
    await it.desk.settle()
    assert len({each.reply["conversation"]["id"] for each in (*asked, again)}) == 1
    assert await count(it.desk, "entry WHERE kind = 'message'") == 1
    assert [event["kind"] for event in it.vera.told("entry")].count("message") == 1


async def test_one_name_for_two_requests_in_one_batch(it: Story):
    twin = await it.desk.again(it.vera)
    asked = [start(it.vera), twin.begin("conversation.start", client_id="s1", text="Something else")]
    await it.desk.settle()
    assert codes(*asked) == ["ok", "client_id_conflict"]


async def test_a_start_that_is_refused_leaves_no_trace(tmp_path: Path):
    async with bench(tmp_path, settings(support={"max_line": 1})) as desk:
        await desk.start_conversation(await desk.visitor())
        late = await desk.visitor()
        assert (await late.ask("conversation.start", client_id="s1", text="Hello"))["error"]["code"] == "line_full"
        assert not desk.engine.open._expected
        assert await count(desk, "visitor") == 1
        # The same request may succeed later: a refusal is no outcome.
        reply = await late.ask("conversation.start", client_id="s1", text="Hello", department="sales")
        assert reply["ok"]


async def test_closing_twice_in_one_batch(it: Story):
    c = await it.talk()
    asked = [
        it.vera.begin("conversation.close", conversation=c),
        it.ada.begin("conversation.close", conversation=c),
        it.ada.begin("conversation.transfer", conversation=c, to={"department": "sales"}),
        it.sue.begin("conversation.pick", conversation=c),
    ]
    await it.desk.settle()
    assert codes(*asked) == ["ok", "closed", "closed", "closed"]


async def test_replies_come_ahead_of_the_events_of_their_commit(it: Story):
    c = await it.talk()
    begin = len(it.ada.peer.frames), len(it.vera.peer.frames)
    asked = [
        it.ada.begin("conversation.transfer", conversation=c, to={"department": "sales"}, note="Wants to buy"),
        it.vera.begin("conversation.start", client_id="again", text="Hello?"),
        it.ada.begin("status.set", status="busy"),
    ]
    await it.desk.settle()
    assert codes(*asked) == ["ok"] * 3
    for client, at in zip((it.ada, it.vera), begin, strict=True):
        kinds = ["on" in frame for frame in client.peer.frames[at:]]
        assert kinds == sorted(kinds), client.peer.frames[at:]


async def test_a_message_is_not_told_before_the_commit_it_came_after(it: Story):
    await it.ring()
    # An accept and a message, in one go of the writer.
    accept = it.ada.begin("offer.accept", offer=it.ada.offer["offer"])
    it.desk.store.hold_writes()
    working = asyncio.ensure_future(it.desk.engine.work_off())
    await until(lambda: it.desk.store.held == 1)
    c = it.vera.reading().conversation_ids()[0]
    send = it.vera.begin("message.send", conversation=c, client_id="m1", text="Hello?")
    it.desk.store.release()
    await working
    await it.desk.settle()
    assert codes(accept, send) == ["ok", "ok"]
    assert [event["seq"] for event in it.vera.told("entry")] == [1, 2, 3]
    assert [event["seq"] for event in it.ada.told("entry")][-2:] == [2, 3]


# Commits that fail.


@pytest.mark.parametrize("kept", [False, True], ids=["not kept", "kept, the answer lost"])
async def test_a_commit_that_fails(it: Story, kept: bool):
    await it.ada.ask("status.set", status="available")
    nils = await it.desk.visitor()
    told = len(it.ada.peer.frames), len(it.vera.events)
    it.desk.store.fail_writes(1, committed=kept)
    asked = [start(it.vera), start(nils), it.ben.begin("status.set", status="busy", client_id="b1")]
    await it.desk.settle()
    if not kept:
        assert codes(*asked) == ["unavailable"] * 3
    assert it.vera.told("conversation") == []
    assert (len(it.ada.peer.frames), len(it.vera.events)) == told
    await it.desk.check_router()
    # Of a commit that nobody was told of, everybody learns by coming back.
    closed = CloseCode.RESEND if kept else None
    assert {client.peer.closed for client in it.desk.clients} == {closed}
    if not kept:
        await it.desk.check_law()
    vera, nils = await it.desk.again(it.vera), await it.desk.again(nils)
    ben = await it.desk.again(it.ben)
    again = [start(vera), start(nils), ben.begin("status.set", status="busy", client_id="b1")]
    await it.desk.settle()
    assert codes(*again) == ["ok"] * 3
    assert await count(it.desk, "conversation") == 2
    assert await count(it.desk, "entry WHERE kind = 'message'") == 2
    assert ben.reading().state()["agent"]["status"] == "busy"
    await it.desk.check_router()
    await it.desk.check_numbers()


async def test_a_look_that_fails_changes_nothing(it: Story):
    c = await it.talk()
    pending = it.ada.begin("conversation.close", conversation=c)
    it.desk.store.fail_reads()
    await it.desk.settle()
    assert codes(pending) == ["unavailable"]
    assert (await it.ada.ask("conversation.close", conversation=c))["ok"]


async def test_the_engine_waits_for_a_database_that_is_gone(it: Story):
    it.desk.store.fail_writes()
    it.desk.store.fail_reads(3)
    pending = it.ada.begin("status.set", status="busy")  # looks nothing up
    await it.desk.settle()
    assert codes(pending) == ["unavailable"]
    assert it.desk.pauses == [0.05, 0.2, 0.5]
    assert it.desk.engine.ready
    assert (await it.ada.ask("status.set", status="busy"))["ok"]


async def test_the_restart_is_not_forgotten_when_its_commit_fails(it: Story):
    await it.ring()
    await it.desk.restart()
    it.desk.store.fail_writes(2)
    ada = it.desk.stranger("agent", it.ada.credentials)
    await ada.identify()
    assert ada.offer, "it rings by the database, which knows of no restart"
    await it.desk.settle()
    assert [event["why"] for event in ada.told("offer.ended")] == ["withdrawn"]
    assert it.desk.engine.router.counters().pause_until is None  # everybody is back
    await it.desk.check_law()


async def test_a_failed_commit_forgets_no_confirmed_ring(it: Story):
    await it.ring()
    await it.ada.ask("offer.seen", offer=it.ada.offer["offer"])
    it.desk.store.fail_writes()
    await it.desk.jump(5)
    await it.ben.ask("status.set", status="busy")
    await it.desk.jump(5)
    assert it.ada.offer, "withdrawn, though the console had confirmed it"
    assert not it.desk.engine.is_deaf(it.ada.me)
    await it.desk.check_law()


async def test_a_failed_commit_abandons_no_visitor_who_came_back(it: Story):
    c = await it.desk.start_conversation(it.vera)
    twin = await it.desk.again(it.vera)
    await it.gone(it.vera)
    await it.ben.ask("status.set", status="busy")  # the absence is in the database now
    it.vera = await it.desk.again(twin)
    await it.desk.jump(200)
    it.desk.store.fail_writes()
    await it.ben.ask("status.set", status="available")
    await it.ben.ask("ping")
    assert it.vera.reading().state()["conversation"]["id"] == c
    assert (await it.desk.entries(c))[-1][1] != "closed"


async def test_a_failed_commit_asks_nobody_who_has_written(it: Story):
    c = await it.talk()
    await it.ada.ask("message.send", conversation=c, client_id="m1", text="And?")
    await it.ben.ask("status.set", status="busy")
    await it.desk.wait(500)
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="One moment")
    await it.desk.jump(200)
    it.desk.store.fail_writes()
    await it.ben.ask("status.set", status="available")
    await it.desk.jump(1)
    assert (await it.desk.entries(c))[-1][3] == "One moment"


async def test_another_writer_came_first(it: Story):
    await it.desk.store.write(lambda tx: tx.run("UPDATE workspace SET v = v + 1"))
    start(it.vera)
    await it.desk.settle()
    # What the other one did, nobody here was told: everybody comes back, and finds their own done.
    assert {client.peer.closed for client in it.desk.clients} == {CloseCode.RESEND}
    vera = await it.desk.again(it.vera)
    assert await count(it.desk, "conversation") == 1
    assert (await vera.ask("conversation.start", client_id="s1", text="Hello"))["ok"]
    assert await count(it.desk, "conversation") == 1
    await it.desk.check_router()


# Bugs of ours.


async def test_a_handler_that_raises_once_is_not_noticed(it: Story, monkeypatch: pytest.MonkeyPatch):
    Raising(monkeypatch, lambda command: isinstance(command, commands.StartConversation), left=1)
    asked = [start(it.vera), it.ada.begin("status.set", status="available")]
    await it.desk.settle()
    assert codes(*asked) == ["ok", "ok"]
    assert it.desk.alarms == []
    await it.desk.check_law()
    await it.desk.check_router()


async def test_a_handler_that_raises_again_puts_its_conversation_aside(it: Story, monkeypatch: pytest.MonkeyPatch):
    c = await it.ring()
    Raising(monkeypatch, lambda command: isinstance(command, commands.AcceptOffer))
    nils = await it.desk.visitor()
    asked = [it.ada.begin("offer.accept", offer=it.ada.offer["offer"]), start(nils)]
    await it.desk.settle()
    assert codes(*asked) == ["internal", "ok"]
    assert it.desk.alarms == ["routing"]
    record = it.desk.engine.router.conversation(model.ConversationId(c))
    assert record is not None
    assert record.quarantined_until is not None
    assert it.ada.offer["conversation"]["id"] == asked[1].reply["conversation"]["id"]
    await it.desk.check_law()
    await it.desk.check_router()


async def test_what_is_told_again_after_a_rebuild_may_raise_for_ever(it: Story, monkeypatch: pytest.MonkeyPatch):
    c = await it.talk()
    await it.ada.ask("message.send", conversation=c, client_id="m1", text="And?")
    Raising(monkeypatch, lambda command: isinstance(command, commands.Wrote | commands.Quarantine))
    it.desk.store.fail_writes()
    await it.ben.ask("status.set", status="busy")
    assert (await it.ben.ask("status.set", status="busy"))["ok"]


async def test_a_tick_that_raises_does_not_spin(it: Story, monkeypatch: pytest.MonkeyPatch):
    c = await it.ring()
    broken = Raising(monkeypatch, lambda command: isinstance(command, commands.Tick))

    async def mended_meanwhile(seconds: float) -> None:
        it.desk.pauses.append(seconds)
        broken.left = 0

    monkeypatch.setattr(it.desk.engine, "_pause", mended_meanwhile)
    await it.desk.jump(4)
    assert it.desk.pauses == [2.0]
    assert it.ada.told("offer.ended")[0]["why"] == "withdrawn"
    assert c


async def test_a_look_or_plan_that_raises_ends_only_its_own_request(it: Story):
    ends: list[Done | Refused] = []

    def broken(*_: object) -> Any:
        raise ZeroDivisionError("a bug of ours")

    it.desk.engine.submit(Job(look=broken, plan=lambda _now, _seen: Step(command=None), then=ends.append))
    it.desk.engine.submit(Job(plan=broken, then=ends.append))
    it.desk.engine.submit(Job(plan=lambda _now, _seen: Step(command=None, before=broken), then=ends.append))
    it.desk.engine.submit(Job(plan=lambda _now, _seen: Step(command=None, after=lambda _tx, _v: 7), then=ends.append))
    await it.desk.settle()
    assert sum(isinstance(end, Refused) and end.code == "internal" for end in ends) == 3
    assert [end.value for end in ends if isinstance(end, Done)] == [7]


async def test_an_entry_that_cannot_be_worded_ends_only_its_own_request(it: Story, monkeypatch: pytest.MonkeyPatch):
    c = await it.talk()

    def broken(*_: object, **__: object) -> Any:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("server.desk.chronicle._closed", broken)
    asked = [it.ada.begin("conversation.close", conversation=c), it.ben.begin("status.set", status="busy")]
    await it.desk.settle()
    assert codes(*asked) == ["internal", "ok"]
    monkeypatch.undo()
    assert (await it.ada.ask("conversation.close", conversation=c))["ok"]
    await it.desk.check_law()


async def test_an_answer_that_cannot_be_made_ends_nobody_else(it: Story, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> Any:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("server.desk.views.agent", broken)
    it.ada.begin("status.set", status="busy")
    with pytest.raises(ZeroDivisionError):
        await it.desk.settle()
    # What could not be told of a commit: everybody comes back for it.
    assert set(it.desk.alarms) == {"telling"}
    assert {client.peer.closed for client in it.desk.clients} == {CloseCode.RESEND}
    monkeypatch.undo()
    await it.desk.settle()
    assert it.desk.engine.router.agent(model.AgentId(it.ada.me)).status == "busy"  # type: ignore[union-attr]


async def test_too_much_is_refused_but_presence_is_not(it: Story, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.desk.engine._WAITING", 0)
    pending = start(it.vera)
    assert codes(pending) == ["unavailable"]
    await it.gone(it.ada)
    assert not it.desk.engine.router.agent(model.AgentId(it.ada.me)).connected  # type: ignore[union-attr]


# Time.


async def test_what_is_due_is_done_by_the_running_engine(it: Story):
    await it.ring()
    due = it.desk.engine.router.next_deadline()
    assert due == it.desk.clock.now() + 3_000
    it.desk.clock.advance(3)
    running = asyncio.create_task(it.desk.engine.run())
    await until(lambda: it.ada.told("offer.ended") != [])
    it.desk.engine.stop()
    await running
    assert not it.desk.engine.alive


async def test_stopping_does_first_what_was_asked(it: Story):
    pending = start(it.vera)
    it.desk.engine.stop()
    await it.desk.engine.run()
    await it.desk.settle()
    assert codes(pending) == ["ok"]


async def test_presence_and_writing_alone_are_not_committed(it: Story):
    c = await it.talk()
    before = await version(it.desk)
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Hello?")
    twin = await it.desk.again(it.vera)
    await it.gone(twin)
    assert await version(it.desk) == before
