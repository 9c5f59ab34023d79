"""Row 65: floods of messages and of connections; whoever keeps to the protocol loses nothing, and neighbours notice
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.blackbox.connection import LostError, encoded
from tests.blackbox.people import People
from tests.blackbox.process import COMMAND, Server
from tests.blackbox.workspace import agent, department, workspace

FLOOD = 10_000
MOST = 20
EMPTY: dict[str, str] = {}


@pytest.fixture(scope="module")
def workspace_file() -> str:
    limits = "[limits]\nmessages_per_visitor = [20, 3000]\nstarts_per_visitor = [1, 1]\nconnections_per_visitor = 3\n"
    return workspace(["support"], limits, department("support"), agent("ada", 9, {"support": 50}))


async def test_a_client_that_pipelines_and_waits_as_told_loses_and_reorders_nothing(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada)
    for number in range(60):
        await visitor.post(visitor.conversation, f"message {number}")
    await visitor.settled()
    limited = [frame for frame in visitor.heard if not frame.get("ok", True)]
    assert limited, "all of them at once are too many"
    assert {frame["error"]["code"] for frame in limited} == {"rate_limited"}
    assert all(frame["error"]["retry_after_ms"] > 0 for frame in limited)
    found = [entry["text"] for entry in await visitor.whole_history(visitor.conversation) if entry["kind"] == "message"]
    assert found == ["Hello", *(f"message {number}" for number in range(60))]


async def test_a_flood_on_one_socket_is_refused_and_then_cut_and_the_neighbour_is_served(people: People) -> None:
    ada = await people.agent("ada")
    neighbour = await people.pair("support", ada)
    flooder = await people.pair("support", ada)
    numbers = itertools.count()

    async def flood() -> None:
        with contextlib.suppress(LostError):
            for number in itertools.islice(numbers, FLOOD):
                frame = {"do": "message.send", "id": f"f{number}", "conversation": flooder.conversation}
                await flooder.line.send(encoded(frame | {"client_id": f"f{number}", "text": "buy!"}))

    async def go_on() -> None:
        for number in range(20):
            await neighbour.say(neighbour.conversation, f"still here {number}")

    await asyncio.gather(flood(), go_on())
    assert await flooder.ended() == 4008
    said = Counter(
        "ok" if frame["ok"] else frame["error"]["code"]
        for frame in flooder.heard
        if str(frame.get("re")).startswith("f")
    )
    assert set(said) == {"ok", "rate_limited"}
    assert said["ok"] < said["rate_limited"] < FLOOD


async def test_a_second_conversation_at_once_has_to_wait(people: People) -> None:
    visitor = await people.visitor()
    await visitor.start("support")
    error = await visitor.refused("conversation.start", client_id="again", department="support", text="again")
    assert error["code"] == "rate_limited"
    assert 0 < error["retry_after_ms"] <= 60_000


async def test_one_token_has_so_many_connections(people: People) -> None:
    first = await people.visitor()
    token = first.me["token"]
    for _ in range(2):
        await people.visitor(token=token)
    one_more = people.visitor(token=token)
    with pytest.raises(LostError):
        await one_more
    assert people.visitors[-1].line.close_code == 4504
    assert first.connected
    people.visitors.pop()


# Connections: as people run it, with options.


class Serving(Server):
    """`frontdesk serve` with few connections for each address, behind a proxy on this machine."""

    def command(self, *more: str) -> list[str]:
        bounds = ["--max-connections-per-address", str(MOST), "--trusted-proxy", "127.0.0.1"]
        return [COMMAND, "serve", "--port", str(self.port), "--data", str(self.data), *bounds, *more]

    @property
    def origin(self) -> str:
        return f"http://{self.address}"

    def found(self) -> None:
        """A workspace to serve, with a site for our own origin."""
        names = ["--name", "Demo", "--key", "demo", "--email", "root@demo.example", "--admin-name", "Root"]
        command = [COMMAND, "init", "--data", str(self.data), *names, "--origin", self.origin, "--password-stdin"]
        subprocess.run(command, input="correct horse battery\n", text=True, check=True, capture_output=True)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    made = Serving(tmp_path)
    made.found()
    with made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def test_a_thousand_connects_of_one_address_leave_room_for_others(
    serving: Serving, http: aiohttp.ClientSession
) -> None:
    url = f"{serving.origin}/ws/visitor"
    answers: Counter[int] = Counter()
    held: list[aiohttp.ClientWebSocketResponse] = []
    waits: list[int] = []

    async def connect(address: str) -> None:
        headers = {"Origin": serving.origin, "X-Forwarded-For": address}
        try:
            held.append(await http.ws_connect(url, headers=headers))
            answers[101] += 1
        except aiohttp.WSServerHandshakeError as refused:
            waits.append(int((refused.headers or EMPTY)["Retry-After"]))
            answers[refused.status] += 1

    for _ in range(10):
        await asyncio.gather(*(connect("203.0.113.7") for _ in range(100)))
    assert answers == {101: MOST, 429: 1000 - MOST}
    assert min(waits) >= 1
    await connect("198.51.100.1")
    assert answers[101] == MOST + 1
    await held[-1].receive_json()
    await held[-1].send_str(json.dumps({"do": "identify", "id": "1", "protocol": 1, "site": "demo"}))
    assert (await held[-1].receive_json())["ok"]
    async with http.get(f"{serving.origin}/metrics") as answer:
        text = await answer.text()
    assert f'frontdesk_refusals_total{{code="rate_limited",where="upgrade"}} {1000.0 - MOST}' in text
    lines = [json.loads(line) for line in serving.tail(10_000).splitlines() if line.startswith("{")]
    refused = [line for line in lines if line["event"] == "refused"]
    assert all("203.0.113.7" not in json.dumps(line) for line in lines)
    assert len(refused) < 20, "a line a second, not one for each"
    await asyncio.gather(*(one.close() for one in held))
