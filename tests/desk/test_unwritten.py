"""What no commit is made for is written with the next one, and nobody is told what they are not shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from router import events, model
from server.desk import planning, rebuild, views
from server.desk.unwritten import Unwritten
from server.store import conversations
from tests.desk.support.story import Story, story
from tests.router.building import Desk, agent, bot, department

C1, C2 = model.ConversationId("c_1"), model.ConversationId("c_2")
D = model.DepartmentId("d_1")


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def wrote(conversation: model.ConversationId) -> events.Event:
    return events.MessageWritten(at=1, conversation=conversation, writer=model.Writer.AGENT)


def test_quiet_is_of_what_only_changed_who_wrote_last():
    it = Unwritten()
    it.follow([wrote(C1), wrote(C2), events.VisitorDisconnected(at=2, conversation=C2)])
    assert it.quiet == {C1}
    it.follow([events.VisitorConnected(at=3, conversation=C1)])
    assert it.quiet == frozenset()
    it.settle()
    it.follow([wrote(C1)])
    assert it.quiet == {C1}


def test_a_promise_is_shown_to_nobody_by_itself():
    it = Unwritten()
    promise = model.Promise(at=1, low_ms=1, high_ms=2, p50_ms=1, p80_ms=2)
    it.follow([events.WaitPromised(at=1, conversation=C1, department=D, line_entry=1, place=1, promise=promise)])
    assert it.quiet == {C1}


def test_what_names_no_conversation_may_be_about_all_of_them():
    it = Unwritten()
    it.follow([wrote(C1), events.PauseEnded(at=1)])
    assert it.quiet == frozenset()
    it.forget()
    it.follow([wrote(C1)])
    assert it.quiet == {C1}


def test_what_was_confirmed_outlives_a_rebuild_but_no_commit():
    it = Unwritten()
    it.follow([events.OfferSeen(at=1, offer=model.OfferId("o_1"), agent=model.AgentId("a_1"), conversation=C1)])
    it.forget()
    assert it.seen == {"o_1"}
    it.settle()
    assert it.seen == set()


async def test_a_talk_is_written_with_the_next_commit_and_nobody_is_told_of_it(it: Story):
    talk = await it.talk()
    for client, text in ((it.ada, "Hello"), (it.vera, "Hi"), (it.ada, "How are you?")):
        assert (await client.ask("message.send", conversation=talk, client_id=text, text=text))["ok"]

    def told() -> list[int]:
        return [
            sum(each["conversation"]["id"] == talk for each in client.told("conversation"))
            for client in (it.ada, it.vera)
        ]

    before = told()
    nobodys = await it.another()
    commit = it.desk.commits[-1]
    assert set(commit.batch.conversations) == {talk, nobodys}
    assert nobodys in commit.written.conversations
    assert talk not in commit.written.conversations
    row = await it.desk.store.read(lambda tx: conversations.find(tx, talk))
    assert row is not None
    record = views.decode_conversation(row.routing)
    assert record is not None
    assert not record.awaiting_reply
    assert told() == before


async def test_what_one_commit_does_not_take_along_a_later_one_does_and_nobody_is_told(
    it: Story, monkeypatch: pytest.MonkeyPatch
):
    talk = await it.talk()
    assert (await it.ada.ask("message.send", conversation=talk, client_id="m", text="Hello"))["ok"]
    monkeypatch.setattr(planning, "WRITTEN_MOST", 0)
    first = await it.another()
    assert set(it.desk.commits[-1].batch.conversations) == {first}
    monkeypatch.setattr(planning, "WRITTEN_MOST", 1)
    second = await it.another()
    commit = it.desk.commits[-1]
    assert set(commit.batch.conversations) == {talk, second}
    assert talk not in commit.written.conversations


def test_a_bot_read_back_in_the_middle_of_a_talk_has_all_its_time_for_the_newest_question():
    desk = Desk(department(), agent("ada"), bot(reply_ms=30_000))
    desk.bot_comes()
    desk.asks_bot("c_1")
    desk.wrote("c_1", model.Writer.VISITOR)
    record = desk.router.conversation(C1)  # written then; answered and asked again since
    assert record is not None
    settings = SimpleNamespace(settings=SimpleNamespace(reply_seconds=30))
    asked_at = desk.now + 60_000
    found: Any = SimpleNamespace(bots={record.bot: settings})
    owing = rebuild._owing(record, found, asked_at, asked_at + 500)
    assert (owing.bot_asked_at, owing.bot_until) == (asked_at, asked_at + 30_500)
