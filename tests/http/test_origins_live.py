"""The corpus of look-alikes against a running server: no upgrade, no session, no REST."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import WSServerHandshakeError

from tests.http.office import API, Office, office
from tests.support.origins import lookalikes


@pytest.fixture
async def desk(tmp_path) -> AsyncIterator[Office]:
    async with office(tmp_path) as opened:
        yield opened


def sendable(origins: list[str]) -> list[str]:
    """Those that a header can hold as they are."""
    return [each for each in origins if each and each == each.strip()]


async def upgrade(desk: Office, endpoint: str, origin: str | None) -> int:
    """101 for an open connection, else the status; 4503 when the site may not be opened from there."""
    headers = {} if origin is None else {"Origin": origin}
    try:
        ws = await desk.http.ws_connect(f"{desk.url}/ws/{endpoint}", headers=headers)
    except WSServerHandshakeError as error:
        return error.status
    async with ws:
        if endpoint == "visitor":
            await ws.receive_json()
            await ws.send_json({"do": "identify", "id": "1", "protocol": 1, "site": "demo"})
            await ws.receive()
            return ws.close_code or 101
        return 101


async def test_sockets(desk: Office):
    assert await upgrade(desk, "agent", desk.url) == await upgrade(desk, "visitor", desk.url) == 101
    for origin in sendable(lookalikes(desk.url)):
        assert await upgrade(desk, "agent", origin) == 403, origin
        assert await upgrade(desk, "visitor", origin) in {403, 4503}, origin
    assert await upgrade(desk, "visitor", "null") == 403
    assert await upgrade(desk, "visitor", None) == 403


async def test_rest(desk: Office):
    root = await desk.token("root")
    cookie = {"Cookie": f"frontdesk-agent-root={root}", "Frontdesk-Agent": "root"}
    for origin in [desk.url, *sendable(lookalikes(desk.url))]:
        async with desk.http.post(
            f"{desk.url}{API}/ticket", json={"agent": "root"}, headers={**cookie, "Origin": origin}
        ) as a:
            assert a.status == (200 if origin == desk.url else 403), origin
            assert not [name for name in a.headers if name.lower().startswith("access-control")]
