"""The demo's "Sit down as Ada": a login without a password. Only the demo, which listens on loopback, has this door."""

from __future__ import annotations

from aiohttp import hdrs, web

from server.desk.accounts import Accounts
from server.http.answers import ToPerson
from server.http.cookies import AgentCookies
from server.http.loopback import only_here
from server.http.policy import NAVIGATION, Doors
from server.http.ports import Desk
from server.session.address import TrustedProxies
from server.wire.codes import ErrorCode, Refused


class Sitting:
    """The handler."""

    def __init__(self, *, desk: Desk, accounts: Accounts, proxies: TrustedProxies) -> None:
        self._desk = desk
        self._accounts = accounts
        self._cookies = AgentCookies(proxies)

    def add_to(self, doors: Doors) -> None:
        doors.add("GET", "/demo/sit", self.sit, policy=only_here(NAVIGATION))

    async def sit(self, request: web.Request) -> web.Response:
        """Log in as the agent of the key in `as` and go on to the console, or to the settings with `to=settings`."""
        me = self._desk.agent_me(request.query.get("as", ""))
        if me is None:
            raise ToPerson(404, ErrorCode.NOT_FOUND, "There is no such agent.")
        try:
            login = await self._accounts.log_in(me.id)
        except Refused as refused:
            if refused.code is not ErrorCode.NOT_FOUND:
                raise
            raise ToPerson(404, ErrorCode.NOT_FOUND, "This agent cannot log in.") from refused
        page = "settings" if request.query.get("to") == "settings" else "console"
        response = web.Response(status=303, headers={hdrs.LOCATION: f"/{page}?as={me.key}"})
        self._cookies.give(request, response, me.key, login.token)
        return response
