"""A little nonsense in every test run; `python -m tests.fuzz` goes on for as long as asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.fuzz import rest
from tests.fuzz.frames import fuzz
from tests.fuzz.verdict import complaints


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.mark.slow
async def test_frames_that_make_no_sense_harm_nobody(server: Server):
    tally = await fuzz(People(server), seed=1, rounds=12)
    assert tally.faults == []
    assert complaints(server) == []
    # It was heard, and most of it was no good.
    assert tally.codes["bad_request"] > 100
    assert tally.took_s


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_requests_that_make_no_sense_are_answered_as_described(server: Server):
    code, said = await asyncio.to_thread(rest.fuzz, server, seed=1, examples=2, coverage=False)
    assert code == 0, said
    assert complaints(server) == []


def test_a_server_that_complains_is_heard(tmp_path: Path):
    dead = Server(tmp_path)
    dead.log.write_text('{"event": "x", "level": "error"}\n{"event": "error"}\n[error    ] no\n', encoding="utf-8")
    assert [line.partition(":")[0] for line in complaints(dead)] == ["the server has ended", *["in the log"] * 2]
