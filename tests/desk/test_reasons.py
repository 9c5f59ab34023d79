"""Why a conversation went where it went: all of it, in order, to those who may read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from router import events
from server.desk.identity import AgentIdentity
from server.desk.reasons import Reasons
from server.desk.story import decoded
from server.settings.workspace import Rule, WidenStep, WorkspaceFile
from server.store.rows import EventRow
from server.wire import parts
from server.wire.codes import ErrorCode, Refused
from server.wire.reasons import PromiseTold, WhyAnswer
from tests.desk.support.bench import DeskBench, settings
from tests.desk.support.story import Story, story


async def why(desk: DeskBench, conversation: str, reader: AgentIdentity | None = None) -> WhyAnswer:
    return await Reasons(store=desk.store, engine=desk.engine).why(conversation, reader)


def turns(answer: WhyAnswer) -> list[tuple[str, str, str]]:
    """What happened, to whom, and how it ended."""
    return [
        (turn.what, turn.agent.key if turn.agent else "", turn.outcome if isinstance(turn.outcome, str) else "")
        for turn in answer.turns
        if turn.what not in {"started", "promised"}
    ]


def excluded(why: parts.Why | object) -> dict[str, str | None]:
    assert isinstance(why, parts.Why)
    return {each.agent.key: each.excluded for each in why.candidates}


async def test_an_offer_that_was_accepted(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.talk()
        answer = await why(it.desk, conversation)
    assert (answer.state, answer.department.key, answer.waiting) == ("active", "support", None)
    assert answer.agent is not None
    assert answer.agent.key == "ada"
    assert turns(answer) == [("offer", "ada", "accepted"), ("assigned", "ada", "")]
    offer, assigned = [turn for turn in answer.turns if turn.what in {"offer", "assigned"}]
    assert excluded(offer.why) == {"ada": None, "ben": "status", "cleo": "status"}
    assert isinstance(offer.excluded, list)
    assert [(each.clause, each.count) for each in offer.excluded] == [("status", 2)]
    assert assigned.via == "offer"


async def test_who_missed_and_declined_it_before(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.ring()
        await it.ada.ask("offer.decline", offer=it.ada.offer["offer"])
        await it.ben.ask("status.set", status="available")
        await it.ben.ask("offer.seen", offer=it.ben.offer["offer"])
        await it.desk.wait(31)
        answer = await why(it.desk, conversation)
    assert turns(answer)[:2] == [("offer", "ada", "declined"), ("offer", "ben", "missed")]
    assert "They declined." in answer.turns[[turn.what for turn in answer.turns].index("offer")].says


async def test_a_ring_at_everybody_is_an_offer_for_each(tmp_path: Path):
    async with story(tmp_path) as it:
        await it.ada.ask("status.set", status="available")
        await it.ben.ask("status.set", status="available")
        conversation = await it.desk.start_conversation(it.vera, department="sales")
        ringing = await why(it.desk, conversation)
        await it.desk.accept(it.ben)
        answer = await why(it.desk, conversation)
    assert sorted(turns(ringing)) == [("offer", "ada", "pending"), ("offer", "ben", "pending")]
    assert ringing.waiting is not None
    assert sorted(turns(answer)) == [("assigned", "ben", ""), ("offer", "ada", "taken"), ("offer", "ben", "accepted")]
    assert answer.turns[-1].what == "assigned"


async def test_a_pick_is_told_as_one(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.desk.start_conversation(it.vera)
        await it.ada.ask("status.set", status="busy")
        assert (await it.ada.ask("conversation.pick", conversation=conversation))["ok"]
        answer = await why(it.desk, conversation)
    assert turns(answer) == [("assigned", "ada", "")]
    assert answer.turns[-1].via == "pick"
    assert answer.turns[-1].says == "Ada picked it."


async def test_a_transfer_and_a_close(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.talk()
        await it.desk.wait(1)
        await it.ben.ask("status.set", status="available")
        await it.ada.ask("conversation.transfer", conversation=conversation, to={"agent": "ben"})
        await it.ben.ask("offer.accept", offer=it.ben.offer["offer"])
        await it.ben.ask("conversation.close", conversation=conversation)
        answer = await why(it.desk, conversation)
    assert turns(answer)[2:] == [
        ("offer", "ben", "accepted"),
        ("transferred", "ada", ""),
        ("assigned", "ben", ""),
        ("closed", "ben", ""),
    ]
    assert [turn.via for turn in answer.turns if turn.what == "assigned"] == ["offer", "transfer"]
    (handed,) = [turn for turn in answer.turns if turn.what == "transferred"]
    assert isinstance(handed.to, parts.Named)
    assert handed.to.key == "ben"
    assert answer.state == "closed"


async def test_a_department_it_was_handed_to_offers_it_after_that(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.talk()
        await it.desk.wait(1)
        await it.ada.ask("conversation.transfer", conversation=conversation, to={"department": "sales"})
        answer = await why(it.desk, conversation)
    assert turns(answer)[2:] == [("transferred", "ada", ""), ("offer", "ada", "pending")]


async def test_how_it_began(tmp_path: Path):
    rule = Rule(name="pricing", when="true", department="sales", head_start=30, agent="ada", require={"danish": 1})
    async with story(tmp_path, replace(settings(), rules=(rule,))) as it:
        conversation = await it.desk.start_conversation(it.vera)
        answer = await why(it.desk, conversation)
        await it.vera.ask("conversation.close", conversation=conversation)
        closed = await why(it.desk, conversation)
    (began,) = [turn for turn in answer.turns if turn.what == "started"]
    assert began.says == (
        "It entered the line of Sales. Rules that matched: pricing. It has a head start of 30 s. "
        "It is kept for Ada for 60 s."
    )
    assert answer.rules == ["pricing"]
    assert answer.needs is not None
    assert answer.needs.require == {"danish": 1}
    # Also when the router has long forgotten it.
    assert (closed.state, closed.rules, closed.needs) == ("closed", answer.rules, answer.needs)
    assert closed.turns[-1].says == "The visitor closed it."


async def test_where_it_overflowed_from(tmp_path: Path):
    async with story(tmp_path, settings(support={"max_line": 1, "overflow": ("sales",)})) as it:
        for agent in (it.ada, it.ben):
            await agent.ask("status.set", status="available")
            await agent.ask("status.set", status="busy")
        await it.desk.start_conversation(it.vera)
        answer = await why(it.desk, await it.another())
    assert answer.department.key == "sales"
    assert "It overflowed from Support: the line was full, or nobody was there." in answer.turns[0].says


async def test_what_opened_as_it_waited(tmp_path: Path):
    steps = (WidenStep(after=5, lower_levels=1), WidenStep(after=9, any_agent=True))
    async with story(tmp_path, settings(support={"widen": steps})) as it:
        conversation = await it.desk.start_conversation(it.vera)
        await it.desk.wait(10)
        answer = await why(it.desk, conversation)
    widened = [turn.says for turn in answer.turns if turn.what == "widened"]
    assert widened == [f"It has waited long enough for widening step {step}." for step in (1, 2)]
    assert answer.waiting is not None
    assert answer.waiting.why.widening_step == 2


async def test_what_the_visitor_was_told_and_whether_it_was_so(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.ring()
        before = await why(it.desk, conversation)
        await it.desk.wait(2)
        await it.desk.accept(it.ada)
        after = await why(it.desk, conversation)
    (told,) = [turn.promise for turn in before.turns if turn.what == "promised"]
    (kept,) = [turn.promise for turn in after.turns if turn.what == "promised"]
    assert isinstance(told, PromiseTold)
    assert isinstance(kept, PromiseTold)
    assert (told.place, told.waited_s, told.kept) == (1, None, None)
    assert told.low_s <= told.high_s
    assert (kept.waited_s, kept.kept) == (2.0, kept.high_s >= 2)


async def test_who_lost_the_connection(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.talk()
        await it.gone(it.ada)
        await it.desk.wait(21)
        answer = await why(it.desk, conversation)
    (left,) = [turn for turn in answer.turns if turn.what == "left"]
    assert left.says == "Ada was not here any more: back in line, at the old place."
    assert answer.turns.index(left) > [turn.what for turn in answer.turns].index("assigned")


async def test_a_restart_withdraws_what_rang(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.ring()
        await it.desk.restart()
        await it.desk.settle()
        answer = await why(it.desk, conversation)
    assert turns(answer) == [("offer", "ada", "withdrawn")]


async def test_where_settings_moved_it(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.desk.start_conversation(it.vera, department="sales")
        file = settings()
        members = {each.key: tuple(m for m in each.members if m.department != "sales") for each in file.agents}
        await it.desk.configure(
            replace(
                file,
                sites=tuple(replace(each, departments=("support",)) for each in file.sites),
                departments=tuple(each for each in file.departments if each.key != "sales"),
                agents=tuple(replace(each, members=members[each.key]) for each in file.agents),
            )
        )
        answer = await why(it.desk, conversation)
    assert [turn.says for turn in answer.turns if turn.what == "moved"] == ["Settings changed: it waits in Support."]


async def test_why_it_still_waits(tmp_path: Path):
    async with story(tmp_path) as it:
        await it.ada.ask("status.set", status="busy")
        conversation = await it.desk.start_conversation(it.vera)
        answer = await why(it.desk, conversation)
    assert answer.waiting is not None
    assert answer.waiting.place == 1
    assert excluded(answer.waiting.why) == {"ada": "status", "ben": "status", "cleo": "status"}
    assert answer.waiting.says == "Nobody can take it now. For everybody: has not set the status to available."


async def test_of_what_happened_long_ago_names_are_those_of_now(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.talk()
        await it.desk.configure(_renamed(settings(), "ada", "Ada Lovelace"))
        answer = await why(it.desk, conversation)
    assert answer.agent is not None
    assert answer.agent.name == "Ada Lovelace"


def _renamed(file: WorkspaceFile, key: str, name: str) -> WorkspaceFile:
    return replace(file, agents=tuple(replace(each, name=name) if each.key == key else each for each in file.agents))


async def test_without_a_server_the_past_is_told(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.desk.start_conversation(it.vera)
        answer = await Reasons(store=it.desk.store, engine=None).why(conversation, None)
    assert (answer.state, answer.department.name, answer.waiting) == ("waiting", "Support", None)


# Whose it is to read.


def reader(it: Story, key: str) -> AgentIdentity:
    agent = it.desk.engine.directory.agent(key)
    assert agent is not None
    said = agent.settings
    return AgentIdentity(agent=agent.id, key=key, name=said.name, role=said.role, token_hash=b"")


@pytest.mark.parametrize(("who", "may"), [("ada", True), ("ben", False), ("sue", True), ("root", True)])
async def test_its_agent_and_supervisors_read_it(tmp_path: Path, who: str, may: bool):
    async with story(tmp_path) as it:
        conversation = await it.talk()
        if may:
            assert (await why(it.desk, conversation, reader(it, who))).conversation == conversation
            return
        with pytest.raises(Refused) as refused:
            await why(it.desk, conversation, reader(it, who))
        with pytest.raises(Refused) as unknown:
            await why(it.desk, "c_nothing", reader(it, who))
    assert refused.value.code is ErrorCode.NOT_FOUND
    assert (refused.value.message, refused.value.field) == (unknown.value.message, unknown.value.field)


async def test_at_whom_it_rings_may_read_it_until_it_is_over(tmp_path: Path):
    async with story(tmp_path) as it:
        conversation = await it.ring()
        assert (await why(it.desk, conversation, reader(it, "ada"))).state == "offered"
        await it.ada.ask("offer.decline", offer=it.ada.offer["offer"])
        with pytest.raises(Refused):
            await why(it.desk, conversation, reader(it, "ada"))


def test_a_move_that_was_recorded_without_its_key_is_still_told():
    body = '{"at":1,"conversation":"c_1","department":"d_1"}'
    told = decoded(EventRow(kind="ConversationMoved", body=body, at=1, conversation="c_1"))
    assert isinstance(told, events.ConversationMoved)
    assert (told.at, told.conversation) == (1, "c_1")
