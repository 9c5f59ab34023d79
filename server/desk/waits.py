"""The estimate beside the router: what those in line can expect, what they were told of it, and what was promised.

The estimator follows the router's events and is thrown away and made anew with it; what it has learned is kept in the
database with a commit at most once a minute, so that memory and database never disagree by more.

What a visitor is told changes as rarely as honesty allows (`router.estimate.retold`), which needs a memory of what they
were told and since when, by conversation and stay in line. The first range of a stay is promised (`PromiseWait`): for
whoever starts a conversation in the very commit of the start, for others with the sweep that tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from router import commands, events, model
from router.estimate import Estimator, Learned, Wait, retold
from router.router import Router
from router.snapshot import ConversationRecord
from server.desk import views
from server.wire import parts

log = structlog.get_logger(__name__)

KEEP_MS = 60_000
# Up to so many who wait already, and so many agents, whoever comes is told at once what they can expect: that costs a
# look at each of them (1 ms for a hundred). Beyond it the next sweep tells it, where one look is for everybody.
ENTRY_MOST = 100
ENTRY_MOST_AGENTS = 200
_IN_LINE = (model.ConversationState.WAITING, model.ConversationState.OFFERED)
# Whatever was told of waiting belonged to the stay in line that ends with these.
_ENDS_STAY = (
    events.ConversationAssigned,
    events.ConversationReturned,
    events.ConversationMoved,
    events.ConversationClosed,
)


class Estimates(Protocol):
    """What is used of `router.estimate.Estimator`."""

    def follow(self, events: Iterable[events.Event], /) -> None: ...

    def prepare(self, most: int, /) -> bool: ...

    def waits(self, now: int, /) -> Mapping[model.ConversationId, Wait]: ...

    def wait_on_entry(self, command: commands.StartConversation, now: int, /) -> Wait | None: ...

    def learned(self) -> Learned: ...


MakeEstimates = Callable[[Router, Learned | None], Estimates]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a visitor is shown, since when. ``promised``: the router knows."""

    wait: Wait
    at: int
    promised: bool


def _estimates(router: Router, learned: Learned | None) -> Estimates:
    return Estimator(router, learned=learned)


