"""Traffic is a matter of seed, number and property; a change of one leaves the others as they were."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from math import sqrt
from statistics import fmean, pstdev

import pytest

from router.lab.plan import Arrivals, Kind, Service
from router.lab.traffic import arrivals, moments, patiences, services, stream
from tests.router.lab.plans import MINUTE_MS, SUPPORT, plan

MANY = 40_000


def test_what_is_changed_changes_alone():
    one = plan(patience_ms=60_000.0)
    faster = replace(one, service=Service(mean_ms=1_000, distribution="deterministic"))
    before, after = list(arrivals(one)), list(arrivals(faster))
    assert [each[:2] + each[3:] for each in before] == [each[:2] + each[3:] for each in after]
    assert {each[2] for each in after} == {1_000}


def test_a_rate_twice_as_high_brings_the_same_people_twice_as_fast():
    one, two = (list(arrivals(plan(rate_per_min=rate))) for rate in (1.0, 2.0))
    assert all(abs(slow[0] - 2 * fast[0]) <= 2 for slow, fast in zip(one, two, strict=True))


def test_arrivals_are_poisson():
    """Gaps of mean and deviation 1 / rate, within four standard errors."""
    times = list(islice(moments(Arrivals(pieces=((0.0, 0.001),)), stream(1, "arrivals")), MANY))
    gaps = [b - a for a, b in zip([0, *times], times, strict=False)]
    assert fmean(gaps) == pytest.approx(1000, abs=4 * 1000 / sqrt(MANY))
    assert pstdev(gaps) == pytest.approx(1000, abs=4 * 1000 * sqrt(2 / MANY))


def test_a_profile_and_its_period():
    """Nobody in the first half of each minute, three times the rate in the second quarter of it."""
    pieces = ((0.0, 0.0), (30_000.0, 0.003), (45_000.0, 0.001))
    times = list(islice(moments(Arrivals(pieces=pieces, period_ms=60_000), stream(1, "a")), MANY))
    assert times == sorted(times)
    assert len(times) == MANY
    inside = [time % 60_000 for time in times]
    assert min(inside) >= 29_999
    many = sum(moment < 45_000 for moment in inside) / MANY
    assert many == pytest.approx(0.75, abs=4 * sqrt(0.75 * 0.25 / MANY))


def test_a_rate_that_stays_nothing_ends_it():
    assert list(moments(Arrivals(pieces=((0.0, 0.001), (1.0, 0.0))), stream(3, "a"))) == []


@pytest.mark.parametrize(
    ("service", "deviation"),
    [
        (Service(mean_ms=60_000), 60_000),
        (Service(mean_ms=60_000, distribution="lognormal", cv=0.5), 30_000),
        (Service(mean_ms=60_000, distribution="lognormal", cv=1.5), 90_000),
        (Service(mean_ms=60_000, distribution="deterministic"), 0),
    ],
)
def test_service_times_have_their_mean_and_deviation(service: Service, deviation: float):
    times = list(islice(services(service, stream(1, "service")), MANY))
    assert fmean(times) == pytest.approx(60_000, abs=4 * deviation / sqrt(MANY) + 1e-9)
    assert pstdev(times) == pytest.approx(deviation, rel=0.08, abs=1e-9)


def test_patience():
    assert next(patiences(None, stream(1, "p"))) == -1
    assert next(patiences(0.0, stream(1, "p"))) == 0
    times = list(islice(patiences(5_000.0, stream(1, "p")), MANY))
    assert fmean(times) == pytest.approx(5_000, abs=4 * 5_000 / sqrt(MANY))


def test_classes_come_by_their_shares():
    shares = (0.0, 3.0, 1.0)
    some = tuple(Kind(name=str(share), department=SUPPORT, share=share) for share in shares)
    many = replace(plan(conversations=MANY, rate_per_min=60 * MINUTE_MS), kinds=some)
    found = [each[1] for each in arrivals(many)]
    assert found.count(0) == 0
    assert found.count(1) / MANY == pytest.approx(0.75, abs=4 * sqrt(0.75 * 0.25 / MANY))
