"""Who wrote last, as far as the router wants to know: not how often, and roughly when.

Whoever writes after a pause is told of at once: a visitor's message may bring a conversation back to the line. In the
thick of a talk it is told once a second who wrote, in the order of their last words: nothing that the router does
hangs on a second between two people who are both there.
"""

from __future__ import annotations

from collections.abc import Callable

from router import commands, model

AGAIN_MS = 5_000  # one and the same writer, told of again
THICK_MS = 1_000  # of a talk in which words follow one another faster
_NOBODY = (None, 0, False)

# Calls back after so many seconds.
Later = Callable[[float, Callable[[], None]], object]


class Writers:
    """Tells the router who writes. Without `later`, every change of writer at once."""

    def __init__(self, tell: Callable[[commands.Command], None], *, later: Later | None = None) -> None:
        self._tell = tell
        self._later = later
        # By conversation: who was noted last, when the router was last told, and whether it is still to be told.
        self.last: dict[str, tuple[model.Writer, int, bool]] = {}
        self._unsaid: dict[tuple[str, model.Writer], int] = {}

    def wrote(self, conversation: str, writer: model.Writer, now: int) -> None:
        last, told_at, unsaid = self.last.get(conversation, _NOBODY)
        if last is writer and (unsaid or now - told_at < AGAIN_MS):
            return
        if self._later is None or not (unsaid or now - told_at < THICK_MS):
            self.last[conversation] = (writer, now, False)
            self._tell(commands.Wrote(conversation=model.ConversationId(conversation), writer=writer))
            return
        self.last[conversation] = (writer, told_at, True)
        if not self._unsaid:
            self._later(THICK_MS / 1000, self._say)
        self._unsaid.pop((conversation, writer), None)
        self._unsaid[conversation, writer] = now

    def forget(self, conversation: str) -> None:
        """It was closed, or changed hands: whoever writes next is news."""
        found = self.last.pop(conversation, None)
        if found is not None and found[2]:
            for writer in model.Writer:
                self._unsaid.pop((conversation, writer), None)

    def _say(self) -> None:
        unsaid, self._unsaid = self._unsaid, {}
        for (conversation, writer), at in unsaid.items():
            self.last[conversation] = (writer, at, False)
            self._tell(commands.Wrote(conversation=model.ConversationId(conversation), writer=writer))
