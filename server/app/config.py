"""What a server is started with, and why one is not started."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from server.control.operations import Operations
from server.session.entrance import Most

# What clients may use beyond the published protocol, named as docs/protocol.md names it.
FEATURES = (
    "bots",
    "conversation.human",
    "conversation.transfer.to.bot",
    "dropped",
    "erased",
    "handoff",
    "history.notes_after",
    "history.notes_before",
    "identify.trial",
    "message.leave.department",
    "message.send.cards",
    "message.send.replies",
    "stream",
    "thinking",
    "watch.active",
)


class StartError(Exception):
    """Why the server does not start, in one sentence for the person who wanted to start it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where to listen, where to keep the data, what to believe.

    ``prepare`` is called with the server's address before it can be reached: it may create the workspace or change it.
    ``visitors``: so many simulated ones come as soon as it can be reached, one after another (the demo only).
    ``kill`` ends this process without a goodbye, if somebody starts it again: whoever sits at the demo may have it
    (the demo only).
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    country_header: str = ""
    country_file: Path | None = None
    metrics_token_file: Path | None = None
    most: Most = field(default_factory=Most)
    demo: bool = False
    visitors: int = 0
    kill: Callable[[], None] | None = None
    prepare: Callable[[Operations, str], Awaitable[None]] | None = None
    announce: Callable[[str], None] = field(default=lambda _url: None)


def version() -> str:
    """Of the installed package."""
    return importlib.metadata.version("frontdesk")
