"""What the router's events leave in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from router import events
from router.model import AgentId, ConversationId, DepartmentId, OfferId, OfferState
from server.desk import administration, chronicle
from server.desk.directory import Directory, build
from server.desk.ids import Ids
from server.settings.workspace import WaitMessage
from server.wire import parts
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.story import Story, story, transfer_to

C = ConversationId("c_1")
AT = 1_767_225_600_000


def directory() -> Directory:
    """The demo workspace with its keys as ids."""
    numbers = iter(range(1000))
    ids = Ids(lambda size: next(numbers).to_bytes(size, "little"))
    file = settings(
        support={"messages": (WaitMessage(when="queued", text={"en": "Place {place} {name}", "da": "Plads {place}"}),)},
        sales={"messages": (WaitMessage(when="nobody", text={"en": "Nobody from {department} is here."}),)},
    )
    return build(1, file.workspace, tuple(administration._rows(file, {}, ids.new)))


DEMO = directory()
ADA, BEN = (AgentId(DEMO.agent_ids[key]) for key in ("ada", "ben"))
SUPPORT, SALES = (DepartmentId(DEMO.department_ids[key]) for key in ("support", "sales"))


def assigned(**more: Any) -> events.Event:
    fields: dict[str, Any] = {"conversation": C, "via": "offer", "previous": None, "waited_ms": 7_000, "assign_no": 1}
    return events.ConversationAssigned(at=AT, department=SUPPORT, agent=ADA, breathing_until=None, **{**fields, **more})


def returned(reason: str) -> events.Event:
    return events.ConversationReturned(
        at=AT, conversation=C, department=SALES, previous=ADA, reason=reason, key_at=AT, line_entry=2
    )


def closed(by: str, agent: AgentId | None = None) -> events.Event:
    return events.ConversationClosed(at=AT, conversation=C, by=by, agent=agent, closed_by=agent, wrap_up_until=None)


def ended(end: OfferState, sender: AgentId | None) -> events.Event:
    return events.OfferEnded(
        at=AT, offer=OfferId("o_1"), conversation=C, agent=BEN, end=end, soft=False, transfer_from=sender
    )


def told(_conversation: str) -> parts.Wait:
    return parts.Wait(low_s=120, high_s=240)


def due(department: DepartmentId, when: str, *, serving: bool = True) -> events.Event:
    return events.NoticeDue(
        at=AT,
        conversation=C,
        department=department,
        line_entry=1,
        rule=0,
        when=when,
        occurrence=1,
        place=3,
        serving=serving,
    )


# Event -> kind, role, text, what the kind adds.
SAID: list[tuple[events.Event, list[tuple[str, str, str, dict[str, Any]]]]] = [
    (assigned(), [("joined", "agent", "Ada joined.", {"waited_ms": 7_000})]),
    (assigned(via="pick"), [("joined", "agent", "Ada joined.", {"waited_ms": 7_000})]),
    (
        assigned(via="transfer", previous=BEN, waited_ms=0),
        [
            ("transferred", "agent", "Ben passed you on to Ada.", {"to": {"id": ADA, "key": "ada", "name": "Ada"}}),
            ("joined", "agent", "Ada joined.", {"waited_ms": 0}),
        ],
    ),
    (
        returned("transferred"),
        [
            (
                "transferred",
                "agent",
                "Ada passed you on to Sales.",
                {"to": {"id": SALES, "key": "sales", "name": "Sales"}},
            )
        ],
    ),
    (
        returned("agent_gone"),
        [
            (
                "left",
                "agent",
                "Ada is not here any more. You are back in line with your old place.",
                {"reason": "agent_gone"},
            )
        ],
    ),
    (closed("agent", ADA), [("closed", "agent", "Ada closed the conversation.", {"reason": "agent"})]),
    (closed("visitor"), [("closed", "visitor", "The visitor closed the conversation.", {"reason": "visitor"})]),
    (
        closed("idle"),
        [
            (
                "closed",
                "system",
                "The conversation was closed because it had been quiet for a while.",
                {"reason": "idle"},
            )
        ],
    ),
    (
        closed("abandoned"),
        [("closed", "system", "The visitor left before anyone answered.", {"reason": "abandoned"})],
    ),
    (
        events.IdleAsked(at=AT, conversation=C),
        [("notice", "system", "Are you still there? Write a word and we go on.", {"notice": "still_there"})],
    ),
    (
        due(SUPPORT, "queued"),
        [("notice", "system", "Place 3", {"notice": "queued", "place": 3, "low_s": 120, "high_s": 240})],
    ),
    (
        due(SALES, "nobody", serving=False),
        [
            (
                "notice",
                "system",
                "Nobody from Sales is here.",
                {"notice": "nobody", "place": 3},
            )
        ],
    ),
    (ended(OfferState.DECLINED, None), []),
]


@pytest.mark.parametrize(("event", "entries"), SAID)
def test_entries(event: events.Event, entries: list[tuple[str, str, str, dict[str, Any]]]):
    found = list(chronicle.lines((event,), DEMO, lambda _conversation: ("en",), told))
    assert [(line.draft.kind, line.draft.role, line.draft.text, line.draft.body) for line in found] == entries
    assert all((line.conversation, line.draft.at, line.log) == (C, AT, "entry") for line in found)
    assert all(bool(line.draft.sender) == (line.draft.role == "agent") for line in found)


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (OfferState.DECLINED, "Ben declined. The conversation stays with Ada."),
        (OfferState.MISSED, "Ben did not answer. The conversation stays with Ada."),
        (OfferState.WITHDRAWN, "It no longer rings at Ben."),
        (OfferState.ACCEPTED, None),
    ],
)
def test_what_became_of_a_transfer_is_for_the_team(end: OfferState, text: str | None):
    found = list(chronicle.lines((ended(end, ADA),), DEMO, lambda _conversation: ("da",), told))
    assert [(line.log, line.draft.text) for line in found] == ([] if text is None else [("note", text)])


def test_the_others_leave_nothing():
    speaking = {type(event) for event, _ in SAID}
    assert speaking == {
        events.ConversationAssigned,
        events.ConversationReturned,
        events.ConversationClosed,
        events.IdleAsked,
        events.NoticeDue,
        events.OfferEnded,
    }
    assert speaking < set(get_args(events.Event))


def test_the_language_is_the_conversations():
    def languages(conversation: str) -> tuple[str, ...]:
        return {"c_1": ("da-DK", "en"), "c_2": ("pt", "de")}[conversation]

    other = assigned(via="pick")
    texts = [
        line.draft.text
        for line in chronicle.lines(
            (other, due(SUPPORT, "queued"), assigned(conversation=ConversationId("c_2"))), DEMO, languages, told
        )
    ]
    assert texts == ["Ada er her nu.", "Plads 3", "Ada ist jetzt da."]


# On the whole desk.


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def kinds(desk: DeskBench, conversation: str) -> list[str]:
    return [row[1] for row in await desk.entries(conversation)]


async def test_a_whole_life(it: Story):
    c = it.more["c"] = await it.talk()
    await it.ben.ask("status.set", status="available")
    await transfer_to(it, agent="ben")
    await it.desk.accept(it.ben)
    await it.ben.ask("conversation.transfer", conversation=c, to={"department": "sales"})
    await it.desk.accept(it.ada)
    await it.gone(it.ada)
    await it.desk.wait(21)
    await it.desk.accept(it.ben)
    await it.vera.ask("conversation.close", conversation=c)
    assert await kinds(it.desk, c) == [
        "message",
        "joined",
        "transferred",
        "joined",
        "transferred",
        "joined",
        "left",
        "joined",
        "closed",
    ]
    # Everyone who had it read the same, as far as they were in it; the visitor read everything, in order.
    assert [event["kind"] for event in it.vera.told("entry")] == await kinds(it.desk, c)
    assert [event["seq"] for event in it.vera.told("entry")] == list(range(1, 10))
    assert it.vera.told("entry")[2]["to"]["key"] == "ben"
    assert it.vera.told("entry")[-1]["reason"] == "visitor"


async def test_the_visitors_language_then_the_workspaces(tmp_path: Path):
    async with bench(tmp_path, settings(workspace={"language": "de"})) as desk:
        said = []
        for language in ("da-DK", "pt", ""):
            visitor = desk.stranger("visitor", {"site": "demo", "language": language})
            await visitor.identify()
            c = await desk.start_conversation(visitor)
            await visitor.ask("conversation.close", conversation=c)
            said.append((await desk.entries(c))[-1][3])
        assert said == [
            "Den besøgende afsluttede samtalen.",
            "Das Gespräch wurde vom Besucher beendet.",
            "Das Gespräch wurde vom Besucher beendet.",
        ]


async def test_names_are_those_of_the_moment(it: Story):
    c = await it.talk()
    file = settings()
    await it.desk.configure(replace(file, agents=tuple(replace(each, name=each.name.upper()) for each in file.agents)))
    await it.ada.ask("conversation.close", conversation=c)
    rows = await it.desk.entries(c)
    assert [row[3] for row in rows] == ["Hello", "Ada joined.", "ADA closed the conversation."]


async def test_who_is_removed_is_named_once_more(it: Story):
    c = await it.talk()
    file = settings()
    await it.desk.configure(replace(file, agents=tuple(each for each in file.agents if each.key != "ada")))
    rows = await it.desk.entries(c)
    assert rows[2][1:] == (
        "left",
        "agent",
        "Ada is not here any more. You are back in line with your old place.",
    )
    ben = await it.desk.agent("ben", status="available")
    assert ben.offer["conversation"]["id"] == c


async def test_each_wait_message_once_in_a_line(it: Story):
    c = await it.desk.start_conversation(it.vera)
    assert await kinds(it.desk, c) == ["message", "notice"]
    for _ in range(3):
        await it.ada.ask("status.set", status="available")
        await it.ada.ask("status.set", status="away")
        await it.desk.wait(5)
    notices = [event["notice"] for event in it.vera.told("entry") if event["kind"] == "notice"]
    assert notices == ["nobody"]
    await it.desk.restart()
    await it.desk.settle()
    await it.desk.wait(10)
    assert await kinds(it.desk, c) == ["message", "notice"]
