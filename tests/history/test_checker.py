"""The judge itself: what is nearly bad passes, what is bad is caught under its number, by the shortest prefix."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.history import record
from tests.history.building import Run, good
from tests.history.changes import ALLOWED, BAD, one_that_nobody_sent, place
from tests.history.checker import check
from tests.history.report import report
from tests.history.violation import Invariant, Violation, numbers


def found(run: Run, *, complete: bool = True) -> list[Violation]:
    return check(run.records, run.database(), complete=complete)


def test_a_good_run_has_no_faults():
    assert found(good()) == []


def test_a_good_run_has_no_faults_without_its_database():
    assert check(good().records) == []


def test_an_empty_run_has_no_faults():
    assert found(Run()) == []


@pytest.mark.parametrize("happens", ALLOWED, ids=lambda step: step.__name__)
def test_what_is_nearly_bad_is_allowed(happens: Callable[[Run], None]):
    run = good()
    happens(run)
    assert found(run) == []


@pytest.mark.parametrize(("happens", "expected"), BAD, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_bad_is_caught_under_its_number(happens: Callable[[Run], None], expected: set[Invariant]):
    run = good()
    happens(run)
    assert numbers(found(run)) == expected


def test_every_invariant_is_proved():
    assert set(Invariant) == set().union(*(expected for _, expected in BAD))


@pytest.mark.parametrize("happens", [bad for bad, _ in BAD], ids=lambda bad: bad.__name__)
def test_the_prefix_is_the_shortest(happens: Callable[[Run], None]):
    """What the accounts alone show is shown by the prefix, and by nothing shorter."""
    run = good()
    happens(run)
    for violation in check(run.records):
        up_to = {(each.invariant, each.says) for each in check(run.records[: violation.at])}
        assert (violation.invariant, violation.says) in up_to
        before = {(each.invariant, each.says) for each in check(run.records[: violation.at - 1])}
        assert (violation.invariant, violation.says) not in before


def test_what_the_database_contradicts_is_found_where_it_was_said():
    run = good()
    run.talks["c_2"].entry.pop()
    acked = place(run, record.Acked, client_id="b1") + 1
    heard = place(run, record.Heard, by="vito", client_id="b1") + 1
    first = found(run)[0]
    assert first.at == min(acked, heard)


def test_who_wrote_may_be_unknown():
    run = good()
    one_that_nobody_sent(run)
    assert found(run, complete=False) == []


def test_a_text_may_be_stored_otherwise_than_sent():
    run = good()
    run.say("ben", "c_2", "b9", "4111 1111 1111 1111")
    run.yes("ben", "c_2", "b9", run.stores("ben", "c_2", "b9", "**** 1111"))
    assert numbers(found(run)) == {Invariant.I3}

    def masked(text: str) -> str:
        return text.replace("4111 1111 1111", "****")

    assert check(run.records, run.database(), as_stored=masked) == []


def test_the_report_is_of_what_concerns_it():
    run = good()
    run.talks["c_2"].entry.pop()
    said = report(run.records, found(run))
    assert "2 found; the shortest prefixes first." in said
    assert "ben says b1 'text of b1' (message.send c_2)" in said
    assert "-- the server: killed" in said
    assert "m1" not in said


def test_the_report_of_a_good_run():
    assert report([], []) == "Nothing is wrong."


@pytest.mark.parametrize("withheld", [True, False])
def test_whoever_passed_it_on_before_a_gap_was_filled_does_not_get_it_filled(withheld: bool):
    def heard(seq: int) -> record.Heard:
        return record.Heard(
            by="ada",
            line=1,
            conversation="c_1",
            seq=seq,
            kind="message",
            role="visitor",
            sender="v_1",
            text="Hello",
            at="2026-01-01T00:00:00.000Z",
            client_id=f"m{seq}",
            way="live",
            log="entry",
        )

    refused: list[record.Record] = [record.Withheld(by="ada", line=1, conversation="c_1")]
    history = [
        record.Connected(by="ada", line=1),
        record.Identified(by="ada", line=1, person="a_1", role="agent", epoch="e1", v=1),
        heard(6),
        heard(8),
        *(refused if withheld else []),
        record.Quiet(),
    ]
    assert numbers(check(history)) == (set() if withheld else {Invariant.I5})
