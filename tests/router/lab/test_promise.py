"""Promises are judged without flattering them."""

from __future__ import annotations

import pytest

from router.lab.promise import kept


def test_without_leavers_it_is_the_plain_share():
    assert kept([(10, 20, True), (20, 20, True), (21, 20, True), (90, 20, True)]) == pytest.approx(0.5)
    assert kept([]) is None


def test_who_left_before_the_promise_was_broken_says_nothing_of_it():
    """By hand (Kaplan-Meier): 1 of 4 served by then, one leaves, then 1 of 2: 1 - 3/4 * 1/2."""
    assert kept([(5, 20, True), (10, 20, False), (15, 20, True), (40, 20, True)]) == pytest.approx(0.625)


def test_who_left_after_it_was_broken_shows_that_it_was():
    assert kept([(10, 20, True), (40, 20, False)]) == pytest.approx(0.5)


def test_at_the_same_time_service_comes_before_leaving():
    assert kept([(10, 20, False), (10, 20, True)]) == pytest.approx(0.5)
