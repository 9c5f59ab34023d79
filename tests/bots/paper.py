"""A line that leads nowhere: what a bot writes is kept, becomes entries, and is answered as the server would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bots import records
from bots.errors import Refused
from bots.events import Failed, HandedOver, Message, Returned, Started
from bots.records import Entry
from tests.bots.scripting import Frame, conversation, entry


class Paper:
    """One conversation. `answers`: what is answered instead, by the request's `do`."""

    text_chars = 8000

    def __init__(self) -> None:
        self.connection = 1
        self.log: list[Entry] = []
        self.asked: list[Frame] = []
        self.told: list[Frame] = []
        self.answers: dict[str, Frame | Refused] = {}
        self.alarms: list[Callable[[], None]] = []
        self.mine = True

    async def ask(self, do: str, conversation: str, **fields: Any) -> Frame:  # noqa: ARG002 - the protocol's
        self.asked.append({"do": do, **fields})
        answer = self.answers.get(do)
        if isinstance(answer, Refused):
            raise answer
        if do in ("message.send", "stream") and answer is None:
            named = {"client_id": fields.get("client_id") or fields["stream_id"]}
            kept = self._entry("bot", fields["text"], **named, replies=fields.get("replies", []))
            return {"ok": True, "seq": kept.seq}
        if do == "handoff" and answer is None:
            self.mine = False
            return {"ok": True, "handoff": "queued"}
        return answer or {"ok": True}

    def tell(self, do: str, conversation: str, **fields: Any) -> None:  # noqa: ARG002 - the protocol's
        self.told.append({"do": do, **fields})

    def entries(self, conversation: str) -> tuple[Entry, ...]:  # noqa: ARG002 - the protocol's
        return tuple(self.log)

    def owns(self, conversation: str) -> bool:  # noqa: ARG002 - the protocol's
        return self.mine

    def later(self, seconds: float, do: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002 - the protocol's
        self.alarms.append(do)
        return lambda: self.alarms.remove(do)

    def ring(self) -> None:
        """Time passes."""
        ringing, self.alarms = self.alarms, []
        for do in ringing:
            do()

    # What happens.

    def message(self, text: str) -> Message:
        return Message(**self._common(self._entry("visitor", text)))

    def started(self, *, spoke: bool = False) -> Started:
        return Started(spoke=spoke, **self._common(self._entry("bot", "", kind="joined")))

    def returned(self) -> Returned:
        return Returned(agent="Ada", **self._common(self._entry("bot", "", kind="joined")))

    def failed(self) -> Failed:
        return Failed(reason="nobody", conversation=self._conversation(), name="handoff.failed-7", line=self)

    def handed_over(self, reason: str) -> HandedOver:
        self.mine = False
        return HandedOver(reason=reason, conversation=self._conversation(), name="handoff.queued-7", line=self)

    def said(self) -> list[str]:
        """What the bot has said."""
        return [each["text"] for each in self.asked if "text" in each]

    def _entry(self, role: str, text: str, **more: Any) -> Entry:
        kept = records.entry(entry(len(self.log) + 1, role, text, **more))
        self.log.append(kept)
        return kept

    def _common(self, kept: Entry) -> dict[str, Any]:
        return {"entry": kept, "name": f"re-{kept.seq}", "conversation": self._conversation(), "line": self}

    def _conversation(self) -> records.Conversation:
        return records.conversation(conversation(top=len(self.log)))
