"""What plain HTTP needs of the rest of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from server.desk.accounts import Admission
from server.wire.codes import ErrorCode
from server.wire.replies import AgentMe


class Desk(Protocol):
    """All of it answers at once, from memory."""

    def agent_me(self, agent: str) -> AgentMe | None:
        """How an agent (by id or key) is told of themselves; None when they are configured no more."""

    def site_origins(self, site: str) -> Sequence[str] | None:
        """The origins a site may be embedded in, as configured (``*`` = anywhere); None for an unknown site."""

    def turned_away(self, agent: str, operation: str, code: ErrorCode, target: str | None) -> None:
        """An agent asked for what they may not do (`forbidden`), or for a `target` that is not there for them."""

    def logged_out(self, admission: Admission) -> None:
        """This login is void: close its sockets with `CloseCode.REVOKED`."""

    def alive(self) -> bool:
        """Whether the process can still do its work: the store's writer runs."""

    def readiness(self) -> Mapping[str, bool]:
        """What has to be true before people are sent here (``store``, ``engine``), each by its name."""