class Waits:
    """Only the engine's task and the sweep of `server.desk.queues` use it, on the loop's thread."""

    def __init__(self, make: MakeEstimates = _estimates) -> None:
        self._make = make
        self._estimates: Estimates | None = None
        self._router: Router | None = None
        self._told: dict[str, _Told] = {}
        self._silent: frozenset[str] = frozenset()  # told before, but by now there is no number
        self._kept_at = 0

    # Beside the router.

    def rebuilt(
        self, router: Router, learned: str | None, conversations: Iterable[ConversationRecord], *, now: int
    ) -> None:
        """The router was made anew, with these conversations; what visitors were told, they were told, but what was
        promised is what the database says.
        """
        with self._unless_it_fails():
            self._estimates = self._make(router, _decoded(learned))
        self._router = router
        self._kept_at = now
        promised = {record.id: record.promise for record in conversations if record.state in _IN_LINE}
        for conversation, told in self._told.items():
            known = promised.get(model.ConversationId(conversation)) is not None
            self._told[conversation] = _Told(wait=told.wait, at=told.at, promised=known)
        for conversation, said in promised.items():
            if said is not None and conversation not in self._told:
                wait = Wait(p50_ms=said.p50_ms, p80_ms=said.p80_ms, low_ms=said.low_ms, high_ms=said.high_ms)
                self._told[conversation] = _Told(wait=wait, at=said.at, promised=True)

    def follow(self, happened: tuple[events.Event, ...]) -> None:
        """Keep in step with the router."""
        with self._unless_it_fails():
            if self._estimates is not None:
                self._estimates.follow(happened)
        for event in happened:
            match event:
                case events.WaitPromised() if event.conversation in self._told:
                    told = self._told[event.conversation]
                    self._told[event.conversation] = _Told(wait=told.wait, at=told.at, promised=True)
                case _ if isinstance(event, _ENDS_STAY):
                    self._told.pop(event.conversation, None)
                case _:
                    pass

    def on_entry(self, command: commands.Command, now: int) -> Wait | None:
        """What whoever starts a conversation can expect; asked before the router starts it."""
        if not isinstance(command, commands.StartConversation) or command.left or self._is_long:
            return None
        with self._unless_it_fails():
            if self._estimates is not None:
                return self._estimates.wait_on_entry(command, now)
        return None

    @property
    def _is_long(self) -> bool:
        agents = 0 if self._router is None else len(self._router.settings.agents)
        return len(self._told) >= ENTRY_MOST or agents > ENTRY_MOST_AGENTS

    def entered(self, conversation: model.ConversationId, wait: Wait, now: int) -> commands.PromiseWait:
        """It stands in line, and the reply to its start says so: the promise to be handled in the same commit."""
        self._told[conversation] = _Told(wait=wait, at=now, promised=False)
        return _promise(conversation, wait)

    def to_keep(self, now: int) -> str | None:
        """What was learned (JSON), if it is time to write it with this commit."""
        if now - self._kept_at < KEEP_MS:
            return None
        self._kept_at = now
        with self._unless_it_fails():
            if self._estimates is not None:
                return views.encode(self._estimates.learned())
        return None

    # What visitors are told.

    def shown(self, conversation: str) -> parts.Wait | None:
        """The range that the visitor was told last in this stay in line, while there is one."""
        told = self._told.get(conversation)
        return None if told is None or conversation in self._silent else _range(told.wait)

    def prepare(self, most: int) -> bool:
        """Do a part of what `look` would do, for at most so many agents; True when there is more of it."""
        with self._unless_it_fails():
            return self._estimates is not None and self._estimates.prepare(most)
        return False

    def look(self, now: int, left: Callable[[str], bool]) -> Iterator[commands.PromiseWait]:
        """Work out anew what everyone in line is shown from now on; yields what is promised for the first time.

        ``left``: conversations whose visitor does not wait. Who cannot be told a number any more (nobody serves) is
        shown none, and what they were told before is remembered as said.
        """
        estimated: Mapping[model.ConversationId, Wait] = {}
        with self._unless_it_fails():
            if self._estimates is not None:
                estimated = self._estimates.waits(now)
        self._silent = frozenset(each for each in self._told if each not in estimated)
        for conversation, wait in estimated.items():
            if left(conversation):
                continue
            before = self._told.get(conversation)
            if before is None:
                self._told[conversation] = _Told(wait=wait, at=now, promised=False)
                yield _promise(conversation, wait)
                continue
            shown = retold(before.wait, before.at, wait, now)
            same = (shown.low_ms, shown.high_ms) == (before.wait.low_ms, before.wait.high_ms)
            self._told[conversation] = _Told(wait=shown, at=before.at if same else now, promised=before.promised)
            if not before.promised:
                yield _promise(conversation, shown)

    @contextmanager
    def _unless_it_fails(self) -> Iterator[None]:
        """An estimate with a bug costs nobody their conversation: no numbers are told until the router is rebuilt."""
        try:
            yield
        except Exception:
            log.exception("the estimate failed; nobody is told how long it takes")
            self._estimates = None

    def forget_all_but(self, conversations: Callable[[str], bool]) -> None:
        """What was told of conversations that never came to be, as their commit failed, is not kept for ever."""
        for conversation in [each for each in self._told if not conversations(each)]:
            del self._told[conversation]


def _promise(conversation: model.ConversationId, wait: Wait) -> commands.PromiseWait:
    return commands.PromiseWait(
        conversation=conversation,
        low_ms=wait.low_ms,
        high_ms=wait.high_ms,
        p50_ms=wait.p50_ms,
        p80_ms=wait.p80_ms,
    )


def _range(wait: Wait) -> parts.Wait:
    return parts.Wait(low_s=wait.low_ms // 1000, high_s=-(-wait.high_ms // 1000))


_learned = msgspec.json.Decoder(Learned)


def _decoded(learned: str | None) -> Learned | None:
    """What an older or newer Frontdesk learned in another form is learned again."""
    if learned is None:
        return None
    try:
        return _learned.decode(learned)
    except msgspec.DecodeError:
        log.warning("what the estimate had learned cannot be read; it begins anew")
        return None
