"""What is old is removed in small portions; what is open, young or counted stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.desk.directory import Directory
from server.desk.retention import EVERY_S, Removed, Retention
from server.store import audit, privacy
from server.store.base import StoreUnavailable
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.client import Client

DAY_S = 86_400
CANARY = "kestrel"
KEPT = settings(workspace={"retention_days": 30})


class Finished:
    """No erasure is unfinished; counts how often that was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def resume(self) -> int:
        self.asked += 1
        return 0


def retention(desk: DeskBench, pauses: list[float] | None = None, erasure: Finished | None = None) -> Retention:
    async def directory() -> Directory:
        return desk.engine.directory

    async def pause(seconds: float) -> None:
        if pauses is not None:
            pauses.append(seconds)

    async def leave_no_trace() -> None:
        await desk.real_store.leave_no_trace(rewrite=False)

    return Retention(
        store=desk.store,
        clock=desk.clock,
        directory=directory,
        pause=pause,
        leave_no_trace=leave_no_trace,
        erasure=erasure or Finished(),
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskBench]:
    async with bench(tmp_path, KEPT) as made:
        yield made


async def closed(desk: DeskBench, text: str = CANARY, messages: int = 1, **more: Any) -> tuple[Client, str]:
    page = await desk.visitor()
    talk = await desk.start_conversation(page, text, **more)
    for number in range(messages):
        page.begin("message.send", conversation=talk, client_id=f"m{number}", text=text)
    await desk.settle()
    assert (await page.ask("conversation.close", conversation=talk, client_id="end"))["ok"]
    return page, talk


async def count(desk: DeskBench, table: str) -> int:
    row = await desk.store.read(lambda tx: tx.one(f"SELECT COUNT(*) FROM {table}"))
    assert row is not None
    return int(row[0])


async def test_what_is_old_goes_with_all_that_belongs_to_it(desk: DeskBench):
    ada = await desk.agent("ada", status="available")
    page = await desk.visitor()
    talk = await desk.start_conversation(page, CANARY, form={"name": CANARY})
    assert await desk.accept(ada) == talk
    await ada.ask("note.add", conversation=talk, client_id="n", text=CANARY)
    await ada.ask("conversation.close", conversation=talk, client_id="c", outcome=CANARY)
    events = await count(desk, "event")
    await desk.jump(30 * DAY_S + 1)
    removed = await retention(desk).remove()
    assert removed == Removed(days=30, conversations=1, visitors=1)
    for table in ("conversation", "entry", "note", "offer", "visitor"):
        assert await count(desk, table) == 0, table
    assert await count(desk, f"event WHERE conversation = '{talk}'") == 0
    assert 0 < await count(desk, "event") < events
    assert await count(desk, f"request WHERE client_id LIKE '{talk}/%' OR sender = '{page.me}'") == 0
    [row] = [row for row in await desk.store.read(audit.since) if row.action == "retention.removed"]
    assert (row.actor, dict(row.detail)) == ("system", {"days": 30, "conversations": 1, "visitors": 1})


async def test_nothing_is_left_in_the_log_of_the_database(desk: DeskBench):
    await closed(desk, form={"name": CANARY})
    await desk.jump(31 * DAY_S)
    await retention(desk).remove()
    data = desk.real_store._parts.directory.path
    assert [file.name for file in data.iterdir() if file.is_file() and CANARY.encode() in file.read_bytes()] == []


async def test_what_is_young_stays_to_the_second(desk: DeskBench):
    await closed(desk)
    await desk.jump(30 * DAY_S - 1)
    assert await retention(desk).remove() == Removed(days=30)
    assert await count(desk, "conversation") == 1
    await desk.jump(2)
    assert (await retention(desk).remove()).conversations == 1


async def test_what_is_open_is_never_removed(desk: DeskBench):
    await desk.agent("ada", status="available")
    page = await desk.visitor()
    talk = await desk.start_conversation(page, "still waiting")
    before = await desk.store.read(lambda tx: privacy.talks(tx, page.me))
    await desk.store.write(lambda tx: tx.run("UPDATE conversation SET closed_at = 1"))  # whatever else is said of it
    desk.clock.advance(400 * DAY_S)
    assert await retention(desk).remove() == Removed(days=30)
    assert [each.id for each in await desk.store.read(lambda tx: privacy.talks(tx, page.me))] == [talk]
    assert before[0].state != "closed"


async def test_what_an_agent_wraps_up_stays_until_the_end_of_it(tmp_path: Path):
    file = settings(workspace={"retention_days": 1}, support={"wrap_up": 10 * DAY_S})
    async with bench(tmp_path, file) as desk:
        ada = await desk.agent("ada", status="available")
        page = await desk.visitor()
        talk = await desk.start_conversation(page, CANARY, department="support")
        await desk.accept(ada)
        await page.ask("conversation.close", conversation=talk)
        desk.clock.advance(5 * DAY_S)
        assert (await retention(desk).remove()).conversations == 0
        assert (await ada.ask("wrap_up.end", conversation=talk))["ok"]
        assert (await retention(desk).remove()).conversations == 1


async def test_everything_is_kept_when_nothing_is_said(tmp_path: Path):
    async with bench(tmp_path) as desk:
        await closed(desk)
        await desk.jump(4000 * DAY_S)
        assert await retention(desk).remove() == Removed(days=0)
        assert await retention(desk).would_remove() == Removed(days=0)
        assert await count(desk, "conversation") == 1


async def test_a_dry_run_says_what_the_run_does(desk: DeskBench):
    for _ in range(3):
        await closed(desk)
    await desk.jump(31 * DAY_S)
    page, _ = await closed(desk)
    twice = await desk.start_conversation(page, "again")
    await page.ask("conversation.close", conversation=twice)
    told = await retention(desk).would_remove()
    assert told == Removed(days=30, conversations=3, visitors=3)
    assert await count(desk, "conversation") == 5
    assert await retention(desk).remove() == told


