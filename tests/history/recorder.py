"""From a client's frames to records: whoever has a client in hand passes on what it sends and hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.history import record
from tests.history.record import Log, Record, Way

_BEGINNINGS = frozenset({"conversation.start", "message.leave"})

Frame = dict[str, Any]
Take = Callable[[Record], None]


class Recorder:
    """A whole run. `take` gets every record; `Recorder.into_file` writes them."""

    def __init__(self, take: Take) -> None:
        self.take = take

    @classmethod
    @contextmanager
    def into_file(cls, path: Path) -> Iterator[Recorder]:
        """Every record is with the system as soon as it is made: whoever is killed loses none."""
        with path.open("wb", buffering=0) as file:
            yield cls(lambda made: _wrote(file.write(record.encoded(made) + b"\n")))

    def client(self, name: str) -> ClientRecorder:
        """For one client, across its connections."""
        return ClientRecorder(name, self.take)

    def server(self, event: str, detail: str = "") -> None:
        """started, killed, stopped, restored or fault."""
        self.take(record.Server(event=event, detail=detail))  # type: ignore[arg-type] # the five words

    def quiet(self) -> None:
        """Nothing is under way any more, and no fault is left."""
        self.take(record.Quiet())


def _wrote(_count: int) -> None:
    """The number of bytes is of no interest."""


class ClientRecorder:
    """One client: tell it of every frame, in the order in which they were sent and heard."""

    def __init__(self, name: str, take: Take) -> None:
        self.name = name
        self.line = 0
        self._take = take
        self._asked: dict[str, record.Said] = {}
        self._pages: dict[str, str] = {}  # conversations by the id of the request for their history

    def connected(self) -> None:
        self.line += 1
        self._asked.clear()
        self._pages.clear()
        self._take(record.Connected(by=self.name, line=self.line))

    def ended(self, code: int | None = None) -> None:
        self._take(record.Ended(by=self.name, line=self.line, code=code))

    def sent_as(self, data: str | bytes) -> None:
        """The same with a frame as it goes out; what is no request, or none that names itself, is passed over."""
        try:
            frame = json.loads(data)
        except (ValueError, RecursionError):
            return
        named = ("do", "id", "client_id", "conversation", "text")
        if isinstance(frame, dict) and all(isinstance(frame.get(name, ""), str | None) for name in named):
            self.sent({"do": "", "id": "", **frame})

    def sent(self, frame: Frame) -> None:
        """Before it goes out, whether it arrives or not."""
        do, client_id = frame["do"], frame.get("client_id")
        if do == "identify":
            self._identifying(frame)
        elif do == "history":
            self._pages[frame.get("id") or ""] = frame.get("conversation") or ""
        elif client_id:
            said = record.Said(
                by=self.name,
                line=self.line,
                do=do,
                client_id=client_id,
                conversation=frame.get("conversation", ""),
                text=frame.get("text") or "",
            )
            self._asked[frame["id"]] = said
            self._take(said)

    def heard(self, frame: Frame) -> None:
        """As it came in, before anything is made of it."""
        if "re" in frame:
            self._reply(frame)
            return
        match frame["on"]:
            case "entry" | "note" as log:
                self._entry(frame, "live", log)
            case "conversation":
                self._conversation(frame["v"], frame["conversation"])
            case "agent":
                self._agent(frame["v"], frame["agent"])
            case "read":
                self._take(
                    record.Read(
                        by=self.name,
                        line=self.line,
                        conversation=frame["conversation"],
                        reader=frame["from"]["id"],
                        seq=frame["seq"],
                    )
                )
            case _:
                pass

    def _identifying(self, frame: Frame) -> None:
        resume = frame.get("resume", {})
        positions = resume.get("positions", {})
        self._take(
            record.Identifying(
                by=self.name,
                line=self.line,
                epoch=resume.get("epoch", ""),
                entries={conversation: at["entries"] for conversation, at in positions.items()},
                notes={conversation: at.get("notes", 0) for conversation, at in positions.items()},
            )
        )

    def _reply(self, reply: Frame) -> None:
        said = self._asked.pop(reply["re"] or "", None)
        if said is not None:
            self._take(self._refused(said, reply) if not reply["ok"] else self._acked(said, reply))
        page = self._pages.pop(reply["re"] or "", None)
        if not reply["ok"]:
            if page and reply["error"]["code"] == "not_found":
                self._take(record.Withheld(by=self.name, line=self.line, conversation=page))
            return
        if "snapshot" in reply:
            self._identified(reply)
        self._entries(reply.get("entries", []), "page", "entry")
        self._entries(reply.get("notes", []), "page", "note")

    def _refused(self, said: record.Said, reply: Frame) -> record.Refused:
        return record.Refused(
            by=self.name,
            line=self.line,
            do=said.do,
            client_id=said.client_id,
            conversation=said.conversation,
            code=reply["error"]["code"],
        )

    def _acked(self, said: record.Said, reply: Frame) -> record.Acked:
        return record.Acked(
            by=self.name,
            line=self.line,
            do=said.do,
            client_id=said.client_id,
            conversation=said.conversation,
            at=reply.get("at", ""),
            seq=reply.get("seq", 0),
            became=reply["conversation"]["id"] if said.do in _BEGINNINGS and "conversation" in reply else "",
        )

    def _identified(self, reply: Frame) -> None:
        me, snapshot = reply["me"], reply["snapshot"]
        self._take(
            record.Identified(
                by=self.name,
                line=self.line,
                person=me["id"],
                role=next((role for role in ("agent", "bot") if role in snapshot), "visitor"),
                epoch=reply["epoch"],
                v=reply["v"],
                reset=reply["reset"],
                dropped=tuple(reply["dropped"]),
                more=tuple(reply["more"]),
                supervises=me.get("role", "agent") != "agent",
            )
        )
        self._entries(reply["missed"], "missed", "entry")
        self._entries(reply.get("missed_notes", []), "missed", "note")
        for conversation in snapshot.get("conversations", [snapshot.get("conversation")]):
            if conversation is not None:
                self._conversation(reply["v"], conversation)
        if "agent" in snapshot:
            self._agent(reply["v"], snapshot["agent"])

    def _entries(self, entries: list[Frame], way: Way, log: Log) -> None:
        for entry in entries:
            self._entry(entry, way, log)

    def _entry(self, entry: Frame, way: Way, log: Log) -> None:
        self._take(
            record.Heard(
                by=self.name,
                line=self.line,
                conversation=entry["conversation"],
                seq=entry["seq"],
                kind=entry["kind"],
                role=entry["from"]["role"],
                sender=entry["from"]["id"],
                text=entry["text"],
                at=entry["at"],
                client_id=entry.get("client_id", ""),
                way=way,
                log=log,
            )
        )

    def _conversation(self, v: int, conversation: Frame) -> None:
        agent = conversation["agent"]
        self._take(
            record.Shown(
                by=self.name,
                line=self.line,
                v=v,
                conversation=conversation["id"],
                agent="" if agent is None or conversation["state"] == "closed" else agent["id"],
                state=conversation["state"],
            )
        )

    def _agent(self, v: int, agent: Frame) -> None:
        slots = agent["slots"]
        self._take(
            record.Slots(by=self.name, line=self.line, v=v, agent=agent["id"], used=slots["used"], limit=slots["max"])
        )
