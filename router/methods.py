"""How a department orders the agents who can take a conversation: one measure for each method, smallest first.

A measure is a tuple of numbers kept in the line's index, so that choosing is looking at the first. What decides before
the method (`tiers`) stands in front of it, what decides after it (longest idle) behind it; agents equal in all of that
are drawn by lot. `random` has an empty measure: everybody is equal. `round_robin` has no equals: who was assigned
longest ago in this department is next, newcomers in the order of the settings; in a settled team that is the cycle,
and between two turns of one agent everybody who stays takeable gets theirs.

Running counts the holds of all departments: what is offered or being wrapped up keeps an agent as busy as what is
active, and not to count a ringing offer would send a burst to one agent.
"""

from functools import lru_cache
from typing import Final

from router.agent import Agent
from router.line import Describe, Line, Measure, Pool, Rank
from router.model import DepartmentSettings, Method

# Behind every priority number and every turn.
_OUTSIDE: Final = 1_000_000


def share(agent: Agent) -> float:
    """Used part of the agent's own slots. Division rounds correctly, so equal fractions are equal numbers."""
    return agent.used / max(agent.max_slots, 1)


def _ring_all(agent: Agent, line: Line) -> Rank:
    """Everybody rings at once; with ring waves those who rested longest are rung first."""
    return (agent.assigned_at,) if line.settings.ring_waves else ()


def _max_utilization(agent: Agent, line: Line) -> Rank:  # noqa: ARG001
    return (-len(agent.holds), agent.assigned_at)


def _average_by_count(agent: Agent, line: Line) -> Rank:  # noqa: ARG001
    return (len(agent.holds), share(agent), agent.assigned_at)


def _average_by_share(agent: Agent, line: Line) -> Rank:  # noqa: ARG001
    return (share(agent), len(agent.holds), agent.assigned_at)


def _priority(agent: Agent, line: Line) -> Rank:
    return (priority(agent, line), len(agent.holds), agent.assigned_at)


def _random(agent: Agent, line: Line) -> Rank:  # noqa: ARG001
    return ()


def _round_robin(agent: Agent, line: Line) -> Rank:
    return (agent.turns.get(line.settings.id, 0), line.turn_order.get(agent.id, _OUTSIDE), agent.assigned_at)


def _longest_idle(agent: Agent, line: Line) -> Rank:  # noqa: ARG001
    return (agent.assigned_at,)


_MEASURES: Final[dict[Method, Measure]] = {
    Method.RING_ALL: _ring_all,
    Method.MAX_UTILIZATION: _max_utilization,
    Method.AVERAGE_UTILIZATION: _average_by_count,
    Method.PRIORITY: _priority,
    Method.RANDOM: _random,
    Method.ROUND_ROBIN: _round_robin,
    Method.LONGEST_IDLE: _longest_idle,
}


def measure(settings: DepartmentSettings) -> Measure:
    """The department's measure. `tiers` puts the priority number first under any method."""
    by_share = settings.method is Method.AVERAGE_UTILIZATION and settings.measure == "share"
    inner = _average_by_share if by_share else _MEASURES[settings.method]
    if not settings.tiers or settings.method is Method.PRIORITY:
        return inner
    if settings.method is Method.RING_ALL and not settings.ring_waves:
        return inner
    return lambda agent, line: (priority(agent, line), *inner(agent, line))


def priority(agent: Agent, line: Line) -> int:
    """The member's priority number; whoever widening brought in comes after all members."""
    member = line.members.get(agent.id)
    return _OUTSIDE if member is None else member.priority


def rank(agent: Agent, pool: Pool) -> Rank:
    """The agent's place among the open ones of this pool; the id only makes it unique."""
    line = pool.line
    if pool.opening.prefer:
        return (-pool.eligible[agent.id], *line.measure(agent, line), agent.id)
    return (*line.measure(agent, line), agent.id)


def describe(agent: Agent, line: Line) -> str:
    """The measure in words, for the decision record."""
    return line.describe(agent, line.settings)


def words(settings: DepartmentSettings) -> Describe:
    """What puts the department's measure into words."""
    return _WORDS[settings.method]


def _nothing(agent: Agent, settings: DepartmentSettings) -> str:  # noqa: ARG001
    return ""


def _turn(agent: Agent, settings: DepartmentSettings) -> str:
    return f"turn {agent.turns.get(settings.id, 0)}"


def _idle_since(agent: Agent, settings: DepartmentSettings) -> str:  # noqa: ARG001
    if agent.words_at != agent.assigned_at:
        agent.words, agent.words_at = f"assigned_at {agent.assigned_at}", agent.assigned_at
    return agent.words


def _load(agent: Agent, settings: DepartmentSettings) -> str:  # noqa: ARG001
    return _load_in_words(len(agent.holds), agent.used, agent.max_slots)


@lru_cache(maxsize=4096)
def _load_in_words(running: int, used: int, max_slots: int) -> str:
    return f"running {running}, share {used / max(max_slots, 1):.2f}"


_WORDS: Final[dict[Method, Describe]] = {
    Method.RING_ALL: _nothing,
    Method.RANDOM: _nothing,
    Method.ROUND_ROBIN: _turn,
    Method.LONGEST_IDLE: _idle_since,
    Method.MAX_UTILIZATION: _load,
    Method.AVERAGE_UTILIZATION: _load,
    Method.PRIORITY: _load,
}
