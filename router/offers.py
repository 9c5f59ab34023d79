"""Offers from birth to end: made, seen, accepted, declined, missed, withdrawn; and the assignment they lead to."""

from typing import Final

from router.agent import Agent
from router.commands import AcceptOffer, DeclineOffer, Pick, SeeOffer, TransferToAgent
from router.conversation import Conversation
from router.eligibility import fits, keeps_room
from router.errors import CommandRejected, Rejection
from router.events import (
    AgentDeaf,
    ConversationAssigned,
    OfferEnded,
    OfferMade,
    OfferMissCounted,
    OfferSeen,
    StatusChanged,
)
from router.model import (
    AgentId,
    Candidate,
    ConversationState,
    Decision,
    DepartmentSettings,
    Offer,
    OfferId,
    OfferState,
    Status,
)
from router.step import Step

MISSED_OFFERS: Final = "missed offers"
# Looked up under names of this module: a quarter of a microsecond each time.
_ACCEPTED: Final = OfferState.ACCEPTED
_BOT: Final = ConversationState.BOT


# Making and ending.


def make_offer(  # noqa: PLR0913 - three kinds of offers differ by their flags
    step: Step,
    agent: Agent,
    conversation: Conversation,
    decision: Decision,
    *,
    soft: bool = False,
    auto: bool = False,
    transfer_from: AgentId | None = None,
) -> Offer:
    """Ring at this agent. A directed offer takes slots; soft rings that no longer fit beside it are lost."""
    now = step.now
    ring_until = now + step.state.lines[conversation.department].ring_ms
    offer = Offer(
        id=OfferId(f"o_{conversation.id.removeprefix('c_')}-{conversation.offer_no + 1}"),
        conversation=conversation.id,
        agent=agent.id,
        soft=soft,
        made_at=now,
        expires_at=None if soft or auto else ring_until,
        miss_at=ring_until if soft else None,
        transfer_from=transfer_from,
        auto=auto,
    )
    step.emit(OfferMade(at=now, offer=offer, decision=decision))
    if not soft and len(agent.rings) != agent.directed:
        lose_rings(step, agent)
    return offer


def end_offer(step: Step, offer: Offer, end: OfferState, *, reason: str = "", rest_until: int | None = None) -> None:
    step.emit(
        OfferEnded(
            at=step.now,
            offer=offer.id,
            conversation=offer.conversation,
            agent=offer.agent,
            end=end,
            soft=offer.soft,
            transfer_from=offer.transfer_from,
            reason=reason,
            rest_until=rest_until,
        )
    )


def end_offers_of(step: Step, conversation: Conversation, end: OfferState) -> None:
    """Every pending offer of this conversation."""
    for offer in list(conversation.offers.values()):
        end_offer(step, offer, end)


def withdraw_from(step: Step, agent: Agent) -> None:
    """Every pending offer at this agent, oldest conversation first; no miss is counted."""
    for offer in rings_in_order(step, agent):
        end_offer(step, offer, OfferState.WITHDRAWN)


def lose_rings(step: Step, agent: Agent) -> None:
    """An agent who fills up loses the soft rings that no longer fit. Nobody has any whose rings are all directed."""
    for offer in rings_in_order(step, agent):
        if offer.soft and fits(step.state, agent, step.state.conversations[offer.conversation]) is not None:
            end_offer(step, offer, OfferState.WITHDRAWN)


def rings_in_order(step: Step, agent: Agent) -> list[Offer]:
    """The pending offers at this agent, oldest conversation first."""
    return sorted(agent.rings.values(), key=lambda offer: step.state.conversations[offer.conversation].order)


def _settings(step: Step, conversation: Conversation) -> DepartmentSettings:
    return step.state.line_of(conversation).settings


# Assigning.


