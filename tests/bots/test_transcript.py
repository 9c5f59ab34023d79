"""The transcript of docs/bots.md, said to a real server frame by frame."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.arch.source import ROOT
from tests.blackbox.people import People
from tests.blackbox.wire import Agent, Visitor
from tests.bots.program import Programs

ANY = "…"


def transcript() -> list[str]:
    text = (ROOT / "docs/bots.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```text\n\$ websocat .*?\n(.*?)```", text, re.DOTALL)
    return [line for line in str(block).splitlines() if line]


def pattern(line: str) -> dict[str, Any]:
    """A frame in which `…` stands for anything: a value, the end of a text, further fields."""
    line = re.sub(r"\{…\}|\[…\]", f'"{ANY}"', line)
    line = re.sub(r",…\}", f',"{ANY}":"{ANY}"}}', line)
    line = re.sub(r":…", f':"{ANY}"', line)
    frame: dict[str, Any] = json.loads(line)
    return frame


def differs(wanted: Any, found: Any, place: str = "frame") -> Iterator[str]:
    """Where a frame is not what the page says."""
    if isinstance(wanted, str) and wanted.endswith(ANY):
        if wanted != ANY and not str(found).startswith(wanted.removesuffix(ANY)):
            yield f"{place}: {found!r} instead of {wanted!r}"
    elif isinstance(wanted, dict) and isinstance(found, dict):
        names = {re.sub(r"^c_.*", "c_…", name): name for name in found}
        if ANY not in wanted and names.keys() != wanted.keys():
            yield f"{place}: {sorted(names)} instead of {sorted(wanted)}"
        for name in wanted.keys() - {ANY}:
            yield from differs(wanted[name], found.get(names.get(name, name)), f"{place}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differs(one, other, f"{place}[{number}]")
    elif wanted != found:
        yield f"{place}: {found!r} instead of {wanted!r}"


class Reading:
    """A person who types what the page says, and compares."""

    def __init__(self, people: People, token: str) -> None:
        self.people = people
        self.token = token
        self.conversation = ""
        self.last = 0
        self.shown: dict[str, Any] = {}
        self.visitor: Visitor | None = None
        self.ada: Agent | None = None

    async def read(self, lines: list[str], socket: ClientConnection) -> None:
        for line in lines:
            match line[:2]:
                case "> ":
                    await socket.send(line[2:].replace("c_…", self.conversation).replace("fdb_…", self.token))
                case "< ":
                    found = await self._new(socket)
                    assert list(differs(pattern(line[2:]), found)) == [], f"{line}\n{json.dumps(found)}"
                case _:
                    await self._happens(line)

    async def _new(self, socket: ClientConnection) -> dict[str, Any]:
        """The next frame that says something new: a client drops the others."""
        while True:
            async with asyncio.timeout(10):
                frame: dict[str, Any] = json.loads(await socket.recv())
            if frame.get("on") == "entry":
                if frame["seq"] <= self.last:
                    continue
                self.last = frame["seq"]
            elif frame.get("on") == "conversation":
                self.conversation = frame["conversation"]["id"]
                shown = {**frame["conversation"], "top": None}
                if shown == self.shown:
                    continue
                self.shown = shown
            return frame

    async def _happens(self, line: str) -> None:
        """What others do."""
        said = re.findall(r'"(.*?)"', line)
        if line.startswith("# A visitor writes"):
            self.visitor = await self.people.visitor()
            await self.visitor.start("typed", said[0])
        elif line.startswith("# The visitor writes"):
            assert self.visitor is not None
            await self.visitor.say(self.conversation, said[0])
        elif line.startswith("# Now a person"):
            self.ada = await self.people.agent("ada")
        elif line.startswith("# Ada"):
            assert self.ada is not None
            if "gives it back" in line:
                await self.ada.request("conversation.transfer", conversation=self.conversation, to={"bot": "typed"})
            else:
                await self.ada.takes(self.conversation)
                await self.ada.say(self.conversation, said[0])
        else:
            assert line.startswith("# "), line


async def test_the_page_is_true(people: People, programs: Programs):
    lines = transcript()
    assert len([line for line in lines if line.startswith("< ")]) > 25
    token = await programs.token("typed")
    async with connect(f"ws://{people.server.address}/ws/bot", proxy=None) as socket:
        await Reading(people, token).read(lines, socket)


def test_a_page_that_is_wrong_would_be_found():
    wanted = pattern('{"re":"1","ok":true,"seq":…,"to":{…},"list":[…],"text":"Hel…","inner":{"a":1,…}}')
    right = {"re": "1", "ok": True, "seq": 7, "to": {"x": 1}, "list": [1], "text": "Hello", "inner": {"a": 1, "b": 2}}
    assert list(differs(wanted, right)) == []
    wrongs: list[dict[str, Any]] = [{"re": "2"}, {"text": "Hi"}, {"more": 1}, {"inner": {"a": 2}}, {"inner": {}}]
    for wrong in wrongs:
        assert list(differs(wanted, right | wrong))
