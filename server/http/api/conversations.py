"""What supervisors may look on at: the open conversations, by whom they are answered."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from msgspec import Struct

from server.control.operations import Operations
from server.desk.directory import Directory
from server.desk.policy import Policy
from server.http import answers
from server.http.api.operation import PREFIX, Call, Operation
from server.wire.parts import ConversationState, Named, Time
from server.wire.times import rfc3339

MOST: Final = 1000


class OpenSeen(Struct, kw_only=True, frozen=True):
    """One open conversation. What was said is not here: that is asked for by `conversation.watch`.

    Either `agent` or `bot` answers it, or nobody does yet. `visitor`: their name, empty when they gave none.
    """

    id: str
    state: ConversationState
    site: str
    department: Named
    agent: Named | None
    bot: Named | None
    visitor: str
    visitor_id: str
    started_at: Time


class ConversationsApi:
    """The handlers."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                name="listConversations",
                method="GET",
                path=f"{PREFIX}/conversations",
                who=Policy.SUPERVISOR,
                says=f"The open conversations, the newest first, at most {MOST}; who answers them, not what was said.",
                run=self.open,
                topic="routing",
                answer=tuple[OpenSeen, ...],
            )
        ]

    async def open(self, _call: Call) -> web.Response:
        directory, rows = await self._operations.open_conversations(limit=MOST)
        return answers.yes([_seen(directory, *row) for row in rows])


def _seen(  # noqa: PLR0913, PLR0917 - the columns of a row
    directory: Directory,
    conversation: str,
    state: ConversationState,
    site: str,
    department: str,
    owner: str | None,
    visitor: str,
    name: str,
    started_at: int,
) -> OpenSeen:
    by_bot = state == "bot"
    return OpenSeen(
        id=conversation,
        state=state,
        site=site,
        department=directory.department_named(department),
        agent=None if by_bot else directory.agent_named(owner),
        bot=directory.bot_named(owner) if by_bot else None,
        visitor=name,
        visitor_id=visitor,
        started_at=rfc3339(started_at),
    )
