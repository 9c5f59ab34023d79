"""A connection without a socket: it records what it is sent."""

from __future__ import annotations

import json
from typing import Any

from server.session.ports import Peer
from server.wire.codes import CloseCode
from server.wire.requests import Endpoint

Frame = dict[str, Any]


class ScriptedPeer:
    """Holds `server.session.ports.Peer`. `frames` are in the order of sending, lossy ones included."""

    def __init__(self, endpoint: Endpoint, session: str) -> None:
        self.endpoint: Endpoint = endpoint
        self.session = session
        self.address = "192.0.2.1"
        self.host = "127.0.0.1:8080"
        self.country = ""
        self.identity: Any = None
        self.frames: list[Frame] = []
        self.lossy: list[Frame] = []
        self.closed: CloseCode | None = None
        self.unsent = 0

    def send(self, frame: bytes) -> None:
        if self.closed is None:
            self.frames.append(json.loads(frame))

    def send_lossy(self, key: str, frame: bytes) -> None:  # noqa: ARG002 - nothing is dropped here
        if self.closed is None:
            said = json.loads(frame)
            self.frames.append(said)
            self.lossy.append(said)

    def close(self, code: CloseCode, reason: str) -> None:  # noqa: ARG002 - for logs
        if self.closed is None:
            self.closed = code


_: type[Peer] = ScriptedPeer
