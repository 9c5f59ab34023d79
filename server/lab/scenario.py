"""What a scenario file holds, each key with its type, range and default.

Departments, agents and rules are those of `workspace.toml`; durations here may be fractions of seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from server.settings.workspace import (
    Agent,
    Department,
    Keys,
    Language,
    OptionalKey,
    Record,
    Rule,
    Site,
    Skills,
    Slots,
    Weights,
    Workspace,
)

_DAY_S = 86_400
_LONG_S = 365 * _DAY_S

# The bounds keep out what is infinite or not a number.
Duration = Annotated[float, Meta(ge=0, le=_LONG_S, description="a number of seconds from 0 to 31536000")]
SomeTime = Annotated[float, Meta(gt=0, le=_LONG_S, description="a number of seconds above 0 and at most 31536000")]
Rate = Annotated[float, Meta(ge=0, le=1_000_000, description="a number a minute from 0 to 1000000")]
SomeRate = Annotated[float, Meta(gt=0, le=1_000_000, description="a number a minute above 0 and at most 1000000")]
Chance = Annotated[float, Meta(ge=0, lt=1, description="a share from 0 to below 1")]
Share = Annotated[float, Meta(ge=0, le=1_000_000_000, description="a number of 0 or more")]
Spread = Annotated[float, Meta(gt=0, le=100, description="a number above 0 and at most 100")]
Slowdown = Annotated[float, Meta(ge=0, le=100, description="a number from 0 to 100")]


class Piece(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`[from, rate]`: from so many seconds on, so many conversations come a minute."""

    start: Duration
    rate: Rate


class Arrivals(Record, frozen=True, kw_only=True):
    """When conversations come: one of a rate, a profile of rates, or recorded traffic.

    A profile begins anew every `period` seconds; without one, its last rate stays.
    """

    rate_per_min: SomeRate | None = None
    profile: Annotated[
        tuple[Piece, ...], Meta(description="a list of [seconds, rate a minute] pairs, none of them negative")
    ] = ()
    period: Duration = 0.0
    trace: str = ""


class Service(Record, frozen=True, kw_only=True):
    """How long conversations take. `cv` (standard deviation / mean) is for lognormal times alone, and 1 if left out."""

    mean_s: SomeTime | None = None
    distribution: Literal["exponential", "lognormal", "deterministic"] = "exponential"
    cv: Spread | None = None
    slowdown: Slowdown = 0.0


class Patience(Record, frozen=True, kw_only=True):
    """After how long those who wait leave, exponential. 0: at once when nobody is free. Without: never."""

    mean_s: Duration | None = None


class Accept(Record, frozen=True, kw_only=True):
    """What agents do when it rings: the exponential time until they react, and how often they miss or decline."""

    mean_s: Duration = 0.0
    p_miss: Chance = 0.0
    p_decline: Chance = 0.0
    back_s: SomeTime = 60.0


class Class(Record, frozen=True, kw_only=True):
    """A share of the conversations. What it says of its needs stands; what it leaves out, rules may say.

    `page`, `text`, `form`, `language` are what rules look at.
    """

    name: Annotated[str, Meta(max_length=64, description="text of at most 64 characters")] = ""
    share: Share = 1.0
    department: OptionalKey = ""
    head_start: Annotated[float, Meta(ge=0, le=_DAY_S, description="a number of seconds from 0 to 86400")] | None = None
    require: Skills | None = None
    prefer: Weights | None = None
    cost: Slots = 1
    language: Language = "en"
    country: str = ""
    page: str = ""
    text: str = ""
    form: Annotated[Mapping[str, str], Meta(description="a table of texts")] = {}
    site: OptionalKey = ""


class Shift(Record, frozen=True, kw_only=True):
    """When agents are there, in seconds from the start; again every so many seconds, if said."""

    agents: Annotated[Keys, Meta(min_length=1)]
    start: Duration = 0.0
    end: SomeTime
    every: Duration = 0.0


class Promises(Record, frozen=True, kw_only=True):
    """How many of those who wait are promised a wait, to see how well promises are kept. 0: nobody."""

    sample: Annotated[int, Meta(ge=0, le=10_000_000)] = 1_000


class Scenario(
    Record,
    frozen=True,
    kw_only=True,
    rename={"sites": "site", "departments": "department", "agents": "agent", "rules": "rule"}
    | {"classes": "class", "shifts": "shift"},
):
    """A whole scenario. `conversations` come in all; the first `warm_up` of them are not counted."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    conversations: Annotated[int, Meta(ge=1, le=100_000_000)] = 100_000
    warm_up: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    workspace: Workspace = msgspec.field(default_factory=lambda: Workspace(key="lab"))
    arrivals: Arrivals
    service: Service = Service()
    patience: Patience = Patience()
    accept: Accept = Accept()
    promise: Promises = Promises()
    classes: tuple[Class, ...] = ()
    sites: tuple[Site, ...] = ()
    departments: tuple[Department, ...] = ()
    agents: tuple[Agent, ...] = ()
    rules: tuple[Rule, ...] = ()
    shifts: tuple[Shift, ...] = ()
