"""What a bot is told about: conversations, entries, people. Read from frames; fields the client does not know are left
out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An agent, a bot or a department."""

    id: str
    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """``name`` is empty for one who gave none."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where the visitor was, as their browser says."""

    url: str = ""
    title: str = ""
    referrer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as it stood when its event came.

    ``state``: bot, waiting, offered, active, closed. ``form``: what the visitor filled in at the start. ``trial``: a
    try-out from the settings page, which is never handed over.
    """

    id: str
    state: str
    department: Named
    visitor: Visitor
    bot: Named | None = None
    agent: Named | None = None
    language: str = ""
    page: Page = Page()
    tags: tuple[str, ...] = ()
    form: Mapping[str, str] = dataclasses.field(default_factory=dict)
    trial: bool = False
    top: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One numbered entry. ``role`` of who made it: visitor, agent, bot, system; ``at``: RFC 3339, UTC.

    ``kind``: message, notice, joined, left, transferred, closed. ``reason``: of ``left`` and ``closed``.
    """

    seq: int
    kind: str
    role: str
    sender: str
    name: str
    text: str
    at: str
    client_id: str = ""
    reason: str = ""
    replies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address on a card: http or https."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Something shown beside the words: a title of 200 characters, a text of 2,000, five links, ten quick replies."""

    title: str
    text: str = ""
    links: Sequence[Link] = ()
    replies: Sequence[str] = ()

    def frame(self) -> dict[str, Any]:
        """As the wire has it."""
        found: dict[str, Any] = {"title": self.title}
        if self.text:
            found["text"] = self.text
        if self.links:
            found["links"] = [{"text": link.text, "url": link.url} for link in self.links]
        if self.replies:
            found["replies"] = list(self.replies)
        return found


def named(frame: Mapping[str, Any]) -> Named:
    return Named(id=frame["id"], key=frame.get("key", ""), name=frame.get("name", ""))


def conversation(frame: Mapping[str, Any]) -> Conversation:
    page, bot, agent, visitor = (frame.get(name) for name in ("page", "bot", "agent", "visitor"))
    return Conversation(
        id=frame["id"],
        state=frame["state"],
        department=named(frame["department"]),
        visitor=Visitor(id=(visitor or {}).get("id", ""), name=(visitor or {}).get("name", "")),
        bot=named(bot) if bot else None,
        agent=named(agent) if agent else None,
        language=frame.get("language", ""),
        page=Page(**{name: (page or {}).get(name, "") for name in ("url", "title", "referrer")}),
        tags=tuple(frame.get("tags", ())),
        form=dict(frame.get("form") or {}),
        trial=bool(frame.get("trial", False)),
        top=frame["top"]["entries"],
    )


def entry(frame: Mapping[str, Any]) -> Entry:
    sender = frame["from"]
    return Entry(
        seq=frame["seq"],
        kind=frame["kind"],
        role=sender["role"],
        sender=sender["id"],
        name=sender["name"],
        text=frame["text"],
        at=frame["at"],
        client_id=frame.get("client_id", ""),
        reason=frame.get("reason", ""),
        replies=tuple(frame.get("replies", ())),
    )
