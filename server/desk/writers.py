"""Who wrote last, as far as the router wants to know: not how often, and roughly when.

Whoever writes after a pause is told of at once: a visitor's message may bring a conversation back to the line. In the
thick of a talk it is told every five seconds who wrote, in the order of their last words, and when: nothing that the
router does hangs on five seconds between people who are both there. Nor need it hear of a question that was answered
meanwhile. Each conversation has its own five seconds, so that thousands of them come to the router in small portions
and not in one go, which would hold up everybody else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from router import commands, model

AGAIN_MS = 5_000  # one and the same writer, told of again
THICK_MS = 5_000  # of a talk in which words follow one another faster
PORTION_MS = 10  # from one portion of them to the next, at least
PORTION = 16  # conversations in one: each is some 50 us of the engine's, during which nobody else has a turn
_NEXT_MS = 1  # to the next portion, where this one was full
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
        # From when on is to be told, who was told of before, and of whom, the last one last; the conversation that has
        # been waiting longest first.
        self._unsaid: dict[str, tuple[int, model.Writer | None, dict[model.Writer, int]]] = {}
        self._coming = False

    def wrote(self, conversation: str, writer: model.Writer, now: int) -> None:
        last, told_at, unsaid = self.last.get(conversation, _NOBODY)
        if last is writer and (unsaid or now - told_at < AGAIN_MS):
            return
        if self._later is None or not (unsaid or now - told_at < THICK_MS):
            self.last[conversation] = (writer, now, False)
            self._tell(commands.Wrote(conversation=model.ConversationId(conversation), writer=writer))
            return
        self.last[conversation] = (writer, told_at, True)
        if not unsaid:
            self._unsaid[conversation] = (now + THICK_MS, last, {})
        writers = self._unsaid[conversation][2]
        writers.pop(writer, None)
        writers[writer] = now
        if not self._coming:
            self._come_back(self._later, now, THICK_MS)

    def say(self, conversation: str) -> None:
        """Tell of this one at once, if it is still to be told."""
        _, told, writers = self._unsaid.pop(conversation, (0, None, {}))
        self._tell_of(conversation, told, writers)

    def forget(self, conversation: str) -> None:
        """It was closed, or changed hands: whoever writes next is news."""
        self.last.pop(conversation, None)
        self._unsaid.pop(conversation, None)

    def _come_back(self, later: Later, now: int, milliseconds: int) -> None:
        self._coming = True
        later(milliseconds / 1000, partial(self._say, now + milliseconds))

    def _say(self, now: int) -> None:
        self._coming = False
        assert self._later is not None
        for _ in range(PORTION):
            if not self._unsaid:
                return
            conversation, (due, told, writers) = next(iter(self._unsaid.items()))
            if now < due <= now + THICK_MS:  # further away is no time at all: the clock was set
                self._come_back(self._later, now, max(PORTION_MS, due - now))
                return
            del self._unsaid[conversation]
            self._tell_of(conversation, told, writers)
        if self._unsaid:
            self._come_back(self._later, now, _NEXT_MS)

    def _tell_of(self, conversation: str, told: model.Writer | None, writers: dict[model.Writer, int]) -> None:
        for writer, at in writers.items():
            self.last[conversation] = (writer, at, False)
        for writer in _news(told, list(writers)):
            written = commands.Wrote(
                conversation=model.ConversationId(conversation), writer=writer, written_at=writers[writer]
            )
            self._tell(written)


def _news(told: model.Writer | None, writers: list[model.Writer]) -> list[model.Writer]:
    """Of those who wrote since `told` was told of: whose words change what the router knows, the last one last.

    Between a visitor and an agent the last word says all, but for an answer between two questions: without it the
    second would be more of the first. With bots every word counts: the time to answer depends on it.
    """
    if model.Writer.BOT in (told, *writers):
        return writers
    if writers[-1:] == [model.Writer.VISITOR] and told is model.Writer.VISITOR:
        return writers
    return writers[-1:]
