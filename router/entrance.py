"""Which line a new conversation enters, and what is kept for it there (DESIGN §5.6)."""

from router.commands import StartConversation
from router.line import Line
from router.model import DepartmentId, Reservation
from router.needs import Opening, meets, opening
from router.state import State


def department_for(state: State, command: StartConversation) -> DepartmentId | None:
    """The department whose line it enters; None when none has room.

    Asked and overflow departments are tried in their order: the first that has room and is serving takes it. Where
    nobody serves it waits with the asked one, if there is room, else with the first that has some. A message left for
    later is never turned away for want of room: leaving one is what a visitor does who found the line full.
    """
    asked = command.department
    if not command.overflow and not state.lines[asked].settings.max_line:
        return asked
    tried = dict.fromkeys((asked, *(each for each in command.overflow if each in state.lines)))
    roomy = [each for each in tried if _has_room(state.lines[each])]
    served = next((each for each in roomy if _is_served(state, state.lines[each], opening(command.needs, ()))), None)
    if served is not None or command.left:
        return asked if served is None else served
    return roomy[0] if roomy else None


def _has_room(line: Line) -> bool:
    """Who rings for one agent alone is as good as served and not counted."""
    return not line.settings.max_line or line.waiting() < line.settings.max_line


def _is_served(state: State, line: Line, opened: Opening) -> bool:
    """A member who meets the needs is present and available."""
    pool = line.pools.get(opened)
    if pool is not None:
        return pool.serving > 0
    people = (state.agents[agent] for agent in line.members)
    return any(agent.serving and meets(agent.settings.skills, opened.require) for agent in people)


def reservation_for(state: State, command: StartConversation) -> Reservation | None:
    """For those of the named agents who exist, from now; None without any, or for no time."""
    if not command.reserve_for:
        return None
    agents = tuple(agent for agent in dict.fromkeys(command.reserve_for) if agent in state.agents)
    if not agents or command.reserve_ms <= 0:
        return None
    return Reservation(agents=agents, until=state.now + command.reserve_ms)
