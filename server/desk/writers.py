"""Who wrote last, as far as the router wants to know: not how often, and roughly when.

Whoever writes after a pause is told of at once: a visitor's message may bring a conversation back to the line. In the
thick of a talk it is told every two seconds who wrote, in the order of their last words, and when: between people who
are both there, little hangs on two seconds. Nor need it hear of a question that was answered meanwhile. Each
conversation has its own two seconds, so that thousands of them come to the router in small portions and not in one go,
which would hold up everybody else. Before a conversation is given away it is told at once (`say`): behind it in the
engine's line is what is done then, and never does a later word overtake an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable

from router import commands, model

AGAIN_MS = 5_000  # one and the same writer, told of again
THICK_MS = 2_000  # of a talk in which words follow one another faster
PORTION_MS = 10  # from one portion of them to the next, at least
PORTION = 16  # conversations in one: each is some 50 us of the engine's, during which nobody else has a turn
_NEXT_MS = 1  # to the next portion, where this one was full
_NOBODY = (None, 0, False)

# Calls back after so many seconds.
Later = Callable[[float, Callable[[], None]], object]


class Writers:
    """Tells the router who writes. Without `later`, every change of writer at once."""

    def __init__(
        self, tell: Callable[[commands.Command], None], *, now: Callable[[], int], later: Later | None = None
    ) -> None:
        self._tell = tell
        self._now = now
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
            self._come_back(THICK_MS)

    def say(self, conversation: str) -> None:
        """Tell of this one at once, if it is still to be told."""
        for command in self._take(conversation):
            self._tell(command)

    def forget(self, conversation: str) -> None:
        """It was closed, or changed hands: whoever writes next is news.

        What was written while that was being committed is not told yet. A question is: it waits for whoever has the
        conversation now. An answer is not: it was another's.
        """
        left = self._take(conversation)
        self.last.pop(conversation, None)
        if left and left[-1].writer is model.Writer.VISITOR:
            self._tell(left[-1])

    def _take(self, conversation: str) -> list[commands.Wrote]:
        """What is still to be told of this one, and is told now."""
        _, told, writers = self._unsaid.pop(conversation, (0, None, {}))
        for writer, at in writers.items():
            self.last[conversation] = (writer, at, False)
        name = model.ConversationId(conversation)
        return [
            commands.Wrote(conversation=name, writer=writer, written_at=writers[writer])
            for writer in _news(told, list(writers))
        ]

    def _come_back(self, milliseconds: int) -> None:
        assert self._later is not None
        self._coming = True
        self._later(milliseconds / 1000, self._say)

    def _say(self) -> None:
        """By the clock: a call comes late, and what is added up of that would be minutes after a day."""
        self._coming = False
        now = self._now()
        due: list[str] = []
        for conversation, (at, _, _) in self._unsaid.items():
            early = now < at <= now + THICK_MS  # further away is no time at all: the clock was set
            if early or len(due) == PORTION:
                self._come_back(max(PORTION_MS, at - now) if early else _NEXT_MS)
                break
            due.append(conversation)
        for conversation in due:
            self.say(conversation)


def _news(told: model.Writer | None, writers: list[model.Writer]) -> list[model.Writer]:
    """Of those who wrote since `told` was told of: whose words change what the router knows, the last one last.

    Between a visitor and their agent the last word says all, but for an answer between two questions: without it the
    second would be more of the first. With bots every word counts: the time to answer depends on it.
    """
    if model.Writer.BOT in (told, *writers):
        return writers
    if writers[-1:] == [model.Writer.VISITOR] and told is model.Writer.VISITOR:
        return writers
    return writers[-1:]
