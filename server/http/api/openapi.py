"""The API's description in OpenAPI 3.1, written from the operations and the msgspec types of their bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from server.http import answers
from server.http.answers import STATUS, ErrorAnswer
from server.http.api.entry import AGENT_HEADER
from server.http.api.operation import PREFIX, Operation, Parameter
from server.wire.codes import ErrorCode

_TEMPLATE: Final = "#/components/schemas/{name}"
_INTRODUCTION: Final = """\
Programs log in (`POST /api/v1/login`) and send the token as `Authorization: Bearer <token>`. Pages served by \
Frontdesk itself have a cookie for each agent who is logged in and name the one they mean by `Frontdesk-Agent: <key>`; \
requests from pages of other sites are refused. Whether somebody may ask is looked up anew for each request.

Every body is JSON, every answer that is no success is an `ErrorAnswer`. `unavailable`, `rate_limited` and `internal` \
may be tried again, everything else is final."""

_SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "The token of a login."},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "frontdesk-agent-<key>",
        "description": f"Set by a login, one for each agent; over HTTPS its name begins with __Host-. "
        f"Only together with {AGENT_HEADER}.",
    },
    "agent": {"type": "apiKey", "in": "header", "name": AGENT_HEADER, "description": "Whose cookie is meant: a key."},
}
_MEANS: Final = {
    400: "The request is not sound; settings come with a list of `problems`.",
    401: "Nobody is logged in with this.",
    403: "This role may not ask it, or another site's page did.",
    404: "There is no such thing, or it is not yours to know of.",
    409: "It does not fit with how things are.",
    412: "The settings are not those of If-Match any more.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    429: "Too many attempts; Retry-After says when to come back.",
    500: "Something went wrong on the server.",
    503: "The database cannot be reached at the moment; nothing was changed.",
}


class Description:
    """Says what the operations are; made once, when the server starts."""

    def __init__(self, described: Sequence[Operation]) -> None:
        self._described = (*described, self.operation())
        self._body: bytes | None = None

    def operation(self) -> Operation:
        """The request that gives the description itself."""
        return Operation(
            name="openapi",
            method="GET",
            path=f"{PREFIX}/openapi.json",
            who=None,
            says="This description.",
            run=self.get,
            topic="description",
            answer=dict[str, Any],
            open=True,
        )

    async def get(self, _call: object) -> web.Response:
        if self._body is None:
            self._body = msgspec.json.encode(document(self._described))
        return web.Response(body=self._body, content_type=answers.JSON)


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole description."""
    operations = tuple(operations)
    kinds = tuple(dict.fromkeys(_kinds(operations)))
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    by_kind = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Frontdesk", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _portable(components), "securitySchemes": _SECURITY},
    }


def _kinds(operations: Iterable[Operation]) -> Iterator[Any]:
    yield ErrorAnswer
    for operation in operations:
        yield from (each for each in (operation.body, operation.answer) if each is not None)
        yield from (each.kind for each in operation.parameters)


def _operation(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.says,
        "tags": [operation.topic],
        "security": [] if operation.who is None else [{"token": []}, {"cookie": [], "agent": []}],
        "responses": _responses(operation, schemas),
    }
    if operation.who is not None:
        said["description"] = f"For {operation.who.value}."
    if operation.parameters:
        said["parameters"] = [_parameter(each, schemas) for each in operation.parameters]
    if operation.body is not None:
        optional = type(None) in getattr(operation.body, "__args__", ())
        said["requestBody"] = {"required": not optional, "content": _content(_portable(schemas[operation.body]))}
    return said


def _parameter(parameter: Parameter, schemas: dict[Any, Any]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.says,
        "required": parameter.required,
        "schema": schemas[parameter.kind],
    }


def _responses(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for status, means in operation.answers:
        said[str(status)] = {"description": means}
        if operation.answer is not None:
            said[str(status)]["content"] = _content(_portable(schemas[operation.answer]))
    for status in _refusals(operation):
        said[str(status)] = {"description": _MEANS[status], "content": _content(schemas[ErrorAnswer])}
    return said


def _refusals(operation: Operation) -> list[int]:
    """Every status this may be refused with."""
    found = {STATUS[code] for code in operation.refuses} | {STATUS[ErrorCode.INTERNAL]}
    if not operation.open:
        found.add(403)
    if operation.who is not None:
        found |= {401, 503}
    if operation.body is not None:
        found |= {400, 413, 415}
    if any(each.where == "query" for each in operation.parameters):
        found.add(400)
    if any(each.name == "If-Match" for each in operation.parameters):
        found |= {400, 412}
    return sorted(found)


def _content(schema: Any) -> dict[str, Any]:
    return {answers.JSON: {"schema": schema}}


def _portable(schema: Any) -> Any:
    r"""The same with patterns that JavaScript reads as Python does: ``\A`` and ``\Z`` are Python's alone."""
    match schema:
        case dict():
            return {
                key: _pattern(value) if key == "pattern" and isinstance(value, str) else _portable(value)
                for key, value in schema.items()
            }
        case list() | tuple():
            return [_portable(each) for each in schema]
        case _:
            return schema


def _pattern(pattern: str) -> str:
    return re.sub(r"\\Z$", "$", re.sub(r"^\\A", "^", pattern))
