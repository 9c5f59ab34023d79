"""A bot as a program: settings from the environment, signals, and an exit code that says how it went."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from contextlib import AbstractAsyncContextManager
from typing import Final

from bots.client import Bot
from bots.dispatcher import Handler
from bots.errors import BotError, Ended, SetupError
from bots.session import Extra

URL: Final = "http://127.0.0.1:8080"
ENVIRONMENT: Final = (
    "FRONTDESK_TOKEN: the bot's token, of `frontdesk token create BOT`. "
    f"FRONTDESK_URL: the server, {URL} if it is not set."
)
REFUSED: Final = 1
MISUSED: Final = 2


def run(
    handler: Handler | AbstractAsyncContextManager[Handler],
    *,
    url: str = "",
    token: str = "",
    name: str = "",
    also: frozenset[Extra] = frozenset(),
    about: str | None = None,
) -> None:
    """Handle events until SIGTERM or Ctrl-C; returns after what had begun is finished.

    `handler` is called with each event; or it is an asynchronous context manager that gives one and lasts as long.
    `url` and `token` come from FRONTDESK_URL (else a server on this machine, port 8080) and FRONTDESK_TOKEN where they
    are not given. With `about` the program takes ``--help``, which says that, and nothing else. Ends the program with
    1 when the server does not let the bot in (any more), with 2 when address or token are missing or cannot be right;
    standard error says why.
    """
    if about is not None:
        argparse.ArgumentParser(description=about, epilog=ENVIRONMENT).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    url = url or os.environ.get("FRONTDESK_URL", "") or URL
    token = token or os.environ.get("FRONTDESK_TOKEN", "")
    try:
        if not token.strip():
            raise SetupError("FRONTDESK_TOKEN is not set. Make a token with `frontdesk token create BOT`")
        name = name or f"{socket.gethostname()}:{os.getpid()}"
        asyncio.run(_serve(Bot(url, token=token, name=name, also=also), handler))
    except BotError as error:
        print(f"{error}", file=sys.stderr)  # noqa: T201 - to a person
        raise SystemExit(MISUSED if isinstance(error, SetupError) else REFUSED) from None


async def _serve(bot: Bot, handler: Handler | AbstractAsyncContextManager[Handler]) -> None:
    serving = asyncio.current_task()
    assert serving is not None
    # The second time is meant: what has begun is not waited for.
    ways = iter((bot.stop,))

    def asked_to_stop() -> None:
        next(ways, serving.cancel)()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop)
    with contextlib.suppress(Ended, asyncio.CancelledError):
        async with contextlib.AsyncExitStack() as stack:
            if isinstance(handler, AbstractAsyncContextManager):
                handler = await stack.enter_async_context(handler)
            await stack.enter_async_context(bot)
            await bot.each(handler)
