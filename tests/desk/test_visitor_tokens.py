"""Visitors' tokens take turns: whoever has a copy is soon out, whoever keeps what they were given never is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from server.desk.visitor_tokens import GRACE_MS, MOST_ENDING, SIGNED, Turn, make, read, visitor_of_subject

SECRET = b"s" * 32
NOW = 1_767_225_600_000


@pytest.mark.parametrize("number", [0, 7, SIGNED])
def test_a_token_says_whose_and_which_it_is(number):
    token = make(SECRET, visitor="v_1", site="demo", now=NOW, number=number)
    found = read(SECRET, token, site="demo", now=NOW)
    assert found is not None
    assert (found.visitor, found.number) == ("v_1", number)
    assert (
        read(SECRET, token.replace(".7.", ".8.").replace(".0.", ".1.").replace(".-1.", ".2."), site="demo", now=NOW)
        is None
    )


NOTHING = ["", ".", "v2", "v2.....", "\ud800.x", "v2.v_1.demo.0.0.\u00e9", "v2.v_1.demo.0.x." + "A" * 43]


@pytest.mark.parametrize("token", NOTHING)
def test_what_is_no_token_is_nobodys(token):
    assert read(SECRET, token, site="demo", now=NOW) is None


def test_a_subject_is_one_visitor_of_one_site():
    one = visitor_of_subject(SECRET, site="demo", subject="u1")
    assert one == visitor_of_subject(SECRET, site="demo", subject="u1")
    others = [("demo", "u2"), ("demo2", "u1"), ("dem", "ou1"), ("demo\0u", "1")]
    assert len({one, *(visitor_of_subject(SECRET, site=site, subject=subject) for site, subject in others)}) == 5


def test_the_old_one_is_good_until_the_new_one_is_used_and_a_minute_more():
    turn = Turn()
    assert turn.presented(0, now=NOW) == turn  # again and again, as long as nobody has used the next
    used = turn.presented(turn.next, now=NOW)
    assert used is not None
    assert used.presented(0, now=NOW + GRACE_MS - 1) == used
    assert used.presented(0, now=NOW + GRACE_MS) is None
    assert used.presented(1, now=NOW + 10 * GRACE_MS) == used


class Turns(RuleBasedStateMachine):
    """One browser with tabs whose replies may be lost or late, and a thief with a copy of what the browser had."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.turn = Turn()
        self.stored = 0
        self.stolen: list[int] = [0]
        self.late: list[tuple[int, int]] = []
        # By number, when a higher one was used for the first time: the sentence of the protocol, said another way.
        self.higher_used: dict[int, int] = {}
        self.given = 0

    def come(self, number: int) -> int | None:
        """The number of the token that is given, or None."""
        until = self.higher_used.get(number)
        expected = until is None or self.now < until + GRACE_MS
        found = self.turn.presented(number, now=self.now)
        assert (found is not None) == expected
        if found is None:
            return None
        for lower in range(number):
            self.higher_used.setdefault(lower, self.now)
        self.turn = found
        self.given = max(self.given, found.next)
        return found.next

    def keep(self, sent: int, given: int) -> None:
        """What a tab stores: nothing where another one has stored something since."""
        if self.stored == sent:
            self.stored = given

    @rule(reply=st.sampled_from(["comes", "is lost", "is late"]))
    def a_tab_resumes(self, reply: str) -> None:
        sent = self.stored
        given = self.come(sent)
        assert given is not None, "the browser was locked out"
        if reply == "comes":
            self.keep(sent, given)
        elif reply == "is late":
            self.late.append((sent, given))

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def a_late_reply_comes(self, data: Any) -> None:
        self.keep(*self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    @rule()
    def the_token_is_copied(self) -> None:
        self.stolen.append(self.stored)

    @rule(data=st.data())
    def the_thief_comes(self, data: Any) -> None:
        """Without using what they are given: a thief who goes on with it is the browser's twin until it comes again."""
        self.come(data.draw(st.sampled_from(self.stolen)))

    @rule(seconds=st.sampled_from([0, 1, 30, 59, 60, 61, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule()
    def nothing_grows(self) -> None:
        assert all(number < self.turn.number for number, _ in self.turn.ending)
        assert self.given <= self.turn.next


TestTurns = Turns.TestCase
TestTurns.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_who_resumes_without_a_pause_makes_nothing_grow():
    turn = Turn()
    for number in range(1, 1001):
        after = turn.presented(number, now=0)
        assert after is not None
        turn = after
    assert len(turn.ending) == MOST_ENDING
    assert turn.presented(999, now=1) is turn
    assert turn.presented(1, now=1) is None
