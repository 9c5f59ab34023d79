"""The line: order, halves of frames, silence, slowness and cuts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from aiohttp import WSMsgType

from server.session import framing
from tests.simulation.loop import Loop
from tests.simulation.network import CLOSE, PING, TEXT, Cable, Frames, Line


class Ear:
    """A client that only listens."""

    def __init__(self) -> None:
        self.data = b""
        self.lost = False

    def hears(self, data: bytes) -> None:
        self.data += data

    def is_lost(self) -> None:
        self.lost = True


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop(random.Random(1), shuffles=False)
    yield made
    made.close()


def lay(loop: Loop, **cable: Any) -> tuple[Line, Ear]:
    ear = Ear()
    return Line(loop, random.Random(1), Cable(**cable), ear), ear


def run(loop: Loop, story: Coroutine[Any, Any, None]) -> None:
    loop.run_until_complete(story)


def test_frames_arrive_in_their_order(loop: Loop):
    async def story() -> None:
        line, _ = lay(loop, latency=0.5)
        for number in range(50):
            line.send(WSMsgType.TEXT, b"%d" % number)
        assert [(await line.receive()).data for _ in range(50)] == [b"%d" % number for number in range(50)]

    run(loop, story())


def test_bytes_arrive_as_they_were_written(loop: Loop):
    async def story() -> None:
        line, ear = lay(loop, latency=0.5)
        for number in range(50):
            line.write(b"%d," % number)
        await asyncio.sleep(5)
        assert ear.data == b"".join(b"%d," % number for number in range(50))

    run(loop, story())


@pytest.mark.parametrize("cut", [0, 1, 4, 9])
def test_a_line_is_cut_at_any_byte(loop: Loop, cut: int):
    async def story() -> None:
        line, ear = lay(loop, cut_after_bytes=cut)
        line.write(b"0123456789")
        await asyncio.sleep(5)
        assert (ear.data, ear.lost) == (b"0123456789"[:cut], True)
        assert (await line.receive()).type is WSMsgType.CLOSED
        assert line.is_closing()

    run(loop, story())


def test_the_frame_with_which_a_line_is_cut_is_lost(loop: Loop):
    async def story() -> None:
        line, ear = lay(loop, cut_after_frames=2)
        for _ in range(2):
            line.send(WSMsgType.TEXT, b"arrives")
        await asyncio.sleep(1)
        line.send(WSMsgType.TEXT, b"is lost")
        await asyncio.sleep(1)
        assert [(await line.receive()).type for _ in range(3)] == [WSMsgType.TEXT, WSMsgType.TEXT, WSMsgType.CLOSED]
        assert ear.lost

    run(loop, story())


def test_a_silent_line_looks_open(loop: Loop):
    async def story() -> None:
        line, ear = lay(loop, silent_after=1)
        line.send(WSMsgType.TEXT, b"the last")
        line.write(b"into the void")
        await asyncio.sleep(60)
        assert (await line.receive()).data == b"the last"
        assert (ear.data, ear.lost, line.is_closing()) == (b"", False, False)
        assert line.get_write_buffer_size() > 0
        line.mend()
        await asyncio.sleep(1)
        assert ear.lost

    run(loop, story())


def test_a_slow_reader_holds_up_the_writer(loop: Loop):
    async def story() -> None:
        line, _ = lay(loop, bytes_a_second=20_000)
        line.write(bytes(200_000))
        began = loop.time()
        await line.drain()
        assert 8 < loop.time() - began < 10
        assert line.get_write_buffer_size() <= 20_000

    run(loop, story())


def test_who_waits_for_room_hears_of_the_cut(loop: Loop):
    async def story() -> None:
        line, _ = lay(loop, bytes_a_second=200)
        line.write(bytes(200_000))
        loop.call_later(1, line.abort)
        with pytest.raises(ConnectionResetError):
            await line.drain()
        with pytest.raises(ConnectionResetError):
            await line.drain()

    run(loop, story())


def test_what_was_written_before_the_close_still_arrives(loop: Loop):
    async def story() -> None:
        line, ear = lay(loop)
        line.write(b"farewell")
        line.close()
        line.write(b"too late")
        await asyncio.sleep(1)
        assert (ear.data, ear.lost) == (b"farewell", True)

    run(loop, story())


def test_of_a_dead_server_the_beginning_of_what_it_wrote_may_arrive(loop: Loop):
    async def story() -> None:
        line, ear = lay(loop, latency=10)
        line.write(b"0123456789")
        line.die()
        await asyncio.sleep(60)
        assert b"0123456789".startswith(ear.data)
        assert ear.lost

    run(loop, story())


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_are_put_together_from_any_pieces(size: int):
    payload = b"x" * size
    data = framing.texts([payload]) + framing.PING + framing.close(4000, "resend")
    for step in (1, 7, 1000, len(data)):
        if len(data) // step > 20_000:
            continue
        frames, found = Frames(), []
        for at in range(0, len(data), step):
            found += frames.take(data[at : at + step])
        assert found == [(TEXT, payload), (PING, b""), (CLOSE, (4000).to_bytes(2) + b"resend")]
