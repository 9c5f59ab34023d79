"""Asking the engine on behalf of a connection: the reply is sent in the turn of the commit, ahead of its events."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, UnsetType

from server.desk.engine import Engine
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.desk.job import Done, Job, RequestName, Step
from server.session.ports import Peer
from server.store import conversations
from server.store.base import Tx
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused

T = TypeVar("T")

# Their client_id counts for ever (messages and notes keep theirs in the log).
_FOR_EVER = frozenset({"conversation.start", "message.leave"})


def ask(  # noqa: PLR0913 - the parts of one request
    engine: Engine,
    peer: Peer,
    request: Any,
    *,
    plan: Callable[[int, Any], Step],
    reply: Callable[[Done], Struct],
    told: Callable[[Done], None] | None = None,
    look: Callable[[Tx], Any] | None = None,
    recall: Callable[[Tx, str], Any] | None = None,
) -> asyncio.Future[None]:
    """Submit; the future ends when the reply was sent, or with `Refused`.

    ``recall`` reads for a resent request what ``plan``'s step collected the first time. A step that collected a
    `Refused` is answered with it, and nobody is told. The rest is as in `Job`.
    """
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def then(end: Done | Refused) -> None:
        match end:
            case Done(value=Refused() as refused):
                _fail(ended, refused)
            case Done():
                try:
                    peer.send(encode(reply(end)))
                except Exception as error:  # noqa: BLE001 - done, but not to be shown: our bug, told as `internal`
                    _fail(ended, error)
                if not ended.done():
                    ended.set_result(None)
            case Refused():
                _fail(ended, end)

    def told_if_done(done: Done) -> None:
        if told is not None and not isinstance(done.value, Refused):
            told(done)

    job = Job(plan=plan, then=then, told=told_if_done, name=name_of(request, peer.identity), look=look, recall=recall)
    engine.submit(job)
    return ended


def still_there(show: Callable[[Tx, str], T]) -> Callable[[Tx, str], T | Refused]:
    """A ``recall`` that shows the conversation, unless it was removed since: some names are kept for longer."""

    def recall(tx: Tx, conversation: str) -> T | Refused:
        if conversations.find(tx, conversation) is None:
            return Refused(ErrorCode.GONE, "This conversation was removed.")
        return show(tx, conversation)

    return recall


def _fail(ended: asyncio.Future[None], error: Exception) -> None:
    if not ended.done():
        ended.set_exception(error)


def name_of(request: Any, identity: VisitorIdentity | AgentIdentity | BotIdentity) -> RequestName | None:
    """The request's own name, if it gave itself one. Names count per conversation and sender."""
    client_id = getattr(request, "client_id", None)
    if client_id is None or isinstance(client_id, UnsetType):
        return None
    sender = identity.person
    conversation = getattr(request, "conversation", "")
    verb = request.__struct_config__.tag
    return RequestName(
        sender=sender,
        client_id=f"{conversation}/{client_id}",
        verb=verb,
        digest=_digest(request),
        keep=verb in _FOR_EVER,
    )


def _digest(request: Any) -> bytes:
    """Of all but the frame's id: a resend has a new one."""
    nameless = msgspec.structs.replace(request, id="")
    return hashlib.sha256(msgspec.json.encode(nameless, order="deterministic")).digest()
