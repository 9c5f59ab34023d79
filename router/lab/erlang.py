"""What theory says of one line before equal servers: Erlang B, C and A, and classes of priority.

Rates are per unit of time, waits in that unit; whoever calls keeps the unit. `load` is arrivals * mean service time.

Sources: A. K. Erlang 1917 (B and C); C. Palm 1946, and Garnett, Mandelbaum, Reiman 2002 for A; A. Cobham 1954 and
Kella, Yechiali 1985 for non-preemptive classes with a common service rate.
"""

from dataclasses import dataclass
from math import exp, expm1, inf, log, sqrt

_STEPS = 2000  # of Simpson's rule
_HALVINGS = 80


def erlang_b(servers: int, load: float) -> float:
    """The share lost when nobody waits: B(n) = load * B(n-1) / (n + load * B(n-1))."""
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def hunting_loads(teams: int, slots: int, load: float) -> list[float]:
    """What each of the agents asked one after the other carries, nobody waiting: load * (B before - B with)."""
    blocked = [erlang_b(count * slots, load) for count in range(teams + 1)]
    return [load * (blocked[count] - blocked[count + 1]) for count in range(teams)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErlangC:
    """M/M/s: nobody leaves. Without end (`mean` infinite) when the load is not below the servers."""

    servers: int
    arrivals: float
    service: float

    @property
    def load(self) -> float:
        return self.arrivals / self.service

    @property
    def stable(self) -> bool:
        return self.load < self.servers

    @property
    def p_wait(self) -> float:
        if not self.stable:
            return 1.0
        blocked = erlang_b(self.servers, self.load)
        busy = self.load / self.servers
        return blocked / (1.0 - busy + busy * blocked)

    @property
    def _relief(self) -> float:
        return self.servers * self.service - self.arrivals

    @property
    def mean_waiting(self) -> float:
        """Of those who wait at all."""
        return 1.0 / self._relief if self.stable else inf

    @property
    def mean(self) -> float:
        return self.p_wait * self.mean_waiting

    def beyond(self, time: float) -> float:
        """The share that waits longer."""
        return self.p_wait * exp(-self._relief * time) if self.stable else 1.0

    def quantile(self, share: float) -> float:
        """How long the luckiest `share` waits at most."""
        if not self.stable:
            return inf
        rest = 1.0 - share
        return max(0.0, log(self.p_wait / rest) / self._relief)

    def by_class(self, arrivals: tuple[float, ...]) -> list[float]:
        """Mean waits of classes served strictly one before the other, whose arrivals add up to ours."""
        waits, before = [], 0.0
        whole = self.servers * self.service
        for rate in arrivals:
            after = before + rate / whole
            waits.append(self.p_wait / (whole * (1.0 - before) * (1.0 - after)) if after < 1.0 else inf)
            before = after
        return waits


@dataclass(frozen=True, slots=True, kw_only=True)
class ErlangA:
    """M/M/s+M: whoever waits leaves at the rate `leaving`. Waits are those of everybody, served or not.

    The wait that a patient arrival would have has at t > 0 the density
    arrivals · P(s-1 busy) · exp(arrivals / leaving · (1 - exp(-leaving · t)) - s · service · t).
    """

    servers: int
    arrivals: float
    service: float
    leaving: float

    def _weights(self) -> tuple[float, float]:
        """P(s-1 busy) and P(no wait)."""
        term, total, last = 1.0, 1.0, 1.0
        for count in range(1, self.servers):
            term *= self.arrivals / (count * self.service)
            total += term
            last = term
            if total > 1e250:  # only their proportions count
                term, total, last = term / total, 1.0, last / total
        free = total
        count = self.servers
        ratio = inf
        while ratio >= 1.0 or term * ratio > (1.0 - ratio) * total * 1e-16:  # what is left out: a geometric rest
            ratio = self.arrivals / (self.servers * self.service + (count - self.servers) * self.leaving)
            term *= ratio
            total += term
            count += 1
        return last / total, free / total

    @property
    def p_wait(self) -> float:
        return 1.0 - self._weights()[1]

    def _density(self, time: float, almost_full: float) -> float:
        grown = -self.arrivals / self.leaving * expm1(-self.leaving * time)
        return self.arrivals * almost_full * exp(grown - self.servers * self.service * time)

    @property
    def waiting(self) -> float:
        """The mean number in line."""
        return self.mean * self.arrivals

    @property
    def abandoned(self) -> float:
        """P(leave) = 1 - served / arrivals, where what is served is the mean number busy."""
        return self.leaving * self.mean

    @property
    def mean(self) -> float:
        """The mean number in line by its balance, over the arrivals (Little)."""
        almost_full, _ = self._weights()
        term = almost_full * self.arrivals / (self.servers * self.service)  # all busy, nobody waits
        inline, count, ratio = 0.0, 0, inf
        while ratio >= 1.0 or term * count > (1.0 - ratio) ** 2 * inline * 1e-15:
            count += 1
            ratio = self.arrivals / (self.servers * self.service + count * self.leaving)
            term *= ratio
            inline += count * term
        return inline / self.arrivals

    @property
    def utilization(self) -> float:
        return self.arrivals * (1.0 - self.abandoned) / (self.servers * self.service)

    @property
    def mean_waiting(self) -> float:
        return self.mean / self.p_wait

    def beyond(self, time: float) -> float:
        """The share that waits longer, whether then served or not: the patient wait and the patience exceed it."""
        almost_full, _ = self._weights()
        return self._integral(time, self._end(time), almost_full, 0.0) * exp(-self.leaving * time)

    def within(self, time: float) -> float:
        """The share that is served no later than that."""
        almost_full, free = self._weights()
        return free + self._integral(0.0, min(time, self._end(0.0)), almost_full, self.leaving)

    def quantile(self, share: float) -> float:
        low, high = 0.0, self._end(0.0)
        if self.beyond(0.0) <= 1.0 - share:
            return 0.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.beyond(middle) > 1.0 - share else (low, middle)
        return high

    def _end(self, time: float) -> float:
        """Far enough behind `time` for the density to have vanished."""
        spare = self.servers * self.service
        peak = max(0.0, log(self.arrivals / spare) / self.leaving) if self.arrivals > 0 else 0.0
        width = 1.0 / spare + 1.0 / sqrt(self.leaving * spare)
        return max(time, peak) + 40.0 * width

    def _integral(self, low: float, high: float, almost_full: float, leaving: float) -> float:
        """Simpson's rule over the density, thinned by those who have left."""
        if high <= low:
            return 0.0
        step = (high - low) / _STEPS
        total = 0.0
        for number in range(_STEPS + 1):
            time = low + number * step
            weight = 1 if number in (0, _STEPS) else 4 if number % 2 else 2
            total += weight * self._density(time, almost_full) * exp(-leaving * time)
        return total * step / 3
