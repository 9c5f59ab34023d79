"""The way into the API: who asks is found out anew for each request, then whether they may, and only then is it read.

A program sends the token of its login (``Authorization: Bearer …``). Our own pages have the cookies of one or several
agents and name the one they mean by key (``Frontdesk-Agent: ada``): a header that no other site's page can send without
being asked whether it may, which is never answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import groupby
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from server.control.failure import Failure
from server.desk.accounts import Accounts
from server.desk.identity import AgentIdentity
from server.desk.policy import insist
from server.http.answers import Answered
from server.http.api.operation import Call, Operation, bearer
from server.http.cookies import AgentCookies
from server.http.policy import NOTHING_HERE, OWN_PAGES, OWN_READING, PUBLIC, Doors
from server.http.ports import Desk
from server.store.base import StoreUnavailable
from server.wire import codec
from server.wire.codes import ErrorCode, Refused

log = structlog.get_logger("api")

AGENT_HEADER: Final = "Frontdesk-Agent"


class Entry:
    """Turns operations into routes."""

    def __init__(self, *, desk: Desk, accounts: Accounts, cookies: AgentCookies) -> None:
        self._desk = desk
        self._accounts = accounts
        self._cookies = cookies

    def add_to(self, doors: Doors, operations: Iterable[Operation]) -> None:
        """All of them, and an answer in the API's own words to whatever else is asked under `/api/`."""
        for path, group in groupby(operations, key=lambda each: each.path):
            methods: list[str] = []
            for operation in group:
                reads = PUBLIC if operation.open else OWN_READING
                policy = reads if operation.method == "GET" else OWN_PAGES
                doors.add(operation.method, path, self._handler(operation), policy=policy)
                methods += ["GET", "HEAD"] if operation.method == "GET" else [operation.method]
            doors.add(hdrs.METH_ANY, path, _only(", ".join(sorted(methods))), policy=NOTHING_HERE)
        doors.add(hdrs.METH_ANY, "/api/{path:.*}", _nothing, policy=NOTHING_HERE)

    def _handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await self._perform(operation, request)
            except Failure as failure:
                raise Refused(ErrorCode.BAD_REQUEST, str(failure)) from failure
            except StoreUnavailable as error:
                said = "The database cannot be reached, so nothing was changed. Please try again."
                raise Refused(ErrorCode.UNAVAILABLE, said, retry_after_ms=1000) from error

        return handle

    async def _perform(self, operation: Operation, request: web.Request) -> web.Response:
        caller = None
        if operation.who is not None:
            caller = await self._caller(request)
        try:
            return await self._let_in(operation, request, caller)
        except Refused as refused:
            if caller is not None:
                target = request.match_info.get("id")
                self._desk.turned_away(caller.agent, operation.name, refused.code, target)
            raise

    async def _let_in(self, operation: Operation, request: web.Request, caller: AgentIdentity | None) -> web.Response:
        if operation.who is not None:
            insist(operation.who, caller)
        # From here on, it is somebody's body: until then none of it is read.
        body = None
        if operation.body is not None:
            sent = await request.clone(client_max_size=operation.max_body).read()
            body = sent if operation.raw else codec.decode_body(operation.body, sent or b"null")
        response = await _to_its_end(operation, Call(request=request, caller=caller, body=body))
        if caller is not None and operation.method != "GET":
            log.info("asked over the API", operation=operation.name, by=caller.key, path=request.path)
        return response

    async def _caller(self, request: web.Request) -> AgentIdentity:
        """Who asks, by what they are now; raises `Refused`."""
        token = self._token(request)
        admission = None if token is None else await self._accounts.holder(token)
        me = None if admission is None else self._desk.agent_me(admission.agent)
        if admission is None or me is None:
            challenge: dict[str, str] = {hdrs.WWW_AUTHENTICATE: 'Bearer realm="frontdesk"'}
            raise Answered(401, ErrorCode.UNAUTHORISED, "Please log in.", headers=challenge)
        return AgentIdentity(agent=me.id, key=me.key, name=me.name, role=me.role, token_hash=admission.token_hash)

    def _token(self, request: web.Request) -> str | None:
        token = bearer(request)
        if token is not None:
            return token
        agent = request.headers.get(AGENT_HEADER)
        return None if agent is None else self._cookies.token(request, agent)


async def _to_its_end(operation: Operation, call: Call) -> web.Response:
    """What is changed is also told to those whom it concerns, though whoever asked for it has gone meanwhile."""
    if operation.method == "GET":
        return await operation.run(call)
    return await asyncio.shield(asyncio.create_task(operation.run(call), name=f"asked {operation.name}"))


def _only(methods: str) -> Handler:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        said = f"Here one can only ask {methods}."
        raise Answered(405, ErrorCode.BAD_REQUEST, said, headers={hdrs.ALLOW: methods})

    return refuse


async def _nothing(_request: web.Request) -> web.StreamResponse:
    raise Refused(ErrorCode.NOT_FOUND, "There is nothing at this address.")
