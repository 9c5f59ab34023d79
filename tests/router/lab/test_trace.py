"""What is recorded, and that the same traffic under the same settings has the same waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router import events as e
from router.lab.plan import Arrivals, Kind, Plan, Reaction, Visit
from router.lab.run import run
from router.lab.tally import LEFT
from router.lab.trace import Recorded, Recorder
from router.model import Method
from tests.router.building import agent, bot, bot_desk, department
from tests.router.lab.plans import MINUTE_MS, SUPPORT, Seen, plan, seen_run, waits_of

URGENT = Kind(name="urgent", department=SUPPORT, share=0.3, head_start_ms=5 * MINUTE_MS)
PLAIN = Kind(name="plain", department=SUPPORT, share=0.7)


def recorded(seen: Seen) -> list[Recorded]:
    recorder = Recorder()
    for event in seen.events:
        recorder.happened(event)
    return list(recorder.over())


def replayed(what: Plan, rows: list[Recorded]) -> Plan:
    visits = tuple(
        Visit(
            at_ms=row.at,
            kind=0 if row.head_start_ms else 1,
            service_ms=row.service_ms,
            patience_ms=row.waited_ms if row.left else None,
            waited_ms=row.waited_ms,
            accept_ms=row.accept_ms,
            wrap_up_ms=row.wrap_up_ms or None,
        )
        for row in sorted(rows, key=lambda row: row.at)
    )
    return replace(
        what,
        kinds=(URGENT, PLAIN),
        arrivals=Arrivals(visits=visits),
        conversations=len(visits),
        patience_ms=None,
        seed=99,
    )


@pytest.mark.parametrize("reaction", [Reaction(), Reaction(mean_ms=4_000)])
@pytest.mark.parametrize("method", [Method.AVERAGE_UTILIZATION, Method.ROUND_ROBIN])
def test_a_replay_under_the_same_settings_has_the_recorded_waits(method: Method, reaction: Reaction):
    first = plan(method=method, conversations=300, rate_per_min=1.3, wrap_up_ms=10_000, ring_ms=600_000)
    first = replace(first, kinds=(URGENT, PLAIN), patience_ms=10.0 * MINUTE_MS, reaction=reaction)
    tally, seen = seen_run(first)
    rows = recorded(seen)
    assert {row.left for row in rows} == {True, False}
    over = {row.conversation for row in rows}
    kept = [f"c_{number}" in over for number in range(300)]
    assert kept.count(False) < 10, "only those still talking at the end are missing"
    again = run(replayed(first, rows))
    expected = [wait for wait, there in zip(waits_of(tally), kept, strict=True) if there]
    last = kept.index(False) if False in kept else 300
    assert waits_of(again)[:last] == expected[:last]
    assert list(again.ends)[:last] == list(tally.ends)[:last]
    assert LEFT in list(again.ends)[:last]


def test_other_settings_are_met_by_the_same_people():
    first = replace(plan(conversations=300, rate_per_min=1.3), kinds=(URGENT, PLAIN))
    _, seen = seen_run(first)
    more_slots = replayed(plan(slots=3), recorded(seen))
    assert sum(waits_of(run(more_slots))) < sum(waits_of(run(replayed(first, recorded(seen)))))


def test_nothing_is_recorded_before_it_is_over():
    _, seen = seen_run(plan(conversations=3))
    recorder = Recorder()
    recorder.happened(seen.events[0])
    for event in seen.events:
        if type(event).__name__ == "ConversationStarted":
            recorder.happened(event)
    assert list(recorder.over()) == []


def test_with_a_bot_there_is_no_traffic_until_it_is_handed_over():
    """Handed over after a minute, given back after another, picked from the bot in the end; and one that never came."""
    desk = bot_desk(department(wrap_up_ms=5_000), agent("ada"), bot(reply_ms=0))
    recorder = Recorder()

    def told(happened: tuple[e.Event, ...]) -> None:
        for event in happened:
            recorder.happened(event)

    told(desk.asks_bot("c_0"))
    told(desk.asks_bot("c_1", head_start=10_000))
    began = desk.now
    told(desk.wait(MINUTE_MS))
    told(desk.bot_closes("c_0"))
    told(desk.hands_over("c_1"))
    told(desk.wait(2_000))
    told(desk.accept("ada", "c_1"))
    told(desk.wait(MINUTE_MS))
    told(desk.gives("ada", "c_1"))
    told(desk.wait(MINUTE_MS))
    told(desk.pick("ada", "c_1"))
    told(desk.wait(3_000))
    told(desk.close("c_1", by="ada"))
    told(desk.wait(5_000))
    first, second = recorder.over()
    handed_over_at = began + MINUTE_MS
    assert (first.at, first.head_start_ms, first.waited_ms, first.left) == (
        handed_over_at,
        10_000 + MINUTE_MS,
        2_000,
        False,
    )
    assert (first.accept_ms, first.service_ms, first.wrap_up_ms) == (2_000, MINUTE_MS, 0)
    assert (second.at - handed_over_at, second.waited_ms) == (2_000 + 2 * MINUTE_MS, 0)
    assert (second.service_ms, second.wrap_up_ms) == (3_000, 5_000)


def test_in_a_strict_line_time_with_a_bot_is_no_rank():
    desk = bot_desk(department(order="strict"), agent("ada"), bot(reply_ms=0))
    recorder = Recorder()
    happened = (*desk.asks_bot("c_1", head_start=7), *desk.wait(MINUTE_MS), *desk.hands_over("c_1"), *desk.close("c_1"))
    for event in happened:
        recorder.happened(event)
    (row,) = recorder.over()
    assert (row.head_start_ms, row.left) == (7, True)
