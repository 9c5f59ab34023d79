"""A wait as a sum of stages, and its quantiles from the first two moments.

In one pool whose line nobody can jump, every departure of one ahead (served or gone) is a stage. With `rate` services a
second by all slots together and a hazard `leaving` of each who waits, the stage with k ahead lasts 1/(rate + k·leaving)
on average and is exponential, so

    W | n ahead = the sum over k = 0..n of Exp(rate + k·leaving)

which is QLm of Ibrahim & Whitt (Management Science 2009), and Erlang(n + 1, rate) when nobody leaves: exact in M/M/s
and M/M/s+M, given the rates. It is the wait of somebody who stays.
"""

from collections.abc import Iterable, Iterator
from math import sqrt

Moments = tuple[float, float]

# Standard normal quantiles at .5 and .8.
_Z50 = 0.0
_Z80 = 0.8416212335729143


def quantiles(mean: float, variance: float) -> tuple[float, float]:
    """The .5 and .8 quantiles of the gamma distribution with these moments, by Wilson & Hilferty (1931).

    Against the exact ones: within 1.5 % for an exponential and more regular ones, 4 % for a squared variation of 2.
    """
    if mean <= 0.0:
        return 0.0, 0.0
    spread = min(variance / (mean * mean), 9.0) / 9.0
    middle, side = 1.0 - spread, sqrt(spread)
    return mean * max(middle + _Z50 * side, 0.0) ** 3, mean * max(middle + _Z80 * side, 0.0) ** 3


def queue_ahead(weights: Iterable[float], rate: float, leaving: float) -> Iterator[Moments]:
    """Of each in line, in order: mean and variance of the wait for a slot. `weights`: how many stages each is."""
    ahead = mean = variance = 0.0
    for weight in weights:
        stage = 1.0 / (rate + ahead * leaving)
        mean += weight * stage
        variance += weight * stage * stage
        ahead += weight
        own = 1.0 - weight  # one who is half a stage to those behind is a whole one to itself
        yield mean + own * stage, variance + own * stage * stage
