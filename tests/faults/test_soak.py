"""Who looks for what grows, sees it."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.soak import SAMPLES, Sample, grown, left


def test_what_grows_is_seen() -> None:
    calm = Sample(files=50, resident=1e8, tasks=100, connections=30, wal=1e6, database=1e6, messages=1e4)
    assert grown([calm] * SAMPLES) == []
    assert grown([calm]) != []
    for leaking in (
        lambda n: replace(calm, files=50 + 3 * n),
        lambda n: replace(calm, resident=1e8 + n * 2**21),
        lambda n: replace(calm, tasks=100 + 6 * n),
        lambda n: replace(calm, wal=1e7 * n),
        lambda n: replace(calm, database=1e6 * (n + 10)),
    ):
        assert len(grown([leaking(n) for n in range(SAMPLES)])) == 1
    assert left(calm, calm) == ["30 sockets are left"]
    assert len(left(replace(calm, connections=0, files=90, tasks=200), calm)) == 2
