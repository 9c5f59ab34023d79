"""What a visitor is told: a range of two quantiles, rounded for people, and how it may change while they look at it."""

from bisect import bisect_left

from router.record import Record

_MINUTE_MS = 60_000
# Where a range may begin and end. Beyond the last: whole hours.
_MINUTES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120)
_STEPS_MS = tuple(minutes * _MINUTE_MS for minutes in _MINUTES)
_HOUR_MS = 60 * _MINUTE_MS


class Wait(Record, frozen=True, kw_only=True):
    """The wait of one conversation, from the moment it was asked about.

    `p50_ms`, `p80_ms`: the quantiles as computed. `low_ms`, `high_ms`: the range as told, both rounded up to steps that
    people use; `low_ms` 0 means less than `high_ms`. Always low < high and p80 <= high.
    """

    p50_ms: int
    p80_ms: int
    low_ms: int
    high_ms: int


def wait(p50_ms: float, p80_ms: float) -> Wait:
    """The quantiles with the range that is told of them."""
    high = _step(p80_ms)
    low = _step(p50_ms)
    if low >= high or high == 1:
        low = high - 1
    return Wait(p50_ms=round(p50_ms), p80_ms=round(p80_ms), low_ms=_step_ms(low), high_ms=_step_ms(high))


def retold(previous: Wait | None, previous_at: int, new: Wait, now: int) -> Wait:
    """What to show now, when `previous` is what is shown since `previous_at` and `new` would be right from now on.

    The range falls as soon as it may. It rises only when the old one is more likely broken than kept, that is when the
    median from now lies beyond what is left of it; until then it stays as it is. The quantiles are always the new ones.
    """
    if previous is None or now + new.p50_ms > previous_at + previous.high_ms:
        return new
    if (new.high_ms, new.low_ms) < (previous.high_ms, previous.low_ms):
        low, high = min(previous.low_ms, new.low_ms), new.high_ms
    else:
        low, high = previous.low_ms, previous.high_ms
    return Wait(p50_ms=new.p50_ms, p80_ms=new.p80_ms, low_ms=low, high_ms=high)


def _step(ms: float) -> int:
    """The number of the first step that is not below; at least the first minute."""
    if ms <= _STEPS_MS[-1]:
        return max(1, bisect_left(_STEPS_MS, ms))
    return len(_STEPS_MS) - 1 + -int(-(ms - _STEPS_MS[-1]) // _HOUR_MS)


def _step_ms(step: int) -> int:
    last = len(_STEPS_MS) - 1
    return _STEPS_MS[step] if step <= last else _STEPS_MS[last] + (step - last) * _HOUR_MS
