"""The decision record: why this agent, and what kept the others (DESIGN §5.9).

Cheap enough to be always on: what depends on the agent alone is counted as standings change, and the rows of the table
are kept between decisions until something about their agent changes. Up to `TABLE` members the record lists them all;
beyond that clauses about the pair are counted for those who refused the conversation only.
"""

from collections.abc import Iterable

from router.agent import Agent
from router.conversation import Conversation
from router.eligibility import pair_excluded
from router.line import Line
from router.methods import describe
from router.model import AgentId, Candidate, Clause, Decision
from router.state import State

TABLE = 50


def record(
    state: State, line: Line, conversation: Conversation, *, chosen: Agent | None, runner_up: Agent | None, reason: str
) -> Decision:
    """Of this moment, before the offer is made."""
    small = len(line.members) <= TABLE
    against = _against(state, line, conversation, line.ranks if small else conversation.refusals)
    return Decision(
        method=line.settings.method,
        reason=reason,
        takeable=len(line.ranks) - len(against),
        chosen=None if chosen is None else _row(state, line, chosen.id),
        runner_up=None if runner_up is None else _row(state, line, runner_up.id),
        excluded=_counts(line, against),
        candidates=_table(state, line, against) if small else (),
    )


def _against(state: State, line: Line, conversation: Conversation, among: Iterable[AgentId]) -> dict[AgentId, Clause]:
    """The open members whom something about the pair excludes."""
    if conversation.cost == 1 and not conversation.refusals and line.soft:
        return {}
    against = {}
    for agent in among:
        if agent in line.ranks:
            clause = pair_excluded(state, line, state.agents[agent], conversation)
            if clause is not None:
                against[agent] = clause
    return against


def _counts(line: Line, against: dict[AgentId, Clause]) -> tuple[tuple[Clause, int], ...]:
    counts = {clause: count for clause, count in line.counts.items() if count}
    for clause in against.values():
        counts[clause] = counts.get(clause, 0) + 1
    return tuple(sorted(counts.items()))


def _table(state: State, line: Line, against: dict[AgentId, Clause]) -> tuple[Candidate, ...]:
    rows = [_row(state, line, agent) for agent in line.members]
    if not against:
        return tuple(rows)
    return tuple(_excluded(row, against[row.agent]) if row.agent in against else row for row in rows)


def _excluded(row: Candidate, clause: Clause) -> Candidate:
    return Candidate(
        agent=row.agent,
        excluded=clause,
        running=row.running,
        used=row.used,
        max_slots=row.max_slots,
        priority=row.priority,
        measure=row.measure,
    )


def _row(state: State, line: Line, agent_id: AgentId) -> Candidate:
    row = line.table.get(agent_id)
    if row is None:
        agent = state.agents[agent_id]
        row = line.table[agent_id] = Candidate(
            agent=agent_id,
            excluded=line.standing[agent_id],
            running=len(agent.holds),
            used=agent.used,
            max_slots=agent.settings.max_slots,
            priority=line.members[agent_id].priority,
            measure=describe(agent, line.settings),
        )
    return row
