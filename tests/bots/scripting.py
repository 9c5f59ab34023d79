"""The server's half of the protocol, written by hand, for a session without a socket."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from bots.actions import Action, Deliver, Drop, Send, Settle
from bots.events import Event
from bots.line import Line
from bots.records import Entry
from bots.session import Extra, Session

Frame = dict[str, Any]
ME = {"id": "b_1", "key": "faq", "name": "FAQ"}
SUPPORT = {"id": "d_1", "key": "support", "name": "Support"}
ADA = {"id": "a_1", "key": "ada", "name": "Ada"}
AT = "2026-11-22T10:00:00.000Z"
NOBODY: Frame = {"role": "system", "id": "", "name": ""}
PEOPLE: dict[str, Frame] = {
    "visitor": {"role": "visitor", "id": "v_1", "name": "Vera"},
    "bot": {"role": "bot", "id": "b_1", "name": "FAQ"},
    "agent": {"role": "agent", "id": "a_1", "name": "Ada"},
    "system": NOBODY,
}


def conversation(name: str = "c_1", *, top: int = 0, state: str = "bot", **more: Any) -> Frame:
    with_bot = ME if state == "bot" else None
    return {
        "id": name,
        "state": state,
        "department": SUPPORT,
        "visitor": {"id": "v_1", "name": "Vera"},
        "agent": None,
        "bot": with_bot,
        "top": {"entries": top},
        "queue": None,
        "started_at": AT,
        **more,
    }


def entry(seq: int, role: str = "visitor", text: str = "", *, name: str = "c_1", **more: Any) -> Frame:
    frame = {"conversation": name, "seq": seq, "kind": "message", "from": PEOPLE[role], "text": text, "at": AT}
    return frame | more


def joined(seq: int, name: str = "c_1") -> Frame:
    return entry(seq, "bot", name=name, kind="joined")


class NoLine(Line):
    """Nothing is answered by it."""

    connection = 0
    text_chars = 8000

    async def ask(self, do: str, conversation: str, **fields: Any) -> Frame:
        raise NotImplementedError

    def tell(self, do: str, conversation: str, **fields: Any) -> None:
        raise NotImplementedError

    def entries(self, conversation: str) -> tuple[Entry, ...]:
        raise NotImplementedError

    def owns(self, conversation: str) -> bool:
        raise NotImplementedError

    def later(self, seconds: float, do: Callable[[], None]) -> Callable[[], None]:
        raise NotImplementedError


class Stage:
    """A session under a clock of its own; what it wanted done lies in `actions`."""

    def __init__(self, *, also: frozenset[Extra] = frozenset()) -> None:
        self.session = Session(token="t", line=NoLine(), name="w1", also=also, chance=random.Random(1))
        self.now = 100.0
        self.v = 10
        self.actions: list[Action] = []

    # What the server does.

    def hello(self, **more: Any) -> list[Frame]:
        limits = {"frame_bytes": 65536, "text_chars": 8000}
        self.session.opened(self.now)
        return self.hear({"on": "hello", "protocol": 1, "heartbeat_ms": 25000, "limits": limits, **more})

    def identified(self, *conversations: Frame, missed: tuple[Frame, ...] = (), **more: Any) -> None:
        snapshot = {"bot": ME, "conversations": list(conversations)}
        opening = {"session": "s_1", "epoch": "e1", "v": self.v, "me": ME, "now": AT, "snapshot": snapshot}
        rest = {"missed": list(missed), "missed_notes": [], "more": [], "dropped": [], "reset": False}
        self.hear({"re": "i", "ok": True, **opening, **rest, **more})

    def open(self, *conversations: Frame, missed: tuple[Frame, ...] = (), **more: Any) -> Frame:
        """From the socket to the snapshot; the identify that the bot sent."""
        (identify,) = self.hello()
        self.identified(*conversations, missed=missed, **more)
        return identify

    def hear(self, frame: Frame) -> list[Frame]:
        """A frame comes; what the bot sends on it."""
        return self.does(self.session.received(json.dumps(frame), self.now))

    def tell(self, frame: Frame) -> None:
        self.hear({"on": "entry", **frame})

    def changes(self, frame: Frame) -> list[Frame]:
        self.v += 1
        return self.hear({"on": "conversation", "v": self.v, "conversation": frame})

    def answers(self, asked: Frame, **fields: Any) -> list[Frame]:
        return self.hear({"re": asked["id"], "ok": True, **fields})

    def refuses(self, asked: Frame, code: str, **more: Any) -> list[Frame]:
        return self.hear({"re": asked["id"], "ok": False, "error": {"code": code, "message": "No.", **more}})

    # What the bot does.

    def does(self, actions: list[Action]) -> list[Frame]:
        self.actions += actions
        return [json.loads(action.text) for action in actions if isinstance(action, Send)]

    def asks(self, text: str, *, name: str = "c_1") -> tuple[int, list[Frame]]:
        fields = {"client_id": f"re-{text}", "text": text}
        ticket, actions = self.session.ask("message.send", name, fields, self.now)
        return ticket, self.does(actions)

    def after(self, seconds: float) -> list[Frame]:
        """Time passes; what the bot sends then."""
        self.now += seconds
        return self.does(self.session.tick(self.now))

    def breaks(self, code: int = 1006) -> None:
        self.does(self.session.lost(self.now, code))

    # What came of it.

    @property
    def events(self) -> list[Event]:
        """What was delivered since the last look."""
        found = [action.event for action in self.actions if isinstance(action, Deliver)]
        self.actions = [action for action in self.actions if not isinstance(action, Deliver)]
        return found

    def told(self) -> list[str]:
        """The same in short: the kind of each and what is said in it."""
        return [f"{type(event).__name__} {getattr(event, 'text', '') or event.name}".strip() for event in self.events]

    def settled(self) -> dict[int, Any]:
        return {action.ticket: action.outcome for action in self.actions if isinstance(action, Settle)}

    def dropped(self) -> list[str]:
        return [action.why for action in self.actions if isinstance(action, Drop)]
