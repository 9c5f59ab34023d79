"""From a command to its end: by the running server, or here when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from server.app import StartError, offline
from server.control import requests as ask
from server.control.client import ANSWER_WITHIN_S, ask_server
from server.control.failure import Failure
from server.control.operations import Operations
from server.control.perform import perform
from server.control.requests import Answer
from server.demo import in_file

Result = TypeVar("Result")

STDIN = "-"


def do_here(data: Path, work: Callable[[Operations], Awaitable[Result]], *, create: bool) -> Result:
    """Without a server; raises `StartError` and whatever the work does."""

    async def alone() -> Result:
        async with offline(data, create=create) as operations:
            return await work(operations)

    return asyncio.run(alone())


def carry_out(data: Path, request: ask.AnyRequest, file: str = "") -> Answer:
    """Have it done by the server, or do it here if none is running; raises `Failure` or `StartError`."""
    # Writing a large database anew may take minutes.
    within_s = None if isinstance(request, ask.VisitorErase | ask.RetentionRun) else ANSWER_WITHIN_S
    answer = ask_server(data, request, within_s=within_s)
    if answer is None:
        try:
            answer = do_here(data, lambda it: perform(it, request), create=isinstance(request, ask.Apply))
        except StartError:
            # The directory may have been taken by a server that has come up just now.
            answer = ask_server(data, request, within_s=within_s)
            if answer is None:
                raise
    if not answer.ok:
        shown = "standard input" if file == STDIN else file
        raise Failure(in_file(shown, answer.error) if answer.in_file else answer.error)
    return answer


def read_text(file: str) -> str:
    """The text of a file, or of standard input; raises `Failure`."""
    try:
        with click.open_file(file, encoding="utf-8") as opened:
            return str(opened.read())
    except UnicodeDecodeError as error:
        raise Failure(f"{file} is not text in UTF-8.") from error
    except OSError as error:
        raise Failure(f"{file} cannot be read ({error.strerror}).") from error
