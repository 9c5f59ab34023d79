"""What is recorded, and that the same traffic under the same settings has the same waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.lab.plan import Arrivals, Kind, Plan, Reaction, Visit
from router.lab.run import run
from router.lab.tally import LEFT
from router.lab.trace import Recorded, Recorder
from router.model import Method
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
