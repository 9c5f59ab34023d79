"""The seeded generator, without a state of its own.

A draw is a hash of the seed and of what is being decided (the conversation's arrival number and the number of its
offer), so the same decision always draws the same number: a router rebuilt from its records goes on with the very
sequence it would have had, and two methods compared in the lab meet the same luck.
"""

from typing import Final

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def draw(seed: int, arrival: int, offer_no: int) -> int:
    """64 well-mixed bits (splitmix64's finisher over the counter)."""
    mixed = _finish(seed * _GOLDEN + arrival)
    return _finish(mixed + offer_no * _GOLDEN)


def _finish(number: int) -> int:
    number = (number + _GOLDEN) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)
