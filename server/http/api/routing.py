"""Why conversations went where they went, what would become of a visitor, how well promises are kept: over HTTP."""

from __future__ import annotations

from typing import Final, Literal

from aiohttp import web
from msgspec import Struct

from server.control.operations import Operations
from server.desk.coverage import Figures
from server.desk.policy import Policy
from server.desk.promises import WINDOWS_S, DepartmentFigures
from server.http import answers
from server.http.api.operation import PREFIX, Call, Operation, Parameter
from server.wire.codes import ErrorCode, Refused
from server.wire.parts import Time
from server.wire.reasons import RouteAnswer, RouteBody, WhyAnswer
from server.wire.times import rfc3339

_WINDOW: Final = Parameter(
    name="window",
    where="query",
    says="Promises made within this time; 24h if left out.",
    kind=Literal["1h", "24h", "7d"],
)
_CONVERSATION: Final = Parameter(name="id", where="path", says="The conversation's id.")


class PromisesAnswer(Struct, kw_only=True, frozen=True):
    """How promises were kept that were made within the window. `whole`: false when only the newest were judged."""

    at: Time
    window: str
    whole: bool
    all: Figures
    departments: tuple[DepartmentFigures, ...]


class RoutingApi:
    """The handlers."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                name="why",
                method="GET",
                path=f"{PREFIX}/conversations/{{id}}/why",
                who=Policy.READER,
                says="Every decision about a conversation, in their order, and why it waits if it does.",
                run=self.why,
                topic="routing",
                answer=WhyAnswer,
                parameters=(_CONVERSATION,),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
            Operation(
                name="promises",
                method="GET",
                path=f"{PREFIX}/promises",
                who=Policy.SUPERVISOR,
                says="How well the promised waits were kept, in all and by department; judged anew every 15 seconds.",
                run=self.promises,
                topic="routing",
                answer=PromisesAnswer,
                parameters=(_WINDOW,),
            ),
            Operation(
                name="route",
                method="POST",
                path=f"{PREFIX}/route",
                who=Policy.SUPERVISOR,
                says="What a visitor's start would come to now: rules, line, estimate, who is chosen. Touches nothing.",
                run=self.route,
                topic="routing",
                body=RouteBody,
                answer=RouteAnswer,
                refuses=(ErrorCode.NOT_FOUND,),
            ),
        ]

    async def why(self, call: Call) -> web.Response:
        return answers.yes(await self._operations.why(call.path("id"), reader=call.agent))

    async def promises(self, call: Call) -> web.Response:
        window = call.request.query.get("window", "24h")
        if window not in WINDOWS_S:
            raise Refused(ErrorCode.BAD_REQUEST, f"window is one of {', '.join(WINDOWS_S)}.", field="window")
        report = await self._operations.promises(WINDOWS_S[window])
        return answers.yes(
            PromisesAnswer(
                at=rfc3339(report.at),
                window=window,
                whole=report.whole,
                all=report.all,
                departments=report.departments,
            )
        )

    async def route(self, call: Call) -> web.Response:
        return answers.yes(await self._operations.route(call.body))
