"""The hand-written client itself, against a scripted server: what it sends again, and what it does about gaps."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator

from websockets.asyncio.server import ServerConnection, serve

from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Visitor

SNAPSHOT: Frame = {
    "ok": True,
    "session": "s_1",
    "epoch": "e1",
    "v": 1,
    "me": {"id": "v_1", "name": "", "token": "t"},
    "snapshot": {"site": {}, "conversation": None},
    "missed": [],
    "missed_notes": [],
    "more": [],
    "dropped": [],
    "reset": False,
}
Script = Callable[[Frame], Iterator[Frame]]


def entry(seq: int) -> Frame:
    return {"conversation": "c_1", "seq": seq, "kind": "message", "text": str(seq), "from": {"role": "agent"}}


@contextlib.asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Visitor]:
    """A visitor in session with a server that answers by the script, and with its last breath where it says `end`."""

    async def session(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"on": "hello"}))
        async for data in socket:
            request = json.loads(data)
            replies = [SNAPSHOT | {"re": request["id"]}] if request["do"] == "identify" else script(request)
            for frame in replies:
                if "end" in frame:
                    await socket.close(frame["end"])
                    return
                await socket.send(json.dumps(frame))

    async with serve(session, "127.0.0.1", 0, compression=None) as server:
        visitor = Visitor(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await visitor.enter()
        yield visitor
        assert visitor.contradictions() == []
        await visitor.leave()


class Log:
    """Stores messages like a server should, but fails as the test says."""

    def __init__(self, fails: Callable[[int], Frame | None]) -> None:
        self.fails = fails
        self.heard = 0
        self.stored: list[str] = []

    def __call__(self, request: Frame) -> Iterator[Frame]:
        self.heard += 1
        fault = self.fails(self.heard)
        if fault is not None:
            yield fault | {"re": request["id"]}
            return
        if request["text"] not in self.stored:
            self.stored.append(request["text"])
        yield {"re": request["id"], "ok": True, "seq": self.stored.index(request["text"]) + 1, "at": "now"}


async def test_what_failed_for_now_is_sent_again_in_order() -> None:
    error = {"code": "rate_limited", "message": "slowly", "retry_after_ms": 20}
    log = Log(lambda heard: {"ok": False, "error": error} if 3 < heard <= 10 else None)
    async with scripted(log) as visitor:
        for number in range(10):
            await visitor.post("c_1", str(number))
        await visitor.settled()
        await visitor.say("c_1", "10")
    assert log.stored == [str(number) for number in range(11)]
    assert [post.seq for post in visitor.posts] == list(range(1, 12))
    assert [post.attempts for post in visitor.posts] == [1] * 3 + [2] * 7 + [1]


async def test_what_failed_for_good_is_dropped() -> None:
    log = Log(lambda heard: {"ok": False, "error": {"code": "closed", "message": "over"}} if heard == 2 else None)
    async with scripted(log) as visitor:
        for number in range(4):
            await visitor.post("c_1", str(number))
        await visitor.settled()
    assert log.stored == ["0", "2", "3"]
    assert [post.refused is not None for post in visitor.posts] == [False, True, False, False]


async def test_after_a_lost_connection_the_oldest_comes_first() -> None:
    log = Log(lambda heard: {"end": 4000} if heard == 3 else None)
    async with scripted(log) as visitor:
        for number in range(6):
            await visitor.post("c_1", str(number))
        assert await visitor.ended() == 4000
        await visitor.post("c_1", "6")
        await visitor.enter()
        await visitor.say("c_1", "7")
    assert log.stored == [str(number) for number in range(8)]


async def test_a_gap_is_filled_from_history() -> None:
    asked: list[int] = []

    def script(request: Frame) -> Iterator[Frame]:
        if request["do"] == "history":
            asked.append(request["after"])
            rest = range(request["after"] + 1, 7)
            yield {"re": request["id"], "ok": True, "entries": [entry(seq) for seq in rest[:3]], "notes": []}
            return
        for seq in (1, 2, 2, 6, 1):
            yield {"on": "entry", **entry(seq)}
        yield {"re": request["id"], "ok": True, "positions": {}}

    async with scripted(script) as visitor:
        await visitor.request("ping")
        await visitor.holds("c_1", 6)
        transcript = visitor.transcripts["c_1"]
        assert [held["seq"] for held in transcript.in_order()] == [1, 2, 3, 4, 5, 6]
        assert transcript.gaps == ["6 after 2"]
        assert asked[0] == 2


async def test_who_says_two_things_under_one_number_is_found_out() -> None:
    def script(request: Frame) -> Iterator[Frame]:
        yield {"on": "entry", **entry(1)}
        yield {"on": "entry", **entry(1), "text": "another"}
        yield {"re": request["id"], "ok": True, "positions": {}}

    async with scripted(script) as visitor:
        await visitor.request("ping")
        assert len(visitor.contradictions()) == 1
        visitor.transcripts["c_1"].contradictions.clear()
