"""The pure core: who gets which conversation, and why.

No I/O, no await, no clock, no unseeded randomness, no logging.
"""

from router.errors import CommandRejected, Rejection
from router.router import Changes, LineView, Router
from router.snapshot import AgentRecord, ConversationRecord, Counters, Snapshot

__all__ = [
    "AgentRecord",
    "Changes",
    "CommandRejected",
    "ConversationRecord",
    "Counters",
    "LineView",
    "Rejection",
    "Router",
    "Snapshot",
]
