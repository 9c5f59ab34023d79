"""The clock that has openings told: what it asks for, and when it looks again. That pages hear is in `test_starts`."""

from __future__ import annotations

import asyncio

import pytest

from server.desk.directory import Directory
from server.desk.hours_now import HoursClock, HoursNow
from server.desk.job import Done, Job
from server.wire.codes import ErrorCode, Refused
from tests.desk.support.office import at, office
from tests.support.clock import FakeClock

EIGHT = at("2026-11-23 08:00")
OFFICE = {"hours": ["mon-fri 08:00-18:00"]}


class ScriptedEngine:
    """Takes jobs, or has too many."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.jobs: list[Job] = []
        self.full = False

    def submit(self, job: Job) -> None:
        if self.full:
            raise Refused(ErrorCode.UNAVAILABLE, "Too much is waiting.")
        self.jobs.append(job)

    def end(self, how: Done | Refused) -> None:
        self.jobs.pop().then(how)


def done() -> Done:
    return Done(v=1, at=EIGHT)


def test_what_is_within_hours_is_remembered_until_it_changes_or_the_settings_do():
    where = office(support=OFFICE, sales=OFFICE)
    now = HoursNow()
    assert now.departments(where, EIGHT - 1) == {"d_night"}
    assert now.departments(where, EIGHT) == {"d_support", "d_sales", "d_night"}
    assert now.departments(where, EIGHT - 1) == {"d_night"}  # a clock that was put right
    assert now.departments(office(sales=OFFICE), EIGHT - 1) == {"d_support", "d_night"}


def test_each_opening_is_told_once():
    clock = FakeClock(EIGHT - 60_000)
    engine = ScriptedEngine(office(support=OFFICE))
    hours = HoursClock(engine, clock)
    hours.look()  # what is so at the beginning
    engine.end(done())
    hours.look()
    assert engine.jobs == []
    clock.advance(60)
    hours.look()
    assert len(engine.jobs) == 1
    engine.end(done())
    hours.look()
    assert engine.jobs == []


@pytest.mark.parametrize("when", ["submitted", "committed"])
def test_what_could_not_be_told_is_tried_again(when):
    engine = ScriptedEngine(office(support=OFFICE))
    hours = HoursClock(engine, FakeClock(EIGHT))
    engine.full = when == "submitted"
    hours.look()
    if when == "committed":
        engine.end(Refused(ErrorCode.UNAVAILABLE, "Nothing was changed."))
    engine.full = False
    hours.look()
    assert len(engine.jobs) == 1


def test_the_commit_it_asks_for_changes_nothing():
    engine = ScriptedEngine(office())
    HoursClock(engine, FakeClock(EIGHT)).look()
    step = engine.jobs[0].plan(EIGHT, None)
    assert (step.command, step.before, step.directory) == (None, None, None)
    assert step.after is not None


async def test_it_looks_again_just_after_the_next_opening_and_at_least_every_half_minute():
    clock = FakeClock(EIGHT - 40_000)
    engine = ScriptedEngine(office(support=OFFICE))
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        clock.advance(seconds)
        if len(waited) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await HoursClock(engine, clock).run(pause)
    assert waited == [30.0, pytest.approx(10.001), 30.0]
