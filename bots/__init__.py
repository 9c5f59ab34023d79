"""Bots for Frontdesk: dial in, answer visitors, hand over to people. Needs `websockets` and nothing else.

The whole of it, with examples and the frames behind it: docs/bots.md.
"""

from bots.client import Bot
from bots.dispatcher import Handler
from bots.errors import BotError, Denied, Ended, Refused, SetupError
from bots.events import (
    Accepted,
    Closed,
    Event,
    Failed,
    HandedOver,
    Message,
    Overheard,
    Returned,
    Started,
    Typing,
)
from bots.line import Handoff, Written
from bots.records import Card, Conversation, Entry, Link, Named, Page, Visitor
from bots.running import ENVIRONMENT, run
from bots.stream import Stream

__all__ = [
    "ENVIRONMENT",
    "Accepted",
    "Bot",
    "BotError",
    "Card",
    "Closed",
    "Conversation",
    "Denied",
    "Ended",
    "Entry",
    "Event",
    "Failed",
    "HandedOver",
    "Handler",
    "Handoff",
    "Link",
    "Message",
    "Named",
    "Overheard",
    "Page",
    "Refused",
    "Returned",
    "SetupError",
    "Started",
    "Stream",
    "Typing",
    "Visitor",
    "Written",
    "run",
]
