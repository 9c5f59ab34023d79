"""From which pages a connection may be opened. Origins are compared parsed, never as text."""

from __future__ import annotations

from collections.abc import Callable

from server.desk.directory import Directory
from server.settings.origin import ANY_ORIGIN, Origin, parse_origin
from server.wire.requests import Endpoint

_PROGRAMS = frozenset({"agent", "bot"})


class Origins:
    """``absent_ok``: visitors may come without an Origin (no browser does); the demo and loopback trials allow it.

    ``public``: our own origins besides the address a request was sent to, as a proxy in front of us is addressed.
    """

    def __init__(
        self, directory: Callable[[], Directory], *, public: tuple[str, ...] = (), absent_ok: bool = False
    ) -> None:
        self._directory = directory
        self._public = frozenset(parse_origin(origin) for origin in public)
        self._absent_ok = absent_ok

    def accepts(self, endpoint: Endpoint, origin: str | None, host: str) -> bool:
        """Before the upgrade.

        Visitors' pages are judged at `identify`: there a close code tells a widget that it is not set up for its page,
        while a refused handshake would look like an outage without end.
        """
        if origin is None:
            # Their credential is in the first frame, never a cookie: without a browser there is nobody to trick.
            return endpoint in _PROGRAMS or self._absent_ok
        if endpoint == "bot":
            return False  # a page that holds a bot's token has told it to everybody
        found = _parsed(origin)
        if found is None:
            return False
        return endpoint == "visitor" or self._is_own(found, host)

    def accepts_on_site(self, site: str, origin: str | None, host: str) -> bool:
        """At ``identify``: whether this very site may be opened from there."""
        if origin is None:
            return self._absent_ok
        found = _parsed(origin)
        return found is not None and (self._is_own(found, host) or self._on_list(site, found))

    def _is_own(self, origin: Origin, host: str) -> bool:
        return origin in self._public or _parsed(f"{origin.scheme}://{host}") == origin

    def _on_list(self, site: str, origin: Origin) -> bool:
        allowed = self._directory().sites[site].origins
        return ANY_ORIGIN in allowed or any(_parsed(each) == origin for each in allowed)


def _parsed(origin: str) -> Origin | None:
    try:
        return parse_origin(origin)
    except ValueError:
        return None
