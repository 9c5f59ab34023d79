"""What the relay's bench says of its figures."""

from __future__ import annotations

from bench.relay import Figures, stalls


def stretch(*, p50_ms: float, p99_ms: float) -> Figures:
    return Figures(rate=2000.0, busy=0.4, cpu_us=200.0, p50_ms=p50_ms, p99_ms=p99_ms)


def test_a_stretch_in_which_the_disk_stood_still_is_named():
    fine, stalled = stretch(p50_ms=0.5, p99_ms=9.9), stretch(p50_ms=0.5, p99_ms=170.0)
    assert stalls("minimal", [fine, fine]) == ""
    assert stalls("minimal", [fine, stalled, fine]).startswith("the disk stood still in 1 of 3 stretches of minimal:")
