"""An agent at run time: status, presence, and what takes their slots."""

from typing import Any, Final

from router.model import AgentSettings, Clause, ConversationId, DepartmentId, Hold, Member, Offer, Order, Status

_OFFLINE: Final = Status.OFFLINE


class Agent:
    """An agent at run time.

    `rings` are the pending offers, directed and soft; `fresh` the orders of soft ones younger than `ring_ms`, sorted.
    `present`: here, or within grace. `turns`: when last assigned in each department, by the workspace's count of
    assignments. `assigned_at` 0: never yet.

    For the indexes: `version` counts changes; `standings` are those of `standings_version` and `standings_at`,
    `settled` those that the pools know; `was_open`: could be rung softly when last looked at; `serving`: the pools
    count them as such; `pools`: where they are eligible;
    `words`: how decision records put `assigned_at`, as of `words_at`.
    """

    __slots__ = (
        "assigned_at",
        "breathing_ms",
        "breathing_until",
        "connected",
        "deaf",
        "directed",
        "fresh",
        "grace_until",
        "holds",
        "id",
        "max_slots",
        "members",
        "misses",
        "pools",
        "present",
        "reason",
        "rest_until",
        "rings",
        "rings_at_once",
        "serving",
        "settings",
        "settled",
        "standings",
        "standings_at",
        "standings_version",
        "status",
        "turns",
        "used",
        "version",
        "was_open",
        "words",
        "words_at",
    )

    def __init__(self, settings: AgentSettings, members: dict[DepartmentId, Member]) -> None:
        self.id = settings.id
        self.status: Status = _OFFLINE
        self.reason = ""
        self.connected = self.deaf = self.present = False
        self.grace_until: int | None = None
        self.misses = 0
        self.rest_until: int | None = None
        self.breathing_until: int | None = None
        self.assigned_at = 0
        self.turns: dict[DepartmentId, int] = {}
        self.holds: dict[ConversationId, Hold] = {}
        self.rings: dict[ConversationId, Offer] = {}
        self.fresh: list[Order] = []
        self.used = self.directed = 0
        self.version = self.standings_at = 0
        self.standings_version = -1
        self.standings: tuple[Clause | None, Clause | None] = (None, None)
        self.settled: tuple[Clause | None, Clause | None] | None = None
        self.was_open = self.serving = False
        self.pools: list[Any] = []  # of router.line, which is made of agents
        self.words, self.words_at = "", -1
        self.configure(settings, members)

    def configure(self, settings: AgentSettings, members: dict[DepartmentId, Member]) -> None:
        """What every decision asks of the settings is kept here: to ask a frozen value is dearer."""
        self.settings = settings
        self.members = members
        self.max_slots = settings.max_slots
        self.rings_at_once = settings.rings_at_once
        self.breathing_ms = settings.breathing_ms

    @property
    def free(self) -> int:
        return self.max_slots - self.used

    @property
    def reachable(self) -> bool:
        return self.connected and not self.deaf

    @property
    def here(self) -> bool:
        """Connected and not `offline`: what keeps the grace from running."""
        return self.connected and self.status is not _OFFLINE
