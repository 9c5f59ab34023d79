"""`frontdesk why` and `route`, for people and for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from click.testing import CliRunner, Result

from server.cli import frontdesk
from server.control import requests as ask
from tests.blackbox.bots import Bot, token_of
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.cli.conftest import Run
from tests.control.asking import applied, exported

RULE = """
[[rule]]
name = "pricing"
when = 'page.path.startsWith("/pricing")'
department = "sales"
head_start = 60
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def people(server: Server) -> AsyncIterator[People]:
    people = People(server)
    yield people
    await people.go_home()


async def run(server: Server, *arguments: str) -> Result:
    """The command, beside the server's connections in this loop."""
    return await asyncio.to_thread(CliRunner().invoke, frontdesk, [*arguments, "--data", str(server.data)])


async def test_why_it_went_to_ada(server: Server, people: People):
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    done = await run(server, "why", visitor.conversation)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == f"Conversation {visitor.conversation}: active in Support, with Ada."
    (rung,) = [line for line in lines if "Rang at Ada: the fewest running conversations" in line]
    assert rung.endswith("They took it.")
    table = lines[lines.index(rung) + 1 :]
    assert table[0].split() == ["agent", "running", "slots", "priority", "measure", "why", "not"]
    assert table[1].split()[0] == "Ada"
    assert table[1].endswith("chosen")
    assert table[2].endswith("Has not set the status to available.")
    assert any("Ada accepted after" in line for line in lines)
    as_json = json.loads((await run(server, "why", visitor.conversation, "--json")).stdout)
    assert [turn["what"] for turn in as_json["turns"] if turn["what"] != "promised"] == [
        "started",
        "offer",
        "assigned",
    ]


async def test_why_it_waits(server: Server, people: People):
    visitor = await people.visitor()
    conversation = await visitor.start("support", "Hello")
    done = await run(server, "why", conversation)
    assert done.exit_code == 0, done.output
    assert "It waits, at place 1. Nobody can take it now." in done.stdout


async def test_where_a_visitor_would_go(server: Server, people: People):
    await applied(server.data, await exported(server.data) + RULE)
    await people.agent("ada")
    said = ["route", "--page", "https://shop.example/pricing", "--language", "da", "--text", "Hvad koster det?"]
    done = await run(server, *said)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:5] == [
        "pricing  matched",
        "Asked for: Support.",
        "Rules send it to Sales.",
        "Head start: 60 s.",
        "Language: da.",
    ]
    assert "Rings at everybody who can take it." in done.stdout
    answer = json.loads((await run(server, *said, "--json")).stdout)
    assert (answer["department"]["key"], answer["head_start_s"]) == ("sales", 60)


BOTS = """
[[rule]]
name = "bots"
when = 'text.contains("robot")'
first = "bot:faq"
"""


async def test_a_bot_that_would_answer_is_named_and_so_is_one_that_cannot(server: Server):
    await applied(server.data, await exported(server.data) + BOTS)
    said = ["route", "--text", "A robot will do"]
    assert "First: bot:faq, which is not to be had now." in (await run(server, *said)).stdout.splitlines()
    bot = Bot(server, await asyncio.to_thread(token_of, server))
    await bot.enter()
    lines = (await run(server, *said)).stdout.splitlines()
    await bot.leave()
    assert "First: the bot faq." in lines
    assert any(line.startswith("The bot faq answers first. If it handed over now: ") for line in lines)
    assert not any(line.startswith("Place in line") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["why", "c_nothing"], 1, "There is no such conversation."),
        (["route", "--department", "suport"], 1, "There is no such department here."),
        (["route", "--site", "nowhere"], 1, "There is no such site."),
        (["route", "--country", "Denmark"], 2, "country"),
        (["route", "--form", "plan"], 2, "FIELD=VALUE"),
        (["why"], 2, "CONVERSATION"),
    ],
)
async def test_what_cannot_be_asked_is_said_in_a_sentence(server: Server, arguments: list[str], code: int, told: str):
    done = await run(server, *arguments)
    assert done.exit_code == code
    assert told in done.stderr
    assert "Traceback" not in done.output


def test_without_a_server_nobody_knows_how_things_stand(workspace: Run):
    done = workspace("route")
    assert done.exit_code == 1
    assert done.stderr == "This asks how things stand now, so it needs a running server.\n"
    assert workspace("why", "c_nothing").stderr == "There is no such conversation.\n"


def test_a_form_is_told_field_by_field():
    body = ask.decode_request(b'{"do":"route","visitor":{"form":{"plan":"gold"}}}')
    assert isinstance(body, ask.Route)
    assert body.visitor.form == {"plan": "gold"}
