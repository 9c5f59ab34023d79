"""Who may call what. A handler is registered together with its policy, and a server with a handler without one does not
start: there is no way to forget it.

A policy judges the request itself: its method, where it comes from, what it carries. Who the caller is, as far as it
matters, the handler learns from the login or cookie it was given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from server.http import answers
from server.settings.origin import parse_origin
from server.wire.codes import ErrorCode, Refused

_log = structlog.get_logger("http")

SAFE: Final = frozenset({"GET", "HEAD"})
BODY_WITHIN_S: Final = 30.0  # a request's body, from the end of its headers
# A body that is not what its headers said, or that ended with its connection.
_NO_BODY: Final = (HttpProcessingError, web.RequestPayloadError, ConnectionError)


class UndeclaredPolicy(Exception):
    """A route has no policy, or one that does not fit its method. A fault of this program: it does not start."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`admit` raises `Refused` for a request that may not come in."""

    name: str
    methods: frozenset[str]
    admit: Callable[[web.Request], None]


def _anyone(_request: web.Request) -> None:
    pass


def _own_pages(request: web.Request) -> None:
    """A browser must not be made to send this by another site's page; programs send neither header.

    A form cannot send `application/json`, a script of another origin cannot without asking first (and is not answered),
    and both are given away by the two headers that no page can change.
    """
    # An empty body has no type, and no form sends one: a browser still gives itself away by the headers below.
    if request.can_read_body and request.content_type != answers.JSON:
        raise answers.Answered(415, ErrorCode.BAD_REQUEST, "The body must be application/json.")
    if hdrs.CONTENT_ENCODING in request.headers:
        raise answers.Answered(415, ErrorCode.BAD_REQUEST, "The body must not be compressed.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused(ErrorCode.FORBIDDEN, "This may only be asked by our own pages.")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and not is_own_origin(origin, request.host):
        raise Refused(ErrorCode.FORBIDDEN, "This may only be asked by our own pages.")


def _navigation(request: web.Request) -> None:
    """A link on our own page, or an address somebody typed; no other site's link, form, frame or script."""
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise Refused(ErrorCode.FORBIDDEN, "This may only be asked by our own pages.")
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        raise Refused(ErrorCode.FORBIDDEN, "This is a page to go to.")


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a browser's Origin is the address it called. The scheme is not ours to know behind a TLS proxy."""
    try:
        found = parse_origin(origin)
        return found == parse_origin(f"{found.scheme}://{host}")
    except ValueError:
        return False


PUBLIC: Final = Policy("public", SAFE, _anyone)
OWN_PAGES: Final = Policy("own pages", frozenset({"POST", "PUT", "DELETE"}), _own_pages)
# Who asks is found out by the API itself, from the token or the cookie; no other site's page gets as far as that.
OWN_READING: Final = Policy("own pages, reading", SAFE, _own_pages)
# Says to every method that there is nothing here for it.
NOTHING_HERE: Final = Policy("nothing here", frozenset({hdrs.METH_ANY}), _anyone)
NAVIGATION: Final = Policy("navigation", frozenset({"GET"}), _navigation)
# Origin is checked before the upgrade and again with the site; who it is, by `identify`.
SOCKET: Final = Policy("socket", frozenset({"GET"}), _anyone)


Pace = Callable[[web.Request], None]
Note = Callable[[ErrorCode], None]


class Doors:
    """The routes of one application with their policies.

    `pace` raises `Refused` for who asks too often; `note` hears of every refusal.
    """

    def __init__(self, *, pace: Pace = _anyone, note: Note = lambda _code: None) -> None:
        self._pace = pace
        self._note = note
        self._doors: list[tuple[str, str, Handler, Policy]] = []

    def add(self, method: str, path: str, handler: Handler, *, policy: Policy) -> None:
        """Raises `UndeclaredPolicy` when the policy is not made for this method."""
        if method not in policy.methods:
            raise UndeclaredPolicy(f"{method} {path}: the policy '{policy.name}' is not for this method")
        self._doors.append((method, path, handler, policy))

    def install(self, app: web.Application) -> None:
        """Register everything; when the application starts, whatever else was registered stops it."""
        declared: set[web.AbstractRoute] = set()
        expected = _expected(self._note)
        for method, path, handler, policy in self._doors:
            # A socket's is not wrapped: the wrapper would live as long as the connection does.
            guarded = handler if policy is SOCKET else _guarded(handler, policy, self._pace, self._note)
            methods = ("GET", "HEAD") if method == "GET" and policy is not SOCKET else (method,)
            for each in methods:
                declared.add(app.router.add_route(each, path, guarded, expect_handler=expected))
        app.on_startup.append(_no_other_than(declared))
        app.on_response_prepare.append(_always)


def _guarded(
    handler: Handler, policy: Policy, pace: Pace, note: Note
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def guarded(request: web.Request) -> web.StreamResponse:
        time = _BodyTime()
        try:
            pace(request)
            policy.admit(request)
            time.begin(request)
            response = await handler(request)
        except Refused as refused:
            response = _refuse(refused, note)
        except web.HTTPRequestEntityTooLarge:
            response = _refuse(Refused(ErrorCode.TOO_LARGE, "The body is too large."), note)
        except _NO_BODY as error:
            _let_go(error)
            response = _refuse(Refused(ErrorCode.BAD_REQUEST, "The body cannot be read."), note)
        except Exception as error:  # noqa: BLE001 - answered as `internal` and logged
            if error is time.late:
                _let_go(error)
                response = _refuse(_too_late(), note)
            else:
                _log.exception("request failed", method=request.method, route=str(request.match_info.route.resource))
                response = _refuse(Refused(ErrorCode.INTERNAL, "Something went wrong on the server."), note)
        finally:
            time.end()
        return response

    return guarded


def _expected(note: Note) -> Callable[[web.Request], Awaitable[web.StreamResponse | None]]:
    """As aiohttp's, but that nothing else can be expected is said, and counted, as every refusal is."""

    async def expected(request: web.Request) -> web.StreamResponse | None:
        if request.version != HttpVersion11:
            return None
        if request.headers.get(hdrs.EXPECT, "").lower() != _CONTINUE:
            refused = answers.Answered(
                HTTPStatus.EXPECTATION_FAILED, ErrorCode.BAD_REQUEST, f"Nothing but {_CONTINUE} can be expected."
            )
            return _refuse(refused, note)
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
        return None

    return expected


async def _always(_request: web.Request, response: web.StreamResponse) -> None:
    """Also to what no handler of ours has answered."""
    if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    # aiohttp has said its own by now, with its version and Python's.
    response.headers[hdrs.SERVER] = SERVER


class _BodyTime:
    """Whoever reads the body need not wait for longer than the time it has; one that nobody reads is let go anyway."""

    def __init__(self) -> None:
        self.late = TimeoutError("the body took too long")  # what whoever reads it is told
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, request: web.Request) -> None:
        if request.can_read_body:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(BODY_WITHIN_S, request.content.set_exception, self.late)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _too_late() -> Refused:
    return answers.Answered(HTTPStatus.REQUEST_TIMEOUT, ErrorCode.BAD_REQUEST, "The body took too long.", headers=_OVER)


def _let_go(error: BaseException) -> None:
    """The body keeps what ended it, and that the calls it went through: the request, and with it the body. Such a
    circle is found by a look at everything alone, and anybody can send half a body as often as they like.
    """
    error.__traceback__ = None


def _refuse(refused: Refused, note: Note) -> web.StreamResponse:
    """The one place where plain HTTP refuses."""
    note(refused.code)
    return answers.refusal(refused)


def _no_other_than(declared: set[web.AbstractRoute]) -> Callable[[web.Application], Awaitable[None]]:
    async def check(app: web.Application) -> None:
        for route in app.router.routes():
            if route not in declared:
                raise UndeclaredPolicy(f"{route.method} {route.resource}: registered without a policy")

    return check


_CONTINUE: Final = "100-continue"
SERVER: Final = "frontdesk"
_OVER: Final = {str(hdrs.CONNECTION): "close"}
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.SERVER: SERVER,
}
