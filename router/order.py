"""The one order of a workspace (DESIGN §5.3): every conversation in line has a key, and the smallest goes first.

    key = since - head start                    `order = "head_start"`
    key = since - head start * STRICT           `order = "strict"`

`since` is when it entered the line less what it had waited before (`since_at` of the record), so time spent talking is
not waiting. The key is made when a conversation enters a line and is static: nothing is sorted again while people wait,
places are stable, and what was missed, declined or lost its agent keeps it. Changing a department's `order` therefore
holds for those who enter from then on.

*Head starts are seniority.* Both age at the same speed, so with `head_start` nobody is overtaken by anyone who enters
later than the difference of the two head starts: the wait of everybody is bounded.

*Strict head starts are ranks.* A second of it is worth 31 years of waiting: whoever has the longer one goes first, of
whatever age, and inside one rank age decides, as it does among those without any. It is the same key, so in a team that
serves several departments a strict conversation with a head start goes before everything else, and one without competes
by age. Nothing bounds the wait of those who are passed: that is what strict means.
"""

from typing import assert_never

from router.model import DepartmentSettings

# What a millisecond of a strict head start is worth in milliseconds of waiting.
STRICT = 1_000_000_000
# Longer head starts count as this one (100 days): keys have to fit 64 bits with a sign.
MAX_HEAD_START_MS = 8_640_000_000


def key_at(department: DepartmentSettings, *, since_at: int, head_start_ms: int) -> int:
    """The key in this department's line of who counts as waiting since `since_at`. Fits 64 bits with a sign."""
    head_start_ms = max(-MAX_HEAD_START_MS, min(MAX_HEAD_START_MS, head_start_ms))
    match department.order:
        case "head_start":
            return since_at - head_start_ms
        case "strict":
            return since_at - head_start_ms * STRICT
        case _:
            assert_never(department.order)
