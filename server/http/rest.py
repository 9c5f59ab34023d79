"""The few plain requests of the console: log in, trade the cookie for a ticket, log out.

The cookie is one per agent, so that two agents can sit in one browser. It opens nothing by itself: a socket is opened
with the ticket it is traded for, and this trade only our own pages can make (`policy.OWN_PAGES`).
"""

from __future__ import annotations

from typing import Annotated, Final

from aiohttp import hdrs, web
from msgspec import UNSET, Meta, Struct, UnsetType

from server.desk.accounts import Accounts
from server.http import answers
from server.http.cookies import AgentCookies
from server.http.policy import OWN_PAGES, Doors
from server.http.ports import Desk
from server.session.address import TrustedProxies
from server.wire import codec
from server.wire.codes import ErrorCode, Refused
from server.wire.replies import AgentMe

MAX_BODY: Final = 64 * 1024

Key = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,64}\Z")]


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


class LoginAnswer(Struct, kw_only=True, frozen=True):
    """For programs, which keep no cookie: the token itself."""

    token: str
    agent: AgentMe


class TicketAnswer(Struct, kw_only=True, frozen=True):
    """Opens one socket within 30 seconds."""

    token: str


class Rest:
    """The handlers."""

    def __init__(self, *, desk: Desk, accounts: Accounts, proxies: TrustedProxies) -> None:
        self._desk = desk
        self._accounts = accounts
        self._proxies = proxies
        self._cookies = AgentCookies(proxies)

    def add_to(self, doors: Doors) -> None:
        doors.add("POST", "/api/v1/login", self.login, policy=OWN_PAGES)
        doors.add("POST", "/api/v1/ticket", self.ticket, policy=OWN_PAGES)
        doors.add("POST", "/api/v1/logout", self.logout, policy=OWN_PAGES)

    async def login(self, request: web.Request) -> web.Response:
        body = codec.decode_body(LoginBody, await request.read())
        address = self._proxies.client(request.remote, request.headers.get(hdrs.X_FORWARDED_FOR))
        login = await self._accounts.login(body.email, body.password, address)
        me = self._desk.agent_me(login.agent)
        if me is None:
            raise Refused(ErrorCode.UNAUTHORISED, "The e-mail address or the password is wrong.")
        response = answers.yes(LoginAnswer(token=login.token, agent=me))
        self._cookies.give(request, response, me.key, login.token)
        return response

    async def ticket(self, request: web.Request) -> web.Response:
        body = codec.decode_body(AgentBody, await request.read())
        token = self._cookies.token(request, body.agent)
        if token is None:
            raise Refused(ErrorCode.UNAUTHORISED, "Please log in.")
        return answers.yes(TicketAnswer(token=await self._accounts.ticket(token)))

    async def logout(self, request: web.Request) -> web.Response:
        body = codec.decode_body(LogoutBody, await request.read() or b"{}")
        agents = self._cookies.agents(request) if isinstance(body.agent, UnsetType) else [body.agent]
        response = web.Response(status=204)
        for agent in agents:
            token = self._cookies.token(request, agent)
            admission = await self._accounts.logout(token) if token is not None else None
            if admission is not None:
                self._desk.logged_out(admission)
            self._cookies.take_back(request, response, agent)
        return response
