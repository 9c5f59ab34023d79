"""Letting a plan happen: the router under a virtual clock.

One loop over three sources of time, the earliest first: what the router itself has due, what was begun and now ends
(conversations, patience, reactions, shifts), and who arrives. The router is asked by commands and answers by events,
as in the server; nothing here looks into it. At one moment, ends come before arrivals.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from math import log
from typing import Any, Protocol

from router import commands as c
from router import events as e
from router.chance import draw
from router.errors import CommandRejected, Rejection
from router.lab.pace import Pace
from router.lab.plan import Plan, Shift
from router.lab.tally import LEFT, REFUSED, SERVED, Tally, batch_bounds
from router.lab.traffic import Arrival, arrivals
from router.model import AgentId, ConversationId, Offer, Status, VisitorId
from router.router import Router

# What is on the agenda, in the order in which things of one moment are done.
_END, _PACE, _REST_OVER, _LEAVE, _REACT, _BACK, _SHIFT = range(7)
_EVERY = 64  # one command in so many is timed
_VISITOR = VisitorId("v")


class Watcher(Protocol):
    """Somebody who looks on without touching anything: an estimator put to the test, a recorder of traffic."""

    def arriving(self, number: int, command: c.StartConversation, now: int) -> None:
        """This conversation is about to start; it has this number."""

    def happened(self, events: tuple[e.Event, ...]) -> None:
        """What a step made happen."""

    def settled(self, now: int) -> None:
        """Whoever was arriving has arrived, and was served at once or waits."""

    def waited(self, number: int, wait_ms: int, *, served: bool) -> None:
        """Its wait is over."""


def no_clock() -> float:
    """For whoever does not want to know what it cost."""
    return 0.0


def no_progress(_done: int) -> None:
    """For whoever does not look."""


def run(
    plan: Plan,
    *,
    cpu: Callable[[], float] = no_clock,
    wall: Callable[[], float] = no_clock,
    progress: Callable[[int], None] = no_progress,
    watchers: Iterable[Callable[[Router], Watcher]] = (),
) -> Tally:
    """Let it happen.

    Args:
        plan: what to simulate.
        cpu: a clock of the processor, in seconds; asked twice.
        wall: a clock that costs next to nothing to ask, in seconds: which part of the time was the router's.
        progress: told now and then how many conversations have come.
        watchers: each made for the router and told everything.
    """
    lab = Lab(plan, wall, progress)
    lab.watchers = [watcher(lab.router) for watcher in watchers]
    began = cpu()
    tally = lab.run()
    tally.cpu_s = cpu() - began
    return tally


class Lab:
    """One run."""

    def __init__(self, plan: Plan, wall: Callable[[], float], progress: Callable[[int], None]) -> None:
        self.plan = plan
        self.router = Router(plan.settings, seed=plan.seed, records=False)
        self.tally = Tally.of(plan)
        self.watchers: list[Watcher] = []
        self._wall = wall
        self._progress = progress
        self._agenda: list[tuple[int, int, int, Any]] = []  # at, what, order of entering, about whom
        self._entered = 0
        self._moving = 0  # entries of the agenda that are no shifts
        self._barren = 0  # shifts since somebody was last served
        self._here: dict[ConversationId, tuple[int, Arrival]] = {}  # who is in line, with their number
        self._rung: dict[ConversationId, int] = {}
        self._costly: dict[ConversationId, int] = {}
        self._wrap_ups: dict[ConversationId, int] = {}
        self._special = [bool(kind.needs.require or kind.reserve_for) for kind in plan.kinds]
        self._paces: dict[AgentId, Pace] = {}
        if plan.service.slowdown:
            self._paces = {agent: Pace(plan.service.slowdown) for agent in plan.settings.agents}
        self._doing: dict[int, Callable[[Any, int], None]] = {
            _END: self._end,
            _PACE: self._end_of_pace,
            _REST_OVER: self._rest_over,
            _LEAVE: self._leave,
            _REACT: self._react,
            _BACK: self._back,
            _SHIFT: self._change_shift,
        }
        self._following: dict[type, Callable[[Any], None]] = {
            e.ConversationAssigned: self._assigned,
            e.ConversationClosed: self._closed,
            e.WrapUpEnded: self._wrapped_up,
            e.StatusChanged: self._status_changed,
        }

    def run(self) -> Tally:
        began = self._wall()
        self._open()
        self._arrive()
        self._drain()
        tally, now = self.tally, self.router.now
        tally.lasted_ms = now
        tally.finish()
        for number, arrival in self._here.values():  # whom nobody could ever serve
            tally.waits[number] = now - arrival[0]
        tally.router_s *= _EVERY
        tally.wall_s = self._wall() - began
        return tally

    # Time goes by.

    def _open(self) -> None:
        """The agents come, and the shifts of those who have any begin to run."""
        shifts = self.plan.shifts
        with_shifts = {shift.agent for shift in shifts}
        for agent in self.plan.settings.agents:
            self._ask(c.ConnectAgent(agent=agent), 0)
            if agent not in with_shifts:
                self._ask(c.SetStatus(agent=agent, status=Status.AVAILABLE), 0)
        for shift in shifts:
            self._note(shift.from_ms, _SHIFT, (shift, True))

    def _arrive(self) -> None:
        """Everybody comes, each after what happens before."""
        bounds = batch_bounds(self.plan)
        position, bound = 0, bounds[0]
        now = 0
        for number, arrival in enumerate(arrivals(self.plan)):
            now = arrival[0]
            self._pass_until(now)
            if number == bound:
                self.tally.mark(now)
                position += 1
                bound = bounds[position]
            if not number & 4095:
                self._progress(number)
                self.router.take_changes()
            self._start(number, arrival, now)
            self.tally.came = number + 1
        self.tally.mark(now)
        self._progress(self.tally.came)

    def _pass_until(self, now: int) -> None:
        """Do what is on the agenda, or due in the router, up to now. What is due now is done with the next command."""
        agenda, next_deadline = self._agenda, self.router.next_deadline
        while True:
            due = next_deadline()
            if agenda and agenda[0][0] <= now and (due is None or agenda[0][0] <= due):
                self._do_next()
            elif due is not None and due < now:
                self._ask(c.Tick(), due)
            else:
                return

    def _drain(self) -> None:
        """Nobody comes any more: those who are here are served, as far as anybody ever can."""
        hopeless = 2 * len(self.plan.shifts)
        while self._here and (self._moving or self._barren <= hopeless):
            due = self.router.next_deadline()
            if self._agenda and (due is None or self._agenda[0][0] <= due):
                self._do_next()
            elif due is not None:
                self._ask(c.Tick(), due)
            else:
                return

    def _do_next(self) -> None:
        at, what, _, whom = heappop(self._agenda)
        self._moving -= what != _SHIFT
        self._doing[what](whom, at)

    def _note(self, at: int, what: int, whom: Any) -> None:
        self._entered += 1
        self._moving += what != _SHIFT
        heappush(self._agenda, (at, what, self._entered, whom))

    # Asking the router.

    def _ask(self, command: c.Command, now: int) -> None:
        """One step, and what agents and visitors make of it. Raises `CommandRejected`, followed already."""
        tally = self.tally
        tally.commands += 1
        timed = not tally.commands % _EVERY
        before = self._wall() if timed else 0.0
        rejection = None
        try:
            happened = self.router.handle(command, now)
        except CommandRejected as rejected:
            happened, rejection = rejected.events, rejected
        if timed:
            tally.router_s += self._wall() - before
        if happened:
            self._follow(happened, now)
        if rejection is not None:
            raise rejection

    def _follow(self, happened: tuple[e.Event, ...], now: int) -> None:
        for watcher in self.watchers:
            watcher.happened(happened)
        offers: list[Offer] = []
        following = self._following
        for event in happened:
            if type(event) is e.OfferMade:
                offers.append(event.offer)
            elif (follow := following.get(type(event))) is not None:
                follow(event)
        if offers:
            self.tally.offers += len(offers)
            self._rings(offers, now)

    # Visitors.

    def _start(self, number: int, arrival: Arrival, now: int) -> None:
        _, which, _, patience_ms, _, _ = arrival
        kind = self.plan.kinds[which]
        conversation = ConversationId(f"c_{number}")
        command = c.StartConversation(
            conversation=conversation,
            visitor=_VISITOR,
            department=kind.department,
            head_start_ms=kind.head_start_ms,
            cost=kind.cost,
            needs=kind.needs,
            reserve_for=kind.reserve_for,
            reserve_ms=kind.reserve_ms,
            overflow=kind.overflow,
            rules=kind.rules,
        )
        self.tally.kinds[number] = which
        self._here[conversation] = (number, arrival)
        if kind.cost != 1:
            self._costly[conversation] = kind.cost
        for watcher in self.watchers:
            watcher.arriving(number, command, now)
        try:
            self._ask(command, now)
        except CommandRejected as rejected:
            if rejected.code is not Rejection.LINE_FULL:
                raise
            del self._here[conversation]
            self.tally.ends[number] = REFUSED
            return
        for watcher in self.watchers:
            watcher.settled(now)
        if patience_ms >= 0 and conversation in self._here:
            if patience_ms:
                self._note(now + patience_ms, _LEAVE, conversation)
            else:
                self._ask(c.CloseByVisitor(conversation=conversation), now)

    def _leave(self, conversation: ConversationId, now: int) -> None:
        if conversation in self._here:
            self._ask(c.CloseByVisitor(conversation=conversation), now)

    def _wait_over(self, conversation: ConversationId, now: int, end: int) -> tuple[int, Arrival]:
        number, arrival = self._here.pop(conversation)
        self._rung.pop(conversation, None)
        wait_ms = now - arrival[0]
        self.tally.waits[number] = wait_ms
        self.tally.ends[number] = end
        for watcher in self.watchers:
            watcher.waited(number, wait_ms, served=end == SERVED)
        return number, arrival

    # Agents hear it ring.

    def _rings(self, offers: list[Offer], now: int) -> None:
        reaction = self.plan.reaction
        soft: dict[ConversationId, list[Offer]] = {}
        for offer in offers:
            if offer.auto or offer.conversation not in self._here:
                continue
            known_ms = self._here[offer.conversation][1][4]
            if known_ms > 0 or not (reaction.at_once or known_ms == 0):
                self._react_later(offer, known_ms, now)
            elif offer.soft:
                soft.setdefault(offer.conversation, []).append(offer)
            else:
                self._answer(c.AcceptOffer(agent=offer.agent, offer=offer.id), now)
        for conversation, ringing in soft.items():
            self._first_of(conversation, ringing, now)

    def _first_of(self, conversation: ConversationId, ringing: list[Offer], now: int) -> None:
        """It rings at several who all would accept at once: one of them does, by lot."""
        number = self._here[conversation][0] if conversation in self._here else 0
        first = draw(self.plan.seed, number, 0) % len(ringing)
        for offer in ringing[first:] + ringing[:first]:
            if conversation not in self._here:
                return
            self._answer(c.AcceptOffer(agent=offer.agent, offer=offer.id), now)

    def _react_later(self, offer: Offer, known_ms: int, now: int) -> None:
        """What the agent will do about this ring, drawn by conversation and ring."""
        command: c.Command = c.AcceptOffer(agent=offer.agent, offer=offer.id)
        if known_ms >= 0:
            self._note(now + known_ms, _REACT, command)
            return
        reaction, ring = self.plan.reaction, self._rung.get(offer.conversation, 0)
        self._rung[offer.conversation] = ring + 1
        number = self._here[offer.conversation][0]
        whether = _uniform(draw(self.plan.seed, number, 2 * ring + 1))
        after_ms = round(-log(_uniform(draw(self.plan.seed, number, 2 * ring + 2))) * reaction.mean_ms)
        if whether < reaction.p_miss:
            if offer.soft and offer.miss_at is not None:
                self._note(offer.miss_at + after_ms, _REACT, command)
            return
        if whether < reaction.p_miss + reaction.p_decline:
            command = c.DeclineOffer(agent=offer.agent, offer=offer.id)
        self._note(now + after_ms, _REACT, command)

    def _react(self, command: c.AcceptOffer | c.DeclineOffer, now: int) -> None:
        self._answer(command, now)

    def _answer(self, command: c.AcceptOffer | c.DeclineOffer, now: int) -> None:
        """Too late is no fault."""
        try:
            self._ask(command, now)
        except CommandRejected as rejected:
            if rejected.code not in {Rejection.GONE, Rejection.CONFLICT}:
                raise

    # What came of it.

    def _assigned(self, event: e.ConversationAssigned) -> None:
        now, agent, conversation = event.at, event.agent, event.conversation
        self._barren = 0
        _, arrival = self._wait_over(conversation, now, SERVED)
        cost = self._costly.get(conversation, 1)
        self.tally.took(agent, event.department, cost, now, special=self._special[arrival[1]])
        if arrival[5] >= 0:
            self._wrap_ups[conversation] = arrival[5]
        pace = self._paces.get(agent)
        if pace is None:
            self._note(now + arrival[2], _END, (conversation, agent))
        else:
            at = pace.begin(conversation, arrival[2], now)
            self._note(at, _PACE, (agent, pace.version))

    def _end(self, whom: tuple[ConversationId, AgentId], now: int) -> None:
        conversation, agent = whom
        self._ask(c.CloseByAgent(agent=agent, conversation=conversation), now)
        if conversation in self._wrap_ups:
            self._note(now + self._wrap_ups.pop(conversation), _REST_OVER, whom)

    def _end_of_pace(self, whom: tuple[AgentId, int], now: int) -> None:
        agent, version = whom
        pace = self._paces[agent]
        if version == pace.version:
            conversation, again = pace.end(now)
            if again is not None:
                self._note(again, _PACE, (agent, pace.version))
            self._end((conversation, agent), now)

    def _rest_over(self, whom: tuple[ConversationId, AgentId], now: int) -> None:
        conversation, agent = whom
        try:
            self._ask(c.EndWrapUp(agent=agent, conversation=conversation), now)
        except CommandRejected as rejected:  # no wrap-up under these settings, or a shorter one
            if rejected.code is not Rejection.GONE:
                raise

    def _closed(self, event: e.ConversationClosed) -> None:
        if event.agent is None:
            self._wait_over(event.conversation, event.at, LEFT)
            self._costly.pop(event.conversation, None)
        elif event.wrap_up_until is None:
            self.tally.freed(event.agent, self._costly.pop(event.conversation, 1), event.at)

    def _wrapped_up(self, event: e.WrapUpEnded) -> None:
        self.tally.freed(event.agent, self._costly.pop(event.conversation, 1), event.at)

    # Shifts.

    def _change_shift(self, whom: tuple[Shift, bool], now: int) -> None:
        shift, begins = whom
        self._barren += 1
        status = Status.AVAILABLE if begins else Status.BUSY
        self._ask(c.SetStatus(agent=shift.agent, status=status), now)
        if begins:
            self._note(now + shift.until_ms - shift.from_ms, _SHIFT, (shift, False))
        elif shift.every_ms:
            self._note(now + shift.every_ms - (shift.until_ms - shift.from_ms), _SHIFT, (shift, True))

    def _status_changed(self, event: e.StatusChanged) -> None:
        self.tally.available(event.agent, event.at, on=event.status is Status.AVAILABLE)
        if event.automatic:
            self._note(event.at + self.plan.reaction.back_ms, _BACK, event.agent)

    def _back(self, agent: AgentId, now: int) -> None:
        """Unless the shift has changed meanwhile."""
        record = self.router.agent(agent)
        if record is not None and record.status is Status.AWAY:
            self._ask(c.SetStatus(agent=agent, status=Status.AVAILABLE), now)


def _uniform(bits: int) -> float:
    """Above 0, at most 1."""
    return ((bits >> 11) + 1) / (1 << 53)
