"""What must hold after every step. Slow and plain on purpose: used by the tests, and where somebody doubts.

Two independent witnesses: `takeable_pairs` reads DESIGN §5.1 off the snapshot, knowing nothing of lines, standings or
who was touched; and the indexes are compared with those of a state restored from that snapshot.
"""

from collections.abc import Collection, Iterator

from router.agent import Agent
from router.bot import Bot
from router.conversation import Conversation
from router.deadlines import Due
from router.eligibility import settle
from router.line import Pool
from router.model import (
    AgentId,
    ConversationId,
    ConversationState,
    DepartmentId,
    HoldKind,
    Method,
    Offer,
    OfferState,
    Status,
    WorkspaceSettings,
)
from router.needs import Opening, opening
from router.router import Router
from router.snapshot import AgentRecord, ConversationRecord, Snapshot, restore, take_snapshot
from router.state import State
from router.watch import due_at

BOT, WAITING, OFFERED, ACTIVE, CLOSED = (
    ConversationState.BOT,
    ConversationState.WAITING,
    ConversationState.OFFERED,
    ConversationState.ACTIVE,
    ConversationState.CLOSED,
)


class Violated(AssertionError):
    """Something that must hold does not."""


def check(router: Router, *, lowered: Collection[AgentId] = ()) -> None:
    """Raises `Violated`. `lowered`: agents whose limit was lowered below what they held."""
    state = router._state  # noqa: SLF001 - the one who may look inside
    check_state(state, lowered=lowered)
    first, told = min(_all_due(state), default=None), router.next_deadline()
    _require(told == (first and first[0]), f"the next deadline is {first}, told {told} at {state.now}")


def check_state(state: State, *, lowered: Collection[AgentId] = ()) -> None:
    for agent in state.agents.values():
        _check_agent(state, agent, lowered)
    for conversation in state.conversations.values():
        _check_conversation(state, conversation)
        _check_answering(state, conversation)
    for bot in state.bots.values():
        _check_bot(state, bot)
    for offer in _offers(state):
        _check_offer(state, offer)
    _check_places(state)
    _check_indexes(state)
    _check_deadlines(state)
    snapshot = take_snapshot(state)
    for agent_id, conversation_id in takeable_pairs(state.settings, snapshot):
        raise Violated(f"{agent_id} could take {conversation_id}, which waits")


def _require(condition: bool, message: str) -> None:  # noqa: FBT001 - the condition is the point
    if not condition:
        raise Violated(message)


# Slots, offers, places.


def _check_agent(state: State, agent: Agent, lowered: Collection[AgentId]) -> None:
    costs = sum(hold.cost for hold in agent.holds.values())
    _require(agent.used == costs, f"{agent.id}: {agent.used} slots used, the holds say {costs}")
    _require(
        agent.used <= agent.settings.max_slots or agent.id in lowered,
        f"{agent.id}: {agent.used} of {agent.settings.max_slots} slots used",
    )
    ringing = {hold.conversation for hold in agent.holds.values() if hold.kind is HoldKind.OFFER}
    directed = {conversation for conversation, offer in agent.rings.items() if not offer.soft}
    _require(ringing == directed, f"{agent.id}: holds {ringing} for the directed offers {directed}")
    _require(agent.directed == len(directed), f"{agent.id}: counts {agent.directed} rings of {len(directed)}")
    _require(not agent.here or agent.present, f"{agent.id}: here, but not present")
    _require(
        (agent.grace_until is not None) == (agent.present and not agent.here),
        f"{agent.id}: present {agent.present}, here {agent.here}, grace until {agent.grace_until}",
    )
    for hold in agent.holds.values():
        _require(hold.conversation in state.conversations, f"{agent.id}: holds the forgotten {hold.conversation}")


def _check_conversation(state: State, conversation: Conversation) -> None:
    """In exactly one place."""
    holders = {
        (agent.id, hold.kind)
        for agent in state.agents.values()
        for hold in agent.holds.values()
        if hold.conversation == conversation.id
    }
    directed = {(offer.agent, HoldKind.OFFER) for offer in conversation.offers.values() if not offer.soft}
    expected = {
        BOT: set(),
        WAITING: set(),
        OFFERED: directed,
        ACTIVE: directed | {(conversation.owner, HoldKind.ACTIVE)},
        CLOSED: {(conversation.owner, HoldKind.WRAP_UP)},
    }[conversation.state]
    name = f"{conversation.id} ({conversation.state})"
    _require(holders == expected, f"{name}: held by {holders}, expected {expected}")
    free = conversation.in_line or conversation.state is BOT
    _require((conversation.owner is None) == free, f"{name}: owned by {conversation.owner}")
    _require(conversation.in_line == (conversation.pool is not None), f"{name}: stands in {conversation.pool}")
    _require(bool(conversation.offers) or conversation.state is not OFFERED, f"{name}: no offer is pending")
    _require(
        not conversation.offers or conversation.state in {OFFERED, ACTIVE}, f"{name}: offers {conversation.offers}"
    )
    soft = {offer.soft for offer in conversation.offers.values()}
    _require(len(soft) < 2 and (len(conversation.offers) < 2 or soft == {True}), f"{name}: {conversation.offers}")
    _require(conversation.department in state.lines or conversation.state is CLOSED, f"{name}: in no department")