def take(step: Step, offer: Offer, *, via: str, confirm: OfferId | None = None) -> None:
    """The offer is accepted: other rings end as taken, and the conversation is the agent's."""
    state = step.state
    conversation = state.conversations[offer.conversation]
    end_offer(step, offer, _ACCEPTED)
    if conversation.offers:
        end_offers_of(step, conversation, OfferState.TAKEN)
    assign(step, state.agents[offer.agent], conversation, via=via, confirm=confirm)


def assign(step: Step, agent: Agent, conversation: Conversation, *, via: str, confirm: OfferId | None = None) -> None:
    now, breathing_ms = step.now, agent.breathing_ms
    step.emit(
        ConversationAssigned(
            at=now,
            conversation=conversation.id,
            department=conversation.department,
            agent=agent.id,
            previous=conversation.owner,
            via=via,
            waited_ms=now - conversation.entered_line_at if conversation.in_line else 0,
            assign_no=conversation.assign_no + 1,
            breathing_until=now + breathing_ms if breathing_ms else None,
            confirm=confirm,
            bot=conversation.bot if conversation.state is _BOT else None,
        )
    )
    if len(agent.rings) != agent.directed:
        lose_rings(step, agent)


# What agents do.


def see(step: Step, command: SeeOffer) -> None:
    offer = step.state.offers.get(command.offer)
    if offer is not None and offer.agent == command.agent and not offer.seen:
        _seen(step, offer.id, step.state.conversations[offer.conversation], offer.agent)
        return
    for held in step.agent(command.agent).holds:
        conversation = step.state.conversations[held]
        if conversation.unconfirmed == command.offer and conversation.owner == command.agent:
            _seen(step, command.offer, conversation, command.agent)
            return


def _seen(step: Step, offer: OfferId, conversation: Conversation, agent: AgentId) -> None:
    step.emit(OfferSeen(at=step.now, offer=offer, conversation=conversation.id, agent=agent))


def accept(step: Step, command: AcceptOffer) -> None:
    offer = _pending(step, command.agent, command.offer)
    if offer.soft:
        state = step.state
        if fits(state, state.agents[offer.agent], state.conversations[offer.conversation]) is not None:
            raise CommandRejected(Rejection.CONFLICT, "no slot is free")
    take(step, offer, via="offer" if offer.transfer_from is None else "transfer")


def decline(step: Step, command: DeclineOffer) -> None:
    offer = _pending(step, command.agent, command.offer)
    rest_ms = _settings(step, step.state.conversations[offer.conversation]).reject_delay_ms
    rest_until = step.now + rest_ms if rest_ms else None
    end_offer(step, offer, OfferState.DECLINED, reason=command.reason, rest_until=rest_until)


def _pending(step: Step, agent: AgentId, offer_id: OfferId) -> Offer:
    offer = step.state.offers.get(offer_id)
    if offer is not None and offer.agent == agent:
        return offer
    step.agent(agent)
    if offer is None:
        raise CommandRejected(Rejection.GONE, "the offer has ended")
    raise CommandRejected(Rejection.NOT_FOUND, "no such offer")


def pick(step: Step, command: Pick) -> None:
    """By hand, also while others ring. An offer that rings at the picker is thereby accepted."""
    agent, conversation = step.agent(command.agent), step.open_conversation(command.conversation)
    if conversation.owner == agent.id:
        return
    if conversation.state is ConversationState.ACTIVE and not command.any_owner:
        raise CommandRejected(Rejection.GONE, "somebody else has taken it")
    if conversation.trial:
        raise CommandRejected(Rejection.CONFLICT, "it is a try-out of the bot")
    eligible = conversation.department in agent.members or agent.id in step.state.pool_of(conversation).eligible
    if not eligible and not command.any_department:
        raise CommandRejected(Rejection.FORBIDDEN, "not a member of its department")
    if agent.status not in {Status.AVAILABLE, Status.BUSY} or not agent.connected:
        raise CommandRejected(Rejection.CONFLICT, "only agents who are available or busy can take conversations")
    own = conversation.offers.get(agent.id)
    if (own is None or own.soft) and fits(step.state, agent, conversation) is not None:
        raise CommandRejected(Rejection.CONFLICT, "no slot is free")
    if own is not None:
        take(step, own, via="pick")
        return
    end_offers_of(step, conversation, OfferState.TAKEN)
    assign(step, agent, conversation, via="pick")


