"""The server with one thing taken out of it that it stands on: what the simulation must find.

Each is a context in which runs are played; it yields what is done to each process before it starts, if anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from server.desk import audience
from server.desk.opening import Gate
from server.session.connection import Connection
from server.session.outbox import Outbox
from server.store import entries, routing
from server.store.sqlite.members import unavailable
from tests.simulation.disk import SimulatedStore
from tests.simulation.process import Process

Spoil = Callable[[Process], None]
Broken = Callable[[], contextlib.AbstractContextManager[Spoil | None]]


@contextlib.contextmanager
def it_answers_before_the_commit() -> Iterator[Spoil]:
    """What was told within the last moments is not on the disk yet when the process dies."""

    def spoil(process: Process) -> None:
        store = process.inner
        commit, kill, disk = store._commit, store.kill, store.disk
        before: list[bytes] = []

        def committing() -> None:
            before[:] = [disk.connection.serialize("main")]
            commit()

        def dying() -> None:
            kill()
            if before:
                disk.connection.deserialize("main", before[0])

        store._commit = committing  # type: ignore[method-assign]
        store.kill = dying  # type: ignore[method-assign]

    yield spoil


@contextlib.contextmanager
def it_forgets_to_break_the_lane() -> Iterator[None]:
    """A later write of the same connection is made although an earlier one failed."""

    def fail(store: SimulatedStore, jobs: list[Any]) -> list[Any]:
        store.members.forget()
        return [unavailable(RuntimeError("simulated")) for _ in jobs]

    with mock.patch.object(SimulatedStore, "_fail", fail):
        yield None


@contextlib.contextmanager
def it_stores_a_resend_again() -> Iterator[Spoil]:
    """The names of messages are not looked at, and not unique."""
    with mock.patch.object(entries, "earlier", return_value=None):

        def spoil(process: Process) -> None:
            process.inner.disk.connection.execute("DROP INDEX IF EXISTS entry_once")

        yield spoil


@contextlib.contextmanager
def it_does_not_look_at_the_epoch() -> Iterator[None]:
    """A position in a history that is no more is taken for one in today's."""
    with mock.patch("server.desk.history._is_foreign", return_value=False):
        yield None


@contextlib.contextmanager
def it_restores_under_the_same_epoch() -> Iterator[None]:
    with mock.patch("server.store.installation.renew", return_value=""):
        yield None


@contextlib.contextmanager
def it_lets_events_fall_beside_the_snapshot() -> Iterator[None]:
    """What is told while a snapshot is being read is told to nobody."""
    with mock.patch.object(Gate, "send", return_value=None):
        yield None


@contextlib.contextmanager
def it_resumes_one_too_late() -> Iterator[None]:
    after = entries.after

    def too_late(tx: Any, conversation: str, n: int, seq: int, **more: Any) -> Any:
        return after(tx, conversation, n, seq + 1 if seq else 0, **more)

    with mock.patch.object(entries, "after", too_late):
        yield None


@contextlib.contextmanager
def it_tells_all_agents_everything() -> Iterator[None]:
    with mock.patch.object(audience, "of_agent", return_value="agents of all kinds"):
        yield None


@contextlib.contextmanager
def it_keeps_holds_that_are_over() -> Iterator[None]:
    """In the database; the router knows better."""
    replace = routing.replace_holds

    def keeping(tx: Any, workspace: int, _agents: Any, holds: Any) -> None:
        held = [hold for hold in holds if not routing.holds(tx, hold.agent, hold.conversation)]
        replace(tx, workspace, [], [hold for hold in held if hold.kind != "offer"])

    with mock.patch.object(routing, "replace_holds", keeping):
        yield None


@contextlib.contextmanager
def it_forgets_who_has_gone() -> Iterator[None]:
    async def leave(_connection: Connection) -> None:
        """Nobody is told."""

    with mock.patch.object(Connection, "_leave", leave):
        yield None


@contextlib.contextmanager
def it_drops_what_a_slow_reader_has_no_room_for() -> Iterator[None]:
    put = Outbox.put

    def dropping(outbox: Outbox, frame: bytes) -> bool:
        return True if len(outbox) >= 3 else put(outbox, frame)

    with mock.patch.object(Outbox, "put", dropping):
        yield None


@contextlib.contextmanager
def it_tells_what_was_not_committed() -> Iterator[None]:
    """A batch that the database failed is told as if it had been kept."""

    def fail(store: SimulatedStore, jobs: list[Any]) -> list[Any]:
        outcomes = store._perform(jobs)
        store.disk.connection.execute("DELETE FROM entry WHERE at = (SELECT MAX(at) FROM entry)")
        store.members.forget()
        return outcomes

    with mock.patch.object(SimulatedStore, "_fail", fail):
        yield None


ALL: list[Broken] = [
    it_answers_before_the_commit,
    it_forgets_to_break_the_lane,
    it_stores_a_resend_again,
    it_does_not_look_at_the_epoch,
    it_restores_under_the_same_epoch,
    it_lets_events_fall_beside_the_snapshot,
    it_resumes_one_too_late,
    it_tells_all_agents_everything,
    it_keeps_holds_that_are_over,
    it_forgets_who_has_gone,
    it_drops_what_a_slow_reader_has_no_room_for,
    it_tells_what_was_not_committed,
]
