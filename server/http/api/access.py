"""Who is in, and what was done: an agent's own logins, and for admins the audit log and logging others out."""

from __future__ import annotations

from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta, Struct

from server.control import auditing
from server.control.operations import MIN_PASSWORD, Operations
from server.desk.accounts import Accounts, Admission
from server.desk.policy import Policy
from server.http import answers
from server.http.api.operation import PREFIX, Call, Operation, Parameter
from server.http.ports import Desk
from server.wire.codes import ErrorCode, Refused
from server.wire.parts import Time
from server.wire.times import parse, rfc3339

_AGENT: Final = Parameter(name="key", where="path", says="The agent's key.")
_LOGIN: Final = Parameter(name="id", where="path", says="The login's id.")
_SINCE: Final = Parameter(name="since", where="query", says="Rows of this moment (RFC 3339) and later.")
_AFTER: Final = Parameter(name="after", where="query", says="Rows above this number.", kind=int)
_LIMIT: Final = Parameter(name="limit", where="query", says="At most so many rows, 1000 if left out.", kind=int)
_MAX_ROWS: Final = 1000
_MAX_NUMBER: Final = 2**62


class LoginSeen(Struct, kw_only=True, frozen=True):
    """One of your logins. `current`: the one that asks. `address`: a network; `client`: what the program said it is."""

    id: str
    current: bool
    made_at: Time
    used_at: Time
    expires_at: Time
    address: str
    client: str


class OwnPasswordBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new password for oneself, and the one it replaces."""

    current: Annotated[str, Meta(max_length=1024)]
    password: Annotated[str, Meta(min_length=MIN_PASSWORD, max_length=1024)]


class AccessApi:
    """The handlers."""

    def __init__(self, *, desk: Desk, accounts: Accounts, operations: Operations) -> None:
        self._desk = desk
        self._accounts = accounts
        self._operations = operations

    def operations(self) -> list[Operation]:
        """All of them."""
        return [*self._own(), *self._others()]

    def _own(self) -> list[Operation]:
        return [
            Operation(
                name="listLogins",
                method="GET",
                path=f"{PREFIX}/logins",
                who=Policy.AGENT,
                says="Where you are logged in, the newest first.",
                run=self.logins,
                topic="logins",
                answer=tuple[LoginSeen, ...],
            ),
            Operation(
                name="endLogin",
                method="DELETE",
                path=f"{PREFIX}/logins/{{id}}",
                who=Policy.AGENT,
                says="End one of your own logins and close its sockets.",
                run=self.end_login,
                topic="logins",
                answers=((204, "Ended."),),
                parameters=(_LOGIN,),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
            Operation(
                name="changePassword",
                method="POST",
                path=f"{PREFIX}/password",
                who=Policy.AGENT,
                says="Change your own password. Wherever else you are logged in, you are logged out.",
                run=self.change_password,
                topic="logins",
                body=OwnPasswordBody,
                answers=((204, "Done."),),
                refuses=(ErrorCode.RATE_LIMITED,),
            ),
        ]

    def _others(self) -> list[Operation]:
        return [
            Operation(
                name="logOutAgent",
                method="POST",
                path=f"{PREFIX}/agents/{{key}}/logout",
                who=Policy.ADMIN,
                says="End every login of an agent and close their sockets. They may log in again.",
                run=self.log_out,
                topic="logins",
                answers=((204, "Done."),),
                parameters=(_AGENT,),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
            Operation(
                name="audit",
                method="GET",
                path=f"{PREFIX}/audit",
                who=Policy.ADMIN,
                says="The audit log in the order in which it was written: who did what, and when.",
                run=self.audit,
                topic="audit",
                answer=auditing.AuditPage,
                parameters=(_SINCE, _AFTER, _LIMIT),
            ),
        ]

    async def logins(self, call: Call) -> web.Response:
        found = await self._accounts.logins(call.agent.agent)
        return answers.yes(
            [
                LoginSeen(
                    id=row.id,
                    current=token_hash == call.agent.token_hash,
                    made_at=rfc3339(row.created_at),
                    used_at=rfc3339(row.used_at),
                    expires_at=rfc3339(row.expires_at),
                    address=row.address,
                    client=row.client,
                )
                for token_hash, row in found
            ]
        )

    async def end_login(self, call: Call) -> web.Response:
        self._desk.logged_out(await self._accounts.end_login(call.agent.agent, call.path("id")))
        return web.Response(status=204)

    async def change_password(self, call: Call) -> web.Response:
        mine = Admission(agent=call.agent.agent, token_hash=call.agent.token_hash)
        for each in await self._accounts.change_password(mine, call.body.current, call.body.password):
            self._desk.logged_out(each)
        return web.Response(status=204)

    async def log_out(self, call: Call) -> web.Response:
        key = call.path("key")
        if key not in await self._operations.shut_out():
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.")
        await self._operations.log_out(key, by=call.agent.agent)
        return web.Response(status=204)

    async def audit(self, call: Call) -> web.Response:
        limit = _number(call, "limit", _MAX_ROWS)
        rows = await self._operations.audited(
            since=_moment(call, "since"), after=_number(call, "after", 0), limit=max(1, min(limit, _MAX_ROWS))
        )
        return answers.yes(auditing.page(rows))


def _moment(call: Call, name: str) -> int:
    said = call.request.query.get(name)
    if said is None:
        return 0
    try:
        return parse(said)
    except (ValueError, OverflowError) as error:
        raise Refused(ErrorCode.BAD_REQUEST, f"{name} is a time such as 2026-11-01T00:00:00Z.", field=name) from error


def _number(call: Call, name: str, default: int) -> int:
    said = call.request.query.get(name, str(default))
    if not (said.isascii() and said.isdigit()) or len(said) > len(str(_MAX_NUMBER)) or int(said) > _MAX_NUMBER:
        raise Refused(ErrorCode.BAD_REQUEST, f"{name} is a whole number.", field=name)
    return int(said)
