"""What is handed to the engine: a routing command with the writes and the answer that belong to the same commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from router.commands import Command
from router.events import Event
from server.desk.directory import Directory
from server.store.base import Tx
from server.store.requests import RequestRow
from server.wire.codes import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestName:
    """A request that named itself: resent, it gets its first outcome. ``keep``: for ever, else for 24 hours."""

    sender: str
    client_id: str
    verb: str
    digest: bytes
    keep: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.sender, self.client_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Committed as ``v`` at ``at``; ``value`` is what the job collected in its transaction."""

    v: int
    at: int
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a job comes to once it is its turn. ``also`` is asked of the router right after ``command``.

    ``before`` runs in the transaction ahead of the router's effects (creating rows), ``after`` behind them; the value
    of ``after(tx, v)`` goes to the answer. ``heard`` is told what the router said to ``command``, and returns the step
    as it goes on. ``subject`` is stored as the outcome of a named request: on a resend `Job.recall` is asked with it
    instead of doing anything. ``directory`` is the one that this step's change of settings leaves. ``visitor``: whose
    name or address it may change, which others have before them.
    """

    command: Command | None
    also: Command | None = None
    before: Callable[[Tx], None] | None = None
    after: Callable[[Tx, int], Any] | None = None
    subject: str = ""
    visitor: str = ""
    directory: Directory | None = None
    heard: Callable[[tuple[Event, ...]], Step] | None = None


@dataclass(slots=True, kw_only=True)
class Job:
    """One request of the engine.

    ``look`` reads what ``plan(now, seen)`` needs to know and the router does not; ``plan`` is called when it is its
    turn and may raise `Refused`; ``then`` is called exactly once with the end; ``told``, if it was committed, when
    every job of the batch has had its reply and before the commit's own events are told.
    """

    plan: Callable[[int, Any], Step]
    then: Callable[[Done | Refused], None]
    told: Callable[[Done], None] | None = None
    name: RequestName | None = None
    look: Callable[[Tx], Any] | None = None
    recall: Callable[[Tx, str], Any] | None = None
    # Filled in by the engine on the way.
    step: Step | None = None
    refused: Refused | None = None
    earlier: RequestRow | None = None
    twin: Job | None = None  # the same request, ahead of this one in the same batch
    seen: Any = None
    tries: int = 0
    value: Any = None


def ignore(_end: Done | Refused) -> None:
    """For jobs that nobody waits for."""


def telling(command: Command, then: Callable[[Done | Refused], None] = ignore) -> Job:
    """A job that is only a command, with no client waiting for its end."""
    return Job(plan=lambda _now, _seen: Step(command=command), then=then)


def changing_nothing(then: Callable[[Done | Refused], None] = ignore) -> Job:
    """A commit of nothing but the workspace's next version, under which something is told that is no event."""
    return Job(plan=lambda _now, _seen: Step(command=None, after=lambda _tx, _v: None), then=then)
