"""One request of the API: where it is, who may ask it, what it takes and gives.

What answers a request and what the OpenAPI description says of it are read from the same record, so they do not differ.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Literal

from aiohttp import hdrs, web

from server.desk.identity import AgentIdentity
from server.desk.policy import Policy
from server.wire.codes import ErrorCode, Refused

MAX_BODY: Final = 64 * 1024
PREFIX: Final = "/api/v1"

_YES_OR_NO: Final = {"1": True, "true": True, "": True, "0": False, "false": False}

_BEARER: Final = "bearer "

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value in the address or a header. ``kind``: its type, as msgspec understands it."""

    name: str
    where: Literal["path", "query", "header"]
    says: str
    kind: Any = str

    @property
    def required(self) -> bool:
        return self.where == "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that has been let in. ``body`` is decoded by the type that the operation declares."""

    request: web.Request
    caller: AgentIdentity | None
    body: Any = None

    @property
    def agent(self) -> AgentIdentity:
        """Who asks, where somebody must."""
        assert self.caller is not None, "this operation lets in people we do not know"
        return self.caller

    def path(self, name: str) -> str:
        """A part of the address."""
        return self.request.match_info[name]

    def flag(self, name: str) -> bool:
        """A yes or no in the query; raises `Refused` for anything else."""
        said = self.request.query.get(name, "0")
        if said not in _YES_OR_NO:
            raise Refused(ErrorCode.BAD_REQUEST, f"{name} is 1 or 0.", field=name)
        return _YES_OR_NO[said]


def bearer(request: web.Request) -> str | None:
    """The token that came with the request itself; empty for what is none, None where nothing came but cookies."""
    said = request.headers.get(hdrs.AUTHORIZATION)
    if said is None:
        return None
    return said[len(_BEARER) :].strip() if said.lower().startswith(_BEARER) else ""


Run = Callable[[Call], Coroutine[Any, Any, web.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``who``: the policy; None says that nobody needs to be logged in. ``open``: other sites' pages may ask, too.

    ``body`` and ``answer`` are the types of the JSON that comes and goes; ``raw``: the handler reads the body itself
    and answers with every problem it has. ``answers``: the statuses of success, each with what it means.
    """

    name: str
    method: Method
    path: str
    who: Policy | None
    says: str
    run: Run
    topic: str
    body: Any = None
    raw: bool = False
    answer: Any = None
    answers: tuple[tuple[int, str], ...] = ((200, "Done."),)
    refuses: tuple[ErrorCode, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    max_body: int = MAX_BODY
    open: bool = False
