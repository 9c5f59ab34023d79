"""An agent at run time: status, presence, and what takes their slots."""

from dataclasses import dataclass, field

from router.model import (
    AgentId,
    AgentSettings,
    Candidate,
    Clause,
    ConversationId,
    DepartmentId,
    Hold,
    Member,
    Offer,
    Order,
    Status,
)


@dataclass(slots=True, kw_only=True, eq=False)
class Agent:
    """An agent at run time.

    `rings` are the pending offers, directed and soft; `fresh` the orders of soft ones younger than `ring_ms`, sorted.
    `present`: here, or within grace. `turns`: when last assigned in each department, by the workspace's count of
    assignments. `assigned_at` 0: never yet.

    For the indexes: `version` counts changes; `standings` are those of a version and a moment, `settled` those that the
    pools know; `was_open`: could be rung softly when last looked at; `serving`: the pools count them as such;
    `rows`: in decision records, by pool, until something changes.
    """

    id: AgentId = field(init=False)
    settings: AgentSettings
    members: dict[DepartmentId, Member]
    status: Status = Status.OFFLINE
    reason: str = ""
    connected: bool = False
    deaf: bool = False
    present: bool = False
    grace_until: int | None = None
    misses: int = 0
    rest_until: int | None = None
    breathing_until: int | None = None
    assigned_at: int = 0
    turns: dict[DepartmentId, int] = field(default_factory=dict)
    holds: dict[ConversationId, Hold] = field(default_factory=dict)
    rings: dict[ConversationId, Offer] = field(default_factory=dict)
    fresh: list[Order] = field(default_factory=list)
    used: int = 0
    directed: int = 0
    version: int = 0
    standings: tuple[int, int, tuple[Clause | None, Clause | None]] = (-1, 0, (None, None))
    settled: tuple[Clause | None, Clause | None] | None = None
    was_open: bool = False
    rows: dict[object, Candidate] = field(default_factory=dict)
    serving: bool = False

    def __post_init__(self) -> None:
        self.id = self.settings.id

    @property
    def free(self) -> int:
        return self.settings.max_slots - self.used

    @property
    def reachable(self) -> bool:
        return self.connected and not self.deaf

    @property
    def here(self) -> bool:
        """Connected and not `offline`: what keeps the grace from running."""
        return self.connected and self.status is not Status.OFFLINE
