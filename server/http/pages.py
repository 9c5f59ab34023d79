"""The pages and what they load.

`/widget.js` and `panel.js` are fetched by other sites' pages, without credentials, so they may be read from anywhere.
An address with a hash in it never changes its content and is kept for ever; a page is asked for anew each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web

from server.http import security
from server.http.answers import Answered, ToPerson
from server.http.built import Built, File, NotBuilt
from server.http.policy import NOTHING_HERE, PUBLIC, Doors
from server.http.ports import Desk
from server.wire.codes import ErrorCode

FOR_EVER: Final = "public, max-age=31536000, immutable"
FIVE_MINUTES: Final = "public, max-age=300"
ASK_AGAIN: Final = "no-cache"

_ANYWHERE: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_DEMO_ASSET: Final = "demo-"
_READ: Final = "GET, HEAD"


class Pages:
    """The handlers. `demo`: the shop at `/` is served too."""

    def __init__(self, *, desk: Desk, built: Built, demo: bool) -> None:
        self._desk = desk
        self._built = built
        self._demo = demo

    def add_to(self, doors: Doors) -> None:
        doors.add("GET", "/", self.start, policy=PUBLIC)
        doors.add("GET", "/widget.js", self.widget, policy=PUBLIC)
        doors.add("GET", "/panel.js", self.panel, policy=PUBLIC)
        doors.add("GET", "/assets/{name}", self.asset, policy=PUBLIC)
        doors.add("GET", "/console", self.console, policy=PUBLIC)
        doors.add("GET", "/settings", self.settings, policy=PUBLIC)
        doors.add("GET", "/chat/{site}", self.chat, policy=PUBLIC)
        # Last: whatever is not there, and whatever else is asked of a page.
        doors.add("GET", "/{path:.*}", self.missing, policy=PUBLIC)
        doors.add(hdrs.METH_ANY, "/{path:.*}", self.only_read, policy=NOTHING_HERE)

    async def start(self, request: web.Request) -> web.Response:
        if not self._demo:
            return web.Response(status=302, headers={hdrs.LOCATION: "/console"})
        return self._page(request, "demo.html")

    async def console(self, request: web.Request) -> web.Response:
        return self._page(request, "console.html")

    async def settings(self, request: web.Request) -> web.Response:
        return self._page(request, "settings.html", frames_us=True)

    async def chat(self, request: web.Request) -> web.Response:
        origins = self._desk.site_origins(request.match_info["site"])
        if origins is None:
            raise ToPerson(404, ErrorCode.NOT_FOUND, "There is no such site here.")
        return self._page(request, "chat.html", framed_by=security.framed_by_site(origins))

    async def widget(self, request: web.Request) -> web.Response:
        return self._serve(request, "widget.js", {hdrs.CACHE_CONTROL: FIVE_MINUTES, **_ANYWHERE})

    async def panel(self, request: web.Request) -> web.Response:
        """The panel in a language, or a part of it: one path for all, as strict pages name the paths of scripts."""
        part, language = request.query.get("part"), request.query.get("language")
        name = f"part-{part}.js" if part is not None else "panel.js" if language is None else f"panel-{language}.js"
        response = self._serve(request, name, {hdrs.CACHE_CONTROL: FOR_EVER, **_ANYWHERE})
        etag = response.headers.get(hdrs.ETAG)
        if etag is None or f'"{request.query.get("v")}"' in etag:
            return response
        if part is not None:
            # Today's part does not fit into yesterday's panel, which can do without.
            return await self.missing(request)
        # A loader of yesterday asks for yesterday's panel and gets today's: that must not be kept under the old name.
        response.headers[hdrs.CACHE_CONTROL] = FIVE_MINUTES
        return response

    async def asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name.startswith(_DEMO_ASSET) and not self._demo:
            return await self.missing(request)
        return self._serve(request, f"assets/{name}", {hdrs.CACHE_CONTROL: FOR_EVER, **_ANYWHERE})

    async def missing(self, _request: web.Request) -> web.Response:
        raise nothing_here()

    async def only_read(self, _request: web.Request) -> web.Response:
        raise Answered(405, ErrorCode.BAD_REQUEST, f"Here one can only ask {_READ}.", headers={hdrs.ALLOW: _READ})

    def _page(
        self, request: web.Request, name: str, framed_by: tuple[str, ...] = security.NOBODY, *, frames_us: bool = False
    ) -> web.Response:
        headers = security.page_headers(request.host, framed_by, frames_us=frames_us)
        return self._serve(request, name, {hdrs.CACHE_CONTROL: ASK_AGAIN, **headers})

    def _serve(self, request: web.Request, name: str, headers: Mapping[str, str]) -> web.Response:
        try:
            file = self._built.file(name)
        except NotBuilt:
            raise ToPerson(503, ErrorCode.UNAVAILABLE, "The pages are not built. Run make pages.") from None
        if file is None:
            raise nothing_here()
        return _response(request, file, headers)


def nothing_here() -> ToPerson:
    """The answer to an address at which there is nothing."""
    return ToPerson(404, ErrorCode.NOT_FOUND, "There is nothing at this address.")


def _response(request: web.Request, file: File, headers: Mapping[str, str]) -> web.Response:
    etag = f'W/"{file.version}"'
    headers = {**headers, hdrs.ETAG: etag, hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if etag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = file.content_type
    if file.compressed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=file.compressed, headers=headers)
    return web.Response(body=file.body, headers=headers)
