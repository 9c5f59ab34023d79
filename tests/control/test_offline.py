"""Without a server the same is done by the command itself, and the next start copes with whatever it finds."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import COMMAND, Server
from tests.blackbox.wire import login
from tests.control.asking import without


def frontdesk(server: Server, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments, "--data", str(server.data)],
        input=given,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def said(server: Server, *arguments: str, given: str = "") -> str:
    done = await asyncio.to_thread(frontdesk, server, *arguments, given=given)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
async def stopped(tmp_path: Path) -> AsyncIterator[tuple[Server, People]]:
    """A server that a test may kill, and people who are left without it."""
    with Server(tmp_path) as server:
        people = People(server)
        yield server, people
        await people.go_home()


async def test_a_round_trip_changes_nothing(stopped: tuple[Server, People]):
    server, _ = stopped
    server.kill()
    text = await said(server, "export")
    assert await said(server, "apply", "-", "--prune", given=text) == "Nothing changes.\n"
    assert await said(server, "export") == text


async def test_the_conversation_of_an_agent_removed_meanwhile_goes_on(stopped: tuple[Server, People]):
    server, people = stopped
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    conversation = visitor.conversation
    await ada.say(conversation, "Good day")
    server.kill()
    text = without(await said(server, "export"), "agent", "ada")
    assert '- agent "ada"\n' in await said(server, "apply", "-", "--prune", given=text)
    server.start()
    people.agents.remove(ada)
    await visitor.ended()
    await visitor.enter()
    ben = await people.agent("ben")
    await ben.takes(conversation)
    await visitor.reach(lambda: (visitor.conversations[conversation]["agent"] or {}).get("key") == "ben")
    entries = await visitor.whole_history(conversation)
    assert [entry["text"] for entry in entries if entry["kind"] == "message"] == ["Hello", "Good day"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [(entry["kind"], entry["from"]["name"]) for entry in entries if entry["from"]["role"] == "agent"] == [
        ("joined", "Ada"),
        ("message", "Ada"),
        ("left", "Ada"),
        ("joined", "Ben"),
    ]


async def test_rings_at_an_agent_removed_meanwhile_are_over(stopped: tuple[Server, People]):
    server, people = stopped
    ada = await people.agent("ada")
    visitor = await people.visitor()
    conversation = await visitor.start("support", "Hello")
    await ada.rings(conversation)
    server.kill()
    text = without(await said(server, "export"), "agent", "ada")
    await said(server, "apply", "-", "--prune", given=text)
    server.start()
    people.agents.remove(ada)
    await visitor.ended()
    await visitor.enter()
    await (await people.agent("ben")).takes(conversation)


async def test_the_line_of_a_department_removed_meanwhile_moves(stopped: tuple[Server, People]):
    server, people = stopped
    visitor = await people.visitor()
    conversation = await visitor.start("sales", "Hello")
    server.kill()
    text = without(await said(server, "export"), "department", "sales")
    text = text.replace('departments = ["support", "sales"]', 'departments = ["support"]')
    text = text.replace('\n  [[agent.member]]\n  department = "sales"\n', "")
    await said(server, "apply", "-", "--prune", given=text)
    server.start()
    await visitor.ended()
    await visitor.enter()
    assert visitor.conversations[conversation]["department"]["key"] == "support"
    await (await people.agent("ada")).takes(conversation)


async def test_an_agent_kept_out_meanwhile_stays_out(stopped: tuple[Server, People]):
    server, people = stopped
    ada = await people.agent("ada", status="")
    server.kill()
    assert await said(server, "agent", "disable", "ada") == "Agent ada is kept out.\n"
    assert "disabled" in await said(server, "agent", "list")
    server.start()
    await ada.ended()
    await ada.connect()
    await ada.tell("identify", id="old", protocol=1, **ada.credentials)
    assert await ada.ended() == 4500
    people.agents.remove(ada)
    assert (await login(server.address, "ada@demo.example"))[0] == 401


async def test_the_same_commands_ask_the_server_while_it_runs(stopped: tuple[Server, People]):
    server, _ = stopped
    text = await said(server, "export")
    changed = text.replace('name = "Sales"', 'name = "Shop"')
    assert await said(server, "apply", "-", "--dry-run", given=changed) == (
        '~ department "sales": name "Sales" -> "Shop"\n1 change would be made.\n'
    )
    assert await said(server, "apply", "-", given=changed) == (
        '~ department "sales": name "Sales" -> "Shop"\n1 change made.\n'
    )
    assert await said(server, "export") == changed
    assert await said(server, "agent", "password", "ada", "--password-stdin", given="correct horse\n") == (
        "Agent ada has a new password.\n"
    )
    assert (await login(server.address, "ada@demo.example", "correct horse"))[0] == 200
