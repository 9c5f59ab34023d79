"""What events need of the connection they came by: the seam between a bot's words and how they get to the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bots.errors import LOST, Refused
from bots.records import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of something written. True when it is committed.

    ``seq``: its number, of a message. ``refused``: why it is not, where that is nobody's fault: ``not_owner`` (a
    person has the conversation), ``closed``, ``client_id_conflict`` (another worker has answered this), ``gone``,
    ``not_found``. Both are empty for a stream into which nothing was written.
    """

    seq: int | None = None
    refused: str = ""
    committed: bool = False

    def __bool__(self) -> bool:
        return self.committed


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """What became of a hand-over. True when the conversation is in line: from then on the bot only reads.

    ``reason``: why it stays with the bot: ``nobody``, ``line_full``, ``outside_hours``, ``trial``; or, as with
    `Written`, why this was not the bot's to give.
    """

    queued: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.queued


class Line(Protocol):
    """The way to the server, over any number of connections."""

    @property
    def connection(self) -> int:
        """A number that is another one after each reconnect; 0 while there is none."""

    @property
    def text_chars(self) -> int:
        """How many characters a message may have."""

    async def ask(self, do: str, conversation: str, **fields: Any) -> dict[str, Any]:
        """The server's answer, however long that takes and however often it has to be asked.

        Raises:
            Refused: for good.
            Denied, Ended: there will be no answer.
        """

    def tell(self, do: str, conversation: str, **fields: Any) -> None:
        """Something lossy: sent if there is a connection, and not answered."""

    def entries(self, conversation: str) -> tuple[Entry, ...]:
        """The latest entries that are known here, 50 at most."""

    def owns(self, conversation: str) -> bool:
        """Whether the conversation is the bot's, as far as is known here."""

    def later(self, seconds: float, do: Callable[[], None]) -> Callable[[], None]:
        """Have something done after a while; call what is returned to have it not done."""


async def written(asking: Awaitable[dict[str, Any]]) -> Written:
    """The answer to a write; a refusal that nobody could foresee is told, another raised."""
    try:
        answer = await asking
    except Refused as refused:
        if refused.code in LOST:
            return Written(refused=refused.code)
        raise
    return Written(seq=answer.get("seq"), committed=True)
