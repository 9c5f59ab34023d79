"""The console's cookie: one per agent, so that two agents can sit in one browser."""

from __future__ import annotations

from aiohttp import hdrs, web

from server.desk.accounts import TOKEN_MS
from server.session.address import TrustedProxies


class AgentCookies:
    """Sets, reads and takes back the cookies that hold agents' tokens."""

    def __init__(self, proxies: TrustedProxies) -> None:
        self._proxies = proxies

    def token(self, request: web.Request, agent: str) -> str | None:
        """What the cookie of the agent of this key holds."""
        return request.cookies.get(self._name(request, agent))

    def agents(self, request: web.Request) -> list[str]:
        """The keys of all agents who sit in this browser."""
        start = self._name(request, "")
        return [name.removeprefix(start) for name in request.cookies if name.startswith(start)]

    def give(self, request: web.Request, response: web.Response, agent: str, token: str) -> None:
        response.set_cookie(
            self._name(request, agent),
            token,
            max_age=TOKEN_MS // 1000,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=self._is_https(request),
        )

    def take_back(self, request: web.Request, response: web.Response, agent: str) -> None:
        # A `__Host-` cookie is only taken back with the attributes it was set with.
        name = self._name(request, agent)
        response.del_cookie(name, path="/", secure=self._is_https(request), httponly=True, samesite="Strict")

    def _name(self, request: web.Request, agent: str) -> str:
        prefix = "__Host-" if self._is_https(request) else ""
        return f"{prefix}frontdesk-agent-{agent}"

    def _is_https(self, request: web.Request) -> bool:
        return self._proxies.is_https(request.remote, request.scheme, request.headers.get(hdrs.X_FORWARDED_PROTO))
