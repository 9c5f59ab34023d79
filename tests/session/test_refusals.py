"""Refusals are counted one by one and logged together."""

from __future__ import annotations

from collections.abc import Callable

from structlog.testing import capture_logs

from server.session.refusals import SUMMED_S, Refusals
from server.wire.codes import ErrorCode


class Later:
    """Calls when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, seconds: float, call: Callable[[], None]) -> None:
        assert seconds == SUMMED_S
        self.waiting.append(call)

    def come(self) -> None:
        (call,) = self.waiting
        self.waiting.clear()
        call()


def test_one_line_for_each_place_and_code_and_second():
    later = Later()
    refusals = Refusals(later)
    with capture_logs() as lines:
        for n in range(1000):
            refusals.note("visitor", ErrorCode.RATE_LIMITED, example=f"s_{n}")
        refusals.note("http", ErrorCode.UNAUTHORISED)
        assert lines == []
        later.come()
    assert [(line["where"], line["code"], line["count"], line["example"]) for line in lines] == [
        ("visitor", "rate_limited", 1000, "s_0"),
        ("http", "unauthorised", 1, ""),
    ]
    with capture_logs() as lines:
        refusals.note("visitor", ErrorCode.RATE_LIMITED, example="s_1")
        later.come()
    assert [line["count"] for line in lines] == [1]
    assert refusals.counts == {("visitor", "rate_limited"): 1001, ("http", "unauthorised"): 1}
