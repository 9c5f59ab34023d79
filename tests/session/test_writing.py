"""The writing half of a connection on a transport that is as slow as the test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from server.session import framing
from server.session.outbox import Outbox
from server.session.writing import CHUNK, HIGH, Turn, Writer


class Transport(asyncio.Transport):
    """Keeps what is written until the test says that it went out."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.unsent = 0
        self.aborted = False
        self.stuck = False
        self.room = asyncio.Event()
        self.room.set()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))
        if self.stuck:
            self.unsent += len(data)
            if self.unsent > HIGH:
                self.room.clear()

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True
        self.room.set()

    def flow(self) -> None:
        """Everything written so far goes out."""
        self.unsent = 0
        self.room.set()

    async def drain(self) -> None:
        await self.room.wait()
        if self.aborted:
            raise ConnectionResetError

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)


@pytest.fixture
async def transport() -> Transport:
    return Transport()


@pytest.fixture
async def writer(transport: Transport) -> Writer:
    return Writer(transport, transport.drain, stall_seconds=0.02, outbox=Outbox())


async def turn(times: int = 4) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def stick(transport: Transport, writer: Writer) -> bytes:
    """Fill the transport of a reader who has stopped."""
    transport.stuck = True
    transport.unsent = HIGH + 1
    transport.room.clear()
    assert writer.send(b"first")
    return framing.texts([b"first"])


async def test_what_is_said_in_one_turn_leaves_in_one_write(transport, writer):
    for frame in (b"a", b"b", b"c"):
        writer.send(frame)
    writer.send_lossy("t", b"d")
    assert [] == transport.writes
    await turn()
    assert [framing.texts([b"a", b"b", b"c", b"d"])] == transport.writes


async def test_a_long_speech_to_a_good_listener_is_not_cut(transport, writer):
    """The bound is about the reader's pace, not about how much we say in one turn."""
    assert [True] * 2_000 == [writer.send(b"%d" % n) for n in range(2_000)]
    await turn()
    assert framing.texts([b"%d" % n for n in range(2_000)]) == transport.written


async def test_a_slow_reader_gets_everything_in_order(transport, writer):
    expected = stick(transport, writer)
    await turn()
    frames = [bytes([n]) * 10_000 for n in range(20)]
    assert [True] * 20 == [writer.send(frame) for frame in frames]
    await turn()
    assert b"" == transport.written
    for _ in range(10):
        transport.flow()
        await turn()
    assert expected + framing.texts(frames) == transport.written
    assert max(map(len, transport.writes)) <= CHUNK + 100


async def test_a_reader_who_is_too_slow_is_told_of(transport, writer):
    stick(transport, writer)
    await turn()
    accepted = 0
    while writer.send(b"x" * 1000):
        accepted += 1
    assert 256 <= accepted <= 262
    await writer.stopped()


async def test_the_answer_to_identify_may_be_larger(transport, writer):
    stick(transport, writer)
    await turn()
    assert writer.send_exempt(b"x" * 1_000_000)
    assert writer.send(b"y")
    assert not writer.send_exempt(b"x" * 4_000_000)
    await writer.stopped()


async def test_a_reader_with_whom_nothing_moves_is_aborted(transport, writer):
    stick(transport, writer)
    await turn()
    async with asyncio.timeout(5):
        while not transport.aborted:
            await turn()
    await writer.stopped()


async def test_a_reader_with_whom_anything_moves_is_not(transport, writer):
    stick(transport, writer)
    await turn()
    for _ in range(5):
        transport.unsent -= 1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.015):
                await asyncio.get_running_loop().create_future()
    assert not transport.aborted
    await writer.stopped()


async def test_the_last_frame_comes_after_what_is_queued(transport, writer):
    writer.send(b"a")
    writer.finish(framing.close(4000))
    writer.finish(framing.close(4001))
    writer.send(b"too late")
    writer.send_lossy("t", b"too late")
    writer.control(framing.PING)
    await turn()
    assert framing.texts([b"a"]) + framing.close(4000) == transport.written


async def test_the_last_frame_waits_for_a_slow_reader(transport, writer):
    expected = stick(transport, writer)
    await turn()
    writer.finish(framing.close(4005))
    transport.flow()
    await turn()
    assert expected + framing.close(4005) == transport.written


async def test_pings_go_ahead_and_only_the_last_one_is_kept_for_a_slow_reader(transport, writer):
    writer.send(b"a")
    writer.control(framing.PING)
    await turn()
    assert framing.PING + framing.texts([b"a"]) == transport.written
    transport.writes.clear()
    expected = stick(transport, writer)
    await turn()
    for n in range(1_000):
        writer.control(framing.pong(b"%d" % n))
    transport.flow()
    await turn()
    assert framing.pong(b"999") + expected == transport.written


async def test_nothing_is_written_to_a_transport_that_is_gone(transport, writer):
    writer.send(b"a")
    transport.abort()
    await turn()
    writer.send(b"b")
    writer.control(framing.PING)
    writer.finish(framing.close(1000))
    await turn()
    assert b"" == transport.written


async def test_a_transport_that_goes_while_it_is_slow_ends_the_task(transport, writer):
    stick(transport, writer)
    await turn()
    transport.abort()
    await turn()
    assert writer._slow is None
    assert 0 == len(writer.outbox)


class Broken(Transport):
    def is_closing(self) -> bool:
        raise RuntimeError("broken")


async def test_those_of_one_turn_cost_the_loop_one_callback_and_one_who_fails_harms_nobody(monkeypatch):
    loop = asyncio.get_running_loop()
    calls: list[object] = []
    shared = Turn()
    transports = [Transport(), Broken(), Transport()]
    writers = [Writer(each, each.drain, stall_seconds=0.02, outbox=Outbox(), turn=shared) for each in transports]
    call_soon = loop.call_soon

    def noted(call: Callable[..., object], *rest: Any, **more: Any) -> asyncio.Handle:
        calls.append(call)
        return call_soon(call, *rest, **more)

    with monkeypatch.context() as watched:
        watched.setattr(loop, "call_soon", noted)
        for writer in (*writers, writers[0]):
            writer.send(b"{}")
    assert calls == [shared._flush]
    await turn()
    assert [each.writes for each in transports] == [[framing.texts([b"{}", b"{}"])], [], [framing.texts([b"{}"])]]
    writers[2].send(b"[]")
    await turn()
    assert transports[2].writes[1:] == [framing.texts([b"[]"])]
