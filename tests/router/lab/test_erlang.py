"""The closed forms against published and independently computed values."""

from __future__ import annotations

from math import inf

import pytest

from router.lab.erlang import ErlangA, ErlangC, erlang_b, hunting_loads


@pytest.mark.parametrize(
    ("servers", "load", "p_wait", "mean", "beyond"),
    [
        (1, 0.8, 0.80000, 4.00000, 0.76863),
        (2, 1.0, 0.33333, 0.33333, 0.27291),
        (3, 2.0, 0.44444, 0.44444, 0.36388),
        (5, 4.0, 0.55411, 0.55411, 0.45367),
        (10, 9.0, 0.66873, 0.66873, 0.54751),
        (50, 47.5, 0.62909, 0.25164, 0.38157),
        (100, 98.0, 0.77510, 0.38755, 0.51957),
    ],
)
def test_erlang_c(servers: int, load: float, p_wait: float, mean: float, beyond: float):
    line = ErlangC(servers=servers, arrivals=load, service=1.0)
    assert (line.p_wait, line.mean, line.beyond(0.2)) == pytest.approx((p_wait, mean, beyond), abs=1e-5)
    assert line.beyond(line.quantile(0.95)) == pytest.approx(0.05)


def test_ten_agents_with_three_slots():
    line = ErlangC(servers=30, arrivals=2.7 / 60, service=1 / 600)
    assert line.p_wait == pytest.approx(0.4714, abs=5e-5)
    assert (line.mean, line.mean_waiting, line.quantile(0.95)) == pytest.approx((94.3, 200.0, 448.7), abs=0.05)
    assert line.quantile(0.5) == 0


def test_more_load_than_servers_has_no_end():
    line = ErlangC(servers=2, arrivals=2.0, service=1.0)
    assert not line.stable
    assert (line.p_wait, line.mean, line.quantile(0.5)) == (1.0, inf, inf)


@pytest.mark.parametrize(
    ("servers", "arrivals", "waits", "fifo"),
    [
        (10, (4.5, 4.5), (0.12159, 1.21588), 0.66873),
        (10, (3.0, 3.0, 3.0), (0.09553, 0.23883, 1.67183), 0.66873),
        (5, (1.0, 3.0), (0.13853, 0.69264), 0.55411),
        (20, (9.5, 9.5), (0.07194, 1.43886), 0.75540),
        (1, (0.45, 0.45), (1.63636, 16.36364), 9.0),
    ],
)
def test_classes_and_their_conservation(
    servers: int, arrivals: tuple[float, ...], waits: tuple[float, ...], fifo: float
):
    line = ErlangC(servers=servers, arrivals=sum(arrivals), service=1.0)
    found = line.by_class(arrivals)
    assert found == pytest.approx(list(waits), abs=1e-5)
    assert line.mean == pytest.approx(fifo, abs=1e-5)
    conserved = sum(rate * wait for rate, wait in zip(arrivals, found, strict=True)) / sum(arrivals)
    assert conserved == pytest.approx(line.mean)


@pytest.mark.parametrize(
    ("line", "expected"),
    [  # (servers, arrivals, leaving), (P(wait), waiting, abandoned, utilization)
        ((10, 9, 0.5), (0.46894, 1.20621, 0.06701, 0.83969)),
        ((10, 10, 0.5), (0.61966, 2.07826, 0.10391, 0.89609)),
        ((10, 12, 0.5), (0.85038, 4.69574, 0.19566, 0.96521)),
        ((10, 14, 1.0), (0.89060, 4.22522, 0.30180, 0.97748)),
        ((20, 19, 0.5), (0.50447, 2.05176, 0.05399, 0.89871)),
        ((50, 50, 0.5), (0.60117, 4.66846, 0.04668, 0.95332)),
        ((100, 140, 1.0), (0.99984, 40.0005, 0.28572, 0.99999)),
    ],
)
def test_erlang_a(line: tuple[int, float, float], expected: tuple[float, ...]):
    servers, arrivals, leaving = line
    found = ErlangA(servers=servers, arrivals=arrivals, service=1.0, leaving=leaving)
    assert (found.p_wait, found.waiting, found.abandoned, found.utilization) == pytest.approx(expected, abs=2e-5)
    assert found.beyond(0.0) == pytest.approx(found.p_wait, abs=1e-7), "the density adds up to those who wait"
    assert found.within(50.0) == pytest.approx(1 - found.abandoned, abs=1e-7), "who does not leave is served"


def test_fifty_agents_and_impatient_callers():
    """48 a minute, one minute, two minutes of patience: 3.1 % leave, 3.7 s, 9 of 10 wait 12.5 s at most."""
    line = ErlangA(servers=50, arrivals=48 / 60, service=1 / 60, leaving=1 / 120)
    assert line.abandoned == pytest.approx(0.0309, abs=5e-5)
    assert line.mean == pytest.approx(3.71, abs=5e-3)
    assert line.quantile(0.9) == pytest.approx(12.44, abs=0.01)
    assert line.quantile(0.3) == 0


def test_almost_endless_patience_is_erlang_c():
    patient = ErlangA(servers=10, arrivals=9.0, service=1.0, leaving=1e-9)
    endless = ErlangC(servers=10, arrivals=9.0, service=1.0)
    assert patient.p_wait == pytest.approx(endless.p_wait, abs=1e-6)
    assert patient.mean == pytest.approx(endless.mean, abs=1e-5)


def test_hunting():
    assert erlang_b(15, 9.0) == pytest.approx(0.01987, abs=5e-6)
    shares = [load / 3 for load in hunting_loads(5, 3, 9.0)]
    assert shares == pytest.approx([0.881, 0.798, 0.649, 0.424, 0.190], abs=5e-4)
    assert hunting_loads(5, 2, 6.0) == pytest.approx([1.6800, 1.5026, 1.2279, 0.8583, 0.4724], abs=5e-5)
