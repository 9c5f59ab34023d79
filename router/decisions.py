"""The decision record: why this agent, and what kept the others (DESIGN §5.9).

Cheap enough to be always on: counts are kept as standings change, and the rows of the table are kept between decisions
until something about their agent changes. Up to `TABLE` people the record lists them all; beyond that clauses about the
pair are counted for those who refused the conversation only.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from router.agent import Agent
from router.conversation import Conversation, Shelf
from router.eligibility import excluded, pair_excluded, settle, standing
from router.line import Line, Pool
from router.methods import describe, priority
from router.model import AgentId, Candidate, Clause, Decision
from router.state import State
from router.step import Step

TABLE = 50
# So many agents who changed since the pools were brought up to date are counted one by one; more are settled first.
_UNSETTLED = 16

_Counts = dict[Clause, int]


def record(  # noqa: PLR0913 - what there is to say of a choice
    step: Step,
    pool: Pool,
    conversation: Conversation,
    *,
    chosen: Agent | None = None,
    runner_up: Agent | None = None,
    reason: str = "method",
    not_yet: Collection[AgentId] = (),
) -> Decision:
    """Of this moment, before the offer is made. `not_yet`: takeable, but the ring wave has not come to them."""
    if not step.records:
        return _bare(pool.line, reason)
    state = step.state
    counts: _Counts = {}
    candidates: tuple[Candidate, ...] = ()
    if len(pool.people) <= TABLE:
        candidates = _table(state, pool, conversation, not_yet, counts)
        takeable = len(candidates) - sum(counts.values())
    else:
        _count(state, pool, conversation, not_yet, counts)
        takeable = len(pool.people) - sum(counts.values())
    return Decision(
        method=pool.line.settings.method,
        reason=reason,
        takeable=takeable,
        chosen=None if chosen is None else _compared(state, pool, chosen),
        runner_up=None if runner_up is None else _compared(state, pool, runner_up),
        excluded=tuple(sorted(counts.items()) if len(counts) > 1 else counts.items()),
        candidates=candidates,
        widening_step=conversation.widening_step,
        rules=conversation.rules,
    )


def explain(state: State, conversation: Conversation) -> Decision:
    """Why it waits: every clause of the list, for everybody, as things stand now. Nobody is chosen."""
    pool = state.pool_of(conversation)
    rows: list[Candidate] = []
    counts: _Counts = {}
    for agent_id in pool.people:
        clause = excluded(state, pool, state.agents[agent_id], conversation)
        rows.append(_excluded(_row(state, pool, agent_id), clause))
        if clause is not None:
            counts[clause] = counts.get(clause, 0) + 1
    return Decision(
        method=pool.line.settings.method,
        reason="waiting",
        takeable=len(rows) - sum(counts.values()),
        chosen=None,
        runner_up=None,
        excluded=tuple(sorted(counts.items())),
        candidates=tuple(rows[:TABLE]),
        widening_step=conversation.widening_step,
        rules=conversation.rules,
    )


_bare_decisions: dict[tuple[str, str], Decision] = {}


def _bare(line: Line, reason: str) -> Decision:
    """Where nobody will ask: the same one every time."""
    key = (line.settings.method.value, reason)
    if key not in _bare_decisions:
        _bare_decisions[key] = Decision(
            method=line.settings.method,
            reason=reason,
            takeable=0,
            chosen=None,
            runner_up=None,
            excluded=(),
            candidates=(),
        )
    return _bare_decisions[key]


# Small teams: a row for everybody.


def _table(
    state: State, pool: Pool, conversation: Conversation, not_yet: Collection[AgentId], counts: _Counts
) -> tuple[Candidate, ...]:
    against = _against(state, pool, conversation, not_yet, pool.eligible)
    agents, known = state.agents, pool.rows
    rows = []
    for agent_id in pool.people:
        found = known.get(agent_id)
        row = found[1] if found is not None and found[0] == agents[agent_id].version else _row(state, pool, agent_id)
        clause = row.excluded
        if clause is None and agent_id in against:
            clause = against[agent_id]
            row = _excluded(row, clause)
        if clause is not None:
            counts[clause] = counts.get(clause, 0) + 1
        rows.append(row)
    return tuple(rows)


def _against(
    state: State,
    pool: Pool,
    conversation: Conversation,
    not_yet: Collection[AgentId],
    among: Iterable[AgentId],
) -> dict[AgentId, Clause]:
    """The agents of those whom something about the pair excludes; whoever something of their own keeps apart."""
    crowded = bool(state.keeping_room) and not pool.line.soft
    by_pair = crowded or conversation.cost > 1 or bool(conversation.refusals)
    if not by_pair and not not_yet and conversation.reservation is None:
        return {}
    against = dict.fromkeys(not_yet, Clause.WAVE)
    if conversation.shelf is not None and conversation.shelf[1] is Shelf.RESERVED and conversation.reservation:
        against |= dict.fromkeys(set(among) - set(conversation.reservation.agents), Clause.RESERVED)
    if by_pair:
        for agent_id in among:
            clause = pair_excluded(state, pool.line, state.agents[agent_id], conversation)
            if clause is not None:
                against[agent_id] = clause
    return against


def _excluded(row: Candidate, clause: Clause | None) -> Candidate:
    return row if row.excluded is clause else replace(row, excluded=clause)


def _compared(state: State, pool: Pool, agent: Agent) -> Candidate:
    """The row of the chosen or the runner-up: with the measure in words."""
    row = _row(state, pool, agent.id)
    return row if row.measure else replace(row, measure=describe(agent, pool.line.settings))


def _row(state: State, pool: Pool, agent_id: AgentId) -> Candidate:
    """Kept until the agent changes. The measure is in it where the other columns do not tell it."""
    agent = state.agents[agent_id]
    known = pool.rows.get(agent_id)
    if known is not None and known[0] == agent.version:
        return known[1]
    line = pool.line
    member = line.members.get(agent_id)
    row = Candidate(
        agent=agent_id,
        excluded=standing(state, agent, line) if agent_id in pool.eligible else Clause.SKILLS,
        running=len(agent.holds),
        used=agent.used,
        max_slots=agent.settings.max_slots,
        priority=priority(agent, line) if member is None else member.priority,
        measure=describe(agent, line.settings) if line.turned else "",
        preference=pool.eligible.get(agent_id, 0),
    )
    pool.rows[agent_id] = (agent.version, row)
    return row


# Large ones: counts, kept as standings change.


def _count(state: State, pool: Pool, conversation: Conversation, not_yet: Collection[AgentId], counts: _Counts) -> None:
    if len(state.unsettled) > _UNSETTLED:
        settle(state)
    counts.update(pool.counts)
    for agent_id in state.unsettled:
        if agent_id in pool.eligible:
            _recount(counts, pool.standing.get(agent_id), standing(state, state.agents[agent_id], pool.line))
    skills = len(pool.people) - len(pool.eligible)
    if skills:
        counts[Clause.SKILLS] = skills
    asked = [agent_id for agent_id in conversation.refusals if agent_id in pool.eligible]
    for agent_id, clause in _against(state, pool, conversation, not_yet, asked).items():
        _recount(counts, standing(state, state.agents[agent_id], pool.line), clause, only_open=True)
    for clause in [clause for clause, count in counts.items() if not count]:
        del counts[clause]


def _recount(counts: _Counts, before: Clause | None, now: Clause | None, *, only_open: bool = False) -> None:
    if before is now or (only_open and before is not None):
        return
    if before is not None:
        counts[before] -= 1
    if now is not None:
        counts[now] = counts.get(now, 0) + 1
