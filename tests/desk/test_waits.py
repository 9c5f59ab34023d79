"""What waiting visitors are told of their wait, and what of it is promised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router import events, model
from router.estimate import Learned
from server.desk import queues, waits
from server.desk.waits import KEEP_MS
from server.settings.workspace import WaitMessage
from server.store import promises
from server.store.rows import PromiseRow
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.client import Client
from tests.desk.support.foreseen import Foreseen

TWO_TO_FOUR = {"low_s": 120, "high_s": 240}


@pytest.fixture
def foreseen() -> Foreseen:
    return Foreseen()


@pytest.fixture
async def desk(tmp_path: Path, foreseen: Foreseen) -> AsyncIterator[DeskBench]:
    """Ada is full and Ben rests: whoever comes waits, and is served."""
    file = settings()
    async with bench(tmp_path, file, estimates=foreseen) as made:
        await full(made, await made.agent("ada", status="available"))
        await made.wait(1)
        yield made


async def full(desk: DeskBench, ada: Client) -> None:
    for _ in range(3):
        await desk.start_conversation(await desk.visitor())
        await desk.accept(ada)


async def sweep(desk: DeskBench, seconds: float = 2) -> None:
    await desk.wait(seconds)
    desk.queues.sweep()
    await desk.settle()


async def told(desk: DeskBench) -> list[PromiseRow]:
    """The promises, oldest first, without those of the first three."""
    found = await desk.store.read(lambda tx: promises.since(tx, 1, at=0, limit=100))
    # Those three ended in the moment in which the next one is told.
    return sorted(found, key=lambda row: (row.at, row.ended_at is None, row.ended_at or 0))[3:]


async def begin(desk: DeskBench) -> tuple[Client, dict[str, Any]]:
    visitor = await desk.visitor()
    reply = await visitor.ask("conversation.start", client_id="s1", text="Hello")
    return visitor, reply["conversation"]


def heard(visitor: Client) -> list[Any]:
    return [event["queue"]["wait"] for event in visitor.told("queue")]


# In the reply, in the events, in a snapshot.


async def test_the_reply_to_a_start_says_how_long(desk: DeskBench):
    visitor, conversation = await begin(desk)
    assert conversation["queue"] == {"place": 1, "ahead": 0, "wait": TWO_TO_FOUR, "serving": True}
    assert visitor.told("conversation")[-1]["conversation"]["queue"]["wait"] == TWO_TO_FOUR
    again = await desk.again(visitor)
    assert again.snapshot["conversation"]["queue"]["wait"] == TWO_TO_FOUR


async def test_a_range_is_told_again_only_when_it_is_another(desk: DeskBench, foreseen: Foreseen):
    visitor, _ = await begin(desk)
    for _ in range(5):
        await sweep(desk)
    assert heard(visitor) == [TWO_TO_FOUR]
    foreseen.minutes = (1, 2)
    for _ in range(3):
        await sweep(desk)
    assert heard(visitor) == [TWO_TO_FOUR, {"low_s": 60, "high_s": 120}]


async def test_a_range_is_not_raised_by_a_hair(desk: DeskBench, foreseen: Foreseen):
    visitor, _ = await begin(desk)
    await sweep(desk)
    foreseen.minutes = (2.2, 4.4)
    await sweep(desk)
    assert heard(visitor) == [TWO_TO_FOUR]
    foreseen.minutes = (9, 14)
    await sweep(desk)
    assert heard(visitor) == [TWO_TO_FOUR, {"low_s": 540, "high_s": 900}]


async def test_nobody_serves_no_number(desk: DeskBench):
    visitor, _ = await begin(desk)
    await sweep(desk)
    ada = next(client for client in desk.clients if client.peer.endpoint == "agent")
    await ada.ask("status.set", status="away")
    await sweep(desk)
    assert visitor.told("queue")[-1]["queue"] == {"place": 1, "ahead": 0, "wait": None, "serving": False}
    again = await desk.again(visitor)
    assert again.snapshot["conversation"]["queue"]["wait"] is None
    # What was said is not forgotten: back within the time, the same is shown.
    await ada.ask("status.set", status="available")
    await sweep(desk)
    assert heard(visitor)[-1] == TWO_TO_FOUR


async def test_who_came_while_nobody_was_here_is_told_when_somebody_comes(tmp_path: Path, foreseen: Foreseen):
    async with bench(tmp_path, estimates=foreseen) as desk:
        visitor, conversation = await begin(desk)
        assert conversation["queue"]["wait"] is None
        assert await desk.store.read(lambda tx: promises.since(tx, 1, at=0, limit=9)) == []
        await desk.agent("ada", status="available")
        await sweep(desk)
        made = await desk.store.read(lambda tx: promises.since(tx, 1, at=0, limit=9))
        assert [(each.conversation, each.at) for each in made] == [(conversation["id"], desk.clock.now())]
        assert heard(visitor)[-1] == TWO_TO_FOUR


async def test_behind_a_long_line_the_sweep_tells_it(desk: DeskBench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waits, "ENTRY_MOST", 2)
    said = [(await begin(desk))[1]["queue"]["wait"] for _ in range(2)]
    late, conversation = await begin(desk)
    assert said == [TWO_TO_FOUR] * 2
    assert conversation["queue"]["wait"] is None
    await sweep(desk)
    assert heard(late) == [TWO_TO_FOUR]
    assert len(await told(desk)) == 3


async def test_with_very_many_agents_the_sweep_tells_it(desk: DeskBench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waits, "ENTRY_MOST_AGENTS", 0)
    visitor, conversation = await begin(desk)
    assert conversation["queue"]["wait"] is None
    await sweep(desk)
    assert heard(visitor) == [TWO_TO_FOUR]


async def test_who_overflows_is_not_promised_the_wait_of_the_line_that_is_full(tmp_path: Path, foreseen: Foreseen):
    file = settings(support={"max_line": 1, "overflow": ("sales",)})
    async with bench(tmp_path, file, estimates=foreseen) as desk:
        await full(desk, await desk.agent("ada", status="available"))
        await desk.wait(1)
        first, second = (await begin(desk))[1], (await begin(desk))[1]
        assert [each["department"]["key"] for each in (first, second)] == ["support", "sales"]
        assert [each["queue"]["wait"] for each in (first, second)] == [TWO_TO_FOUR, None]
        assert [row.conversation for row in await told(desk)] == [first["id"]]
        await sweep(desk)
        assert [row.conversation for row in await told(desk)] == [first["id"], second["id"]]


async def test_one_estimate_a_sweep_however_many_wait(desk: DeskBench, foreseen: Foreseen):
    for _ in range(5):
        await begin(desk)
    before = foreseen.asked
    desk.queues.sweep()
    assert foreseen.asked == before + 1


async def test_an_estimate_that_fails_costs_nobody_their_conversation(desk: DeskBench, foreseen: Foreseen):
    visitor, _ = await begin(desk)
    await sweep(desk)

    def fail() -> None:
        raise ZeroDivisionError("a bug of ours")

    foreseen.on_ask = fail
    await sweep(desk)
    assert heard(visitor) == [TWO_TO_FOUR, None]
    _, conversation = await begin(desk)
    assert conversation["queue"] == {"place": 2, "ahead": 1, "wait": None, "serving": True}
    assert desk.alarms == []
    foreseen.on_ask = lambda: None
    await desk.restart()
    await desk.agent("ada", status="available")
    back = await desk.visitor(visitor.credentials["token"])
    await sweep(desk)
    assert heard(back) == [TWO_TO_FOUR]


# What is promised.


async def test_the_first_range_is_promised_in_the_commit_of_the_start(desk: DeskBench):
    _, conversation = await begin(desk)
    happened = [type(event) for event in desk.commits[-1].events]
    assert {events.ConversationStarted, events.WaitPromised} <= set(happened)
    support = desk.engine.directory.department_ids["support"]
    assert await told(desk) == [
        PromiseRow(
            conversation=conversation["id"],
            line_entry=1,
            department=support,
            at=desk.clock.now(),
            place=1,
            low_ms=120_000,
            high_ms=240_000,
            p50_ms=120_000,
            p80_ms=240_000,
        )
    ]


async def test_it_is_promised_once(desk: DeskBench, foreseen: Foreseen):
    await begin(desk)
    first = await told(desk)
    foreseen.minutes = (9, 14)
    for _ in range(3):
        await sweep(desk)
    assert await told(desk) == first


async def test_it_is_judged_when_somebody_has_it(desk: DeskBench):
    _, conversation = await begin(desk)
    await desk.wait(100)
    ada = next(client for client in desk.clients if client.peer.endpoint == "agent")
    other = next(each["id"] for each in ada.reading()._was["conversations"])
    await ada.ask("conversation.close", conversation=other)
    await desk.wait(2)
    assert await desk.accept(ada) == conversation["id"]
    [made] = await told(desk)
    assert (made.ended, made.realised_ms, made.ended_at) == ("assigned", 102_000, made.at + 102_000)


async def test_who_leaves_realises_nothing(desk: DeskBench):
    visitor, conversation = await begin(desk)
    gone, _ = await begin(desk)
    await desk.wait(30)
    await visitor.ask("conversation.close", conversation=conversation["id"])
    await gone.leave()
    await desk.wait(121)
    assert [(row.ended, row.realised_ms) for row in await told(desk)] == [("left", None), ("left", None)]


async def test_back_in_line_is_another_stay(desk: DeskBench, foreseen: Foreseen):
    ada = next(client for client in desk.clients if client.peer.endpoint == "agent")
    ben = await desk.agent("ben", status="available")
    _, conversation = await begin(desk)
    await desk.accept(ben)
    foreseen.minutes = (5, 9)
    await ben.ask("status.set", status="away")
    await ben.ask("conversation.transfer", conversation=conversation["id"], to={"department": "sales"})
    await sweep(desk)
    made = [row for row in await told(desk) if row.conversation == conversation["id"]]
    assert [(row.line_entry, row.ended, row.high_ms) for row in made] == [(1, "assigned", 240_000), (2, None, 540_000)]
    assert ada.peer.closed is None


async def test_what_was_told_survives_a_restart(desk: DeskBench, foreseen: Foreseen):
    visitor, conversation = await begin(desk)
    await desk.restart()
    await desk.agent("ada", status="available")
    back = await desk.visitor(visitor.credentials["token"])
    foreseen.minutes = (2.2, 4.4)
    await sweep(desk)
    assert heard(back)[-1] == TWO_TO_FOUR, "not raised by a hair, though another process says it"
    assert len([row for row in await told(desk) if row.conversation == conversation["id"]]) == 1


async def test_a_start_that_failed_promised_nothing(desk: DeskBench):
    visitor = await desk.visitor()
    desk.store.fail_writes()
    assert not (await visitor.ask("conversation.start", client_id="s1", text="Hello"))["ok"]
    await sweep(desk)
    assert await told(desk) == []
    assert list(desk.engine.waits._told) == []
    assert (await visitor.ask("conversation.start", client_id="s1", text="Hello"))["ok"]
    assert len(await told(desk)) == 1


async def test_a_database_that_does_not_answer_is_not_asked_more_and_more(tmp_path: Path, foreseen: Foreseen):
    async with bench(tmp_path, estimates=foreseen) as desk:
        for _ in range(3):
            await begin(desk)
        await desk.agent("ada", status="available")
        before = len(desk.engine._jobs)
        desk.queues.sweep()
        asked = len(desk.engine._jobs) - before
        assert asked == 3
        for _ in range(5):
            desk.queues.sweep()
        assert len(desk.engine._jobs) - before == asked
        desk.store.fail_writes(2)
        await desk.settle()
        await sweep(desk)
        await sweep(desk)
        assert len(await desk.store.read(lambda tx: promises.since(tx, 1, at=0, limit=9))) == 3


# What is said.


async def test_a_wait_message_says_the_range_and_gives_it_to_the_page(tmp_path: Path, foreseen: Foreseen):
    message = WaitMessage(when="queued", min_ahead=0, text={"en": "Hi {name}! Place {place} in {department}. {wait}"})
    async with bench(tmp_path, settings(support={"messages": (message,)}), estimates=foreseen) as desk:
        await full(desk, await desk.agent("ada", status="available"))
        visitor = await desk.visitor()
        c = await desk.start_conversation(visitor, form={"name": "Vera"})
        notice = next(event for event in visitor.told("entry") if event["kind"] == "notice")
        assert notice["text"] == "Hi Vera! Place 1 in Support. About 2–4 minutes."
        assert (notice["place"], notice["low_s"], notice["high_s"]) == (1, 120, 240)
        foreseen.minutes = None
        other = await desk.visitor()
        await desk.start_conversation(other)
        notice = next(event for event in other.told("entry") if event["kind"] == "notice")
        assert notice["text"] == "Place 2 in Support."
        assert "low_s" not in notice
        assert c


async def test_nothing_to_say_is_not_said(tmp_path: Path, foreseen: Foreseen):
    foreseen.minutes = None
    said = WaitMessage(when="queued", min_ahead=0, text={"en": "{wait}"})
    named = WaitMessage(when="queued", min_ahead=0, text={"en": "Hi {name}."})
    async with bench(tmp_path, settings(support={"messages": (said, named)}), estimates=foreseen) as desk:
        await full(desk, await desk.agent("ada", status="available"))
        c = await desk.start_conversation(await desk.visitor())
        assert [row[1] for row in await desk.entries(c)] == ["message"]


async def test_places_are_looked_at_where_somebody_has_a_word_for_them(tmp_path: Path, foreseen: Foreseen):
    message = WaitMessage(when="place", min_ahead=0, min_interval=0)
    async with bench(tmp_path, settings(support={"messages": (message,)}), estimates=foreseen) as desk:
        await full(desk, await desk.agent("ada", status="available"))
        first, begun = await begin(desk)
        second, other = await begin(desk)
        await sweep(desk)
        before = len(await desk.entries(other["id"]))
        await first.ask("conversation.close", conversation=begun["id"])
        await sweep(desk)
        assert [row[3] for row in await desk.entries(other["id"])][before:] == [
            "You are now number 1 in line. About 2–4 minutes."
        ]
        assert second.told("queue")[-1]["queue"]["place"] == 1


# What is learned.


async def test_what_was_learned_is_kept_with_a_commit_once_a_minute(desk: DeskBench, foreseen: Foreseen):
    def kept() -> Any:
        return desk.store.read(lambda tx: promises.learned(tx, 1))

    assert await kept() is None
    await begin(desk)
    assert await kept() is None
    await desk.wait(KEEP_MS / 1000)
    await begin(desk)
    first = await kept()
    assert first is not None
    await begin(desk)
    assert await kept() == first
    await desk.restart()
    assert isinstance(foreseen.made[-1], Learned)
    assert foreseen.made[-1].at > 0


async def test_a_failed_commit_begins_with_what_the_database_knows(desk: DeskBench, foreseen: Foreseen):
    await desk.wait(KEEP_MS / 1000)
    await begin(desk)
    kept = await desk.store.read(lambda tx: promises.learned(tx, 1))
    made = len(foreseen.made)
    desk.store.fail_writes()
    await begin_refused(desk)
    assert len(foreseen.made) == made + 1
    assert foreseen.made[-1] is not None
    assert kept is not None
    assert f'"at":{foreseen.made[-1].at}' in kept


async def begin_refused(desk: DeskBench) -> None:
    visitor = await desk.visitor()
    assert not (await visitor.ask("conversation.start", client_id="s1", text="Hello"))["ok"]


async def test_what_cannot_be_read_is_learned_anew(desk: DeskBench, foreseen: Foreseen):
    await desk.store.write(lambda tx: promises.put_learned(tx, 1, '{"at":"yesterday"}', at=0))
    await desk.restart()
    assert foreseen.made[-1] is None
    await desk.store.write(lambda tx: promises.put_learned(tx, 1, "{", at=0))
    await desk.restart()
    assert foreseen.made[-1] is None


# With the real estimate.


async def test_the_real_estimate_learns_and_keeps_its_word(tmp_path: Path):
    async with bench(tmp_path, settings()) as desk:
        ada = await desk.agent("ada", status="available")
        await full(desk, ada)
        ranges = []
        for _ in range(12):
            visitor, conversation = await begin(desk)
            ranges.append(conversation["queue"]["wait"])
            await sweep(desk, 100)
            held = sorted(each["id"] for each in ada.reading()._was["conversations"] if each["state"] == "active")
            await ada.ask("conversation.close", conversation=held[0])
            await desk.accept(ada)
            assert visitor.told("entry")[-1]["kind"] == "joined"
        assert all(each is not None and 0 <= each["low_s"] < each["high_s"] for each in ranges), ranges
        made = await told(desk)
        assert len(made) == 12
        assert {row.ended for row in made} == {"assigned"}
        assert {row.realised_ms for row in made} == {100_000}
        learned = await desk.store.read(lambda tx: promises.learned(tx, 1))
        assert learned is not None
        await desk.restart()
        record = desk.engine.router.conversation(model.ConversationId(made[-1].conversation))
        assert record is not None


# However many wait.


async def test_a_long_sweep_is_followed_by_a_longer_rest(desk: DeskBench, foreseen: Foreseen):
    pauses: list[float] = []
    rests = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        rests.set()
        await asyncio.Event().wait()

    for taken_s, rest_s in ((0.05, 2.0), (0.3, 0.3 * 19)):
        await begin(desk)
        foreseen.on_ask = lambda taken_s=taken_s: desk.clock.advance(taken_s)  # type: ignore[misc]
        desk.queues.changed()
        sweeping = asyncio.create_task(desk.queues.run(pause))
        await rests.wait()
        rests.clear()
        sweeping.cancel()
        assert pauses[-1] == pytest.approx(rest_s)


async def test_between_the_slices_of_a_sweep_others_come_first(desk: DeskBench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queues, "_SLICE", 2)
    visitors = [await begin(desk) for _ in range(5)]
    gone, conversation = visitors[-1]
    slices = desk.queues._slices()
    next(slices)
    next(slices)
    assert [len(heard(visitor)) for visitor, _ in visitors] == [0] * 5, "the first two talk to Ada"
    next(slices)
    next(slices)
    # Whoever leaves meanwhile is told nothing more.
    await gone.ask("conversation.close", conversation=conversation["id"])
    assert sum(1 for _ in slices) <= 2
    assert [len(heard(visitor)) for visitor, _ in visitors] == [1, 1, 1, 1, 0]


# The real estimate, when a commit fails.


async def test_the_real_estimate_is_made_anew_with_the_router(tmp_path: Path):
    async with bench(tmp_path, settings()) as desk:
        await full(desk, await desk.agent("ada", status="available"))
        _, first = await begin(desk)
        await sweep(desk)
        before = desk.engine.standing(first["id"])
        for _ in range(3):
            desk.store.fail_writes()
            await begin_refused(desk)
        await sweep(desk)
        assert desk.engine.standing(first["id"]) == before
        _, second = await begin(desk)
        assert set(desk.engine.waits._told) == {first["id"], second["id"]}
        assert second["queue"]["wait"] is not None
