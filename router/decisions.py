"""The decision record: why this agent, and what kept the others (DESIGN §5.9).

Cheap enough to be always on: counts are kept as standings change, and the rows of the table are kept between decisions
until something about their agent changes. Up to `TABLE` people the record lists them all; beyond that clauses about the
pair are counted for those who refused the conversation only.
"""

from collections.abc import Collection, Iterable
from typing import Final

from msgspec.structs import replace

from router.agent import Agent
from router.conversation import Conversation, Shelf
from router.eligibility import excluded, pair_excluded, settle, standing
from router.line import Line, Pool
from router.methods import describe, priority
from router.model import AgentId, Candidate, Clause, Decision, Method
from router.state import State
from router.step import Step
from router.table import Row, Table

TABLE: Final = 50
# So many agents who changed since the pools were brought up to date are counted one by one; more are settled first:
# most of them stand as they did before.
_UNSETTLED: Final = 2
_SKILLS: Final = Clause.SKILLS
_RESERVED: Final = Shelf.RESERVED

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
        method=pool.line.method,
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
    for agent in pool.team:
        clause = excluded(state, pool, agent, conversation)
        rows.append(_new_row(pool, agent, clause, describe(agent, pool.line) if pool.line.turned else ""))
        if clause is not None:
            counts[clause] = counts.get(clause, 0) + 1
    return Decision(
        method=pool.line.method,
        reason="waiting",
        takeable=len(rows) - sum(counts.values()),
        chosen=None,
        runner_up=None,
        excluded=tuple(sorted(counts.items())),
        candidates=tuple(rows[:TABLE]),
        widening_step=conversation.widening_step,
        rules=conversation.rules,
    )


_bare_decisions: Final[dict[tuple[Method, str], Decision]] = {}


def _bare(line: Line, reason: str) -> Decision:
    """Where nobody will ask: the same one every time."""
    key = (line.method, reason)
    known = _bare_decisions.get(key)
    if known is None:
        known = _bare_decisions[key] = Decision(
            method=line.method,
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
    """The rows as they are kept, but for those that something about the pair excludes; and the counts."""
    table = pool.table
    if table is None:
        table = pool.table = Table([_begin_row(pool, agent) for agent in pool.team])
    candidates = [
        row.candidate if row.version == row.agent.version else _look_again(state, pool, table, row)
        for row in table.rows
    ]
    counts = {clause: count for clause, count in table.counts.items() if count}
    against = _against(state, pool, conversation, not_yet, pool.eligible)
    if against:
        for number, row in enumerate(table.rows):
            clause = against.get(row.agent.id)
            if clause is not None and row.excluded is None:
                candidates[number] = replace(row.candidate, excluded=clause)
                counts[clause] = counts.get(clause, 0) + 1
    return tuple(candidates), counts


def _begin_row(pool: Pool, agent: Agent) -> Row:
    return Row(agent, _new_row(pool, agent, _SKILLS, ""), eligible=agent.id in pool.eligible)


def _look_again(state: State, pool: Pool, table: Table, row: Row) -> Candidate:
    """The agent changed since; what the row says of them did most often not. The measure stands in it where the
    other columns do not tell it.
    """
    agent, line = row.agent, pool.line
    excluded = standing(state, agent, line) if row.eligible else _SKILLS
    running, used, words = len(agent.holds), agent.used, describe(agent, line) if line.turned else ""
    if excluded is not row.excluded or running != row.running or used != row.used or words != row.words:
        _count_row(table.counts, row.excluded, excluded)
        row.excluded, row.running, row.used, row.words = excluded, running, used, words
        row.candidate = _new_row(pool, agent, excluded, words)
    row.version = agent.version
    return row.candidate


def _count_row(counts: _Counts, before: Clause | None, now: Clause | None) -> None:
    if before is not None:
        counts[before] -= 1
    if now is not None:
        counts[now] = counts.get(now, 0) + 1


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
    if conversation.shelf is _RESERVED and conversation.reservation:
        against |= dict.fromkeys(set(among) - set(conversation.reservation.agents), Clause.RESERVED)
    if by_pair:
        for agent_id in among:
            clause = pair_excluded(state, pool.line, state.agents[agent_id], conversation)
            if clause is not None:
                against[agent_id] = clause
    return against


def _compared(state: State, pool: Pool, agent: Agent) -> Candidate:
    """The row of the chosen or the runner-up: with the measure in words."""
    excluded = standing(state, agent, pool.line) if agent.id in pool.eligible else _SKILLS
    return _new_row(pool, agent, excluded, describe(agent, pool.line))


def _new_row(pool: Pool, agent: Agent, excluded: Clause | None, measure: str) -> Candidate:
    return Candidate(
        agent=agent.id,
        excluded=excluded,
        running=len(agent.holds),
        used=agent.used,
        max_slots=agent.max_slots,
        priority=priority(agent, pool.line),
        measure=measure,
        preference=pool.eligible.get(agent.id, 0),
    )


# Large ones: counts, kept as standings change.


def _count(
    state: State, pool: Pool, conversation: Conversation, not_yet: Collection[AgentId], chosen: Agent | None
) -> _Counts:
    """The chosen changes again at once, so what is kept is left as it was before they came free: full, most often."""
    if len(state.unsettled) > _UNSETTLED:
        settle(state, but=None if chosen is None else chosen.id)
    counts: _Counts = dict(pool.counts)
    for agent_id in state.unsettled:
        if agent_id in pool.eligible:
            _recount(counts, pool.standing.get(agent_id), standing(state, state.agents[agent_id], pool.line))
    skills = len(pool.people) - len(pool.eligible)
    if skills:
        counts[_SKILLS] = skills
    asked: Collection[AgentId] = [agent_id for agent_id in conversation.refusals if agent_id in pool.eligible]
    if conversation.shelf is _RESERVED:
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