def _check_answering(state: State, conversation: Conversation) -> None:
    """A bot has it that is here or expected back, and owes an answer exactly while the visitor waits for one."""
    name = f"{conversation.id} ({conversation.state})"
    asked_at, until = conversation.bot_asked_at, conversation.bot_until
    if conversation.state is not BOT:
        _require(asked_at is None and until is None, f"{name}: an answer is due at {until}")
        _require(not conversation.trial, f"{name}: a try-out among people")
        return
    bot = None if conversation.bot is None else state.bots.get(conversation.bot)
    _require(bot is not None and conversation.id in bot.has, f"{name}: {conversation.bot} has not got it")
    if bot is not None:
        _require(bot.connected or bot.grace_until is not None, f"{name}: stranded with {bot.id}, which is gone")
    _require((asked_at is None) != conversation.awaiting_reply, f"{name}: asked at {asked_at}")
    _require(until is None or asked_at is not None, f"{name}: an answer to nothing is due at {until}")


def _check_bot(state: State, bot: Bot) -> None:
    having = {one.id for one in state.conversations.values() if one.state is BOT and one.bot == bot.id}
    _require(bot.has == having, f"{bot.id}: counts {bot.has} as its own, which are {having}")
    _require(not bot.connected or bot.grace_until is None, f"{bot.id}: connected, and gone at {bot.grace_until}")


def _offers(state: State) -> Iterator[Offer]:
    of_conversations = {
        offer.id: offer for conversation in state.conversations.values() for offer in conversation.offers.values()
    }
    of_agents = {offer.id: offer for agent in state.agents.values() for offer in agent.rings.values()}
    _require(of_conversations == of_agents == state.offers, "offers of conversations, agents and the index differ")
    yield from of_conversations.values()


def _check_offer(state: State, offer: Offer) -> None:
    agent, conversation = state.agents[offer.agent], state.conversations[offer.conversation]
    name = f"{offer.id} at {agent.id}"
    _require(agent.status is Status.AVAILABLE, f"{name}: the agent is {agent.status}")
    _require(agent.reachable, f"{name}: the agent is unreachable")
    _require((offer.miss_at if offer.soft else offer.expires_at) is not None or offer.soft, f"{name}: rings for ever")
    if offer.transfer_from is not None:
        _require(conversation.owner == offer.transfer_from, f"{name}: transferred by {offer.transfer_from}")
        return
    _require(conversation.in_line, f"{name}: {conversation.state}")
    _require(agent.id in state.pool_of(conversation).eligible, f"{name}: not eligible")
    if offer.soft:
        _require(state.line_of(conversation).soft, f"{name}: soft, but the department does not ring all")
        _require(agent.free >= conversation.cost, f"{name}: rings softly without a free slot")


def _check_places(state: State) -> None:
    """The place is 1 + those in line before it that share an eligible agent, counted one by one."""
    snapshot = take_snapshot(state)
    in_line = [conversation for conversation in snapshot.conversations if conversation.state in {WAITING, OFFERED}]
    eligible = {one.id: {a.id for a in snapshot.agents if is_eligible(state.settings, a, one)} for one in in_line}
    present = {agent.id for agent in snapshot.agents if agent.present and agent.status is Status.AVAILABLE}
    asks = {one.id: _asks(state.settings, one) for one in in_line}
    for one in in_line:
        naive = 1 + sum(
            bool(eligible[other.id] & eligible[one.id] or asks[one.id] == asks[other.id])
            and (other.key_at, other.arrival) < (one.key_at, one.arrival)
            for other in in_line
        )
        conversation = state.conversations[one.id]
        place = state.place(conversation)
        _require(place == naive, f"{one.id}: place {place}, counted {naive}")
        _require(state.serving(conversation) == bool(eligible[one.id] & present), f"{one.id}: serving is wrong")


def _asks(settings: WorkspaceSettings, one: ConversationRecord) -> tuple[DepartmentId, Opening]:
    """Where nobody is eligible, those who ask for the same still stand behind one another."""
    return one.department, opening(one.needs, settings.departments[one.department].widen[: one.widening_step])


# Indexes and deadlines.


