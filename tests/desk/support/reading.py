"""What a client knows: a snapshot with later events applied, by the rules of the protocol and nothing more.

Left out, as outside the law: typing, read marks, presence, place and queue.
"""

from __future__ import annotations

from typing import Any

import orjson

Frame = dict[str, Any]


def _copied(frame: Frame) -> Frame:
    """As JSON: several times as fast as `copy.deepcopy`, and frames are nothing else."""
    copy: Frame = orjson.loads(orjson.dumps(frame))
    return copy


class Reading:
    """One reader's state, from the answer to `identify` onwards."""

    def __init__(self, identified: Frame) -> None:
        self.v: int = identified["v"]
        self.newest: int = self.v
        self._was: Frame = _copied(identified["snapshot"])

    def hear(self, event: Frame) -> None:
        """Apply one event; lossy and unknown ones change nothing."""
        event = _copied(event)
        kind = event.pop("on")
        if "v" in event:
            v = event.pop("v")
            assert v >= self.newest or kind in ("agents", "department"), f"{kind} of {v} after {self.newest}"
            self.newest = max(v, self.newest)
            if v <= self.v:
                return
        apply = getattr(self, "_" + kind.replace(".", "_"), None)
        if apply is not None:
            apply(event)

    def state(self) -> Frame:
        """For comparing: without what is outside the law, in no particular order."""
        return _plain(self._was)

    def conversation_ids(self) -> list[str]:
        """Of what the reader has before them."""
        if "conversation" in self._was:
            return [] if self._was["conversation"] is None else [self._was["conversation"]["id"]]
        return [each["id"] for each in self._was["conversations"]]

    @property
    def offers(self) -> list[Frame]:
        return list(self._was.get("offers", []))

    def _site(self, event: Frame) -> None:
        self._was["site"] = event["site"]

    def _conversation(self, event: Frame) -> None:
        said = event["conversation"]
        if "conversation" in self._was:
            self._was["conversation"] = said
            return
        others = [each for each in self._was["conversations"] if each["id"] != said["id"]]
        self._was["conversations"] = [*others, said]
        for offer in self.offers:
            if offer["conversation"]["id"] == said["id"]:
                offer["conversation"] = said

    def _agent(self, event: Frame) -> None:
        self._was["agent"] = event["agent"]

    def _bot(self, event: Frame) -> None:
        self._was["bot"] = event["bot"]

    def _agents(self, event: Frame) -> None:
        self._was["agents"] = _merged(self._was["agents"], event["agents"])

    def _department(self, event: Frame) -> None:
        self._was["departments"] = _merged(self._was["departments"], [event["department"]])

    def _removed(self, event: Frame) -> None:
        for of in ("agents", "departments"):
            self._was[of] = [each for each in self._was[of] if each["id"] not in event[of]]

    def _offer(self, event: Frame) -> None:
        others = [each for each in self._was["offers"] if each["offer"] != event["offer"]]
        self._was["offers"] = [*others, event]

    def _offer_ended(self, event: Frame) -> None:
        self._was["offers"] = [each for each in self._was["offers"] if each["offer"] != event["offer"]]

    def _entry(self, event: Frame) -> None:
        self._reach(event, "entries")

    def _dropped(self, event: Frame) -> None:
        others = [each for each in self._was["conversations"] if each["id"] != event["conversation"]]
        self._was["conversations"] = others

    def _note(self, event: Frame) -> None:
        self._reach(event, "notes")
        for offer in self.offers:
            late = event["kind"] == "handoff" and offer["transfer_from"] is None
            if late and offer["conversation"]["id"] == event["conversation"]:
                offer["note"] = event["text"]

    def _reach(self, event: Frame, log: str) -> None:
        for conversation in self._all():
            if conversation["id"] == event["conversation"]:
                conversation["top"][log] = max(conversation["top"][log], event["seq"])

    def _all(self) -> list[Frame]:
        if "conversation" in self._was:
            return [self._was["conversation"]] if self._was["conversation"] else []
        return list(self._was["conversations"])


def _merged(known: list[Frame], news: list[Frame]) -> list[Frame]:
    by_id = {each["id"]: each for each in known}
    by_id.update((each["id"], each) for each in news)
    return list(by_id.values())


def _plain(snapshot: Frame) -> Frame:
    shown = _copied(snapshot)
    if "conversation" in shown:
        if shown["conversation"] is not None:
            del shown["conversation"]["queue"]
        return shown
    if "bot" in shown:
        # How many connections and conversations there are is of the moment, like a place in line.
        del shown["bot"]["connections"], shown["bot"]["conversations"]
        shown["conversations"] = {each["id"]: each for each in shown["conversations"] if each["state"] != "closed"}
        return shown
    held = {hold["conversation"] for hold in shown["agent"]["holds"] if hold["kind"] != "offer"}
    for offer in shown["offers"]:
        del offer["conversation"]["queue"]
        # Entries go to whoever has the conversation; who is only rung reads them on accepting it.
        del offer["conversation"]["top"]
        # The first words: those of the moment, in an offer as in a snapshot.
        del offer["text"]
    shown["offers"] = {each["offer"]: each for each in shown["offers"]}
    shown["conversations"] = {each["id"]: each for each in shown["conversations"] if each["id"] in held}
    for conversation in shown["conversations"].values():
        del conversation["queue"]
    for of in ("departments", "agents"):
        shown[of] = {each["id"]: each for each in shown[of]}
    return shown
