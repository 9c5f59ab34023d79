"""Visitors and agents: what they do when it is their turn, drawn from their own chance."""

from __future__ import annotations

from typing import Any

from server.wire.requests import Endpoint
from tests.blackbox.transcript import Frame
from tests.simulation.client import Client, Request


class Visitor(Client):
    """A page of the widget."""

    endpoint: Endpoint = "visitor"
    conversation = ""
    person = ""

    def take_snapshot(self, me: Frame, snapshot: Frame) -> None:
        if self.person not in {"", me["id"]}:
            self.world.complain(f"{self.name} was {self.person} and is {me['id']}")
        self.person = me["id"]
        self.credentials["token"] = me["token"]  # of the browser: all its pages come with the newest
        shown = snapshot["conversation"]
        self.conversation = "" if shown is None else shown["id"]
        if shown is not None:
            self.conversations[shown["id"]] = shown

    def hear_event(self, event: Frame) -> None:
        super().hear_event(event)
        if event["on"] == "conversation":
            self.conversation = event["conversation"]["id"]

    def hear_answer(self, request: Request, reply: Frame) -> None:
        if "conversation" in reply and request.frame["do"] == "conversation.start":
            self.conversation = reply["conversation"]["id"]

    def act(self) -> None:
        shown = self.conversations.get(self.conversation)
        if shown is None or shown["state"] == "closed":
            if not any(request.frame["do"] == "conversation.start" for request in self.outbox):
                self._start()
            return
        draw = self.chance.random()
        if draw < 0.66:
            self._write()
        elif draw < 0.72:
            self.want("conversation.close", conversation=self.conversation)
        elif draw < 0.80:
            self.tell("read", conversation=self.conversation, seq=self.shelves["entry"][self.conversation].last)
        elif draw < 0.86:
            self.tell("typing", conversation=self.conversation, active=True, text="...")
        elif draw < 0.90:
            self.repeat()
        elif draw < 0.93:
            self._start()
        elif shown["state"] == "bot":
            self.want("conversation.human", conversation=self.conversation)
        else:
            self.ask("ping")

    def _start(self) -> None:
        fields: dict[str, Any] = {"department": self.chance.choice(("support", "sales"))}
        if self.chance.random() < 0.8:
            fields["text"] = f"{self.name} begins"
        if self.chance.random() < 0.3:
            fields["form"] = {"name": self.name.title(), "email": f"{self.name}@example.com"}
        self.want("conversation.start", **fields)

    def _write(self) -> None:
        """Several at once, as who writes in a hurry: they go out without waiting for one another."""
        for _ in range(self.chance.choice((1, 1, 2, 5))):
            text = f"{self.name} says {self.chance.choice(('yes', 'no', 'perhaps, ' * 40))}"
            self.want("message.send", conversation=self.conversation, text=text)


class Bot(Client):
    """One connection of the bot, which answers what it is asked and hands over now and then."""

    endpoint: Endpoint = "bot"

    def take_snapshot(self, me: Frame, snapshot: Frame) -> None:  # noqa: ARG002 - others look at it
        self.conversations = {each["id"]: each for each in snapshot["conversations"]}

    def hear_event(self, event: Frame) -> None:
        super().hear_event(event)
        if event["on"] == "dropped":
            self.conversations.pop(event["conversation"], None)
            self.shelves["entry"].pop(event["conversation"], None)

    def act(self) -> None:
        mine = [each["id"] for each in self.conversations.values() if each["state"] == "bot"]
        if not mine:
            self.ask("ping")
            return
        conversation = self.chance.choice(mine)
        draw = self.chance.random()
        if draw < 0.6:
            for _ in range(self.chance.choice((1, 1, 2, 4))):
                self.want("message.send", conversation=conversation, text=f"{self.name} answers")
        elif draw < 0.75:
            self.want("handoff", conversation=conversation, summary="please", reason="simulated")
        elif draw < 0.8:
            self.want("conversation.close", conversation=conversation, outcome="solved")
        elif draw < 0.85:
            self.tell("stream", conversation=conversation, stream_id="grows", delta="more ")
        elif draw < 0.9:
            self.tell("read", conversation=conversation, seq=self.shelves["entry"][conversation].last)
        elif draw < 0.95:
            self.repeat()
        else:
            self.ask("ping")


