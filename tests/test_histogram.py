"""Counts by size."""

from __future__ import annotations

from server.histogram import MICROSECONDS, Histogram


def test_values_are_counted_up_to_each_bound_and_the_bound_belongs_to_it():
    made = Histogram((0.001, 0.01, 1))
    for value in (0.0005, 0.001, 0.0011, 1, 2):
        made.observe(value)
    assert made.buckets() == [("0.001", 2), ("0.01", 3), ("1", 4), ("+Inf", 5)]
    assert abs(made.total - 3.0026) < 1e-9


def test_bounds_are_written_as_plain_numbers():
    names = [name for name, _ in Histogram(MICROSECONDS).buckets()]
    assert names[:4] == ["0.00001", "0.000025", "0.00005", "0.0001"]
    assert [float(name) for name in names[:-1]] == list(MICROSECONDS)