def _check_indexes(state: State) -> None:
    fresh = restore(state.settings, take_snapshot(state))
    _require(take_snapshot(fresh) == take_snapshot(state), "a restored state has other records")
    _require(set(fresh.lines) == set(state.lines), "lines of other departments")
    settle(fresh)
    settle(state)
    for department, line in state.lines.items():
        for asked, pool in line.pools.items():
            again = fresh.lines[department].pools.get(asked)
            if again is None:
                _require(not len(pool), f"{department}: a restored state lacks the pool {asked}")
            else:
                _check_pool(f"{department} {asked}", pool, again)
        _require(set(fresh.lines[department].pools) <= set(line.pools), f"{department}: lacks pools")
    _require(fresh.keeping_room == state.keeping_room, "other agents keep room")
    _require(fresh.reserved == state.reserved, "other reservations")
    for agent in state.agents.values():
        again_agent = fresh.agents[agent.id]
        _require(agent.fresh == again_agent.fresh, f"{agent.id}: fresh {agent.fresh}, should be {again_agent.fresh}")
        for pool in agent.pools:
            _require(agent.id in pool.eligible, f"{agent.id}: listed in a pool without being eligible")


def _check_pool(name: str, pool: Pool, fresh: Pool) -> None:
    counts = ({clause: count for clause, count in each.counts.items() if count} for each in (pool, fresh))
    pairs = {
        "eligible": (pool.eligible, fresh.eligible),
        "ready": (list(pool.ready), list(fresh.ready)),
        "held": (list(pool.held), list(fresh.held)),
        "ringing": (pool.ringing, fresh.ringing),
        "ranks": (pool.ranks, fresh.ranks),
        "open": (pool.open, fresh.open),
        "standing": (pool.standing, fresh.standing),
        "counts": tuple(counts),
        "serving": (pool.serving, fresh.serving),
    }
    for what, (kept, recomputed) in pairs.items():
        _require(kept == recomputed, f"{name}: {what} is {kept}, should be {recomputed}")
    _require(pool.open == sorted(pool.ranks.values()), f"{name}: open is not sorted")


# Time alone changes nothing by these once they are past.
_WAKES = {Due.BREATHING, Due.REST, Due.BLIP, Due.LAPSE, Due.WAVE, Due.RESERVED, Due.NOTICE}
_NUMBERS = tuple(str(number) for number in range(5))  # of waves and wait messages


def _all_due(state: State) -> Iterator[tuple[int, Due, str, str]]:
    for due in Due:
        for one in ("", *state.agents, *state.bots, *state.conversations):
            for two in ("", *state.agents, *_NUMBERS):
                at = _due_or_none(state, due, one, two)
                if at is not None and (at > state.now or due not in _WAKES):
                    yield at, due, one, two


def _due_or_none(state: State, due: Due, one: str, two: str) -> int | None:
    """`due_at` for those keys that make sense."""
    of_agent = due in {Due.GRACE, Due.BREATHING, Due.REST}
    known = state.agents if of_agent else state.conversations
    if due is Due.PAUSE:
        return due_at(state, due, "", "") if not one and not two else None
    if due is Due.BOT_GONE:
        return due_at(state, due, one, "") if one in state.bots and not two else None
    numbered = _NUMBERS if due in {Due.WAVE, Due.NOTICE} else ("",)
    seconds = state.agents if due in {Due.CONFIRM, Due.RING, Due.LAPSE} else numbered
    return due_at(state, due, one, two) if one in known and two in seconds else None


def _check_deadlines(state: State) -> None:
    """Looked at in time. The end of a ring may be left to its confirmation: without one the offer ends before."""
    for at, due, one, two in _all_due(state):
        look = state.deadlines.wanted(due, one, two)
        if look is None and due is Due.RING:
            look = due_at(state, Due.CONFIRM, one, two) and state.deadlines.wanted(Due.CONFIRM, one, two)
        _require(look is not None and look <= at, f"{due.name} of {one} {two} at {at}: looked at {look}")


# The oracle: DESIGN §5.1 read naively off the snapshot.


def takeable_pairs(settings: WorkspaceSettings, snapshot: Snapshot) -> Iterator[tuple[AgentId, ConversationId]]:
    """All agents against all conversations, clause by clause."""
    for conversation in snapshot.conversations:
        for agent in snapshot.agents:
            if takeable(settings, snapshot, agent, conversation):
                yield agent.id, conversation.id


