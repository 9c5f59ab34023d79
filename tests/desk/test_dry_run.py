"""A dry run says what a start then does, and leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from router.model import ConversationId
from server.desk.dry_run import DryRun
from server.settings.workspace import Department, Rule, WorkspaceFile
from server.wire.codes import ErrorCode, Refused
from server.wire.reasons import RouteAnswer, RouteBody
from tests.desk.support.bench import DeskBench, bench, settings
from tests.desk.support.bot_cases import WITH_BOT
from tests.desk.support.story import story

RULES = (
    Rule(name="pricing", when='page.path.startsWith("/pricing")', department="sales", head_start=60, tags=("money",)),
    Rule(name="danes", when='visitor.language == "da"', require={"danish": 3}, prefer={"billing": 2}),
    Rule(name="ada's", when='text.contains("Ada")', agent="ada"),
    Rule(name="broken", when='form["plan"] == "gold"', tags=("gold",)),
)


def ruled(*, rules: tuple[Rule, ...] = RULES, **departments: dict[str, Any]) -> WorkspaceFile:
    return replace(settings(**departments), rules=rules)


async def dry(desk: DeskBench, **said: Any) -> RouteAnswer:
    body = msgspec.convert(said, RouteBody)
    return await DryRun(desk.engine).route(body, now=max(desk.engine.now(), desk.clock.now()))


def page(url: str) -> dict[str, str]:
    return {"url": url}


async def test_what_every_rule_comes_to(tmp_path: Path):
    async with bench(tmp_path, ruled()) as desk:
        answer = await dry(desk, page=page("https://shop.example/pricing?x=1"), language="da-DK")
    assert [(each.rule, each.outcome, bool(each.reason)) for each in answer.rules] == [
        ("pricing", "matched", False),
        ("danes", "matched", False),
        ("ada's", "not_matched", False),
        ("broken", "failed", True),
    ]
    assert (answer.asked.key, answer.routed.key, answer.department.key) == ("support", "sales", "sales")
    assert (answer.needs.require, answer.needs.prefer) == ({"danish": 3}, {"billing": 2})
    assert (answer.head_start_s, answer.tags) == (60, ["money"])


async def test_who_would_be_chosen_and_why_not_the_others(tmp_path: Path):
    async with story(tmp_path) as it:
        await it.ada.ask("status.set", status="available")
        answer = await dry(it.desk)
        conversation = await it.desk.start_conversation(it.vera)
        rung = it.ada.offer
    assert answer.why is not None
    assert answer.why.chosen is not None
    assert answer.why.chosen.agent.key == "ada"
    assert {each.agent.key: each.excluded for each in answer.why.candidates} == {
        "ada": None,
        "ben": "status",
        "cleo": "status",
    }
    assert answer.says.startswith("Ada: the fewest running conversations")
    # The start then does just that.
    assert rung["conversation"]["id"] == conversation
    assert rung["why"] == msgspec.to_builtins(answer.why)
    assert answer.queue is not None
    assert (answer.queue.place, answer.queue.serving) == (1, True)


async def test_it_touches_nothing(tmp_path: Path):
    async with story(tmp_path, ruled()) as it:
        await it.ada.ask("status.set", status="available")
        waiting = await it.another()
        before = _everything(it.desk)
        stored = await it.desk.store.read(lambda tx: tx.all("SELECT * FROM event ORDER BY v, n"))
        for said in (
            {},
            {"department": "sales"},
            {"text": "Ada, please"},
            {"page": page("/pricing"), "language": "da"},
        ):
            await dry(it.desk, **said)
        await it.desk.settle()
        assert _everything(it.desk) == before
        assert await it.desk.store.read(lambda tx: tx.all("SELECT * FROM event ORDER BY v, n")) == stored
        assert it.desk.engine.router.conversation(ConversationId(waiting)) is not None
        assert it.desk.engine.router.conversation(ConversationId("c_dry-run")) is None


def _everything(desk: DeskBench) -> Any:
    return desk.engine.router.snapshot()


async def test_an_agent_whom_a_rule_names_is_kept_a_place(tmp_path: Path):
    file = ruled()
    agents = tuple(replace(each, substitutes=("ben",)) if each.key == "ada" else each for each in file.agents)
    async with bench(tmp_path, replace(file, agents=agents)) as desk:
        answer = await dry(desk, text="Is Ada there?")
    assert answer.reservation is not None
    assert [each.key for each in answer.reservation.agents] == ["ada", "ben"]
    assert answer.reservation.seconds == 60


async def test_outside_hours_it_says_when_it_opens(tmp_path: Path):
    async with bench(tmp_path, settings(support={"hours": ("mon 03:00-03:01",)})) as desk:
        answer = await dry(desk)
    assert answer.refused is not None
    assert (answer.refused.code, answer.why, answer.queue) == ("outside_hours", None, None)
    assert answer.refused.opens_at is not None
    assert answer.says == answer.refused.message


async def test_a_full_line_overflows_or_is_told(tmp_path: Path):
    full = settings(support={"max_line": 1, "overflow": ("sales",)})
    async with story(tmp_path, full) as it:
        await it.ben.ask("status.set", status="available")
        await it.ben.ask("status.set", status="busy")
        await it.desk.start_conversation(it.vera)
        over = await dry(it.desk)
        await it.desk.configure(settings(support={"max_line": 1}))
        told = await dry(it.desk)
    assert (over.asked.key, over.department.key, over.refused) == ("support", "sales", None)
    assert told.refused is not None
    assert told.refused.code == "line_full"


async def test_the_language_is_read_from_the_text_where_nobody_says_it(tmp_path: Path):
    async with bench(tmp_path) as desk:
        said = await dry(desk, text="Hvornår kommer min pakke? Jeg har ventet i flere dage nu.")
        silent = await dry(desk)
    assert (said.language, silent.language) == ("da", "en")


@pytest.mark.parametrize("said", [{"site": "nowhere"}, {"department": "nowhere"}])
async def test_what_is_not_there_is_refused(tmp_path: Path, said: dict[str, Any]):
    async with bench(tmp_path) as desk:
        with pytest.raises(Refused) as refused:
            await dry(desk, **said)
    assert refused.value.code is ErrorCode.NOT_FOUND


async def test_a_department_of_nobody_says_so(tmp_path: Path):
    file = settings()
    site = replace(file.sites[0], departments=("support", "empty"))
    file = replace(file, sites=(site,), departments=(*file.departments, Department(key="empty", name="Empty")))
    async with bench(tmp_path, file) as desk:
        answer = await dry(desk, department="empty")
    assert answer.says == "Nobody is there to take it: the department has no members."


CLOSED = replace(
    WITH_BOT,
    departments=tuple(
        replace(each, hours=("mon 03:00-03:01",)) if each.key == "support" else each for each in WITH_BOT.departments
    ),
)


def one_by_one() -> WorkspaceFile:
    departments = (replace(each, method="average_utilization") for each in WITH_BOT.departments)
    return replace(WITH_BOT, departments=tuple(departments))


async def test_a_bot_that_is_here_would_answer_first_and_a_hand_over_would_meet_ada(tmp_path: Path):
    async with story(tmp_path, one_by_one()) as it:
        await it.ada.ask("status.set", status="available")
        fay = await it.desk.bot()
        before = _everything(it.desk)
        answer = await dry(it.desk, text="Where is my order?")
        human = await dry(it.desk, text="A human, please")
        assert _everything(it.desk) == before
        conversation = await it.desk.start_conversation(it.vera)
    assert answer.bot is not None
    assert (answer.bot.key, answer.first, answer.queue, answer.refused) == ("faq", "bot:faq", None, None)
    assert answer.says.startswith("The bot Fay answers first. If it handed over now: Ada: the fewest running")
    assert human.says.startswith("The bot Fay hands it over at once, as the words ask for a person: Ada: the fewest")
    assert [each["conversation"]["id"] for each in fay.told("conversation")] == [conversation]


@pytest.mark.parametrize("how", ["gone", "full"])
async def test_a_bot_that_cannot_be_had_is_named_and_people_answer(tmp_path: Path, how: str):
    most = replace(one_by_one(), bots=(replace(WITH_BOT.bots[0], max_conversations=1), *WITH_BOT.bots[1:]))
    async with story(tmp_path, most) as it:
        await it.ada.ask("status.set", status="available")
        if how == "full":
            await it.desk.bot()
            await it.desk.start_conversation(it.vera)
        answer = await dry(it.desk)
    assert (answer.bot, answer.first) == (None, "bot:faq")
    assert answer.queue is not None
    said = "The bot Fay is not connected, or has all the conversations it may have. Ada: the fewest running"
    assert answer.says.startswith(said)


async def test_outside_hours_a_bot_that_is_here_is_no_refusal(tmp_path: Path):
    async with bench(tmp_path, CLOSED) as desk:
        without = await dry(desk)
        await desk.bot()
        answer = await dry(desk)
    assert without.refused is not None
    assert (without.refused.code, without.bot) == ("outside_hours", None)
    assert without.says.endswith(without.refused.message)
    assert answer.bot is not None
    assert (answer.bot.key, answer.refused) == ("faq", None)
    assert answer.says.startswith("The bot Fay answers, and keeps it: Support is closed. It opens ")
