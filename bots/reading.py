"""Makes events of what the server tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots import records
from bots.events import Accepted, Closed, Event, Failed, HandedOver, Message, Overheard, Returned, Started, Typing
from bots.line import Line
from bots.records import Entry
from bots.thread import Thread


def event_of_entry(entry: Entry, thread: Thread, line: Line) -> Event:
    """The event that an entry is."""
    common: dict[str, Any] = {"conversation": thread.conversation, "name": f"re-{entry.seq}", "line": line}
    match entry.kind, entry.role:
        case "message", "visitor":
            return Message(entry=entry, **common)
        case "joined", "bot" if thread.first_time(entry):
            spoke = any(each.kind == "message" and each.role == "visitor" for each in thread.recent)
            return Started(entry=entry, spoke=spoke, **common)
        case "joined", "bot":
            return Returned(entry=entry, agent=thread.last_agent(), **common)
        case "closed", _:
            return Closed(reason=entry.reason, **common)
        case _:
            return Overheard(entry=entry, **common)


def event_of(frame: Mapping[str, Any], thread: Thread, line: Line) -> Event | None:
    """The event that a frame about a conversation is, if it is one for a bot."""
    # What is no entry has no number of its own; the commit's is as good.
    name = f"{frame['on']}-{frame.get('v', thread.last)}"
    common: dict[str, Any] = {"conversation": thread.conversation, "name": name, "line": line}
    match frame["on"]:
        case "handoff.queued":
            return HandedOver(reason=frame.get("reason", ""), **common)
        case "handoff.accepted":
            return Accepted(agent=records.named(frame["agent"]), **common)
        case "handoff.failed":
            return Failed(reason=frame.get("reason", ""), **common)
        case "typing" if frame["from"]["role"] == "visitor":
            return Typing(active=frame["active"], text=frame.get("text", ""), **common)
        case _:
            return None
