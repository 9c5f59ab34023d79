"""The story of a conversation's way: the router's events about it, each told as a turn with a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, assert_never

import msgspec

from router import events
from server.desk import reason_words, views
from server.desk.directory import Directory
from server.store.rows import EventRow, PromiseRow
from server.wire import parts
from server.wire.reasons import PromiseTold, Turn
from server.wire.times import rfc3339

_Change = events.ConversationMoved | events.ConversationWidened | events.Quarantined | events.ConversationClosed
_OfBots = events.ConversationHandedOver | events.HandoffFailed | events.ConversationGivenToBot
Telling = (
    events.ConversationStarted
    | events.OfferMade
    | events.OfferEnded
    | events.ConversationAssigned
    | events.ConversationReturned
    | events.WaitPromised
    | _OfBots
    | _Change
)
_DECODERS: Final = {kind.__name__: msgspec.json.Decoder(kind) for kind in Telling.__args__}
KINDS: Final = tuple(_DECODERS)

_CLOSED: Final = {
    "visitor": "The visitor closed it.",
    "idle": "It was closed: the visitor was silent.",
    "abandoned": "The visitor left.",
}
_HANDED_OVER: Final = {
    "handoff": "{bot} handed it over to the line of {to}.",
    "asked": "The visitor asked {bot} for a person: into the line of {to}.",
    "bot_gone": "{bot} was gone: into the line of {to}.",
    "unanswered": "{bot} left the visitor without an answer: into the line of {to}.",
    "bot_removed": "{bot} is in the settings no more: into the line of {to}.",
}
_KEPT: Final = {
    "nobody": "nobody is there",
    "line_full": "the line is full",
    "outside_hours": "it is outside hours",
    "trial": "it is a try-out",
}


def decoded(row: EventRow) -> Telling:
    """The event as it was recorded."""
    found: Telling = _DECODERS[row.kind].decode(row.body)
    return found


class Story:
    """What happened to one conversation, in its order, with the names of now."""

    def __init__(self, happened: Sequence[Telling], promised: Sequence[PromiseRow], directory: Directory) -> None:
        self._directory = directory
        self._happened = happened
        self._ends = {event.offer: event for event in happened if isinstance(event, events.OfferEnded)}
        self._promised = {row.line_entry: row for row in promised}

    @property
    def started(self) -> events.ConversationStarted | None:
        """How it began; None if that is longer ago than is told."""
        return next((event for event in self._happened if isinstance(event, events.ConversationStarted)), None)

    def turns(self) -> list[Turn]:
        """All of it."""
        return [turn for event in self._happened for turn in self._told(event)]

    def _told(self, event: Telling) -> Iterator[Turn]:
        match event:
            case events.ConversationStarted():
                yield self._start(event)
            case events.OfferMade():
                yield self._offer(event)
            case events.OfferEnded():
                pass  # told with the offer
            case events.ConversationAssigned():
                yield from self._assigned(event)
            case events.ConversationReturned():
                yield self._returned(event)
            case events.WaitPromised():
                yield self._promise(event)
            case events.ConversationHandedOver() | events.HandoffFailed() | events.ConversationGivenToBot():
                yield self._of_bot(event)
            case _:
                yield self._changed(event)

    def _of_bot(self, event: _OfBots) -> Turn:
        at, bot = rfc3339(event.at), _name(self._bot(event.bot))
        match event:
            case events.ConversationHandedOver():
                to = self._directory.department_named(event.department)
                said = _HANDED_OVER[event.reason].format(bot=bot, to=_name(to))
                if event.words:
                    said += f" It said: {event.words}"
                return Turn(at=at, what="handed_over", says=said, to=to)
            case events.HandoffFailed():
                who = "The visitor asked for a person" if event.asked else f"{bot} tried to hand it over"
                return Turn(at=at, what="kept_by_bot", says=f"{who}, but {_KEPT[event.reason]}: it stays with {bot}.")
            case events.ConversationGivenToBot():
                agent = self._agent(event.agent)
                says = f"{_name(agent)} gave it to {bot}."
                return Turn(at=at, what="given_to_bot", says=says, agent=agent, to=self._bot(event.bot))
            case _:
                assert_never(event)

    def _bot(self, bot: str) -> parts.Named:
        found = self._directory.bot_named(bot)
        assert found is not None, "only nobody has no name"
        return found

    def _changed(self, event: _Change) -> Turn:
        at = rfc3339(event.at)
        match event:
            case events.ConversationMoved():
                to = self._directory.department_named(event.department)
                return Turn(at=at, what="moved", says=f"Settings changed: it waits in {_name(to)}.", to=to)
            case events.ConversationWidened():
                says = f"It has waited long enough for widening step {event.step}."
                return Turn(at=at, what="widened", says=says)
            case events.Quarantined():
                says = f"A fault: it is kept out of routing until {rfc3339(event.until)}."
                return Turn(at=at, what="kept_out", says=says)
            case events.ConversationClosed():
                agent = self._directory.agent_named(event.closed_by)
                says = _CLOSED.get(event.by) or f"{'The agent' if agent is None else _name(agent)} closed it."
                if event.by == "bot" and event.bot is not None:
                    says = f"{_name(self._bot(event.bot))} closed it."
                return Turn(at=at, what="closed", says=says, agent=agent)
            case _:
                assert_never(event)

    def _start(self, event: events.ConversationStarted) -> Turn:
        to = self._directory.department_named(event.department)
        said = ["A message was left for later." if event.left else f"It entered the line of {_name(to)}."]
        if event.bot is not None:
            said = [f"It went to {_name(self._bot(event.bot))}, for {_name(to)}."]
        if event.rules:
            said.append(f"Rules that matched: {', '.join(event.rules)}.")
        if event.asked is not None:
            asked = self._directory.department_named(event.asked)
            said.append(f"It overflowed from {_name(asked)}: the line was full, or nobody was there.")
        if event.head_start_ms:
            said.append(f"It has a head start of {event.head_start_ms // 1000} s.")
        if event.reservation is not None:
            names = ", then ".join(_name(self._agent(each)) for each in event.reservation.agents)
            said.append(f"It is kept for {names} for {(event.reservation.until - event.at) // 1000} s.")
        return Turn(at=rfc3339(event.at), what="started", says=" ".join(said), to=to)

    def _offer(self, event: events.OfferMade) -> Turn:
        offer, end = event.offer, self._ends.get(event.offer.id)
        agent, why = self._agent(offer.agent), views.why(event.decision, self._directory)
        outcome = "pending" if end is None else end.end.value
        return Turn(
            at=rfc3339(event.at),
            what="offer",
            says=reason_words.says_offer(_name(agent), why, outcome),
            agent=agent,
            offer=offer.id,
            soft=offer.soft,
            auto=offer.auto,
            outcome=outcome,
            ended_at=None if end is None else rfc3339(end.at),
            why=why,
            excluded=reason_words.excluded(why),
        )

    def _assigned(self, event: events.ConversationAssigned) -> Iterator[Turn]:
        agent, waited = self._agent(event.agent), event.waited_ms / 1000
        via: Literal["offer", "pick", "transfer"] = "offer"
        match event.via:
            case "pick":
                before = "" if event.previous is None else _name(self._agent(event.previous))
                how = f"took it over from {before}" if before else "picked it"
                via, says = "pick", f"{_name(agent)} {how}."
            case "transfer":
                via, says = "transfer", f"{_name(agent)} took it over."
                if event.previous is not None:
                    yield self._handed(event.at, event.previous, agent)
            case _:
                how = "accepted" if event.confirm is None else "was given it"
                says = f"{_name(agent)} {how} after {waited:.0f} s in line."
        yield Turn(at=rfc3339(event.at), what="assigned", says=says, agent=agent, via=via, waited_s=waited)

    def _returned(self, event: events.ConversationReturned) -> Turn:
        if event.reason == "transferred":
            return self._handed(event.at, event.previous, self._directory.department_named(event.department))
        agent = self._agent(event.previous)
        says = f"{_name(agent)} was not here any more: back in line, at the old place."
        return Turn(at=rfc3339(event.at), what="left", says=says, agent=agent)

    def _handed(self, at: int, sender: str, to: parts.Named) -> Turn:
        agent = self._agent(sender)
        says = f"{_name(agent)} handed it to {_name(to)}."
        return Turn(at=rfc3339(at), what="transferred", says=says, agent=agent, to=to)

    def _promise(self, event: events.WaitPromised) -> Turn:
        said, row = event.promise, self._promised.get(event.line_entry)
        low, high = said.low_ms // 1000, -(-said.high_ms // 1000)
        realised = None if row is None else row.realised_ms
        kept = None if realised is None else realised <= said.high_ms
        became = "" if realised is None else f" It was {realised / 1000:.0f} s{'' if kept else ', longer than that'}."
        return Turn(
            at=rfc3339(event.at),
            what="promised",
            says=f"The visitor was told {low} to {high} s, at place {event.place}.{became}",
            promise=PromiseTold(
                place=event.place,
                low_s=low,
                high_s=high,
                p50_s=said.p50_ms / 1000,
                p80_s=said.p80_ms / 1000,
                waited_s=None if realised is None else realised / 1000,
                kept=kept,
            ),
        )

    def _agent(self, agent: str) -> parts.Named:
        found = self._directory.agent_named(agent)
        assert found is not None, "only nobody has no name"
        return found


def _name(named: parts.Named) -> str:
    return named.name or named.key or named.id
