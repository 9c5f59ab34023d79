"""The control socket, asked as the command does and as somebody with a terminal would."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from pathlib import Path
from typing import Any

from server.control import requests as ask
from server.control.client import ask_server
from server.control.requests import Answer


async def asked(data: Path, request: ask.AnyRequest) -> Answer:
    """The running server's answer, whatever it is."""
    answer = await asyncio.to_thread(ask_server, data, request)
    assert answer is not None, "no server answers"
    return answer


async def done(data: Path, request: ask.AnyRequest) -> Answer:
    """The answer to what must succeed."""
    answer = await asked(data, request)
    assert answer.ok, answer.error
    return answer


async def exported(data: Path) -> str:
    return (await done(data, ask.Export())).text


async def applied(data: Path, text: str, **more: Any) -> tuple[str, ...]:
    return (await done(data, ask.Apply(text=text, **more))).lines


def without(text: str, kind: str, key: str) -> str:
    """The file without one of its records."""
    blocks = re.split(r"(?m)^(?=\[)", text)
    kept = [block for block in blocks if not (block.startswith(f"[[{kind}]]") and f'key = "{key}"' in block)]
    assert len(kept) == len(blocks) - 1, f"{kind} {key} is not there once"
    return "".join(kept)


def raw(data: Path, *lines: bytes) -> list[dict[str, Any]]:
    """Send these bytes over one connection, say that no more come, and read every answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(10)
        one.connect(str(data / "control.sock"))
        one.sendall(b"".join(lines))
        one.shutdown(socket.SHUT_WR)
        with one.makefile("rb") as answers:
            return [json.loads(line) for line in answers]
