"""The API's operations as the application has them, without anything behind them."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

from server.http.api.operation import PREFIX, Operation
from server.http.api.rest import Rest
from server.session.address import TrustedProxies

NOBODY = "nobody-there"


def operations() -> tuple[Operation, ...]:
    nothing = cast("Any", None)
    asked = cast("Any", SimpleNamespace(privacy=nothing, bots=nothing))
    return Rest(desk=nothing, accounts=nothing, proxies=TrustedProxies([]), operations=asked).operations


def addressed(operation: Operation) -> str:
    """Where to ask it about something that is not there, below `/api/v1`."""
    return re.sub(r"\{\w+\}", NOBODY, operation.path.removeprefix(PREFIX))
