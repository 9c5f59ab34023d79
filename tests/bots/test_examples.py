"""The examples as people run them, at the real server: what the README says, the questions, a language model."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bots.examples import faq
from bots.examples.relay import SORRY
from tests.arch.source import ROOT
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.wire import Visitor, fresh
from tests.bots.model import Model, model
from tests.bots.program import KNOWN, Programs
from tests.bots.test_live import answers, guest, has_answers

BACK = "How do I send something back?"


@pytest.fixture
async def standin() -> AsyncIterator[Model]:
    async with model() as found:
        yield found


def readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition("## A bot\n")[2].partition("\n## ")[0]


async def test_the_readme_is_true(tmp_path: Path):
    (_, code), (_, commands) = re.findall(r"```(python|)\n(.*?)```", readme(), re.DOTALL)
    assert code.count("\n") < 15
    (tmp_path / "echo.py").write_text(code, encoding="utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with Server(tmp_path) as server:
        (tmp_path / ".demo").symlink_to(server.data)
        programs = Programs(server, tmp_path)
        program = await programs.run("bash", "-euo", "pipefail", "-c", commands, cwd=tmp_path)
        try:
            await program.says(KNOWN)
            people = People(server)
            visitor = await guest(people, "support", "Hello")
            await has_answers(visitor, 1)
            assert answers(visitor) == ["You said: Hello"]
            await people.go_home()
        finally:
            await program.kill()


async def arrives(people: People, department: str) -> Visitor:
    """A visitor who opens the chat and has not written yet."""
    visitor = await people.visitor()
    reply = await visitor.request("conversation.start", client_id=fresh("start"), department=department)
    visitor.conversation = reply["conversation"]["id"]
    assert visitor.state == "bot"
    return visitor


async def test_questions_answers_and_a_person(people: People, programs: Programs):
    ada = await people.agent("ada")
    await programs.example("faq", bot="faq")
    visitor = await arrives(people, "faq")
    await has_answers(visitor, 1)
    first = visitor.transcript.in_order()[-1]
    assert BACK in first["replies"]

    await visitor.say(visitor.conversation, BACK)
    await has_answers(visitor, 2)
    answer = visitor.transcript.in_order()[-1]
    assert answer["replies"] == [faq.HELPED, faq.NOT_HELPED]
    assert answer["cards"][0]["links"][0]["url"] == "https://shop.example/returns"

    await visitor.say(visitor.conversation, faq.NOT_HELPED)
    offer = await ada.rings(visitor.conversation)
    assert offer["note"].startswith("Why: the answer did not help.")
    assert f"Asked: {BACK}" in offer["note"]
    await ada.accept(offer)
    await visitor.active()
    await ada.say(visitor.conversation, "Hello, this is Ada")
    await visitor.say(visitor.conversation, BACK)
    await visitor.all_heard()
    assert len(answers(visitor)) == 2


async def test_what_helped_is_counted(people: People, programs: Programs):
    await programs.example("faq", bot="faq")
    visitor = await guest(people, "faq", "refund please")
    await has_answers(visitor, 1)
    await visitor.say(visitor.conversation, "yes")
    await visitor.sees_the_close(visitor.conversation)
    assert answers(visitor)[-1] == faq.GLAD


async def test_nobody_is_there(people: People, programs: Programs):
    await programs.example("faq", bot="alone")
    visitor = await guest(people, "alone", faq.PERSON)
    await has_answers(visitor, 1)
    assert answers(visitor) == [faq.NOBODY]
    assert visitor.state == "bot"


async def relay(programs: Programs, standin: Model) -> None:
    await programs.example("relay", bot="model", OPENAI_BASE_URL=standin.url, OPENAI_MODEL="m", NO_PROXY="127.0.0.1")


async def test_an_answer_is_seen_growing(people: People, programs: Programs, standin: Model):
    await relay(programs, standin)
    standin.says, standin.gate = ["Once ", "upon ", "a time"], asyncio.Event()
    visitor = await guest(people, "model", "Tell me")
    for so_far in ("Once ", "Once upon "):
        growing = await visitor.until(lambda event: event.get("on") == "stream")
        assert (growing["text"], growing["active"]) == (so_far, True)
        standin.gate.set()
    await has_answers(visitor, 1)
    assert answers(visitor) == ["Once upon a time"]
    standin.gate = None
    standin.says = ["CALL A PERSON:", " wants an ending"]
    ada = await people.agent("ada")
    await visitor.say(visitor.conversation, "And then?")
    offer = await ada.rings(visitor.conversation)
    assert offer["note"] == "wants an ending"
    assert standin.asked[1]["messages"][1:] == [
        {"role": "user", "content": "Tell me"},
        {"role": "assistant", "content": "Once upon a time"},
        {"role": "user", "content": "And then?"},
    ]
    await ada.accept(offer)


async def test_a_model_that_fails_is_a_persons_turn(people: People, programs: Programs, standin: Model):
    await relay(programs, standin)
    standin.status = 500
    visitor = await guest(people, "model", "Hello?")
    await has_answers(visitor, 1)  # nobody is there
    assert answers(visitor) == [SORRY]
    ada = await people.agent("ada")
    await visitor.say(visitor.conversation, "Still there?")
    await ada.accept(await ada.rings(visitor.conversation))
    await visitor.active()
