"""What bounds the clients of one process, and where it is noted that it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from server.session.entrance import Entrance, Most
from server.session.limits import Limits, Rates
from server.session.refusals import Later, Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may be asked, how many may come, and what was refused."""

    limits: Limits
    entrance: Entrance
    refusals: Refusals

    @classmethod
    def make(
        cls,
        now: Callable[[], float],
        *,
        rates: Rates | None = None,
        most: Most | None = None,
        later: Later | None = None,
    ) -> Self:
        """`now`: seconds that never run backwards. `later`: see `Refusals`."""
        limits = Limits(now, rates)
        return cls(limits=limits, entrance=Entrance(most or Most(), limits), refusals=Refusals(later))
