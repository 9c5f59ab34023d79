"""A desk that does as it is told, and a server around it: what the session's tests talk to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from server.session.bounds import Bounds
from server.session.connections import Connections
from server.session.ports import Peer
from server.session.protocol import Terms
from server.session.timing import Timing
from server.wire import codec
from server.wire.codes import CloseCode, Refused
from server.wire.replies import Reply, Sent
from server.wire.requests import Endpoint, MessageSend, Ping

QUICK = Timing(
    pong_seconds=0.05,
    stall_seconds=0.2,
    farewell_seconds=0.3,
    leave_seconds=0.3,
    drain_seconds=0.02,
    jitter=0.0,
)
IDENTIFY = {"do": "identify", "id": "i", "protocol": 1, "site": "demo"}

Script = Callable[[Peer, Any], Any]


class ScriptedDesk:
    """Answers every request with a plain yes, unless a script for its type says otherwise."""

    def __init__(self) -> None:
        self.scripts: dict[type, Script] = {}
        self.pipelined: tuple[type, ...] = (MessageSend,)
        self.origins: set[str | None] = {None}
        self.peers: list[Peer] = []
        self.told: list[Any] = []
        self.lefts: list[Peer] = []
        self.heards = 0
        self.changed = asyncio.Event()

    def accepts_origin(self, endpoint: Endpoint, origin: str | None, host: str) -> bool:  # noqa: ARG002 - a Desk's
        return origin in self.origins

    async def identify(self, peer: Peer, request: Any, origin: str | None) -> None:  # noqa: ARG002 - a Desk's
        self.peers.append(peer)
        self._note(request)
        script = self.scripts.get(type(request))
        if script is not None:
            await script(peer, request)
        else:
            yes(peer, request)

    def perform(self, peer: Peer, request: Any) -> Any:
        self._note(request)
        return self.scripts.get(type(request), yes)(peer, request)

    def pipelines(self, request: Any) -> bool:
        return isinstance(request, self.pipelined)

    def refused(self, peer: Peer, request: Any, refused: Refused) -> None:
        pass

    def heard(self, peer: Peer) -> None:  # noqa: ARG002 - a Desk's
        self.heards += 1

    async def left(self, peer: Peer) -> None:
        self.lefts.append(peer)
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something the desk was told makes this true."""
        while not condition():
            self.changed.clear()
            async with asyncio.timeout(5):
                await self.changed.wait()

    def _note(self, request: Any) -> None:
        self.told.append(request)
        self.changed.set()


def yes(peer: Peer, request: Any) -> None:
    peer.send(codec.encode(Reply(re=request.id)))


def sent(peer: Peer, request: Any, seq: int) -> None:
    peer.send(codec.encode(Sent(re=request.id, seq=seq, at="2026-01-01T00:00:00.000Z")))


class Client:
    """One end of a WebSocket, speaking JSON."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws

    async def say(self, **frame: Any) -> None:
        await self.ws.send_str(json.dumps(frame))

    async def hear(self) -> dict[str, Any]:
        message = await self.ws.receive(timeout=5)
        assert message.type is WSMsgType.TEXT, message
        frame: dict[str, Any] = json.loads(message.data)
        return frame

    async def ask(self, **frame: Any) -> dict[str, Any]:
        await self.say(**frame)
        return await self.hear()

    async def closed(self) -> int | None:
        """Read what is left; the code of the close frame."""
        while True:
            message = await self.ws.receive(timeout=5)
            if message.type is not WSMsgType.TEXT:
                return self.ws.close_code


class House:
    """A server with the scripted desk."""

    def __init__(self, desk: ScriptedDesk, connections: Connections, port: int, http: ClientSession) -> None:
        self.desk = desk
        self.connections = connections
        self.port = port
        self.http = http
        self.clients: list[Client] = []  # a client nobody holds on to closes its connection

    def url(self, path: str = "/ws/visitor") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def connect(self, path: str = "/ws/visitor", **options: Any) -> Client:
        """A client that has heard hello."""
        client = Client(await self.http.ws_connect(self.url(path), **options))
        self.clients.append(client)
        assert (await client.hear())["on"] == "hello"
        return client

    async def identified(self, path: str = "/ws/visitor", **options: Any) -> Client:
        client = await self.connect(path, **options)
        frame = IDENTIFY if "visitor" in path else {"do": "identify", "id": "i", "protocol": 1, "token": "t"}
        assert (await client.ask(**frame))["ok"] is True
        return client


@asynccontextmanager
async def house(
    *, terms: Terms | None = None, timing: Timing = QUICK, max_connections: int = 100, bounds: Bounds | None = None
) -> AsyncIterator[House]:
    desk = ScriptedDesk()
    connections = Connections(
        desk,
        terms=terms or Terms(server="frontdesk/test"),
        timing=timing,
        max_connections=max_connections,
        bounds=bounds,
    )
    app = web.Application()
    app.router.add_get("/ws/visitor", connections.handler("visitor"))
    app.router.add_get("/ws/agent", connections.handler("agent"))
    # Not aiohttp's TestServer: that cancels a handler whose client has gone, as a real server does not.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession() as http:
            made = House(desk, connections, runner.addresses[0][1], http)
            yield made
            for client in made.clients:
                # Without a farewell, for which a scripted desk may keep it waiting.
                client.ws._response.close()
    finally:
        await runner.cleanup()


__all__ = ["IDENTIFY", "QUICK", "Client", "CloseCode", "House", "Ping", "ScriptedDesk", "house", "sent", "yes"]