def takeable(
    settings: WorkspaceSettings, snapshot: Snapshot, agent: AgentRecord, conversation: ConversationRecord
) -> bool:
    if conversation.state not in {WAITING, OFFERED}:
        return False
    ringing_there = any(offer.agent == agent.id for offer in conversation.offers)
    if any(not offer.soft for offer in conversation.offers) or ringing_there:
        return False
    soft = settings.departments[conversation.department].method is Method.RING_ALL
    return all(
        (
            is_eligible(settings, agent, conversation),  # (a), (e)
            agent.status is Status.AVAILABLE,  # (b)
            agent.connected and not agent.deaf,  # (c)
            _has_slots(settings, snapshot, agent, conversation),  # (d)
            soft or _leaves_room(settings, snapshot, agent, conversation),  # (d)
            soft or _is_undisturbed(settings, snapshot, agent),  # (f), (g)
            not _has_refused(settings, snapshot, agent, conversation, soft=soft),  # (h)
            not _is_reserved_for_others(settings, snapshot, agent, conversation),  # (i)
            _visitor_is_there(settings, snapshot, conversation),  # (j)
            not soft or _wave_has_come(settings, snapshot, conversation),  # (k)
            snapshot.counters.pause_until is None,  # (l)
            conversation.quarantined_until is None,  # (m)
        )
    )


def is_eligible(settings: WorkspaceSettings, agent: AgentRecord, conversation: ConversationRecord) -> bool:
    """(a) member, or opened by widening; (e) the skills, at the levels of the widening step."""
    said = settings.agents[agent.id]
    steps = settings.departments[conversation.department].widen[: conversation.widening_step]
    departments = {conversation.department}.union(*(step.add_departments for step in steps))
    belongs = any(step.any_agent for step in steps) or any(each.department in departments for each in said.members)
    lowered = sum(step.lower_levels for step in steps)
    return belongs and all(
        said.skills.get(skill, 0) >= max(1, level - lowered) for skill, level in conversation.needs.require
    )


def _is_reserved_for_others(
    settings: WorkspaceSettings, snapshot: Snapshot, agent: AgentRecord, conversation: ConversationRecord
) -> bool:
    reservation = conversation.reservation
    if reservation is None or snapshot.counters.now >= reservation.until or agent.id in reservation.agents:
        return False
    named = (other for other in snapshot.agents if other.id in reservation.agents)
    return any(other.present and is_eligible(settings, other, conversation) for other in named)


def _wave_has_come(settings: WorkspaceSettings, snapshot: Snapshot, conversation: ConversationRecord) -> bool:
    waves = settings.departments[conversation.department].ring_waves
    waited = snapshot.counters.now - conversation.entered_line_at
    come = [agents for after_ms, agents in waves if after_ms <= waited]
    return not waves or (bool(come) and (come[-1] == 0 or len(conversation.offers) < come[-1]))


def _has_slots(
    settings: WorkspaceSettings, snapshot: Snapshot, agent: AgentRecord, conversation: ConversationRecord
) -> bool:
    if _used(agent) + conversation.cost > settings.agents[agent.id].max_slots:
        return False
    departments = {each.id: each.department for each in snapshot.conversations}
    here = sum(hold.cost for hold in agent.holds if departments[hold.conversation] == conversation.department)
    caps = [
        member.max_slots
        for member in settings.agents[agent.id].members
        if member.department == conversation.department and member.max_slots
    ]
    return all(here + conversation.cost <= cap for cap in caps)


def _used(agent: AgentRecord) -> int:
    return sum(hold.cost for hold in agent.holds)


def _leaves_room(
    settings: WorkspaceSettings, snapshot: Snapshot, agent: AgentRecord, conversation: ConversationRecord
) -> bool:
    older = [
        (other.key_at, other.arrival, other.cost)
        for other in snapshot.conversations
        for offer in other.offers
        if offer.soft
        and offer.agent == agent.id
        and offer.miss_at is not None
        and (other.key_at, other.arrival) < (conversation.key_at, conversation.arrival)
    ]
    if not older:
        return True
    return _used(agent) + conversation.cost + min(older)[2] <= settings.agents[agent.id].max_slots


def _is_undisturbed(settings: WorkspaceSettings, snapshot: Snapshot, agent: AgentRecord) -> bool:
    now = snapshot.counters.now
    rings = [hold for hold in agent.holds if hold.kind is HoldKind.OFFER]
    return (
        (agent.breathing_until is None or agent.breathing_until <= now)
        and (agent.rest_until is None or agent.rest_until <= now)
        and len(rings) < settings.agents[agent.id].rings_at_once
    )


def _has_refused(
    settings: WorkspaceSettings, snapshot: Snapshot, agent: AgentRecord, conversation: ConversationRecord, *, soft: bool
) -> bool:
    kinds = {OfferState.DECLINED} if soft else {OfferState.DECLINED, OfferState.MISSED}
    return any(
        refusal.agent == agent.id and refusal.kind in kinds and snapshot.counters.now < refusal.at + settings.reoffer_ms
        for refusal in conversation.refusals
    )


def _visitor_is_there(settings: WorkspaceSettings, snapshot: Snapshot, conversation: ConversationRecord) -> bool:
    left_at = conversation.visitor_left_at
    return left_at is None or conversation.left or snapshot.counters.now < left_at + settings.blip_ms