async def test_a_long_conversation_goes_in_portions_with_a_rest_behind_each(desk: DeskBench):
    await closed(desk, messages=2 * privacy.PORTION + 50)
    await desk.jump(31 * DAY_S)
    sizes: list[int] = []
    pauses: list[float] = []
    write = desk.store.write

    async def watched(transaction: Any, **more: Any) -> Any:
        before = await count(desk, "entry")
        found = await write(transaction, **more)
        sizes.append(before - await count(desk, "entry"))
        return found

    desk.store.write = watched  # type: ignore[method-assign]
    await retention(desk, pauses).remove()
    assert max(sizes) == privacy.PORTION
    assert len([size for size in sizes if size]) == 3
    assert len(pauses) >= len(sizes) - 1
    assert await count(desk, "entry") == 0


async def test_cut_off_in_the_middle_it_goes_on_where_it_was(desk: DeskBench):
    page, talk = await closed(desk, messages=privacy.PORTION + 50)
    await desk.jump(31 * DAY_S)
    n = (await desk.store.read(lambda tx: privacy.talks(tx, page.me)))[0].n
    await desk.store.write(lambda tx: privacy.remove_log(tx, n, "entry"))
    left = await desk.entries(talk)
    assert [row[0] for row in left] == list(range(1, len(left) + 1))  # the oldest are there without a gap
    await desk.restart()
    assert (await retention(desk).remove()).conversations == 1
    assert await count(desk, "entry") == 0


async def test_a_page_that_comes_back_is_told_that_it_is_gone(desk: DeskBench):
    page, talk = await closed(desk)
    epoch = page.identified["epoch"]
    await desk.leave(page)
    await desk.jump(31 * DAY_S)
    await retention(desk).remove()
    positions = {talk: {"entries": 2, "notes": 0}}
    again = await desk.visitor(page.credentials["token"], resume={"epoch": epoch, "positions": positions})
    assert again.identified["dropped"] == [talk]
    assert again.snapshot["conversation"] is None
    assert (await again.ask("history", conversation=talk))["error"]["code"] == "not_found"
    fresh = await desk.start_conversation(again, "back again")
    assert fresh != talk


async def test_what_was_promised_is_still_counted(desk: DeskBench):
    _, talk = await closed(desk)
    await desk.store.write(lambda tx: tx.run(_PROMISED, (desk.engine.directory.workspace_id, talk)))
    await desk.jump(31 * DAY_S)
    await retention(desk).remove()
    assert await count(desk, "promise") == 1


_PROMISED = (
    "INSERT INTO promise (workspace, conversation, line_entry, department, at, place, low_ms, high_ms, p50_ms, p80_ms) "
    "VALUES (?, ?, 1, 'd_1', 0, 1, 0, 1, 0, 1)"
)


async def test_it_runs_at_once_and_every_hour_and_survives_a_failure(desk: DeskBench):
    await closed(desk)
    await desk.jump(31 * DAY_S)
    erasure, pauses = Finished(), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            assert await count(desk, "conversation") == 1
            desk.store.mend()
        if len(pauses) == 3:
            raise asyncio.CancelledError

    desk.store.fail_writes(1)
    with pytest.raises(asyncio.CancelledError):
        await retention(desk, erasure=erasure).run(pause)
    assert pauses == [EVERY_S] * 3
    assert erasure.asked == 3
    assert await count(desk, "conversation") == 0


async def test_asked_by_hand_a_failure_is_told(desk: DeskBench):
    await closed(desk)
    await desk.jump(31 * DAY_S)
    desk.store.fail_writes(1)
    with pytest.raises(StoreUnavailable):
        await retention(desk).remove()
    assert (await retention(desk).remove(by=audit.OWNER)).conversations == 1


async def test_numbers_are_right_for_a_message_that_comes_at_the_same_time(desk: DeskBench):
    """Removing does not disturb what is written meanwhile into other conversations."""
    for _ in range(5):
        await closed(desk, messages=20)
    await desk.jump(31 * DAY_S)
    page = await desk.visitor()
    talk = await desk.start_conversation(page, "meanwhile")
    removing = asyncio.ensure_future(retention(desk).remove())
    for number in range(30):
        page.begin("message.send", conversation=talk, client_id=f"m{number}", text=f"{number}")
        await asyncio.sleep(0)
    await desk.settle()
    assert (await removing).conversations == 5
    found = [row for row in await desk.entries(talk) if row[1] == "message"]
    assert [row[0] for row in await desk.entries(talk)] == list(range(1, len(await desk.entries(talk)) + 1))
    assert [row[3] for row in found] == ["meanwhile", *map(str, range(30))]


@pytest.mark.parametrize("do", ["conversation.start", "message.leave"])
async def test_a_resend_of_what_is_removed_is_told_so_and_costs_nobody_anything(desk: DeskBench, do: str):
    page = await desk.visitor()
    asked = {"client_id": "first", "text": CANARY, "form": {"email": "vera@example.org"}}
    talk = (await page.ask(do, **asked))["conversation"]["id"]
    await page.ask("conversation.close", conversation=talk)
    await desk.jump(30 * DAY_S + 1)
    again = await desk.again(page)
    await desk.start_conversation(again, "back again")
    assert await retention(desk).remove() == Removed(days=30, conversations=1)
    rebuilt = desk.engine.router
    reply = await again.ask(do, **asked)
    assert reply["error"]["code"] == "gone"
    assert desk.engine.router is rebuilt
