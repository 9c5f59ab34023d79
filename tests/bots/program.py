"""Bots as people run them: programs with a token of their own, killed without warning."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

from tests.blackbox.process import COMMAND, Server

KNOWN = "the server knows this bot"
WITHIN_S = 20.0


class Program:
    """One process of a bot, and what it said on standard error."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.said = ""
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def says(self, words: str) -> None:
        """Wait until it has said so."""
        async with asyncio.timeout(WITHIN_S):
            while words not in self.said:
                assert not self._reading.done(), f"ended without {words!r}: {self.said}"
                self._news.clear()
                await self._news.wait()

    async def ends(self) -> int:
        """Wait for its end; the exit code."""
        async with asyncio.timeout(WITHIN_S):
            await self._reading
            return await self._process.wait()

    async def kill(self) -> None:
        """Without a chance to say goodbye, with all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stderr is not None
        try:
            while line := await self._process.stderr.readline():
                self.said += line.decode()
                self._news.set()
        finally:
            self._news.set()


class Programs:
    """Starts them at one server."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.running: list[Program] = []
        self._tokens: dict[str, str] = {}

    async def token(self, bot: str) -> str:
        """A token of that bot; one for each test."""
        if bot not in self._tokens:
            self._tokens[bot] = await self.frontdesk("token", "create", bot)
        return self._tokens[bot]

    async def frontdesk(self, *arguments: str) -> str:
        """What the command says on standard output."""
        command = [COMMAND, *arguments, "--data", str(self.server.data)]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    async def example(self, name: str, *arguments: str, bot: str, known: bool = True, **environment: str) -> Program:
        """One of the examples, once the server knows it."""
        token = await self.token(bot)
        command = [sys.executable, "-m", f"bots.examples.{name}", *arguments]
        program = await self.run(*command, environment={"FRONTDESK_TOKEN": token, **environment})
        if known:
            await program.says(KNOWN)
        return program

    async def run(
        self, *command: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Program:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("FRONTDESK_", "OPENAI_"))}
        program = Program(
            await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env={**clean, "FRONTDESK_URL": f"http://{self.server.address}", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        )
        self.running.append(program)
        return program
