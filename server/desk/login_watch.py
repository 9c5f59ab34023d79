"""Open sockets of agents whose logins have ended: by age, by idleness, or by a process other than this one.

What this process does to a login closes its sockets at once (`Desk.close_agent`); this finds the rest within `EVERY_S`.
An open socket counts as use of its login, which is written down on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from server.desk import audience
from server.desk.accounts import Accounts
from server.desk.audience import Hub
from server.wire.codes import CloseCode, Refused

EVERY_S: Final = 30.0

_log = structlog.get_logger(__name__)


class LoginWatch:
    """The task; `look` does it once."""

    def __init__(self, hub: Hub, accounts: Accounts) -> None:
        self._hub = hub
        self._accounts = accounts

    async def run(self, pause: Callable[[float], Awaitable[None]], /) -> None:
        """Look again and again, until cancelled."""
        while True:
            await pause(EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Close the sockets whose logins are good no more; without a database, nobody's."""
        peers = self._hub.peers(audience.AGENTS)
        try:
            good = await self._accounts.still_good({peer.identity.token_hash for peer in peers})
        except Refused:
            _log.warning("logins could not be looked at")
            return
        for peer in peers:
            if peer.identity.token_hash not in good:
                peer.close(CloseCode.REVOKED, "logged out")
