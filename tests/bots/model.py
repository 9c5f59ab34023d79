"""A stand-in for a language model's endpoint: it streams what a test wants, as OpenAI's does, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Model:
    """`says`: the pieces of its next answers; a number ends the connection there, None is a sign of life."""

    def __init__(self) -> None:
        self.says: list[str | int | dict[str, str] | None] = ["Hello", " there."]
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.url = ""
        self.gate: asyncio.Event | None = None  # opened before each piece but the first

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        if self.status != 200:
            return web.json_response({"error": {"message": "no"}}, status=self.status)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await self._say(response, {"role": "assistant"})
        for number, piece in enumerate(self.says):
            if self.gate is not None and number:
                await self.gate.wait()
                self.gate.clear()
            if isinstance(piece, int):
                assert request.transport is not None
                request.transport.abort()
                return response
            if piece is None:
                await response.write(b": a comment\n\n")
            else:
                await self._say(response, {"content": piece})
        await response.write(b"data: [DONE]\n\n")
        return response

    @staticmethod
    async def _say(response: web.StreamResponse, delta: dict[str, Any]) -> None:
        chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        await response.write(b": a comment\n\ndata: " + json.dumps(chunk).encode() + b"\n\n")


@asynccontextmanager
async def model() -> AsyncIterator[Model]:
    """It listens as long as this lasts."""
    found = Model()
    application = web.Application()
    application.router.add_post("/v1/chat/completions", found.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site.name
        found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield found
    finally:
        await runner.cleanup()
