"""A simulated visitor against a server of a few lines: what they say, and when they have had enough."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from server.crowd.stories import STORIES, Story
from server.crowd.visitor import Manner, Shop, Visitor

STORY = Story(
    name="Marta",
    page="/?page=pricing",
    title="Prices",
    department="sales",
    question="How much?",
    answers=("Two.", "Thanks."),
)
AGENT = {"role": "agent", "id": "a_ada", "name": "Ada"}


class Server:
    """Answers every request at once; entries come once there is a conversation, `then` after the first message."""

    def __init__(self, *departments: str, refuses: str = "") -> None:
        self.heard: list[dict[str, Any]] = []
        self.says: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._departments = departments
        self._refuses = refuses
        self._entries: list[dict[str, Any]] = []
        self.then: dict[str, Any] | None = None

    async def send(self, frame: Mapping[str, Any]) -> None:
        self.heard.append(dict(frame))
        if "id" not in frame:
            return
        answer: dict[str, Any] = {"re": frame["id"], "ok": frame["do"] != self._refuses}
        if frame["do"] == "identify":
            answer["snapshot"] = {"site": {"departments": [{"key": key} for key in self._departments]}}
        if frame["do"] == "conversation.start":
            answer["conversation"] = {"id": "c_1"}
        self.says.put_nowait(answer)
        if frame["do"] == "conversation.start":
            for entry in self._entries:
                self.says.put_nowait(entry)
        if frame["do"] == "message.send" and self.then is not None:
            self.says.put_nowait(self.then)
            self.then = None

    async def receive(self) -> dict[str, Any] | None:
        return await self.says.get()

    def entry(self, kind: str, text: str = "", sender: Mapping[str, str] = AGENT) -> None:
        self._entries.append(entry(kind, text, sender))

    def done(self) -> list[str]:
        return [frame["do"] for frame in self.heard]


def entry(kind: str, text: str, sender: Mapping[str, str] = AGENT) -> dict[str, Any]:
    return {"on": "entry", "kind": kind, "from": sender, "text": text}


def visitor(server: Server, *, patience_s: float = 60, story: Story = STORY) -> Visitor:
    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    serial = itertools.count(1)
    return Visitor(
        server,
        story,
        Manner(patience_s=patience_s, think_s=(2.0,)),
        shop=Shop(site="demo", url="http://127.0.0.1:1"),
        pause=at_once,
        client_id=lambda: f"v-{next(serial)}",
    )


async def test_asks_answers_and_leaves():
    server = Server("support", "sales")
    server.entry("joined")
    server.entry("message", "How many?")
    server.then = entry("message", "That is 28 euros.")
    await visitor(server).visit()
    assert server.done() == [
        "identify",
        "conversation.start",
        "typing",
        "message.send",
        "typing",
        "message.send",
        "conversation.close",
    ]
    start = server.heard[1]
    assert start["department"] == "sales"
    assert start["form"] == {"name": "Marta"}
    assert start["text"] == "How much?"
    assert server.heard[0]["page"]["url"] == "http://127.0.0.1:1/?page=pricing"
    sent = [frame for frame in server.heard if frame["do"] == "message.send"]
    assert [(frame["text"], frame["conversation"]) for frame in sent] == [("Two.", "c_1"), ("Thanks.", "c_1")]
    assert len({frame["client_id"] for frame in [start, *sent]}) == 3


async def test_chooses_no_department_that_is_not_offered():
    server = Server("help")
    server.entry("closed")
    await visitor(server).visit()
    assert "department" not in server.heard[1]


async def test_leaves_when_nobody_comes():
    server = Server("sales")
    await visitor(server, patience_s=0.01).visit()
    assert server.done() == ["identify", "conversation.start", "conversation.close"]


async def test_their_own_words_and_notices_are_no_answer():
    server = Server("sales")
    server.entry("message", "How much?", {"role": "visitor", "id": "v_1", "name": "Marta"})
    server.entry("notice", "You are number 1", {"role": "system", "id": "", "name": ""})
    await visitor(server, patience_s=0.01).visit()
    assert "message.send" not in server.done()


async def test_says_nothing_more_once_it_is_closed():
    server = Server("sales")
    server.entry("joined")
    server.entry("closed")
    await visitor(server).visit()
    assert server.done() == ["identify", "conversation.start"]


@pytest.mark.parametrize("refuses", ["identify", "conversation.start"])
async def test_goes_when_refused(refuses: str):
    server = Server("sales", refuses=refuses)
    await visitor(server).visit()
    assert server.done()[-1] == refuses


async def test_goes_when_the_line_is_cut():
    server = Server("sales")
    server.says.put_nowait(None)
    await visitor(server).visit()
    assert server.done() == ["identify"]


def test_ten_who_come_at_once_are_ten_people():
    assert len({story.name for story in STORIES}) == len(STORIES) >= 10
    assert all(story.question and len(story.answers) >= 2 for story in STORIES)
