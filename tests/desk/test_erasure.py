"""A visitor who is erased: nothing of them is left in any table, any file or on any screen; the numbers stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from server.control.privacy import Privacy
from server.desk.erasure import Erasure
from server.store import audit, privacy
from server.store.base import Lane, Store, StoreUnavailable, Transaction, Tx
from server.wire.codes import CloseCode, ErrorCode, Refused
from tests.desk.support.client import Client
from tests.desk.support.faulty_store import FaultyStore
from tests.desk.support.story import Story, story

T = TypeVar("T")
CANARY = "kestrel"
FORM = {"name": f"{CANARY} Jensen", "email": f"{CANARY}@example.org", "phone": f"{CANARY} 20 30 40 50"}
PAGE = {"url": f"https://x.example/{CANARY}", "title": CANARY, "referrer": f"https://{CANARY}.example"}


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def privacy_of(it: Story, store: Store | None = None) -> Privacy:
    desk = it.desk

    async def engine(*, needed: bool) -> Any:
        return desk.engine

    return Privacy(
        store=store or desk.store,
        clock=desk.clock,
        engine=engine,
        pages=desk.desk,
        leave_no_trace=desk.real_store.leave_no_trace,
    )


async def while_the_desk_works(it: Story, work: Awaitable[T]) -> T:
    """What asks the engine is done while the bench lets it."""
    doing = asyncio.ensure_future(work)
    while not doing.done():
        await it.desk.engine.work_off()
        await asyncio.sleep(0)
    await it.desk.settle()
    return await doing


async def erase(it: Story, visitor: str, **more: Any) -> Any:
    return await while_the_desk_works(it, privacy_of(it).erase(visitor, **more))


async def a_long_story(it: Story) -> tuple[Client, str]:
    """Someone with a name, two conversations and a message left, of whom agents have written, too."""
    page = await it.desk.visitor(page=PAGE)
    await it.ada.ask("status.set", status="available")
    first = await it.desk.start_conversation(page, CANARY, form=FORM, client_id=f"{CANARY}-1")
    await it.ada.ask("offer.decline", offer=it.ada.offer["offer"], reason=f"I know {CANARY}")
    await it.desk.wait(61)
    assert await it.desk.accept(it.ada) == first
    for number in range(3):
        await page.ask("message.send", conversation=first, client_id=f"{CANARY}{number}", text=f"I am {CANARY}")
        await it.ada.ask("message.send", conversation=first, client_id=f"{CANARY}{number}", text=f"Hello {CANARY}")
    await it.ada.ask("note.add", conversation=first, client_id=f"n{CANARY}", text=f"{CANARY} is cross")
    await it.ada.ask("conversation.close", conversation=first, outcome=CANARY, tags=[CANARY], client_id=CANARY)
    await page.ask("message.leave", client_id="l1", form=FORM, text=f"Call {CANARY}")
    await it.desk.settle()
    return page, first


async def holding(it: Story, needle: str = CANARY) -> list[str]:
    """Columns of any table in which it stands, however it is encoded there."""

    def look(tx: Tx) -> list[str]:
        return [
            f"{table}.{column}"
            for (table,) in tx.all("SELECT name FROM sqlite_schema WHERE type = 'table'")
            for (column,) in tx.all(f"SELECT name FROM pragma_table_info('{table}')")
            if tx.one(f'SELECT 1 FROM "{table}" WHERE instr(lower("{column}"), ?) LIMIT 1', (needle,))
        ]

    return await it.desk.store.read(look)


def in_files(it: Story, needle: str = CANARY) -> list[str]:
    data = it.desk.real_store._parts.directory.path
    return [file.name for file in sorted(data.iterdir()) if file.is_file() and needle.encode() in file.read_bytes()]


async def test_nothing_of_the_person_is_left(it: Story):
    page, first = await a_long_story(it)
    before = await holding(it)
    assert {"visitor.name", "conversation.form", "conversation.page", "entry.text", "note.text", "event.body"} <= {
        *before
    }
    assert in_files(it) != []
    numbers = [row[:2] for row in await it.desk.entries(first)]

    erased = await erase(it, page.me, force=True, by="a_root")

    assert (erased.conversations, erased.notes) == (2, 1)
    assert await holding(it) == []
    assert in_files(it) == []
    assert [row[:2] for row in await it.desk.entries(first)] == numbers
    assert {row[3] for row in await it.desk.entries(first)} == {""}
    [row] = [row for row in await it.desk.store.read(audit.since) if row.action == "visitor.erased"]
    assert (row.actor, row.target) == ("a_root", page.me)
    assert dict(row.detail) == {"conversations": 2, "entries": erased.entries, "notes": 1}


async def test_entries_are_told_as_erased(it: Story):
    page, first = await a_long_story(it)
    await erase(it, page.me, force=True)
    found = await it.sue.ask("history", conversation=first)
    assert [entry["seq"] for entry in found["entries"]] == list(range(1, len(found["entries"]) + 1))
    assert {(entry["text"], entry["erased"], entry.get("client_id")) for entry in found["entries"]} == {
        ("", True, None)
    }
    assert {entry["from"]["name"] for entry in found["entries"] if entry["from"]["role"] == "visitor"} == {""}
    assert "joined" in {entry["kind"] for entry in found["entries"]}


async def test_who_is_in_a_conversation_is_not_erased_unless_forced(it: Story):
    talk = await it.talk()
    with pytest.raises(Refused, match=talk) as refused:
        await erase(it, it.vera.me)
    assert refused.value.code is ErrorCode.CONFLICT
    assert it.vera.peer.closed is None
    assert (await it.vera.ask("message.send", conversation=talk, client_id="m", text="still here"))["ok"]
    await erase(it, it.vera.me, force=True)
    assert it.vera.peer.closed == CloseCode.REVOKED
    assert not it.desk.engine.open.is_open(talk)


async def test_nobody_is_not_found(it: Story):
    with pytest.raises(Refused) as refused:
        await erase(it, "v_nobody")
    assert refused.value.code is ErrorCode.NOT_FOUND


async def test_the_team_is_told(it: Story):
    conversation = await it.talk()
    await erase(it, it.vera.me, force=True)
    for agent in (it.ada, it.ben):
        [event] = agent.told("erased")
        assert (event["visitor"], event["conversations"]) == (it.vera.me, [conversation])


async def test_the_token_is_nobodys_from_then_on(it: Story):
    page, _ = await a_long_story(it)
    await erase(it, page.me, force=True)
    token = page.credentials["token"]
    again = await it.desk.visitor(token)
    assert again.me != page.me
    assert again.identified["reset"] is True
    assert again.snapshot["conversation"] is None
    assert (await again.ask("conversation.start", client_id="c2", text="Somebody new"))["ok"]


async def test_what_was_on_its_way_is_erased_with_the_rest(it: Story):
    """A start and messages that were asked just before, and are committed while it is being erased."""
    page, _ = await a_long_story(it)
    nils = await it.desk.again(page)
    erasing = asyncio.ensure_future(privacy_of(it).erase(page.me, force=True))
    started = nils.begin("conversation.start", client_id="late", text=f"late {CANARY}", form=FORM)
    await while_the_desk_works(it, erasing)
    await started.ended()
    assert await holding(it) == []
    assert [each for each in it.desk.engine.open.all() if each.visitor == page.me] == []


async def test_what_comes_while_erasing_is_refused(it: Story):
    page, _ = await a_long_story(it)
    await it.desk.store.write(lambda tx: privacy.begin(tx, page.me, at=it.desk.clock.now()))
    late = await page.ask("conversation.start", client_id="late", text="hello", form=FORM)
    assert late["error"]["code"] == "unavailable"
    assert "retry_after_ms" in late["error"]
    stranger = it.desk.stranger("visitor", dict(page.credentials))
    assert (await stranger.identify())["me"]["id"] != page.me


class FailsAt(FaultyStore):
    """The writes of one, of which the n-th and all later ones fail."""

    def __init__(self, inner: Store, nth: int) -> None:
        super().__init__(inner)
        self._left = nth

    async def write(self, transaction: Transaction[Any], *, lane: Lane | None = None) -> Any:
        self._left -= 1
        if self._left <= 0:
            raise StoreUnavailable("told to")
        return await super().write(transaction, lane=lane)


async def test_cut_off_anywhere_it_is_finished_later(it: Story):
    page, _ = await a_long_story(it)
    for nth in range(1, 100):
        try:
            await while_the_desk_works(it, privacy_of(it, FailsAt(it.desk.store, nth)).erase(page.me, force=True))
        except StoreUnavailable:
            assert await it.desk.store.read(privacy.erasing) == ([] if nth == 1 else [page.me])
        else:
            break
    assert nth > 8
    assert await it.desk.store.read(privacy.erasing) == []
    assert await holding(it) == []
    assert in_files(it) == []


async def test_what_was_begun_is_resumed(it: Story):
    page, _ = await a_long_story(it)
    await it.desk.store.write(lambda tx: privacy.begin(tx, page.me, at=it.desk.clock.now()))
    await it.desk.restart()
    erasure: Erasure = privacy_of(it).erasure
    assert await while_the_desk_works(it, erasure.resume()) == 1
    assert await holding(it) == []
    assert in_files(it) == []
    assert await erasure.resume() == 0


async def test_an_export_is_everything_and_is_recorded(it: Story):
    page, first = await a_long_story(it)
    found = await privacy_of(it).export(page.me, by="a_root")
    text = msgspec.json.encode(found).decode()
    for word in (*FORM.values(), *PAGE.values(), f"{CANARY} is cross", f"I know {CANARY}", f"Call {CANARY}"):
        assert word in text
    talk = found.conversations[0]
    assert (talk.id, talk.outcome, talk.tags, talk.state) == (first, CANARY, [CANARY], "closed")
    assert [entry.seq for entry in talk.entries] == list(range(1, len(talk.entries) + 1))
    assert {asked.do for asked in found.requests} == {"conversation.start", "message.leave"}
    [row] = [row for row in await it.desk.store.read(audit.since) if row.action == "visitor.exported"]
    assert (row.actor, row.target, dict(row.detail)) == ("a_root", page.me, {})


async def test_an_export_beside_an_erasure_is_whole_or_empty(it: Story):
    page, _ = await a_long_story(it)
    keeper = privacy_of(it)
    exports = [asyncio.ensure_future(keeper.export(page.me)) for _ in range(5)]
    await while_the_desk_works(it, keeper.erase(page.me, force=True))
    for export in exports:
        found = await export
        assert (found.visitor.email == FORM["email"]) == (found.visitor.erased_at is None)
    after = await keeper.export(page.me)
    assert CANARY not in msgspec.json.encode(after).decode()
    assert after.visitor.erased_at is not None
    assert in_files(it) == []


async def test_visitors_are_found_by_address(it: Story):
    page, _ = await a_long_story(it)
    await it.another("hi", form={"email": f"other.{CANARY}@example.org"})
    keeper = privacy_of(it)
    [found] = (await keeper.find(f" {CANARY.upper()}@Example.org ")).visitors
    assert (found.id, found.name, found.conversations) == (page.me, FORM["name"], 2)
    assert (await keeper.find("nobody@example.org")).visitors == []
    assert (await keeper.find("")).visitors == []
    await erase(it, page.me, force=True)
    assert (await keeper.find(f"{CANARY}@example.org")).visitors == []


async def test_visitors_are_found_by_an_address_of_before(it: Story):
    """What they filled in then is still there, and whoever asks for it knows that address."""
    first = await it.desk.start_conversation(it.vera, form={"name": "Maria", "email": " Maria.Old@example.org "})
    await it.vera.ask("conversation.close", conversation=first)
    await it.desk.start_conversation(it.vera, form={"name": "Maria", "email": "maria.new@example.org"})
    await it.another(form={"name": "Nobody", "email": ""})
    keeper = privacy_of(it)
    for email in ("maria.old@example.org", "MARIA.NEW@example.org"):
        [found] = (await keeper.find(email)).visitors
        assert (found.id, found.conversations) == (it.vera.me, 2)
    assert (await keeper.find("")).visitors == []
    await erase(it, it.vera.me, force=True)
    assert (await keeper.find("maria.old@example.org")).visitors == []


async def test_a_look_for_an_address_is_recorded_without_it(it: Story):
    page, _ = await a_long_story(it)
    await privacy_of(it).find(f"{CANARY}@example.org", by="a_root")
    await privacy_of(it).find("nobody@example.org", by="a_root")
    rows = [row for row in await it.desk.store.read(audit.since) if row.action == "visitor.looked_up"]
    assert [(row.actor, row.target, dict(row.detail)) for row in rows] == [
        ("a_root", "", {"found": [page.me]}),
        ("a_root", "", {"found": []}),
    ]


async def test_others_are_not_touched(it: Story):
    page, _ = await a_long_story(it)
    other = await it.another("I stay", form={"name": "Nils", "email": "nils@example.org"})
    await erase(it, page.me, force=True)
    assert next(row[3] for row in await it.desk.entries(other)) == "I stay"
    assert [each.visitor.name for each in await it.desk.store.read(_nils)] == ["Nils"]


def _nils(tx: Tx) -> list[privacy.Known]:
    row = tx.one("SELECT id FROM workspace")
    assert row is not None
    return privacy.find_by_email(tx, row[0], "nils@example.org", limit=2)
