"""Small workspaces of every kind, with durations that like to meet."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from router.model import (
    NO_NEEDS,
    AgentId,
    AgentSettings,
    BotId,
    BotSettings,
    DepartmentId,
    DepartmentSettings,
    Member,
    MessageRule,
    Method,
    WaitEvent,
    WidenStep,
    WorkspaceSettings,
)
from router.needs import needs_of

AGENTS = tuple(AgentId(f"a_{number}") for number in range(4))
BOTS = (BotId("b_0"), BotId("b_1"))
DEPARTMENTS = tuple(DepartmentId(f"d_{number}") for number in range(3))

# Multiples of 500 ms, so that things become due at the same moment.
rests = st.sampled_from([0, 0, 500, 1_000])
short = st.sampled_from([500, 1_000, 2_000])
long = st.sampled_from([2_000, 4_000, 10_000])
steps = st.sampled_from([0, 0, 0, 1, 250, 500, 1_000, 3_000])

skills = st.dictionaries(st.sampled_from(["danish", "billing"]), st.integers(1, 3), max_size=2)
needs = st.just(NO_NEEDS) | st.builds(needs_of, require=skills.map(dict.items), prefer=skills.map(dict.items))
widenings = st.lists(
    st.builds(
        WidenStep,
        after_ms=st.sampled_from([0, 500, 1_000, 3_000]),
        drop_preferred=st.booleans(),
        lower_levels=st.sampled_from([0, 1, 2]),
        add_departments=st.lists(st.sampled_from(DEPARTMENTS), max_size=1).map(tuple),
        any_agent=st.sampled_from([False, False, True]),
    ),
    max_size=2,
).map(lambda found: tuple(sorted(found, key=lambda step: step.after_ms)))
waves = st.sampled_from([(), (), ((0, 1),), ((0, 1), (500, 2), (1_000, 0)), ((500, 1), (2_000, 3))])

message_rules = st.lists(
    st.builds(
        MessageRule,
        when=st.sampled_from(get_args(WaitEvent)),
        seconds_ms=st.sampled_from([0, 500, 1_000, 3_000]),
        min_ahead=st.sampled_from([0, 0, 1]),
        min_interval_ms=st.sampled_from([0, 500, 2_000]),
        max_count=st.sampled_from([1, 2, 10]),
    ),
    max_size=4,
).map(tuple)


def departments(name: DepartmentId) -> st.SearchStrategy[DepartmentSettings]:
    return st.builds(
        DepartmentSettings,
        id=st.just(name),
        key=st.just(name),
        name=st.just(name),
        method=st.sampled_from(list(Method)) | st.just(Method.RING_ALL),
        measure=st.sampled_from(["count", "share"]),
        tiers=st.booleans(),
        accept=st.sampled_from(["ring", "ring", "auto"]),
        ring_ms=short,
        reject_delay_ms=rests,
        miss_delay_ms=rests,
        miss_limit=st.sampled_from([0, 1, 2, 3]),
        wrap_up_ms=st.sampled_from([0, 0, 1_000]),
        order=st.sampled_from(["head_start", "head_start", "strict"]),
        max_line=st.sampled_from([0, 0, 1, 2]),
        idle_ms=st.sampled_from([0, 1_000, 4_000]),
        idle_close_ms=short,
        messages=message_rules,
        ring_waves=waves,
        widen=widenings | st.just(()),
    )


@st.composite
def agents(draw: st.DrawFn, name: AgentId, known: list[DepartmentId]) -> AgentSettings:
    homes = draw(st.lists(st.sampled_from(known), unique=True, min_size=0 if draw(st.integers(0, 5)) == 0 else 1))
    members = tuple(
        Member(department=home, priority=draw(st.sampled_from([1, 1, 50])), max_slots=draw(st.sampled_from([0, 0, 1])))
        for home in homes
    )
    return AgentSettings(
        id=name,
        key=name,
        name=name,
        max_slots=draw(st.sampled_from([1, 2, 3])),
        breathing_ms=draw(rests),
        rings_at_once=draw(st.sampled_from([1, 1, 2])),
        members=members,
        skills=draw(skills),
    )


def bots(name: BotId) -> st.SearchStrategy[BotSettings]:
    return st.builds(
        BotSettings,
        id=st.just(name),
        key=st.just(name),
        name=st.just(name),
        reply_ms=st.sampled_from([3_000, 1_000, 500, 0]),
        grace_ms=st.sampled_from([2_000, 500, 0]),
        max_conversations=st.sampled_from([0, 0, 1, 2]),
    )


@st.composite
def workspaces(draw: st.DrawFn) -> WorkspaceSettings:
    names = list(DEPARTMENTS[: draw(st.integers(1, 3))])
    if len(names) > 1 and draw(st.integers(0, 3)) == 0:
        names = names[1:]
    people = list(AGENTS[: draw(st.integers(1, 4))])
    if len(people) > 1 and draw(st.integers(0, 3)) == 0:
        people = people[1:]
    return WorkspaceSettings(
        departments={name: draw(departments(name)) for name in names},
        agents={name: draw(agents(name, names)) for name in people},
        default_department=draw(st.sampled_from(names)),
        grace_ms=draw(short),
        blip_ms=draw(st.sampled_from([500, 1_000])),
        hold_place_ms=draw(long),
        reoffer_ms=draw(long),
        confirm_ms=draw(st.sampled_from([0, 500, 1_000, 1_500])),
        restart_pause_ms=draw(st.sampled_from([0, 1_000, 2_000])),
        bots={name: draw(bots(name)) for name in draw(st.sampled_from([BOTS, BOTS, BOTS[:1], BOTS[1:], ()]))},
    )
