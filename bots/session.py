"""A bot's side of the protocol without a socket and without a clock: frames in, actions out.

Every method that is told something returns what is to be done. `now` is seconds of a clock that never runs backwards;
`due` says when to call `tick` at the latest. One session lives across all connections of a process: it remembers what
was read and what has no answer yet.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any, Final

from bots import records
from bots.actions import Action, Deliver, Drop, End, Forget, Ready, Send, Settle
from bots.errors import RETRYABLE, BotError, Denied, Refused, denied
from bots.events import Event, Message, Overheard, Returned, Started, Typing
from bots.line import Line
from bots.outbox import Outbox
from bots.reading import event_of, event_of_entry
from bots.reconnecting import Reconnecting
from bots.records import Entry
from bots.thread import Thread

PROTOCOL: Final = 1
HISTORY: Final = 500  # entries of a page
PAGES_AT_ONCE: Final = 64
PONG_WITHIN_S: Final = 10.0
OPENED_WITHIN_S: Final = 10.0
DRAINED_WITHIN_S: Final = 15.0
_AGAIN_S: Final = 1.0
_OPENING_BYTES: Final = 512  # of an identify beside its token and positions
_POSITION_BYTES: Final = len('"":{"entries":1000000000},')
_FOR_GOOD: Final = range(4500, 5000)
_SHUT: Final = frozenset({400, 401, 403, 404, 405, 410, 426})
"""An upgrade refused with these was never meant for a bot; others (429, 502, 503) are of the moment."""

Extra = type[Typing] | type[Overheard]


class Session:
    """One bot's process as the server sees it."""

    def __init__(
        self, *, token: str, line: Line, name: str = "", also: frozenset[Extra] = frozenset(), chance: random.Random
    ) -> None:
        """`also`: events that are only told to who wants them; `line`: what events are to answer by."""
        self.reconnecting = Reconnecting(chance)
        self.outbox = Outbox(chance)
        self.connection = 0
        self.frame_bytes = 65536
        self.text_chars = 8000
        self.me: records.Named | None = None
        self._token = token
        self._name = name
        self._line = line
        self._also = also
        self._threads: dict[str, Thread] = {}
        self._here = False
        self._ever = False
        self._over = False
        self._epoch = ""
        self._v = 0
        self._tickets = 0
        self._opened = 0
        self._heartbeat_s = 25.0
        self._heard_at = 0.0
        self._open_by: float | None = None  # the opening must be over
        self._pong_by: float | None = None
        self._gone_by: float | None = None  # the server, which drains
        self._again_at: float | None = None  # ask for history again
        self._pages = 0  # asked for and not answered yet
        self._unasked: dict[str, None] = {}  # conversations whose turn to be asked for comes
        self._hearers = {
            "hello": self._hello,
            "drain": self._drain,
            "entry": self._entry,
            "conversation": self._conversation,
            "dropped": self._dropped,
            "erased": self._erased,
            "bot": self._renamed,
        }

    # What the socket does.

    def opened(self, now: float) -> list[Action]:
        """A connection stands; the server speaks first."""
        self._open_by = now + OPENED_WITHIN_S
        self._heard_at = now
        return []

    def received(self, text: str, now: float) -> list[Action]:
        """A text frame."""
        self._heard_at = now
        self._pong_by = None
        try:
            frame: dict[str, Any] = json.loads(text)
        except ValueError:
            return [Drop("the server sent what is no JSON")]
        if "re" in frame:
            return self._reply(frame, now)
        return self._hearers.get(frame.get("on", ""), self._news)(frame, now)

    def lost(self, now: float, code: int = 0) -> list[Action]:
        """The connection is gone, with that close code, or none came about."""
        self._here = False
        self.connection = 0
        self._open_by = self._pong_by = self._gone_by = self._again_at = None
        self.outbox.lost()
        for thread in self._threads.values():
            thread.asked = False
        self._pages = 0
        self._unasked.clear()
        self.reconnecting.lost(now, code)
        return self._end(denied(code)) if code in _FOR_GOOD else []

    def not_upgraded(self, now: float, status: int) -> list[Action]:
        """The server answered the upgrade with this HTTP status."""
        self.lost(now)
        if status in _SHUT and not self._ever:
            what = (
                "There is no chat server at this address that takes bots" if status != 403 else "The server forbids it"
            )
            return self._end(Denied(f"{what} (HTTP {status}).", code=status))
        return []

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        for by, why in (
            (self._open_by, "the server did not open the session in time"),
            (self._pong_by, "the server does not answer"),
            (self._gone_by, "the server said that it would go and did not"),
        ):
            if by is not None and now >= by:
                self._open_by = self._pong_by = self._gone_by = None
                return [Drop(why)]
        if not self._here:
            return []
        actions: list[Action] = []
        if self._pong_by is None and now >= self._heard_at + self._heartbeat_s:
            self._pong_by = now + PONG_WITHIN_S
            actions.append(_send(do="ping", id="p"))
        if self._again_at is not None and now >= self._again_at:
            self._again_at = None
            for thread in self._threads.values():
                actions += self._catch_up(thread)
        return actions + self._flow(now)

    @property
    def due(self) -> float | None:
        """When to call `tick`."""
        times = [self._open_by, self._pong_by, self._gone_by, self._again_at]
        if self._here:
            times += [self.outbox.due]
            if self._pong_by is None:
                times.append(self._heard_at + self._heartbeat_s)
        return min((at for at in times if at is not None), default=None)

    # What the bot does.

    def ask(self, do: str, conversation: str, fields: Mapping[str, Any], now: float) -> tuple[int, list[Action]]:
        """A request that is to be answered: its ticket, which a `Settle` will have."""
        self._tickets += 1
        ticket = self._tickets
        text = _text(do=do, id=str(ticket), conversation=conversation, **fields)
        if len(text.encode()) > self.frame_bytes:
            message = f"the frame would be larger than {self.frame_bytes} bytes"
            return ticket, [Settle(ticket, Refused("too_large", message))]
        self.outbox.add(ticket, text)
        return ticket, self._flow(now)

    def tell(self, do: str, conversation: str, fields: Mapping[str, Any]) -> list[Action]:
        """Something lossy."""
        return [_send(do=do, conversation=conversation, **fields)] if self._here else []

    def begins(self, event: Event) -> bool:
        """Whether a delivered event still is to be handled: not if somebody else has the conversation or answered."""
        if not isinstance(event, Message | Started | Returned):
            return True
        thread = self._threads.get(event.conversation.id)
        if thread is None or thread.answered(event.seq):
            return False
        if not thread.mine:
            thread.put_back(event.entry)
        return thread.mine

    def entries(self, conversation: str) -> tuple[Entry, ...]:
        """The latest that are known."""
        thread = self._threads.get(conversation)
        return () if thread is None else tuple(thread.recent)

    def owns(self, conversation: str) -> bool:
        thread = self._threads.get(conversation)
        return thread is not None and thread.mine

    # Opening.

    def _hello(self, frame: Mapping[str, Any], _: float) -> list[Action]:
        if frame["protocol"] != PROTOCOL:
            return self._end(
                Denied(f"The server speaks protocol {frame['protocol']}, this client {PROTOCOL}.", code=4502)
            )
        self._heartbeat_s = frame["heartbeat_ms"] / 1000
        self.frame_bytes = frame["limits"]["frame_bytes"]
        self.text_chars = frame["limits"]["text_chars"]
        fields: dict[str, Any] = {"token": self._token, "name": self._name[:64]}
        if self._epoch:
            fields["resume"] = {"epoch": self._epoch, "positions": self._positions()}
        return [_send(do="identify", id="i", protocol=PROTOCOL, **fields)]

    def _positions(self) -> dict[str, dict[str, int]]:
        """Up to where each conversation was read, as far as a frame has room: of the rest the last entries come again,
        and `history` has what they leave out.
        """
        room = self.frame_bytes - _OPENING_BYTES - len(self._token.encode())
        found: dict[str, dict[str, int]] = {}
        for name, thread in sorted(self._threads.items(), key=lambda each: not each[1].mine):
            room -= len(name.encode()) + _POSITION_BYTES
            if room < 0:
                break
            found[name] = {"entries": thread.last}
        return found

    def _identified(self, reply: Mapping[str, Any], now: float) -> list[Action]:
        if not reply["ok"]:
            error = reply["error"]
            if error["code"] in RETRYABLE:
                self.reconnecting.told(now, error.get("retry_after_ms") or 1000)
                return [Drop(error["message"])]
            return self._end(Denied(f"The server does not let this bot in: {error['message']}"))
        self._open_by = None
        self._here = self._ever = True
        self._opened += 1
        self.connection = self._opened
        self.reconnecting.here(now)
        actions: list[Action] = [Ready()]
        if reply["reset"]:
            self._threads.clear()
            actions.append(Forget())
        for name in reply["dropped"]:
            self._threads.pop(name, None)
        self._epoch, self._v = reply["epoch"], reply["v"]
        self.me = records.named(reply["me"])
        return actions + self._taken_over(reply) + self._flow(now)

    def _taken_over(self, reply: Mapping[str, Any]) -> list[Action]:
        """The snapshot and what was missed."""
        held = {frame["id"]: frame for frame in reply["snapshot"]["conversations"]}
        for name in [name for name, thread in self._threads.items() if name not in held]:
            self._threads[name].mine = False
        for frame in held.values():
            self._follow(frame)
        for frame in reply["missed"]:
            thread = self._threads.get(frame["conversation"])
            if thread is not None:
                thread.take(records.entry(frame))
        actions: list[Action] = []
        for thread in list(self._threads.values()):
            actions += self._catch_up(thread) + self._told(thread)
        return actions

    # Hearing.

    def _reply(self, reply: Mapping[str, Any], now: float) -> list[Action]:
        asked = reply["re"] or ""
        if asked == "i":
            return self._identified(reply, now)
        if asked == "p":
            return self._pong(reply)
        if asked.startswith("h:"):
            return self._page(asked[2:], reply, now)
        if not asked.isdigit():
            return []
        outcome = self.outbox.answered(int(asked), reply, now)
        settled: list[Action] = [] if outcome is None else [Settle(int(asked), outcome)]
        return settled + self._flow(now)

    def _entry(self, frame: Mapping[str, Any], now: float) -> list[Action]:
        thread = self._threads.get(frame["conversation"])
        if thread is None:
            return []
        thread.take(records.entry(frame))
        asking = self._catch_up(thread) if thread.torn else self._patient(thread, now)
        return asking + self._told(thread)

    def _conversation(self, frame: Mapping[str, Any], now: float) -> list[Action]:
        if frame["v"] <= self._v:
            return []
        thread = self._follow(frame["conversation"])
        return self._patient(thread, now) + self._told(thread)

    def _patient(self, thread: Thread, now: float) -> list[Action]:
        """What is missing at the end is on its way; if it is not, ask for it a little later."""
        if not thread.whole and self._again_at is None:
            self._again_at = now + _AGAIN_S
        return []

    def _follow(self, frame: Mapping[str, Any]) -> Thread:
        conversation = records.conversation(frame)
        me = None if self.me is None else self.me.id
        # By id: whoever runs the bot may give it another name at any time.
        mine = conversation.state == "bot" and conversation.bot is not None and conversation.bot.id == me
        thread = self._threads.get(conversation.id)
        if thread is None:
            thread = self._threads[conversation.id] = Thread(conversation, mine=mine)
        else:
            thread.conversation, thread.mine = conversation, mine
            thread.top = max(thread.top, conversation.top)
        return thread

    def _drain(self, frame: Mapping[str, Any], now: float) -> list[Action]:
        self.reconnecting.told(now, frame["reconnect_in_ms"])
        self._gone_by = now + frame["reconnect_in_ms"] / 1000 + DRAINED_WITHIN_S
        return []

    def _renamed(self, frame: Mapping[str, Any], _: float) -> list[Action]:
        self.me = records.named(frame["bot"])
        return []

    def _erased(self, frame: Mapping[str, Any], _: float) -> list[Action]:
        for name in frame["conversations"]:
            if (thread := self._threads.get(name)) is not None:
                thread.recent.clear()
        return []

    def _dropped(self, frame: Mapping[str, Any], _: float) -> list[Action]:
        """Another worker has it, which is told all of it: what this one was about to begin is not begun."""
        self._threads.pop(frame["conversation"], None)
        return []

    def _news(self, frame: Mapping[str, Any], _: float) -> list[Action]:
        """Whatever is told of a conversation beside entries and state."""
        thread = self._threads.get(frame.get("conversation", ""))
        if thread is None or frame.get("v", self._v + 1) <= self._v:
            return []
        event = event_of(frame, thread, self._line)
        if event is None or (isinstance(event, Typing) and Typing not in self._also):
            return []
        return [Deliver(event)]

    def _told(self, thread: Thread) -> list[Action]:
        found = [event_of_entry(entry, thread, self._line) for entry in thread.news()]
        wanted = [event for event in found if Overheard in self._also or not isinstance(event, Overheard)]
        if thread.over:
            self._threads.pop(thread.conversation.id, None)
        return [Deliver(event) for event in wanted]

    # Gaps.

    def _catch_up(self, thread: Thread) -> list[Action]:
        """Ask for what is missing, once, and not for all conversations at once: reading has its limits, too."""
        if thread.whole or thread.asked or not self._here:
            return []
        name = thread.conversation.id
        if self._pages >= PAGES_AT_ONCE:
            self._unasked[name] = None
            return []
        thread.asked = True
        self._pages += 1
        return [_send(do="history", id=f"h:{name}", conversation=name, after=thread.last, limit=HISTORY)]

    def _page(self, name: str, reply: Mapping[str, Any], now: float) -> list[Action]:
        self._pages -= 1
        later = not reply["ok"] and reply["error"]["code"] in RETRYABLE
        return self._read(name, reply, now) + ([] if later else self._catch_up_others())

    def _catch_up_others(self) -> list[Action]:
        actions: list[Action] = []
        while self._unasked and self._pages < PAGES_AT_ONCE:
            name = next(iter(self._unasked))
            del self._unasked[name]
            if (thread := self._threads.get(name)) is not None:
                actions += self._catch_up(thread)
        return actions

    def _read(self, name: str, reply: Mapping[str, Any], now: float) -> list[Action]:
        thread = self._threads.get(name)
        if thread is None:
            return []
        thread.asked = False
        if not reply["ok"]:
            if reply["error"]["code"] in RETRYABLE:
                self._again_at = now + (reply["error"].get("retry_after_ms") or 1000 * _AGAIN_S) / 1000
            else:
                del self._threads[name]
            return []
        before = thread.last
        for frame in reply["entries"]:
            thread.take(records.entry(frame))
        if thread.last == before and not thread.whole:
            thread.give_up_gap()
        return self._catch_up(thread) + self._told(thread)

    def _pong(self, reply: Mapping[str, Any]) -> list[Action]:
        actions: list[Action] = []
        for name, position in reply.get("positions", {}).items():
            thread = self._threads.get(name)
            if thread is not None:
                thread.top = max(thread.top, position["entries"])
                actions += self._catch_up(thread)
        return actions

    # Going.

    def _flow(self, now: float) -> list[Action]:
        return [Send(text) for text in self.outbox.to_send(now)] if self._here else []

    def _end(self, error: BotError) -> list[Action]:
        if self._over:
            return []
        self._over = True
        return [End(error)]


def _text(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _send(**fields: Any) -> Send:
    return Send(_text(**fields))
