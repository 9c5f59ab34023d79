"""Whether a server came through it: alive, and with nothing in its log that it calls an error."""

from __future__ import annotations

import re

from tests.blackbox.process import Server

_ERROR = re.compile(r"\[(error|critical)\s*\]|Traceback|\"level\": ?\"(error|critical)\"")


def complaints(server: Server) -> list[str]:
    """In words; none is good."""
    found = []
    if server.process is None or server.process.poll() is not None:
        found.append(f"the server has ended:\n{server.tail()}")
    lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
    found += [f"in the log: {line[:400]}" for line in lines if _ERROR.search(line)]
    return found