class Agent(Client):
    """A console."""

    endpoint: Endpoint = "agent"

    def __init__(self, *arguments: Any, agents: tuple[str, ...]) -> None:
        super().__init__(*arguments)
        self.agents = agents
        self.me: Frame = {}
        self.state: Frame = {}
        self.offers: dict[str, Frame] = {}

    def take_snapshot(self, me: Frame, snapshot: Frame) -> None:
        self.me, self.state = me, snapshot["agent"]
        self.conversations = {each["id"]: each for each in snapshot["conversations"]}
        self.offers = {}
        for offer in snapshot["offers"]:
            self._rings(offer)

    def hear_event(self, event: Frame) -> None:
        super().hear_event(event)
        match event["on"]:
            case "agent":
                self.state = event["agent"]
            case "offer":
                self._rings(event)
            case "offer.ended":
                self.offers.pop(event["offer"], None)
            case _:
                pass

    def hear_answer(self, request: Request, reply: Frame) -> None:  # noqa: ARG002 - some look at it
        if "agent" in reply:
            self.state = reply["agent"]

    def _rings(self, offer: Frame) -> None:
        self.offers[offer["offer"]] = offer
        if self.chance.random() < 0.9:
            self.tell("offer.seen", offer=offer["offer"])
        if self.acts and self.chance.random() < 0.8:
            self.world.loop.call_later(self.chance.uniform(0.05, 2), self._answer, offer["offer"])

    def _answer(self, offer: str) -> None:
        if offer not in self.offers or not self.acts:
            return
        if self.chance.random() < 0.85:
            self.want("offer.accept", offer=offer)
        else:
            self.want("offer.decline", offer=offer, reason="lunch")

    @property
    def own(self) -> list[str]:
        """The conversations that are theirs to write in, as far as they know."""
        mine = [each["id"] for each in self.conversations.values() if each["state"] == "active"]
        return [id for id in mine if (self.conversations[id]["agent"] or {}).get("id") == self.me.get("id")]

    def act(self) -> None:
        if self.state.get("status") != "available" and self.chance.random() < 0.7:
            self.want("status.set", status="available")
            return
        if not self.own:
            self._without()
        else:
            self._with(self.chance.choice(self.own))

    def _with(self, conversation: str) -> None:
        """In a conversation of their own."""
        draw = self.chance.random()
        if draw < 0.55:
            for _ in range(self.chance.choice((1, 1, 2, 4))):
                self.want("message.send", conversation=conversation, text=f"{self.name} answers")
        elif draw < 0.63:
            self.want("note.add", conversation=conversation, text=f"{self.name} notes")
        elif draw < 0.71:
            self.want("conversation.close", conversation=conversation, outcome="solved", tags=["simulated"])
        elif draw < 0.79:
            self._hand_on(conversation)
        elif draw < 0.85:
            self.tell("read", conversation=conversation, seq=self.shelves["entry"][conversation].last)
        elif draw < 0.89:
            self.repeat()
        elif draw < 0.92:
            self.want("status.set", status=self.chance.choice(("busy", "away", "offline")))
        else:
            self.ask("ping")

    def _without(self) -> None:
        """With no conversation of their own: end a wrap-up, take somebody out of the line, or look."""
        wrapping = [hold["conversation"] for hold in self.state.get("holds", []) if hold["kind"] == "wrap_up"]
        if wrapping:
            self.want("wrap_up.end", conversation=wrapping[0])
        elif self.identified and self.chance.random() < 0.3:
            lines = [each for each in self.identified["snapshot"]["departments"] if each["line"]]
            if lines:
                self.want("conversation.pick", conversation=lines[0]["line"][0]["conversation"])
        else:
            self.ask("ping")

    def _hand_on(self, conversation: str) -> None:
        draw = self.chance.random()
        if self.world.plan.bots and draw < 0.4:
            to = {"bot": "faq"}
        elif draw < 0.5:
            to = {"department": self.chance.choice(("support", "sales"))}
        else:
            to = {"agent": self.chance.choice(self.agents)}
        self.want("conversation.transfer", conversation=conversation, to=to, note="please")
