"""Two questions of whoever watches over the server: should it be restarted, and may people be sent to it?"""

from __future__ import annotations

import json
from collections.abc import Callable

from aiohttp import web

from server.http.answers import JSON
from server.http.policy import PUBLIC, Doors
from server.http.ports import Desk


class Health:
    """The handlers. They say what is wrong, but nothing of why: that is in the log."""

    def __init__(self, desk: Desk, *, accepting: Callable[[], bool] = lambda: True) -> None:
        """`accepting`: false once the server is about to end."""
        self._desk = desk
        self._accepting = accepting

    def add_to(self, doors: Doors) -> None:
        doors.add("GET", "/healthz", self.alive, policy=PUBLIC)
        doors.add("GET", "/readyz", self.ready, policy=PUBLIC)

    async def alive(self, _request: web.Request) -> web.Response:
        return _answer({"alive": self._desk.alive()})

    async def ready(self, _request: web.Request) -> web.Response:
        return _answer({**self._desk.readiness(), "accepting": self._accepting()})


def _answer(parts: dict[str, bool]) -> web.Response:
    well = all(parts.values())
    return web.Response(status=200 if well else 503, text=json.dumps({"ok": well, **parts}), content_type=JSON)
