"""A real server: a visitor is erased while they chat and are exported, and no card number ever reaches a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
import structlog
from click.testing import CliRunner, Result

from server.cli import frontdesk as command_line
from tests.blackbox.connection import LostError
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.wire import Agent, Visitor

CANARY = "kestrel"
CARD = "4242 4242 4242 4242"
FORM = {"name": f"{CANARY} Jensen", "email": f"{CANARY}@example.org"}
PAGE = {"url": f"https://x.example/{CANARY}", "title": CANARY, "referrer": f"https://{CANARY}.example/"}


@pytest.fixture(autouse=True)
def _log_of_this_test_only() -> Iterator[None]:
    """The command sets the log up for its own standard error."""
    yield
    structlog.reset_defaults()


@pytest.fixture
async def unwatched(own_server: Server) -> AsyncIterator[tuple[Agent, Visitor]]:
    """An agent and a visitor in conversation, whose words nobody compares with what is stored: it is changed."""
    people = People(own_server)
    ada = Agent(own_server.address, await people.token("ada"))
    visitor = Visitor(own_server.address, "demo", page=PAGE)
    await ada.enter()
    await ada.set_status("available")
    await visitor.enter()
    yield ada, visitor
    await asyncio.gather(ada.leave(), visitor.leave())


def in_files(server: Server, needle: str) -> list[str]:
    """Every file there is, the log too, in which it stands."""
    files = [server.log, *server.data.rglob("*")]
    return [file.name for file in files if file.is_file() and needle.encode() in file.read_bytes()]


async def frontdesk(server: Server, *arguments: str) -> Result:
    """The command, in this process: a process of its own takes a second to begin."""
    return await asyncio.to_thread(CliRunner().invoke, command_line, [*arguments, "--data", str(server.data)])


async def api(server: Server, method: str, path: str, key: str = "root") -> tuple[int, Any]:
    token = await People(server).token(key)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"http://{server.address}/api/v1/{path}", headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def begin(ada: Agent, visitor: Visitor, text: str = CANARY, form: Any = None) -> str:
    reply = await visitor.request(
        "conversation.start", client_id="start", department="support", text=text, form=form or FORM
    )
    talk: str = reply["conversation"]["id"]
    await ada.takes(talk)
    return talk


async def test_erased_while_chatting_and_being_exported(own_server: Server, unwatched: tuple[Agent, Visitor]):
    ada, visitor = unwatched
    talk = await begin(ada, visitor)
    chatting = asyncio.Event()

    async def chat() -> None:
        with contextlib.suppress(LostError):
            for number in range(10_000):
                await visitor.request(
                    "message.send", conversation=talk, client_id=f"{CANARY}{number}", text=f"{CANARY} {number}"
                )
                await ada.ask("message.send", conversation=talk, client_id=f"{number}", text=f"Yes, {CANARY} {number}")
                if number == 50:
                    chatting.set()

    talking = asyncio.create_task(chat())
    await chatting.wait()
    assert in_files(own_server, CANARY) != []
    refused = await frontdesk(own_server, "visitor", "erase", visitor.me["id"], "--yes")
    assert (refused.exit_code, talk in refused.stderr, "--force" in refused.stderr) == (1, True, True)
    exports = [asyncio.create_task(api(own_server, "GET", f"visitors/{visitor.me['id']}/export")) for _ in range(3)]
    erased = await frontdesk(own_server, "visitor", "erase", visitor.me["id"], "--yes", "--force")
    assert erased.exit_code == 0, erased.stderr
    assert await visitor.ended() == 4501
    with contextlib.suppress(AssertionError):  # the request that was cut off
        await talking
    for export in exports:
        assert (await export)[0] == 200

    assert in_files(own_server, CANARY) == []
    told = await ada.until(lambda frame: frame.get("on") == "erased")
    assert (told["visitor"], told["conversations"]) == (visitor.me["id"], [talk])
    status, found = await api(own_server, "GET", f"visitors/{visitor.me['id']}/export")
    assert (status, CANARY in json.dumps(found)) == (200, False)
    entries = found["conversations"][0]["entries"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) > 100
    assert (await api(own_server, "GET", f"visitors?email={CANARY}@example.org")) == (200, {"visitors": []})
    own_server.kill()
    await asyncio.to_thread(own_server.start)
    assert in_files(own_server, CANARY) == []


async def test_without_a_server_the_command_does_it_itself(own_server: Server, unwatched: tuple[Agent, Visitor]):
    ada, visitor = unwatched
    await begin(ada, visitor)
    found = await frontdesk(own_server, "visitor", "find", f"{CANARY.upper()}@example.org")
    assert found.stdout.startswith(f"{visitor.me['id']}  {FORM['name']}  demo  1 conversations  last seen ")
    own_server.kill()
    copy = own_server.folder / "export.json"
    assert (await frontdesk(own_server, "visitor", "export", visitor.me["id"], "--output", str(copy))).exit_code == 0
    assert json.loads(copy.read_bytes())["visitor"]["email"] == FORM["email"]
    assert copy.stat().st_mode & 0o777 == 0o600
    again = await frontdesk(own_server, "visitor", "export", visitor.me["id"], "--output", str(copy))
    assert (again.exit_code, "cannot be written" in again.stderr) == (1, True)
    done = await frontdesk(own_server, "visitor", "erase", visitor.me["id"], "--yes", "--force", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["conversations"] == 1
    assert in_files(own_server, CANARY) == []
    kept = await frontdesk(own_server, "retention", "run", "--dry-run")
    assert kept.stdout == "Everything is kept: retention_days is 0.\n"
    nobody = await frontdesk(own_server, "visitor", "erase", "v_nobody", "--yes")
    assert (nobody.exit_code, nobody.stderr) == (1, "There is no visitor v_nobody.\n")


async def test_only_admins_may(own_server: Server, unwatched: tuple[Agent, Visitor]):
    ada, visitor = unwatched
    await begin(ada, visitor)
    own = visitor.me["id"]
    for key in ("ada", "sue"):
        for method, path in (
            ("GET", f"visitors?email={CANARY}@example.org"),
            ("GET", f"visitors/{own}/export"),
            ("DELETE", f"visitors/{own}?force=1"),
        ):
            status, answer = await api(own_server, method, path, key)
            assert (status, answer["error"]["code"]) == (403, "forbidden")
    assert (await api(own_server, "GET", "visitors"))[0] == 400
    assert (await api(own_server, "GET", "visitors/v_nobody/export"))[0] == 404
    status, answer = await api(own_server, "DELETE", f"visitors/{own}")
    assert (status, answer["error"]["code"]) == (409, "conflict")
    status, answer = await api(own_server, "DELETE", f"visitors/{own}?force=1")
    assert (status, answer["conversations"]) == (200, 1)


async def test_no_card_number_reaches_a_file(own_server: Server, unwatched: tuple[Agent, Visitor]):
    ada, visitor = unwatched
    talk = await begin(ada, visitor, CARD, {**FORM, "name": CARD, "card": CARD.replace(" ", "")})
    for number in range(5):
        sent = {"conversation": talk, "client_id": f"m{number}", "text": f"card {CARD} or 4242-4242-4242-4242"}
        first = await visitor.request("message.send", **sent)
        assert (await visitor.request("message.send", **sent))["seq"] == first["seq"]
        await ada.request("note.add", **sent)
    await visitor.all_heard()
    heard = {entry["text"] for entry in visitor.transcripts[talk].in_order() if entry["kind"] == "message"}
    assert heard == {"•••• 4242", "card •••• 4242 or •••• 4242"}
    await visitor.request("conversation.close", conversation=talk)
    exported = await frontdesk(own_server, "visitor", "export", visitor.me["id"])
    for needle in (CARD, CARD.replace(" ", ""), CARD.replace(" ", "-")):
        assert in_files(own_server, needle) == []
        assert needle not in exported.stdout
    assert "•••• 4242" in exported.stdout
