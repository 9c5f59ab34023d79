"""The records a workspace is made of, each key with its type, range and default.

The same structs are the shape of `workspace.toml` (see `parse` and `dump`) and of the JSON the database keeps
for each record (see `to_json` and `from_json`); names on the wire follow the file, so the attribute `departments` is
written `department` there.

**Absent records, absent keys.** A record the file does not name (a department, an agent, ...) stays as it is unless
pruning was asked for. A record the file does name is replaced by what the file says, defaults included: a key left
out goes back to its default, it does not keep its former value.

All durations are whole seconds. Ranges of single values are part of the types and hold for every decoded record;
what concerns several records, or needs a grammar of its own, is in `check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

# "$" alone would let a line feed through at the end; `(?!\n)` means the same to Python and to JavaScript.
_END = r"$(?!\n)"
_YEAR = 31_536_000

Key = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9-]{1,64}" + _END, description="1 to 64 characters of a-z, 0-9 and -"),
]
OptionalKey = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9-]{0,64}" + _END, description='a key (characters of a-z, 0-9 and -) or ""'),
]
Keys = Annotated[tuple[Key, ...], Meta(description="a list of keys (a-z, 0-9 and -)")]
Name = Annotated[str, Meta(max_length=200, description="text of at most 200 characters")]
Label = Annotated[str, Meta(min_length=1, max_length=64, description="text of 1 to 64 characters")]
Language = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*" + _END,
        description='a language tag such as "en" or "pt-BR"',
    ),
]
Email = Annotated[
    str,
    Meta(pattern=r"^[^@\s]+@[^@\s]+" + _END, max_length=254, description="an e-mail address"),
]
FirstBot = Annotated[
    str,
    Meta(pattern=r"^(bot:[a-z0-9-]{1,64})?" + _END, description='"" or "bot:" and a key'),
]
Seconds = Annotated[int, Meta(ge=0, le=_YEAR)]
SomeSeconds = Annotated[int, Meta(ge=1, le=_YEAR)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Slots = Annotated[int, Meta(ge=1, le=1_000)]
Level = Annotated[int, Meta(ge=1, le=10)]
Skills = Annotated[Mapping[Label, Level], Meta(description="a table of levels from 1 to 10")]
Weights = Annotated[
    Mapping[Label, Annotated[int, Meta(ge=1, le=1_000)]],
    Meta(description="a table of weights from 1 to 1000"),
]
Texts = Annotated[
    Mapping[Language, Annotated[str, Meta(min_length=1, max_length=2_000)]],
    Meta(description="a table of texts (1 to 2000 characters) by language"),
]
Lines = Annotated[tuple[str, ...], Meta(description="a list of texts")]
Words = Annotated[
    Mapping[Language, Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=100)]],
    Meta(description="a table of lists of words or phrases (1 to 100 characters) by language"),
]

Method = Literal[
    "ring_all",
    "max_utilization",
    "average_utilization",
    "priority",
    "random",
    "round_robin",
    "longest_idle",
]
Measure = Literal["count", "share"]
Accept = Literal["ring", "auto"]
Order = Literal["head_start", "strict"]
Role = Literal["agent", "supervisor", "admin"]
Addresses = Literal["short", "full", "none"]
WaitEvent = Literal["queued", "every", "place", "waited", "estimate_passed", "nobody", "returned"]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all records have in common: they never change, and unknown keys are refused."""


class NamedRecord(Record, frozen=True, kw_only=True):
    """A record with a key of its own; a name left out is the key."""

    key: Key
    name: Name = ""

    def __post_init__(self) -> None:
        if not self.name:
            msgspec.structs.force_setattr(self, "name", self.key)


class Workspace(NamedRecord, frozen=True, kw_only=True):
    """The tenant itself. Without a `default_department`, `merge` names the first department there is.

    `mask_cards`: card numbers are masked before they are stored. `retention_days`: closed conversations are removed
    after so many days, 0 keeps them. `addresses`: how the network addresses of visitors and agents are written down.
    """

    timezone: str = "UTC"
    language: Language = "en"
    default_department: OptionalKey = ""
    grace_seconds: Seconds = 20
    blip_seconds: Seconds = 10
    hold_place_seconds: Seconds = 120
    reoffer_seconds: Seconds = 60
    mask_cards: bool = True
    retention_days: Annotated[int, Meta(ge=0, le=36_500)] = 0
    addresses: Addresses = "short"


