"""Frames to bytes and back. What a client sent wrong is told as `BadFrame`, in words without internals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct

from server.wire.codes import ErrorCode, Refused
from server.wire.replies import ErrorBody, ErrorReply
from server.wire.requests import AgentRequest, BotRequest, Endpoint, VisitorRequest

T = TypeVar("T")

AnyRequest: TypeAlias = VisitorRequest | AgentRequest | BotRequest

_ECHOED_CHARACTERS = 200
_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[Endpoint, msgspec.json.Decoder[Any]] = {
    "visitor": msgspec.json.Decoder(VisitorRequest),
    "agent": msgspec.json.Decoder(AgentRequest),
    "bot": msgspec.json.Decoder(BotRequest),
}


class BadFrame(Refused):
    """A frame that is no request of this endpoint. ``re`` is its id as far as one could be read."""

    def __init__(self, message: str, *, re: str | None, field: str | None = None) -> None:
        super().__init__(ErrorCode.BAD_REQUEST, message, field=field)
        self.re = re


def decode(endpoint: Endpoint, frame: bytes | str) -> AnyRequest:
    """The request in a text frame.

    Raises:
        BadFrame: not JSON, not an object, an unknown ``do``, an unknown field, a wrong type or size.
    """
    try:
        request: AnyRequest = _DECODERS[endpoint].decode(frame)
    except msgspec.ValidationError as error:
        message, field = _in_plain_words(str(error))
        raise BadFrame(message, re=frame_id(frame), field=field) from None
    except (ValueError, RecursionError):
        raise BadFrame("The frame is not a JSON object in UTF-8.", re=frame_id(frame)) from None
    return request


def decode_body(kind: type[T], body: bytes) -> T:
    """The body of a plain HTTP request.

    Raises:
        Refused: ``bad_request``, in the same cases.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, field = _in_plain_words(str(error))
        raise Refused(ErrorCode.BAD_REQUEST, message, field=field) from None
    except (ValueError, RecursionError):
        raise Refused(ErrorCode.BAD_REQUEST, "The body is not a JSON object in UTF-8.") from None


# The frame as one JSON object, its tag first. The encoder's own: a function around it would cost each frame a call.
encode: Callable[[Struct], bytes] = _ENCODER.encode


def error_reply(re: str | None, refused: Refused) -> bytes:
    """The answer to a request that was refused."""
    return encode(ErrorReply(re=re, error=_body(refused)))


def error_body(refused: Refused) -> bytes:
    """The same over plain HTTP: ``{"error":{…}}``."""
    return _ENCODER.encode({"error": _body(refused)})


def _body(refused: Refused) -> ErrorBody:
    return ErrorBody(
        code=refused.code,
        message=refused.message,
        field=UNSET if refused.field is None else refused.field,
        retry_after_ms=UNSET if refused.retry_after_ms is None else refused.retry_after_ms,
    )


class _Named(Struct):
    """Only the id; whatever else a frame holds is passed over."""

    id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None


_NAMED = msgspec.json.Decoder(_Named)


def frame_id(frame: bytes | str) -> str | None:
    """The id of a frame that may be wrong in every other respect, or None."""
    try:
        return _NAMED.decode(frame).id
    except (ValueError, RecursionError):
        return None


_AT = re.compile(r"(?P<what>.*) - at `(?P<path>[^`]*)`", re.DOTALL)
_NAMES_A_FIELD = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)


def _in_plain_words(complaint: str) -> tuple[str, str | None]:
    """Put msgspec's sentence into ours, with the path of the field it is about."""
    found = _AT.fullmatch(complaint)
    what, path = (found["what"], found["path"].removeprefix("$").lstrip(".")) if found else (complaint, "")
    named = _NAMES_A_FIELD.fullmatch(what)
    if named:
        path = f"{path}.{named['name']}".lstrip(".")
        what = "Unknown field" if named["what"].startswith("contains") else "Missing field"
    elif path == "do":
        what = "Unknown request"
    return f"{_cut(what.replace('`', ''))}.", _cut(path) or None


def _cut(text: str) -> str:
    return text if len(text) <= _ECHOED_CHARACTERS else text[:_ECHOED_CHARACTERS] + "…"