def transfer_to_agent(step: Step, command: TransferToAgent) -> None:
    """A directed offer beside the owner, who keeps the conversation until it is accepted."""
    conversation = owned(step, command.agent, step.open_conversation(command.conversation))
    target = step.agent(command.to)
    _check_target(step, target, conversation)
    end_offers_of(step, conversation, OfferState.WITHDRAWN)
    decision = Decision(
        method=_settings(step, conversation).method,
        reason="transfer",
        takeable=1,
        chosen=_candidate(target, conversation),
        runner_up=None,
        excluded=(),
        candidates=(),
    )
    make_offer(step, target, conversation, decision, transfer_from=command.agent)


def _check_target(step: Step, target: Agent, conversation: Conversation) -> None:
    """§5.4: (b), (c), (d) and (g) hold for the target of a transfer."""
    if target.id == conversation.owner:
        raise CommandRejected(Rejection.CONFLICT, "the conversation is theirs already")
    if target.id in conversation.offers:
        raise CommandRejected(Rejection.CONFLICT, "it rings there already")
    if target.status is not Status.AVAILABLE or not target.reachable:
        raise CommandRejected(Rejection.CONFLICT, "the colleague is not available")
    if fits(step.state, target, conversation) is not None:
        raise CommandRejected(Rejection.CONFLICT, "the colleague has no free slot")
    if keeps_room(step.state, target, conversation.order, conversation.cost) is not None:
        raise CommandRejected(Rejection.CONFLICT, "the colleague's last slot is kept for an older conversation")
    if target.directed >= target.rings_at_once:
        raise CommandRejected(Rejection.CONFLICT, "another offer is ringing at the colleague")


def _candidate(agent: Agent, conversation: Conversation) -> Candidate:
    member = agent.members.get(conversation.department)
    return Candidate(
        agent=agent.id,
        excluded=None,
        running=len(agent.holds),
        used=agent.used,
        max_slots=agent.max_slots,
        priority=member.priority if member is not None else 0,
    )


def owned(step: Step, agent: AgentId, conversation: Conversation) -> Conversation:
    """The conversation if this agent owns it, or a refusal."""
    step.agent(agent)
    if conversation.owner != agent:
        raise CommandRejected(Rejection.NOT_OWNER, "the conversation is not theirs")
    return conversation


# What time does.


def ring_over(step: Step, offer: Offer) -> None:
    """A directed offer is missed and goes on; a soft one counts one miss and rings on."""
    settings = _settings(step, step.state.conversations[offer.conversation])
    if offer.soft:
        step.emit(OfferMissCounted(at=step.now, offer=offer.id, conversation=offer.conversation, agent=offer.agent))
    else:
        rest_until = step.now + settings.miss_delay_ms if settings.miss_delay_ms else None
        end_offer(step, offer, OfferState.MISSED, rest_until=rest_until)
    agent = step.state.agents[offer.agent]
    if settings.miss_limit and agent.misses >= settings.miss_limit and agent.status is Status.AVAILABLE:
        step.emit(StatusChanged(at=step.now, agent=agent.id, status=Status.AWAY, reason=MISSED_OFFERS, automatic=True))
        withdraw_from(step, agent)


def not_confirmed(step: Step, agent: Agent) -> None:
    """The console did not say that it rang: unreachable until it speaks, its offers go on (no miss)."""
    if not agent.deaf:
        step.emit(AgentDeaf(at=step.now, agent=agent.id))
    withdraw_from(step, agent)