class Site(NamedRecord, frozen=True, kw_only=True):
    """One embedding of the widget. `departments` are those a visitor may choose from; none means no choice."""

    origins: Lines = ()
    departments: Keys = ()


class RingWave(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`[after, agents]`: after so many seconds that many agents ring; 0 agents means all."""

    after: Seconds
    agents: Count


class ServiceLevel(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`[share, seconds]`: this share of conversations is to be answered within the seconds."""

    share: Annotated[float, Meta(gt=0, le=1)]
    seconds: SomeSeconds


class Rate(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`[at_once, per_minute]`: so many in one go, then so many a minute; `[0, 0]` is no limit."""

    at_once: Annotated[int, Meta(ge=0, le=1_000_000)]
    per_minute: Annotated[int, Meta(ge=0, le=10_000_000)]

    def __post_init__(self) -> None:
        if (self.at_once == 0) != (self.per_minute == 0):
            raise ValueError("[0, 0] is no limit; else both are above 0")


Rated = Annotated[Rate, Meta(description="[at once, per minute], two whole numbers above 0, or [0, 0] for no limit")]


class Limits(Record, frozen=True, kw_only=True):
    """How much one visitor, agent, bot, address or site may ask for. What each means is in `docs/operations.md`.

    The defaults leave room for an office of hundreds of agents behind one address. `text_chars`: of one message.
    """

    text_chars: Annotated[int, Meta(ge=1, le=8_000)] = 8_000
    connections_per_visitor: Annotated[int, Meta(ge=0, le=10_000)] = 50
    connections_per_agent: Annotated[int, Meta(ge=0, le=10_000)] = 100
    connections_per_bot: Annotated[int, Meta(ge=0, le=10_000)] = 50
    messages_per_visitor: Rated = Rate(3_000, 1_800)
    messages_per_agent: Rated = Rate(3_000, 9_000)
    messages_per_bot: Rated = Rate(20_000, 600_000)
    messages_per_bot_conversation: Rated = Rate(3_000, 1_800)
    messages_per_address: Rated = Rate(60_000, 360_000)
    messages_per_site: Rated = Rate(120_000, 720_000)
    starts_per_visitor: Rated = Rate(20, 20)
    starts_per_address: Rated = Rate(1_000, 1_000)
    signals_per_person: Rated = Rate(200, 1_200)
    reads_per_connection: Rated = Rate(1_000, 6_000)
    requests_per_address: Rated = Rate(2_000, 12_000)


class WidenStep(Record, frozen=True, kw_only=True):
    """What opens up for a conversation that has waited `after` seconds."""

    after: Seconds
    drop_preferred: bool = False
    lower_levels: Annotated[int, Meta(ge=0, le=9)] = 0
    add_departments: Keys = ()
    any_agent: bool = False


class WaitMessage(Record, frozen=True, kw_only=True):
    """An automated message to a waiting visitor; `seconds` matters to `every` and `waited` alone."""

    when: WaitEvent
    seconds: SomeSeconds = 45
    min_ahead: Count = 1
    min_interval: Seconds = 20
    max_count: Annotated[int, Meta(ge=1, le=1_000)] = 10
    text: Texts = {}


class Department(NamedRecord, frozen=True, kw_only=True, rename={"messages": "message"}):
    """A team visitors can reach: how it chooses, rings, waits and opens.

    A limit of 0 (`miss_limit`, `max_line`, `prefer_last_agent`, `idle_seconds`) means that it does not apply.
    """

    method: Method = "average_utilization"
    measure: Measure = "count"
    tiers: bool = False
    accept: Accept = "ring"
    ring_seconds: SomeSeconds = 30
    ring_waves: Annotated[
        tuple[RingWave, ...], Meta(description="a list of [seconds, agents] pairs of whole numbers")
    ] = ()
    reject_delay: Seconds = 5
    miss_delay: Seconds = 10
    miss_limit: Count = 3
    wrap_up: Seconds = 0
    first: FirstBot = ""
    order: Order = "head_start"
    max_line: Count = 0
    overflow: Keys = ()
    prefer_last_agent: Seconds = 0
    repeat_days: Annotated[int, Meta(ge=0, le=3_650)] = 7
    hours: Lines = ()
    holidays: Lines = ()
    service_level: Annotated[ServiceLevel, Meta(description="[share above 0 and at most 1, whole seconds above 0]")] = (
        ServiceLevel(share=0.8, seconds=60)
    )
    idle_seconds: Seconds = 600
    idle_close_seconds: SomeSeconds = 300
    widen: tuple[WidenStep, ...] = ()
    messages: tuple[WaitMessage, ...] = ()


class Member(Record, frozen=True, kw_only=True):
    """An agent's place in a department; `max_slots` caps the agent inside it, 0 means no cap."""

    department: Key
    priority: Annotated[int, Meta(ge=1, le=100)] = 50
    max_slots: Annotated[int, Meta(ge=0, le=1_000)] = 0


class Agent(NamedRecord, frozen=True, kw_only=True, rename={"members": "member"}):
    """A person inside. Passwords are never part of the settings."""

    email: Email
    role: Role = "agent"
    max_slots: Slots = 3
    breathing: Seconds = 0
    rings_at_once: Slots = 1
    skills: Skills = {}
    substitutes: Keys = ()
    leave: Lines = ()
    members: tuple[Member, ...] = ()


class Bot(NamedRecord, frozen=True, kw_only=True):
    """A program that answers visitors first. Its tokens are never part of the settings.

    A conversation goes on to people when its visitor's message is unanswered for `reply_seconds` (0: however long it
    takes), and when the bot's last connection has been gone for `grace_seconds`. `max_conversations`: at one time, 0
    means no limit. `human_words`: by language, what a visitor writes who wants a person; a language that is not named
    has built-in ones.
    """

    reply_seconds: Seconds = 30
    grace_seconds: Seconds = 20
    max_conversations: Count = 0
    human_words: Words = {}


class Rule(Record, frozen=True, kw_only=True):
    """One routing rule. `when` is the text of a CEL condition, compiled elsewhere.

    An action that is `None` is one the rule says nothing about, so that a later rule may decide it; `first = ""` and
    `head_start = 0` are decisions. `agent_seconds`: how long the agent that `agent` names is waited for.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200, description="text of 1 to 200 characters")]
    when: Annotated[str, Meta(min_length=1, max_length=4_000, description="a CEL condition")]
    department: Key | None = None
    require: Skills | None = None
    prefer: Weights | None = None
    head_start: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    language: Language | None = None
    agent: Key | None = None
    agent_seconds: Seconds = 60
    first: FirstBot | None = None
    tags: Annotated[tuple[Label, ...], Meta(description="a list of tags (1 to 64 characters)")] = ()


class WorkspaceFile(
    Record,
    frozen=True,
    kw_only=True,
    rename={"sites": "site", "departments": "department", "agents": "agent", "bots": "bot", "rules": "rule"},
):
    """A whole workspace, or as much of one as a file names. The order of rules is what they are tried in.

    `limits` is None where nothing is said of them: of a whole workspace, that stands for the defaults.
    """

    workspace: Workspace
    limits: Limits | None = None
    sites: tuple[Site, ...] = ()
    departments: tuple[Department, ...] = ()
    agents: tuple[Agent, ...] = ()
    bots: tuple[Bot, ...] = ()
    rules: tuple[Rule, ...] = ()


class _Stored(Workspace, frozen=True, kw_only=True):
    """What the database keeps of the workspace itself: its settings, and the limits with them."""

    limits: Limits = Limits()


def bot_key(first: str) -> str:
    """The bot's key in `bot:KEY`, or in the key alone."""
    return first.removeprefix("bot:")


RecordT = TypeVar("RecordT", bound=Record)


def to_json(record: Record) -> bytes:
    """The JSON the database keeps: every key, defaults too, so that a later default does not change old records."""
    return msgspec.json.encode(record)


def from_json(data: bytes | str, kind: type[RecordT]) -> RecordT:
    """The record of that kind which `to_json` wrote.

    Raises:
        msgspec.ValidationError: a key is unknown, missing, of the wrong type or out of range.
        msgspec.DecodeError: it is no JSON at all.
    """
    return msgspec.json.decode(data, type=kind)


def to_stored(file: WorkspaceFile) -> bytes:
    """The JSON the database keeps of the workspace itself."""
    said = {field.name: getattr(file.workspace, field.name) for field in msgspec.structs.fields(Workspace)}
    return to_json(_Stored(**said, limits=file.limits or Limits()))


def from_stored(data: bytes | str) -> tuple[Workspace, Limits]:
    """What `to_stored` wrote, also before there were limits; raises as `from_json`."""
    stored = from_json(data, _Stored)
    said = {field.name: getattr(stored, field.name) for field in msgspec.structs.fields(Workspace)}
    return Workspace(**said), stored.limits
