"""What is written down of a run, one record a line of JSON: what clients said and were told, in the order in which
it was seen, and what was done to the server. `by` is the name of a client (a page or a program), `line` counts its
connections.

Texts are kept as they were sent and shown. Nothing in here knows the server's code: a history may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

Log = Literal["entry", "note"]
Way = Literal["live", "missed", "page"]


class Base(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", omit_defaults=True):
    """One thing that was seen."""


class Connected(Base, frozen=True, kw_only=True, tag="connected"):
    """A socket is open."""

    by: str
    line: int


class Identifying(Base, frozen=True, kw_only=True, tag="identifying"):
    """The client said who it is and where it stood: entries and notes read, by conversation."""

    by: str
    line: int
    epoch: str = ""
    entries: dict[str, int] = {}
    notes: dict[str, int] = {}


class Identified(Base, frozen=True, kw_only=True, tag="identified"):
    """The server's answer; the entries that were missed follow as `Heard`, `way` missed."""

    by: str
    line: int
    person: str
    role: str
    epoch: str
    v: int
    reset: bool = False
    dropped: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    supervises: bool = False


class Ended(Base, frozen=True, kw_only=True, tag="ended"):
    """The connection is gone; `code` if the server gave one."""

    by: str
    line: int
    code: int | None = None


class Withheld(Base, frozen=True, kw_only=True, tag="withheld"):
    """The client asked for a conversation's history and was told that there is none for it: it is not theirs now."""

    by: str
    line: int
    conversation: str


class Said(Base, frozen=True, kw_only=True, tag="said"):
    """A request that names itself was sent, once more with each attempt. `do` is its verb on the wire."""

    by: str
    line: int
    do: str
    client_id: str
    conversation: str = ""
    text: str = ""


class Acked(Base, frozen=True, kw_only=True, tag="acked"):
    """It was answered with yes. `seq` and `at` of a message or note; `became`: the conversation that a start led to."""

    by: str
    line: int
    do: str
    client_id: str
    conversation: str = ""
    at: str = ""
    seq: int = 0
    became: str = ""


class Refused(Base, frozen=True, kw_only=True, tag="refused"):
    """It was answered with no."""

    by: str
    line: int
    do: str
    client_id: str
    code: str
    conversation: str = ""


class Heard(Base, frozen=True, kw_only=True, tag="heard"):
    """An entry or note, as it happened (live), with the answer to `identify` (missed) or in another answer (page)."""

    by: str
    line: int
    conversation: str
    seq: int
    kind: str
    role: str
    sender: str
    text: str
    at: str
    client_id: str = ""
    way: Way = "live"
    log: Log = "entry"


class Shown(Base, frozen=True, kw_only=True, tag="shown"):
    """Who has a conversation, as it was told with version `v`; `agent` empty: nobody."""

    by: str
    line: int
    v: int
    conversation: str
    agent: str
    state: str


class Slots(Base, frozen=True, kw_only=True, tag="slots"):
    """An agent's own state, as it was told with version `v`."""

    by: str
    line: int
    v: int
    agent: str
    used: int
    limit: int


class Read(Base, frozen=True, kw_only=True, tag="read"):
    """`reader` has seen all up to `seq`, as `by` was told."""

    by: str
    line: int
    conversation: str
    reader: str
    seq: int


class Compared(Base, frozen=True, kw_only=True, tag="compared"):
    """With nothing under way: what the client holds, and what a fresh snapshot shows it. Any canonical text."""

    by: str
    held: str
    fresh: str


class Server(Base, frozen=True, kw_only=True, tag="server"):
    """What was done to the server, or befell it. `restored`: from a backup; numbers may be used anew."""

    event: Literal["started", "killed", "stopped", "restored", "fault"]
    detail: str = ""


class Quiet(Base, frozen=True, kw_only=True, tag="quiet"):
    """No fault is left, and everybody who is connected has had the time to hear everything."""


Record = (
    Connected
    | Identifying
    | Identified
    | Ended
    | Withheld
    | Said
    | Acked
    | Refused
    | Heard
    | Shown
    | Slots
    | Read
    | Compared
    | Server
    | Quiet
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def encoded(record: Record) -> bytes:
    """One line, without its end."""
    return _encoder.encode(record)


def decoded(line: bytes) -> Record:
    """Of one line; raises `msgspec.ValidationError`."""
    found: Record = _decoder.decode(line)
    return found


def write(path: Path, records: Iterable[Record]) -> None:
    with path.open("wb") as file:
        file.writelines(encoded(record) + b"\n" for record in records)


class Story:
    """A history in a file: read from the beginning as often as it is gone through, never held whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Record]:
        with self.path.open("rb") as file:
            # A run that was killed may leave its last line half.
            yield from (decoded(line) for line in file if line.endswith(b"\n"))
