"""What nobody sane sends, out of a seed: broken handshakes, broken frames, and requests that are nearly right."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

Frame: TypeAlias = dict[str, Any]

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
HANDSHAKE = (
    b"GET /ws/visitor HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    -(2**200),
    1e308,
    "",
    " ",
    "\0",
    "\u202e\u2066",
    "\ud83c\udf3b" * 300,
    "x" * 20_000,
    "../../etc/passwd",
    "'; DROP TABLE entry; --",
    "{{constructor.constructor('alert(1)')()}}",
    [],
    [[]],
    {},
    {"$gt": ""},
    {"__proto__": {}},
    [{}] * 50,
)


def requests() -> list[Frame]:
    """One good example of everything a client may ask."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(GOLDEN.glob("*.json"))]
    return [frame for frame in found if "do" in frame]


def nearly_right(chance: random.Random, good: list[Frame], ids: list[str]) -> bytes:
    """A request with something wrong in it, or none at all; ``ids`` are of things that exist and may be another's."""
    frame = dict(chance.choice(good))
    frame["id"] = f"f{chance.randrange(10**9)}"
    for field in ("conversation", "offer", "agent"):
        if field in frame and ids and chance.random() < 0.7:
            frame[field] = chance.choice(ids)
    for _ in range(chance.randrange(3)):
        chance.choice(_CHANGES)(chance, frame)
    text = json.dumps(frame, ensure_ascii=chance.random() < 0.5)
    return _torn(chance, text.encode("utf-8", "surrogatepass"))


def bytes_on_a_wire(chance: random.Random, host: str, good: list[Frame]) -> bytes:
    """For a bare TCP connection: a handshake or something like it, and then frames or something like them."""
    opening = HANDSHAKE % host.encode()
    if chance.random() < 0.3:
        opening = _torn(chance, opening, often=1.0)
    return opening + b"".join(_frame(chance, good) for _ in range(chance.randrange(1, 8)))


def _frame(chance: random.Random, good: list[Frame]) -> bytes:
    payload = nearly_right(chance, good, []) if chance.random() < 0.5 else chance.randbytes(chance.randrange(200))
    first = chance.choice((0x81, 0x01, 0x00, 0x80, 0x82, 0x88, 0x89, 0x8A, chance.randrange(256)))
    size = len(payload) if chance.random() < 0.8 else chance.choice((0, 1, 125, 126, 65_535, 2**31, 2**63 - 1))
    masked = 0x80 if chance.random() < 0.9 else 0
    if size < 126:
        head = bytes((first, masked | size))
    elif size < 65_536:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def _torn(chance: random.Random, data: bytes, often: float = 0.2) -> bytes:
    """Now and then with a byte too few, too many or another."""
    if not data or chance.random() >= often:
        return data
    at = chance.randrange(len(data))
    return chance.choice((data[:at], data[:at] + chance.randbytes(1) + data[at + 1 :], data[:at] + data[at - 5 :]))


def _without(chance: random.Random, frame: Frame) -> None:
    frame.pop(chance.choice(list(frame)), None)


def _odd(chance: random.Random, frame: Frame) -> None:
    if frame:
        frame[chance.choice(list(frame))] = chance.choice(_ODD)


def _more(chance: random.Random, frame: Frame) -> None:
    frame[chance.choice(("x", "text", "to", "v", "__class__", "seq", "conversation"))] = chance.choice(_ODD)


def _deep(chance: random.Random, frame: Frame) -> None:
    nested: Any = []
    for _ in range(chance.choice((10, 900))):
        nested = [nested]
    frame["form"] = nested


_CHANGES: tuple[Callable[[random.Random, Frame], None], ...] = (_without, _odd, _more, _odd, _deep)
