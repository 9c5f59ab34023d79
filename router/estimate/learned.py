"""What is learned from the run: rates as counts over exposure, forgotten slowly, shrunk to a prior while few.

Every rate is a ratio of what happened to the time in which it could have happened, so what is still going on counts as
soon as it goes on (a running conversation is exposure without a completion yet), and no survivor bias arises:

- service: completions per occupied slot-second, by department (a conversation of cost 2 completes twice), at all
  times and while somebody waits: then agents are full, and full ones may be slower;
- leaving: leavings per second waited by somebody who is there;
- arrivals: entries into the line per second, by what they need and their head start;
- ringing: what lies between a slot's being free for a conversation and its being accepted.
"""

from math import exp

from router.model import DepartmentId, Needs
from router.record import Record


class Rate:
    """Events per millisecond of exposure. Both are forgotten: by time, and with each event by a share of what is known.

    `level` is how many are exposed now.
    """

    __slots__ = ("at", "count", "exposure", "horizon_ms", "level", "memory")

    def __init__(self, at: int, *, horizon_ms: float, memory: float) -> None:
        self.at = at
        self.count = 0.0
        self.exposure = 0.0
        self.level = 0
        self.horizon_ms = horizon_ms
        self.memory = memory

    def advance(self, at: int) -> None:
        passed = at - self.at
        if passed <= 0:
            return
        self.at = at
        kept = exp(-passed / self.horizon_ms)
        self.count *= kept
        self.exposure = self.exposure * kept + self.level * self.horizon_ms * (1.0 - kept)

    def expose(self, at: int, more: int) -> None:
        """From now on so many more are exposed (or fewer)."""
        self.advance(at)
        self.level += more

    def happened(self, at: int, times: float = 1.0) -> None:
        self.advance(at)
        kept = max(0.0, 1.0 - times / self.memory)
        self.count = self.count * kept + times
        self.exposure *= kept


class Stream(Record, frozen=True, kw_only=True):
    """Those who come with these needs and this head start: `weight` of the department's entries, forgotten slowly."""

    needs: Needs
    head_start_ms: int
    weight: float


class LearnedDepartment(Record, frozen=True, kw_only=True):
    """Of one department: counts and the exposure they belong to, in milliseconds.

    `pressed`: of the completions, those while somebody waited. `arrivals`: count and exposure, by length of memory.
    """

    department: DepartmentId
    completions: float
    occupied_ms: float
    pressed: float
    pressed_ms: float
    leavings: float
    waited_ms: float
    returns: float
    absences: float
    rings: float
    rung_ms: float
    rung_ms2: float
    arrivals: tuple[tuple[float, float], ...]
    streams: tuple[Stream, ...]


class Learned(Record, frozen=True, kw_only=True):
    """All that was learned up to `at`. Plain values: what was stored can be given back."""

    at: int = 0
    departments: tuple[LearnedDepartment, ...] = ()
