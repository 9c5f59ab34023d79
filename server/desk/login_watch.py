"""Open sockets whose right has ended: of agents, by the age or idleness of their login, and of bots, by their token's.

What this process does to a login or a token closes its sockets at once (`Desk.close_agent`, `Desk.close_bot`); this
finds the rest within `EVERY_S`, also what another process did. An open socket counts as use, which is written down on
the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from server.desk import audience
from server.desk.accounts import Accounts
from server.desk.audience import Hub
from server.desk.bot_access import BotAccess
from server.desk.bot_watch import BotWatch
from server.session.ports import Peer
from server.wire.codes import CloseCode, Refused

EVERY_S: Final = 30.0

StillGood = Callable[[set[bytes]], Awaitable[set[bytes]]]
"""Those of these credentials (hashes) that are good."""

_log = structlog.get_logger(__name__)


class LoginWatch:
    """The task; `look` does it once."""

    def __init__(self, hub: Hub, accounts: Accounts, bots: BotAccess, *, watch: BotWatch) -> None:
        """`watch` knows which bots are connected, and is tidied up on the way."""
        self._hub = hub
        self._accounts = accounts
        self._bots = bots
        self._watch = watch

    async def run(self, pause: Callable[[float], Awaitable[None]], /) -> None:
        """Look again and again, until cancelled."""
        while True:
            await pause(EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Close the sockets whose logins or tokens are good no more; without a database, nobody's."""
        self._watch.sweep()
        bots = [peer for bot in self._watch.connections() for peer in self._hub.peers(audience.of_bot(bot))]
        try:
            await _look_at(self._hub.peers(audience.AGENTS), self._accounts.still_good, "logged out")
            if bots:
                await _look_at(bots, self._bots.still_good, "token ended")
        except Refused:
            _log.warning("logins could not be looked at")


async def _look_at(peers: Sequence[Peer], still_good: StillGood, reason: str) -> None:
    good = await still_good({peer.identity.token_hash for peer in peers})
    for peer in peers:
        if peer.identity.token_hash not in good:
            peer.close(CloseCode.REVOKED, reason)
