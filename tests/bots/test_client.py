"""A bot on real sockets, at a house that breaks off, refuses and goes away on demand."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import bots
from bots.client import Bot
from tests.bots.house import House, house

ECHO = [sys.executable, "-m", "bots.examples.echo"]


@pytest.fixture
async def server() -> AsyncIterator[House]:
    async with house() as found:
        yield found


def bot(server: House) -> Bot:
    return Bot(server.url, token="t", name="w", chance=random.Random(1))


async def echo(event: bots.Event) -> None:
    if isinstance(event, bots.Message):
        await event.reply(event.text)


async def test_events_are_iterated(server):
    async with bot(server) as found:
        await server.starts("c_1", "Hello")
        seen = []
        async for event in found:
            seen.append(type(event))
            if isinstance(event, bots.Message):
                assert await event.reply("A")
                break
    assert seen == [bots.Started, bots.Message]
    assert server.said("c_1") == ["A"]


async def test_it_ends_when_it_is_stopped(server):
    async with bot(server) as found:
        found.stop()
        assert [event async for event in found] == []


@pytest.mark.parametrize("code", [4500, 4501, 4504])
async def test_who_is_not_let_in_is_told_at_once(server, code):
    server.closes_with = code
    with pytest.raises(bots.Denied) as told:
        async with bot(server):
            raise AssertionError
    assert told.value.code == code


async def test_who_is_sent_away_is_told_wherever_they_wait(server):
    async with bot(server) as found:
        await server.starts("c_1", "Hello")
        server.deaf = True
        event = await anext(found)
        asking = asyncio.create_task(event.reply("A"))
        waiting = asyncio.create_task(found.each(echo))
        await server.reach(lambda: server.said("c_1"))
        await server.closes(4501)
        for task in (asking, waiting):
            with pytest.raises(bots.Denied, match="revoked"):
                await task
        with pytest.raises(bots.Denied):
            await event.reply("B")
        with pytest.raises(bots.Denied):
            await anext(found)


async def test_a_lost_connection_is_mended_and_nothing_is_said_twice(server):
    async with bot(server) as found:
        await server.starts("c_1", "Hello")
        await anext(found)
        message = await anext(found)
        server.deaf = True
        asking = asyncio.create_task(message.reply("A"))
        await server.reach(lambda: server.said("c_1"))
        server.deaf = False
        await server.drops()
        written = await asking
        assert written.seq == 3
        await server.says("c_1", "And?")
        assert (await anext(found)).entries()[-1].text == "And?"
    assert server.said("c_1") == ["A"]
    assert server.identified[1]["resume"]["positions"]["c_1"]["entries"] in (2, 3)


async def test_what_was_said_before_leaving_is_sent(server):
    server.deaf = True
    async with bot(server) as found:
        await server.starts("c_1", "Hello")
        await anext(found)
        message = await anext(found)
        asking = asyncio.create_task(message.reply("A"))
        await server.reach(lambda: server.said("c_1"))
        server.deaf = False
        await server.drops()
    assert (await asking).seq == 3


async def test_leaving_ends_what_is_asked_for(server):
    async with bot(server) as found:
        await server.starts("c_1", "Hello")
        message = await anext(found)
    with pytest.raises(bots.Ended):
        await message.reply("A")


async def test_conversations_are_handled_side_by_side_and_each_in_order(server):
    gates = {name: asyncio.Event() for name in ("c_1", "c_2")}

    async def slow(event: bots.Event) -> None:
        if isinstance(event, bots.Message):
            await gates[event.conversation.id].wait()
            await event.reply(event.text)

    async with bot(server) as found:
        for name in gates:
            await server.starts(name, "1")
            await server.says(name, "2")
        working = asyncio.create_task(found.each(slow))
        gates["c_2"].set()
        await server.reach(lambda: len(server.said("c_2")) == 2)
        assert server.said("c_1") == []
        gates["c_1"].set()
        await server.reach(lambda: len(server.said("c_1")) == 2)
        found.stop()
        await working
    assert server.said("c_1") == server.said("c_2") == ["1", "2"]


async def test_what_has_begun_is_finished_and_nothing_else(server):
    began, gate = asyncio.Event(), asyncio.Event()

    async def slow(event: bots.Event) -> None:
        if isinstance(event, bots.Message):
            began.set()
            await gate.wait()
            await event.reply(event.text)

    async with bot(server) as found:
        working = asyncio.create_task(found.each(slow))
        await server.starts("c_1", "1")
        await server.says("c_1", "2")
        await began.wait()
        found.stop()
        gate.set()
        await working
    assert server.said("c_1") == ["1"]


async def test_a_handler_that_fails_leaves_the_visitor_to_people(server, caplog):
    async def broken(event: bots.Event) -> None:
        if isinstance(event, bots.Message) and event.text == "1":
            raise ZeroDivisionError
        await echo(event)

    async with bot(server) as found:
        working = asyncio.create_task(found.each(broken))
        await server.starts("c_1", "1")
        await server.starts("c_2", "2")
        await server.reach(lambda: any(each["do"] == "handoff" for each in server.asked) and server.said("c_2"))
        found.stop()
        await working
    (handed,) = [each for each in server.asked if each["do"] == "handoff"]
    assert (handed["conversation"], handed["reason"]) == ("c_1", "bot_failed")
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


async def test_a_stream_is_one_message(server):
    async with bot(server) as found:
        await server.starts("c_1", "Hello")
        message = await anext(found)
        async with found.stream(message) as out:
            await out.write("Once ")
            await out.write("upon")
        assert out.written
    assert server.said("c_1") == ["Once upon"]
    assert [each["text"] for each in server.asked if each["do"] == "stream" and "id" not in each] == ["Once "]


@pytest.mark.parametrize(("url", "token"), [("http://127.0.0.1:1", " "), ("gopher://a", "t")])
async def test_what_cannot_be_right_is_said_at_once(url, token):
    with pytest.raises(bots.SetupError):
        Bot(url, token=token)


async def test_an_address_that_takes_no_bots():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        with pytest.raises(bots.Denied, match="404"):
            async with Bot(f"http://127.0.0.1:{port}", token="t"):
                raise AssertionError


async def program(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """A program of our own, to its end."""
    process = await started(*arguments, **environment)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def started(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FRONTDESK_", "OPENAI_"))}
    return await asyncio.create_subprocess_exec(
        *arguments, env={**clean, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def test_a_program_without_a_token_says_how_to_get_one():
    code, _, err = await program(*ECHO)
    assert code == 2
    assert "frontdesk token create" in err
    assert "Traceback" not in err


async def test_a_program_that_is_not_let_in_ends(server):
    server.closes_with = 4501
    code, _, err = await program(*ECHO, FRONTDESK_URL=server.url, FRONTDESK_TOKEN="t")
    assert code == 1
    assert "revoked" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_program_ends_by_a_signal(server, number):
    process = await started(*ECHO, FRONTDESK_URL=server.url, FRONTDESK_TOKEN="t")
    await server.reach(lambda: server.identified)
    await server.starts("c_1", "Hello")
    await server.reach(lambda: server.said("c_1"))
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0, err
    assert server.said("c_1") == ["You said: Hello"]


async def test_a_program_whose_server_is_not_there_ends_by_a_signal(tmp_path):
    process = await started(*ECHO, FRONTDESK_URL="http://127.0.0.1:1", FRONTDESK_TOKEN="t")
    assert process.stderr is not None
    assert b"cannot reach" in await process.stderr.readline()
    process.terminate()
    await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0


@pytest.mark.parametrize("name", ["echo", "faq", "relay"])
async def test_every_example_says_what_it_is(name):
    code, out, _ = await program(sys.executable, "-m", f"bots.examples.{name}", "--help")
    assert code == 0
    assert "FRONTDESK_TOKEN" in out


@pytest.mark.parametrize(
    "arguments", [["faq", "missing.md"], ["relay"], ["relay", "--model", "m", "--prompt", "missing"]]
)
async def test_an_example_that_cannot_begin_says_why(arguments, tmp_path):
    code, _, err = await program(sys.executable, "-m", f"bots.examples.{arguments[0]}", *arguments[1:])
    assert code == 2
    assert "missing" in err or "OPENAI_MODEL" in err


def test_echo_is_short_and_stands_in_the_readme():
    from tests.arch.source import ROOT

    text = Path(ROOT / "bots/examples/echo.py").read_text(encoding="utf-8")
    assert text.count("\n") < 15
    assert f"```python\n{text}```" in Path(ROOT / "README.md").read_text(encoding="utf-8")
