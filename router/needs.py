"""What a conversation asks of its agent, and how that opens up while it waits (DESIGN §5.6)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from router.model import NO_NEEDS, DepartmentId, Needs, Skills, WidenStep


class Opening(NamedTuple):
    """Who is eligible: needs as they stand, and whom widening has added to the department's members.

    Equal openings of one line have the same eligible agents in the same order of preference: they share a pool.
    """

    require: Skills = ()
    prefer: Skills = ()
    departments: tuple[DepartmentId, ...] = ()
    any_agent: bool = False


CLOSED = Opening()


def opening(needs: Needs, steps: Sequence[WidenStep]) -> Opening:
    """The needs after these widening steps, which add up. A level is never lowered below 1: having the skill at all."""
    if needs is NO_NEEDS and not steps:
        return CLOSED
    lower = sum(step.lower_levels for step in steps)
    return Opening(
        require=tuple((skill, max(1, level - lower)) for skill, level in needs.require) if lower else needs.require,
        prefer=() if any(step.drop_preferred for step in steps) else needs.prefer,
        departments=tuple(sorted({department for step in steps for department in step.add_departments})),
        any_agent=any(step.any_agent for step in steps),
    )


def meets(skills: Mapping[str, int], require: Skills) -> bool:
    """Every required skill, at its level or above."""
    return all(skills.get(skill, 0) >= level for skill, level in require)


def preference(skills: Mapping[str, int], prefer: Skills) -> int:
    """The weights of the preferred skills that are met; levels beyond having it count nothing, to spare the experts."""
    return sum(weight for skill, weight in prefer if skill in skills)


def needs_of(*, require: Iterable[tuple[str, int]] = (), prefer: Iterable[tuple[str, int]] = ()) -> Needs:
    """Needs in their one form, so that equal needs are equal values."""
    return Needs(require=tuple(sorted(require)), prefer=tuple(sorted(prefer)))
