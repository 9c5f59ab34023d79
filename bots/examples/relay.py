"""Lets a language model answer: any endpoint that speaks OpenAI's ``/chat/completions`` with streaming.

OPENAI_BASE_URL (https://api.openai.com/v1 if it is not set), OPENAI_API_KEY and OPENAI_MODEL say which. The model sees
the conversation so far and may call a person; when the endpoint fails, a person is called, too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

import bots

log = logging.getLogger("relay")

BASE_URL: Final = "https://api.openai.com/v1"
MARKER: Final = "CALL A PERSON:"
"""What the model says, at the beginning of a line, to hand over; a summary follows."""
LOOKS: Final = " \t*_"
"""What may stand around it: many models write in bold what they were told to write."""

PROMPT: Final = f"""\
You answer visitors of a website, briefly and in their language. You know nothing about their orders or accounts.
When you cannot help, or they want to talk to a person, write a line of its own that begins with
"{MARKER}" and says in one sentence what it is about, and nothing after it.
"""
SORRY: Final = "Nobody of us is here just now. I go on as well as I can."
SILENT_S: Final = 30.0
"""An endpoint that says nothing for so long has failed, however often it says that it is alive."""


class EndpointError(Exception):
    """The endpoint did not answer as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the model is. `now`: seconds that never run backwards."""

    base_url: str
    key: str
    model: str
    now: Callable[[], float] = time.monotonic

    async def answer(self, web: aiohttp.ClientSession, messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
        """The pieces of the model's answer as they come; raises `EndpointError`."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = {"model": self.model, "messages": messages, "stream": True}
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        try:
            async with web.post(url, json=body, headers=headers) as response:
                if response.status != 200:
                    raise EndpointError(f"HTTP {response.status}")
                said_at = self.now()
                async for line in response.content:
                    data = line.strip().removeprefix(b"data:").strip()
                    if not line.startswith(b"data:") or not data:
                        if self.now() - said_at > SILENT_S:
                            raise EndpointError("it keeps the line open and says nothing")
                        continue
                    if data == b"[DONE]":
                        return
                    said_at = self.now()
                    yield _piece(json.loads(data))
                raise EndpointError("the answer broke off")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise EndpointError(str(error) or type(error).__name__) from error


def _piece(chunk: Any) -> str:
    """The text in one chunk of the stream; some have none."""
    if not isinstance(chunk, dict) or "error" in chunk:
        raise EndpointError("it said that it failed")
    try:
        content = ((chunk.get("choices") or [{}])[0].get("delta") or {}).get("content") or ""
    except (AttributeError, LookupError, TypeError):
        content = None
    if not isinstance(content, str):
        raise EndpointError("what it says is no text")
    return content


class Sieve:
    """Lets through what the visitor may see, and keeps the marker and what follows it."""

    def __init__(self) -> None:
        self._kept = ""
        self._fresh = True  # what is kept begins a line
        self.handover: str | None = None

    def let_through(self, piece: str) -> str:
        """What is certain by now not to belong to a marker."""
        if self.handover is not None:
            self.handover += piece
            return ""
        self._kept += piece
        shown = ""
        for line in self._kept.splitlines(keepends=True):
            bare, whole = line.lstrip().lstrip(LOOKS), line.endswith("\n")
            if self._fresh and bare.startswith(MARKER):
                self.handover = self._kept[len(shown) :].lstrip().lstrip(LOOKS).removeprefix(MARKER)
                self._kept = ""
                return shown
            if self._fresh and not whole and MARKER.startswith(bare):
                break
            shown += line
            self._fresh = whole
        self._kept = self._kept[len(shown) :]
        return shown

    def rest(self) -> str:
        """What was kept and turned out to be no marker."""
        kept, self._kept = self._kept, ""
        return kept


class Relay:
    """Brings what visitors say to the model, and back."""

    def __init__(self, endpoint: Endpoint, *, prompt: str, web: aiohttp.ClientSession) -> None:
        self._endpoint = endpoint
        self._prompt = prompt
        self._web = web

    async def handle(self, event: bots.Event) -> None:
        match event:
            case bots.Message():
                await self._answer(event)
            case bots.Failed():
                await event.reply(SORRY)
            case _:
                pass

    async def _answer(self, message: bots.Message) -> None:
        await message.thinking()
        sieve = Sieve()
        failed, ours = "", True
        async with message.stream() as out:
            try:
                async with contextlib.aclosing(self._endpoint.answer(self._web, self._context(message))) as pieces:
                    async for piece in pieces:
                        room = message.text_chars - len(out.text)
                        ours = await out.write(sieve.let_through(piece)[:room])
                        if not ours or room <= 0:
                            break
            except EndpointError as error:
                failed = str(error)
            await out.write(sieve.rest()[: message.text_chars - len(out.text)])
        answered = out.text.strip() and not failed and sieve.handover is None
        if answered or not ours:
            return
        about = (sieve.handover or "").strip(LOOKS + "\n")
        log.info("handing over: %s", failed or about or "the answer was empty")
        reason = "model_asked" if sieve.handover is not None else "model_failed"
        await message.handoff(reason=reason, summary=(about or f"The visitor's last words: {message.text}")[:2000])

    def _context(self, message: bots.Message) -> list[dict[str, str]]:
        """What was said so far and then this message, as the model wants it."""
        roles = {"visitor": "user", "bot": "assistant", "agent": "assistant"}
        said = [
            {"role": roles[entry.role], "content": entry.text}
            for entry in message.entries()
            if entry.kind == "message" and (entry.seq < message.seq or entry.role != "visitor")
        ]
        return [{"role": "system", "content": self._prompt}, *said, {"role": "user", "content": message.text}]


@contextlib.asynccontextmanager
async def relay(endpoint: Endpoint, prompt: str) -> AsyncIterator[bots.Handler]:
    """The handler, as long as there is a web client for it."""
    timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_read=SILENT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as web:
        yield Relay(endpoint, prompt=prompt, web=web).handle


def main() -> None:
    parser = argparse.ArgumentParser(prog="relay", description=__doc__, epilog=bots.ENVIRONMENT)
    parser.add_argument("--model", default=os.environ.get("OPENAI_MODEL", ""), help="instead of OPENAI_MODEL")
    parser.add_argument("--prompt", type=Path, help="a file with what the model is told first")
    chosen = parser.parse_args()
    if not chosen.model:
        parser.error("which model? Set OPENAI_MODEL or give --model")
    try:
        prompt = chosen.prompt.read_text(encoding="utf-8") if chosen.prompt else PROMPT
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"{chosen.prompt} cannot be read: {error}")
    endpoint = Endpoint(
        base_url=os.environ.get("OPENAI_BASE_URL") or BASE_URL,
        key=os.environ.get("OPENAI_API_KEY", ""),
        model=chosen.model,
    )
    bots.run(relay(endpoint, prompt))


if __name__ == "__main__":
    main()
