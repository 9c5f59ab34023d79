"""What decision records say of a small team, kept between decisions: everybody's row, and whom the clauses exclude."""

from router.agent import Agent
from router.model import Candidate, Clause


class Row:
    """What a pool's decisions say of one agent. `version`: the agent's when it was looked at; -1: not yet.

    `eligible`: has the skills. `excluded`, `running`, `used`, `words` (the measure) are those of `candidate`, kept
    beside it to compare them: to ask a frozen value is dearer.
    """

    __slots__ = ("agent", "candidate", "eligible", "excluded", "running", "used", "version", "words")

    def __init__(self, agent: Agent, candidate: Candidate, *, eligible: bool) -> None:
        self.agent = agent
        self.candidate = candidate
        self.eligible = eligible
        self.version = self.running = self.used = -1
        self.words = ""
        self.excluded: Clause | None = None


class Table:
    """The rows of a pool, in the order of its team, and how many the clauses exclude."""

    __slots__ = ("counts", "rows")

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.counts: dict[Clause, int] = {}
