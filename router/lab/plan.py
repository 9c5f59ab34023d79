"""What a simulation is made of. Plain data; durations in milliseconds, rates per millisecond."""

from dataclasses import dataclass, field

from router.model import NO_NEEDS, AgentId, DepartmentId, Needs, WorkspaceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A class of conversations: what its start commands say. `share`: its part of the arrivals, in any unit."""

    name: str
    department: DepartmentId
    share: float = 1.0
    head_start_ms: int = 0
    cost: int = 1
    needs: Needs = NO_NEEDS
    reserve_for: tuple[AgentId, ...] = ()
    reserve_ms: int = 0
    overflow: tuple[DepartmentId, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One recorded conversation. What is not known (None) is drawn as for everybody else.

    `patience_ms`: it left after waiting so long; `waited_ms`: it was still there after that.
    """

    at_ms: int
    kind: int
    service_ms: int | None = None
    patience_ms: int | None = None
    waited_ms: int = 0
    accept_ms: int | None = None
    wrap_up_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """When conversations come: recorded `visits`, or a Poisson process whose rate is constant in pieces.

    `pieces`: `(from_ms, rate)` in the order of their time, the first from 0; after `period_ms` (0: never) they begin
    anew, otherwise the last rate stays.
    """

    pieces: tuple[tuple[float, float], ...] = ()
    period_ms: float = 0.0
    visits: tuple[Visit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How long a conversation takes, alone at its agent.

    `distribution`: exponential, lognormal (with the coefficient of variation `cv`), deterministic. With n conversations
    at once at one agent, each goes on `1 + slowdown * (n - 1)` times slower.
    """

    mean_ms: float
    distribution: str = "exponential"
    cv: float = 1.0
    slowdown: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What agents do when it rings: after an exponential time of `mean_ms` (0: at once) accept, or decline, or nothing.

    Whoever was sent away for missing offers is back after `back_ms`. Somebody who misses a ring of ring_all hears it
    when it has rung for `ring_ms`, as it rings on.
    """

    mean_ms: float = 0.0
    p_miss: float = 0.0
    p_decline: float = 0.0
    back_ms: int = 60_000

    @property
    def at_once(self) -> bool:
        return self.mean_ms == 0 and self.p_miss == 0 and self.p_decline == 0


AT_ONCE = Reaction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The agent is available from `from_ms` to `until_ms`, then only finishes; every `every_ms` again (0: never).

    An agent without a shift is there all the time.
    """

    agent: AgentId
    from_ms: int
    until_ms: int
    every_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole simulation. `conversations` arrive, of which the first `warm_up` are not counted.

    `patience_ms`: mean of the exponential time after which somebody who waits leaves; 0: whoever is not served at once
    leaves at once; None: nobody leaves.
    """

    settings: WorkspaceSettings
    seed: int
    conversations: int
    arrivals: Arrivals
    service: Service
    kinds: tuple[Kind, ...]
    warm_up: int = 0
    patience_ms: float | None = None
    reaction: Reaction = AT_ONCE
    shifts: tuple[Shift, ...] = field(default=())
