"""RFC 6455 as the Autobahn test suite puts it: our reading, closing and writing, around a connection that echoes.

The suite wants an echo, which Frontdesk is not: replaced here is what a text frame means, and nothing else. Framing,
fragments, pings, close codes and what is done about bytes that are no frames are those of production. Left out are the
cases about binary messages (we refuse those with 4505: `test_hostile_bytes.py`), about messages larger than a frame may
be here, and about compression, which is not offered.
"""

from __future__ import annotations

from collections.abc import Awaitable

import pytest
from kosoku import FailureError, run_fuzzingclient

from server.session import connections
from server.session.connection import Connection
from server.session.protocol import NOT_TEXT, Phase, Terms, is_text
from server.session.timing import Timing
from tests.session.scripted_desk import house

BINARY = ["1.2.*", "2.5", "5.2", "5.13", "5.14", "9.2.*", "9.4.*", "9.6.*", "9.8.*"]
LARGER = ["9.1.2", "9.1.3", "9.1.4", "9.1.5", "9.1.6", "9.3.*", "9.5.*"]
SLOW = ["9.7.*"]  # thousands of small messages, which the relay's measurement sends
COMPRESSED = ["12.*", "13.*"]


class Echo(Connection):
    """Answers a text with the same text, without hello and without anybody to identify to."""

    async def run(self) -> None:
        self._protocol.phase = Phase.OPEN
        self._socket.take_straight(self._straight)
        try:
            await self._read()
        finally:
            self._finish(None)
            self._transport.close()
            await self._writer.stopped()

    def _take(self, frame: bytes) -> Awaitable[None] | None:
        if is_text(frame):
            self.send(frame)
        else:
            self._obey(NOT_TEXT)
        return None


async def verdicts(*cases: str) -> dict[str, str]:
    """What the suite thinks of each case that did not pass, beside how many there were under ''."""
    terms = Terms(server="frontdesk/test", frame_bytes=100_000)
    async with house(terms=terms, timing=Timing(farewell_seconds=1.0)) as served:
        url = served.url().replace("http", "ws")
        try:
            results = await run_fuzzingclient(url, list(cases), [*BINARY, *LARGER, *SLOW, *COMPRESSED], concurrency=8)
        except FailureError as failed:
            results = failed.results
    bad = {
        one.case_id: f"{one.behavior.value}/{one.behavior_close.value}: {one.result} {one.result_close}"
        for one in results
        if not one.passed
    }
    return {"": str(len(results)), **bad}


@pytest.mark.parametrize(
    ("cases", "number"),
    [("1.*", 8), ("2.*", 10), ("3.*", 7), ("4.*", 10), ("5.*", 17), ("6.*", 145), ("7.*", 37), ("9.*", 1), ("10.*", 1)],
)
async def test_the_suite_finds_no_fault(monkeypatch, cases, number):
    monkeypatch.setattr(connections, "Connection", Echo)
    assert {"": str(number)} == await verdicts(cases)
