"""The log: one line an event, as JSON for machines or in columns for people.

What is logged are ids, counts and codes; never the text of a message, a name or a token, and of addresses of the net
only that of a failed login, as far as such are kept. Control characters are escaped, so that nothing a visitor sends
can forge a line or move a terminal's cursor.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Final, Literal, TextIO, cast

import structlog

Style = Literal["json", "console"]

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MANY_LINES: Final = frozenset({"exception", "stack"})


def set_up(style: Style = "json", *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Configure structlog, and the libraries' own logging to come out the same way."""
    stream = cast("TextIO", _Unfailing(stream or sys.stderr))
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        escape_control_characters,
    ]
    structlog.configure(
        processors=[*shared, _renderer(style, stream)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(style, stream)],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


class _Unfailing:
    """A stream whose reader may be gone or whose disk may be full: no chat is to fail for want of a log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def escape_control_characters(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor. Tracebacks keep their line feeds."""
    for name, value in event.items():
        if isinstance(value, str) and _CONTROL.search(value):
            event[name] = _CONTROL.sub(_keep_lines if name in _MANY_LINES else _escape, value)
    return event


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _keep_lines(found: re.Match[str]) -> str:
    return found[0] if found[0] == "\n" else _escape(found)


def _renderer(style: Style, stream: TextIO) -> Any:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
