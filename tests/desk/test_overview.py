"""The team's overview: at once after a quiet moment, then together, each as of the last commit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from router import model
from router.snapshot import AgentRecord
from server.desk import audience
from server.desk.directory import Agent, Department, Directory
from server.desk.job import Done, Job
from server.desk.overview import INTERVAL_S, Overview
from server.session.hub import Hub
from server.settings.demo import demo
from server.store.rows import LineRow
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.peer import ScriptedPeer

_DEMO = demo(origins=[])
TEAM = Directory(
    workspace_id=1,
    workspace=_DEMO.workspace,
    sites={},
    departments={each: Department(id=each, settings=_DEMO.departments[0]) for each in ("d", "e")},
    agents={each: Agent(id=each, settings=replace(_DEMO.agents[0], max_slots=3)) for each in ("a", "b")},
    department_ids={},
    agent_ids={},
    zone=ZoneInfo("UTC"),
    calendars={},
)


class Watched:
    def __init__(self) -> None:
        self.hub = Hub()
        self.peer = ScriptedPeer("agent", "s_1")
        self.hub.subscribe(self.peer, audience.AGENTS)
        self.asked: list[Job] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.overview = Overview(self.hub, lambda seconds, call: self.timers.append((seconds, call)), self.asked.append)

    def rest(self) -> None:
        [(seconds, call)] = self.timers
        assert seconds == INTERVAL_S
        self.timers.clear()
        call()

    def told(self) -> list[Any]:
        """What was told since the last look: versions, with ids and what they show."""
        frames, self.peer.frames = self.peer.frames, []
        return [
            (frame["v"], {each["id"]: each["free"] for each in frame["agents"]})
            if frame["on"] == "agents"
            else (frame["v"], frame["department"]["id"], frame["department"]["waiting"])
            for frame in map(json.loads, map(json.dumps, frames))
        ]


def colleague(id: str, free: int) -> AgentRecord:
    """Of three slots, so many are free."""
    me = model.AgentId(id)
    holds = tuple(
        model.Hold(
            agent=me, conversation=model.ConversationId(f"c_{n}"), kind=model.HoldKind.ACTIVE, cost=1, until=None
        )
        for n in range(3 - free)
    )
    return AgentRecord(
        id=me,
        status=model.Status.AVAILABLE,
        reason="",
        connected=True,
        deaf=False,
        present=True,
        grace_until=None,
        misses=0,
        rest_until=None,
        breathing_until=None,
        assigned_at=0,
        turns=(),
        holds=holds,
    )


def line(department: str, waiting: int) -> LineRow:
    return LineRow(department=department, waiting=waiting, oldest_at=None, first=())


def test_the_first_change_is_told_at_once_and_the_rest_together():
    it = Watched()
    it.overview.changed(1, TEAM, [colleague("a", 3)])
    assert it.told() == [(1, {"a": 3})]
    it.overview.changed(2, TEAM, [colleague("a", 2)], [line("d", 1)])
    it.overview.changed(3, TEAM, [colleague("b", 2)], [line("d", 2), line("e", 1)])
    assert it.told() == []
    it.rest()
    assert it.told() == [(3, {"a": 2, "b": 2}), (3, "d", 2), (3, "e", 1)]
    it.rest()
    assert it.told() == []
    it.overview.changed(4, TEAM, [colleague("a", 1)])
    assert it.told() == [(4, {"a": 1})]


def test_a_change_of_nothing_starts_no_rest():
    it = Watched()
    it.overview.changed(1, TEAM)
    assert it.timers == []
    it.overview.changed(2, TEAM, [colleague("a", 3)])
    assert it.told() == [(2, {"a": 3})]


def test_what_was_removed_is_not_told_of_any_more():
    it = Watched()
    it.overview.changed(1, TEAM, [colleague("a", 3)])
    it.overview.changed(2, TEAM, [colleague("a", 2), colleague("b", 2)], [line("d", 1)])
    it.overview.forget(["a"], ["d"])
    it.rest()
    assert it.told() == [(1, {"a": 3}), (2, {"b": 2})]


def test_lines_are_read_when_they_are_told_and_those_that_changed_before_with_them():
    it = Watched()
    assert it.overview.to_read() == frozenset()
    it.overview.changed(1, TEAM, [colleague("a", 3)], [line("d", 1)])
    assert it.told() == [(1, {"a": 3}), (1, "d", 1)]
    assert it.overview.to_read() is None
    it.overview.changed(2, TEAM, unread=["d"])
    it.overview.changed(3, TEAM, [colleague("a", 2)], unread=["e"])
    assert it.asked == []
    it.rest()
    assert it.told() == []
    assert len(it.asked) == 1
    assert it.overview.to_read() == frozenset({"d", "e"})
    it.overview.changed(4, TEAM, lines=[line("d", 2), line("e", 1)])
    assert it.told() == [(4, {"a": 2}), (4, "d", 2), (4, "e", 1)]
    assert it.overview.to_read() is None


def test_a_commit_planned_while_nothing_was_to_be_told_does_not_put_the_lines_off():
    it = Watched()
    it.overview.changed(1, TEAM, lines=[line("d", 1)])
    it.overview.changed(2, TEAM, unread=["d"])
    it.rest()
    it.overview.changed(3, TEAM, [colleague("a", 2)], unread=["d"])  # under way when the rest was over
    assert it.told() == [(1, "d", 1)]
    assert it.timers == []
    assert len(it.asked) == 1
    it.overview.changed(4, TEAM, lines=[line("d", 3)])
    assert it.told() == [(4, {"a": 2}), (4, "d", 3)]


def test_lines_that_change_just_after_the_rest_are_asked_for():
    it = Watched()
    it.overview.changed(1, TEAM, unread=["d"])
    assert len(it.asked) == 1


def test_asked_for_in_vain_they_are_asked_for_again_and_any_commit_may_read_them_meanwhile():
    it = Watched()
    it.overview.changed(1, TEAM, unread=["d"])
    [job] = it.asked
    job.then(Refused(ErrorCode.UNAVAILABLE, "Try again."))
    assert it.overview.to_read() == frozenset({"d"})
    it.overview.changed(2, TEAM, unread=["d"])  # planned before that
    assert len(it.asked) == 1
    it.rest()
    [_, again] = it.asked
    again.then(Done(v=3, at=0))
    it.overview.changed(3, TEAM, lines=[line("d", 1)])
    assert it.told() == [(3, "d", 1)]


def test_a_full_engine_is_asked_again_later():
    it = Watched()

    def full(_job: Job) -> None:
        raise Refused(ErrorCode.UNAVAILABLE, "Too much is waiting.")

    it.overview = Overview(it.hub, lambda seconds, call: it.timers.append((seconds, call)), full)
    for v in range(1, 4):
        it.overview.changed(v, TEAM, unread=["d"])
        assert len(it.timers) == 1
        it.rest()
    assert it.overview.to_read() == frozenset({"d"})


def test_what_was_asked_for_in_vain_while_others_were_told_starts_no_second_rest():
    it = Watched()
    it.overview.changed(1, TEAM, unread=["d"])
    it.overview.changed(2, TEAM, lines=[line("d", 1)])  # another commit was first
    [job] = it.asked
    job.then(Refused(ErrorCode.UNAVAILABLE, "Try again."))
    for _ in range(4):
        calls, it.timers[:] = tuple(it.timers), []
        for _, call in calls:
            call()
        it.overview.changed(3, TEAM, lines=[line("d", 2)])
    assert len(it.timers) == 1


def test_lines_that_cannot_be_read_are_not_asked_for_again_and_again():
    it = Watched()
    it.overview.changed(1, TEAM, unread=["d"])
    [job] = it.asked
    job.then(Refused(ErrorCode.INTERNAL, "This could not be done."))
    assert it.timers == []
    it.overview.changed(2, TEAM, [colleague("a", 3)])
    assert it.told() == [(2, {"a": 3})]


def test_who_was_removed_by_a_commit_that_nobody_heard_of_is_neither_told_nor_asked_for():
    it = Watched()
    fewer = dataclasses.replace(TEAM, agents={"b": TEAM.agents["b"]}, departments={"e": TEAM.departments["e"]})
    it.overview.changed(1, TEAM, [colleague("b", 3)])
    it.overview.changed(2, TEAM, [colleague("a", 2)], unread=["d"])
    it.overview.changed(4, fewer, [colleague("b", 2)])
    it.rest()
    assert it.asked == []
    assert it.told() == [(1, {"b": 3}), (4, {"b": 2})]


def test_for_nobody_no_line_is_read():
    it = Watched()
    it.hub.unsubscribe(it.peer, audience.AGENTS)
    assert it.overview.to_read() is None
    it.overview.changed(1, TEAM, unread=["d"])
    assert it.asked == []
    it.hub.subscribe(it.peer, audience.AGENTS)
    assert it.overview.to_read() == frozenset()


def test_of_a_removed_department_nothing_is_read():
    it = Watched()
    it.overview.changed(1, TEAM, [colleague("a", 3)])
    it.overview.changed(2, TEAM, unread=["d", "e"])
    it.overview.forget([], ["d"])
    it.rest()
    assert it.overview.to_read() == frozenset({"e"})
