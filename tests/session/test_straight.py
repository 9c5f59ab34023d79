"""Frames that are taken where they arrive, and those that wait for the reader."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSMessage, WSMsgType
from aiohttp.base_protocol import BaseProtocol

from server.session.connection import Frames
from tests.session.scripted_desk import house


class Taker:
    """Takes frames as long as it is willing."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.willing = True

    def __call__(self, frame: bytes) -> bool:
        if self.willing:
            self.taken.append(frame)
        return self.willing


def text(data: bytes) -> WSMessage:
    return WSMessage(WSMsgType.TEXT, data, None)


@pytest.fixture
async def frames() -> Frames:
    return Frames(BaseProtocol(asyncio.get_running_loop()), 65_536, loop=asyncio.get_running_loop())


@pytest.fixture
def taker(frames: Frames) -> Taker:
    frames.straight = taker = Taker()
    frames.share.begin()
    return taker


async def test_a_text_frame_goes_straight(frames, taker):
    frames.feed_data(text(b"1"), 1)
    assert taker.taken == [b"1"]
    assert not frames._buffer


async def test_nothing_overtakes_what_waits(frames, taker):
    taker.willing = False
    frames.feed_data(text(b"1"), 1)
    taker.willing = True
    frames.feed_data(text(b"2"), 1)
    assert [(await frames.read()).data, (await frames.read()).data] == [b"1", b"2"]
    frames.feed_data(text(b"3"), 1)
    assert taker.taken == [b"3"]


async def test_what_is_no_text_waits(frames, taker):
    frames.feed_data(WSMessage(WSMsgType.PING, b"", None), 0)
    frames.feed_data(text(b"1"), 1)
    assert taker.taken == []
    assert (await frames.read()).type is WSMsgType.PING


async def test_one_chunk_of_bytes_brings_no_more_than_a_turn(frames, taker):
    for n in range(100):
        frames.feed_data(text(b"%d" % n), 2)
    assert taker.taken == [b"%d" % n for n in range(32)]
    assert [(await frames.read()).data for _ in range(68)] == [b"%d" % n for n in range(32, 100)]
    frames.share.begin()
    frames.feed_data(text(b"more"), 4)
    assert taker.taken[32:] == [b"more"]


async def test_requests_on_an_open_connection_go_straight(monkeypatch):
    """Through aiohttp as it is installed: what we use of it is not public."""
    waited: list[object] = []
    original = Frames.feed_data

    def feed_data(self: Frames, data: object, size: int) -> None:
        original(self, data, size)
        if self._buffer:
            waited.append(data)

    monkeypatch.setattr(Frames, "feed_data", feed_data)
    async with house() as one:
        client = await one.identified()
        assert len(waited) == 1  # `identify` is the reader's
        for n in range(20):
            assert (await client.ask(do="ping", id=f"p{n}"))["ok"] is True
        assert len(waited) == 1


async def test_a_bug_in_the_way_of_a_frame_ends_its_connection(monkeypatch):
    async with house() as one:
        client, other = await one.identified(), await one.identified()
        monkeypatch.setattr(one.desk, "heard", lambda _peer: 1 / 0)
        await client.say(do="ping", id="p")
        assert await client.closed() == 1011
        monkeypatch.undo()
        assert (await other.ask(do="ping", id="p"))["ok"] is True
