"""Server frames of RFC 6455 as bytes. Frames of a server bear no mask, so what is written here goes out as it is.

aiohttp reads for us; writing is done here because all that waits for a connection can then leave in one write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

_TEXT: Final = 0x81
_CLOSE: Final = 0x88
_PING: Final = 0x89
_PONG: Final = 0x8A

_MAX_CONTROL: Final = 125
_SHORT: Final = tuple(bytes((_TEXT, size)) for size in range(126))
_medium = struct.Struct("!BBH").pack
_long = struct.Struct("!BBQ").pack

PING: Final = bytes((_PING, 0))


def texts(payloads: Iterable[bytes]) -> bytes:
    """One text frame per payload, one after another."""
    parts: list[bytes] = []
    for payload in payloads:
        size = len(payload)
        if size < 126:
            parts.append(_SHORT[size])
        elif size < 65_536:
            parts.append(_medium(_TEXT, 126, size))
        else:
            parts.append(_long(_TEXT, 127, size))
        parts.append(payload)
    return b"".join(parts)


def pong(payload: bytes) -> bytes:
    """The answer to a ping: its own payload (at most 125 bytes, as the reader made sure)."""
    return bytes((_PONG, len(payload))) + payload


def close(code: int | None, reason: str = "") -> bytes:
    """The last frame. Without a code it is empty, as the answer to an empty one must be."""
    if code is None:
        return bytes((_CLOSE, 0))
    text = reason.encode()[: _MAX_CONTROL - 2].decode(errors="ignore").encode()
    return bytes((_CLOSE, 2 + len(text))) + code.to_bytes(2) + text
