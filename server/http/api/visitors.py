"""What is stored of a visitor, for admins: found by address, exported, erased."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from server.control.operations import Operations
from server.desk.policy import Policy
from server.http import answers
from server.http.api.operation import PREFIX, Call, Operation, Parameter
from server.wire.codes import ErrorCode, Refused
from server.wire.stored import ErasedAnswer, VisitorExport, VisitorsFound

_VISITOR: Final = Parameter(name="id", where="path", says="The visitor's id.")
_EMAIL: Final = Parameter(name="email", where="query", says="The address they gave, in whatever case. Required.")
_FORCE: Final = Parameter(name="force", where="query", says="1: close the open conversation first.")


class VisitorsApi:
    """The handlers."""

    def __init__(self, operations: Operations) -> None:
        self._privacy = operations.privacy

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                name="findVisitors",
                method="GET",
                path=f"{PREFIX}/visitors",
                who=Policy.ADMIN,
                says="Those who gave an e-mail address. Anybody can type any address: it says nothing of who they are.",
                run=self.find,
                topic="visitors",
                answer=VisitorsFound,
                parameters=(_EMAIL,),
            ),
            Operation(
                name="exportVisitor",
                method="GET",
                path=f"{PREFIX}/visitors/{{id}}/export",
                who=Policy.ADMIN,
                says="Everything that is stored of a visitor. That it was exported is recorded.",
                run=self.export,
                topic="visitors",
                answer=VisitorExport,
                parameters=(_VISITOR,),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
            Operation(
                name="eraseVisitor",
                method="DELETE",
                path=f"{PREFIX}/visitors/{{id}}",
                who=Policy.ADMIN,
                says="Erase everything that is stored of a visitor, for good. Backups made before still hold it.",
                run=self.erase,
                topic="visitors",
                answer=ErasedAnswer,
                parameters=(_VISITOR, _FORCE),
                refuses=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT),
            ),
        ]

    async def find(self, call: Call) -> web.Response:
        email = call.request.query.get("email", "").strip()
        if not email:
            raise Refused(ErrorCode.BAD_REQUEST, "Say whose: ?email=…", field="email")
        return answers.yes(await self._privacy.find(email, by=call.agent.agent))

    async def export(self, call: Call) -> web.Response:
        found = await self._privacy.export(call.path("id"), by=call.agent.agent)
        response = answers.yes(found)
        response.headers["Content-Disposition"] = f'attachment; filename="visitor-{found.visitor.id}.json"'
        return response

    async def erase(self, call: Call) -> web.Response:
        return answers.yes(await self._privacy.erase(call.path("id"), force=call.flag("force"), by=call.agent.agent))
