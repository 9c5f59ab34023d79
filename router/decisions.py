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
from router.model import AgentId, Candidate, Clause, Decision, Method
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
    candidates: tuple[Candidate, ...] = ()
    if len(pool.people) <= TABLE:
        candidates, counts = _table(state, pool, conversation, not_yet)
    else:
        counts = _count(state, pool, conversation, not_yet, chosen)
    return Decision(
        method=pool.line.settings.method,
        reason=reason,
        takeable=len(pool.people) - sum(counts.values()),
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
        rows.append(_excluded(_keep_row(state, pool, state.agents[agent_id]), clause))
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


_bare_decisions: dict[tuple[Method, str], Decision] = {}


def _bare(line: Line, reason: str) -> Decision:
    """Where nobody will ask: the same one every time."""
    key = (line.settings.method, reason)
    known = _bare_decisions.get(key)
    if known is None:
        known = _bare_decisions[key] = Decision(
            method=line.settings.method,
            reason=reason,
            takeable=0,
            chosen=None,
            runner_up=None,
            excluded=(),
            candidates=(),
        )
    return known


# Small teams: a row for everybody.


def _table(
    state: State, pool: Pool, conversation: Conversation, not_yet: Collection[AgentId]
) -> tuple[tuple[Candidate, ...], _Counts]:
    rows = [agent.rows.get(pool) or _keep_row(state, pool, agent) for agent in pool.team]
    against = _against(state, pool, conversation, not_yet, pool.eligible)
    if against:
        rows = [row if row.excluded is not None else _excluded(row, against.get(row.agent)) for row in rows]
    clauses = [row.excluded for row in rows]
    return tuple(rows), {clause: clauses.count(clause) for clause in set(clauses) if clause is not None}


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
    return _new_row(state, pool, agent, describe(agent, pool.line.settings))


def _keep_row(state: State, pool: Pool, agent: Agent) -> Candidate:
    """Kept until the agent changes. The measure is in it where the other columns do not tell it."""
    row = _new_row(state, pool, agent, describe(agent, pool.line.settings) if pool.line.turned else "")
    agent.rows[pool] = row
    return row


def _new_row(state: State, pool: Pool, agent: Agent, measure: str) -> Candidate:
    line = pool.line
    member = line.members.get(agent.id)
    preference = pool.eligible.get(agent.id)
    return Candidate(
        agent=agent.id,
        excluded=Clause.SKILLS if preference is None else standing(state, agent, line),
        running=len(agent.holds),
        used=agent.used,
        max_slots=agent.settings.max_slots,
        priority=priority(agent, line) if member is None else member.priority,
        measure=measure,
        preference=preference or 0,
    )


# Large ones: counts, kept as standings change.


def _count(
    state: State, pool: Pool, conversation: Conversation, not_yet: Collection[AgentId], chosen: Agent | None
) -> _Counts:
    """The chosen changes again at once, so what is kept is left as it was before they came free: full, most often."""
    if len(state.unsettled) > _UNSETTLED:
        settle(state, but=None if chosen is None else chosen.id)
    counts: _Counts = dict(pool.counts)
    for agent_id in state.unsettled & pool.eligible.keys():
        _recount(counts, pool.standing.get(agent_id), standing(state, state.agents[agent_id], pool.line))
    skills = len(pool.people) - len(pool.eligible)
    if skills:
        counts[Clause.SKILLS] = skills
    asked: Collection[AgentId] = [agent_id for agent_id in conversation.refusals if agent_id in pool.eligible]
    if conversation.shelf is not None and conversation.shelf[1] is Shelf.RESERVED:
        settle(state)  # rare: then everybody who is open is looked at
        asked = list(pool.ranks)
    for agent_id, clause in _against(state, pool, conversation, not_yet, asked).items():
        _recount(counts, standing(state, state.agents[agent_id], pool.line), clause, only_open=True)
    return {clause: count for clause, count in counts.items() if count}


def _recount(counts: _Counts, before: Clause | None, now: Clause | None, *, only_open: bool = False) -> None:
    if before is now or (only_open and before is not None):
        return
    if before is not None:
        counts[before] -= 1
    if now is not None:
        counts[now] = counts.get(now, 0) + 1
