"""The protocol's reference, from the structs: ``python -m server.wire.reference`` prints ``docs/protocol.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any, get_args

from server.wire import events, replies, requests
from server.wire.codes import CloseCode, ErrorCode
from server.wire.schema import schema

_ANY_INTEGER = 2**53 - 1
_INTRODUCTION = """\
# Protocol v1: reference

Generated from `server/wire` by `make types`; do not edit. JSON text frames over WebSocket at `/ws/visitor`,
`/ws/agent` and `/ws/bot`, one object a frame. Requests carry `do` and `id`; answers carry `re`; events carry `on`. How
it is meant to be used (opening, resuming, order, resending) is in [architecture.md](architecture.md#the-wire)."""


def reference() -> str:
    """The whole reference as Markdown."""
    definitions: Mapping[str, Any] = schema()["definitions"]
    chapters = [
        ("Requests of visitors", _names(requests.VisitorRequest)),
        ("Requests of agents", _names(requests.AgentRequest)),
        ("Requests of bots", _names(requests.BotRequest)),
        ("Answers", _names(replies.AnyReply)),
        ("Events", _names(events.AnyEvent)),
    ]
    named = {name for _, names in chapters for name in names}
    objects = sorted(name for name, body in definitions.items() if name not in named and "properties" in body)
    text = [_INTRODUCTION]
    for title, names in [*chapters, ("Objects", objects)]:
        text.append(f"## {title}")
        text.extend(_struct(name, definitions[name]) for name in names)
    text.append(_codes())
    return "\n\n".join(text) + "\n"


def _names(union: Any) -> list[str]:
    return [member.__name__ for member in get_args(union)]


def _struct(name: str, body: Mapping[str, Any]) -> str:
    properties: Mapping[str, Any] = body["properties"]
    required = set(body.get("required", ()))
    tag = next((f'"{key}": "{properties[key]["enum"][0]}"' for key in ("do", "on") if key in properties), "")
    title = f"### {name}" + (f" `{{{tag}}}`" if tag else "")
    rows = [
        f"| `{key}` | {_type(value)} | {'' if key in required else 'optional'} |"
        for key, value in properties.items()
        if key not in ("do", "on")
    ]
    table = ["| field | type | |", "|---|---|---|", *rows] if rows else ["No fields."]
    return "\n".join([title, "", cleandoc(body.get("description", "")), "", *table])


def _type(value: Mapping[str, Any]) -> str:
    match value:
        case {"$ref": str(reference)}:
            name = reference.rsplit("/", 1)[1]
            return "[error code](#error-codes)" if name == "ErrorCode" else f"[{name}](#{name.lower()})"
        case {"anyOf": list(choices)}:
            return " or ".join(_type(choice) for choice in choices)
        case {"enum": list(words)}:
            return " ".join(f"`{word}`" for word in words)
        case {"type": "array"}:
            return "list of " + _type(value.get("items", {}))
        case _:
            return str(value.get("type", "any")) + "".join(_limits(value))


def _limits(value: Mapping[str, Any]) -> Iterator[str]:
    if "maxLength" in value:
        yield f", at most {value['maxLength']} characters"
    if value.get("maximum", _ANY_INTEGER) < _ANY_INTEGER:
        yield f", {value['minimum']} to {value['maximum']}"


_ORDER = (
    "What may be sent again is sent again oldest first, before anything new: until the first write that was refused "
    "comes again, `rate_limited` refuses all that were sent after it; `retry_after_ms` says when. After the others the "
    "connection closes with 4000. Who goes on all the same is let go with 4008."
)


def _codes() -> str:
    errors = "\n".join(f"| `{code}` | {'yes' if code.retryable else 'no'} |" for code in ErrorCode)
    closes = "\n".join(
        f"| {code.value} | {code.name.lower().replace('_', ' ')} | {'yes' if code.reconnect else 'no'} |"
        for code in CloseCode
    )
    return (
        f"## Error codes\n\n{_ORDER}\n\n| code | send the same again |\n|---|---|\n{errors}\n\n"
        f"## Close codes\n\n| code | meaning | reconnect |\n|---|---|---|\n{closes}"
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
