"""Logins: log in and out, trade the cookie for a ticket; and, for admins, who of the others may log in.

The cookie is one per agent, so that two agents can sit in one browser. It opens nothing by itself: a socket is opened
with the ticket it is traded for, and our own pages name the cookie they mean with every request.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aiohttp import hdrs, web
from msgspec import UNSET, Meta, Struct, UnsetType

from server.control.operations import MIN_PASSWORD, Operations
from server.desk.accounts import Accounts
from server.desk.policy import Policy
from server.http import answers
from server.http.api.operation import PREFIX, Call, Operation, Parameter, bearer
from server.http.cookies import AgentCookies
from server.http.ports import Desk
from server.session.address import TrustedProxies
from server.wire.codes import ErrorCode, Refused
from server.wire.replies import AgentMe

Key = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,64}\Z")]

_AGENT: Final = Parameter(name="key", where="path", says="The agent's key.")


class LoginBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What `POST /api/v1/login` takes."""

    email: Annotated[str, Meta(min_length=1, max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]


class AgentBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which of the agents in this browser."""

    agent: Key


class LogoutBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which of the agents in this browser; without one, all of them."""

    agent: Key | UnsetType = UNSET


class PasswordBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A new password."""

    password: Annotated[str, Meta(min_length=MIN_PASSWORD, max_length=1024)]


class LoginAnswer(Struct, kw_only=True, frozen=True):
    """For programs, which keep no cookie: the token itself."""

    token: str
    agent: AgentMe


class TicketAnswer(Struct, kw_only=True, frozen=True):
    """Opens one socket within 30 seconds."""

    token: str


class Account(Struct, kw_only=True, frozen=True):
    """Whether an agent may log in; `no_password`: nobody gave them one yet."""

    agent: str
    login: Literal["yes", "disabled", "no_password"]


class Logins:
    """The handlers of those who come and go."""

    def __init__(self, *, desk: Desk, accounts: Accounts, proxies: TrustedProxies, cookies: AgentCookies) -> None:
        self._desk = desk
        self._accounts = accounts
        self._proxies = proxies
        self._cookies = cookies

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                name="login",
                method="POST",
                path=f"{PREFIX}/login",
                who=None,
                says="Log in. The token is for programs; the cookie that comes with it is for our own pages.",
                run=self.login,
                topic="logins",
                body=LoginBody,
                answer=LoginAnswer,
                refuses=(ErrorCode.UNAUTHORISED, ErrorCode.RATE_LIMITED),
            ),
            Operation(
                name="ticket",
                method="POST",
                path=f"{PREFIX}/ticket",
                who=None,
                says="Trade an agent's cookie for a one-time token, with which a socket is opened within 30 seconds.",
                run=self.ticket,
                topic="logins",
                body=AgentBody,
                answer=TicketAnswer,
                refuses=(ErrorCode.UNAUTHORISED,),
            ),
            Operation(
                name="logout",
                method="POST",
                path=f"{PREFIX}/logout",
                who=None,
                says="End the login whose token is sent, or of one agent in this browser, or of all of them; their "
                "sockets are closed.",
                run=self.logout,
                topic="logins",
                body=LogoutBody | None,
                answers=((204, "Logged out."),),
                refuses=(ErrorCode.UNAUTHORISED,),
            ),
        ]

    async def login(self, call: Call) -> web.Response:
        request, body = call.request, call.body
        address = self._proxies.client_of(request.remote, request.headers)
        login = await self._accounts.login(
            body.email,
            body.password,
            address,
            limited_as=self._proxies.limited_as(request.remote, request.headers),
            client=request.headers.get(hdrs.USER_AGENT, ""),
        )
        me = self._desk.agent_me(login.agent)
        if me is None:
            raise Refused(ErrorCode.UNAUTHORISED, "The e-mail address or the password is wrong.")
        response = answers.yes(LoginAnswer(token=login.token, agent=me))
        self._cookies.give(request, response, me.key, login.token)
        return response

    async def ticket(self, call: Call) -> web.Response:
        token = self._cookies.token(call.request, call.body.agent)
        if token is None:
            raise Refused(ErrorCode.UNAUTHORISED, "Please log in.")
        return answers.yes(TicketAnswer(token=await self._accounts.ticket(token)))

    async def logout(self, call: Call) -> web.Response:
        request = call.request
        if (sent := bearer(request)) is not None:
            return await self._end(sent)
        agent = UNSET if call.body is None else call.body.agent
        agents = self._cookies.agents(request) if isinstance(agent, UnsetType) else [agent]
        response = web.Response(status=204)
        for each in agents:
            token = self._cookies.token(request, each)
            admission = await self._accounts.logout(token) if token is not None else None
            if admission is not None:
                self._desk.logged_out(admission)
            self._cookies.take_back(request, response, each)
        return response

    async def _end(self, token: str) -> web.Response:
        """What a program asks for: a yes that ended nothing would leave its token good."""
        admission = await self._accounts.logout(token)
        if admission is None:
            raise Refused(ErrorCode.UNAUTHORISED, "This login has ended before.")
        self._desk.logged_out(admission)
        return web.Response(status=204)


class AccountsApi:
    """The handlers of those who decide who may come."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                name="listAccounts",
                method="GET",
                path=f"{PREFIX}/accounts",
                who=Policy.ADMIN,
                says="Every agent, and whether they may log in.",
                run=self.list,
                topic="logins",
                answer=tuple[Account, ...],
            ),
            Operation(
                name="setPassword",
                method="POST",
                path=f"{PREFIX}/agents/{{key}}/password",
                who=Policy.ADMIN,
                says="Give an agent a password. Wherever they are logged in, they are logged out.",
                run=self.set_password,
                topic="logins",
                body=PasswordBody,
                answers=((204, "Done."),),
                parameters=(_AGENT,),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
            Operation(
                name="disableAgent",
                method="POST",
                path=f"{PREFIX}/agents/{{key}}/disable",
                who=Policy.ADMIN,
                says="Keep an agent out: they are logged out everywhere and cannot log in. Nobody disables themselves.",
                run=self.disable,
                topic="logins",
                answers=((204, "Done."),),
                parameters=(_AGENT,),
                refuses=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT),
            ),
            Operation(
                name="enableAgent",
                method="POST",
                path=f"{PREFIX}/agents/{{key}}/enable",
                who=Policy.ADMIN,
                says="Let an agent in again.",
                run=self.enable,
                topic="logins",
                answers=((204, "Done."),),
                parameters=(_AGENT,),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
        ]

    async def list(self, _call: Call) -> web.Response:
        shut = await self._operations.shut_out()
        return answers.yes([Account(agent=key, login=_LOGIN[why]) for key, why in shut.items()])

    async def set_password(self, call: Call) -> web.Response:
        await self._operations.set_password(await self._known(call), call.body.password, by=call.agent.agent)
        return web.Response(status=204)

    async def disable(self, call: Call) -> web.Response:
        key = await self._known(call)
        if key == call.agent.key:
            raise Refused(ErrorCode.CONFLICT, "This would shut you out: nobody disables themselves.", field="key")
        await self._operations.disable(key, by=call.agent.agent)
        return web.Response(status=204)

    async def enable(self, call: Call) -> web.Response:
        await self._operations.enable(await self._known(call), by=call.agent.agent)
        return web.Response(status=204)

    async def _known(self, call: Call) -> str:
        key = call.path("key")
        if key not in await self._operations.shut_out():
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.")
        return key


_LOGIN: Final[dict[str, Literal["yes", "disabled", "no_password"]]] = {
    "": "yes",
    "disabled": "disabled",
    "no password": "no_password",
}
