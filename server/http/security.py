"""What a browser may do with each of our pages: headers, as strict as the page allows."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import hdrs, web

from server.session.address import TrustedProxies

# What may stand in a header as it is: a host with a port, an origin, or "any".
_HOST: Final = re.compile(r"[A-Za-z0-9_.:\[\]-]+")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9_.:\[\]-]+|\*")

NOBODY: Final = ("'none'",)


def page_headers(host: str, framed_by: Sequence[str] = NOBODY, *, frames_us: bool = False) -> dict[str, str]:
    """Of a page that loads its own scripts and styles and opens a socket to us. ``frames_us``: it frames our pages."""
    headers = {
        "Content-Security-Policy": content_security_policy(host, framed_by, frames_us=frames_us),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "same-origin",
    }
    if framed_by == NOBODY:
        headers["X-Frame-Options"] = "DENY"
    else:
        # A host that isolates itself (COEP) frames only what says that it may be framed by others.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return headers


def content_security_policy(host: str, framed_by: Sequence[str], *, frames_us: bool = False) -> str:
    """Everything from here, nothing inline, nothing evaluated, no text ever parsed as HTML by a script."""
    # Older browsers do not count a socket to this host as 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self'",
            f"connect-src 'self'{sockets}",
            *(["frame-src 'self'"] if frames_us else []),
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(framed_by)}",
            "require-trusted-types-for 'script'",
            # Nothing here makes markup of text, so nobody may name a way to do it.
            "trusted-types 'none'",
        ]
    )


def stay_encrypted(proxies: TrustedProxies) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Has a browser that came encrypted come so for a year. This host alone: what else its owner serves is theirs."""

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        if proxies.is_https(request.remote, request.scheme, request.headers.get(hdrs.X_FORWARDED_PROTO)):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"

    return prepare


def framed_by_site(origins: Sequence[str]) -> tuple[str, ...]:
    """Those who may frame a site's chat page: ourselves and the site."""
    return ("'self'", *(origin for origin in origins if _ORIGIN.fullmatch(origin)))
