"""Which bot or line a conversation enters, and what is kept for it there (DESIGN §5.6)."""

from collections.abc import Sequence

from router.commands import AskHuman, HandOver, StartConversation
from router.line import Line
from router.model import BotId, DepartmentId, HandoffFailure, Needs, Reservation
from router.needs import Opening, meets, opening
from router.state import State


def bot_for(state: State, command: StartConversation) -> BotId | None:
    """The bot that gets it; None when it is for people. A message left for later is nothing to talk about."""
    bot = None if command.bot is None or command.left else state.bots.get(command.bot)
    return bot.id if bot is not None and bot.takes_more else None


def department_for(state: State, command: StartConversation) -> DepartmentId | None:
    """The department whose line it enters; None when none has room.

    Asked and overflow departments are tried in their order: the first that has room and is serving takes it. Where
    nobody serves it waits with the asked one, if there is room, else with the first that has some. A message left for
    later is never turned away for want of room: leaving one is what a visitor does who found the line full.
    """
    asked = command.department
    if not command.overflow and not state.lines[asked].settings.max_line:
        return asked
    roomy = _roomy(state, asked, command.overflow)
    served = _first_served(state, roomy, command.needs)
    if served is not None or command.left:
        return asked if served is None else served
    return roomy[0] if roomy else None


def destination_for(
    state: State, needs: Needs, asked: DepartmentId, overflow: Sequence[DepartmentId]
) -> tuple[DepartmentId | None, HandoffFailure]:
    """The line into which a bot may hand it: the first that has room and is serving. None: and why there is none."""
    roomy = _roomy(state, asked, overflow)
    return _first_served(state, roomy, needs), "nobody" if roomy else "line_full"


def _roomy(state: State, asked: DepartmentId, overflow: Sequence[DepartmentId]) -> list[DepartmentId]:
    tried = dict.fromkeys((asked, *(each for each in overflow if each in state.lines)))
    return [each for each in tried if _has_room(state.lines[each])]


def _first_served(state: State, roomy: Sequence[DepartmentId], needs: Needs) -> DepartmentId | None:
    return next((each for each in roomy if _is_served(state, state.lines[each], opening(needs, ()))), None)


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


def reservation_for(state: State, command: StartConversation | HandOver | AskHuman) -> Reservation | None:
    """For those of the named agents who exist, from now; None without any, or for no time."""
    if not command.reserve_for:
        return None
    agents = tuple(agent for agent in dict.fromkeys(command.reserve_for) if agent in state.agents)
    if not agents or command.reserve_ms <= 0:
        return None
    return Reservation(agents=agents, until=state.now + command.reserve_ms)
