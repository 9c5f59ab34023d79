"""What the estimate keeps of each conversation: where it stands, the slots it takes, and whether somebody waits."""

from router.model import AgentId, ConversationId, DepartmentId, Needs, Order, Reservation
from router.needs import Opening

# Who is eligible: conversations of equal needs in one department.
PoolKey = tuple[DepartmentId, Opening]


class Followed:
    """One conversation as its events told it.

    `holding`: the agents of whom it takes slots. `ringing`: since when it rings there, and softly or not; `rung_ms`:
    how long its directed offers rang in this line entry. `counted` is what it adds to its department's account.
    """

    __slots__ = (
        "arrival",
        "away",
        "cost",
        "counted",
        "department",
        "entered_at",
        "head_start_ms",
        "holding",
        "id",
        "in_line",
        "key_at",
        "left",
        "needs",
        "pool",
        "quarantined_until",
        "reservation",
        "ringing",
        "rung_ms",
        "step",
        "waited_ms",
    )

    def __init__(
        self, conversation: ConversationId, department: DepartmentId, *, key_at: int, arrival: int, cost: int
    ) -> None:
        self.id = conversation
        self.department = department
        self.key_at = key_at
        self.arrival = arrival
        self.cost = cost
        self.entered_at = key_at
        self.head_start_ms = 0
        self.waited_ms = 0
        self.needs: Needs
        self.step = 0
        self.reservation: Reservation | None = None
        self.left = False
        self.in_line = True
        self.away = False
        self.quarantined_until: int | None = None
        self.holding: set[AgentId] = set()
        self.ringing: dict[AgentId, tuple[int, bool]] = {}
        self.rung_ms = 0
        self.pool: PoolKey | None = None
        self.counted: tuple[DepartmentId, int, int] = (department, 0, 0)

    @property
    def order(self) -> Order:
        return Order((self.key_at, self.arrival, self.id))

    @property
    def counts(self) -> tuple[DepartmentId, int, int]:
        """Its department, the slots it takes, and whether somebody waits in it."""
        waits = self.in_line and not self.away and not self.left
        return (self.department, self.cost * len(self.holding), int(waits))
