"""Who may open one more connection."""

from __future__ import annotations

import pytest

from server.session.entrance import Entrance, Most
from server.session.limits import Limits
from server.wire.codes import ErrorCode, Refused

HERE, THERE = "192.0.2.1", "198.51.100.1"


class Now:
    at = 1000.0

    def __call__(self) -> float:
        return self.at


def entrance(now: Now | None = None, /, **most: int) -> Entrance:
    everything = {"connections": 0, "per_address": 0, "unidentified": 0, "unidentified_per_address": 0}
    return Entrance(Most(**{**everything, **most}), Limits(now or Now()))


def refusal(made: Entrance, address: str) -> ErrorCode | None:
    try:
        made.insist(address)
    except Refused as refused:
        return refused.code if refused.retry_after_ms else ErrorCode.INTERNAL
    return None


@pytest.mark.parametrize(
    ("most", "here", "there", "nobody"),
    [
        ({"connections": 2}, "unavailable", "unavailable", "unavailable"),
        ({"unidentified": 2}, "unavailable", "unavailable", "unavailable"),
        ({"per_address": 2}, "rate_limited", None, None),
        ({"unidentified_per_address": 2}, "rate_limited", None, None),
        ({}, None, None, None),
    ],
)
def test_the_third_of_one_address(most: dict[str, int], here: str | None, there: str | None, nobody: str | None):
    made = entrance(None, **most)
    for _ in range(2):
        assert refusal(made, HERE) is None
        made.came(HERE)
    assert (refusal(made, HERE), refusal(made, THERE), refusal(made, "")) == (here, there, nobody)


def test_who_has_identified_makes_room_among_those_who_have_not():
    made = entrance(unidentified=1, unidentified_per_address=1)
    made.came(HERE)
    assert refusal(made, HERE) is not None
    made.identified(HERE)
    assert refusal(made, HERE) is None
    assert (made.open, made.unidentified) == (1, 0)


def test_who_leaves_makes_room():
    made = entrance(connections=1, unidentified=1, unidentified_per_address=1)
    for identified in (False, True):
        made.came(HERE)
        if identified:
            made.identified(HERE)
        made.left(HERE, identified=identified)
        assert (made.open, made.unidentified) == (0, 0)
        assert refusal(made, HERE) is None
    assert (dict(made._open_of), dict(made._unidentified_of)) == ({}, {}), "nobody is remembered"


def test_one_address_connects_as_often_a_minute_as_it_may_have_connections():
    now = Now()
    made = entrance(now, per_address=60)
    assert [refusal(made, HERE) for _ in range(61)] == [None] * 60 + ["rate_limited"]
    assert refusal(made, THERE) is None
    now.at += 1
    assert [refusal(made, HERE), refusal(made, HERE)] == [None, "rate_limited"]


def test_identifying_is_limited_too():
    made = entrance(per_address=2)
    for _ in range(2):
        made.insist_on_identify(HERE)
    with pytest.raises(Refused) as refused:
        made.insist_on_identify(HERE)
    assert (refused.value.code, refused.value.retry_after_ms) == (ErrorCode.RATE_LIMITED, 30_000)
    made.insist_on_identify("")
