"""What the router's tests are told with: small settings, and a desk that speaks in short verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from router import commands as c
from router import events as e
from router import invariants
from router.errors import CommandRejected, Rejection
from router.model import (
    AgentId,
    AgentSettings,
    BotId,
    BotSettings,
    ConversationId,
    DepartmentId,
    DepartmentSettings,
    Member,
    Offer,
    OfferId,
    Status,
    VisitorId,
    WorkspaceSettings,
    Writer,
)
from router.router import Router
from router.snapshot import AgentRecord, ConversationRecord


def department(name: str = "support", **more: Any) -> DepartmentSettings:
    return DepartmentSettings(id=DepartmentId(name), key=name, name=name.title(), **more)


def agent(name: str, *memberships: str | Member, **more: Any) -> AgentSettings:
    """An agent; a membership given as a word has the usual priority. None given: support."""
    members = tuple(
        each if isinstance(each, Member) else Member(department=DepartmentId(each))
        for each in memberships or ("support",)
    )
    return AgentSettings(id=AgentId(name), key=name, name=name.title(), members=members, **more)


def bot(name: str = "faq", **more: Any) -> BotSettings:
    return BotSettings(id=BotId(name), key=name, name=name.title(), **more)


Part = DepartmentSettings | AgentSettings | BotSettings


def workspace(*parts: Part, **more: Any) -> WorkspaceSettings:
    departments = {part.id: part for part in parts if isinstance(part, DepartmentSettings)}
    agents = {part.id: part for part in parts if isinstance(part, AgentSettings)}
    bots = {part.id: part for part in parts if isinstance(part, BotSettings)}
    home = next(iter(departments))
    return WorkspaceSettings(departments=departments, agents=agents, bots=bots, default_department=home, **more)


class Desk:
    """A router and its clock. Every verb is one command now and returns its events; the invariants hold after it."""

    def __init__(self, *parts: Part, seed: int = 1, checked: bool = True, **more: Any) -> None:
        self.checked = checked  # the invariants are slow: off where hundreds of desks are opened
        self.router = Router(workspace(*parts, **more), seed=seed)
        self.now = 1_000_000
        self.lowered: set[AgentId] = set()

    def do(self, command: c.Command) -> tuple[e.Event, ...]:
        try:
            return self.router.handle(command, self.now)
        except CommandRejected as rejected:
            self.rejected_with = rejected.events
            raise
        finally:
            if self.checked:
                invariants.check(self.router, lowered=self.lowered)

    def wait(self, ms: int) -> tuple[e.Event, ...]:
        """Time passes, deadline by deadline, as a server with a timer lives it."""
        until = self.now + ms
        happened: list[e.Event] = []
        while (due := self.router.next_deadline()) is not None and due <= until:
            self.now = max(due, self.now)
            happened += self.do(c.Tick())
        self.now = until
        happened += self.do(c.Tick())
        return tuple(happened)

    # People.

    def comes(self, *names: str) -> tuple[e.Event, ...]:
        """Connected and available."""
        happened: tuple[e.Event, ...] = ()
        for name in names:
            happened += self.connect(name) + self.status(name, Status.AVAILABLE)
        return happened

    def connect(self, name: str) -> tuple[e.Event, ...]:
        return self.do(c.ConnectAgent(agent=AgentId(name)))

    def disconnect(self, name: str) -> tuple[e.Event, ...]:
        return self.do(c.DisconnectAgent(agent=AgentId(name)))

    def status(self, name: str, status: Status, reason: str = "") -> tuple[e.Event, ...]:
        return self.do(c.SetStatus(agent=AgentId(name), status=status, reason=reason))

    def start(
        self, name: str, to: str = "support", *, head_start: int = 0, cost: int = 1, **more: Any
    ) -> tuple[e.Event, ...]:
        """A visitor comes; `more` are further fields of the command."""
        return self.do(
            c.StartConversation(
                conversation=ConversationId(name),
                visitor=VisitorId(f"v_{name}"),
                department=DepartmentId(to),
                head_start_ms=head_start,
                cost=cost,
                **more,
            )
        )

    def promised(self, conversation: str, low: int, high: int) -> tuple[e.Event, ...]:
        """The visitor was told to wait between these milliseconds."""
        what = ConversationId(conversation)
        return self.do(c.PromiseWait(conversation=what, low_ms=low, high_ms=high, p50_ms=low, p80_ms=high))

    def configure(self, *parts: Part, **more: Any) -> tuple[e.Event, ...]:
        return self.do(c.Configure(settings=workspace(*parts, **more)))

    def sweep(self) -> tuple[e.Event, ...]:
        return self.do(c.SweepPlaces())

    def sees(self, name: str, conversation: str | None = None) -> tuple[e.Event, ...]:
        return self.do(c.SeeOffer(agent=AgentId(name), offer=self.offer(name, conversation).id))

    def accept(self, name: str, conversation: str | None = None) -> tuple[e.Event, ...]:
        return self.do(c.AcceptOffer(agent=AgentId(name), offer=self.offer(name, conversation).id))

    def decline(self, name: str, conversation: str | None = None, reason: str = "") -> tuple[e.Event, ...]:
        offer = self.offer(name, conversation).id
        return self.do(c.DeclineOffer(agent=AgentId(name), offer=offer, reason=reason))

    def pick(self, name: str, conversation: str, *, any_department: bool = False) -> tuple[e.Event, ...]:
        return self.do(
            c.Pick(agent=AgentId(name), conversation=ConversationId(conversation), any_department=any_department)
        )

    def transfer(self, name: str, conversation: str, to: str) -> tuple[e.Event, ...]:
        """To an agent if there is one of that name, else to a department."""
        whose, what = AgentId(name), ConversationId(conversation)
        if AgentId(to) in self.router.settings.agents:
            return self.do(c.TransferToAgent(agent=whose, conversation=what, to=AgentId(to)))
        return self.do(c.TransferToDepartment(agent=whose, conversation=what, to=DepartmentId(to)))

    def close(self, conversation: str, by: str | None = None, *, any_owner: bool = False) -> tuple[e.Event, ...]:
        """By this agent, or by the visitor."""
        if by is None:
            return self.do(c.CloseByVisitor(conversation=ConversationId(conversation)))
        return self.do(
            c.CloseByAgent(agent=AgentId(by), conversation=ConversationId(conversation), any_owner=any_owner)
        )

    def wrapped_up(self, name: str, conversation: str) -> tuple[e.Event, ...]:
        return self.do(c.EndWrapUp(agent=AgentId(name), conversation=ConversationId(conversation)))

    def leaves(self, conversation: str) -> tuple[e.Event, ...]:
        return self.do(c.DisconnectVisitor(conversation=ConversationId(conversation)))

    def returns(self, conversation: str) -> tuple[e.Event, ...]:
        return self.do(c.ConnectVisitor(conversation=ConversationId(conversation)))

    def wrote(self, conversation: str, writer: Writer, at: int | None = None) -> tuple[e.Event, ...]:
        return self.do(c.Wrote(conversation=ConversationId(conversation), writer=writer, written_at=at))

    def served_by(self, name: str, conversation: str, to: str = "support") -> None:
        """A conversation started and accepted by this agent, who must be the one it is offered to."""
        self.start(conversation, to)
        self.accept(name, conversation)

    # Bots.

    def bot_comes(self, name: str = "faq") -> tuple[e.Event, ...]:
        return self.do(c.ConnectBot(bot=BotId(name)))

    def bot_goes(self, name: str = "faq") -> tuple[e.Event, ...]:
        return self.do(c.DisconnectBot(bot=BotId(name)))

    def asks_bot(self, conversation: str, to: str = "support", *, bot: str = "faq", **more: Any) -> tuple[e.Event, ...]:
        """A visitor comes, whom this bot is to answer."""
        return self.start(conversation, to, bot=BotId(bot), **more)

    def hands_over(
        self, conversation: str, to: str | None = None, *, bot: str = "faq", **more: Any
    ) -> tuple[e.Event, ...]:
        """The bot gives it to people; `more` are further fields of the command."""
        department = None if to is None else DepartmentId(to)
        what = ConversationId(conversation)
        return self.do(c.HandOver(bot=BotId(bot), conversation=what, department=department, **more))

    def wants_human(self, conversation: str, **more: Any) -> tuple[e.Event, ...]:
        return self.do(c.AskHuman(conversation=ConversationId(conversation), **more))

    def gives(self, name: str, conversation: str, bot: str = "faq") -> tuple[e.Event, ...]:
        """The agent gives it to the bot."""
        return self.do(c.GiveToBot(agent=AgentId(name), conversation=ConversationId(conversation), bot=BotId(bot)))

    def works(self, conversation: str, bot: str = "faq") -> tuple[e.Event, ...]:
        return self.do(c.BotWorking(bot=BotId(bot), conversation=ConversationId(conversation)))

    def bot_closes(self, conversation: str, bot: str = "faq") -> tuple[e.Event, ...]:
        return self.do(c.CloseByBot(bot=BotId(bot), conversation=ConversationId(conversation)))

    def restart(self, **more: Any) -> tuple[e.Event, ...]:
        """The server comes back with its records; `more` are parts of the snapshot that were not kept."""
        snapshot = replace(self.router.snapshot(), **more)
        self.router = Router.rebuild(self.router.settings, snapshot, seed=1)
        return self.do(c.Restart())

    # What is.

    def offer(self, name: str, conversation: str | None = None) -> Offer:
        """The pending offer at this agent (of this conversation)."""
        found = [
            offer
            for record in self.router.snapshot().conversations
            for offer in record.offers
            if offer.agent == name and conversation in {None, record.id}
        ]
        assert len(found) == 1, f"pending at {name}: {found}"
        return found[0]

    def ringing(self) -> dict[str, set[str]]:
        """Which conversations ring at whom."""
        rings: dict[str, set[str]] = {}
        for record in self.router.snapshot().conversations:
            for offer in record.offers:
                rings.setdefault(offer.agent, set()).add(record.id)
        return rings

    def of(self, conversation: str) -> ConversationRecord:
        found = self.router.conversation(ConversationId(conversation))
        assert found is not None
        return found

    def who(self, name: str) -> AgentRecord:
        found = self.router.agent(AgentId(name))
        assert found is not None
        return found

    def state(self, conversation: str) -> str:
        found = self.router.conversation(ConversationId(conversation))
        return "forgotten" if found is None else found.state.value

    def owner(self, conversation: str) -> str | None:
        return self.of(conversation).owner

    def responsible(self, conversation: str) -> str | None:
        """The one who may write: an agent, a bot, or nobody."""
        return self.of(conversation).responsible

    def place(self, conversation: str) -> int:
        queue = self.router.queue(ConversationId(conversation))
        assert queue is not None
        return queue.place


def bot_desk(*parts: Part, **settings: Any) -> Desk:
    """The bot is here (30 s to answer, 20 s of grace unless told otherwise), and so is Ada."""
    desk = Desk(*(parts or (department(), agent("ada"), bot())), confirm_ms=0, **settings)
    desk.bot_comes()
    desk.comes("ada")
    return desk


def refused(deed: Callable[..., object], *arguments: Any, **more: Any) -> Rejection | None:
    """How the deed is refused; None when it is not."""
    try:
        deed(*arguments, **more)
    except CommandRejected as rejected:
        return rejected.code
    return None


E = TypeVar("E")


def kinds(happened: tuple[e.Event, ...]) -> list[str]:
    return [type(event).__name__ for event in happened]


def only(happened: tuple[e.Event, ...], kind: type[E]) -> E:
    """The one event of this kind."""
    found = [event for event in happened if isinstance(event, kind)]
    assert len(found) == 1, f"{kind.__name__}: {found}"
    return found[0]


def all_of(happened: tuple[e.Event, ...], kind: type[E]) -> list[E]:
    return [event for event in happened if isinstance(event, kind)]


def ends(happened: tuple[e.Event, ...]) -> dict[OfferId, str]:
    return {event.offer: event.end.value for event in happened if isinstance(event, e.OfferEnded)}
