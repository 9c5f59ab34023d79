"""The wire as one JSON Schema, from which the TypeScript types and the protocol reference are generated.

``python -m server.wire.schema`` prints it.
"""

from __future__ import annotations

import sys
from typing import Any, get_args

import msgspec

from server.wire import codes, events, parts, replies, requests

_TITLE = "FrontdeskWire"


def frames() -> tuple[type, ...]:
    """Every struct that crosses the wire, requests first, in the order of their files."""
    unions = (requests.VisitorRequest, requests.AgentRequest, requests.BotRequest, replies.AnyReply, events.AnyEvent)
    members = [member for union in unions for member in get_args(union)]
    return tuple(dict.fromkeys([*members, codes.ErrorCode, parts.Position]))


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 with one definition per struct; the root object names every frame once."""
    references, definitions = msgspec.json.schema_components(frames(), ref_template="#/definitions/{name}")
    names = [reference["$ref"].rsplit("/", 1)[1] for reference in references]
    return {
        "title": _TITLE,
        "type": "object",
        "properties": {name: {"$ref": f"#/definitions/{name}"} for name in names},
        "additionalProperties": False,
        "definitions": definitions,
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(schema()), indent=1) + b"\n")
