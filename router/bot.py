"""A bot at run time: whether it is here, and which conversations it has."""

from router.model import BotId, BotSettings, ConversationId


class Bot:
    """A bot at run time.

    `connected`: over any of its connections. `grace_until`: not connected, but expected back until then; neither of the
    two: gone. `has`: its conversations, an index that follows from their records.
    """

    __slots__ = ("connected", "grace_until", "has", "id", "settings")

    def __init__(self, settings: BotSettings) -> None:
        self.id: BotId = settings.id
        self.settings = settings
        self.connected = False
        self.grace_until: int | None = None
        self.has: set[ConversationId] = set()

    @property
    def full(self) -> bool:
        """It has as many conversations as it may."""
        limit = self.settings.max_conversations
        return limit > 0 and len(self.has) >= limit

    @property
    def takes_more(self) -> bool:
        """It may be given a conversation now. In its grace it keeps what it has and gets nothing new."""
        return self.connected and not self.full
