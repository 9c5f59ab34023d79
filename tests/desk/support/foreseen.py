"""An estimate that says what it was told to, in place of the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from router import commands, events, model
from router.estimate import Learned, Wait
from router.estimate.wait import wait
from router.router import Router
from server.desk.waits import Estimates


class Foreseen:
    """Makes the estimates of `server.desk.waits.Waits`: one for each router, all saying the same.

    `minutes`: the p50 and p80 of everyone in line who is served; None: no number.
    """

    def __init__(self) -> None:
        self.minutes: tuple[float, float] | None = (2, 4)
        self.made: list[Learned | None] = []
        self.followed = 0
        self.asked = 0
        self.on_ask: Callable[[], object] = lambda: None

    def __call__(self, router: Router, learned: Learned | None) -> Estimates:
        self.made.append(learned)
        return _Estimates(self, router)

    def wait(self) -> Wait | None:
        return None if self.minutes is None else wait(*(each * 60_000 for each in self.minutes))


class _Estimates:
    def __init__(self, says: Foreseen, router: Router) -> None:
        self._says = says
        self._router = router
        self._line: set[model.ConversationId] = {each.id for each in router.snapshot().conversations}

    def follow(self, happened: Iterable[events.Event], /) -> None:
        for event in happened:
            self._says.followed += 1
            if isinstance(event, events.ConversationStarted):
                self._line.add(event.conversation)

    def prepare(self, most: int, /) -> bool:  # noqa: ARG002
        return False

    def waits(self, now: int, /) -> dict[model.ConversationId, Wait]:  # noqa: ARG002
        self._says.asked += 1
        self._says.on_ask()
        said = self._says.wait()
        places = {each: self._router.queue(each) for each in sorted(self._line)}
        return {} if said is None else {each: said for each, place in places.items() if place and place.serving}

    def wait_on_entry(self, command: commands.StartConversation, now: int, /) -> Wait | None:  # noqa: ARG002
        return self._says.wait() if self._router.serving(command.department) else None

    def learned(self) -> Learned:
        return Learned(at=self._says.followed)


_: type[Estimates] = _Estimates
